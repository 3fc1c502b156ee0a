"""Pay merchants and sub-merchants what has become available to them."""

from typing import Final

import msgspec

from vezne.core.changes import AddBooking, AddPayout, Change, ChangePayout, Conflict, MarkPaid
from vezne.core.ledger import OWN, Account
from vezne.core.merchant import Merchant
from vezne.core.payout import (
    PAYABLES_MAX,
    Payee,
    Payout,
    PayoutState,
    is_payable,
    move_payout,
    payout_amount_e8,
    payout_booking,
    plan_payout,
)
from vezne.core.ports import Ports

# The built-in bank returns transfers to this account, and to no other.
BOUNCING_IBAN: Final = "TR280006200119000006670001"
# How often somebody else may spend a party's money meanwhile before it is paid another day.
PLANS_MAX: Final = 5


class _Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the books say of a party: whose turn it is, and what it has."""

    turn: int
    last: Payout | None
    held_e8: int


async def pay_out(
    merchant: Merchant, ports: Ports, *, value_ms: int, paid_until_ms: int | None
) -> None:
    """Make a merchant's payouts of the business day that begins at `value_ms`.

    What an interrupted run left on its way is finished first. However often and by however many
    this runs, no money is paid twice: each payout takes the payables that it pays, and the turn to
    spend its party's money. `paid_until_ms` is until when the books say that payouts are made; it
    is `value_ms` afterwards.
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

    That is so when there is nobody to be paid on the days between: nothing is unpaid, or it is
    withheld, or owed to somebody who has no account.
    """
    books = ports.books
    if await books.list_open_payouts(merchant.id):
        return False
    for currency, party in await books.list_unpaid_parties(merchant.id, until_ms=now_ms):
        payee = await _payee(merchant, currency, party, ports)
        if payee is not None:
            standing = await _standing(payee, ports)
            if is_payable(payee, standing.last, standing.held_e8):
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
    return Payee(
        merchant_id=merchant.id,
        party=party,
        currency=currency,
        iban=sub_merchant.details.iban,
        withheld_e8=sub_merchant.withheld_e8(currency),
    )


async def _standing(payee: Payee, ports: Ports) -> _Standing:
    books, key = ports.books, (payee.merchant_id, payee.currency, payee.party)
    # In this order: whoever spends the money after the first read has also taken the turn.
    turn = await books.find_turn(*key)
    last = await books.find_last_payout(*key)
    balances = await books.list_balances_of(*key)
    owed_e8 = sum(item.amount_e8 for item in balances if item.account is Account.AVAILABLE)
    return _Standing(turn=turn, last=last, held_e8=-owed_e8)


async def _pay(payee: Payee, ports: Ports, value_ms: int) -> None:
    """Make a party's payouts one after another until nothing is left to be paid.

    What others leave no chance to be paid is paid on the next business day.
    """
    plans_left = PLANS_MAX
    while plans_left:
        plan = await _plan(payee, ports, value_ms)
        if plan is None:
            return
        try:
            await ports.books.apply([plan, *_booking_of(None, plan.payout, value_ms)])
        except Conflict:
            # Somebody else has spent some of the money, or more became available.
            plans_left -= 1
            continue
        await _finish(plan.payout, ports, value_ms)


async def _plan(payee: Payee, ports: Ports, value_ms: int) -> AddPayout | None:
    """A party's next payout, as the books stand; None when there is nothing to be paid."""
    standing = await _standing(payee, ports)
    if not is_payable(payee, standing.last, standing.held_e8):
        return None
    batch = await ports.books.find_batch(
        payee.merchant_id, payee.currency, payee.party, until_ms=value_ms, limit=PAYABLES_MAX
    )
    amount_e8 = payout_amount_e8(payee, batch, standing.last, standing.held_e8)
    if amount_e8 is None:
        return None
    payout = plan_payout(
        payee,
        batch,
        standing.last,
        amount_e8=amount_e8,
        number=await ports.numbers.take(1),
        value_ms=value_ms,
    )
    return AddPayout(payout, batch.last, standing.turn + 1)


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
    await ports.books.apply([ChangePayout(moved), *_booking_of(payout, moved, now_ms)])
    return moved


def _booking_of(before: Payout | None, after: Payout, now_ms: int) -> list[Change]:
    """What books the step of a payout from one version to the next."""
    booking = payout_booking(before, after, now_ms)
    return [] if booking is None else [AddBooking(booking)]
