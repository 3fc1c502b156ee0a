"""The log of API calls that a sandbox keeps for developers: what was asked, what was answered.

Nothing in it is a card number, a security code or a secret, and no signature stands in it: with
the rest of a body and a secret, somebody could try out by it the digits that are masked.
"""

import enum
from collections.abc import Sequence
from typing import Protocol

import msgspec

from vezne.core.diagnosis import Diagnosis


class TextForm(enum.StrEnum):
    """How a body stands in the log."""

    # Byte for byte, but for what is masked.
    AS_SENT = "as_sent"
    # The same values, written anew, because the original could not be masked for certain.
    REBUILT = "rebuilt"
    # Not at all: it could not be read.
    LEFT_OUT = "left_out"


class CallText(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A body as the log has it. `length` is the original's, in bytes; `is_cut` when it goes on."""

    text: str = ""
    form: TextForm = TextForm.AS_SENT
    length: int = 0
    is_cut: bool = False


class CallSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a list says of a call.

    `number` sorts by real time; `at_ms` is the time that the merchant had. `path` is the endpoint,
    or what was asked for instead of one. `outcome` is that of the answer (`served`, `declined`,
    `refused`, `unauthenticated`, `turned_away`, or `failed` for a fault of ours), and `reason` the
    protocol's code for what went wrong. `reference` is the merchant's own for the request.
    """

    number: int
    merchant_id: int
    at_ms: int
    duration_us: int
    door: str
    method: str
    path: str
    status: int
    outcome: str
    reason: str = ""
    reference: str = ""
    payment_number: int | None = None


class ApiCall(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A call, whole. `caller` is the public name that it gave, and `is_proven` that it was right.

    `target` is the path and the query as sent. `headers` are those that say nothing secret.
    """

    summary: CallSummary
    target: str
    address: str
    caller: str
    is_proven: bool
    headers: tuple[tuple[str, str], ...]
    body: CallText
    answer_headers: tuple[tuple[str, str], ...]
    answer: CallText
    diagnosis: Diagnosis | None = None


class CallQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which of a merchant's calls to list, the newest first. None and empty texts leave it open.

    `path` and `reference` are parts of those, in any case. `status` is a range, both ends in it.
    `before` is a call's number: only older ones.
    """

    merchant_id: int
    door: str = ""
    outcome: str = ""
    status: tuple[int, int] | None = None
    path: str = ""
    reference: str = ""
    since_ms: int | None = None
    until_ms: int | None = None
    before: int | None = None
    limit: int = 50


class CallPage(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a list. `before` goes on with it; None: that was all.

    `is_partial` says that the search stopped early, and that older calls were not looked at yet.
    """

    calls: Sequence[CallSummary]
    before: int | None
    is_partial: bool


class CallLog(Protocol):
    """The log as it is read."""

    async def list_calls(self, query: CallQuery) -> CallPage:
        """The calls that a query asks for."""

    async def list_calls_of(self, merchant_id: int, payment_number: int) -> list[CallSummary]:
        """The calls about a payment, the oldest first; of very many the newest."""

    async def find_call(self, merchant_id: int, number: int) -> ApiCall | None:
        """A merchant's call by number."""


class CallBook(CallLog, Protocol):
    """The log as it is kept."""

    async def add_calls(self, calls: Sequence[ApiCall]) -> None:
        """Write calls, all or none."""

    async def find_newest(self) -> int:
        """The greatest number of a call; 0 when there is none."""

    async def prune(self, rows_max: int) -> None:
        """Forget the oldest of all merchants' calls beyond that many."""


class CallTally(Protocol):
    """How the keeping of the log goes."""

    @property
    def lost(self) -> int:
        """How many calls could not be written since the start."""
