"""The switch table of the PayWall door, and the maps that must be total."""

import msgspec
import pytest

from vezne.core.refusal import Reason
from vezne.dialects.paywall.refusals import CARD_REFUSALS, PAYMENT_REFUSALS
from vezne.dialects.paywall.switches import SWITCHES, HolderShown, Switches, switches_for
from vezne.dialects.switching import Profile


def test_every_switch_is_in_the_table_once():
    """Names of the table and of the record agree, and every reading says where it is from."""
    names = [switch.name for switch in SWITCHES]
    assert names == [field.name for field in msgspec.structs.fields(Switches)]
    for switch in SWITCHES:
        assert switch.about
        readings = switch.readings
        assert len({reading.name for reading in readings}) == len(readings)
        assert all(reading.source for reading in readings)
        for profile in Profile:
            assert switch.reading_for(profile) in readings


def test_profiles_differ_in_what_they_insist_on():
    """The classic one follows the pages, the current one the client."""
    classic, current = switches_for("classic", {}), switches_for("current", {})
    assert classic.products_required
    assert not current.products_required
    assert classic.card_bin == current.card_bin == 6
    assert classic.list_holder is current.list_holder is HolderShown.CLEAR


def test_single_readings_can_be_chosen():
    """By name, also those that no profile follows."""
    chosen = switches_for("classic", {"list_holder": "masked", "products_required": "no"})
    assert chosen.list_holder is HolderShown.MASKED
    assert not chosen.products_required


@pytest.mark.parametrize(
    ("profile", "overrides", "says"),
    [
        ("else", {}, "no such paywall profile: else; there are: classic, current"),
        ("classic", {"else": "x"}, "no such paywall switch: else; there are: card_bin"),
        (
            "classic",
            {"list_holder": "x"},
            "no such reading of list_holder: x; there are: clear, masked",
        ),
    ],
)
def test_unknown_names_are_refused_with_those_that_exist(profile, overrides, says):
    """Whoever mistypes learns what there is."""
    with pytest.raises(ValueError, match=says):
        switches_for(profile, overrides)


def test_every_refusal_has_an_error_in_both_apis():
    """The house's catalogue is closed, so the maps can be total."""
    assert set(CARD_REFUSALS) == set(PAYMENT_REFUSALS) == set(Reason)
