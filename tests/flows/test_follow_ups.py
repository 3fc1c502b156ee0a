import asyncio

import msgspec
import pytest

from builders import merchant, pay_command
from fakes.acquirer import APPROVED
from vezne.core.answer import Approved, Declined, DeclineReason, Risk, Unknown
from vezne.core.attempt import Operation
from vezne.core.changes import ChangePayment, Conflict
from vezne.core.merchant import BlockageRelease
from vezne.core.payment import PaymentKind, PaymentState
from vezne.core.refusal import Reason, Refusal
from vezne.flows.capture import CapturePayment, capture_payment
from vezne.flows.follow_up import DECISIONS_MAX
from vezne.flows.pay import NewCard, pay
from vezne.flows.refund import RefundLine, RefundPayment, refund_payment
from vezne.flows.review import ReviewPayment, accept_payment, reject_payment
from vezne.flows.void import VoidPayment, void_payment

REFUSED = Declined(reason=DeclineReason.GENERAL_ERROR, code="96")
AGAIN = Approved(auth_code="654321", reference="mock00002iyzihostrfn")


async def paid(world, *, kind=PaymentKind.SALE, risk=Risk.ACCEPTED):
    world.acquirer.script(msgspec.structs.replace(APPROVED, risk=risk))
    card = NewCard(card=world.vault.present(), holder="John Doe")
    return await pay(pay_command(card=card, kind=kind), world.ports)


def void_of(payment):
    return VoidPayment(merchant=merchant(), number=payment.number)


def capture_of(payment, **changes):
    command = CapturePayment(
        merchant=merchant(), number=payment.number, blockage_release=BlockageRelease.SAME_TIME
    )
    return msgspec.structs.replace(command, **changes)


def refund_of(payment, amount_e8, **changes):
    command = RefundPayment(merchant=merchant(), number=payment.number, amount_e8=amount_e8)
    return msgspec.structs.replace(command, **changes)


async def test_a_void_is_recorded(world):
    """The payment is voided, the attempt closed with the bank's references."""
    payment = await paid(world)
    world.acquirer.script(AGAIN)
    done = await void_payment(void_of(payment), world.ports)
    assert done.payment.state is PaymentState.VOIDED
    assert done.payment == await world.books.find_payment(7, payment.number)
    assert (done.attempt.auth_code, done.attempt.reference) == ("654321", AGAIN.reference)
    ask = world.acquirer.asks[1][1]
    assert (ask.reference, ask.auth_code) == (payment.reference, payment.auth_code)


async def test_a_declined_follow_up_changes_nothing(world):
    """The bank refuses to void: the payment stands and another try is free."""
    payment = await paid(world)
    world.acquirer.script(REFUSED, AGAIN)
    done = await void_payment(void_of(payment), world.ports)
    assert (done.answer, done.payment.state) == (REFUSED, PaymentState.CAPTURED)
    assert done.attempt.detail == "96"
    again = await void_payment(void_of(payment), world.ports)
    assert again.payment.state is PaymentState.VOIDED


async def test_an_unanswered_follow_up_locks_the_payment(world):
    """Nobody knows whether the void happened, so nothing else may be asked meanwhile."""
    payment = await paid(world)
    world.acquirer.script(Unknown(why="silence"))
    done = await void_payment(void_of(payment), world.ports)
    assert isinstance(done.answer, Unknown)
    with pytest.raises(Refusal) as refusal:
        await refund_payment(refund_of(payment, 1), world.ports)
    assert refusal.value.reason is Reason.OPERATION_IN_FLIGHT
    assert world.books.unanswered == [done.payment]


async def test_of_two_voids_at_once_one_wins(world):
    """Both read the same version; the books let one through and the other is told."""
    payment = await paid(world)
    world.acquirer.script(AGAIN)
    results = await asyncio.gather(
        void_payment(void_of(payment), world.ports),
        void_payment(void_of(payment), world.ports),
        return_exceptions=True,
    )
    refusals = [item for item in results if isinstance(item, Refusal)]
    assert [item.reason for item in refusals] in (
        [Reason.OPERATION_IN_FLIGHT],
        [Reason.STATE_UNSUITABLE],
    )
    assert len(world.acquirer.asks) == 2


