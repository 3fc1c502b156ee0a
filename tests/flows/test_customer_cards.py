"""Cards by the merchant's own name for a customer, changes of cards, and insurance cards."""

import msgspec
import pytest

from builders import merchant, pay_command
from fakes.acquirer import APPROVED
from vezne.core.card import CardScope, Expiry
from vezne.core.changes import RemoveCard
from vezne.core.refusal import Reason, Refusal
from vezne.flows.blocklist import block_card
from vezne.flows.pay import CardOnFile, NewCard, pay
from vezne.flows.store_card import (
    CardOfOwner,
    ListCards,
    StoreCard,
    StoreInsuranceCard,
    change_card,
    delete_card,
    find_stored_card,
    list_cards,
    list_cards_of,
    store_card,
    store_insurance_card,
)

NAME = '["1","2",""]'


async def store(world, **changes):
    command = StoreCard(
        merchant=merchant(),
        card=world.vault.present(),
        holder="John Doe",
        alias="alias",
        external_id=NAME,
        reuses_owner=True,
    )
    stored = await store_card(msgspec.structs.replace(command, **changes), world.ports)
    world.clock.advance(ms=1)
    return stored


def insurance_command(**changes):
    command = StoreInsuranceCard(
        merchant=merchant(),
        bin="55287900",
        last4="0008",
        expiry=Expiry(2030, 12),
        holder="Ayşe Yılmaz",
        identity=b"sealed",
        alias="sigorta",
        external_id=NAME,
    )
    return msgspec.structs.replace(command, **changes)


async def insure(world, **changes):
    stored = await store_insurance_card(insurance_command(**changes), world.ports)
    world.clock.advance(ms=1)
    return stored


def named(stored, **changes):
    record = CardOfOwner(
        merchant=merchant(),
        owner_key=stored.owner.key,
        token=stored.card.token,
        scope=stored.card.scope,
    )
    return msgspec.structs.replace(record, **changes)


async def refused(awaitable):
    with pytest.raises(Refusal) as refusal:
        await awaitable
    return refusal.value.reason


class TestOwnersOfAName:
    """The owner is found by the merchant's own name for a customer."""

    async def test_the_owner_of_a_name_is_made_once(self, world):
        """The first card makes the owner, the next ones join, whatever they are for."""
        first = await store(world)
        second, third = await store(world), await insure(world)
        assert [stored.is_new_owner for stored in (first, second, third)] == [True, False, False]
        assert first.owner == second.owner == third.owner
        assert (first.owner.external_id, first.owner.email) == (NAME, "")

    async def test_an_insurance_card_may_make_the_owner(self, world):
        """It may be the customer's first."""
        first, second = await insure(world), await store(world)
        assert first.is_new_owner
        assert second.owner == first.owner

    async def test_the_oldest_owner_of_a_name_gets_the_card(self, world):
        """A door that makes a new owner each time may have made several."""
        oldest = await store(world, reuses_owner=False)
        other = await store(world, reuses_owner=False)
        assert other.owner.key > oldest.owner.key
        assert (await store(world)).owner == oldest.owner

    async def test_a_key_names_the_owner_better(self, world):
        """With an owner's key the name is not looked at."""
        first = await store(world)
        other = await store(world, external_id="other")
        joined = await store(world, owner_key=other.owner.key, external_id=NAME)
        assert joined.owner == other.owner != first.owner

    async def test_without_a_name_everybody_is_new(self, world):
        """Nobody is the owner of no name."""
        first, second = [await store(world, external_id=None) for _ in range(2)]
        assert first.owner.key != second.owner.key
        assert second.is_new_owner

    async def test_names_are_a_merchant_s_own(self, world):
        """Another merchant's customer of the same name is somebody else."""
        await store(world)
        assert (await store(world, merchant=merchant(id=8))).is_new_owner

    async def test_a_payment_registers_the_card_for_the_owner_of_a_name(self, world):
        """The first one makes the owner, the second finds it."""
        world.acquirer.script(APPROVED, APPROVED)
        payments = []
        for _ in range(2):
            card = NewCard(card=world.vault.present(), holder="x", register=True, external_id=NAME)
            payments.append(await pay(pay_command(card=card), world.ports))
        first, second = payments
        assert first.owner_key == second.owner_key
        assert len(world.books.owners) == 1
        cards = await list_cards_of(merchant(), NAME, world.ports)
        assert {card.token for card in cards} == {first.card_token, second.card_token}


