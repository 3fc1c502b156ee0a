import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import SAMPLE_TIME_MS, authentication, basket, merchant
from vezne.core.answer import Approved, Declined, DeclineReason, Reversed, Risk
from vezne.core.attempt import Attempt, CaptureTerms, Operation, Outcome
from vezne.core.authentication import AuthenticationState
from vezne.core.calendar import days_later
from vezne.core.follow_ups import (
    accept,
    check_rejectable,
    check_reviewable,
    check_voidable,
    close_follow_up,
    open_follow_up,
    plan_refund,
    settle_follow_up,
)
from vezne.core.merchant import BlockageRelease
from vezne.core.money import UNIT
from vezne.core.payment import (
    EDGES,
    Event,
    Payment,
    PaymentKind,
    PaymentState,
    after,
    approve,
    decline,
    follow_authentication,
    leave_unanswered,
    open_authorization,
    reverse,
)
from vezne.core.pricing import LineSplit, price_payment
from vezne.core.refusal import Reason, Refusal

YES = Approved(auth_code="235467", reference="mock00001iyzihostrfn")
NO = Declined(reason=DeclineReason.LOST_CARD, code="41")


def payment(**changes):
    lines = basket(30_000_000, 50_000_000, 20_000_000)
    record = Payment(
        merchant_id=7,
        number=100,
        version=1,
        state=PaymentState.PENDING,
        kind=PaymentKind.SALE,
        door="iyzico",
        price_e8=UNIT,
        paid_e8=120_000_000,
        currency="TRY",
        installments=1,
        bin="55287900",
        last4="0008",
        pricing=price_payment(
            line_prices_e8=[line.price_e8 for line in lines],
            paid_e8=120_000_000,
            plan=merchant().settings.plan,
            line_split=LineSplit.EXACT,
        ),
        line_split=LineSplit.EXACT,
        settlement_currency="TRY",
        created_ms=SAMPLE_TIME_MS,
        blockage_resolved_ms=SAMPLE_TIME_MS,
        lines=lines,
        attempts=(attempt(120_000_000, Operation.AUTHORIZE, number=104),),
    )
    return msgspec.structs.replace(record, **changes)


def attempt(amount_e8, operation, **changes):
    record = Attempt(
        number=500,
        operation=operation,
        amount_e8=amount_e8,
        created_ms=SAMPLE_TIME_MS,
        inquire_ms=SAMPLE_TIME_MS + 15_000,
    )
    return msgspec.structs.replace(record, **changes)


VOID = attempt(120_000_000, Operation.VOID)


def give_back(record, amount_e8):
    parts = plan_refund(record, amount_e8)
    opened = open_follow_up(record, attempt(amount_e8, Operation.REFUND, parts=parts))
    return settle_follow_up(opened, YES, SAMPLE_TIME_MS)


# Where a payment may begin, and where it may stay.
FIRST = {PaymentState.AUTHENTICATING, PaymentState.PENDING}
TERMINAL = {
    PaymentState.UNAUTHENTICATED,
    PaymentState.DECLINED,
    PaymentState.VOIDED,
}


def test_every_state_stands_in_the_table():
    """Each state is reached by an edge or is a first one, and left by one or is a last one."""
    assert set(EDGES.values()) | FIRST == set(PaymentState)
    assert {state for state, _ in EDGES} == set(PaymentState) - TERMINAL
    assert {event for _, event in EDGES} == set(Event)


def test_there_is_no_way_around_the_table():
    """Every pair that is not an edge is refused."""
    for state in PaymentState:
        for event in Event:
            if (state, event) in EDGES:
                assert after(state, event) is EDGES[state, event]
            else:
                with pytest.raises(Refusal) as refusal:
                    after(state, event)
                assert refusal.value.reason is Reason.STATE_UNSUITABLE


def test_an_approved_sale_is_captured_and_an_approved_hold_is_not():
    """A sale takes the money at once, a hold only reserves it."""
    sale = approve(payment(), YES, SAMPLE_TIME_MS + 9)
    assert (sale.state, sale.captured_ms) == (PaymentState.CAPTURED, SAMPLE_TIME_MS + 9)
    hold = approve(payment(kind=PaymentKind.HOLD), YES, SAMPLE_TIME_MS)
    assert (hold.state, hold.captured_ms) == (PaymentState.AUTHORIZED, None)
    assert (hold.auth_code, hold.reference, hold.version) == (YES.auth_code, YES.reference, 2)


