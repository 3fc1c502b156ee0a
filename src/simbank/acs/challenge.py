"""The challenge: what each step of the cardholder leads to. Pure functions; the clock is given."""

import enum
from typing import Final

import msgspec

from simbank.acs.scenarios import DECIDED, REFUSED, Scenario, right_code_status, window_ms
from simbank.acs.transactions import Language, Transaction

# The one-time code of every card, as in iyzico's sandbox. It is printed on the page.
CODE: Final = "123456"

WRONG_CODES_MAX: Final = 3
RESENDS_MAX: Final = 3

# What people type between the digits of a code.
_SEPARATORS: Final = str.maketrans("", "", " -\u00a0")


class Action(enum.StrEnum):
    """What the cardholder can do on a page."""

    GO_ON = "continue"
    CODE = "code"
    RESEND = "resend"
    CANCEL = "cancel"
    TURKISH = "tr"
    ENGLISH = "en"


class Notice(enum.StrEnum):
    """What the challenge page says of the step before."""

    WRONG_CODE = "wrong_code"
    CODE_MISSING = "code_missing"
    CODE_SENT = "code_sent"
    NO_MORE_CODES = "no_more_codes"


class Asked(msgspec.Struct, frozen=True):
    """The cardholder is asked for the code, perhaps with a notice."""

    transaction: Transaction
    notice: Notice | None = None


class Concluded(msgspec.Struct, frozen=True):
    """The bank has made up its mind."""

    transaction: Transaction
    md_status: int


class Closed(msgspec.Struct, frozen=True):
    """The browser is as good as closed; nothing goes back."""

    transaction: Transaction


Step = Asked | Concluded | Closed

_LANGUAGES: Final[dict[Action, Language]] = {Action.TURKISH: "tr", Action.ENGLISH: "en"}


def proceed(transaction: Transaction, action: Action, code: str, *, now_ms: int) -> Step:
    """The step that an action leads to. `code` is what was typed, if anything."""
    language = _LANGUAGES.get(action, transaction.language)
    transaction = msgspec.structs.replace(transaction, language=language)
    if transaction.scenario is Scenario.BROWSER_CLOSED:
        return Closed(transaction)
    if now_ms >= (transaction.deadline_ms or transaction.expires_ms):
        return Concluded(transaction, REFUSED)
    if transaction.scenario in DECIDED:
        return Concluded(transaction, DECIDED[transaction.scenario])
    if not transaction.deadline_ms:
        return _open(transaction, now_ms)
    return _answer(transaction, action, code)


def _open(transaction: Transaction, now_ms: int) -> Asked:
    """Show the page for the first time; its window opens now, whatever action led to it."""
    deadline_ms = min(now_ms + window_ms(transaction.scenario), transaction.expires_ms)
    return Asked(msgspec.structs.replace(transaction, deadline_ms=deadline_ms))


def _answer(transaction: Transaction, action: Action, code: str) -> Step:
    """What the cardholder's action on an open page leads to."""
    if action is Action.CANCEL:
        return Concluded(transaction, REFUSED)
    if action is Action.CODE:
        return _check(transaction, code.translate(_SEPARATORS))
    if action is Action.RESEND:
        return _resend(transaction)
    return Asked(transaction)


def _check(transaction: Transaction, code: str) -> Step:
    if not code:
        return Asked(transaction, Notice.CODE_MISSING)
    if code == CODE:
        return Concluded(transaction, right_code_status(transaction.scenario))
    transaction = msgspec.structs.replace(transaction, wrong_codes=transaction.wrong_codes + 1)
    if transaction.wrong_codes >= WRONG_CODES_MAX:
        return Concluded(transaction, REFUSED)
    return Asked(transaction, Notice.WRONG_CODE)


def _resend(transaction: Transaction) -> Step:
    if transaction.resends >= RESENDS_MAX:
        return Asked(transaction, Notice.NO_MORE_CODES)
    sent = msgspec.structs.replace(transaction, resends=transaction.resends + 1)
    return Asked(sent, Notice.CODE_SENT)
