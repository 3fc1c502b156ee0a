"""Cards that one server's vault holds and another's needs."""

import msgspec
import pytest

from builders import sealed_card
from vezne.core.ports import CardGone, HoldingFull
from vezne.vault.holding import Held, Holding
from vezne.vault.lending import Lending
from vezne.vault.pan import Cvv, Pan
from vezne.vault.peer_keys import derive_peer_keys
from vezne.vault.service import open_vault
from vezne.vault.transit import AGE_MAX_MS

PAN = "5528790000000008"
CVV = "987"
MERCHANT = 7
NUMBER = 10_851_936


def held(pan=PAN, cvv=CVV, holder="Ayşe Öztürk"):
    return Held(
        card=sealed_card(),
        pan=Pan(bytearray(pan, "ascii")) if pan else None,
        cvv=Cvv(bytearray(cvv, "ascii")) if cvv else None,
        holder=holder,
    )


def shown(opened):
    return tuple(
        "" if each is None else each.reveal().decode() for each in (opened.pan, opened.cvv)
    )


class Neighbour:
    """Implements `vezne.vault.lending.Neighbours` with one other vault behind it."""

    def __init__(self, vault):
        self.vault = vault
        self.asked = 0

    async def find_held(self, merchant_id, payment_number):
        self.asked += 1
        return self.vault.lend(merchant_id, payment_number)

    async def is_held(self, merchant_id, payment_number):
        return self.vault.is_held_here(merchant_id, payment_number)

    def drop_held(self, merchant_id, payment_number):
        self.vault.drop_held_here(merchant_id, payment_number)

    def tell_blocked(self, merchant_id):
        self.vault.hear_blocked(merchant_id)


@pytest.fixture
def lending(entropy):
    return Lending(derive_peer_keys(bytes(32)).lending, entropy)


@pytest.fixture
async def other(engine, master_key, clock, entropy, audit):
    """The vault of another server over the same database."""
    return await open_vault(engine, master_key, clock, entropy, audit)


@pytest.fixture
def shared(vault, other, lending):
    """Both vaults, each the other's neighbour."""
    vault.share(lending, Neighbour(other))
    other.share(lending, Neighbour(vault))
    return vault, other


@pytest.mark.parametrize(("pan", "cvv"), [(PAN, CVV), (PAN, ""), ("", "1234")])
def test_a_lent_card_opens_for_its_payment(lending, pan, cvv):
    """With what was known of it, its holder and the time that it has left."""
    sealed = lending.seal(MERCHANT, NUMBER, held(pan, cvv), 1234)
    opened, left_ms = lending.open(MERCHANT, NUMBER, sealed)
    assert (shown(opened), opened.holder, opened.card) == ((pan, cvv), "Ayşe Öztürk", sealed_card())
    assert left_ms == 1234


def test_a_lent_card_opens_nowhere_else(lending, entropy):
    """Neither for another payment or merchant, nor under another vault's key, nor altered."""
    sealed = lending.seal(MERCHANT, NUMBER, held(), 1)
    for secret in (PAN.encode(), CVV.encode(), b"Ay"):
        assert secret not in sealed
    foreign = Lending(derive_peer_keys(bytes(31) + b"1").lending, entropy)
    for opener, merchant, number, text in (
        (lending, MERCHANT, NUMBER + 1, sealed),
        (lending, MERCHANT + 1, NUMBER, sealed),
        (lending, MERCHANT, NUMBER, sealed[:-1]),
        (foreign, MERCHANT, NUMBER, sealed),
    ):
        with pytest.raises(CardGone, match="does not open"):
            opener.open(merchant, number, text)


async def test_a_card_held_elsewhere_is_found(shared, present):
    """Number, code and holder come back in this server's transit; there it stays until dropped."""
    here, there = shared
    await here.hold(MERCHANT, NUMBER, present(cvv=CVV), "Ayşe")
    assert await there.is_held(MERCHANT, NUMBER)
    for _ in range(2):
        opened = await there.open_held(MERCHANT, NUMBER)
        assert opened.holder == "Ayşe"
        assert there.transit.pan(opened.card.transit_id).reveal() == PAN.encode()
        assert there.transit.cvv(opened.card.transit_id).reveal() == CVV.encode()
        there.release(opened.card.transit_id)
    await there.drop_held(MERCHANT, NUMBER)
    assert not await here.is_held(MERCHANT, NUMBER)
    with pytest.raises(CardGone, match="no card is held"):
        await here.open_held(MERCHANT, NUMBER)


async def test_only_what_is_held_here_is_counted(shared, present):
    """What another vault has counts there, and what is over counts nowhere."""
    first, second = shared
    for number in (NUMBER, NUMBER + 1):
        await first.hold(MERCHANT, number, present(PAN, CVV), "")
    assert (first.held_count, second.held_count) == (2, 0)
    await second.drop_held(MERCHANT, NUMBER)
    assert (first.held_count, second.held_count) == (1, 0)


