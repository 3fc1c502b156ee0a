"""A chargeback is recorded at once, whoever has the money."""

import pytest

from builders import merchant, pay_command
from fakes.acquirer import APPROVED
from fakes.ledger import checked
from vezne.core.changes import Conflict
from vezne.core.refusal import Reason, Refusal
from vezne.flows.charge_back import ChargeBack, charge_back_payment
from vezne.flows.due import catch_up
from vezne.flows.pay import NewCard, pay


async def paid(world):
    world.acquirer.script(APPROVED)
    card = NewCard(card=world.vault.present(), holder="John Doe")
    return await pay(pay_command(card=card), world.ports)


async def test_a_chargeback_after_the_payout_is_set_off(world):
    """The merchant owes it, and the next payout is less by so much. No bank was asked."""
    payment = await paid(world)
    world.clock.advance(days=1)
    await catch_up(merchant(), world.ports)
    asked = len(world.acquirer.asks)
    command = ChargeBack(merchant=merchant(), number=payment.number, reference="CB-1")
    after = await charge_back_payment(command, world.ports)
    assert after == await world.books.find_payment(7, payment.number)
    assert sum(map(after.charged_back_e8, after.line_numbers)) == payment.paid_e8
    assert len(world.acquirer.asks) == asked
    assert await checked(world.books) == []
    for _ in range(2):
        await paid(world)
    world.clock.advance(days=1)
    await catch_up(merchant(), world.ports)
    last = await world.books.find_last_payout(7, "TRY", "")
    assert last.taken_e8 == 2 * 79_850_000 - payment.paid_e8
    assert await checked(world.books) == []


async def test_a_chargeback_of_nothing(world):
    """A payment that there is not, and one that somebody changes just now."""
    with pytest.raises(Refusal) as refusal:
        await charge_back_payment(ChargeBack(merchant=merchant(), number=1), world.ports)
    assert refusal.value.reason is Reason.PAYMENT_NOT_FOUND
    payment = await paid(world)

    async def lose(_changes):
        raise Conflict("somebody was quicker")

    world.books.apply = lose
    with pytest.raises(Conflict):
        await charge_back_payment(
            ChargeBack(merchant=merchant(), number=payment.number), world.ports
        )
