"""The books hold what a payment's state says, and every step there is balanced."""

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import SAMPLE_TIME_MS
from fakes.records import attempt
from fakes.records import payment as record
from vezne.core.answer import Approved, Declined, DeclineReason, Risk
from vezne.core.attempt import CaptureTerms, Operation
from vezne.core.follow_ups import (
    close_follow_up,
    open_follow_up,
    plan_refund,
    settle_follow_up,
)
from vezne.core.ledger import (
    Account,
    EntryKind,
    booking_between,
    entries_between,
    position,
)
from vezne.core.merchant import BlockageRelease, CommissionPlan
from vezne.core.money import UNIT
from vezne.core.payment import PaymentKind, PaymentState, approve, decline
from vezne.core.pricing import LineSplit, price_payment
from vezne.core.settlement import settle

YES = Approved(auth_code="123456", reference="r")
NO = Declined(reason=DeclineReason.LOST_CARD, code="41")


def payment(**changes):
    return record(attempts=(attempt(),), **changes)


def sample(**changes):
    """The documentation's sample: price 1, paid 1.2, lines of 0.3, 0.5 and 0.2."""
    return payment(
        price_e8=UNIT,
        paid_e8=120_000_000,
        pricing=price_payment(
            line_prices_e8=(30_000_000, 50_000_000, 20_000_000),
            paid_e8=120_000_000,
            plan=CommissionPlan(),
            line_split=LineSplit.EXACT,
        ),
        **changes,
    )


def follow(before, operation, amount_e8, **changes):
    asked = attempt(number=10_000_009, operation=operation, amount_e8=amount_e8, **changes)
    return settle_follow_up(open_follow_up(before, asked), YES, SAMPLE_TIME_MS)


def refund(before, amount_e8):
    return follow(before, Operation.REFUND, amount_e8, parts=plan_refund(before, amount_e8))


def totals(held):
    """What is on each account, all kinds of entries together."""
    sums = Counter()
    for amounts in held.values():
        sums.update(amounts)
    return {account: amount_e8 for (account, _), amount_e8 in sums.items() if amount_e8}


def booked(before, after):
    """The booking between two versions, proven to be balanced entry by entry."""
    booking = booking_between(before, after, SAMPLE_TIME_MS)
    for entry in booking.entries:
        assert sum(posting.amount_e8 for posting in entry.postings) == 0
        assert all(posting.amount_e8 for posting in entry.postings)
    return booking


def test_a_captured_sample():
    """Of 1.2 we keep 0.0315 and 0.25, 0.12 is withheld, the rest is the merchant's."""
    captured = approve(sample(), YES, SAMPLE_TIME_MS)
    assert totals(position(captured)) == {
        Account.ACQUIRER: 120_000_000,
        Account.COMMISSION: -3_150_000,
        Account.FEE: -25_000_000,
        Account.BLOCKED: -12_000_000,
        Account.PENDING: -79_850_000,
    }
    booking = booked(sample(), captured)
    assert [entry.kind for entry in booking.entries] == [
        EntryKind.CAPTURE,
        EntryKind.COMMISSION,
        EntryKind.BLOCKAGE,
    ]
    assert (booking.subject, booking.version, booking.currency) == (captured.number, 2, "TRY")


def test_a_plan_that_costs_nothing():
    """Nothing is charged and nothing withheld: the capture is all there is to book."""
    free = CommissionPlan(rate_e8=0, fee_e8=0, blockage_rate_e8=0)
    prices_e8 = (30_000_000, 70_000_000)
    pricing = price_payment(
        line_prices_e8=prices_e8, paid_e8=UNIT, plan=free, line_split=LineSplit.EXACT
    )
    before = payment(price_e8=UNIT, paid_e8=UNIT, pricing=pricing)
    booking = booked(before, approve(before, YES, SAMPLE_TIME_MS))
    assert [entry.kind for entry in booking.entries] == [EntryKind.CAPTURE]


def test_a_hold_is_a_memorandum_until_it_is_captured():
    """Nothing moved; the capture takes the memorandum back and books what was taken."""
    hold = approve(sample(kind=PaymentKind.HOLD), YES, SAMPLE_TIME_MS)
    assert totals(position(hold)) == {
        Account.AUTHORIZED: 120_000_000,
        Account.AUTHORIZATIONS: -120_000_000,
    }
    terms = CaptureTerms(
        pricing=hold.pricing, blockage_days=7, blockage_release=BlockageRelease.SAME_TIME
    )
    captured = follow(hold, Operation.CAPTURE, 120_000_000, terms=terms)
    booking = booked(hold, captured)
    assert [entry.kind for entry in booking.entries][:2] == [EntryKind.HOLD, EntryKind.CAPTURE]
    assert Account.AUTHORIZED not in totals(position(captured))


def test_a_void_leaves_nothing():
    """Every account is as it was before the payment."""
    captured = approve(sample(), YES, SAMPLE_TIME_MS)
    voided = follow(captured, Operation.VOID, 120_000_000)
    assert voided.state is PaymentState.VOIDED
    assert position(voided) == {}
    taken, back = booked(sample(), captured), booked(captured, voided)
    assert totals({1: sums(taken), 2: sums(back)}) == {}


def sums(booking):
    counted = Counter()
    for entry in booking.entries:
        for posting in entry.postings:
            counted[posting.account, posting.party] += posting.amount_e8
    return counted


