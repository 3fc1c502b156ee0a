"""What the edge learns of an answer besides its text: who called, what became of it, and why."""

import json

import pytest

from fakes.acquirer import APPROVED
from fakes.gate import OpenGate, come_in
from fakes.iyzico_door import (
    API_KEY,
    card_request,
    parsed,
    payment_request,
    replaced,
    signed,
    without,
)
from vezne.core.answer import Approved, Declined, DeclineReason, Risk, Unknown
from vezne.edge.messages import BadRequest, Outcome, Request

CARD, PAY = "/cardstorage/card", "/payment/auth"
NO_FUNDS = Declined(reason=DeclineReason.INSUFFICIENT_FUNDS, code="51")


async def send(door, path, body, **changes):
    return await door.send(path, json.dumps(body).encode(), **changes)


async def test_a_caller_claims_its_key_and_proves_it(door):
    """Before the signature is looked at, and after it."""
    gate = OpenGate()
    come_in(gate)
    await send(door, CARD, card_request())
    assert gate.seen == [("claim", API_KEY), ("prove", API_KEY)]


@pytest.mark.parametrize(
    ("authorization", "reason", "claims"),
    [
        (signed(CARD, b"x"), "1000", [API_KEY]),
        (signed(CARD, b"x", key="nobody"), "1001", ["nobody"]),
        ("", "1001", []),
    ],
)
async def test_whoever_proves_nothing_is_unauthenticated(door, authorization, reason, claims):
    """With the code that the answer has."""
    gate = OpenGate()
    come_in(gate)
    response = await send(door, CARD, card_request(), authorization=authorization)
    assert (response.outcome, response.reason) == (Outcome.UNAUTHENTICATED, reason)
    assert (gate.claims, gate.proofs) == (claims, [])


async def test_what_is_done_is_served(door):
    """And has no reason."""
    response = await send(door, CARD, card_request())
    assert (response.outcome, response.reason) == (Outcome.SERVED, "")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (without(card_request(), "card"), "3003"),
        (replaced(card_request(), "card.cardNumber", "1"), "12"),
        (card_request(conversationId="x" * 300), "20"),
        ({"cardUserKey": "nobody", "card": card_request()["card"]}, "3005"),
    ],
)
async def test_what_we_refuse_is_refused(door, body, reason):
    """With the code that the answer has."""
    response = await send(door, CARD, body)
    assert (response.outcome, response.reason) == (Outcome.REFUSED, reason)
    assert parsed(response)["errorCode"] == reason


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        (APPROVED, Outcome.SERVED, ""),
        (NO_FUNDS, Outcome.DECLINED, "10051"),
        (
            Approved(auth_code="1", reference="1", risk=Risk.REJECTED),
            Outcome.DECLINED,
            "6001",
        ),
        (Unknown(why="silence"), Outcome.DECLINED, "10219"),
    ],
)
async def test_what_a_bank_does_not_do_is_declined(door, answer, outcome, reason):
    """Its no, its fraud check's no, and its silence."""
    door.acquirer.script(answer, APPROVED)
    response = await send(door, PAY, payment_request())
    assert (response.outcome, response.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (APPROVED, [("hear", True)]),
        (NO_FUNDS, [("hear", False)]),
        (Unknown(why="silence"), []),
    ],
)
async def test_the_gate_hears_the_bank(door, answer, heard):
    """But for its silence; and asking again later is no new answer."""
    gate = OpenGate()
    come_in(gate)
    door.acquirer.script(answer)
    await send(door, PAY, payment_request())
    await send(door, "/payment/detail", {"paymentConversationId": "123456789"})
    assert [event for event in gate.seen if event[0] == "hear"] == heard


@pytest.mark.parametrize(("name", "reason"), [("malformed", "11"), ("too_large", "11")])
async def test_what_the_edge_refuses_is_refused(door, name, reason):
    """A body that is none, or too much of one."""
    response = getattr(door.door, name)(BadRequest(method="POST", path=PAY, why="x"))
    assert (response.outcome, response.reason) == (Outcome.REFUSED, reason)


async def test_a_path_that_is_nobodys_is_refused(door):
    """With the status as its reason."""
    bad = BadRequest(method="POST", path="/nowhere", why="x")
    assert (door.door.unknown_path(bad).outcome, door.door.unknown_path(bad).reason) == (
        Outcome.REFUSED,
        "404",
    )
    assert door.door.wrong_method(bad).reason == "405"


@pytest.mark.parametrize(
    ("method", "body", "target", "text", "reference"),
    [
        ("POST", b'{"locale":"en","conversationId":"7"}', PAY, "Too many requests", "7"),
        ("POST", b'{"conversationId":"7"}', PAY, "Çok fazla istek", "7"),
        ("GET", b"", f"{PAY}?locale=en&conversationId=8", "Too many requests", "8"),
    ],
)
async def test_who_is_turned_away_is_told_in_its_language(
    door, method, body, target, text, reference
):
    """Envelope, reference and all; the status is that of HTTP (RFC 6585, 4)."""
    sealed = door.intake.lift(body, None)
    request = Request(
        method=method,
        scheme="http",
        host="localhost",
        path=PAY,
        target=target,
        query=target.partition("?")[2],
        headers={},
        body=sealed,
    )
    response = door.door.too_many(request)
    answer = parsed(response)
    assert (response.status, response.reason) == (429, answer["errorCode"])
    assert (answer["status"], answer["conversationId"]) == ("failure", reference)
    assert answer["errorMessage"].startswith(text)


@pytest.mark.parametrize(
    ("language", "locale", "text"),
    [("en-GB,en;q=0.9", "en", "The system is very busy"), ("", "tr", "Sistem şu anda çok yoğun")],
)
async def test_a_busy_server_says_so(door, language, locale, text):
    """Without the body, and so without the reference in it; with the language of the header."""
    bad = BadRequest(method="POST", path=PAY, why="x", headers={"accept-language": language})
    response = door.door.overloaded(bad)
    answer = parsed(response)
    assert (response.status, response.outcome) == (503, Outcome.OVERLOADED)
    assert (answer["status"], answer["errorCode"], response.reason) == ("failure", "93303", "93303")
    assert answer["locale"] == locale
    assert answer["errorMessage"].startswith(text)


async def test_what_finishes_a_payment_is_among_the_last_to_be_refused(door):
    """Whose cardholder has been at the bank."""
    last = {route.path for route in door.door.routes if route.is_last}
    paths = ("/payment/3dsecure/auth", "/payment/v2/3dsecure/auth", "/payment/3dsecure/auth/basic")
    assert last == set(paths)
