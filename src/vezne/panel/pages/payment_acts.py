"""Acts on a payment. Each asks first, on a page that says what will happen."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from starlette.responses import Response

from vezne.core.changes import Conflict
from vezne.core.money import AMOUNT_MAX_E8, UNIT, plain_text
from vezne.core.payment import Payment
from vezne.core.refusal import Refusal
from vezne.flows.as_seen import ChangedMeanwhile, ports_as_seen
from vezne.panel.acts import (
    GRAVE,
    OF_LINE,
    OF_PAYMENT,
    WITH_AMOUNT,
    Act,
    Done,
    Wish,
    is_possible,
    is_possible_for_line,
    perform,
    refundable_e8,
)
from vezne.panel.card_numbers import is_card_number
from vezne.panel.formats import number as amount_text
from vezne.panel.pages.payment import find_own
from vezne.panel.paths import PANEL_PATH
from vezne.panel.permissions import Permission
from vezne.panel.routing import Page
from vezne.panel.typed_amount import MistypedAmount, TooLargeAmount, amount_from_text
from vezne.panel.visit import IllFormed, NotFound, Visit
from vezne.panel.wording import TEXTS

_NUMBER_DIGITS_MAX: Final = 19
# The kuruş: every currency that is taken has a hundredth.
SMALLEST_E8: Final = UNIT // 100


async def ask(act: Act, visit: Visit) -> Response:
    """The page that asks whether an act is meant; for an amount, first the one that asks for it."""
    payment = await find_own(visit)
    line = _line_of(act, visit, payment, visit.query)
    if not _may_act(act, visit, payment, line):
        return _turn_back(visit, payment)
    if act not in WITH_AMOUNT:
        return _confirmation(visit, Wish(act=act, payment=payment, line=line))
    limit_e8 = _limit_e8(act, payment, line)
    if "amount" not in visit.query:
        return _amount_form(visit, act, payment, line, amount_text(limit_e8, visit.language))
    text = visit.query["amount"]
    amount_e8, error = _read_amount(text, visit.language, payment.currency)
    if not error and not _is_whole(amount_e8, limit_e8):
        error = "payment.amount.decimals"
    if not error and act is Act.REFUND and amount_e8 > limit_e8:
        error = "payment.amount.too_high"
    if error:
        return _amount_form(visit, act, payment, line, _shown(text), error)
    return _confirmation(visit, Wish(act=act, payment=payment, line=line, amount_e8=amount_e8))


async def do(act: Act, visit: Visit) -> Response:
    """Do it, unless the payment is another by now than the form was about."""
    payment = await find_own(visit)
    wish = Wish(
        act=act,
        payment=payment,
        line=_line_of(act, visit, payment, visit.form),
        amount_e8=_amount_of(act, visit),
    )
    version = _whole_number(visit.form.get("version", ""))
    path = _path_of(payment)
    if payment.version != version:
        return visit.turn_back(path, "payment.changed")
    if not _is_whole(wish.amount_e8, _limit_e8(act, payment, wish.line)):
        raise IllFormed
    reason = _reason(wish)
    subject = f"payment {payment.number}"
    visit.record(subject, reason=reason)
    await visit.desk.audit.settled()
    done = await _try(wish, visit, version)
    if done.is_success:
        return visit.go(path, done.note, **done.values)
    visit.record(subject, reason=reason, is_success=False)
    return visit.turn_back(path, done.note, **done.values)


def _limit_e8(act: Act, payment: Payment, line: int | None) -> int:
    """What is held, or can be given back."""
    return payment.paid_e8 if act is Act.CAPTURE else refundable_e8(payment, line)


def _is_whole(amount_e8: int, limit_e8: int) -> bool:
    """Whether an amount has no more decimals than its currency, unless it is all that there is."""
    return amount_e8 % SMALLEST_E8 == 0 or amount_e8 == limit_e8


def _read_amount(text: str, language: str, currency: str) -> tuple[int, str]:
    """What was typed, in 1e-8, and what is wrong with it as the name of a text."""
    try:
        return amount_from_text(text, language, currency), ""
    except TooLargeAmount:
        return 0, "payment.amount.too_large"
    except MistypedAmount:
        return 0, "payment.amount.mistyped"


def _shown(text: str) -> str:
    """What was typed; a card number that got into the wrong field is shown to nobody again."""
    return "" if is_card_number(text) else text


async def _try(wish: Wish, visit: Visit, version: int) -> Done:
    """Do it once; what keeps it from being done is said."""
    ports = ports_as_seen(visit.ports, wish.payment.number, version)
    try:
        return await perform(wish, visit, ports)
    except (ChangedMeanwhile, Conflict):
        return Done(note="payment.changed", is_success=False)
    except Refusal as refusal:
        name = f"payment.refused.{refusal.reason}"
        return Done(note=name if name in TEXTS else "payment.refused", is_success=False)


def _reason(wish: Wish) -> str:
    """An act as the audit trail tells of it."""
    amount = f" {plain_text(wish.amount_e8)} {wish.payment.currency}" if wish.amount_e8 else ""
    line = "" if wish.line is None else f" line {wish.line}"
    return f"{wish.act}{amount}{line}"


def _may_act(act: Act, visit: Visit, payment: Payment, line: int | None) -> bool:
    if act in OF_LINE:
        return is_possible_for_line(act, payment, line or 0, visit.merchant)
    return is_possible(act, payment, visit.ports.clock.now_ms())


def _line_of(act: Act, visit: Visit, payment: Payment, given: Mapping[str, str]) -> int | None:
    """The line that an act is about; None: about the payment as a whole. Raises NotFound."""
    if act in OF_LINE:
        line = visit.path_number("line")
    elif act is Act.REFUND and given.get("line"):
        line = _whole_number(given["line"])
    else:
        return None
    if line not in payment.line_numbers:
        raise NotFound
    return line


def _amount_of(act: Act, visit: Visit) -> int:
    """The amount that was confirmed, in 1e-8. Raises IllFormed."""
    if act not in WITH_AMOUNT:
        return 0
    amount_e8 = _whole_number(visit.form.get("amount_e8", ""))
    if not 0 < amount_e8 <= AMOUNT_MAX_E8:
        raise IllFormed
    return amount_e8


def _whole_number(text: str) -> int:
    """A number that our own pages wrote. Raises IllFormed."""
    if not (text.isascii() and text.isdigit() and len(text) <= _NUMBER_DIGITS_MAX):
        raise IllFormed
    return int(text)


def _path_of(payment: Payment) -> str:
    return f"{PANEL_PATH}/payments/{payment.number}"


def _turn_back(visit: Visit, payment: Payment) -> Response:
    """The payment does not stand so that this could be done."""
    return visit.turn_back(_path_of(payment), "payment.refused.state_unsuitable")


def _amount_form(
    visit: Visit, act: Act, payment: Payment, line: int | None, text: str, error: str = ""
) -> Response:
    lines = [
        (str(number), payment.refundable_e8(number))
        for number in payment.line_numbers
        if act is Act.REFUND and payment.refundable_e8(number) > 0
    ]
    return visit.page(
        "payment_amount.html",
        status=422 if error else 200,
        act=act,
        payment=payment,
        line="" if line is None else str(line),
        lines=lines,
        limit_e8=_limit_e8(act, payment, line),
        left_e8=payment.still_charged_e8,
        amount=text,
        error=error,
    )


def _confirmation(visit: Visit, wish: Wish) -> Response:
    return visit.page(
        "payment_act.html",
        wish=wish,
        payment=wish.payment,
        is_grave=wish.act in GRAVE,
        is_more_than_held=wish.act is Act.CAPTURE and wish.amount_e8 > wish.payment.paid_e8,
        form_path=visit.request.url.path,
    )


def _pages(act: Act, path: str) -> tuple[Page, Page]:
    # An amount in 1e-8 may look like a number.
    may = Permission.MOVE_MONEY
    ask_act, do_act = partial(ask, act), partial(do, act)
    return (
        Page(method="GET", path=path, handle=ask_act, permission=may, minds_card_numbers=True),
        Page(method="POST", path=path, handle=do_act, permission=may, minds_card_numbers=True),
    )


PAGES: Final = (
    *(page for act in OF_PAYMENT for page in _pages(act, f"/payments/{{number}}/{act}")),
    *(
        page
        for act in OF_LINE
        for page in _pages(act, f"/payments/{{number}}/lines/{{line}}/{act}")
    ),
)
