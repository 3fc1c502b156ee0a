"""The merchant's faults: which are on the board, and how they get there and away."""

from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from vezne.core.fault import (
    FAULTS_MAX,
    BankCall,
    BoardFull,
    Fault,
    FaultKind,
    ImpossibleFault,
    PlacedFault,
)
from vezne.core.money import SCALE, e8_from_decimal
from vezne.dialects.sandbox import errors
from vezne.dialects.sandbox.endpoint import Answer, Call, read
from vezne.dialects.sandbox.errors import Failure

_ID: Final = "id"
_DIGITS_MAX: Final = 18


class FaultWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /sandbox/faults. What is left out matches every call.

    `amount` is in units of the currency, as text or as a number. `times` is how often it happens,
    null until it is removed.
    """

    kind: FaultKind
    operation: BankCall | None = None
    bin: Annotated[str, Meta(pattern=r"\A[0-9]{0,8}\Z")] = ""
    last4: Annotated[str, Meta(pattern=r"\A([0-9]{4})?\Z")] = ""
    amount: Decimal | None = None
    currency: Annotated[str, Meta(pattern=r"\A([A-Z]{3})?\Z")] = ""
    path: Annotated[str, Meta(pattern=r"\A(/[!-~]*)?\Z", max_length=200)] = ""
    times: Annotated[int, Meta(ge=1, le=1_000_000)] | None = 1
    delay_ms: Annotated[int, Meta(ge=0, le=600_000)] = 0
    # 00 is the bank's yes.
    code: Annotated[str, Meta(pattern=r"\A((?!00)[0-9A-Z]{2})?\Z")] = ""


class FaultAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A fault on the board. `left` is how often it still happens, null until it is removed."""

    id: int
    kind: FaultKind
    left: int | None
    operation: BankCall | None = None
    bin: str = ""
    last4: str = ""
    amount: str = ""
    currency: str = ""
    path: str = ""
    delay_ms: int = 0
    code: str = ""


class FaultList(msgspec.Struct, frozen=True):
    """GET /sandbox/faults: those that still happen, oldest first."""

    faults: list[FaultAnswer]


class Removed(msgspec.Struct, frozen=True):
    """DELETE /sandbox/faults: how many there were."""

    removed: int


async def add(call: Call) -> Answer:
    """POST /sandbox/faults. Raises Failure: BODY_INVALID, FAULT_IMPOSSIBLE, BOARD_FULL."""
    wish = read(FaultWish, call.payload)
    fault = Fault(
        kind=wish.kind,
        operation=wish.operation,
        bin=wish.bin,
        last4=wish.last4,
        amount_e8=None if wish.amount is None else _checked_amount(wish.amount),
        currency=wish.currency,
        path=wish.path.rstrip("/") or wish.path,
        times=wish.times,
        delay_ms=wish.delay_ms,
        code=wish.code,
    )
    try:
        placed = call.desk.faults.add(call.merchant.id, fault)
    except ImpossibleFault as error:
        field = "amount" if error.field == "amount_e8" else error.field
        raise Failure(errors.FAULT_IMPOSSIBLE, field, error.why) from None
    except BoardFull:
        raise Failure(errors.BOARD_FULL, FAULTS_MAX) from None
    return Answer(_answer(placed), HTTPStatus.CREATED)


async def listing(call: Call) -> Answer:
    """GET /sandbox/faults."""
    placed = call.desk.faults.list_faults(call.merchant.id)
    return Answer(FaultList([_answer(each) for each in placed]))


async def remove(call: Call) -> Answer:
    """DELETE /sandbox/faults: all of them, or with `?id=` that one.

    Raises Failure: QUERY_INVALID, FAULT_NOT_FOUND.
    """
    faults, merchant_id = call.desk.faults, call.merchant.id
    if not call.query:
        return Answer(Removed(faults.clear(merchant_id)))
    text = call.query.get(_ID, "")
    if len(call.query) > 1 or not text.isascii() or not text.isdigit() or len(text) > _DIGITS_MAX:
        raise Failure(errors.QUERY_INVALID)
    if not faults.remove(merchant_id, int(text)):
        raise Failure(errors.FAULT_NOT_FOUND, int(text))
    return Answer(Removed(1))


def _checked_amount(amount: Decimal) -> int:
    """Raises Failure(BODY_INVALID)."""
    try:
        amount_e8 = e8_from_decimal(amount)
    except ValueError:
        raise Failure(errors.BODY_INVALID, "amount") from None
    if amount_e8 <= 0 or Decimal(amount_e8).scaleb(-SCALE) != amount:
        raise Failure(errors.BODY_INVALID, "amount")
    return amount_e8


def _answer(placed: PlacedFault) -> FaultAnswer:
    fault = placed.fault
    amount = ""
    if fault.amount_e8 is not None:
        amount = f"{Decimal(fault.amount_e8).scaleb(-SCALE).normalize():f}"
    return FaultAnswer(
        id=placed.id,
        kind=fault.kind,
        left=placed.left,
        operation=fault.operation,
        bin=fault.bin,
        last4=fault.last4,
        amount=amount,
        currency=fault.currency,
        path=fault.path,
        delay_ms=fault.delay_ms,
        code=fault.code,
    )
