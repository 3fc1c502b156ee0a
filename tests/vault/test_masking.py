"""A body is shown with its card masked: as it was sent, or not at all where that is uncertain."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import SAMPLE_TIME_MS
from fakes.vault import CARD_FIELDS
from fakes.world import FixedClock
from vezne.core.body import BodyKind, CardFields
from vezne.vault.intake import VaultIntake
from vezne.vault.transit import Transit

PAN = "5528790000000008"
OTHER = "4111111111111129"
MASK = "552879******0008"
CVV = "947"
AT_ROOT = CardFields((), "pan", "cvc", ignores_case=True)
IN_CARD = CardFields(("Card",), "Number", "Cvv", ignores_case=True)


def masked(raw, fields=CARD_FIELDS, kind=BodyKind.JSON):
    body = VaultIntake(Transit(FixedClock(SAMPLE_TIME_MS))).lift(raw.encode(), fields, None, kind)
    found = body.masked()
    return found.text.decode(), found.is_as_sent


def card(number=f'"{PAN}"', code=f'"{CVV}"', rest=""):
    return f'{{"paymentCard" : {{ "cardNumber":{number},"cvc": {code}}} {rest}}}'


def test_all_but_the_card_stays_as_it_was_sent():
    """Spaces, order, and how numbers and letters are written."""
    rest = ', "price": 1.10, "name":"\\u0131\\/ı"\n'
    text, is_as_sent = masked(card(rest=rest))
    assert is_as_sent
    assert text == card(f'"{MASK}"', '"***"', rest)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (f'"{PAN}"', f'"{MASK}"'),
        (PAN, MASK),
        ('"5528 7900-0000.0008"', f'"{MASK}"'),
        ('"5528790000000009"', '"552879******0009"'),
        ('"411"', '"****"'),
        ('"55287900000000085528"', '"****"'),
        ('"no digits"', '"****"'),
        ("411", "****"),
        ('""', '""'),
        ("null", "null"),
        (f'"a \\" {PAN}"', f'"{MASK}"'),
    ],
)
def test_a_number_shows_its_ends_and_keeps_its_kind(number, shown):
    """Six and four digits, of a wrong number too; nothing of what is too short or too long."""
    assert masked(card(number)) == (card(shown, '"***"'), True)


@pytest.mark.parametrize(
    ("code", "shown"), [('"947"', '"***"'), ("947", "***"), ('""', '""'), ("null", "null")]
)
def test_a_code_shows_nothing(code, shown):
    assert masked(card(code=code)) == (card(f'"{MASK}"', shown), True)


def test_a_card_is_masked_wherever_it_stands():
    """In the wrong place, twice, in other spellings, and on routes that take no card."""
    raw = f'{{"cardNumber":"{PAN}","cvc":"947","CVV2":"947","x":[{{"securityCode":947}}]}}'
    text, _ = masked(raw)
    assert (
        text == f'{{"cardNumber":"{MASK}","cvc":"***","CVV2":"***","x":[{{"securityCode":***}}]}}'
    )
    text, _ = masked(raw, None)
    assert "947" not in text
    twice = '{"paymentCard":{"cvc":"947","cvc":"947"}}'
    assert masked(twice) == (twice.replace("947", "***"), True)
    upper = f'{{"card":{{"NUMBER":"{PAN}","CVV":"947"}}}}'
    assert masked(upper, IN_CARD)[0] == upper.replace(PAN, MASK).replace("947", "***")


@pytest.mark.parametrize(
    "raw",
    [
        card(number='"5528790000000\\u0030\\u0030\\u0038"'),
        card().replace("cardNumber", "card\\u004eumber"),
        card().replace("cvc", "\\u0063vc"),
        card(number=f'["{PAN}"]'),
        card(code='{"value": "947"}'),
        card(code='["947"]'),
        f'{{"paymentCard":"{PAN} 947"}}',
        f'{{"paymentCard":["{PAN}","947"]}}',
        f'["{PAN}", "947"]',
        card(rest=f', "note": "{PAN[:8]}/{PAN[8:]}"'),
        card(number="true"),
    ],
)
def test_what_is_uncertain_is_written_anew(raw):
    """Escapes, wrong shapes, the number elsewhere: nothing of the original is shown."""
    text, is_as_sent = masked(raw)
    assert not is_as_sent
    assert "947" not in text
    assert PAN not in "".join(char for char in text if char.isdigit())


def test_what_is_written_anew_has_the_same_values():
    """With the masks in place of the card, and exact numbers."""
    raw = card(rest=', "price": 1.10, "k\\u0061y": null, "cvv": "947", "list": [1, "a"]')
    text, is_as_sent = masked(raw)
    assert not is_as_sent
    assert text == (
        f'{{"paymentCard":{{"cardNumber":"{MASK}","cvc":"***"}},"price":1.10,"kay":null,'
        '"cvv":"***","list":[1,"a"]}'
    )


def test_a_wrong_number_that_is_written_anew_shows_nothing():
    text, _ = masked(card('"\\u0031234"', '"947"'))
    assert '"cardNumber":"****"' in text


@pytest.mark.parametrize("raw", ["", " \n"])
def test_no_body_is_shown_as_none(raw):
    assert masked(raw) == (raw, True)


def test_null_is_a_body():
    assert masked("null") == ("null", True)


def test_a_form_is_masked_pair_by_pair():
    """Also where names and values are escaped, and another value hides a number."""
    raw = f"Pan={PAN}&cvc=947&x=a+b&e=%34111+1111%2D1111-1129&empty=&cvv2="
    text, is_as_sent = masked(raw, AT_ROOT, BodyKind.FORM)
    assert is_as_sent
    assert text == f"Pan={MASK}&cvc=***&x=a+b&e=****&empty=&cvv2="
    escaped = f"p%61n={PAN[:-1]}%38&%63vc=947"
    assert masked(escaped, AT_ROOT, BodyKind.FORM)[0] == f"p%61n={MASK}&%63vc=***"
    plain = "a=1&long=1111111111111111111111&time=1795358311762"
    assert masked(plain, None, BodyKind.FORM) == (plain, True)
    endless = f"long={'1' * 60_000}"
    assert masked(endless, None, BodyKind.FORM) == ("long=****", True)


def test_a_form_that_should_hold_an_object_is_written_anew():
    text, is_as_sent = masked("Card=947", IN_CARD, BodyKind.FORM)
    assert (text, is_as_sent) == ('{"Card":"?"}', False)


def test_xml_is_masked_between_its_tags():
    """With and without prefixes and attributes."""
    raw = (
        f'<a:Pay><a:Card kind="x"><a:Number>{PAN}</a:Number><Cvv >947</Cvv ></a:Card>'
        "<Price>1.0</Price><Cvv/></a:Pay>"
    )
    text, is_as_sent = masked(raw, IN_CARD, BodyKind.XML)
    assert is_as_sent
    assert text == raw.replace(PAN, MASK).replace("947", "***")
    empty = "<r><pan></pan><cvc> </cvc></r>"
    assert masked(empty, AT_ROOT, BodyKind.XML) == (empty, True)
    other = "<r><cvc>947</cvc></r>"
    assert masked(other, None, BodyKind.XML) == ("<r><cvc>***</cvc></r>", True)


@pytest.mark.parametrize(
    "raw",
    [
        f"<r><pan><![CDATA[{PAN}]]></pan></r>",
        "<r><pan>&#53;528790000000008</pan></r>",
        f"<r><!-- {PAN} --><pan>{PAN}</pan></r>",
        f'<r><pan cvc="947">{PAN}</pan></r>',
        f"<r><pan><x>{PAN}</x></pan></r>",
    ],
)
def test_xml_with_hiding_places_is_written_anew(raw):
    text, is_as_sent = masked(raw, AT_ROOT, BodyKind.XML)
    assert not is_as_sent
    assert PAN not in text
    assert "947" not in text


def test_a_released_body_is_shown_to_nobody():
    body = VaultIntake(Transit(FixedClock(SAMPLE_TIME_MS))).lift(card().encode(), CARD_FIELDS)
    body.release()
    with pytest.raises(ValueError, match="released"):
        body.masked()


names = st.sampled_from(["cardNumber", "CARDNUMBER", "cvc", "cvv", "paymentCard", "x", "ş"])
secrets = st.sampled_from([PAN, f"{PAN[:4]} {PAN[4:]}", CVV, int(PAN), int(CVV), "", None, 1.5])
bodies = st.dictionaries(
    names,
    st.recursive(
        secrets, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner)
    ),
)


@settings(max_examples=300)
@given(bodies, st.booleans(), st.sampled_from([None, (",", ":"), (" , ", " : ")]))
def test_no_shape_of_a_body_lets_a_card_through_where_it_is_read(body, is_ascii, separators):
    """Whatever object stands where: behind the card's names nothing is left of it."""
    raw = json.dumps(body, ensure_ascii=is_ascii, separators=separators)
    text, _ = masked(raw)
    quoted = text.replace(":***", ':"***"').replace(": ***", ': "***"').replace(" : ***", ' :"***"')
    for name in ("cvc", "cvv"):
        for piece in quoted.split(f'"{name}"')[1:]:
            assert CVV not in piece.split(",")[0]
    card_of = body.get("paymentCard")
    # A field of the same name elsewhere is not where the route reads its card.
    is_alone = text.count('"cardNumber"') == 1
    if is_alone and isinstance(card_of, dict) and isinstance(card_of.get("cardNumber"), str | int):
        digits = "".join(char for char in text.split('"cardNumber"')[1][:24] if char.isdigit())
        assert PAN not in digits


