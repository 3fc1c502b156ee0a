"""Where an authentication stands, whoever has recorded it or not; and one that has no place."""

import pytest

from builders import authenticate_command, pay_command
from fakes.acquirer import APPROVED
from vezne.core.authentication import LIFE_MS, AuthenticationState
from vezne.core.payment import PaymentState
from vezne.flows.authenticate import begin, standing
from vezne.flows.pay import NewCard, pay


@pytest.fixture
def card(world):
    return NewCard(card=world.vault.present(), holder="John Doe", email="email@email.com")


async def test_a_payment_without_an_authentication_stands_nowhere(world, card):
    """Nobody has asked the holder for anything."""
    world.acquirer.script(APPROVED)
    payment = await pay(pay_command(card=card), world.ports)
    assert await standing(payment, world.ports) is None


async def test_a_holder_who_takes_too_long_is_noticed_without_a_write(world, card):
    """The books say open; by the clock it has ended."""
    payment = (await begin(authenticate_command(card=card), world.ports)).payment
    assert await standing(payment, world.ports) is AuthenticationState.OPEN
    world.clock.advance(ms=LIFE_MS)
    assert await standing(payment, world.ports) is AuthenticationState.EXPIRED
    assert await world.books.find_payment(payment.merchant_id, payment.number) == payment


async def test_a_vault_that_holds_too_many_cards_ends_it(world, card):
    """The bank is not asked for a page that nobody could come back from."""
    world.vault.is_full = True
    payment = (await begin(authenticate_command(card=card), world.ports)).payment
    assert payment.state is PaymentState.UNAUTHENTICATED
    assert not world.acquirer.begun
