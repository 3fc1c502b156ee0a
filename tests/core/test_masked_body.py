"""Clean payloads are written as developers may see them."""

from decimal import Decimal

from vezne.core.body import FieldState, LiftedCard, MaskedBody
from vezne.core.card import CardSlot
from vezne.core.masked_body import BODY_BYTES_MAX, rebuilt, without_codes

CARD = LiftedCard(
    transit_id=1, number=FieldState.VALID, cvv=FieldState.VALID, bin="55287900", last4="0008"
)


def test_slots_become_masks():
    """Of a number the first six digits and the last four, whatever the length of its BIN."""
    payload = {"n": CardSlot.PAN, "c": CardSlot.CVV, "list": [{"p": Decimal("1.10")}, None, True]}
    assert rebuilt(payload, CARD) == MaskedBody(
        b'{"n":"552879******0008","c":"***","list":[{"p":1.10},null,true]}', is_as_sent=False
    )


def test_a_number_that_is_none_shows_nothing():
    invalid = LiftedCard(transit_id=0, number=FieldState.INVALID, cvv=FieldState.ABSENT)
    for card in (None, invalid):
        assert rebuilt([CardSlot.PAN], card).text == b'["****"]'


def test_codes_in_fields_that_are_no_card_fields_are_masked():
    payload = {"x": {"cardCvv2": "123", "CVC": 123, "cvv": "", "securityCode": [1]}}
    assert rebuilt(payload, None).text == (
        b'{"x":{"cardCvv2":"***","CVC":"***","cvv":"","securityCode":"***"}}'
    )


def test_no_payload_is_an_empty_body():
    assert rebuilt(None, None) == MaskedBody(b"", is_as_sent=True)


def test_a_long_body_is_left_out():
    found = rebuilt("a" * BODY_BYTES_MAX, None)
    assert found == MaskedBody(b"", is_as_sent=False, left_out_bytes=BODY_BYTES_MAX + 2)


def test_codes_are_taken_out_of_values_and_slots_stay():
    payload = {"x": [{"CVV2Val": "947", "cvc": CardSlot.CVV, "cvv": ""}], "y": 1}
    assert without_codes(payload) == {
        "x": [{"CVV2Val": "***", "cvc": CardSlot.CVV, "cvv": ""}],
        "y": 1,
    }