def test_a_decline_and_a_silence_are_different_ends():
    """No is an answer; silence is not no."""
    declined = decline(payment(), NO, SAMPLE_TIME_MS)
    assert (declined.state, declined.decline_reason) == (
        PaymentState.DECLINED,
        DeclineReason.LOST_CARD,
    )
    assert (declined.attempts[0].outcome, declined.attempts[0].detail) == (Outcome.DECLINED, "41")
    uncertain = leave_unanswered(payment(), inquire_ms=SAMPLE_TIME_MS + 5_000)
    assert uncertain.state is PaymentState.UNCERTAIN
    assert uncertain.open_attempt.inquire_ms == uncertain.due_ms == SAMPLE_TIME_MS + 5_000


def test_every_end_is_open_to_the_uncertain():
    """The truth may be any answer, or that nothing happened; to hear nothing again changes none."""
    uncertain = leave_unanswered(payment(), inquire_ms=1)
    again = leave_unanswered(uncertain, inquire_ms=2, inquiries=1)
    assert (again.state, again.version, again.due_ms) == (PaymentState.UNCERTAIN, 3, 2)
    assert again.open_attempt.inquiries == 1
    assert approve(again, YES, SAMPLE_TIME_MS).state is PaymentState.CAPTURED
    assert decline(again, NO, SAMPLE_TIME_MS).state is PaymentState.DECLINED
    undone = reverse(again, SAMPLE_TIME_MS + 7)
    assert (undone.state, undone.decline_reason) == (PaymentState.DECLINED, DeclineReason.TIMEOUT)
    assert (undone.attempts[0].outcome, undone.attempts[0].closed_ms) == (
        Outcome.REVERSED,
        SAMPLE_TIME_MS + 7,
    )


def test_an_authorization_is_promised_with_its_payment():
    """The promise is part of the payment's first version."""
    planned = payment(attempts=())
    assert (planned.open_attempt, planned.due_ms) == (None, None)
    asked = attempt(120_000_000, Operation.AUTHORIZE)
    promised = open_authorization(planned, asked)
    assert (promised.open_attempt, promised.version) == (asked, 1)


def test_a_payment_is_due_until_its_money_is_out():
    """First its answer, then its value time, then the end of its blockage, if there is one."""
    sale = approve(payment(), YES, SAMPLE_TIME_MS)
    assert payment().due_ms == SAMPLE_TIME_MS + 15_000
    assert sale.due_ms == sale.value_ms
    mature = msgspec.structs.replace(sale, matured_ms=sale.value_ms)
    assert mature.due_ms == mature.blockage_resolved_ms
    assert msgspec.structs.replace(mature, released_ms=1).due_ms is None
    unblocked = msgspec.structs.replace(mature.pricing, blockage_rate_e8=0)
    assert msgspec.structs.replace(mature, pricing=unblocked).due_ms is None
    assert approve(payment(kind=PaymentKind.HOLD), YES, SAMPLE_TIME_MS).due_ms is None


def test_one_follow_up_at_a_time():
    """While one is on its way to the bank, no other may start; afterwards it may."""
    refund = attempt(1, Operation.REFUND, number=501)
    opened = open_follow_up(approve(payment(), YES, SAMPLE_TIME_MS), VOID)
    with pytest.raises(Refusal) as refusal:
        open_follow_up(opened, refund)
    assert refusal.value.reason is Reason.OPERATION_IN_FLIGHT
    closed = close_follow_up(opened, NO, SAMPLE_TIME_MS)
    assert (closed.state, closed.attempts[-1].detail) == (PaymentState.CAPTURED, "41")
    again = open_follow_up(closed, refund)
    assert (again.open_attempt, again.version) == (refund, 5)
    undone = close_follow_up(again, Reversed(), SAMPLE_TIME_MS)
    assert (undone.attempts[-1].outcome, undone.refunds) == (Outcome.REVERSED, ())


def test_a_follow_up_needs_its_state():
    """A captured payment takes no capture."""
    with pytest.raises(Refusal) as refusal:
        open_follow_up(approve(payment(), YES, SAMPLE_TIME_MS), attempt(1, Operation.CAPTURE))
    assert refusal.value.reason is Reason.STATE_UNSUITABLE


def test_a_capture_may_differ_from_its_hold():
    """The captured amount and its new figures replace those of the hold."""
    hold = approve(payment(kind=PaymentKind.HOLD), YES, SAMPLE_TIME_MS)
    terms = CaptureTerms(
        pricing=msgspec.structs.replace(hold.pricing, commission_e8=9),
        blockage_days=3,
        blockage_release=BlockageRelease.SAME_TIME,
    )
    opened = open_follow_up(hold, attempt(130_000_000, Operation.CAPTURE, terms=terms))
    taken = settle_follow_up(opened, YES, SAMPLE_TIME_MS + 1)
    assert (taken.state, taken.paid_e8, taken.open_attempt) == (
        PaymentState.CAPTURED,
        130_000_000,
        None,
    )
    assert (taken.captured_ms, taken.pricing) == (SAMPLE_TIME_MS + 1, terms.pricing)
    assert taken.blockage_resolved_ms == days_later(SAMPLE_TIME_MS + 1, 3)
    assert taken.due_ms == taken.value_ms


