"""Two ways in which money was once lost: an early reversal, and an undoing that was not sent."""

import msgspec

from builders import pay_command
from fakes.acquirer import APPROVED
from vezne.core.answer import Declined, DeclineReason, NotFound, Risk, Unknown
from vezne.core.payment import PaymentState
from vezne.flows.pay import NewCard, pay
from vezne.flows.recover import recover

SILENCE = Unknown(why="silence")
NOT_SENT = Declined(reason=DeclineReason.COMMUNICATION_ERROR, code="not-sent")
REJECTED = msgspec.structs.replace(APPROVED, risk=Risk.REJECTED)


async def paid(world, *answers):
    world.acquirer.script(*answers)
    card = NewCard(card=world.vault.present(), holder="John Doe")
    return await pay(pay_command(card=card), world.ports)


async def stored(world, payment):
    return await world.books.find_payment(7, payment.number)


async def test_a_reversal_is_repeated_whatever_the_bank_says_meanwhile(world):
    """A reversal that nobody acknowledged may still arrive and undo what came in between.

    The bank never heard of the payment, then did: its message was late. A yes that is taken for
    the truth now is undone by the first reversal later, and the books would hold money that the
    bank has not.
    """
    payment = await paid(world, SILENCE)
    trace = payment.open_attempt.number
    world.acquirer.script_inquiry(trace, NotFound(), APPROVED)
    world.acquirer.script_reversal(trace, SILENCE)
    waiting = await recover(payment, world.ports)
    assert waiting.state is PaymentState.UNCERTAIN
    assert waiting.open_attempt.is_reversing
    done = await recover(waiting, world.ports)
    assert world.acquirer.reversed == [trace]
    assert done.state is PaymentState.DECLINED
    assert done == await stored(world, payment)


async def test_a_reversal_is_written_down_before_it_is_sent(world):
    """A crash right after it was sent leaves the next one knowing that it may be under way."""
    payment = await paid(world, SILENCE)
    seen = []

    class Watched(type(world.acquirer)):
        async def reverse(self, ask):
            seen.append((await stored(world, payment)).open_attempt.is_reversing)
            return await super().reverse(ask)

    world.acquirer.__class__ = Watched
    await recover(payment, world.ports)
    assert seen == [True]


async def test_nothing_is_reversed_that_somebody_has_recorded(world):
    """Whoever lost the race to write has nothing to say to the bank."""
    payment = await paid(world, SILENCE)
    world.acquirer.script_inquiry(payment.open_attempt.number, APPROVED, NotFound())
    captured = await recover(payment, world.ports)
    assert await recover(payment, world.ports) == payment
    assert world.acquirer.reversed == []
    assert await stored(world, payment) == captured
    assert captured.state is PaymentState.CAPTURED


async def test_the_undoing_of_a_rejected_payment_is_not_given_up(world):
    """What could not be sent is unknown, and sent again: nobody else would give the money back."""
    payment = await paid(world, REJECTED, NOT_SENT)
    assert payment.state is PaymentState.CAPTURED
    assert payment.open_attempt is not None
    world.acquirer.script(APPROVED)
    done = await recover(payment, world.ports)
    assert done.state is PaymentState.VOIDED
