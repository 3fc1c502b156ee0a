"""What the bank did not say is found out, and recorded once."""

import msgspec
import pytest

from builders import merchant, pay_command
from fakes.acquirer import APPROVED
from vezne.core.answer import Approved, Declined, DeclineReason, NotFound, Risk, Unknown
from vezne.core.attempt import Operation, Outcome
from vezne.core.changes import Conflict
from vezne.core.merchant import BlockageRelease
from vezne.core.payment import PaymentKind, PaymentState
from vezne.core.refusal import Reason, Refusal
from vezne.flows.capture import CapturePayment, capture_payment
from vezne.flows.charge_back import ChargeBack, charge_back_payment
from vezne.flows.due import DUE_MAX, look_at_due
from vezne.flows.pay import NewCard, pay
from vezne.flows.recover import recover
from vezne.flows.refund import RefundLine, refund_payment
from vezne.flows.review import ReviewPayment, reject_payment
from vezne.flows.uncertain import list_uncertain
from vezne.flows.void import VoidPayment, void_payment

SILENCE = Unknown(why="silence")
REFUSED = Declined(reason=DeclineReason.GENERAL_ERROR, code="96")
AGAIN = Approved(auth_code="654321", reference="mock00002iyzihostrfn")
REJECTED = msgspec.structs.replace(APPROVED, risk=Risk.REJECTED)
HOUR_MS = 3_600_000


class Killed(Exception):
    """Stands for the end of the process."""


async def paid(world, answer=APPROVED, **changes):
    world.acquirer.script(answer)
    card = NewCard(card=world.vault.present(), holder="John Doe")
    return await pay(pay_command(card=card, **changes), world.ports)


async def stored(world, payment):
    return await world.books.find_payment(7, payment.number)


def balances(world):
    """What the bookings add up to, by account."""
    sums = {}
    for booking in world.books.bookings.values():
        for entry in booking.entries:
            assert sum(posting.amount_e8 for posting in entry.postings) == 0
            for posting in entry.postings:
                sums[posting.account] = sums.get(posting.account, 0) + posting.amount_e8
    return {account: amount for account, amount in sums.items() if amount}


@pytest.mark.parametrize(
    ("truth", "state", "reason"),
    [
        (APPROVED, PaymentState.CAPTURED, None),
        (REFUSED, PaymentState.DECLINED, DeclineReason.GENERAL_ERROR),
        (NotFound(), PaymentState.DECLINED, DeclineReason.TIMEOUT),
        (SILENCE, PaymentState.UNCERTAIN, None),
    ],
)
async def test_the_truth_about_a_payment(world, truth, state, reason):
    """Whatever the bank says it did is what the payment becomes; what it never heard of is undone.

    Money is in the ledger exactly when it was taken.
    """
    payment = await paid(world, SILENCE)
    world.acquirer.script_inquiry(payment.open_attempt.number, truth)
    after = await recover(payment, world.ports)
    assert after == await stored(world, payment)
    assert (after.state, after.decline_reason) == (state, reason)
    assert bool(balances(world)) == (state is PaymentState.CAPTURED)
    assert len(world.acquirer.reversed) == isinstance(truth, NotFound)


async def test_the_bank_is_asked_less_and_less_often(world):
    """After 5 s, 30 s, 5 min, and then every hour."""
    payment = await paid(world, SILENCE)
    waits = []
    for _ in range(5):
        waits.append(payment.due_ms - world.clock.now_ms())
        world.clock.advance(ms=waits[-1])
        world.acquirer.script_inquiry(payment.open_attempt.number, SILENCE)
        assert await look_at_due(merchant(), world.ports) == 1
        payment = await stored(world, payment)
    assert waits == [5_000, 30_000, 300_000, HOUR_MS, HOUR_MS]
    assert payment.open_attempt.inquiries == 5


async def test_a_payment_that_was_cut_off(world):
    """A process that ended between question and answer leaves a promise that becomes due."""
    with pytest.raises(Killed):
        await paid(world, Killed())
    (cut_off,) = world.books.unanswered
    assert cut_off.state is PaymentState.PENDING
    assert await look_at_due(merchant(), world.ports) == 0
    world.clock.advance(ms=15_000)
    world.acquirer.script_inquiry(cut_off.open_attempt.number, SILENCE)
    assert await look_at_due(merchant(), world.ports) == 1
    assert (await stored(world, cut_off)).state is PaymentState.UNCERTAIN
    world.clock.advance(ms=30_000)
    assert await look_at_due(merchant(), world.ports) == 1
    assert (await stored(world, cut_off)).state is PaymentState.DECLINED