def test_a_void_ends_with_the_day_of_the_capture():
    """The bank closes its day at midnight in Istanbul; a hold that was not captured has none."""
    sale = approve(payment(), YES, SAMPLE_TIME_MS)
    check_voidable(sale, SAMPLE_TIME_MS)
    with pytest.raises(Refusal) as refusal:
        check_voidable(sale, days_later(SAMPLE_TIME_MS, 1))
    assert refusal.value.reason is Reason.VOID_TOO_LATE
    hold = approve(payment(kind=PaymentKind.HOLD), YES, SAMPLE_TIME_MS)
    check_voidable(hold, days_later(SAMPLE_TIME_MS, 3))
    voided = settle_follow_up(open_follow_up(hold, VOID), YES, SAMPLE_TIME_MS + 1)
    assert (voided.state, voided.voided_ms) == (PaymentState.VOIDED, SAMPLE_TIME_MS + 1)


def test_no_void_after_a_refund():
    """Money that was partly given back cannot be cancelled as a whole."""
    refunded = give_back(approve(payment(), YES, SAMPLE_TIME_MS), 1)
    with pytest.raises(Refusal) as refusal:
        check_voidable(refunded, SAMPLE_TIME_MS)
    assert refusal.value.reason is Reason.STATE_UNSUITABLE


def test_a_refund_goes_through_the_lines_in_basket_order():
    """Each line gives what it has left before the next one is touched."""
    sale = approve(payment(), YES, SAMPLE_TIME_MS)
    assert plan_refund(sale, 40_000_000) == ((101, 36_000_000), (102, 4_000_000))
    refunded = give_back(sale, 40_000_000)
    assert [refunded.refundable_e8(number) for number in refunded.line_numbers] == [
        0,
        56_000_000,
        24_000_000,
    ]
    assert plan_refund(refunded, 60_000_000) == ((102, 56_000_000), (103, 4_000_000))


@given(st.lists(st.integers(1, 60_000_000), max_size=8))
def test_no_more_comes_back_than_was_paid(amounts_e8):
    """However a payment is refunded, the sum never exceeds what was paid."""
    record = approve(payment(), YES, SAMPLE_TIME_MS)
    given_e8 = 0
    for amount_e8 in amounts_e8:
        if given_e8 + amount_e8 > record.paid_e8:
            with pytest.raises(Refusal) as refusal:
                give_back(record, amount_e8)
            assert refusal.value.reason is Reason.AMOUNT_EXCEEDS_REMAINDER
        else:
            record = give_back(record, amount_e8)
            given_e8 += amount_e8
    assert sum(item.amount_e8 for item in record.refunds) == given_e8 <= record.paid_e8


@pytest.mark.parametrize("number", [100, 104, 0])
def test_only_its_own_lines_belong_to_a_payment(number):
    """The payment's own number and its neighbours' are no lines of it."""
    with pytest.raises(Refusal) as refusal:
        payment().line_index(number)
    assert refusal.value.reason is Reason.LINE_NOT_FOUND


def test_only_a_payment_under_review_is_decided():
    """A verdict cannot be given twice."""
    waiting = approve(payment(), msgspec.structs.replace(YES, risk=Risk.REVIEW), SAMPLE_TIME_MS)
    assert waiting.due_ms is None
    accepted = accept(waiting, SAMPLE_TIME_MS)
    assert (accepted.risk, accepted.version) == (Risk.ACCEPTED, 3)
    assert accepted.due_ms == waiting.value_ms
    late = accept(waiting, waiting.value_ms + 5)
    assert late.due_ms == waiting.value_ms + 5
    hold = approve(
        payment(kind=PaymentKind.HOLD),
        msgspec.structs.replace(YES, risk=Risk.REVIEW),
        SAMPLE_TIME_MS,
    )
    assert accept(hold, SAMPLE_TIME_MS).value_ms is None
    with pytest.raises(Refusal) as refusal:
        check_reviewable(accepted)
    assert refusal.value.reason is Reason.STATE_UNSUITABLE