async def test_a_lost_race_decides_again(world):
    """A change in between makes the flow read and decide anew."""
    payment = await paid(world)
    world.acquirer.script(AGAIN)
    apply = world.books.apply

    async def apply_after_another_change(changes):
        world.books.apply = apply
        bumped = msgspec.structs.replace(payment, version=payment.version + 1)
        await apply([ChangePayment(bumped)])
        await apply(changes)

    world.books.apply = apply_after_another_change
    done = await void_payment(void_of(payment), world.ports)
    assert done.payment.version == payment.version + 3


async def test_races_that_never_end_give_up(world):
    """The number of decisions is bounded, and no bank is asked."""
    payment = await paid(world)
    tries = []

    async def always_conflict(changes):
        tries.append(changes)
        raise Conflict

    world.books.apply = always_conflict
    with pytest.raises(Conflict):
        await void_payment(void_of(payment), world.ports)
    assert len(tries) == DECISIONS_MAX
    assert len(world.acquirer.asks) == 1


@pytest.mark.parametrize("act", ["void", "capture", "refund"])
async def test_an_unknown_payment_is_refused(world, act):
    """A number of nobody's, or of another merchant's."""
    payment = await paid(world)
    stranger = merchant(id=8)
    commands = {
        "void": void_payment(
            msgspec.structs.replace(void_of(payment), merchant=stranger), world.ports
        ),
        "capture": capture_payment(capture_of(payment, merchant=stranger), world.ports),
        "refund": refund_payment(refund_of(payment, 1, merchant=stranger), world.ports),
    }
    with pytest.raises(Refusal) as refusal:
        await commands.pop(act)
    assert refusal.value.reason is Reason.PAYMENT_NOT_FOUND
    for unused in commands.values():
        unused.close()


async def test_a_capture_takes_the_hold(world):
    """Without an amount the whole hold is captured, once."""
    payment = await paid(world, kind=PaymentKind.HOLD)
    world.acquirer.script(AGAIN)
    done = await capture_payment(capture_of(payment), world.ports)
    assert (done.payment.state, done.payment.paid_e8) == (PaymentState.CAPTURED, 120_000_000)
    assert done.payment.auth_code == "654321"
    with pytest.raises(Refusal) as refusal:
        await capture_payment(capture_of(payment), world.ports)
    assert refusal.value.reason is Reason.STATE_UNSUITABLE


async def test_a_capture_of_another_amount_is_priced_anew(world):
    """More or less than the hold: the figures follow what is captured."""
    payment = await paid(world, kind=PaymentKind.HOLD)
    world.acquirer.script(AGAIN)
    world.clock.advance(days=1)
    done = await capture_payment(
        capture_of(payment, paid_e8=130_000_000, currency="TRY"), world.ports
    )
    assert done.payment.pricing.commission_e8 == 3_412_500
    assert sum(line.paid_e8 for line in done.payment.pricing.lines) == 130_000_000
    assert done.payment.blockage_resolved_ms == payment.blockage_resolved_ms + 86_400_000


async def test_a_follow_up_in_another_currency_is_refused(world):
    """A capture or refund names the payment's currency or none."""
    payment = await paid(world, kind=PaymentKind.HOLD)
    with pytest.raises(Refusal) as refusal:
        await capture_payment(capture_of(payment, currency="USD"), world.ports)
    assert refusal.value.reason is Reason.CURRENCY_MISMATCH


async def test_a_payment_under_review_is_not_captured(world):
    """First the verdict, then the money."""
    payment = await paid(world, kind=PaymentKind.HOLD, risk=Risk.REVIEW)
    with pytest.raises(Refusal) as refusal:
        await capture_payment(capture_of(payment), world.ports)
    assert refusal.value.reason is Reason.STATE_UNSUITABLE


async def test_a_line_is_refunded_until_nothing_is_left(world):
    """Refunds of a line add up to its paid price and not beyond."""
    payment = await paid(world)
    world.acquirer.script(AGAIN, AGAIN)
    command = RefundLine(merchant=merchant(), line_number=payment.number + 1, amount_e8=20_000_000)
    done = await refund_payment(command, world.ports)
    assert done.payment.refundable_e8(payment.number + 1) == 16_000_000
    with pytest.raises(Refusal) as refusal:
        await refund_payment(command, world.ports)
    assert refusal.value.reason is Reason.AMOUNT_EXCEEDS_REMAINDER
    rest = msgspec.structs.replace(command, amount_e8=16_000_000, conversation_id="rest")
    done = await refund_payment(rest, world.ports)
    assert done.payment.refundable_e8(payment.number + 1) == 0
    assert [item.conversation_id for item in done.payment.refunds] == [None, "rest"]