async def test_a_reversal_is_repeated_until_it_is_acknowledged(world):
    """The bank never heard of the payment, nor did it confirm that it never will."""
    payment = await paid(world, SILENCE)
    world.acquirer.script_reversal(payment.open_attempt.number, SILENCE)
    after = await recover(payment, world.ports)
    assert (after.state, after.open_attempt.inquiries) == (PaymentState.UNCERTAIN, 1)
    assert (await recover(after, world.ports)).state is PaymentState.DECLINED


async def test_an_approval_that_the_fraud_filter_rejects(world):
    """It is voided at once, as it would have been in time."""
    payment = await paid(world, SILENCE)
    world.acquirer.script_inquiry(payment.open_attempt.number, REJECTED)
    world.acquirer.script(AGAIN)
    after = await recover(payment, world.ports)
    assert (after.state, after.risk) == (PaymentState.VOIDED, Risk.REJECTED)
    assert balances(world) == {}


async def test_a_rejected_payment_is_voided_until_it_works(world):
    """A void that the bank never heard of is sent again: nobody wants this money."""
    world.acquirer.script(REJECTED)
    payment = await paid(world, SILENCE)
    assert payment.state is PaymentState.CAPTURED
    world.acquirer.script(AGAIN)
    trace = payment.open_attempt.number
    after = await recover(payment, world.ports)
    assert after.state is PaymentState.VOIDED
    assert [ask.trace for operation, ask in world.acquirer.asks if operation is Operation.VOID] == [
        trace,
        trace,
    ]
    assert world.acquirer.reversed == []


FOLLOW_UPS = ["void", "refund", "capture"]


async def unanswered_follow_up(world, act):
    """A payment whose follow-up the bank did not answer."""
    kind = PaymentKind.HOLD if act == "capture" else PaymentKind.SALE
    payment = await paid(world, kind=kind)
    world.acquirer.script(SILENCE)
    if act == "void":
        command = VoidPayment(merchant=merchant(), number=payment.number)
        done = await void_payment(command, world.ports)
    elif act == "refund":
        refund = RefundLine(merchant=merchant(), line_number=payment.number + 2, amount_e8=7)
        done = await refund_payment(refund, world.ports)
    else:
        capture = CapturePayment(
            merchant=merchant(),
            number=payment.number,
            blockage_release=BlockageRelease.SAME_TIME,
            paid_e8=130_000_000,
        )
        done = await capture_payment(capture, world.ports)
    assert done.payment.due_ms == world.clock.now_ms() + 5_000
    return payment, done.payment


@pytest.mark.parametrize("act", FOLLOW_UPS)
async def test_a_follow_up_that_happened_after_all(world, act):
    """All that its approval makes of the payment was promised with it."""
    _, waiting = await unanswered_follow_up(world, act)
    world.acquirer.script_inquiry(waiting.open_attempt.number, AGAIN)
    after = await recover(waiting, world.ports)
    assert after == await stored(world, waiting)
    assert after.attempts[-1].outcome is Outcome.APPROVED
    if act == "void":
        assert after.state is PaymentState.VOIDED
        assert balances(world) == {}
    elif act == "refund":
        assert [item.amount_e8 for item in after.refunds] == [7]
    else:
        assert (after.state, after.paid_e8) == (PaymentState.CAPTURED, 130_000_000)


@pytest.mark.parametrize("act", FOLLOW_UPS)
@pytest.mark.parametrize("truth", [NotFound(), REFUSED])
async def test_a_follow_up_that_did_not_happen(world, act, truth):
    """The payment is as it was before, free for another try."""
    before, waiting = await unanswered_follow_up(world, act)
    world.acquirer.script_inquiry(waiting.open_attempt.number, truth)
    after = await recover(waiting, world.ports)
    assert (after.state, after.refunds, after.paid_e8) == (before.state, (), before.paid_e8)
    assert after.open_attempt is None


