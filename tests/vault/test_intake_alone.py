"""What the vault says of the texts beside a card: that none of them can hold a number."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.world import FixedClock
from vezne.core.body import CardFields
from vezne.core.card import holds_pan
from vezne.vault.intake import VaultIntake
from vezne.vault.transit import Transit

PAN = "5528790000000008"
FIELDS = CardFields(("card",), "number", "cvv")
# Digits, what people and clients put between them, and escapes with and without digits.
PARTS = st.sampled_from(
    ["5528", "7900", "0000", "0008", "9", *' -.,xu\\"/\n\0', *"ışğ\u00a0\U0001f600"],
)
TEXTS = st.lists(PARTS, max_size=9).map("".join)


def lift(number, *texts, escape=True):
    intake = VaultIntake(Transit(FixedClock(1_700_000_000_000)))
    card = {} if number is None else {"number": number, "cvv": "123"}
    body = {"card": card, "texts": texts}
    return intake.lift(json.dumps(body, ensure_ascii=escape).encode(), FIELDS)


@pytest.mark.parametrize(
    ("number", "text", "stands_alone"),
    [
        (PAN, "Göztepe iş merkezi, danışma, No: 1, Kat: 19", True),
        (None, "Göztepe iş merkezi, danışma, No: 1, Kat: 19", True),
        (PAN, "+90 535 000 00 00", True),
        (PAN, "Kadıköy yalı 12", True),
        (PAN, "1234567890123", False),
        (None, "1234567890123", False),
        (None, "12345678ı90123", False),
        (PAN, "123456789012", True),
        (PAN, "a\0b", False),
        (None, "a\0b", False),
        # A number that is no card's, and one that is too short to be told from others.
        ("5528790000000009", "x", False),
        ("676280000008", "x", False),
        ("676280000008", "1234567890123", False),
    ],
)
def test_a_number_stands_alone(number, text, stands_alone) -> None:
    """A card's own, however the texts beside it are escaped; in doubt it does not."""
    assert lift(number, text).card.stands_alone is stands_alone


@given(st.sampled_from([PAN, "5528 7900 0000 0008", "676280000008", "1", None]), TEXTS, TEXTS)
def test_nothing_is_in_the_texts_beside_a_number_that_stands_alone(number, first, second) -> None:
    """What the vault says is what a search in every text would find."""
    for escape in (True, False):
        card = lift(number, first, second, escape=escape).card
        if card.stands_alone:
            assert not any(holds_pan(text) or "\0" in text for text in (first, second))


@given(TEXTS)
def test_escapes_hide_no_number(text) -> None:
    """A body whose escapes stand before no digit is searched as it is, and finds the same."""
    plain, escaped = (lift(PAN, text, escape=escape).card.leaked for escape in (False, True))
    assert plain == escaped
