"""What a marketplace decides about the lines of its payments: approval, and whose a line is.

Whatever else changes the payment at the same moment counts as an operation in flight.
"""

import msgspec

from vezne.core.approval import approve_line, disapprove_line, give_line
from vezne.core.changes import Conflict
from vezne.core.merchant import Merchant
from vezne.core.payment import Payment
from vezne.core.ports import Ports
from vezne.core.refusal import Reason, Refusal
from vezne.flows.inquire import find_payment_of_line
from vezne.flows.record import changes_of
from vezne.flows.sub_merchants import check_marketplace, find_sub_merchant


class DecideOnLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line to approve or to disapprove."""

    merchant: Merchant
    line_number: int


class GiveLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line and its sub-merchant, with what of the line is the sub-merchant's."""

    merchant: Merchant
    line_number: int
    sub_merchant: str
    sub_merchant_price_e8: int


async def approve(command: DecideOnLine, ports: Ports) -> Payment:
    """Let a line's money be paid out as soon as it is due. Approving twice is no error.

    Raises Refusal: SUB_MERCHANTS_NOT_ENABLED, LINE_NOT_FOUND, OPERATION_IN_FLIGHT,
    STATE_UNSUITABLE, SUB_MERCHANT_NOT_PAYABLE when we do not know yet whom to pay, or where.
    """
    payment = await _find(command, ports)
    approved = approve_line(payment, command.line_number)
    line = payment.lines[payment.line_index(command.line_number)]
    seller = await find_sub_merchant(command.merchant, line.sub_merchant or "", ports)
    if not seller.is_payable:
        raise Refusal(Reason.SUB_MERCHANT_NOT_PAYABLE)
    return await _record(payment, approved, ports)


async def disapprove(command: DecideOnLine, ports: Ports) -> Payment:
    """Take an approval back. What was paid out meanwhile is set off against the next payout.

    Raises Refusal: SUB_MERCHANTS_NOT_ENABLED, LINE_NOT_FOUND, OPERATION_IN_FLIGHT,
    STATE_UNSUITABLE.
    """
    payment = await _find(command, ports)
    return await _record(payment, disapprove_line(payment, command.line_number), ports)


async def give(command: GiveLine, ports: Ports) -> Payment:
    """Say anew who has sold a line, and what part of it is theirs.

    Raises Refusal: SUB_MERCHANTS_NOT_ENABLED, LINE_NOT_FOUND, OPERATION_IN_FLIGHT,
    STATE_UNSUITABLE once the line's money is payable, SUB_MERCHANT_NOT_FOUND,
    SUB_MERCHANT_PRICE_TOO_HIGH.
    """
    payment = await _find(command, ports)
    await find_sub_merchant(command.merchant, command.sub_merchant, ports)
    given = give_line(
        payment, command.line_number, command.sub_merchant, command.sub_merchant_price_e8
    )
    return await _record(payment, given, ports)


async def _find(command: DecideOnLine | GiveLine, ports: Ports) -> Payment:
    check_marketplace(command.merchant)
    return await find_payment_of_line(command.merchant, command.line_number, ports)


async def _record(before: Payment, after: Payment, ports: Ports) -> Payment:
    """Write a decision, unless it changes nothing."""
    if after is before:
        return after
    try:
        await ports.books.apply(changes_of(before, after, ports.clock.now_ms()))
    except Conflict:
        raise Refusal(Reason.OPERATION_IN_FLIGHT) from None
    return after
