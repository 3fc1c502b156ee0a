"""The iyzico door as the edge sees it: callers, envelopes, and what fits no endpoint."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import SAMPLE_TIME_MS
from fakes.iyzico_door import (
    API_KEY,
    FOREIGN_PAN,
    PAN,
    IyzicoDoor,
    basic_request,
    basic_threeds_request,
    card_request,
    parsed,
    payment_request,
    signed,
    threeds_request,
)
from fakes.world import FixedClock
from vezne.core.answer import Approved
from vezne.core.body import FieldState
from vezne.dialects.iyzico.sound import SoundPayment, SoundThreedsPayment
from vezne.edge.messages import BadRequest
from vezne.vault.intake import VaultIntake
from vezne.vault.transit import Transit

ENDPOINTS = [
    (route.method, route.path)
    for route in IyzicoDoor().door.routes
    if route.path != "/payment/test"
]
WITH_BODY = [(method, path) for method, path in ENDPOINTS if method != "GET"]
NOWHERE = BadRequest(method="POST", path="/payment/nowhere", why="no such path")


async def test_iyzico_health_needs_no_signature(door) -> None:
    """GET /payment/test answers anybody, with or without a body."""
    for raw in (b"", b"{}", b"null"):
        response = await door.send("/payment/test", raw, "GET", authorization="")
        assert parsed(response) == {
            "status": "success",
            "locale": "tr",
            "systemTime": SAMPLE_TIME_MS,
        }


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
async def test_iyzico_endpoints_ask_who_calls_before_anything_else(door, method, path) -> None:
    """No header and an unknown key are 1001, a wrong signature 1000; the reference comes back."""
    raw = json.dumps({"conversationId": 5, "locale": "en"}).encode()
    query = "" if (method, path) in WITH_BODY else "?conversationId=5&locale=en"
    for header, code, text in (
        ("", "1001", "API credentials not found"),
        ("Bearer token", "1001", "API credentials not found"),
        (signed(path, raw, key="somebody"), "1001", "API credentials not found"),
        (signed(path, raw, secret=b"wrong"), "1000", "Invalid signature"),
        (signed(path, raw + b" "), "1000", "Invalid signature"),
    ):
        response = await door.send(f"{path}{query}", raw, method, authorization=header)
        assert response.status == 200
        assert list(parsed(response).items()) == [
            ("status", "failure"),
            ("errorCode", code),
            ("errorMessage", text),
            ("locale", "en"),
            ("systemTime", SAMPLE_TIME_MS),
            ("conversationId", "5"),
        ]


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
@pytest.mark.parametrize(
    ("raw", "code"),
    [(b"", "6"), (b"null", "6"), (b"[]", "6"), (b"[1]", "11"), (b'"text"', "11"), (b"7", "11")],
)
async def test_iyzico_endpoints_need_an_object(door, method, path, raw, code) -> None:
    """Nothing at all is error 6, anything but an object error 11."""
    response = await door.send(path, raw, method)
    assert response.status == 200
    assert parsed(response)["errorCode"] == code


async def test_iyzico_unsigned_leak_is_not_echoed(door) -> None:
    """A stranger's misplaced card number does not come back either."""
    raw = json.dumps(payment_request(conversationId=PAN)).encode()
    response = await door.send("/payment/auth", raw, authorization="")
    assert PAN.encode() not in response.body


@pytest.mark.parametrize(
    ("answer", "status", "phrase"),
    [("unknown_path", 404, "Not Found"), ("wrong_method", 405, "Method Not Allowed")],
)
def test_iyzico_paths_without_endpoint_answer_like_the_live_service(
    door, answer, status, phrase
) -> None:
    """The shape of the framework behind the live service."""
    response = getattr(door.door, answer)(NOWHERE)
    assert response.status == status
    assert list(parsed(response).items()) == [
        ("timestamp", SAMPLE_TIME_MS),
        ("status", status),
        ("error", phrase),
        ("path", "/payment/nowhere"),
    ]


@pytest.mark.parametrize(
    ("answer", "status", "code", "text"),
    [
        ("malformed", 200, "11", "Geçersiz istek"),
        ("too_large", 413, "11", "Geçersiz istek"),
        ("fault", 500, "1", "Sistem hatası"),
    ],
)
def test_iyzico_unreadable_requests_are_failures(door, answer, status, code, text) -> None:
    """What no endpoint saw is answered in the envelope all the same."""
    response = getattr(door.door, answer)(NOWHERE)
    assert response.status == status
    assert parsed(response) == {
        "status": "failure",
        "errorCode": code,
        "errorMessage": text,
        "locale": "tr",
        "systemTime": SAMPLE_TIME_MS,
    }