class TestListing:
    """A customer's cards, and an owner's."""

    async def test_a_customer_s_cards_are_those_of_all_owners(self, world):
        """Of both scopes, oldest first, whoever of the owners has them."""
        one = await store(world, reuses_owner=False)
        two = await store(world, reuses_owner=False)
        three = await insure(world)
        four = await store(world, owner_key=two.owner.key)
        await store(world, external_id="other")
        await store(world, merchant=merchant(id=8))
        cards = await list_cards_of(merchant(), NAME, world.ports)
        assert cards == [one.card, two.card, three.card, four.card]

    async def test_a_name_that_nobody_has(self, world):
        """No cards, and no error."""
        assert await list_cards_of(merchant(), "nobody", world.ports) == []

    async def test_an_owner_s_list_has_no_insurance_cards(self, world):
        """They pay nowhere; an owner who has nothing else has an empty list."""
        insured = await insure(world)
        listing = ListCards(merchant=merchant(), owner_key=insured.owner.key)
        assert await list_cards(listing, world.ports) == []
        paying = await store(world)
        assert await list_cards(listing, world.ports) == [paying.card]


class TestChanges:
    """Another alias or expiry."""

    @pytest.mark.parametrize(
        ("alias", "expiry"),
        [("other", None), (None, Expiry(2031, 1)), ("", Expiry(2018, 6)), (None, None)],
    )
    async def test_what_is_given_changes(self, world, alias, expiry):
        """The rest stays, and an empty alias is one."""
        for stored in (await store(world), await insure(world)):
            before = stored.card
            card = await change_card(named(stored), alias, expiry, world.ports)
            assert card.alias == (before.alias if alias is None else alias)
            assert card.expiry == (expiry or before.expiry)
            assert await find_stored_card(named(stored), world.ports) == card
            kept = msgspec.structs.replace(card, alias=before.alias, expiry=before.expiry)
            assert kept == before

    async def test_a_card_is_not_made_to_expire(self, world):
        """A month that is over is refused as it is for a new card."""
        stored = await store(world)
        asked = change_card(named(stored), None, Expiry(2018, 5), world.ports)
        assert await refused(asked) is Reason.CARD_EXPIRED
        assert await find_stored_card(named(stored), world.ports) == stored.card

    async def test_a_card_deleted_meanwhile(self, world):
        """The books no longer have it."""
        stored = await store(world)
        apply = world.books.apply

        async def apply_after_the_delete(changes):
            await apply([RemoveCard(stored.card)])
            await apply(changes)

        world.books.apply = apply_after_the_delete
        asked = change_card(named(stored), "other", None, world.ports)
        assert await refused(asked) is Reason.CARD_NOT_FOUND


class TestInsuranceCards:
    """Known by their ends, stored in the books, good for no payment."""

    async def test_the_books_have_all_there_is(self, world):
        """No number anywhere, and the vault has nothing of it."""
        card = (await insure(world)).card
        assert (card.scope, card.bin, card.last4) == (CardScope.INSURANCE, "55287900", "0008")
        assert (card.holder, card.identity, card.alias) == ("Ayşe Yılmaz", b"sealed", "sigorta")
        assert not world.vault.kept

    async def test_an_expired_one_is_not_kept(self, world):
        """As with any card."""
        command = insurance_command(expiry=Expiry(2018, 5))
        assert await refused(store_insurance_card(command, world.ports)) is Reason.CARD_EXPIRED
        assert not world.books.cards

    async def test_it_pays_nothing(self, world):
        """To a payment, and to the blocklist, it is no card."""
        stored = await insure(world)
        on_file = CardOnFile(owner_key=stored.owner.key, token=stored.card.token)
        paying = pay(pay_command(card=on_file), world.ports)
        assert await refused(paying) is Reason.CARD_NOT_FOUND
        blocking = block_card(named(stored, scope=CardScope.PAYMENT), world.ports)
        assert await refused(blocking) is Reason.CARD_NOT_FOUND
        assert not world.books.payments

    async def test_each_scope_is_found_as_what_it_is(self, world):
        """What asks for the one does not find, change or delete the other."""
        for stored in (await store(world), await insure(world)):
            (other,) = set(CardScope) - {stored.card.scope}
            wrong = named(stored, scope=other)
            assert await refused(find_stored_card(wrong, world.ports)) is Reason.CARD_NOT_FOUND
            assert await refused(delete_card(wrong, world.ports)) is Reason.CARD_NOT_FOUND
            changing = change_card(wrong, "x", None, world.ports)
            assert await refused(changing) is Reason.CARD_NOT_FOUND
            await delete_card(named(stored), world.ports)
        assert not world.books.cards
