"""A card's way through both calls of a payment with 3-D Secure, with the vault itself."""

import msgspec
import pytest

from builders import authenticate_command, complete_command, merchant, ports
from fakes.acquirer import APPROVED, ScriptedAcquirer, challenge_for, returned_for
from fakes.audit import MemoryAudit
from fakes.books import MemoryBooks
from fakes.leaks import files, leaks
from vezne.core.card import CardSlot
from vezne.core.payment import PaymentState
from vezne.core.refusal import Reason, Refusal
from vezne.flows.authenticate import begin, receive
from vezne.flows.complete import complete
from vezne.flows.pay import CardOnFile, NewCard
from vezne.flows.store_card import StoreCard, store_card
from vezne.vault.service import open_vault
from vezne.vault.stored import open_stored

PAN = "5528790000000008"


class Bank:
    """Takes every message and says nothing of interest."""

    def __init__(self):
        self.messages = []

    async def exchange(self, message):
        self.messages.append(message)
        return b"ok"


class LineAcquirer(ScriptedAcquirer):
    """Sends the card over the vault's line, the code with the authorization only."""

    def __init__(self, line):
        super().__init__()
        self._line = line

    async def begin(self, ask):
        await self._line.send(ask.merchant_id, (b"begin ", CardSlot.PAN), ask.card)
        return challenge_for(ask.payment_number)

    async def authorize(self, ask):
        template = (b"authorize ", CardSlot.PAN, b" ", CardSlot.CVV)
        await self._line.send(ask.merchant_id, template, ask.card)
        return APPROVED


@pytest.fixture
def bank():
    return Bank()


@pytest.fixture
def house(vault, bank, clock):
    acquirer = LineAcquirer(vault.line(bank, timeout_s=None))
    return ports(books=MemoryBooks(), vault=vault, acquirer=acquirer, clock=clock)


async def passed(house, card):
    """A payment whose first request is over and whose cardholder is authenticated."""
    begun = await begin(authenticate_command(card=card), house)
    sealed = card.card if isinstance(card, NewCard) else card
    if sealed.transit_id is not None:
        house.vault.transit.release(sealed.transit_id)
    assert len(house.vault.transit) == 0
    return await receive(returned_for(begun.payment), house)


def new_card(present, **changes):
    record = NewCard(card=present(PAN, "987"), holder="Ayşe Öztürk", email="ayse@example.com")
    return msgspec.structs.replace(record, **changes)


async def test_a_new_card(house, vault, bank, present):
    """The code waits for the authorization, reaches the bank once, and is gone."""
    payment = await passed(house, new_card(present))
    assert bank.messages == [b"begin 5528790000000008"]
    await complete(complete_command(payment), house)
    assert bank.messages[1:] == [b"authorize 5528790000000008 987"]
    assert len(vault.transit) == len(vault._holding) == 0


async def test_a_registered_card(house, vault, engine, present):
    """It is sealed with the name of its holder, which only the first request knew."""
    payment = await passed(house, new_card(present, register=True))
    assert await engine.fetch("SELECT 1 FROM sealed_cards") == []
    paid = await complete(complete_command(payment), house)
    ((token,),) = await engine.fetch("SELECT token FROM sealed_cards")
    assert token == paid.card_token
    card = await open_stored(vault._records, vault._keyring, 7, token)
    assert (card.pan.reveal(), card.holder) == (PAN.encode(), "Ayşe Öztürk")


@pytest.mark.parametrize(("cvv", "sent"), [(None, b""), ("321", b"321")])
async def test_a_stored_card(house, vault, bank, present, cvv, sent):
    """The number comes from storage, the code from the first request, where there was one."""
    storing = StoreCard(
        merchant=merchant(), card=present(), holder="John Doe", alias="", email="j@example.com"
    )
    stored = await store_card(storing, house)
    vault.transit.release(storing.card.transit_id)
    transit_id = None if cvv is None else present("", cvv).transit_id
    file = CardOnFile(owner_key=stored.owner.key, token=stored.card.token, transit_id=transit_id)
    payment = await passed(house, file)
    assert len(vault._holding) == (cvv is not None)
    await complete(complete_command(payment), house)
    assert bank.messages == [b"begin 5528790000000008", b"authorize 5528790000000008 " + sent]
    assert len(vault.transit) == len(vault._holding) == 0


async def test_a_restart(house, present, engine, master_key, tmp_path):
    """The next process has the payment, not the card: nobody is charged, nothing was on disk."""
    payment = await passed(house, new_card(present))
    again = await open_vault(engine, master_key, house.clock, house.entropy, MemoryAudit())
    after = msgspec.structs.replace(house, vault=again)
    with pytest.raises(Refusal) as refusal:
        await complete(complete_command(payment), after)
    assert refusal.value.reason is Reason.HELD_CARD_LOST
    ended = await house.books.find_payment(7, payment.number)
    assert ended.state is PaymentState.UNAUTHENTICATED
    assert list(leaks([PAN], files(tmp_path))) == []
