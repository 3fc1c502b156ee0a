"""Pay merchants and sub-merchants what has become available to them."""

from typing import Final

from vezne.core.changes import AddBooking, AddPayout, Change, ChangePayout, Conflict, MarkPaid
from vezne.core.ledger import OWN
from vezne.core.merchant import Merchant
from vezne.core.payout import (
    Payee,
    Payout,
    PayoutState,
    move_payout,
    payout_booking,
    plan_payout,
)
from vezne.core.ports import Ports

# The built-in bank returns transfers to this account, and to no other.
BOUNCING_IBAN: Final = "TR280006200119000006670001"


async def pay_out(
    merchant: Merchant, ports: Ports, *, value_ms: int, paid_until_ms: int | None
) -> None:
    """Make a merchant's payouts of the business day that begins at `value_ms`.

    What an interrupted run left on its way is finished first. However often and by however many
    this runs, no money is paid twice: each payout takes the payables that it pays, and follows the
    one before it. `paid_until_ms` is until when the books say that payouts are made; it is
    `value_ms` afterwards.
    """
    for payout in await ports.books.list_open_payouts(merchant.id):
        await _finish(payout, ports, value_ms)
    for currency, party in await ports.books.list_unpaid_parties(merchant.id, until_ms=value_ms):
        payee = await _payee(merchant, currency, party, ports)
        if payee is not None:
            await _pay(payee, ports, value_ms)
    await _mark(MarkPaid(merchant.id, value_ms, paid_until_ms), ports)


async def skip_idle_days(
    merchant: Merchant, ports: Ports, paid_until_ms: int | None, now_ms: int
) -> bool:
    """Say that payouts are made until the next payment is due, or until now; False: they are not.

    That is so when nothing is unpaid, so that there is nothing to be paid on the days between.
    """
    books = ports.books
    if await books.list_unpaid_parties(merchant.id, until_ms=now_ms):
        return False
    if await books.list_open_payouts(merchant.id):
        return False
    upcoming = await books.list_due_payments(merchant.id, until_ms=now_ms, limit=1)
    idle_ms = now_ms
    for payment in upcoming:
        # The payouts of the day that begins when it is due are still to be made.
        idle_ms = (payment.due_ms or now_ms) - 1
    await _mark(MarkPaid(merchant.id, idle_ms, paid_until_ms), ports)
    return True


async def _mark(mark: MarkPaid, ports: Ports) -> None:
    try:
        await ports.books.apply([mark])
    except Conflict:
        # Somebody else has done the same.
        return


async def _payee(merchant: Merchant, currency: str, party: str, ports: Ports) -> Payee | None:
    """Where a party's money goes; None when we do not know."""
    if party == OWN:
        return Payee(
            merchant_id=merchant.id, party=OWN, currency=currency, iban=merchant.settings.iban
        )
    sub_merchant = await ports.books.find_sub_merchant(merchant.id, party)
    if sub_merchant is None or not sub_merchant.is_payable:
        return None
    details = sub_merchant.details
    return Payee(
        merchant_id=merchant.id,
        party=party,
        currency=currency,
        iban=details.iban,
        withheld_e8=details.blockage_e8 if details.currency == currency else 0,
    )


async def _pay(payee: Payee, ports: Ports, value_ms: int) -> None:
    """Plan and finish a party's payout, if there is anything to be paid."""
    books = ports.books
    # In this order: whoever takes payables after the first read has also made another payout.
    last = await books.find_last_payout(payee.merchant_id, payee.currency, payee.party)
    unpaid = await books.sum_unpaid(
        payee.merchant_id, payee.currency, payee.party, until_ms=value_ms
    )
    number = await ports.numbers.take(1)
    payout = plan_payout(payee, unpaid, last, number=number, value_ms=value_ms)
    if payout is None:
        return
    try:
        await books.apply(_changes_of(None, payout, value_ms))
    except Conflict:
        # Somebody else pays it, or more became available; that is paid next time.
        return
    await _finish(payout, ports, value_ms)


async def _finish(payout: Payout, ports: Ports, now_ms: int) -> None:
    """Bring a payout to its end, unless somebody else does."""
    try:
        if payout.state is PayoutState.PLANNED:
            payout = await _move(payout, PayoutState.SENT, ports, now_ms)
        is_returned = payout.iban == BOUNCING_IBAN
        end = PayoutState.BOUNCED if is_returned else PayoutState.COMPLETED
        await _move(payout, end, ports, now_ms)
    except Conflict:
        return


async def _move(payout: Payout, state: PayoutState, ports: Ports, now_ms: int) -> Payout:
    moved = move_payout(payout, state, now_ms)
    await ports.books.apply(_changes_of(payout, moved, now_ms))
    return moved


def _changes_of(before: Payout | None, after: Payout, now_ms: int) -> list[Change]:
    """The changes that take a payout from one version to the next, its booking among them."""
    changes: list[Change] = [AddPayout(after) if before is None else ChangePayout(after)]
    booking = payout_booking(before, after, now_ms)
    if booking is not None:
        changes.append(AddBooking(booking))
    return changes
