"""The card is lifted out of forms, XML and bodies that spell names in any case, as out of JSON."""

import hmac
import json
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import SAMPLE_TIME_MS
from fakes.world import FixedClock
from vezne.core.body import BodyKind, CardFields, FieldState, MalformedBody
from vezne.core.card import CardSlot
from vezne.core.ports import CardGone
from vezne.vault.intake import VaultIntake
from vezne.vault.transit import Transit

PAN = "5528790000000008"
SPACED = "5528 7900 0000 0008"
ABSENT, INVALID, VALID = FieldState.ABSENT, FieldState.INVALID, FieldState.VALID
FLAT = CardFields((), "pan", "cvc")
FOLDED = CardFields(("card",), "number", "cvv", ignores_case=True)


def make():
    transit = Transit(FixedClock(SAMPLE_TIME_MS))
    return VaultIntake(transit), transit


def written(fields, kind):
    """An object of texts as a body of the kind."""
    if kind is BodyKind.JSON:
        return json.dumps(fields).encode()
    if kind is BodyKind.FORM:
        return urlencode(fields).encode()
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    return f"<request>{inner}</request>".encode()


@pytest.mark.parametrize("kind", list(BodyKind))
async def test_the_card_leaves_a_body_of_any_kind(kind):
    """Slots in the payload, the card in transit, the proof over the bytes as they came."""
    intake, transit = make()
    raw = written({"pan": SPACED, "cvc": "123", "session_id": "js_1", "note": ""}, kind)
    body = intake.lift(raw, FLAT, kind=kind)
    assert body.payload == {
        "pan": CardSlot.PAN,
        "cvc": CardSlot.CVV,
        "session_id": "js_1",
        "note": "",
    }
    assert (body.card.number, body.card.cvv, body.card.leaked) == (VALID, VALID, False)
    assert (body.card.bin, body.card.last4) == ("55287900", "0008")
    assert transit.pan(body.card.transit_id).reveal() == PAN.encode()
    signature = hmac.digest(b"key", b"x" + raw, "sha256").hex().encode()
    assert await body.is_hmac_sha256(signature, b"key", b"x")
    assert not body.is_empty
    body.release()
    with pytest.raises(CardGone):
        transit.pan(body.card.transit_id)


@pytest.mark.parametrize("kind", list(BodyKind))
@pytest.mark.parametrize("hidden", [PAN, SPACED, "5528-7900-0000-0008", f"x{PAN}", f"ş{PAN}y"])
def test_a_number_that_is_there_twice_is_found(kind, hidden):
    """Whatever it is written with, the number in another field is told."""
    body = make()[0].lift(written({"pan": PAN, "note": hidden}, kind), FLAT, kind=kind)
    assert body.card.leaked


@pytest.mark.parametrize("kind", [BodyKind.FORM, BodyKind.XML])
def test_a_body_without_fields(kind):
    """No body at all is empty, and there is no card in it."""
    body = make()[0].lift(b"", FLAT, kind=kind)
    assert (body.payload, body.is_empty, body.card.number) == (None, True, ABSENT)
    assert make()[0].lift(b"", None, kind=kind).card is None


def test_a_repeated_element_is_no_card():
    """Two numbers in one document: both are taken out, and neither counts."""
    intake, transit = make()
    body = intake.lift(f"<r><pan>{PAN}</pan><pan>{PAN}</pan></r>".encode(), FLAT, kind=BodyKind.XML)
    assert body.payload == {"pan": CardSlot.PAN}
    assert (body.card.number, len(transit)) == (INVALID, 0)


def test_an_element_with_children_is_a_container():
    """A path leads into an XML document as into JSON."""
    raw = f"<r><card><number>{PAN}</number><cvv>123</cvv></card></r>".encode()
    body = make()[0].lift(raw, CardFields(("card",), "number", "cvv"), kind=BodyKind.XML)
    assert body.payload == {"card": {"number": CardSlot.PAN, "cvv": CardSlot.CVV}}
    assert (body.card.number, body.card.cvv) == (VALID, VALID)


def test_malformed_bodies_quote_nothing():
    """What is wrong is said without the body's words."""
    for kind, raw in [(BodyKind.FORM, f"pan={PAN}&pan={PAN}"), (BodyKind.XML, f"<pan>{PAN}")]:
        with pytest.raises(MalformedBody) as malformed:
            make()[0].lift(raw.encode(), FLAT, kind=kind)
        assert PAN not in repr(malformed.value)


@pytest.mark.parametrize(
    ("payload", "left", "number", "cvv"),
    [
        (
            {"Card": {"Number": PAN, "Cvv": "123"}},
            {"Card": {"Number": CardSlot.PAN, "Cvv": CardSlot.CVV}},
            VALID,
            VALID,
        ),
        ({"CARD": {"nUMBER": PAN}}, {"CARD": {"nUMBER": CardSlot.PAN}}, VALID, ABSENT),
        (
            {"card": {"number": "12", "Number": PAN}},
            {"card": {"number": CardSlot.PAN, "Number": CardSlot.PAN}},
            VALID,
            ABSENT,
        ),
        (
            {"card": {"Number": PAN, "number": "", "cvv": "123", "CVV": None}},
            {"card": {"Number": CardSlot.PAN, "number": "", "cvv": CardSlot.CVV, "CVV": None}},
            ABSENT,
            ABSENT,
        ),
        (
            {"card": {"number": PAN}, "Card": {"cvv": "123"}},
            {"card": {"number": CardSlot.PAN}, "Card": {"cvv": CardSlot.CVV}},
            ABSENT,
            VALID,
        ),
        (
            {"card": {"number": PAN}, "Card": None},
            {"card": {"number": CardSlot.PAN}, "Card": None},
            ABSENT,
            ABSENT,
        ),
        ({"cards": {"number": "x"}}, {"cards": {"number": "x"}}, ABSENT, ABSENT),
    ],
)
def test_names_in_any_case(payload, left, number, cvv):
    """All spellings are taken out, and the last one counts."""
    body = make()[0].lift(json.dumps(payload).encode(), FOLDED)
    assert body.payload == left
    assert (body.card.number, body.card.cvv) == (number, cvv)
    assert not body.card.leaked


def test_names_keep_their_case_elsewhere():
    """A route that does not ask for it takes names as they are."""
    body = make()[0].lift(json.dumps({"PAN": "12"}).encode(), FLAT)
    assert (body.payload, body.card.number) == ({"PAN": "12"}, ABSENT)


def spellings(name):
    return st.tuples(*(st.sampled_from([letter, letter.upper()]) for letter in name)).map("".join)


# Without what XML may not hold, and without blanks at the ends, which it does not keep.
NOISE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=12).map(str.strip)
PLACES = st.sampled_from(["", PAN, SPACED, f"ığ{PAN}", "5528.7900.0000.0008"])


@settings(max_examples=200)
@given(
    number=spellings("pan"),
    code=spellings("cvc"),
    noise=NOISE,
    place=PLACES,
    kind=st.sampled_from(list(BodyKind)),
)
def test_every_kind_hides_and_finds_the_same(number, code, noise, place, kind):
    """Kinds differ in how a body is written, never in what is lifted, left or found."""
    note = noise + place
    fields = {number: PAN, code: "123", "note": note}
    folded = CardFields((), "pan", "cvc", ignores_case=True)
    body = make()[0].lift(written(fields, kind), folded, kind=kind)
    assert body.payload[number] is CardSlot.PAN
    assert body.payload[code] is CardSlot.CVV
    assert body.card.leaked is bool(place)
    assert (body.payload["note"] == note) is not body.card.leaked
