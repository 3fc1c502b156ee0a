import pytest

from vezne.core.ports import CardGone
from vezne.vault.pan import parse_cvv, parse_pan
from vezne.vault.transit import AGE_MAX_MS, Transit

PAN = "5528790000000008"


def card():
    pan = parse_pan(PAN)
    return pan, parse_cvv("123", pan)


@pytest.fixture
def transit(clock):
    return Transit(clock, count_max=3)


def test_a_card_is_there_until_its_release(transit):
    """Number and code come back under the id; release wipes both, twice does no harm."""
    pan, cvv = card()
    transit_id = transit.hold(pan, cvv)
    assert transit.pan(transit_id) is pan
    assert transit.cvv(transit_id) is cvv
    transit.release(transit_id)
    transit.release(transit_id)
    assert len(transit) == 0
    for secret in (pan, cvv):
        with pytest.raises(ValueError, match="wiped"):
            secret.reveal()
    for find in (transit.pan, transit.cvv):
        with pytest.raises(CardGone):
            find(transit_id)


@pytest.mark.parametrize("transit_id", [None, 0, 7])
def test_an_id_that_names_nothing(transit, transit_id):
    """No reference, the reference of nothing, and an unknown one are the same: gone."""
    for find in (transit.pan, transit.cvv):
        with pytest.raises(CardGone):
            find(transit_id)
    transit.drop_cvv(transit_id)


def test_half_a_card(transit):
    """A number without a code and a code without a number are held and released alike."""
    pan, cvv = card()
    only_pan, only_cvv = transit.hold(pan, None), transit.hold(None, cvv)
    with pytest.raises(CardGone):
        transit.cvv(only_pan)
    with pytest.raises(CardGone):
        transit.pan(only_cvv)
    transit.drop_cvv(only_pan)
    transit.release(only_pan)
    transit.release(only_cvv)
    assert len(transit) == 0


def test_a_code_can_go_before_its_number(transit):
    """After the authorization answer the code is wiped; the number stays for storing."""
    pan, cvv = card()
    transit_id = transit.hold(pan, cvv)
    transit.drop_cvv(transit_id)
    with pytest.raises(ValueError, match="wiped"):
        cvv.reveal()
    with pytest.raises(CardGone):
        transit.cvv(transit_id)
    assert transit.pan(transit_id).reveal() == PAN.encode()


def test_nothing_is_held_for_longer_than_its_age(transit, clock):
    """At fifteen minutes a forgotten card is wiped, a younger one is not."""
    old_pan, old_cvv = card()
    old = transit.hold(old_pan, old_cvv)
    clock.advance(ms=1)
    young = transit.hold(*card())
    clock.advance(ms=AGE_MAX_MS - 1)
    assert transit.pan(young)
    assert len(transit) == 1
    with pytest.raises(CardGone):
        transit.pan(old)
    with pytest.raises(ValueError, match="wiped"):
        old_pan.reveal()


def test_the_oldest_gives_way(transit):
    """Over the count the first card in is wiped and the newest is held."""
    first, _ = card()
    ids = [transit.hold(first, None), *(transit.hold(*card()) for _ in range(3))]
    assert len(transit) == 3
    with pytest.raises(ValueError, match="wiped"):
        first.reveal()
    assert transit.pan(ids[-1]).reveal() == PAN.encode()
    assert len(set(ids)) == 4


def test_ids_begin_where_they_are_told_to(transit):
    """So that an id of an earlier process names nothing here."""
    transit.count_from(1_000)
    assert transit.hold(*card()) == 1_001
    with pytest.raises(CardGone):
        transit.pan(1)
