import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import SAMPLE_TIME_MS
from fakes.card_desk import card_numbers, listed_cards
from vezne.vault.pan import Pan
from vezne.vault.portability.lines import (
    InvalidLine,
    card_from,
    facts_of,
    owner_from,
    read_lines,
    write_line,
)

NUMBER = "5528790000000008"
((OWNER, CARD),) = listed_cards([NUMBER], 7, SAMPLE_TIME_MS)


def line_with(**changes):
    """A good line with something else in it; None takes a field away."""
    pan = Pan(bytearray(NUMBER, "ascii"))
    record = json.loads(write_line(facts_of(OWNER, CARD, "Ayşe Öztürk", ""), pan))
    for name, value in changes.items():
        where = record["owner"] if name in record["owner"] else record
        where[name] = value
    kept = {name: value for name, value in record.items() if value is not None}
    return bytearray(json.dumps(kept).encode())


def test_a_card_comes_back_as_it_was():
    """Everything that the books and the vault know of it, under another token."""
    pan = Pan(bytearray(NUMBER, "ascii"))
    content = write_line(facts_of(OWNER, CARD, "Ayşe Öztürk", ""), pan)
    assert content.startswith(b'{"number":"5528790000000008",')
    (line,) = read_lines(content)
    assert line.pan is not None
    assert line.pan.reveal() == NUMBER.encode()
    assert line.facts.holder == "Ayşe Öztürk"
    assert owner_from(line.facts, 7) == OWNER
    assert card_from(line.facts, 7, CARD.token, b"") == CARD


def test_a_part_has_a_line_a_card():
    """Also when the last one has no end."""
    content = bytearray()
    numbers = card_numbers(5)
    for (owner, card), number in zip(
        listed_cards(numbers, 7, SAMPLE_TIME_MS), numbers, strict=True
    ):
        content += write_line(facts_of(owner, card, "", ""), Pan(bytearray(number, "ascii")))
    for whole in (content, content[:-1]):
        found = [line.pan.reveal().decode() for line in read_lines(whole)]
        assert found == numbers
    assert list(read_lines(bytearray())) == []


def test_the_ends_are_those_of_the_number():
    """What a line claims beside its number counts for nothing."""
    (line,) = read_lines(line_with(bin="999999", last4="9999"))
    assert (line.facts.bin, line.facts.last4) == ("55287900", "0008")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"number": None}, "no valid card number"),
        ({"number": "5528790000000009"}, "no valid card number"),
        ({"number": "ayşe"}, "no valid card number"),
        ({"number": {"deep": [1]}}, "no valid card number"),
        ({"token": "xyz"}, "described"),
        ({"token": ""}, "described"),
        ({"key": "00"}, "described"),
        ({"expiry_month": 13}, "described"),
        ({"expiry_month": "12"}, "described"),
        ({"expiry_year": 10_000}, "described"),
        ({"created_ms": -1}, "described"),
        ({"holder": None}, "described"),
        ({"scope": "anything"}, "described"),
        ({"holder": "Ayşe 5400360000000003"}, "one of its texts"),
        ({"alias": "kart 5400 3600 0000 0003"}, "one of its texts"),
        ({"email": "5400360000000003@example.com"}, "one of its texts"),
        ({"external_id": "5400360000000003"}, "one of its texts"),
        ({"metadata": {"a": "5400360000000003"}}, "one of its texts"),
        ({"metadata": {"5400360000000003": "a"}}, "one of its texts"),
        ({"identity": "5400360000000003"}, "one of its texts"),
        ({"token": "5400360000000003"}, "one of its texts"),
        ({"token": "54 00 36 00 00 00 00 03"}, "one of its texts"),
        ({"token": "0" * 24 + "5400360000000003"}, "one of its texts"),
        ({"token": "5400360000000003" + "f" * 24}, "one of its texts"),
        ({"token": b"5400360000000003".hex()}, "one of its texts"),
        ({"token": "ab" * 65}, "described"),
        ({"scope": "insurance", "bin": "5400360000"}, "described"),
        ({"scope": "insurance", "bin": "5400360"}, "described"),
        ({"scope": "insurance", "bin": ""}, "described"),
        ({"scope": "insurance", "bin": "٥٤٠٠٣٦"}, "described"),
        ({"scope": "insurance", "last4": "000000000003"}, "described"),
        ({"scope": "insurance", "last4": "003"}, "described"),
    ],
)
def test_a_line_that_is_no_card_is_refused(changes, why):
    """By its place in the part, without quoting it."""
    content = line_with() + b"\n" + line_with(**changes)
    with pytest.raises(InvalidLine, match=why) as refused:
        list(read_lines(content))
    assert str(refused.value).startswith("line 2: ")
    assert "5400" not in str(refused.value)
    assert NUMBER not in str(refused.value)


def test_a_token_may_look_like_a_number_by_chance():
    """Of a hundred thousand random ones some have such digits, and none is refused for it."""
    token = "018f3a" + "5400360000000003" + "c4e1d09b7a2f5e3d6c"
    (line,) = read_lines(line_with(token=token, scope="insurance", number=None, bin="540036"))
    assert (line.facts.token, line.facts.bin, line.pan) == (token, "540036", None)


@given(st.binary(max_size=200))
def test_no_bytes_are_too_odd(content):
    """Whatever is decrypted, it is read or refused."""
    with suppress(InvalidLine):
        list(read_lines(bytearray(content)))
