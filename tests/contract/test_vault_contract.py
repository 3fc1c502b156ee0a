"""What every vault promises to flows: the real one over each database, and the fake."""

import json
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

import msgspec
import pytest

from builders import SAMPLE_TIME_MS
from fakes.audit import MemoryAudit
from fakes.linked import WELCOME, linked, services
from fakes.randomness import SeededEntropy
from fakes.vault import CARD_FIELDS, TEST_EXPIRY, TEST_PAN, MemoryVault
from fakes.world import FixedClock
from vezne.core.card import SealedCard
from vezne.core.ids import TOKEN_BYTES
from vezne.core.ports import CardGone, Vault
from vezne.engines.engine import Engine
from vezne.link.remote import RemoteVault
from vezne.vault.master_key import LocalMasterKey
from vezne.vault.name_box import VaultNameBox
from vezne.vault.service import open_vault

OTHER_PAN = "5400360000000003"
MERCHANT, OTHER_MERCHANT = 7, 8


class Desk(NamedTuple):
    """A vault, how a request brings a card to it, and how the request ends."""

    vault: Vault
    present: Callable[[str], SealedCard]
    release: Callable[[SealedCard], None]


def stored(card: SealedCard, token: bytes) -> SealedCard:
    """The card as the books name it."""
    return msgspec.structs.replace(card, token=token, transit_id=None, has_cvv=False)