def test_a_rejected_payment_is_rejected_until_its_money_is_back():
    """A void that the bank declined may be tried again; one that worked may not."""
    rejected = approve(payment(), msgspec.structs.replace(YES, risk=Risk.REJECTED), SAMPLE_TIME_MS)
    check_rejectable(rejected)
    opened = open_follow_up(rejected, VOID)
    with pytest.raises(Refusal) as refusal:
        check_rejectable(opened)
    assert refusal.value.reason is Reason.OPERATION_IN_FLIGHT
    for done in (
        settle_follow_up(opened, YES, SAMPLE_TIME_MS),
        give_back(rejected, 120_000_000),
        approve(payment(), YES, SAMPLE_TIME_MS),
    ):
        with pytest.raises(Refusal) as refusal:
            check_rejectable(done)
        assert refusal.value.reason is Reason.STATE_UNSUITABLE


def test_lines_that_sum_to_more_than_was_paid():
    """Rounded each for itself, lines may miss the total: no more than was paid is given back."""
    lines = basket(*[16_666_667] * 6)
    pricing = price_payment(
        line_prices_e8=[line.price_e8 for line in lines],
        paid_e8=UNIT,
        plan=merchant().settings.plan,
        line_split=LineSplit.INDEPENDENT,
    )
    assert sum(line.paid_e8 for line in pricing.lines) > UNIT
    sale = approve(payment(lines=lines, pricing=pricing, paid_e8=UNIT), YES, SAMPLE_TIME_MS)
    assert sale.still_charged_e8 == UNIT
    with pytest.raises(Refusal) as refusal:
        plan_refund(sale, UNIT + 1)
    assert refusal.value.reason is Reason.AMOUNT_EXCEEDS_REMAINDER
    most = give_back(sale, sum(line.paid_e8 for line in pricing.lines[:5]))
    last = most.line_numbers[-1]
    assert most.refundable_e8(last) == UNIT - most.taken_back_e8 < pricing.lines[-1].paid_e8
    assert give_back(most, most.still_charged_e8).still_charged_e8 == 0


def test_no_verdict_while_a_follow_up_is_open():
    """A verdict in between would make the follow-up's answer conflict."""
    waiting = approve(payment(), msgspec.structs.replace(YES, risk=Risk.REVIEW), SAMPLE_TIME_MS)
    opened = open_follow_up(waiting, VOID)
    with pytest.raises(Refusal) as refusal:
        accept(opened, SAMPLE_TIME_MS)
    assert refusal.value.reason is Reason.OPERATION_IN_FLIGHT


def test_a_stored_payment_reads_back_the_same():
    """The aggregate survives its own serialization, defaults left out."""
    refunded = give_back(approve(payment(owner_key=b"\x01\x02"), YES, SAMPLE_TIME_MS), 5)
    assert msgspec.json.decode(msgspec.json.encode(refunded), type=Payment) == refunded


@pytest.mark.parametrize(
    ("before", "after_it", "state"),
    [
        (AuthenticationState.OPEN, AuthenticationState.OPEN, PaymentState.AUTHENTICATING),
        (AuthenticationState.OPEN, AuthenticationState.PASSED, PaymentState.AUTHENTICATING),
        (AuthenticationState.OPEN, AuthenticationState.FAILED, PaymentState.UNAUTHENTICATED),
        (AuthenticationState.OPEN, AuthenticationState.EXPIRED, PaymentState.UNAUTHENTICATED),
        (AuthenticationState.PASSED, AuthenticationState.EXPIRED, PaymentState.UNAUTHENTICATED),
        (AuthenticationState.PASSED, AuthenticationState.LAPSED, PaymentState.UNAUTHENTICATED),
        (AuthenticationState.PASSED, AuthenticationState.SPENT, PaymentState.PENDING),
    ],
)
def test_a_payment_follows_its_authentication(before, after_it, state):
    """Each state of the authentication has one of the payment; every step is a new version."""
    waiting = payment(
        state=PaymentState.AUTHENTICATING, authentication=authentication(state=before)
    )
    moved = authentication(state=after_it)
    followed = follow_authentication(waiting, moved)
    assert (followed.state, followed.version, followed.authentication) == (state, 2, moved)


def test_an_ended_payment_may_still_learn_why():
    """What the bank says afterwards is noted without moving anything."""
    ended = payment(
        state=PaymentState.UNAUTHENTICATED,
        authentication=authentication(state=AuthenticationState.EXPIRED),
    )
    noted = authentication(state=AuthenticationState.EXPIRED, transaction_id="later")
    followed = follow_authentication(ended, noted)
    assert (followed.state, followed.version) == (PaymentState.UNAUTHENTICATED, 2)
    assert followed.authentication == noted


def test_a_payment_that_does_not_wait_is_not_moved():
    """An authentication cannot send a payment back to the bank."""
    paid = payment(state=PaymentState.CAPTURED, authentication=authentication())
    with pytest.raises(Refusal) as refusal:
        follow_authentication(paid, authentication(state=AuthenticationState.SPENT))
    assert refusal.value.reason is Reason.STATE_UNSUITABLE
