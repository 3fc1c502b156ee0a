"""Services about one transaction: check, detail, capture."""

from collections.abc import Awaitable
from typing import TypeVar

import msgspec

from vezne.core.answer import Declined, Unknown
from vezne.core.changes import Conflict
from vezne.core.merchant import Merchant
from vezne.core.payment import Payment, PaymentState
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.paynet import errors
from vezne.dialects.paynet.amounts import rounded
from vezne.dialects.paynet.cards import logo_url
from vezne.dialects.paynet.endpoint import Call, Desk
from vezne.dialects.paynet.enums import bank_of
from vezne.dialects.paynet.envelope import Answer
from vezne.dialects.paynet.errors import Failure
from vezne.dialects.paynet.outcome import Outcome, outcome_of
from vezne.dialects.paynet.outward_ids import NotAName, transaction_number
from vezne.dialects.paynet.purchase import BLOCKAGE_RELEASE
from vezne.dialects.paynet.transaction_answers import Transactions
from vezne.dialects.paynet.transaction_render import (
    CAPTURE,
    check_item,
    detail_item,
    followed_up,
    merged,
    view,
)
from vezne.dialects.paynet.transaction_shapes import Capture, TransactionName
from vezne.flows import inquire
from vezne.flows.capture import CapturePayment, capture_payment
from vezne.flows.follow_up import FollowedUp

Body = TypeVar("Body", bound=msgspec.Struct)


async def check(call: Call[TransactionName]) -> Answer:
    """POST /v1/transaction/check: what became of a transaction, by xact_id or reference."""
    payment = await find(call.desk, call.merchant, call.body)
    seen = view(call.desk, call.merchant, payment, call.language)
    return Answer(fields=Transactions(rows=[merged(check_item(seen))]))


async def detail(call: Call[TransactionName]) -> Answer:
    """POST /v1/transaction/detail: everything there is to say of a transaction."""
    payment = await find(call.desk, call.merchant, call.body)
    seen = view(call.desk, call.merchant, payment, call.language)
    return Answer(fields=Transactions(rows=[detail_item(seen)]))


async def find(desk: Desk, merchant: Merchant, name: TransactionName) -> Payment:
    """The transaction that a request names. The first field that is there decides.

    Raises Failure(MISSING), Refusal(PAYMENT_NOT_FOUND).
    """
    if name.xact_id is not None:
        return await find_by_xact_id(desk, merchant, name.xact_id)
    number = name.xact if name.id is None else name.id
    if number is not None:
        return await inquire.find_payment(merchant, number, desk.ports)
    if name.reference_no is None:
        raise Failure(errors.MISSING, "xact_id")
    return await inquire.find_claimed_payment(merchant, name.reference_no, desk.ports)


async def find_by_xact_id(desk: Desk, merchant: Merchant, xact_id: str | None) -> Payment:
    """The transaction of an xact_id.

    Raises Failure(MISSING), Refusal(PAYMENT_NOT_FOUND).
    """
    if xact_id is None:
        raise Failure(errors.MISSING, "xact_id")
    try:
        number = transaction_number(desk.names, merchant.id, xact_id)
    except NotAName:
        raise Refusal(Reason.PAYMENT_NOT_FOUND) from None
    return await inquire.find_payment(merchant, number, desk.ports)


async def capture(call: Call[Capture]) -> Answer:
    """POST /v1/transaction/capture: take a hold's money, all or a part, once."""
    held = await find(call.desk, call.merchant, call.body)
    asked_e8 = call.body.amount or None
    if asked_e8 is not None and asked_e8 < 0:
        raise Failure(errors.MALFORMED, "amount")
    if asked_e8 == rounded(held.paid_e8):
        asked_e8 = None
    if asked_e8 is not None and asked_e8 > held.paid_e8:
        raise Refusal(Reason.AMOUNT_EXCEEDS_REMAINDER)
    command = CapturePayment(
        merchant=call.merchant,
        number=held.number,
        blockage_release=BLOCKAGE_RELEASE,
        paid_e8=asked_e8,
    )
    done = await answered(capture_payment(command, call.desk.ports))
    return follow_up_answer(call, done.payment, outcome_of_follow_up(call, done), CAPTURE)


async def answered(work: Awaitable[FollowedUp]) -> FollowedUp:
    """A follow-up that the bank approved or declined.

    Raises Failure(TIMED_OUT) when it did not answer; Refusal(OPERATION_IN_FLIGHT) for a payment
    that others keep changing.
    """
    try:
        done = await work
    except Conflict:
        raise Refusal(Reason.OPERATION_IN_FLIGHT) from None
    if isinstance(done.answer, Unknown):
        raise Failure(errors.TIMED_OUT)
    return done


def outcome_of_follow_up(call: Call[Body], done: FollowedUp) -> Outcome:
    """What the bank said of a follow-up, in the words for the same answer to a payment."""
    payment = done.payment
    if isinstance(done.answer, Declined):
        payment = msgspec.structs.replace(
            payment, state=PaymentState.DECLINED, decline_reason=done.answer.reason
        )
    return outcome_of(payment, call.language)


def follow_up_answer(
    call: Call[Body], payment: Payment, outcome: Outcome, type_number: str
) -> Answer:
    """The answer to a capture or its reversal, which the bank may have declined."""
    seen = view(call.desk, call.merchant, payment, call.language)
    logo = logo_url(call, bank_of(seen.record).id)
    fields = msgspec.structs.replace(followed_up(seen, outcome, type_number), card_logo_url=logo)
    return Answer(fields=fields, result=outcome.result)
