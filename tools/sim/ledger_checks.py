"""What must hold within the books: entries, positions, balances, payouts, and the end of it all."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tools.sim.violation import require

from vezne.core.answer import Risk
from vezne.core.attempt import Operation, Outcome
from vezne.core.ledger import Account, Booking, EntryKind, Position, position
from vezne.core.merchant import Merchant
from vezne.core.money import UNIT
from vezne.core.payment import Payment, PaymentState
from vezne.core.payout import Payout, PayoutState, payout_position

if TYPE_CHECKING:
    from tools.sim.world import World

Balances = dict[tuple[Account, str], int]

_SMALLEST_E8 = UNIT // 100


async def check_ledger(
    world: "World", merchant: Merchant, payments: list[Payment], payouts: list[Payout]
) -> Balances:
    """Entries sum to zero; bookings sum to positions, and to the balances."""
    expected: dict[int, Position] = {payment.number: position(payment) for payment in payments}
    expected |= {payout.number: payout_position(payout) for payout in payouts}
    gifts = {gift.number for gift in world.reading.cross_bookings(merchant)}
    held: dict[int, dict[tuple[str, Account, str], int]] = defaultdict(lambda: defaultdict(int))
    sums: Balances = defaultdict(int)
    for booking in world.reading.bookings(merchant):
        _check_entries(booking)
        is_known = booking.subject in expected or booking.subject in gifts
        require(is_known, f"booking of {booking.subject}, which is not there")
        for entry in booking.entries:
            for posting in entry.postings:
                held[booking.subject][entry.kind, posting.account, posting.party] += (
                    posting.amount_e8
                )
                sums[posting.account, posting.party] += posting.amount_e8
    for subject, wanted in expected.items():
        flat = {
            (kind, account, party): amount_e8
            for kind, amounts in wanted.items()
            for (account, party), amount_e8 in amounts.items()
            if amount_e8
        }
        got = {key: amount_e8 for key, amount_e8 in held[subject].items() if amount_e8}
        require(got == flat, f"the bookings of {subject} do not sum to its position")
    balances = await world.reading.balances(merchant)
    stored = {(x.account, x.party): x.amount_e8 for x in balances if x.amount_e8}
    require(
        stored == {key: amount_e8 for key, amount_e8 in sums.items() if amount_e8},
        f"the balances of merchant {merchant.id} are not the sums of its bookings",
    )
    require(sum(sums.values()) == 0, f"the ledger of merchant {merchant.id} does not sum to zero")
    return sums


async def check_with_program(world: "World", merchant: Merchant, payments: list[Payment]) -> None:
    """The program's own check agrees, and its journal lists what the bank approved, once."""
    found = await world.reading.differences(merchant)
    require(not found, f"the check of the ledger finds {found[:1]}")
    approved = sorted(
        (payment.number, attempt.number)
        for payment in payments
        for attempt in payment.attempts
        if attempt.outcome is Outcome.APPROVED and attempt.operation is not Operation.CAPTURE
    )
    journal = world.reading.journal(merchant)
    require(journal == approved, f"the journal of merchant {merchant.id} is not what happened")


def check_gifts(world: "World", merchant: Merchant) -> None:
    """What a marketplace gives its seller under one key, it gives once."""
    given = Counter(gift.conversation_id for gift in world.reading.cross_bookings(merchant))
    twice = [name for name, count in given.items() if count > 1]
    require(not twice, f"the gift of {twice} was made twice")


def _check_entries(booking: Booking) -> None:
    for entry in booking.entries:
        total_e8 = sum(posting.amount_e8 for posting in entry.postings)
        require(total_e8 == 0, f"an entry of {booking.subject} ({entry.kind}) sums to {total_e8}")


