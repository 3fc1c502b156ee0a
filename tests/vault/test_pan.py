import copy
import json
import logging
import pickle
import traceback

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vezne.core.card import is_luhn_valid
from vezne.vault.pan import parse_cvv, parse_pan

PAN = "5528790000000008"
AMEX = "374427000000003"


def luhn_numbers():
    """Every length that a card number can have, with a right check digit."""
    return st.text("0123456789", min_size=11, max_size=18).map(
        lambda body: next(body + digit for digit in "0123456789" if is_luhn_valid(body + digit))
    )


def texts_of(secret):
    """Everything by which a value commonly finds its way into a text."""
    record = logging.LogRecord("x", logging.INFO, "x", 1, "card %s %r", (secret, secret), None)
    raised = "".join(traceback.format_exception(ValueError(secret)))
    return [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret!r:>40}",
        f"{secret:>40}",
        "{}".format(secret),  # noqa: UP032 - the method is what is tested
        "%s" % secret,  # noqa: UP031
        str([secret]),
        str({"card": secret}),
        record.getMessage(),
        raised,
    ]


@given(luhn_numbers())
def test_a_number_shows_its_mask_and_nothing_else(number):
    """No text form of a valid number holds more than its first six and last four digits."""
    pan = parse_pan(number)
    assert pan.mask == number[:6] + "*" * (len(number) - 10) + number[-4:]
    for text in texts_of(pan):
        assert pan.mask in text
        rest = text.replace(pan.mask, "")
        assert number not in text
        assert number[:6] not in rest
        assert number[-5:] not in rest


@given(st.text("0123456789", min_size=3, max_size=4))
def test_a_code_shows_asterisks(code):
    """No text form of a security code holds a digit of it."""
    cvv = parse_cvv(code, None)
    assert str(cvv) == "***"
    assert repr(cvv) == "Cvv(***)"
    for text in texts_of(cvv):
        assert "***" in text


@pytest.mark.parametrize("secret", [parse_pan(PAN), parse_cvv("123", None)])
def test_secrets_are_neither_serialized_nor_copied(secret):
    """JSON encoders, pickle and copy refuse; there is no dictionary to look into."""
    for refuse in (
        json.dumps,
        msgspec.json.encode,
        msgspec.msgpack.encode,
        pickle.dumps,
        copy.copy,
        copy.deepcopy,
        vars,
        bytes,
    ):
        with pytest.raises(TypeError):
            refuse(secret)
    assert PAN.encode() not in msgspec.json.encode(secret, enc_hook=str)


@given(luhn_numbers(), st.integers(0, 9))
def test_every_valid_length_is_accepted_with_spaces(number, place):
    """Twelve to nineteen digits with a right check digit, spaces anywhere."""
    pan = parse_pan(f" {number[:place]} {number[place:]}")
    assert pan.reveal() == number.encode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5528790000000009",
        "55287900000",
        "0" * 11,
        "0" * 20,
        "5528-7900-0000-0008",
        "5528790000000008x",
        "５５２８７９０００００００００８",
        "+528790000000008",
        "5528\u00a07900\u00a00000\u00a00008",
        "pan",
    ],
)
def test_what_is_no_card_number(text):
    """A wrong check digit, a wrong length, and anything but ASCII digits and spaces."""
    assert parse_pan(text) is None


@pytest.mark.parametrize(
    ("number", "bin", "last4"),
    [
        (PAN, "55287900", "0008"),
        (AMEX, "374427", "0003"),
        ("6759649826438453", "67596498", "8453"),
        ("000000000000", "000000", "0000"),
        ("0000000000000000000", "00000000", "0000"),
    ],
)
def test_what_may_be_shown(number, bin, last4):
    """Eight and four digits of sixteen or more, else six and four (PCI SSC FAQ 1091)."""
    pan = parse_pan(number)
    assert (pan.bin, pan.last4) == (bin, last4)


@pytest.mark.parametrize(
    ("code", "number", "is_valid"),
    [
        ("123", PAN, True),
        ("1234", PAN, False),
        ("1234", AMEX, True),
        ("123", AMEX, False),
        ("1234", "340000000000009", True),
        ("123", None, True),
        ("1234", None, True),
        ("12", None, False),
        ("12345", None, False),
        ("12a", None, False),
        ("١٢٣", None, False),
        (" 123", None, False),
        ("", None, False),
    ],
)
def test_a_code_has_the_length_of_its_brand(code, number, is_valid):
    """Four digits on American Express, three elsewhere, either beside a stored card."""
    pan = None if number is None else parse_pan(number)
    cvv = parse_cvv(code, pan)
    assert (cvv is not None) is is_valid
    assert cvv is None or cvv.reveal() == code.encode()


def test_wiping_overwrites_the_digits():
    """After a wipe the memory holds zeros, the mask is unchanged and nothing can be opened."""
    pan = parse_pan(PAN)
    buffer = pan._digits
    window = memoryview(buffer)
    with pytest.raises(BufferError):
        pan.wipe()
    assert bytes(window) == bytes(16)
    window.release()
    pan.wipe()
    pan.wipe()
    assert buffer == b""
    assert str(pan) == "552879******0008"
    with pytest.raises(ValueError, match="wiped"):
        pan.reveal()