async def test_nobody_is_asked_for_what_is_here(shared, present):
    """A card that this server holds costs no question."""
    here, _ = shared
    await here.hold(MERCHANT, NUMBER, present(), "Ayşe")
    opened = await here.open_held(MERCHANT, NUMBER)
    here.release(opened.card.transit_id)
    assert await here.is_held(MERCHANT, NUMBER)
    assert here._neighbours.asked == 0


async def test_a_vault_alone_shares_nothing(vault, lending):
    """It neither lends nor takes over, and what it does not hold is gone."""
    assert not await vault.is_held(MERCHANT, NUMBER)
    with pytest.raises(CardGone):
        await vault.open_held(MERCHANT, NUMBER)
    await vault.drop_held(MERCHANT, NUMBER)
    assert vault.lend(MERCHANT, NUMBER) is None
    assert not vault.take_over(MERCHANT, NUMBER, lending.seal(MERCHANT, NUMBER, held(), 1000))


async def test_a_card_is_taken_over_with_the_time_it_has_left(shared, present, clock):
    """It waits no longer than it would have where it came from."""
    here, there = shared
    await here.hold(MERCHANT, NUMBER, present(), "Ayşe")
    clock.advance(ms=AGE_MAX_MS - 1000)
    there._holding.hold(MERCHANT, NUMBER + 1, held())
    assert there.take_over(MERCHANT, NUMBER, here.lend(MERCHANT, NUMBER))
    here.drop_held_here(MERCHANT, NUMBER)
    assert here.list_held_here() == []
    assert set(there.list_held_here()) == {(MERCHANT, NUMBER), (MERCHANT, NUMBER + 1)}
    clock.advance(ms=1000)
    assert there.list_held_here() == [(MERCHANT, NUMBER + 1)]
    assert here.lend(MERCHANT, NUMBER) is None


async def test_what_does_not_open_is_not_taken_over(shared):
    """Nor is anything else disturbed by it."""
    here, _ = shared
    assert not here.take_over(MERCHANT, NUMBER, b"\x00" * 60)
    assert here.list_held_here() == []


def test_a_full_holding_takes_nothing_over(clock, entropy):
    """The bounds hold, whoever asks; nobody else's entry gives way."""
    holding = Holding(clock, entropy, count_max=2, share_max=1)
    holding.take_over(1, 1, held(), 500)
    holding.take_over(2, 1, held(), 400)
    for merchant in (1, 3):
        with pytest.raises(HoldingFull):
            holding.take_over(merchant, 2, held(), 300)
    assert holding.list_held() == [(2, 1), (1, 1)]
    clock.advance(ms=400)
    assert holding.list_held() == [(1, 1)]
    assert holding.left_ms(1, 1) == 100


async def test_a_full_vault_says_so(shared, present, clock, entropy):
    """And what it has refused stays where it was."""
    here, there = shared
    there._holding = Holding(clock, entropy, count_max=0)
    await here.hold(MERCHANT, NUMBER, present(), "Ayşe")
    assert not there.take_over(MERCHANT, NUMBER, here.lend(MERCHANT, NUMBER))
    assert here.is_held_here(MERCHANT, NUMBER)


def test_nothing_waits_longer_than_anything_may(clock, entropy):
    """A server with another idea of time can lengthen nothing."""
    holding = Holding(clock, entropy)
    holding.take_over(MERCHANT, NUMBER, held(), 10 * AGE_MAX_MS)
    assert holding.left_ms(MERCHANT, NUMBER) == AGE_MAX_MS


async def test_a_stored_card_s_code_is_lent_without_a_number(shared, present):
    """Only the code is held of a card whose number the vault keeps anyway."""
    here, there = shared
    stored = msgspec.structs.replace(present(cvv=CVV), token=b"t" * 20)
    await here.hold(MERCHANT, NUMBER, stored, "")
    opened = await there.open_held(MERCHANT, NUMBER)
    assert there.transit.cvv(opened.card.transit_id).reveal() == CVV.encode()
    with pytest.raises(CardGone):
        there.transit.pan(opened.card.transit_id)


async def test_the_key_of_servers_is_one_and_lasts(vault, other):
    """Whoever opens the vault finds the same, made when it is first asked for."""
    assert await vault.keyring.peer_key() == await other.keyring.peer_key()
    assert "peers:0:1" in {wrapped.key.id for wrapped in await vault.keyring._records.find_keys(0)}


async def test_a_blocked_number_counts_at_the_neighbour_at_once(shared, present):
    """Though it has just seen that the merchant blocks nothing, and no time goes by."""
    here, there = shared
    there_id = there.transit.hold(Pan(bytearray(PAN, "ascii")), None)
    card = msgspec.structs.replace(sealed_card(), token=None, transit_id=there_id)
    assert not await there.is_blocked(MERCHANT, card)
    await here.block(MERCHANT, present())
    assert await there.is_blocked(MERCHANT, card)
