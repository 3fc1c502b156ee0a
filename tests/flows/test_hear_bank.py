"""Whoever watches the door hears what a bank makes of a card, once for each time it is asked."""

import pytest

from builders import authenticate_command, complete_command, merchant, pay_command
from fakes.acquirer import APPROVED, returned_for
from fakes.gate import OpenGate, come_in
from vezne.core.answer import Approved, Declined, DeclineReason, Risk, Unknown
from vezne.core.payment import PaymentState
from vezne.core.ports import CardGone
from vezne.flows.authenticate import begin, receive
from vezne.flows.complete import complete
from vezne.flows.inquire import find_payment
from vezne.flows.pay import CardOnFile, NewCard, pay
from vezne.flows.store_card import StoreCard, store_card

NO_FUNDS = Declined(reason=DeclineReason.INSUFFICIENT_FUNDS, code="51")
REJECTED = Approved(auth_code="1", reference="1", risk=Risk.REJECTED)
SILENCE = Unknown(why="silence")


class Ear(OpenGate):
    """A gate that hears which card it was as well, and keeps payers apart."""

    def __init__(self):
        super().__init__()
        self.payers = []

    def pay(self, payer):
        self.payers.append(payer)

    def hear(self, card, *, is_approved):
        self.seen.append((card, is_approved))


@pytest.fixture
async def gate():
    return Ear()


def new_card(world):
    card = world.vault.present("5528790000000008")
    return NewCard(card=card, holder="John Doe", email="email@email.com")


@pytest.mark.parametrize(
    ("answers", "heard"),
    [
        ([APPROVED], [(None, True)]),
        ([NO_FUNDS], [(None, False)]),
        ([REJECTED, APPROVED], [(None, False)]),
        ([SILENCE], []),
        ([CardGone()], []),
    ],
)
async def test_a_payment(world, gate, answers, heard):
    """What the fraud filter rejects is declined; silence is no answer, nor is our own loss."""
    come_in(gate)
    world.acquirer.script(*answers)
    payment = await pay(pay_command(card=new_card(world)), world.ports)
    await find_payment(merchant(), payment.number, world.ports)
    assert gate.seen == heard


async def test_what_a_bank_said_is_written_down_before_anybody_hears_of_it(world, gate):
    """Nothing that a listener does can come between an answer and its record."""
    states = []

    def hear(_card, *, is_approved):
        (payment,) = world.books.payments.values()
        states.append((is_approved, payment.state))

    gate.hear = hear
    come_in(gate)
    world.acquirer.script(NO_FUNDS)
    await pay(pay_command(card=new_card(world)), world.ports)
    assert states == [(False, PaymentState.DECLINED)]


@pytest.mark.parametrize(
    ("answer", "heard"), [(NO_FUNDS, [(None, False)]), (SILENCE, []), (CardGone(), [])]
)
async def test_an_authentication_that_does_not_begin(world, gate, answer, heard):
    """A bank that will not even ask the cardholder has said no to the card."""
    come_in(gate)
    world.acquirer.script_begin(answer)
    await begin(authenticate_command(card=new_card(world)), world.ports)
    assert gate.seen == heard


async def test_a_stored_card_is_named_by_its_token(world, gate):
    """So that the same one is known again."""
    come_in(gate)
    stored = await store_card(
        StoreCard(
            merchant=merchant(),
            card=world.vault.present(),
            holder="John Doe",
            alias="alias",
            email="email@email.com",
        ),
        world.ports,
    )
    world.acquirer.script(APPROVED)
    card = CardOnFile(owner_key=stored.owner.key, token=stored.card.token)
    await pay(pay_command(card=card), world.ports)
    assert gate.seen == [(stored.card.token, True)]


@pytest.mark.parametrize(
    ("parties", "payer"), [({"buyer": {"ip": "85.34.78.112"}}, "85.34.78.112"), ({}, "")]
)
async def test_who_pays_is_known_before_the_bank_is_asked(world, gate, parties, payer):
    """As far as the merchant says it: at a payment, and at both ends of one with 3-D Secure."""
    come_in(gate)
    world.acquirer.script(NO_FUNDS, NO_FUNDS)
    await pay(pay_command(card=new_card(world), parties=parties), world.ports)
    command = authenticate_command(card=new_card(world), parties=parties)
    payment = (await begin(command, world.ports)).payment
    await receive(returned_for(payment), world.ports)
    assert gate.payers == [payer] * 2
    await complete(complete_command(payment), world.ports)
    assert gate.payers == [payer] * 3
    assert gate.seen == [(None, False)] * 2


async def test_whoever_is_turned_away_leaves_nothing(world, gate):
    """No payment is promised and no bank is asked."""

    def turn_away(_payer):
        raise PermissionError

    gate.pay = turn_away
    come_in(gate)
    for paying in (
        pay(pay_command(card=new_card(world)), world.ports),
        begin(authenticate_command(card=new_card(world)), world.ports),
    ):
        with pytest.raises(PermissionError):
            await paying
    assert not world.books.payments
    assert not world.acquirer.asks
