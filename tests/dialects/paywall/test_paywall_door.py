"""Who may call, how clients call, and what is said where there is nothing to call."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.paywall_house import (
    NEW_CARD,
    OTHER_KEY,
    PRIVATE_CLIENT,
    PRIVATE_KEY,
    PRIVATE_PAIR,
    PUBLIC_PAIR,
    open_house,
    parsed,
)

# As PayWall.NetCore writes it: camelCase, null for what is unset, escapes for all but ASCII.
SDK_NEW_CARD = (
    '{"partnerBased":false,"partnerIdentity":null,"relationalId1":"1000923","relationalId2":null,'
    '"relationalId3":null,"card":{"nickname":"\\u0130\\u015F bankas\\u0131 kart\\u0131m",'
    '"holderName":"Emir Selim T\\u00FCt\\u00FCnc\\u00FC","number":"4546711234567894","month":12,'
    '"year":2026},"includeDetails":true}'
)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, 4),
        (PUBLIC_PAIR, 4),
        ({"apiclientprivate": PRIVATE_CLIENT}, 4),
        ({"apikeyprivate": PRIVATE_KEY}, 4),
        ({"apiclientprivate": PRIVATE_CLIENT, "apikeyprivate": " "}, 4),
        ({"apiclientprivate": "nobody", "apikeyprivate": PRIVATE_KEY}, 401),
        ({"apiclientprivate": "a\0b", "apikeyprivate": PRIVATE_KEY}, 401),
        ({"apiclientprivate": PRIVATE_CLIENT, "apikeyprivate": "wrong"}, 401),
        ({"apiclientprivate": PRIVATE_CLIENT, "apikeyprivate": "çok"}, 401),
        ({"apiclientprivate": PRIVATE_CLIENT, "apikeyprivate": OTHER_KEY}, 401),
        ({"apiclientprivate": PRIVATE_CLIENT, "apikeyprivate": PRIVATE_KEY.lower()}, 401),
    ],
)
async def test_keys_are_asked_for_first(house, headers, code):
    """The pair must be whole and right; nothing else of the request is looked at before."""
    response = await house.send("POST", "/paywall/card", b"[]", headers)
    answer = parsed(response)
    assert response.status == 200
    assert (answer["ErrorCode"], answer["Result"], answer["Body"]) == (code, False, None)


async def test_bad_keys_can_be_an_http_error(tmp_path):
    """A switch for operators whose monitors look at the status."""
    async with open_house(tmp_path, credential_failure="401") as strict:
        response = await strict.send("GET", "/paywall/card", b"", {})
        assert response.status == 401
        assert parsed(response)["ErrorCode"] == 4


async def test_any_pair_may_come_along(house):
    """The official client sends both pairs to one service and leaves headers from calls before."""
    headers = {
        **PUBLIC_PAIR,
        "relationalid1": "stale",
        "uniquecode": "stale",
        "merchantuniquecode": "stale",
        "token": "stale",
        "includedetails": "False",
    }
    answer = await house.call("POST", "/paywall/card", NEW_CARD, headers)
    assert answer["Body"]["Details"]
    assert len(await house.list()) == 1


async def test_the_official_clients_requests_are_understood(house):
    """camelCase with POST, PascalCase with DELETE, headers with GET."""
    raw = SDK_NEW_CARD.encode()
    stored = parsed(await house.send("POST", "/paywall/card", raw, PRIVATE_PAIR))
    assert stored["Body"]["Name"] == "İş bankası kartım"
    assert stored["Body"]["CardHolderName"] == "E*i* S*l*m T*t*n*ü"
    (listed,) = await house.list(includedetails="True")
    update = {
        "relationalId1": "1000923",
        "relationalId2": None,
        "uniqueCode": listed["UniqueCode"],
        "month": 1,
        "year": 2031,
    }
    assert (await house.call("PUT", "/paywall/card", update))["Result"] is True
    delete = {
        "PartnerBased": False,
        "PartnerIdentity": None,
        "RelationalId1": "1000923",
        "RelationalId2": None,
        "RelationalId3": None,
        "UniqueCode": listed["UniqueCode"],
    }
    assert (await house.call("DELETE", "/paywall/card", delete))["Result"] is True


async def test_names_are_read_in_any_case(house):
    """Of the card as well, whose number the vault finds in any spelling."""
    shouted = {
        "RELATIONALID1": "1000923",
        "CARD": {name.upper(): value for name, value in NEW_CARD["Card"].items()},
        "INCLUDEDETAILS": "TRUE",
    }
    answer = await house.call("POST", "/PayWall/Card/", shouted)
    assert answer["Body"]["Details"]["CardFamily"] == "Combo"


async def test_a_number_elsewhere_in_the_request_is_refused(house):
    """It would be kept where card numbers have no place."""
    request = {**NEW_CARD, "RelationalId2": "4546711234567894"}
    answer = await house.call("POST", "/paywall/card", request)
    assert answer["ErrorCode"] == 105
    assert "4546711234567894" not in json.dumps(answer)


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b'"x"', b"17", b"{", b"\xff", b'{"a":1}x'])
async def test_what_is_no_object_is_invalid_data(house, raw):
    """Error 2 with HTTP 200, whether or not it is JSON."""
    response = await house.send("POST", "/paywall/card", raw, PRIVATE_PAIR)
    answer = parsed(response)
    assert response.status == 200
    assert (answer["ErrorCode"], answer["Result"], answer["Body"]) == (2, False, None)


@pytest.mark.parametrize(
    ("method", "path", "raw", "status"),
    [
        ("GET", "/paywall/else", b"", 404),
        ("PATCH", "/paywall/card", b"", 405),
        ("POST", "/paywall/card", None, 413),
    ],
)
async def test_what_no_endpoint_answers_is_an_http_error_in_the_envelope(
    house, method, path, raw, status
):
    """The number in the body is that of HTTP."""
    response = await house.send(method, path, raw, PRIVATE_PAIR)
    answer = parsed(response)
    assert response.status == status
    assert list(answer) == ["ErrorCode", "Result", "Message", "Body"]
    assert (answer["ErrorCode"], answer["Result"], answer["Body"]) == (status, False, None)


async def test_a_fault_is_a_500_in_the_envelope(house):
    """Nothing of its cause is told."""

    async def broken(merchant_id, external_id):
        raise RuntimeError("secret of the house")

    house.ports.books.find_owners = broken
    response = await house.send(
        "POST", "/paywall/card", json.dumps(NEW_CARD).encode(), PRIVATE_PAIR
    )
    assert response.status == 500
    assert parsed(response)["ErrorCode"] == 500
    assert b"secret" not in response.body


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**22), 10**22)
    | st.floats(allow_nan=False, allow_infinity=False, width=32)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)
_NAMES = st.sampled_from(
    [
        "RelationalId1",
        "relationalId2",
        "RELATIONALID3",
        "Card",
        "card",
        "IncludeDetails",
        "PartnerBased",
        "UniqueCode",
        "Month",
        "Year",
        "Nickname",
        "HolderName",
        "Number",
        "IsSavedCard",
        "CardNumber",
        "CardToken",
        "CardBin",
        "CardLastFour",
        "Identity",
    ]
)
_CARDS = st.dictionaries(_NAMES, _JSON, max_size=8)
_BODIES = st.dictionaries(_NAMES, _JSON | _CARDS, max_size=8) | _JSON
_TEXTS = st.text(st.characters(max_codepoint=255), max_size=40)
_HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "relationalid1",
            "relationalid2",
            "includedetails",
            "partnerbased",
            "issavedcard",
            "cardnumber",
            "uniquecode",
            "locale",
            "content-type",
        ]
    ),
    _TEXTS,
)
_ENDPOINTS = st.sampled_from(
    [
        (method, f"/paywall/{path}")
        for path, methods in {
            "card": ("POST", "GET", "PUT", "DELETE"),
            "card/tokenization": ("POST",),
            "card/insurance": ("POST", "GET", "PUT", "DELETE"),
            "blacklist/card": ("POST", "DELETE"),
            "blacklist/card/inquiry": ("GET",),
        }.items()
        for method in methods
    ]
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(endpoint=_ENDPOINTS, body=_BODIES, headers=_HEADERS)
async def test_whatever_comes_gets_an_envelope(house, endpoint, body, headers):
    """No JSON and no header makes anything but an answer with a number, an outcome and a body."""
    method, path = endpoint
    raw = json.dumps(body).encode()
    response = await house.send(method, path, raw, {**headers, **PRIVATE_PAIR})
    answer = parsed(response)
    assert response.status == 200
    assert list(answer) == ["ErrorCode", "Result", "Message", "Body"]
    assert type(answer["ErrorCode"]) is int
    assert answer["Result"] is (answer["ErrorCode"] == 0)
    assert answer["Body"] is None or isinstance(answer["Body"], dict | list)
