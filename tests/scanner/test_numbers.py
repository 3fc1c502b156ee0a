"""What is taken for a card number in a text, and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vezne.core.card import is_luhn_valid
from vezne.scanner.numbers import candidates, has_card_shape, is_card_number
from vezne.scanner.text import TextScanner

PAN = "5528790000000008"
AMEX = "374427000000003"


def found_in(text):
    scanner = TextScanner()
    raw = text if isinstance(text, bytes) else text.encode()
    scanner.scan(raw, lambda offset: f"x:{offset}")
    return [(finding.mask, finding.form.value) for finding in scanner.report().findings]


@pytest.mark.parametrize(
    "text",
    [
        PAN,
        f"pan={PAN}",
        f"declined:{PAN}!",
        f"[{PAN}]",
        f"x,{PAN},12/30",
        f"12.50 {PAN}",
        f"{PAN} 123",
        "5528 7900 0000 0008",
        "5528-7900-0000-0008",
        "5528.7900.0000.0008",
        "5528_7900_0000_0008",
        "5528/7900/0000/0008",
        "5528\t7900\t0000\t0008",
        "5528+7900+0000+0008",
        "12 5528 7900 0000 0008 12/30",
        "no 5528 7900 0000 0008 123",
        "552879 0000000008",
        "552879-000000-0008",
        "55287900-00000008",
        "5528-79000000-0008",
        "55 28 79 00 00 00 00 08",
        "5 5 2 8 7 9 0 0 0 0 0 0 0 0 0 8",
        f"%B{PAN}^YILMAZ/AYSE^3012101",
        f";{PAN}=30121011234567890",
        f"{PAN}D3012101",
        f"pan{PAN}",
        f"kartno{PAN}",
        f"tutar{PAN}".replace("tutar", "kart"),
        "5528|7900|0000|0008",
        "|5528|7900|0000|0008|",
        "5528,7900,0000,0008",
        "[5528, 7900, 0000, 0008]",
        "5528:7900:0000:0008",
        "pan:5528:7900:0000:0008",
        "kart 5528  7900  0000  0008 reddedildi",
        "5528\t\t7900\t\t0000\t\t0008",
        f"{PAN}abc",
        f"{PAN}x",
        f"{PAN}TRY",
    ],
)
def test_a_card_number_is_found(text):
    """Alone or grouped, whatever stands beside it."""
    assert found_in(text) == [("552879******0008", "plain")]


@pytest.mark.parametrize(
    "text", [AMEX, "3744 270000 00003", "3744-270000-00003", "3744|270000|00003", f"{AMEX}abc"]
)
def test_so_is_one_of_fifteen_digits(text):
    """American Express has groups of its own."""
    assert found_in(text) == [("374427*****0003", "plain")]


@pytest.mark.parametrize(
    "text",
    [
        "5528790000000009",
        "0000000000000000",
        f"0.{PAN}",
        f"12.{PAN}",
        f"a{PAN}b",
        f"deadbeef{PAN}",
        f"{PAN}cafe",
        f"TR33{PAN}",
        "TR33 0006 5528 7900 0000 0008 26",
        "DE44 5528 7900 0000 0008 31",
        "1111 5528 7900 0000 0008 1111",
        "5528 7900 0000 0008 1111 2222",
        f"{PAN}{PAN}",
        f"1{PAN}",
        "4111111111119",
        "20261122111331",
        "1790000000007",
        "552879******0008",
        "5528-7900 0000-0008",
        "2026-11-22 11:13:31.123456",
        "+90 532 123 45 67",
        "4.5.2.8",
        f"{PAN}abcd",
        f"{PAN}abc1",
        "900d77a4-fb3f-4061-9351-86554177654e",
        f"552879000000000{'8abc' * 4}",
        "5528|7900|0000|0009",
        "5528|7900,0000|0008",
        "5528 7900  0000  0008",
        "17,5528,7900,0000,0008",
        "5528,7900,0000,0008,17",
        "1234  5528  7900  0000  0008",
        "5528  7900  0000  0008  1234",
        "15528,7900,0000,0008",
        "5528,7900,0000,00081",
        "fe80::5528:7900:0000:0008",
        "2001:0db8:5528:7900:0000:0008",
        "5528:7900:0000:0008:fe80",
    ],
)
def test_other_numbers_are_not(text):
    """Wrong check digits, fractions, parts of words, accounts, tables, times."""
    assert found_in(text) == []


@pytest.mark.parametrize(
    "text", ["card number: 4222222222222", "kart_no=6759649826438453", "pan: 30569309025904"]
)
def test_a_name_makes_up_for_an_odd_length(text):
    """Beside a word for cards every length that cards may have is looked at."""
    assert len(found_in(text)) == 1


@pytest.mark.parametrize("text", ["card_id=4222222222222", "card token: 4222222222222"])
def test_an_id_of_a_card_is_no_card(text):
    """The name of an id, a token or a reference makes up for nothing."""
    assert found_in(text) == []


@pytest.mark.parametrize(
    ("digits", "is_shaped"),
    [
        (b"4111111111111111", True),
        (b"4111111111111", False),
        (b"2221000000000009", True),
        (b"2220990000000000", False),
        (b"2721000000000000", False),
        (b"9792000000000001", True),
        (b"1999000000000001", False),
        (b"0000000000000000", False),
    ],
)
def test_shapes_of_brands(digits, is_shaped):
    """First digits and length have to be those of a brand."""
    assert has_card_shape(digits) is is_shaped


@given(st.text(alphabet="0123456789 -.abTR:\n", max_size=80))
def test_candidates_are_what_the_text_says(text):
    """Whatever is offered stands in the text where it is said to, digit for digit."""
    raw = text.encode()
    for candidate in candidates(raw):
        piece = raw[candidate.start : candidate.end]
        assert bytes(byte for byte in piece if chr(byte).isdigit()) == candidate.digits
        assert 13 <= len(candidate.digits) <= 19


@given(
    st.integers(0, 10**12 - 1), st.sampled_from([" ", "-", "."]), st.text("abcxyz ,;:", max_size=5)
)
def test_every_visa_number_is_found(body, mark, around):
    """Any number of the brand, grouped in any way that is usual, among other words."""
    start = f"455{body:012}"
    number = next(start + last for last in "0123456789" if is_luhn_valid(start + last))
    assert is_card_number(number.encode())
    grouped = mark.join(number[at : at + 4] for at in range(0, 16, 4))
    for written in (number, grouped):
        assert found_in(f"{around} {written} {around}")


def test_among_ids_a_number_is_a_suspect():
    """Where most numbers of a name are none, those that look like one are shown apart."""
    lines = [f"order={5528790000000000 + place}" for place in range(40)]
    scanner = TextScanner()
    scanner.scan("\n".join(lines).encode(), str)
    report = scanner.report()
    assert (report.found, len(report.suspects)) == (0, 4)
    scanner.scan(b"pan=5528790000000008", lambda offset: f"b{offset}")
    assert [finding.place for finding in scanner.report().findings] == ["b4"]
