import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import sealed_card
from vezne.core.card import Expiry, holds_card_number, holds_pan, is_luhn_valid


@pytest.mark.parametrize(
    ("digits", "is_valid"),
    [
        ("5528790000000008", True),
        ("5528790000000009", False),
        ("374427000000003", True),
        ("79927398713", True),
        ("79927398710", False),
    ],
)
def test_luhn(digits, is_valid):
    """The check digit of ISO/IEC 7812-1 is verified."""
    assert is_luhn_valid(digits) is is_valid


@pytest.mark.parametrize(
    ("text", "is_pan"),
    [
        ("5528790000000008", True),
        ("5528 7900 0000 0008", True),
        ("5528-7900-0000-0008", True),
        ("5528790000000009", False),
        ("card 5528790000000008", True),
        ("5528790000000008 eski kart", True),
        ("5400.3600.0000.0003", True),
        ("cvv 123 4543590000000006", True),
        ("34742 5528 7900 0000 0008 12", True),
        ("123 4543590000000007", False),
        ("55287900000000081234", False),
        ("Daire 12, 34742 Istanbul", False),
        ("+90 535 000 00 00", False),
        ("John Doe", False),
        ("", False),
        ("0", False),
        ("٥٥٢٨٧٩٠٠٠٠٠٠٠٠٠٨", False),
        ("55287900000000080000000", False),
    ],
)
def test_a_number_typed_as_a_name_is_noticed(text, is_pan):
    """A number that passes the check is noticed wherever it stands; other digits are not."""
    assert holds_pan(text) is is_pan


def test_a_card_is_good_through_its_last_month():
    """A card of December 2030 is past in January 2031, not before."""
    expiry = Expiry(2030, 12)
    assert not expiry.is_past(2030, 12)
    assert expiry.is_past(2031, 1)


def test_the_printable_form_is_the_mask():
    """Six digits, stars, the last four."""
    assert sealed_card().mask == "552879******0008"


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("order-5528790000000008", True),
        ("5528 7900 0000 0008", False),
        ("1732252800123456", False),
        ("5528790000000009", False),
    ],
)
def test_card_numbers_in_ids(text, holds):
    """What looks like a card and passes the check; times and other ids do not."""
    assert holds_card_number(text) is holds


@given(st.lists(st.text("0123456789 .-\nkş", max_size=40), max_size=4))
def test_a_number_is_noticed_among_several_texts_as_in_each(texts):
    """Texts that are joined by ends of lines are searched together."""
    assert holds_pan("\n".join(texts)) is any(map(holds_pan, texts))


@given(st.text("0123456789 .-\nkş", max_size=40))
def test_what_is_searched_at_first_hides_no_number(text):
    """Whole groups of digits, thirteen to nineteen together, with a right check digit."""
    runs = re.findall(r"[0-9](?:[ .-]?[0-9])*", text)
    groups = [re.split("[ .-]", run) for run in runs]
    numbers = [
        "".join(run[first:last])
        for run in groups
        for first in range(len(run))
        for last in range(first + 1, len(run) + 1)
    ]
    assert holds_pan(text) is any(13 <= len(it) <= 19 and is_luhn_valid(it) for it in numbers)
