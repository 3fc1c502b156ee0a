"""Payments that the decoder has seen to be complete are treated as any others, in fewer steps."""

import json
from copy import deepcopy
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from fakes.iyzico_door import (
    API_KEY,
    PAN,
    SECRET,
    IyzicoDoor,
    item,
    payment_request,
    threeds_request,
)
from vezne.core.payment import PaymentKind
from vezne.core.refusal import Refusal
from vezne.dialects.iyzico import checks, payment_rules, shapes, sound
from vezne.dialects.iyzico.endpoint import Call, Desk
from vezne.dialects.iyzico.errors import Failure
from vezne.dialects.iyzico.translate import payment_command

DOOR = IyzicoDoor()
DESK = Desk(
    ports=DOOR.ports,
    merchants=DOOR.merchants,
    names=None,
    bin_words=None,
    switches=DOOR.switches,
    notation=None,
)
PATHS = {"/payment/auth": shapes.Payment, "/payment/3dsecure/initialize": shapes.ThreedsPayment}
REQUESTS = {"/payment/auth": payment_request(), "/payment/3dsecure/initialize": threeds_request()}
# At every limit and beyond it, and what the rules are about.
VALUES = (
    None,
    "",
    "0",
    "x",
    "a\0b",
    *("x" * length for length in (4, 5, 50, 51, 100, 101, 254, 255, 256, 1000, 1001)),
    PAN,
    "kart 5528 7900 0000 0008",
    "5528790000000009",
    "1234567890123",
    "2024-02-29 23:59:59",
    "2023-02-29 00:00:00",
    "2023-02-28T00:00:00",
    "someone@example.com",
    "Kişi@örnek.com.tr",
    "PHYSICAL",
    "VIRTUAL",
    "PRODUCT",
    "LISTING",
    "USD",
    "MOBILE",
    0,
    1,
    2,
    -1,
    0.5,
    "99999.99999999",
    100000,
    "1e3",
    True,
    [],
    {},
    [item("BI101", "1", itemType="VIRTUAL")],
)


def fields_of(place: object) -> list[tuple[object, object]]:
    """Every field of a request with what it is in."""
    pairs = place.items() if isinstance(place, dict) else enumerate(place)
    found = []
    for name, value in pairs:
        found.append((place, name))
        if isinstance(value, dict | list):
            found += fields_of(value)
    return found


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, bytes]:
    """The sample requests with up to three fields that are others or missing."""
    path = draw(st.sampled_from(sorted(REQUESTS)))
    request = deepcopy(REQUESTS[path])
    for _ in range(draw(st.integers(0, 3))):
        place, name = draw(st.sampled_from(fields_of(request)))
        if draw(st.integers(0, 4)):
            # A copy: the next round may change what is in it.
            place[name] = deepcopy(draw(st.sampled_from(VALUES)))
        else:
            del place[name]
    return path, json.dumps(request).encode()


def outcome(body: shapes.Payment, card: object) -> object:
    """What becomes of a payment: the command and the amounts as sent, or what it breaks."""
    call = Call(
        desk=DESK,
        merchant=DOOR.merchants.record,
        key=API_KEY,
        secret=SECRET,
        body=body,
        card=card,
        conversation_id=None,
        scheme="http",
        host="localhost",
    )
    try:
        command = payment_command(call, PaymentKind.SALE)
    except Failure as failure:
        return failure.error, failure.values
    except Refusal as refusal:
        return refusal.reason
    amounts = [body.price, body.paid_price, *(item.price for item in body.basket_items)]
    parties = [list(party.items()) for party in command.parties.values()]
    return command, parties, [(amount.e8, str(amount.sent)) for amount in amounts]


