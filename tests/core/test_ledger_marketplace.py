"""The ledger of payments whose lines belong to sub-merchants, whatever happens in what order."""

from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from builders import SAMPLE_TIME_MS
from fakes.records import attempt
from fakes.records import payment as record
from vezne.core.answer import Approved
from vezne.core.approval import approve_line, disapprove_line, give_line
from vezne.core.attempt import Operation
from vezne.core.follow_ups import open_follow_up, plan_refund, settle_follow_up
from vezne.core.ledger import OWN, Account, booking_between, due_amounts, position
from vezne.core.merchant import CommissionPlan
from vezne.core.money import UNIT
from vezne.core.payable import payables_between
from vezne.core.payment import BasketLine, LineKind, PaymentState, approve
from vezne.core.pricing import LineSplit, price_payment
from vezne.core.refusal import Refusal
from vezne.core.settlement import settle

YES = Approved(auth_code="123456", reference="r")
DAY_MS = 86_400_000
SELLERS = ("ayşe", "bora")
PLAN = CommissionPlan()


def payment(lines, paid_e8, plan=PLAN, line_split=LineSplit.EXACT):
    """A pending payment of lines that are given as price, seller and the seller's part."""
    prices_e8 = [price_e8 for price_e8, _, _ in lines]
    return record(
        attempts=(attempt(),),
        price_e8=sum(prices_e8),
        paid_e8=paid_e8,
        line_split=line_split,
        blockage_resolved_ms=SAMPLE_TIME_MS + 7 * DAY_MS,
        pricing=price_payment(
            line_prices_e8=prices_e8,
            paid_e8=paid_e8,
            plan=plan,
            line_split=line_split,
            sub_merchant_prices_e8=[part_e8 for _, _, part_e8 in lines],
        ),
        lines=tuple(
            BasketLine(
                item_id=str(place),
                name="Usb",
                category="Electronics",
                kind=LineKind.VIRTUAL,
                price_e8=price_e8,
                sub_merchant=seller or None,
            )
            for place, (price_e8, seller, _) in enumerate(lines)
        ),
    )


def sample():
    """A recorded basket: paid 1, lines of 0.3, 0.5 and 0.2, of which 0.18 each is the seller's."""
    part_e8 = 18 * UNIT // 100
    return payment(
        [
            (30_000_000, "ayşe", part_e8),
            (50_000_000, "bora", part_e8),
            (20_000_000, "ayşe", part_e8),
        ],
        UNIT,
    )


def totals(held):
    """What is on each account of each party, all kinds of entries together."""
    sums = Counter()
    for amounts in held.values():
        sums.update(amounts)
    return {key: amount_e8 for key, amount_e8 in sums.items() if amount_e8}


def test_the_sellers_parts_leave_the_merchants():
    """The documented figures: 0.18 and 0.12475 for Ayşe, of whose third line 0.02 is withheld."""
    captured = approve(sample(), YES, SAMPLE_TIME_MS)
    held = totals(position(captured))
    assert held[Account.PENDING, "ayşe"] == -(18_000_000 + 12_475_000)
    assert held[Account.BLOCKED, "ayşe"] == -2_000_000
    assert held[Account.PENDING, "bora"] == -18_000_000
    assert held[Account.PENDING, OWN] == -(712_500 + 13_187_500)
    assert held[Account.BLOCKED, OWN] == -8_000_000
    assert (Account.SHORTFALL, OWN) not in held


def test_a_line_is_payable_once_it_is_approved_and_due_in_either_order():
    """Approval and maturity book the same wherever they meet; the other lines go on waiting."""
    captured = approve(sample(), YES, SAMPLE_TIME_MS)
    first = captured.number + 1
    ripe_ms = captured.value_ms
    early = settle(approve_line(captured, first), ripe_ms)
    late = approve_line(settle(captured, ripe_ms), first)
    assert position(early) == position(late)
    held = totals(position(late))
    assert held[Account.AVAILABLE, "ayşe"] == -18_000_000
    assert held[Account.AVAILABLE, OWN] == -712_500
    assert (Account.AVAILABLE, "bora") not in held
    assert {due.line_number for due in due_amounts(late)} == {first}


def test_a_late_approval_books_at_once():
    """Nobody has to look at the payment again for it."""
    captured = approve(sample(), YES, SAMPLE_TIME_MS)
    settled = settle(captured, SAMPLE_TIME_MS + 8 * DAY_MS)
    assert settled.due_ms is None
    third = captured.number + 3
    approved = approve_line(settled, third)
    booking = booking_between(settled, approved, 0)
    moved = {
        (posting.account, posting.party): posting.amount_e8
        for entry in booking.entries
        for posting in entry.postings
    }
    assert moved == {
        (Account.PENDING, "ayşe"): 14_475_000,
        (Account.AVAILABLE, "ayşe"): -14_475_000,
    }


