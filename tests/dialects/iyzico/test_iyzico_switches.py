"""The named switches of the iyzico door and their two profiles."""

import msgspec
import pytest

from vezne.core.merchant import BlockageRelease
from vezne.core.pricing import LineSplit
from vezne.dialects.iyzico.switches import SWITCHES, Decimals, Switches, switches_for


def test_iyzico_classic_switches_follow_the_published_pages() -> None:
    """The default profile is that of the pages Ödeme and Kullanıcı ve Kart Oluşturma."""
    assert switches_for("classic", {}) == Switches(
        card_bin_digits=6,
        halkbank_name="Halk Bankası",
        decimals=Decimals.STRIPPED,
        card_last_four=False,
        list_details=False,
        blockage_release=BlockageRelease.SAME_TIME,
        line_split=LineSplit.EXACT,
        card_alias_required=True,
        installment_counts=(1, 2, 3, 6, 9, 12),
        webhook_signature_v1=True,
        replay_minutes=0,
    )


def test_iyzico_current_switches_follow_the_official_clients() -> None:
    """The other profile is what the test suites of today's clients expect."""
    assert switches_for("current", {}) == Switches(
        card_bin_digits=8,
        halkbank_name="Halkbank",
        decimals=Decimals.SCALE8,
        card_last_four=True,
        list_details=True,
        blockage_release=BlockageRelease.MIDNIGHT,
        line_split=LineSplit.INDEPENDENT,
        card_alias_required=False,
        installment_counts=(1, 2, 3, 4, 6, 9, 12),
        webhook_signature_v1=False,
        replay_minutes=0,
    )


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.name)
def test_iyzico_every_reading_can_be_chosen_in_either_profile(switch) -> None:
    """Each reading of each switch can replace the one of a profile, and only that."""
    for profile in ("classic", "current"):
        for reading in (switch.classic, switch.current):
            chosen = switches_for(profile, {switch.name: reading.name})
            same_elsewhere = msgspec.structs.replace(
                switches_for(profile, {}), **{switch.name: getattr(chosen, switch.name)}
            )
            assert chosen == same_elsewhere
            assert getattr(chosen, switch.name) == reading.value
            assert reading.source
            assert switch.about


@pytest.mark.parametrize(
    ("profile", "overrides", "named"),
    [
        ("modern", {}, ["modern", "classic", "current"]),
        ("classic", {"bin_digits": "8"}, ["bin_digits", "card_bin_digits", "decimals"]),
        ("classic", {"decimals": "two"}, ["two", "stripped", "scale8"]),
    ],
)
def test_iyzico_unknown_names_are_refused_with_the_known_ones(profile, overrides, named) -> None:
    """A typing error in a setting says what could have been meant."""
    with pytest.raises(ValueError, match=r"there are:") as caught:
        switches_for(profile, overrides)
    assert all(word in str(caught.value) for word in named)
