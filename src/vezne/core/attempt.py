"""One exchange with an acquirer about a payment."""

import enum

import msgspec


class Operation(enum.StrEnum):
    """What the bank is asked for."""

    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class Outcome(enum.StrEnum):
    """What came back. An attempt without an outcome is still on its way."""

    APPROVED = "approved"
    DECLINED = "declined"


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Committed before a byte is sent, closed when the answer is recorded.

    `number` is also the trace number that the bank sees. `detail` is the code of a decline.
    """

    merchant_id: int
    number: int
    payment_number: int
    operation: Operation
    acquirer: str
    amount_e8: int
    currency: str
    created_ms: int
    outcome: Outcome | None = None
    detail: str = ""
    auth_code: str = ""
    reference: str = ""
    closed_ms: int | None = None