async def test_an_unknown_line_is_refused(world):
    """The payment's own number is no line."""
    payment = await paid(world)
    command = RefundLine(merchant=merchant(), line_number=payment.number, amount_e8=1)
    with pytest.raises(Refusal) as refusal:
        await refund_payment(command, world.ports)
    assert refusal.value.reason is Reason.LINE_NOT_FOUND


async def test_a_refund_over_the_whole_payment(world):
    """The amount is spread over the lines in basket order."""
    payment = await paid(world)
    world.acquirer.script(AGAIN)
    done = await refund_payment(refund_of(payment, 120_000_000), world.ports)
    assert [item.amount_e8 for item in done.payment.refunds] == [
        36_000_000,
        60_000_000,
        24_000_000,
    ]
    with pytest.raises(Refusal) as refusal:
        await refund_payment(refund_of(payment, 1), world.ports)
    assert refusal.value.reason is Reason.AMOUNT_EXCEEDS_REMAINDER


async def test_a_refund_after_a_year_is_too_late(world):
    """The 365th day still counts."""
    payment = await paid(world)
    world.acquirer.script(AGAIN)
    world.clock.advance(days=365)
    await refund_payment(refund_of(payment, 1), world.ports)
    world.clock.advance(ms=1)
    with pytest.raises(Refusal) as refusal:
        await refund_payment(refund_of(payment, 1), world.ports)
    assert refusal.value.reason is Reason.REFUND_TOO_LATE


async def test_a_voided_payment_is_not_refunded(world):
    """The money is back already."""
    payment = await paid(world)
    world.acquirer.script(AGAIN)
    await void_payment(void_of(payment), world.ports)
    with pytest.raises(Refusal) as refusal:
        await refund_payment(refund_of(payment, 1), world.ports)
    assert refusal.value.reason is Reason.STATE_UNSUITABLE


def review_of(payment):
    return ReviewPayment(merchant=merchant(), number=payment.number)


async def test_a_reviewed_payment_is_accepted(world):
    """The verdict is stored, and final."""
    payment = await paid(world, risk=Risk.REVIEW)
    accepted = await accept_payment(review_of(payment), world.ports)
    assert accepted.risk is Risk.ACCEPTED
    assert accepted == await world.books.find_payment(7, payment.number)
    with pytest.raises(Refusal) as refusal:
        await reject_payment(review_of(payment), world.ports)
    assert refusal.value.reason is Reason.STATE_UNSUITABLE


async def test_a_rejected_payment_is_voided_on_its_day(world):
    """Verdict and void are recorded together."""
    payment = await paid(world, risk=Risk.REVIEW)
    world.acquirer.script(AGAIN)
    done = await reject_payment(review_of(payment), world.ports)
    assert (done.payment.state, done.payment.risk) == (PaymentState.VOIDED, Risk.REJECTED)


async def test_a_rejected_payment_is_refunded_later(world):
    """After the bank's day the money goes back as a refund of all of it."""
    payment = await paid(world, risk=Risk.REVIEW)
    world.acquirer.script(AGAIN)
    world.clock.advance(days=1)
    done = await reject_payment(review_of(payment), world.ports)
    assert done.payment.risk is Risk.REJECTED
    assert world.acquirer.asks[-1][0] is Operation.REFUND
    assert world.acquirer.asks[-1][1].amount_e8 == 120_000_000
    assert sum(map(done.payment.refundable_e8, done.payment.line_numbers)) == 0


async def test_a_payment_under_review_is_not_refunded_in_part(world):
    """A partial refund would stand in the way of the void that a rejection asks for."""
    payment = await paid(world, risk=Risk.REVIEW)
    with pytest.raises(Refusal) as refusal:
        await refund_payment(refund_of(payment, 1), world.ports)
    assert refusal.value.reason is Reason.STATE_UNSUITABLE
