"""Numbers and codes are found in whatever form they were written."""

import base64
import html
import json
from urllib.parse import quote

import pytest

from vezne.scanner.text import TextScanner

PAN = "5528790000000008"
GROUPED = "5528 7900 0000 0008"


def forms_in(raw):
    scanner = TextScanner()
    scanner.scan(raw, lambda offset: f"x:{offset}")
    return {finding.form.value for finding in scanner.report().findings}


@pytest.mark.parametrize(
    ("raw", "form"),
    [
        (PAN.encode("utf-16"), "utf-16"),
        (PAN.encode("utf-16-be"), "utf-16"),
        (f"kart: {GROUPED}".encode("utf-32-le"), "utf-16"),
        ("cvv=123".encode("utf-16-le"), "utf-16"),
        (quote(GROUPED).encode(), "url"),
        (quote(quote(GROUPED)).encode(), "url"),
        ("".join(f"%{ord(digit):02x}" for digit in PAN).encode(), "url"),
        (quote('{"cvc":"123"}').encode(), "url"),
        ("".join(f"\\u{ord(digit):04x}" for digit in PAN).encode(), "escaped"),
        ("".join(f"\\x{ord(digit):02x}" for digit in PAN).encode(), "escaped"),
        (", ".join(f"0x{ord(digit):02x}" for digit in PAN).encode(), "escaped"),
        ("".join(f"&#{ord(digit)};" for digit in PAN).encode(), "escaped"),
        (GROUPED.replace(" ", "&nbsp;").encode(), "escaped"),
        (GROUPED.replace(" ", "\u00a0").encode(), "escaped"),
        (GROUPED.replace(" ", "\u2013").encode(), "escaped"),
        (json.dumps({"a": GROUPED.replace(" ", "\u00a0")}).encode(), "escaped"),
        (PAN.encode().hex().encode(), "hex"),
        (PAN.encode().hex(" ").encode(), "hex"),
        (b"0" + GROUPED.encode().hex().encode(), "hex"),
        (b'{"cvv":"123"}'.hex().encode(), "hex"),
        (base64.b64encode(PAN.encode()), "base64"),
        (base64.b64encode(b"<a>" + PAN.encode()), "base64"),
        (base64.b64encode(b"<b> " + PAN.encode() + b"\0\xff"), "base64"),
        (base64.urlsafe_b64encode(b"<cc> " + GROUPED.encode()).rstrip(b"="), "base64"),
        (b"Bearer " + base64.b64encode(b'{"cvv":"123"}') + b".x", "base64"),
        (b"x=" + base64.b64encode(json.dumps({"pan": PAN}, indent=2).encode()), "base64"),
        (base64.b64encode(quote(GROUPED + "; ").encode() * 2), "url"),
    ],
)
def test_each_form(raw, form):
    """Alone, and between other words."""
    assert forms_in(raw) == {form}
    assert forms_in(b"first line\n" + raw + b"\nlast line") == {form}


@pytest.mark.parametrize(
    "raw",
    [
        html.escape("<a> & 'b'").encode() + b" &#x41; &amp;",
        b"100% sure, 50%20 %zz %",
        b"\\u0041\\x41 0x3f",
        b"eyJ eyJhbGciOiJIUzI1NiJ9",
        b"\0\0\0\1\2\3\0",
        b"414243444546474849505152535455565758" + b"ff" * 9,
        b"MMMMMMMMMMMMMMMMMMMMMMMMM",
        b"eyJhb" + b"A" * 12,
    ],
)
def test_nothing_where_nothing_is(raw):
    """Marks of a form without a number are read without harm."""
    assert forms_in(raw) == set()


def test_the_place_is_where_the_form_begins():
    """What is found in a decoded part is where the part stands."""
    scanner = TextScanner()
    scanner.scan(b"0123 " + PAN.encode().hex().encode(), lambda offset: f"x:{offset}")
    (finding,) = scanner.report().findings
    assert finding.place == "x:5"