class VaultContract:
    """Each test runs on every desk."""

    async def test_every_keep_is_a_card_of_its_own(self, desk: Desk) -> None:
        """The same number twice gives two tokens of the right size."""
        card = desk.present(TEST_PAN)
        tokens = {await desk.vault.keep(MERCHANT, card, "John Doe") for _ in range(2)}
        assert [len(token) for token in tokens] == [TOKEN_BYTES, TOKEN_BYTES]

    async def test_a_card_that_is_gone_is_not_kept(self, desk: Desk) -> None:
        """Neither after the request is over nor without one."""
        card = desk.present(TEST_PAN)
        desk.release(card)
        for gone in (card, msgspec.structs.replace(card, transit_id=None)):
            with pytest.raises(CardGone):
                await desk.vault.keep(MERCHANT, gone, "John Doe")

    async def test_a_stored_card_outlives_its_request(self, desk: Desk) -> None:
        """What was kept is found by its token."""
        card = desk.present(TEST_PAN)
        token = await desk.vault.keep(MERCHANT, card, "John Doe")
        desk.release(card)
        assert await desk.vault.is_blocked(MERCHANT, stored(card, token)) is False

    async def test_the_name_on_a_stored_card(self, desk: Desk) -> None:
        """It is what it was kept with, for its own merchant, as long as the card is stored."""
        card = desk.present(TEST_PAN)
        token = await desk.vault.keep(MERCHANT, card, "Ayşe Yılmaz")
        desk.release(card)
        assert await desk.vault.holder_of(MERCHANT, token) == "Ayşe Yılmaz"
        with pytest.raises(CardGone):
            await desk.vault.holder_of(OTHER_MERCHANT, token)
        await desk.vault.forget(MERCHANT, token)
        with pytest.raises(CardGone):
            await desk.vault.holder_of(MERCHANT, token)

    async def test_a_forgotten_card_is_gone(self, desk: Desk) -> None:
        """Forgetting takes one card, and doing it again is no error."""
        card = desk.present(TEST_PAN)
        first, second = [await desk.vault.keep(MERCHANT, card, "x") for _ in range(2)]
        await desk.vault.forget(MERCHANT, first)
        await desk.vault.forget(MERCHANT, first)
        await desk.vault.block(MERCHANT, desk.present(OTHER_PAN))
        for ask in (desk.vault.is_blocked, desk.vault.block, desk.vault.unblock):
            with pytest.raises(CardGone):
                await ask(MERCHANT, stored(card, first))
        assert await desk.vault.is_blocked(MERCHANT, stored(card, second)) is False

    async def test_merchants_do_not_see_each_other(self, desk: Desk) -> None:
        """A token of another merchant names nothing, and forgetting it changes nothing."""
        card = desk.present(TEST_PAN)
        token = await desk.vault.keep(MERCHANT, card, "x")
        await desk.vault.block(OTHER_MERCHANT, desk.present(OTHER_PAN))
        with pytest.raises(CardGone):
            await desk.vault.is_blocked(OTHER_MERCHANT, stored(card, token))
        await desk.vault.forget(OTHER_MERCHANT, token)
        assert await desk.vault.is_blocked(MERCHANT, stored(card, token)) is False

    async def test_a_number_is_blocked_however_it_is_presented(self, desk: Desk) -> None:
        """Blocked as a stored card, it is blocked when typed in, and the other way round."""
        for number in (TEST_PAN, OTHER_PAN):
            card = desk.present(number)
            named = stored(card, await desk.vault.keep(MERCHANT, card, "x"))
            subject, witness = (card, named) if number == TEST_PAN else (named, card)
            assert await desk.vault.is_blocked(MERCHANT, witness) is False
            await desk.vault.block(MERCHANT, subject)
            await desk.vault.block(MERCHANT, subject)
            assert await desk.vault.is_blocked(MERCHANT, subject) is True
            assert await desk.vault.is_blocked(MERCHANT, witness) is True
            assert await desk.vault.is_blocked(MERCHANT, desk.present(number)) is True
            await desk.vault.unblock(MERCHANT, witness)
            await desk.vault.unblock(MERCHANT, witness)
            assert await desk.vault.is_blocked(MERCHANT, subject) is False
            assert await desk.vault.is_blocked(MERCHANT, witness) is False

    async def test_a_block_is_one_number_of_one_merchant(self, desk: Desk) -> None:
        """Other numbers, and the number at other merchants, stay free."""
        await desk.vault.block(MERCHANT, desk.present(TEST_PAN))
        assert await desk.vault.is_blocked(MERCHANT, desk.present(OTHER_PAN)) is False
        assert await desk.vault.is_blocked(OTHER_MERCHANT, desk.present(TEST_PAN)) is False

    async def test_a_block_outlives_the_stored_card(self, desk: Desk) -> None:
        """Deleting the card does not free the number."""
        card = desk.present(TEST_PAN)
        token = await desk.vault.keep(MERCHANT, card, "x")
        await desk.vault.block(MERCHANT, stored(card, token))
        await desk.vault.forget(MERCHANT, token)
        assert await desk.vault.is_blocked(MERCHANT, card) is True

    async def test_the_token_says_which_card_is_meant(self, desk: Desk) -> None:
        """A stored card stays itself when its request brings another number along."""
        card, other = desk.present(TEST_PAN), desk.present(OTHER_PAN)
        token = await desk.vault.keep(MERCHANT, card, "x")
        both = msgspec.structs.replace(other, token=token)
        await desk.vault.block(MERCHANT, both)
        assert await desk.vault.is_blocked(MERCHANT, card) is True
        assert await desk.vault.is_blocked(MERCHANT, other) is False

    async def test_the_blocklist_needs_a_card(self, desk: Desk) -> None:
        """A card whose request is over can be neither looked up nor blocked."""
        card = desk.present(TEST_PAN)
        desk.release(card)
        await desk.vault.block(MERCHANT, desk.present(OTHER_PAN))
        for ask in (desk.vault.is_blocked, desk.vault.block, desk.vault.unblock):
            with pytest.raises(CardGone):
                await ask(MERCHANT, card)

    async def test_a_held_card_outlives_its_request(self, desk: Desk) -> None:
        """It comes back in transit, as it was, with the holder's name; and can be kept then."""
        card = desk.present(TEST_PAN)
        await desk.vault.hold(MERCHANT, 1, card, "John Doe")
        desk.release(card)
        assert await desk.vault.is_held(MERCHANT, 1) is True
        held = await desk.vault.open_held(MERCHANT, 1)
        assert held.holder == "John Doe"
        assert held.card.transit_id not in {None, card.transit_id}
        assert msgspec.structs.replace(held.card, transit_id=card.transit_id) == card
        token = await desk.vault.keep(MERCHANT, held.card, held.holder)
        await desk.vault.block(MERCHANT, stored(card, token))
        assert await desk.vault.is_blocked(MERCHANT, held.card) is True

    async def test_a_held_card_is_held_until_it_is_dropped(self, desk: Desk) -> None:
        """It can be opened more than once, each time under an id of its own."""
        await desk.vault.hold(MERCHANT, 1, desk.present(TEST_PAN), "x")
        first, second = [await desk.vault.open_held(MERCHANT, 1) for _ in range(2)]
        assert first.card.transit_id != second.card.transit_id
        await desk.vault.drop_held(MERCHANT, 1)
        await desk.vault.drop_held(MERCHANT, 1)
        assert await desk.vault.is_held(MERCHANT, 1) is False
        with pytest.raises(CardGone):
            await desk.vault.open_held(MERCHANT, 1)
        await desk.vault.keep(MERCHANT, first.card, "x")

    async def test_an_opened_card_is_released(self, desk: Desk) -> None:
        """After that it is in transit no more, and releasing again is no error."""
        await desk.vault.hold(MERCHANT, 1, desk.present(TEST_PAN), "x")
        held = await desk.vault.open_held(MERCHANT, 1)
        for _ in range(2):
            desk.vault.release(held.card.transit_id or 0)
        with pytest.raises(CardGone):
            await desk.vault.keep(MERCHANT, held.card, "x")

    async def test_a_card_is_held_for_one_payment_of_one_merchant(self, desk: Desk) -> None:
        """Other payments, and other merchants' payments of the same number, have none."""
        await desk.vault.hold(MERCHANT, 1, desk.present(TEST_PAN), "x")
        for merchant_id, number in ((MERCHANT, 2), (OTHER_MERCHANT, 1)):
            await desk.vault.drop_held(merchant_id, number)
            assert await desk.vault.is_held(merchant_id, number) is False
            with pytest.raises(CardGone):
                await desk.vault.open_held(merchant_id, number)
        assert await desk.vault.is_held(MERCHANT, 1) is True

    async def test_a_card_that_is_gone_is_not_held(self, desk: Desk) -> None:
        """A request that is over has nothing to hold."""
        card = desk.present(TEST_PAN)
        desk.release(card)
        with pytest.raises(CardGone):
            await desk.vault.hold(MERCHANT, 1, card, "x")
        assert await desk.vault.is_held(MERCHANT, 1) is False


