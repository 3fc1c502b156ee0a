"""One exchange with an acquirer about a payment."""

import enum

import msgspec

from vezne.core.answer import Risk
from vezne.core.merchant import BlockageRelease
from vezne.core.pricing import Pricing


class Operation(enum.StrEnum):
    """What the bank is asked for."""

    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class Outcome(enum.StrEnum):
    """What came back. An attempt without an outcome is still on its way.

    `REVERSED` is one whose answer was never heard and that the bank has undone since.
    """

    APPROVED = "approved"
    DECLINED = "declined"
    REVERSED = "reversed"


class CaptureTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a capture makes of a hold: its figures, and when withheld money is released."""

    pricing: Pricing
    blockage_days: int
    blockage_release: BlockageRelease


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Committed before a byte is sent, closed when the answer is recorded.

    `number` is also the trace number that the bank sees. `detail` is the code of a decline. What
    approval makes of the payment is all here, so that anybody can record a late answer: `terms` of
    a capture; `parts` of a refund, pairs of line number and amount, and the merchant's
    `conversation_id` for it; `verdict` of an undoing that rejects a payment under review.
    `inquiries` counts how often the bank was asked what became of it, `inquire_ms` is when it is
    asked next. With `is_reversing` it is told to undo it instead: that may have been on its way
    before, so nothing that the bank says of the attempt itself can be relied on any more.
    """

    number: int
    operation: Operation
    amount_e8: int
    created_ms: int
    inquire_ms: int
    inquiries: int = 0
    is_reversing: bool = False
    outcome: Outcome | None = None
    detail: str = ""
    auth_code: str = ""
    reference: str = ""
    closed_ms: int | None = None
    terms: CaptureTerms | None = None
    parts: tuple[tuple[int, int], ...] = ()
    conversation_id: str | None = None
    verdict: Risk | None = None