def test_a_withdrawn_approval_leaves_a_debt_that_a_payout_sets_off():
    """What was payable is taken back, whether it was paid out meanwhile or not."""
    captured = approve(sample(), YES, SAMPLE_TIME_MS)
    due = settle(approve_line(captured, captured.number + 2), captured.value_ms)
    withdrawn = disapprove_line(due, captured.number + 2)
    booking = booking_between(due, withdrawn, 0)
    taken = {item.party: item.amount_e8 for item in payables_between(due, withdrawn, booking)}
    assert taken == {"bora": -18_000_000, OWN: -13_187_500}
    assert (Account.AVAILABLE, "bora") not in totals(position(withdrawn))


def test_a_refund_is_borne_by_shares():
    """Half of the first line: Ayşe bears 60 % of it, as she has 60 % of the line."""
    captured = approve(sample(), YES, SAMPLE_TIME_MS)
    back = refunded(captured, captured.number + 1, 15_000_000)
    before, after = totals(position(captured)), totals(position(back))
    pending = Account.PENDING
    assert after[pending, "ayşe"] - before[pending, "ayşe"] == 9_000_000
    assert after[pending, OWN] - before[pending, OWN] == 6_000_000


def test_another_seller_takes_the_line_over():
    """What was the first seller's is the second's, and the merchant's part follows."""
    captured = approve(sample(), YES, SAMPLE_TIME_MS)
    given = give_line(captured, captured.number + 1, "can", 20_000_000)
    held = totals(position(given))
    assert held[Account.PENDING, "ayşe"] == -12_475_000
    assert held[Account.PENDING, "can"] + held[Account.BLOCKED, "can"] == -20_000_000
    assert settled_sum(given) == settled_sum(captured)


def settled_sum(held):
    """What all parties have together of what was paid."""
    accounts = {Account.PENDING, Account.BLOCKED, Account.AVAILABLE}
    return sum(e8 for (account, _), e8 in totals(position(held)).items() if account in accounts)


def refunded(before, line_number, amount_e8):
    asked = attempt(
        number=10_000_099,
        operation=Operation.REFUND,
        amount_e8=amount_e8,
        parts=((line_number, amount_e8),),
    )
    return settle_follow_up(open_follow_up(before, asked), YES, SAMPLE_TIME_MS)


def voided(before):
    asked = attempt(number=10_000_099, operation=Operation.VOID, amount_e8=before.paid_e8)
    return settle_follow_up(open_follow_up(before, asked), YES, SAMPLE_TIME_MS)


