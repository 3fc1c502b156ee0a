"""Move money between a merchant and one of its sub-merchants, beside all payments."""

import msgspec

from vezne.core.changes import AddBooking, AddCrossBooking, AddPayable, Conflict
from vezne.core.ledger import OWN
from vezne.core.merchant import Merchant
from vezne.core.payable import payables_of
from vezne.core.ports import Ports
from vezne.core.refusal import Reason, Refusal
from vezne.core.sub_merchant import CrossBooking, SubMerchant, booking_of, holdings
from vezne.flows.follow_up import DECISIONS_MAX
from vezne.flows.sub_merchants import check_marketplace, find_sub_merchant


class CrossBook(msgspec.Struct, frozen=True, kw_only=True):
    """An amount to give to a sub-merchant, or to take from it."""

    merchant: Merchant
    sub_merchant: str
    is_to_sub_merchant: bool
    amount_e8: int
    currency: str
    reason: str
    conversation_id: str | None = None


async def cross_book(command: CrossBook, ports: Ports) -> CrossBooking:
    """Give the amount to whom it is for; it is paid out with what else is due.

    The giver needs as much that is not withheld, for a time or as agreed, due already or not: what
    is not due yet is set off against it later. Raises Refusal: SUB_MERCHANTS_NOT_ENABLED,
    SUB_MERCHANT_NOT_FOUND, CURRENCY_NOT_ENABLED, BALANCE_TOO_LOW, OPERATION_IN_FLIGHT when others
    keep being faster.
    """
    merchant = command.merchant
    check_marketplace(merchant)
    sub_merchant = await find_sub_merchant(merchant, command.sub_merchant, ports)
    if command.currency not in merchant.settings.currencies:
        raise Refusal(Reason.CURRENCY_NOT_ENABLED)
    for _ in range(DECISIONS_MAX):
        decided = await _decide(command, sub_merchant, ports)
        booking = booking_of(decided.cross_booking)
        payables = [AddPayable(item) for item in payables_of(booking)]
        try:
            await ports.books.apply([decided, AddBooking(booking), *payables])
        except Conflict:
            continue
        return decided.cross_booking
    raise Refusal(Reason.OPERATION_IN_FLIGHT)


async def _decide(command: CrossBook, sub_merchant: SubMerchant, ports: Ports) -> AddCrossBooking:
    """The cross booking, as the balances stand. Raises Refusal(BALANCE_TOO_LOW)."""
    books, merchant_id, currency = ports.books, command.merchant.id, command.currency
    giver = OWN if command.is_to_sub_merchant else sub_merchant.key
    withheld_e8 = 0 if command.is_to_sub_merchant else sub_merchant.withheld_e8(currency)
    # In this order: whoever spends the money after the first read has also taken the turn.
    turn = await books.find_turn(merchant_id, currency, giver)
    last = await books.find_last_cross_booking(merchant_id)
    balances = await books.list_balances_of(merchant_id, currency, giver)
    if holdings(balances).free_e8 - withheld_e8 < command.amount_e8:
        raise Refusal(Reason.BALANCE_TOO_LOW)
    cross_booking = CrossBooking(
        merchant_id=merchant_id,
        number=await ports.numbers.take(1),
        sequence=1 if last is None else last.sequence + 1,
        sub_merchant=command.sub_merchant,
        is_to_sub_merchant=command.is_to_sub_merchant,
        amount_e8=command.amount_e8,
        currency=command.currency,
        reason=command.reason,
        booked_ms=ports.clock.now_ms(),
        conversation_id=command.conversation_id,
    )
    return AddCrossBooking(cross_booking, turn + 1)
