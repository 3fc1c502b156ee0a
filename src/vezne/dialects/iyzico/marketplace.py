"""Endpoints of marketplaces about money: approvals, whose a line is, cross bookings."""

from typing import Final

from vezne.core.payment import Payment
from vezne.core.refusal import Reason
from vezne.dialects.iyzico import answers, checks, errors, marketplace_shapes
from vezne.dialects.iyzico.endpoint import Call
from vezne.dialects.iyzico.errors import Failure
from vezne.dialects.iyzico.lines import item_transactions
from vezne.dialects.iyzico.payment_rules import CURRENCIES, DEFAULT_CURRENCY
from vezne.dialects.iyzico.payments import number_from_text
from vezne.dialects.iyzico.sellers import checked_sub_merchant_price
from vezne.dialects.iyzico.sub_merchants import key_of
from vezne.flows import marketplace
from vezne.flows.cross_book import CrossBook, cross_book
from vezne.flows.marketplace import DecideOnLine, GiveLine
from vezne.flows.sub_merchants import check_marketplace

_REASON: Final = checks.TextRule("reason", "reason", checks.PROSE_LENGTH_MAX, is_prose=True)


async def approve(call: Call[marketplace_shapes.Line]) -> answers.DecidedLine:
    """POST /payment/iyzipos/item/approve."""
    command = _decision(call)
    await marketplace.approve(command, call.desk.ports)
    return answers.DecidedLine(payment_transaction_id=str(command.line_number))


async def disapprove(call: Call[marketplace_shapes.Line]) -> answers.DecidedLine:
    """POST /payment/iyzipos/item/disapprove."""
    command = _decision(call)
    await marketplace.disapprove(command, call.desk.ports)
    return answers.DecidedLine(payment_transaction_id=str(command.line_number))


async def update_item(call: Call[marketplace_shapes.PaymentItem]) -> str:
    """PUT /payment/item."""
    check_marketplace(call.merchant)
    line_number = _line_number(call.body)
    command = GiveLine(
        merchant=call.merchant,
        line_number=line_number,
        sub_merchant=key_of(call.body),
        sub_merchant_price_e8=checked_sub_merchant_price(call.body.sub_merchant_price),
    )
    payment = await marketplace.give(command, call.desk.ports)
    return _line(call, payment, line_number)


async def send(call: Call[marketplace_shapes.CrossBooking]) -> None:
    """POST /crossbooking/send: to a sub-merchant."""
    await _cross_book(call, is_to_sub_merchant=True)


async def receive(call: Call[marketplace_shapes.CrossBooking]) -> None:
    """POST /crossbooking/receive: from a sub-merchant."""
    await _cross_book(call, is_to_sub_merchant=False)


async def _cross_book(
    call: Call[marketplace_shapes.CrossBooking], *, is_to_sub_merchant: bool
) -> None:
    check_marketplace(call.merchant)
    body = call.body
    key = key_of(body)
    price = checks.checked_price(body.price)
    checks.check_text(body.reason, _REASON)
    checks.check_member(body.currency, CURRENCIES, "currency")
    command = CrossBook(
        merchant=call.merchant,
        sub_merchant=key,
        is_to_sub_merchant=is_to_sub_merchant,
        amount_e8=price.e8,
        currency=body.currency or DEFAULT_CURRENCY,
        reason=body.reason or "",
        conversation_id=call.conversation_id,
    )
    await cross_book(command, call.desk.ports)


def _decision(call: Call[marketplace_shapes.Line]) -> DecideOnLine:
    check_marketplace(call.merchant)
    return DecideOnLine(merchant=call.merchant, line_number=_line_number(call.body))


def _line_number(body: marketplace_shapes.Line) -> int:
    """The line that the mandatory paymentTransactionId names. Raises Failure; Refusal."""
    if not body.payment_transaction_id:
        raise Failure(errors.LINE_ID_MISSING)
    return number_from_text(body.payment_transaction_id, Reason.LINE_NOT_FOUND)


def _line(call: Call[marketplace_shapes.PaymentItem], payment: Payment, line_number: int) -> str:
    """A line of a payment, as the members of an answer."""
    return item_transactions(call, payment, None)[payment.line_index(line_number)][1:-1]