amounts = st.integers(min_value=1, max_value=500 * UNIT)
rates = st.integers(min_value=0, max_value=UNIT)
line = st.tuples(amounts, st.sampled_from(("", *SELLERS)), rates)
plans = st.builds(
    CommissionPlan,
    rate_e8=st.integers(min_value=0, max_value=UNIT // 5),
    fee_e8=st.integers(min_value=0, max_value=UNIT),
    blockage_rate_e8=st.one_of(st.just(0), st.just(UNIT // 10), rates),
)


@st.composite
def payments(draw):
    """Any basket under any plan; a seller's part is up to the price of its line."""
    drawn = draw(st.lists(line, min_size=1, max_size=5))
    parts = [
        (price_e8, seller, price_e8 * rate_e8 // UNIT if seller else 0)
        for price_e8, seller, rate_e8 in drawn
    ]
    price_e8 = sum(price_e8 for price_e8, _, _ in parts)
    return payment(
        parts,
        price_e8 + draw(st.integers(min_value=0, max_value=price_e8)),
        draw(plans),
        draw(st.sampled_from(LineSplit)),
    )


EVENTS = ("mature", "release", "approve", "disapprove", "refund", "give", "void")
events = st.lists(
    st.tuples(st.sampled_from(EVENTS), st.integers(min_value=0, max_value=4), rates), max_size=14
)


def happen(before, event, place, rate_e8):
    """The payment after an event; unchanged where the event cannot be."""
    number = before.number + 1 + place % len(before.lines)
    left_e8 = before.refundable_e8(number)
    amount_e8 = left_e8 * rate_e8 // UNIT
    does = {
        "mature": lambda: settle(before, before.value_ms or 0),
        "release": lambda: settle(before, before.blockage_resolved_ms + 30 * DAY_MS),
        "approve": lambda: approve_line(before, number),
        "disapprove": lambda: disapprove_line(before, number),
        "refund": lambda: refunded(before, number, amount_e8) if amount_e8 else before,
        "give": lambda: give_line(before, number, SELLERS[place % 2], amount_e8),
        "void": lambda: before if before.refunds else voided(before),
    }
    return does[event]()


@given(payments(), events)
def test_bookings_add_up_to_the_position(first, steps):
    """Every entry sums to zero, all bookings to what the books must hold, payables to what is due.

    Nobody has anything when all was undone, and the acquirer owes what was paid less refunds.
    """
    booked, payable = Counter(), Counter()
    last = first
    for step in (None, *steps):
        try:
            new = approve(last, YES, SAMPLE_TIME_MS) if step is None else happen(last, *step)
        except Refusal:
            continue
        if new is last:
            continue
        booking = booking_between(last, new, 0)
        if booking is not None:
            for entry in booking.entries:
                assert sum(posting.amount_e8 for posting in entry.postings) == 0
                for posting in entry.postings:
                    booked[entry.kind, posting.account, posting.party] += posting.amount_e8
            for item in payables_between(last, new, booking):
                payable[item.party] += item.amount_e8
        last = new
    expected = {
        (kind, account, party): amount_e8
        for kind, parts in position(last).items()
        for (account, party), amount_e8 in parts.items()
        if amount_e8
    }
    assert {key: amount_e8 for key, amount_e8 in booked.items() if amount_e8} == expected
    held = totals(position(last))
    available = {party: -e8 for (kind, party), e8 in held.items() if kind is Account.AVAILABLE}
    assert {party: e8 for party, e8 in payable.items() if e8} == available
    if last.state is PaymentState.CAPTURED:
        back_e8 = sum(item.amount_e8 for item in last.refunds)
        assert held.get((Account.ACQUIRER, OWN), 0) == last.paid_e8 - back_e8
    else:
        assert held == {}


@given(payments(), st.permutations(("mature", "approve", "refund")), rates)
def test_the_order_of_events_does_not_matter(first, order, rate_e8):
    """Maturity, approvals and refunds of every line leave the same balances in any order."""

    def after(names):
        current = approve(first, YES, SAMPLE_TIME_MS)
        for name in names:
            for place in range(len(current.lines)):
                try:
                    current = happen(current, name, place, rate_e8)
                except Refusal:
                    assert name == "approve"
        return totals(position(current))

    assert after(order) == after(("approve", "refund", "mature"))
    released = totals(position(happen(approve(first, YES, SAMPLE_TIME_MS), "release", 0, 0)))
    assert not any(account is Account.BLOCKED for account, _ in released)


@given(payments())
def test_a_seller_never_gets_more_than_its_part(first):
    """Blocked money included; and nobody's part of a fresh payment is a debt."""
    captured = approve(first, YES, SAMPLE_TIME_MS)
    held = totals(position(captured))
    for seller in SELLERS:
        promised_e8 = sum(
            figures.sub_merchant_price_e8
            for item, figures in zip(first.lines, first.pricing.lines, strict=True)
            if item.sub_merchant == seller
        )
        pending_e8 = -held.get((Account.PENDING, seller), 0)
        blocked_e8 = -held.get((Account.BLOCKED, seller), 0)
        assert min(pending_e8, blocked_e8) >= 0
        assert pending_e8 + blocked_e8 <= promised_e8
    assert held.get((Account.PENDING, OWN), 0) <= 0


@given(payments())
def test_giving_everything_back_leaves_the_sellers_nothing(first):
    """The merchant bears commission and fee of a payment that was given back."""
    captured = approve(first, YES, SAMPLE_TIME_MS)
    # Lines that are rounded each for itself may be worth more than was paid.
    assume(sum(line.paid_e8 for line in first.pricing.lines) <= first.paid_e8)
    current = captured
    for number, amount_e8 in plan_refund(captured, captured.still_charged_e8):
        current = refunded(current, number, amount_e8)
    current = happen(current, "release", 0, 0)
    held = totals(position(current))
    assert not any(party for _, party in held)
    costs_e8 = sum(
        held.get((account, OWN), 0)
        for account in (Account.COMMISSION, Account.FEE, Account.SHORTFALL)
    )
    owed_e8 = sum(held.get((account, OWN), 0) for account in (Account.PENDING, Account.AVAILABLE))
    rounding_e8 = held.get((Account.ROUNDING, OWN), 0) + held.get((Account.ACQUIRER, OWN), 0)
    assert costs_e8 + owed_e8 + rounding_e8 == 0


@pytest.mark.parametrize("part_e8", [0, 10_000_000])
def test_a_line_without_a_seller_needs_no_approval(part_e8):
    """In a mixed payment only the lines of sub-merchants wait."""
    mixed = payment([(30_000_000, "", 0), (70_000_000, "bora", part_e8)], UNIT)
    settled = settle(approve(mixed, YES, SAMPLE_TIME_MS), SAMPLE_TIME_MS + 8 * DAY_MS)
    held = totals(position(settled))
    assert held[Account.AVAILABLE, OWN] < 0
    assert (Account.AVAILABLE, "bora") not in held
