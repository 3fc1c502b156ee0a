"""The vault says with what a signature over a body would have been right, and no more of it."""

import base64
import hmac
import json
from decimal import Decimal

import pytest

from fakes.world import FixedClock
from vezne.core.body import CardFields, Explained
from vezne.core.diagnosis import Cause
from vezne.vault.explaining import BODY_BYTES_MAX, KEYS_MAX, PREFIXES_MAX
from vezne.vault.intake import LiftedBody, VaultIntake
from vezne.vault.reencodings import (
    Dropped,
    Escapes,
    Html,
    Layout,
    Numbers,
    Style,
    reencodings,
    written,
)
from vezne.vault.transit import Transit

KEY = b"the secret"
PREFIX = b"random/path"
PAN = "5528790000000008"
VALUES = {
    "card": {"number": PAN, "cvc": "123", "alias": "İş / kart <&>"},
    "price": 1.0,
    "count": 10,
    "big": 1e20,
    "lines": [],
    "more": {},
    "flag": True,
    "none": None,
    "empty": "",
}
RAW = json.dumps(VALUES, ensure_ascii=False, separators=(",", ":")).encode()


def lifted(raw: bytes = RAW) -> LiftedBody:
    fields = CardFields(("card",), "number", "cvc")
    return VaultIntake(Transit(FixedClock(0))).lift(raw, fields)


def signature(text: bytes, key: bytes = KEY, name: str = "sha256") -> bytes:
    return hmac.digest(key, text, name).hex().encode()


async def explain(made: bytes, raw: bytes = RAW) -> Explained | None:
    return await lifted(raw).explain_hmac(made, [KEY, b"another"], [PREFIX, b"elsewhere"])


async def test_a_right_signature_needs_no_other_key():
    assert await explain(signature(PREFIX + RAW)) == Explained()


async def test_another_key_or_prefix_is_found():
    assert await explain(signature(PREFIX + RAW, b"another")) == Explained(key=1)
    assert await explain(signature(b"elsewhere" + RAW)) == Explained(prefix=1)
    assert await explain(signature(b"elsewhere" + RAW, b"another")) is None


async def test_another_form_of_the_digits_is_found():
    digest = hmac.digest(KEY, PREFIX + RAW, "sha256")
    for made, cause in (
        (digest.hex().upper().encode(), Cause.SIGNATURE_UPPER_CASE),
        (base64.b64encode(digest), Cause.SIGNATURE_IN_BASE64),
        (signature(PREFIX + RAW, name="sha1"), Cause.SIGNATURE_SHA1),
    ):
        assert await explain(made) == Explained(causes=(cause,))


async def test_the_body_of_another_library_is_found_and_shown_masked():
    """With the number's first and last digits, and nothing of the code."""
    found = await explain(signature(PREFIX + json.dumps(VALUES).encode()))
    assert found is not None
    assert found.causes == (Cause.BODY_UNICODE_ESCAPED, Cause.BODY_SPACED)
    assert found.body is not None
    assert found.body.startswith('{"card": {"number": "552879******0008", "cvc": "***"')
    assert PAN not in found.body


async def test_a_number_that_stands_elsewhere_is_not_shown_either():
    values = {"card": {"number": PAN}, "note": f"card {PAN}"}
    raw = json.dumps(values).encode()
    made = signature(PREFIX + json.dumps(values, separators=(",", ":")).encode())
    found = await explain(made, raw)
    assert found is not None
    assert PAN not in (found.body or "")


async def test_a_text_that_says_the_same_otherwise_shows_nothing():
    assert await explain(signature(PREFIX + RAW + b"\n")) == Explained(causes=(Cause.BODY_NEWLINE,))


async def test_what_says_something_else_is_not_found():
    """In particular the body of another card, so nobody can try numbers."""
    other = RAW.replace(b"0000", b"0001", 1)
    assert await explain(signature(PREFIX + other)) is None
    assert await explain(signature(PREFIX)) is None