async def test_a_rejection_that_was_not_heard(world):
    """A person's verdict stands: its void is sent again, and recorded with it."""
    payment = await paid(world, msgspec.structs.replace(APPROVED, risk=Risk.REVIEW))
    world.acquirer.script(SILENCE, AGAIN)
    review = ReviewPayment(merchant=merchant(), number=payment.number)
    waiting = (await reject_payment(review, world.ports)).payment
    after = await recover(waiting, world.ports)
    assert (after.state, after.risk) == (PaymentState.VOIDED, Risk.REJECTED)


async def test_an_answer_that_comes_after_the_truth(world):
    """The worker was quicker: the late answer changes nothing, and the caller gets the truth."""

    async def find_out_meanwhile(_operation, ask):
        world.acquirer.on_ask = None
        (waiting,) = world.books.unanswered
        world.acquirer.script_inquiry(ask.trace, APPROVED)
        await recover(waiting, world.ports)

    world.acquirer.on_ask = find_out_meanwhile
    payment = await paid(world, SILENCE)
    assert payment.state is PaymentState.CAPTURED
    assert payment == await stored(world, payment)
    world.acquirer.on_ask = find_out_meanwhile
    world.acquirer.script(AGAIN)
    command = VoidPayment(merchant=merchant(), number=payment.number)
    done = await void_payment(command, world.ports)
    assert done.payment == await stored(world, payment)
    assert done.payment.state is PaymentState.VOIDED
    assert done.attempt.reference == done.answer.reference == APPROVED.reference


@pytest.mark.parametrize(
    ("truth", "heard", "told"),
    [
        (NotFound(), AGAIN, Declined(reason=DeclineReason.TIMEOUT, code="")),
        (REFUSED, AGAIN, Declined(reason=DeclineReason.TIMEOUT, code="96")),
        (REFUSED, REFUSED, REFUSED),
        (SILENCE, AGAIN, Unknown(why="somebody else is finding it out")),
    ],
)
async def test_whoever_asks_is_told_what_is_recorded(world, truth, heard, told):
    """An answer that comes when something else is already written down does not count."""
    payment = await paid(world)

    async def find_out_meanwhile(_operation, ask):
        (waiting,) = world.books.unanswered
        world.acquirer.script_inquiry(ask.trace, truth)
        await recover(waiting, world.ports)

    world.acquirer.on_ask = find_out_meanwhile
    world.acquirer.script(heard)
    command = RefundLine(merchant=merchant(), line_number=payment.number + 1, amount_e8=5)
    done = await refund_payment(command, world.ports)
    assert done.answer == told
    assert done.payment == await stored(world, payment)
    assert done.payment.refunds == ()


async def test_a_rejected_payment_whose_void_is_declined(world):
    """Its money is nobody's: it is not paid out, and a person can reject the payment again."""
    world.acquirer.script(REJECTED)
    payment = await paid(world, REFUSED)
    assert (payment.state, payment.risk) == (PaymentState.CAPTURED, Risk.REJECTED)
    assert payment.due_ms is None
    world.clock.advance(days=3)
    world.acquirer.script(REFUSED, AGAIN)
    review = ReviewPayment(merchant=merchant(), number=payment.number)
    assert not (await reject_payment(review, world.ports)).is_undone
    done = await reject_payment(review, world.ports)
    assert done.is_undone
    assert done.payment.still_charged_e8 == 0
    assert world.acquirer.asks[-1][0] is Operation.REFUND


async def test_a_payment_under_review_that_was_charged_back(world):
    """There is nothing left to give back, so that no bank is asked; a part is refunded."""
    for amount_e8, operations in ((120_000_000, 1), (20_000_000, 2)):
        payment = await paid(world, msgspec.structs.replace(APPROVED, risk=Risk.REVIEW))
        world.acquirer.asks.clear()
        charge = ChargeBack(
            merchant=merchant(), number=payment.number, amount_e8=amount_e8, reference="CB"
        )
        await charge_back_payment(charge, world.ports)
        if operations > 1:
            world.acquirer.script(AGAIN)
        review = ReviewPayment(merchant=merchant(), number=payment.number)
        done = await reject_payment(review, world.ports)
        assert (done.is_undone, done.payment.risk) == (True, Risk.REJECTED)
        assert done.payment.still_charged_e8 == 0
        assert len(world.acquirer.asks) == operations - 1