def check_payouts(
    world: "World", merchant: Merchant, payouts: list[Payout], balances: Balances
) -> None:
    """What is available is what became payable less what was paid out, and in no two payouts."""
    payable: Counter[str] = Counter()
    taken: Counter[int] = Counter()
    for merchant_id, party, payout_number, amount_e8 in world.reading.payables():
        if merchant_id == merchant.id:
            payable[party] += amount_e8
            if payout_number is not None:
                taken[payout_number] += amount_e8
    paid: Counter[str] = Counter()
    for payout in payouts:
        if payout.state is PayoutState.BOUNCED:
            require(taken[payout.number] == 0, f"payout {payout.number} came back with its money")
            continue
        paid[payout.party] += payout.amount_e8
        require(
            taken[payout.number] == payout.taken_e8,
            f"payout {payout.number} took {payout.taken_e8}, it has {taken[payout.number]}",
        )
        require(
            payout.amount_e8 <= payout.carried_in_e8 + payout.taken_e8,
            f"payout {payout.number} pays more than it took",
        )
    for party in {*payable, *paid, *(party for _, party in balances)}:
        available_e8 = -balances.get((Account.AVAILABLE, party), 0)
        require(
            available_e8 == payable[party] - paid[party],
            f"{available_e8} is available to {party or 'the merchant'}, it should be"
            f" {payable[party] - paid[party]}",
        )


def debtors_of(bookings: Sequence[Booking]) -> set[str]:
    """The parties that may owe us something: money was taken back that had been due to them."""
    return {
        posting.party
        for booking in bookings
        for entry in booking.entries
        if entry.kind in (EntryKind.MATURITY, EntryKind.CROSS_BOOKING)
        for posting in entry.postings
        if posting.account is Account.AVAILABLE and posting.amount_e8 > 0
    }


def check_final(payments: list[Payment], balances: Balances, debtors: set[str]) -> None:
    """All money that is due has become so; none of it stays with us but what is ours."""
    waiting = [
        payment.number
        for payment in payments
        if payment.state is PaymentState.CAPTURED
        and payment.risk is Risk.ACCEPTED
        and (payment.matured_ms is None or payment.released_ms is None)
    ]
    require(not waiting, f"the money of {waiting[:3]} never became due")
    doubtful = [
        payment.number
        for payment in payments
        if payment.risk is not Risk.ACCEPTED and payment.matured_ms is not None
    ]
    require(not doubtful, f"the money of {doubtful[:3]} became due under review, or rejected")
    is_market = any(line.sub_merchant for payment in payments for line in payment.lines)
    # What nobody has decided on waits for ever.
    undecided = Counter[tuple[Account, str]]()
    for payment in payments:
        if payment.risk is not Risk.ACCEPTED:
            for amounts in position(payment).values():
                undecided.update(amounts)
    for (account, party), balance_e8 in balances.items():
        amount_e8 = balance_e8 - undecided[account, party]
        if account is Account.PENDING and not is_market:
            require(amount_e8 == 0, f"{-amount_e8} is pending for ever")
        if account is Account.BLOCKED:
            require(amount_e8 == 0, f"{-amount_e8} is blocked for ever")
        if account is Account.PAYING:
            require(amount_e8 == 0, f"{-amount_e8} is on its way for ever")
        if account is Account.AVAILABLE:
            who = party or "the merchant"
            require(-amount_e8 < _SMALLEST_E8, f"{-amount_e8} of {who} was not paid out")
            owes = party in debtors
            require(owes or amount_e8 <= 0, f"{who} was paid {amount_e8} too much")
    fees_e8 = sum(
        payment.pricing.commission_e8
        for payment in payments
        if payment.state is PaymentState.CAPTURED
    )
    booked_e8 = -balances.get((Account.COMMISSION, ""), 0)
    # Lines that are rounded each on their own miss the total by less than 1e-8 each.
    slack_e8 = sum(len(payment.pricing.lines) for payment in payments)
    require(abs(fees_e8 - booked_e8) <= slack_e8, f"commission is {booked_e8}, not {fees_e8}")