def test_what_moves_no_money_books_nothing():
    """A decline, a promise and its refusal leave the ledger alone."""
    assert booking_between(sample(), decline(sample(), NO, 0), 0) is None
    captured = approve(sample(), YES, SAMPLE_TIME_MS)
    asked = attempt(operation=Operation.VOID)
    opened = open_follow_up(captured, asked)
    assert booking_between(captured, opened, 0) is None
    assert booking_between(opened, close_follow_up(opened, NO, 0), 0) is None


def test_commission_is_not_given_back():
    """A refund is borne by the merchant, whose payout may become less than nothing."""
    captured = approve(sample(), YES, SAMPLE_TIME_MS)
    refunded = refund(captured, 120_000_000)
    assert totals(position(refunded)) == {
        Account.COMMISSION: -3_150_000,
        Account.FEE: -25_000_000,
        Account.BLOCKED: -12_000_000,
        Account.PENDING: 40_150_000,
    }
    assert [entry.kind for entry in booked(captured, refunded).entries] == [EntryKind.REFUND]


def test_money_becomes_due_then_what_was_withheld():
    """Maturity moves the payout to what is available, the release all that was blocked."""
    captured = approve(sample(blockage_resolved_ms=SAMPLE_TIME_MS * 2), YES, SAMPLE_TIME_MS)
    assert settle(captured, captured.value_ms - 1) is captured
    mature = settle(captured, captured.value_ms)
    held = totals(position(mature))
    assert (held[Account.AVAILABLE], held[Account.BLOCKED]) == (-79_850_000, -12_000_000)
    assert Account.PENDING not in held
    assert settle(mature, mature.blockage_resolved_ms - 1) is mature
    released = settle(mature, mature.blockage_resolved_ms)
    held = totals(position(released))
    assert held[Account.AVAILABLE] == -91_850_000
    assert Account.BLOCKED not in held
    assert [entry.kind for entry in booked(mature, released).entries] == [
        EntryKind.RELEASE,
        EntryKind.MATURITY,
    ]
    assert settle(released, SAMPLE_TIME_MS * 3) is released


def test_what_is_not_captured_does_not_settle():
    """There is no money to become due, or nobody has decided yet whose it is."""
    assert settle(sample(), SAMPLE_TIME_MS * 2) == sample()
    for risk in (Risk.REVIEW, Risk.REJECTED):
        doubtful = approve(sample(), msgspec.structs.replace(YES, risk=risk), SAMPLE_TIME_MS)
        assert settle(doubtful, SAMPLE_TIME_MS * 2) is doubtful
        assert doubtful.due_ms is None


@pytest.mark.parametrize("rate_e8", [0, 2_625_000, 90_000_000])
def test_a_line_too_small_for_its_fee(rate_e8):
    """What commission and fee take beyond a line is our loss, and is booked as such."""
    tiny = payment(
        price_e8=1_000,
        paid_e8=1_000,
        lines=(),
        pricing=price_payment(
            line_prices_e8=(1_000,),
            paid_e8=1_000,
            plan=CommissionPlan(rate_e8=rate_e8),
            line_split=LineSplit.EXACT,
        ),
    )
    captured = approve(tiny, YES, SAMPLE_TIME_MS)
    assert totals(position(captured))[Account.SHORTFALL] > 0
    assert sum(totals(position(captured)).values()) == 0
    booked(tiny, captured)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("refund"), st.integers(1, 10**10)),
        st.tuples(st.sampled_from(["mature", "release"]), st.just(0)),
    ),
    max_size=6,
)


@given(
    prices=st.lists(st.integers(1, 10**12), min_size=1, max_size=5),
    markup_e8=st.integers(0, 10**10),
    rate_e8=st.integers(0, UNIT // 2),
    blockage_rate_e8=st.integers(0, UNIT // 2),
    line_split=st.sampled_from(LineSplit),
    events=steps,
)
def test_any_life_of_a_payment_adds_up(
    prices, markup_e8, rate_e8, blockage_rate_e8, line_split, events
):
    """In every order of events, bookings are balanced and sum to what the last state says."""
    plan = CommissionPlan(rate_e8=rate_e8, blockage_rate_e8=blockage_rate_e8)
    paid_e8 = sum(prices) + markup_e8
    before = payment(
        price_e8=sum(prices),
        paid_e8=paid_e8,
        lines=(),
        line_split=line_split,
        pricing=price_payment(
            line_prices_e8=prices, paid_e8=paid_e8, plan=plan, line_split=line_split
        ),
    )
    if len(prices) > 1:
        before = msgspec.structs.replace(before, lines=record().lines[:1] * len(prices))
    counted = Counter()
    for step, amount_e8 in [("capture", 0), *events]:
        if step == "capture":
            after = approve(before, YES, SAMPLE_TIME_MS)
        elif step == "refund":
            left_e8 = before.still_charged_e8
            after = refund(before, min(amount_e8, left_e8)) if left_e8 > 0 else before
        elif step == "mature":
            after = msgspec.structs.replace(before, matured_ms=1, version=before.version + 1)
        else:
            after = msgspec.structs.replace(before, released_ms=1, version=before.version + 1)
        if booking_between(before, after, 0) is not None:
            booking = booked(before, after)
            counted.update(sums(booking))
            # A new payment's is made without positions.
            assert booking.entries == entries_between(position(before), position(after))
        before = after
    assert {key[0]: amount for key, amount in counted.items() if amount} == totals(position(before))
    assert sum(counted.values()) == 0
