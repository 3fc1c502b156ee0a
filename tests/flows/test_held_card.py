import pytest

from builders import merchant
from vezne.core.refusal import Reason, Refusal
from vezne.flows.held_card import drop_held_card, hold_card, open_held_card


async def test_a_held_card_comes_back_with_its_holder(world):
    """After the request that brought it, as often as it is opened, until it is dropped."""
    card = world.vault.present()
    number = await hold_card(merchant(), card, "John Doe", world.ports)
    world.vault.release(card.transit_id)
    for _ in range(2):
        held = await open_held_card(merchant(), number, world.ports)
        assert (held.card.mask, held.holder) == (card.mask, "John Doe")
        assert world.vault.in_transit[held.card.transit_id] == "5528790000000008"
        world.ports.vault.release(held.card.transit_id)
    await drop_held_card(merchant(), number, world.ports)
    await drop_held_card(merchant(), number, world.ports)
    with pytest.raises(Refusal) as refusal:
        await open_held_card(merchant(), number, world.ports)
    assert refusal.value.reason is Reason.HELD_CARD_LOST


async def test_every_held_card_has_its_number(world):
    """The same card twice is held twice, and a number is its merchant's only."""
    card = world.vault.present()
    first = await hold_card(merchant(), card, "x", world.ports)
    second = await hold_card(merchant(), card, "x", world.ports)
    assert first != second
    with pytest.raises(Refusal):
        await open_held_card(merchant(id=8), first, world.ports)


async def test_a_restart_loses_what_is_held(world):
    """It is in memory only."""
    number = await hold_card(merchant(), world.vault.present(), "x", world.ports)
    world.vault.held.clear()
    with pytest.raises(Refusal) as refusal:
        await open_held_card(merchant(), number, world.ports)
    assert refusal.value.reason is Reason.HELD_CARD_LOST


async def test_a_card_that_left_transit_cannot_be_held(world):
    """The request took longer than a card may be in transit."""
    card = world.vault.present()
    world.vault.release(card.transit_id)
    with pytest.raises(Refusal) as refusal:
        await hold_card(merchant(), card, "x", world.ports)
    assert refusal.value.reason is Reason.HELD_CARD_LOST


async def test_a_card_for_which_there_is_no_room_is_not_held(world):
    """The vault holds as many cards as it may; nobody else's is given up for this one."""
    world.vault.is_full = True
    with pytest.raises(Refusal) as refusal:
        await hold_card(merchant(), world.vault.present(), "x", world.ports)
    assert refusal.value.reason is Reason.HELD_CARD_LOST