async def test_a_card_is_not_stored_for_a_late_approval(world):
    """The number was forgotten when the answer did not come."""

    async def find_out_meanwhile(_operation, ask):
        (waiting,) = world.books.unanswered
        world.acquirer.script_inquiry(ask.trace, APPROVED)
        await recover(waiting, world.ports)

    world.acquirer.on_ask = find_out_meanwhile
    world.acquirer.script(APPROVED)
    card = NewCard(card=world.vault.present(), holder="John Doe", register=True)
    payment = await pay(pay_command(card=card), world.ports)
    assert (payment.state, payment.card_token) == (PaymentState.CAPTURED, None)
    assert not world.vault.kept


async def test_two_who_look_at_once(world):
    """One records the truth; the other's finding is dropped."""
    payment = await paid(world, SILENCE)
    world.acquirer.script_inquiry(payment.open_attempt.number, APPROVED, APPROVED)
    first = await recover(payment, world.ports)
    assert await recover(payment, world.ports) == payment
    assert await stored(world, payment) == first
    assert await recover(first, world.ports) == first


async def test_an_uncertain_payment_takes_no_follow_up(world):
    """Nobody knows whether there is anything to give back."""
    payment = await paid(world, SILENCE)
    with pytest.raises(Refusal) as refusal:
        await void_payment(VoidPayment(merchant=merchant(), number=payment.number), world.ports)
    assert refusal.value.reason is Reason.STATE_UNSUITABLE


async def test_money_becomes_due_and_is_released(world):
    """At its value time the payout is available, at the end of its blockage the rest."""
    payment = await paid(world)
    world.clock.at_ms = payment.value_ms - 1
    assert await look_at_due(merchant(), world.ports) == 0
    world.clock.at_ms = payment.value_ms
    assert await look_at_due(merchant(), world.ports) == 1
    assert await look_at_due(merchant(), world.ports) == 0
    mature = await stored(world, payment)
    assert mature.matured_ms == payment.value_ms
    assert balances(world)["available"] == -sum(x.payout_e8 for x in payment.pricing.lines)
    world.clock.at_ms = payment.blockage_resolved_ms
    assert await look_at_due(merchant(), world.ports) == 1
    assert "blocked" not in balances(world)
    assert "pending" not in balances(world)
    assert (await stored(world, payment)).due_ms is None


async def test_a_merchant_s_own_time_counts(world):
    """A merchant whose clock is ahead sees its money sooner."""
    payment = await paid(world)
    ahead = merchant(clock_offset_ms=payment.value_ms - world.clock.now_ms())
    assert await look_at_due(merchant(), world.ports) == 0
    assert await look_at_due(ahead, world.ports) == 1
    assert (await stored(world, payment)).matured_ms == payment.value_ms


async def test_money_that_somebody_moves_meanwhile(world):
    """A refund that gets through first is not overwritten; the payment stays due."""
    payment = await paid(world)
    world.clock.at_ms = payment.value_ms
    apply = world.books.apply

    async def lose(_changes):
        world.books.apply = apply
        raise Conflict("somebody was quicker")

    world.books.apply = lose
    assert await look_at_due(merchant(), world.ports) == 1
    assert await stored(world, payment) == payment
    assert await look_at_due(merchant(), world.ports) == 1
    assert (await stored(world, payment)).matured_ms


def test_a_page_of_due_payments_is_bounded():
    """Thousands that become due at midnight are not all in memory at once."""
    assert DUE_MAX <= 1000


async def test_what_is_uncertain_is_listed(world):
    """Unanswered attempts in the order of their next inquiry; other payments are left out."""
    await paid(world)
    later = await paid(world, SILENCE, conversation_id="1")
    later = await recover_unheard(world, later)
    sooner = await paid(world, SILENCE, conversation_id="2")
    world.clock.advance(days=1)
    assert [item.number async for item in list_uncertain(merchant(), world.ports)] == [
        sooner.number,
        later.number,
    ]
    assert [item async for item in list_uncertain(merchant(id=8), world.ports)] == []


async def recover_unheard(world, payment):
    """The payment after an inquiry that the bank did not answer either."""
    world.acquirer.script_inquiry(payment.open_attempt.number, SILENCE)
    return await recover(payment, world.ports)
