import msgspec
import pytest

from builders import merchant
from vezne.core.card import Expiry
from vezne.core.changes import RemoveCard
from vezne.core.refusal import Reason, Refusal
from vezne.flows.blocklist import block_card, is_card_blocked, unblock_card
from vezne.flows.store_card import (
    CardOfOwner,
    ListCards,
    StoreCard,
    delete_card,
    find_stored_card,
    list_cards,
    sealed_from_stored,
    store_card,
)


def command(world, **changes):
    record = StoreCard(
        merchant=merchant(),
        card=world.vault.present(),
        holder="John Doe",
        alias="card alias",
        email="email@email.com",
        external_id="external id",
        metadata={"CUT_OFF_DAY": "15"},
    )
    return msgspec.structs.replace(record, **changes)


def named(stored, **changes):
    record = CardOfOwner(merchant=merchant(), owner_key=stored.owner.key, token=stored.card.token)
    return msgspec.structs.replace(record, **changes)


async def test_a_first_card_makes_an_owner(world):
    """Without an owner's key a new owner is made, and the card belongs to them."""
    stored = await store_card(command(world), world.ports)
    assert stored.is_new_owner
    assert (stored.owner.email, stored.owner.external_id) == ("email@email.com", "external id")
    assert (stored.card.bin, stored.card.last4, stored.card.alias) == (
        "55287900",
        "0008",
        "card alias",
    )
    assert stored.card.metadata == {"CUT_OFF_DAY": "15"}
    listing = ListCards(merchant=merchant(), owner_key=stored.owner.key)
    assert await list_cards(listing, world.ports) == [stored.card]
    assert world.vault.kept[7, stored.card.token] == ("5528790000000008", "John Doe")


async def test_the_same_card_twice_is_two_cards(world):
    """A second card joins the owner under a token of its own."""
    first = await store_card(command(world), world.ports)
    second = await store_card(command(world, owner_key=first.owner.key), world.ports)
    assert not second.is_new_owner
    assert second.card.token != first.card.token
    listing = ListCards(merchant=merchant(), owner_key=first.owner.key)
    assert await list_cards(listing, world.ports) == [first.card, second.card]


async def test_an_unknown_owner_gets_no_card(world):
    """Nothing is sealed for an owner that does not exist."""
    with pytest.raises(Refusal) as refusal:
        await store_card(command(world, owner_key=b"nobody"), world.ports)
    assert refusal.value.reason is Reason.OWNER_NOT_FOUND
    assert not world.vault.kept


async def test_an_expired_card_is_not_kept(world):
    """The card's last month is over."""
    card = world.vault.present(expiry=Expiry(2018, 5))
    with pytest.raises(Refusal) as refusal:
        await store_card(command(world, card=card), world.ports)
    assert refusal.value.reason is Reason.CARD_EXPIRED
    assert not world.vault.kept


async def test_an_owner_without_cards_has_an_empty_list(world):
    """An empty list and an unknown owner are different answers."""
    stored = await store_card(command(world), world.ports)
    await delete_card(named(stored), world.ports)
    listing = ListCards(merchant=merchant(), owner_key=stored.owner.key)
    assert await list_cards(listing, world.ports) == []
    with pytest.raises(Refusal) as refusal:
        await list_cards(ListCards(merchant=merchant(), owner_key=b"nobody"), world.ports)
    assert refusal.value.reason is Reason.OWNER_NOT_FOUND


async def test_a_deleted_card_is_gone_from_the_vault(world):
    """Deleting deletes the number too, once."""
    stored = await store_card(command(world), world.ports)
    await delete_card(named(stored), world.ports)
    assert not world.vault.kept
    with pytest.raises(Refusal) as refusal:
        await delete_card(named(stored), world.ports)
    assert refusal.value.reason is Reason.CARD_NOT_FOUND


async def test_two_deletes_at_once(world):
    """The one that comes second in the books is told that the card is gone."""
    stored = await store_card(command(world), world.ports)
    apply = world.books.apply

    async def apply_after_the_other(changes):
        world.books.apply = apply
        await apply([RemoveCard(stored.card)])
        await apply(changes)

    world.books.apply = apply_after_the_other
    with pytest.raises(Refusal) as refusal:
        await delete_card(named(stored), world.ports)
    assert refusal.value.reason is Reason.CARD_NOT_FOUND


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"owner_key": b"nobody"}, Reason.OWNER_NOT_FOUND),
        ({"token": b"nothing"}, Reason.CARD_NOT_FOUND),
        ({"merchant": merchant(id=8)}, Reason.OWNER_NOT_FOUND),
    ],
)
async def test_a_card_is_found_by_its_own_names_only(world, changes, reason):
    """Owner, token and merchant must all match."""
    stored = await store_card(command(world), world.ports)
    with pytest.raises(Refusal) as refusal:
        await find_stored_card(named(stored, **changes), world.ports)
    assert refusal.value.reason is reason


async def test_a_blocked_number_is_blocked_however_it_comes(world):
    """Blocking a stored card blocks its number, and unblocking lifts that."""
    stored = await store_card(command(world), world.ports)
    await block_card(named(stored), world.ports)
    again = world.vault.present()
    assert await is_card_blocked(merchant(), again, world.ports)
    assert await is_card_blocked(merchant(), sealed_from_stored(stored.card), world.ports)
    await unblock_card(named(stored), world.ports)
    assert not await is_card_blocked(merchant(), again, world.ports)


@pytest.mark.parametrize("act", [block_card, unblock_card])
async def test_a_number_deleted_meanwhile_is_not_found(world, act):
    """The books still name the card, the vault has already let it go."""
    stored = await store_card(command(world), world.ports)
    await world.vault.forget(7, stored.card.token)
    with pytest.raises(Refusal) as refusal:
        await act(named(stored), world.ports)
    assert refusal.value.reason is Reason.CARD_NOT_FOUND