async def test_only_so_much_is_tried():
    keys = [KEY, *(b"%d" % number for number in range(KEYS_MAX))]
    prefixes = [PREFIX, *(b"/%d" % number for number in range(PREFIXES_MAX))]
    body = lifted()
    assert await body.explain_hmac(signature(PREFIX + RAW, keys[-1]), keys, prefixes) is None
    assert await body.explain_hmac(signature(prefixes[-1] + RAW), keys, prefixes) is None
    raw = b'"' + b"x" * BODY_BYTES_MAX + b'"'
    assert await explain(signature(PREFIX + raw), raw) is None


async def test_a_released_body_says_nothing():
    body = lifted()
    body.release()
    with pytest.raises(ValueError, match="released"):
        await body.explain_hmac(b"", [KEY], [PREFIX])


STYLES = {
    "compact": (Style(), '{"b":[1.50,{"ü":"/<"}],"a":null}'),
    "spaced": (Style(layout=Layout.SPACED), '{"b": [1.50, {"ü": "/<"}], "a": null}'),
    "indented": (
        Style(layout=Layout.TWO),
        '{\n  "b": [\n    1.50,\n    {\n      "ü": "/<"\n    }\n  ],\n  "a": null\n}',
    ),
    "escaped": (Style(escapes=Escapes.LOWER), '{"b":[1.50,{"\\u00fc":"/<"}],"a":null}'),
    "in upper case": (Style(escapes=Escapes.UPPER), '{"b":[1.50,{"\\u00FC":"/<"}],"a":null}'),
    "slashes": (Style(slashes=True), '{"b":[1.50,{"ü":"\\/<"}],"a":null}'),
    "for pages": (Style(html=Html.GO), '{"b":[1.50,{"ü":"/\\u003c"}],"a":null}'),
    "sorted": (Style(is_sorted=True), '{"a":null,"b":[1.50,{"ü":"/<"}]}'),
    "short": (Style(numbers=Numbers.SHORT), '{"b":[1.5,{"ü":"/<"}],"a":null}'),
    "quoted": (Style(numbers=Numbers.QUOTED), '{"b":["1.50",{"ü":"/<"}],"a":null}'),
    "no nulls": (Style(dropped=Dropped.NULLS), '{"b":[1.50,{"ü":"/<"}]}'),
}


@pytest.mark.parametrize("name", STYLES)
def test_values_are_written_in_a_style(name):
    style, expected = STYLES[name]
    assert written({"b": [Decimal("1.50"), {"ü": "/<"}], "a": None}, style) == expected


def test_numbers_are_spelled_as_asked():
    numbers = [10, Decimal("1.00"), Decimal("1E+20"), True]
    assert written(numbers, Style(numbers=Numbers.LONG)) == "[10.0,1.00,1e+20,true]"
    assert written(numbers, Style(numbers=Numbers.SHORT)) == "[10,1,1e+20,true]"


def test_a_backslash_before_a_letter_is_no_escape():
    style = Style(escapes=Escapes.UPPER)
    assert written("\\u00fc ü", style) == '"\\\\u00fc \\u00FC"'


def test_what_is_empty_can_be_left_out():
    values = {"a": "", "b": [], "c": {}, "d": 0, "e": None, "f": False}
    assert written(values, Style(dropped=Dropped.EMPTY)) == '{"d":0,"f":false}'
    assert written(values, Style()) == '{"a":"","b":[],"c":{},"d":0,"e":null,"f":false}'


def test_every_text_is_another_one_and_comes_once():
    texts = [other.raw for other in reencodings(RAW, json.loads(RAW))]
    assert len(texts) == len(set(texts))
    assert RAW not in texts


def test_a_byte_order_mark_is_taken_off_as_well():
    marked = b"\xef\xbb\xbf{}"
    assert b"{}" in {other.raw for other in reencodings(marked, {})}