class TestMemoryVault(VaultContract):
    """The fake that flows are tested with."""

    @pytest.fixture
    def desk(self) -> Desk:
        vault = MemoryVault()

        def release(card: SealedCard) -> None:
            vault.release(card.transit_id or 0)

        return Desk(vault, vault.present, release)


class TestRemoteVault(VaultContract):
    """The vault as the gateway's process has it, over a socket."""

    @pytest.fixture
    async def desk(self) -> AsyncIterator[Desk]:
        vault = MemoryVault()

        def release(card: SealedCard) -> None:
            vault.release(card.transit_id or 0)

        async with linked(services(vault)) as link:
            remote = RemoteVault(link.uplink, VaultNameBox(WELCOME.name_key), WELCOME.bank_key)
            yield Desk(remote, vault.present, release)


class TestVaultService(VaultContract):
    """The vault itself."""

    @pytest.fixture
    async def desk(self, engine: Engine) -> Desk:
        entropy = SeededEntropy()
        master_key = LocalMasterKey(entropy.take(32), entropy)
        clock = FixedClock(SAMPLE_TIME_MS)
        vault = await open_vault(engine, master_key, clock, entropy, MemoryAudit())

        def present(number: str) -> SealedCard:
            raw = json.dumps({"paymentCard": {"cardNumber": number}}).encode()
            card = vault.intake.lift(raw, CARD_FIELDS).card
            assert card is not None
            return SealedCard(
                bin=card.bin, last4=card.last4, expiry=TEST_EXPIRY, transit_id=card.transit_id
            )

        def release(card: SealedCard) -> None:
            vault.release(card.transit_id or 0)

        return Desk(vault, present, release)