def test_a_long_body_is_not_masked():
    """It would take time, and so nothing of it is shown."""
    raw = card(rest=f', "x":"{"a" * 65_536}"')
    body = VaultIntake(Transit(FixedClock(SAMPLE_TIME_MS))).lift(raw.encode(), CARD_FIELDS)
    found = body.masked()
    assert (found.text, found.is_as_sent, found.left_out_bytes) == (b"", False, len(raw))


@pytest.mark.parametrize("name", ["cvvNumber", "card_cvv_value", "CVV2Val", "cvn", "guvenlikKodu"])
def test_codes_are_known_by_any_part_of_a_name(name):
    assert CVV not in masked(f'{{"{name}":"{CVV}","x":{{"{name}" : {CVV}}}}}')[0]
    assert CVV not in masked(f"card[{name}]={CVV}", AT_ROOT, BodyKind.FORM)[0]
    assert CVV not in masked(f"<r><{name}>{CVV}</{name}></r>", AT_ROOT, BodyKind.XML)[0]


@pytest.mark.parametrize("kind", list(BodyKind))
@pytest.mark.parametrize("piece", ["cvc ", "cvv", "5" * 16 + "x", "1298616291235041939 ", "c_v_"])
def test_no_body_takes_long(kind, piece):
    """Whoever writes it. The limit is some fifty times what it takes."""
    around = {BodyKind.JSON: '{"a":"%s"}', BodyKind.FORM: "a=%s", BodyKind.XML: "<r><a>%s</a></r>"}
    raw = around[kind] % (piece * 60_000)[:60_000]
    begun = time.process_time()
    masked(raw, AT_ROOT, kind)
    assert time.process_time() - begun < 1.0