def test_iyzico_door_has_its_name_and_headers(door) -> None:
    """The fixed headers of the live service; card data is lifted where it can be sent."""
    assert door.door.name == "iyzico"
    assert dict(door.door.headers) == {
        b"content-type": b"application/json;charset=UTF-8",
        b"cache-control": b"no-cache, no-store, max-age=0, must-revalidate",
        b"pragma": b"no-cache",
        b"expires": b"0",
        b"x-content-type-options": b"nosniff",
        b"x-xss-protection": b"1; mode=block",
    }
    lifted = {route.path for route in door.door.routes if route.card is not None}
    assert lifted == {
        "/cardstorage/card",
        "/cardstorage/blacklist/card/retrieve",
        "/payment/auth",
        "/payment/preauth",
        "/payment/auth/basic",
        "/payment/preauth/basic",
        "/payment/3dsecure/initialize",
        "/payment/3dsecure/initialize/preauth",
        "/payment/3dsecure/initialize/basic",
        "/payment/3dsecure/initialize/preauth/basic",
        "/payment/iyziconnect/initialize3ds/preauth",
    }


async def test_iyzico_credentials_are_never_shown(door) -> None:
    """Neither key nor secret of the caller stands in an answer."""
    response = await door.send("/payment/auth", json.dumps(payment_request(price=0)).encode())
    assert API_KEY.encode() not in response.body


FIELDS = st.sampled_from(
    sorted(
        {
            *payment_request(),
            *basic_request(),
            *card_request(),
            "paymentId",
            "cardUserKey",
            "cardToken",
            "cardNumber",
            "paymentTransactionId",
            "binNumber",
            "reason",
            "id",
            "buyer",
            "itemType",
            "name",
            "category1",
            "cvc",
            "expireYear",
            "expireMonth",
            "cardHolderName",
            "registerCard",
            "metadata",
            "paymentConversationId",
            "ip",
            "callbackUrl",
            "conversationData",
        }
    )
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from([PAN, FOREIGN_PAN, "12", "2030", "123", "1", "1.2", "PHYSICAL", "10851936"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=6),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ENDPOINTS), VALUES | st.dictionaries(FIELDS, VALUES, max_size=8))
async def test_iyzico_no_json_makes_an_endpoint_raise(endpoint, body) -> None:
    """Whatever a client sends, it gets an answer in the envelope."""
    method, path = endpoint
    door = IyzicoDoor()
    door.acquirer.script(Approved(auth_code="1", reference="r"))
    response = await door.send(path, json.dumps(body).encode(), method)
    assert response.status == 200
    assert parsed(response)["status"] in {"success", "failure"}


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(
        [
            "/payment/auth",
            "/payment/auth/basic",
            "/payment/3dsecure/initialize",
            "/payment/3dsecure/initialize/basic",
            "/cardstorage/card",
        ]
    ),
    st.data(),
)
async def test_iyzico_one_odd_field_never_makes_an_endpoint_raise(path, data) -> None:
    """A request that is right but for one value, however odd, gets an answer in the envelope."""
    requests = {
        "/payment/auth": payment_request(),
        "/payment/auth/basic": basic_request(),
        "/payment/3dsecure/initialize": threeds_request(),
        "/payment/3dsecure/initialize/basic": basic_threeds_request(),
        "/cardstorage/card": card_request(),
    }
    request = requests[path]
    place = request
    while True:
        name = data.draw(st.sampled_from(sorted(place)))
        inner = place[name][0] if isinstance(place[name], list) else place[name]
        if not isinstance(inner, dict) or data.draw(st.booleans()):
            break
        place = inner
    place[name] = data.draw(VALUES)
    door = IyzicoDoor()
    door.acquirer.script(Approved(auth_code="1", reference="r"))
    response = await door.send(path, json.dumps(request).encode())
    assert response.status == 200
    assert parsed(response)["status"] in {"success", "failure"}


@given(st.binary(max_size=60))
async def test_iyzico_no_bytes_make_an_endpoint_raise(raw) -> None:
    """Bodies that are no JSON at all."""
    response = await IyzicoDoor().send("/payment/auth", raw)
    assert response.status == 200
    assert parsed(response)["status"] == "failure"


@pytest.mark.parametrize("route", [route for route in IyzicoDoor().door.routes if route.card])
def test_iyzico_records_have_a_mark_where_the_vault_takes_the_card(route) -> None:
    """The vault reads a body of every such route as its record, and catches the number."""
    shape = route.shape.record
    raw = threeds_request() if issubclass(shape, SoundThreedsPayment) else {}
    raw = payment_request() if shape is SoundPayment else raw
    card: object = {route.card.number: PAN}
    for step in reversed(route.card.container):
        card = {step: card}
    raw |= card
    intake = VaultIntake(Transit(FixedClock(SAMPLE_TIME_MS)))
    body = intake.lift(json.dumps(raw).encode(), route.card, route.shape)
    assert isinstance(body.record, shape)
    assert body.card.number is FieldState.VALID