@given(bodies())
def test_iyzico_payments_come_to_the_same_however_they_are_read(sent) -> None:
    """The record that the decoder has checked, and the values that are looked at one by one."""
    path, raw = sent
    route = DOOR.route("POST", path)
    quick = DOOR.intake.lift(raw, route.card, route.shape)
    slow = DOOR.intake.lift(raw, route.card, None)
    try:
        taken, looked_at = [read_as(PATHS[path], body, quick.card) for body in (quick, slow)]
        assert taken == looked_at
        if isinstance(quick.record, sound.SoundThreedsPayment):
            assert quick.record.callback_url == json.loads(raw).get("callbackUrl")
    finally:
        quick.release()
        slow.release()


def read_as(shape: type[shapes.Payment], body: object, card: object) -> object:
    """What becomes of a body, or that it is none of that shape."""
    try:
        record = shapes.read(shape, body)
    except Failure as failure:
        return failure.error
    return outcome(record, card)


@pytest.mark.parametrize("path", REQUESTS)
def test_iyzico_payments_as_clients_send_them_are_sound(path) -> None:
    """Else all of the above were for nothing."""
    route = DOOR.route("POST", path)
    body = DOOR.intake.lift(json.dumps(REQUESTS[path]).encode(), route.card, route.shape)
    record = shapes.read(PATHS[path], body)
    assert body.card.stands_alone
    assert sound.is_sound(record, body.card, (1, 2))
    assert not sound.is_sound(record, body.card, (2,))
    body.release()


@pytest.mark.parametrize(
    ("shape", "rules"),
    [
        (sound.SoundBuyer, payment_rules.BUYER_RULES),
        (sound.SoundAddress, payment_rules.BILLING_RULES),
        (sound.SoundAddress, payment_rules.SHIPPING_RULES),
        (sound.SoundItem, payment_rules.ITEM_RULES),
    ],
)
def test_iyzico_sound_shapes_have_the_limits_of_the_rules(shape, rules) -> None:
    """Every text that a rule is about has its bound, and is there where the rule insists."""
    fields = {field.name: field for field in msgspec.structs.fields(shape)}
    for rule in rules.rules:
        field = fields[rule.attribute]
        assert field.required is (rule.missing is not None)
        if rule.attribute == "item_type":
            assert set(get_args(field.type)) == set(payment_rules.LINE_KINDS)
            continue
        text = field.type if field.required else get_args(field.type)[0]
        (bounds,) = (part for part in text.__metadata__ if isinstance(part, Meta))
        assert bounds.max_length == rule.length_max
        least = checks.IDENTITY_LENGTH_MIN if rule.attribute == "identity_number" else 1
        assert bounds.min_length == (least if field.required else None)


@pytest.mark.parametrize("name", ["buyer", "billingAddress", "shippingAddress"])
def test_iyzico_empty_texts_of_a_sound_payment_are_not_kept(name) -> None:
    """Every text that may be missing may be empty, which is the same."""
    shape = sound.SoundBuyer if name == "buyer" else sound.SoundAddress
    route = DOOR.route("POST", "/payment/auth")
    spare = [field for field in msgspec.structs.fields(shape) if not field.required]
    assert spare
    for field in spare:
        request = payment_request()
        request[name][field.encode_name] = ""
        body = DOOR.intake.lift(json.dumps(request).encode(), route.card, route.shape)
        assert isinstance(body.record, sound.SoundPayment)
        command, parties, _ = outcome(body.record, body.card)
        assert field.encode_name not in command.parties[name]
        assert "" not in [text for party in parties for _, text in party]
        body.release()


@pytest.mark.parametrize("shape", [shapes.Payment, shapes.ThreedsPayment])
def test_iyzico_sound_shapes_have_the_fields_of_the_ordinary_ones(shape) -> None:
    """In the same order, in which buyer and addresses are kept."""
    assert sound.SOUND_SHAPES[shape].__struct_fields__ == shape.__struct_fields__
    for narrow in (sound.SoundBuyer, sound.SoundAddress, sound.SoundItem):
        assert narrow.__struct_fields__ == narrow.__mro__[1].__struct_fields__
