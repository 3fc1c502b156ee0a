"""What the edge learns of an answer besides its text: who called, what became of it, and why."""

import json

import pytest

from fakes.acquirer import APPROVED
from fakes.audit import MemoryAudit
from fakes.gate import OpenGate, watched
from fakes.intake import PlainBody
from fakes.paywall_house import (
    NEW_CARD,
    PRIVATE_CLIENT,
    PRIVATE_PAIR,
    PUBLIC_CLIENT,
    PUBLIC_PAIR,
    parsed,
)
from fakes.paywall_payments import payment_request
from vezne.core.answer import Approved, Declined, DeclineReason, Risk, Unknown
from vezne.edge.app import Dispatcher
from vezne.edge.messages import BadRequest, Outcome, Request

CARD, PAY = "/paywall/card", "/api/paywall/payment/startdirect"
NO_FUNDS = Declined(reason=DeclineReason.INSUFFICIENT_FUNDS, code="51")


@pytest.fixture
def gate(house):
    """A gate in front of the house."""
    made = OpenGate()
    dispatcher = Dispatcher((watched(house.door, made),), house.vault.intake, MemoryAudit())
    house._dispatcher = dispatcher
    return made


async def send(house, path, body, headers):
    return await house.send("POST", path, json.dumps(body).encode(), headers)


async def test_a_caller_claims_its_client_and_proves_it(house, gate):
    """By the name that goes with the pair of keys which the service asks for."""
    response = await send(house, CARD, NEW_CARD, PRIVATE_PAIR)
    assert (response.outcome, response.reason) == (Outcome.SERVED, "")
    assert gate.seen == [("claim", PRIVATE_CLIENT), ("prove", PRIVATE_CLIENT)]


@pytest.mark.parametrize(
    ("headers", "reason", "claims"),
    [
        ({**PRIVATE_PAIR, "apikeyprivate": "wrong"}, "401", [PRIVATE_CLIENT]),
        ({**PRIVATE_PAIR, "apiclientprivate": "nobody"}, "401", ["nobody"]),
        ({"apiclientprivate": PRIVATE_CLIENT}, "4", []),
    ],
)
async def test_whoever_proves_nothing_is_unauthenticated(house, gate, headers, reason, claims):
    """With the number that the answer has."""
    response = await send(house, CARD, NEW_CARD, headers)
    assert (response.outcome, response.reason) == (Outcome.UNAUTHENTICATED, reason)
    assert (gate.claims, gate.proofs) == (claims, [])


async def test_a_browser_is_not_named_by_its_token(house, gate):
    """The token is a secret, and the trail has none.

    The name is the merchant's own: else the browsers of all shops would share one limit.
    """
    opened = await house.call(
        "POST", "/api/paywall/temptoken", {"ExpiryMin": 30, "ClientCardSave": True}, PUBLIC_PAIR
    )
    token = opened["Body"]["Token"]
    await send(house, "/api/paywall/tempcard", {}, {"token": token})
    assert gate.seen == [
        ("claim", PUBLIC_CLIENT),
        ("prove", PUBLIC_CLIENT),
        ("prove", "paywall.browsers.7"),
    ]
    response = await send(house, "/api/paywall/tempcard", {}, {"token": "nobody"})
    assert response.outcome is Outcome.UNAUTHENTICATED


@pytest.mark.parametrize(
    ("body", "reason"), [([], "2"), ({**NEW_CARD, "Card": None}, "110"), ({}, "2")]
)
async def test_what_we_refuse_is_refused(house, body, reason):
    """With the number that the answer has."""
    response = await send(house, CARD, body, PRIVATE_PAIR)
    assert (response.outcome, response.reason) == (Outcome.REFUSED, reason)
    assert str(parsed(response)["ErrorCode"]) == reason


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        (APPROVED, Outcome.SERVED, ""),
        (NO_FUNDS, Outcome.DECLINED, "1"),
        (Approved(auth_code="1", reference="1", risk=Risk.REJECTED), Outcome.DECLINED, "78"),
        (Unknown(why="silence"), Outcome.DECLINED, "88"),
    ],
)
async def test_what_a_bank_does_not_do_is_declined(house, answer, outcome, reason):
    """Its no, its fraud check's no, and its silence."""
    house.ports.acquirer.script(answer, *([APPROVED] if reason == "78" else []))
    response = await send(house, PAY, payment_request(), PUBLIC_PAIR)
    assert (response.outcome, response.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("unknown_path", "404"), ("wrong_method", "405"), ("malformed", "2"), ("too_large", "413")],
)
async def test_what_the_edge_refuses_is_refused(house, name, reason):
    """Before anybody has proven anything."""
    response = getattr(house.door, name)(BadRequest(method="POST", path=CARD, why="x"))
    assert (response.outcome, response.reason) == (Outcome.REFUSED, reason)


@pytest.mark.parametrize(
    ("path", "locale", "text"),
    [(CARD, "en", "Too many requests"), (PAY, "", "Çok fazla istek")],
)
async def test_who_is_turned_away_is_told_in_its_language(house, path, locale, text):
    """In the envelope of the API; the status is that of HTTP (RFC 6585, 4)."""
    request = Request(
        method="POST",
        scheme="https",
        host="pay.example",
        path=path,
        target=path,
        query="",
        headers={"locale": locale},
        body=PlainBody(b"", None),
    )
    response = house.door.too_many(request)
    answer = parsed(response)
    assert (response.status, answer["ErrorCode"], answer["Result"]) == (429, 429, False)
    assert answer["Message"].startswith(text)
    assert ("ErrorCodeType" in answer) is (path == PAY)


@pytest.mark.parametrize(
    ("path", "locale", "text"),
    [(CARD, "en", "Service unavailable"), (PAY, "", "Hizmet Kullanılamıyor")],
)
async def test_a_busy_server_says_so(house, path, locale, text):
    """With the code that the official client knows for it, in the envelope of the API."""
    bad = BadRequest(method="POST", path=path, why="x", headers={"locale": locale})
    response = house.door.overloaded(bad)
    answer = parsed(response)
    assert (response.status, response.outcome) == (503, Outcome.OVERLOADED)
    assert (answer["ErrorCode"], answer["Result"]) == (503, False)
    assert answer["Message"].startswith(text)
    assert ("ErrorCodeType" in answer) is (path == PAY)


async def test_what_finishes_a_payment_is_among_the_last_to_be_refused(house):
    """Whose cardholder is on the way to the bank or back."""
    last = [route.path for route in house.door.routes if route.is_last]
    assert len(last) == 2
    assert "/api/paywall/payment/end3d" in last
