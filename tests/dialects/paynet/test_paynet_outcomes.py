"""What the edge learns of an answer besides its text: who called, what became of it, and why."""

import base64
import json

import pytest

from fakes.acquirer import APPROVED
from fakes.audit import MemoryAudit
from fakes.gate import OpenGate, watched
from fakes.intake import PlainBody
from fakes.paynet_house import PUBLISHABLE_KEY, SECRET_KEY, parsed
from fakes.paynet_payments import PAYMENT, direct_request
from vezne.core.answer import Declined, DeclineReason, Unknown
from vezne.dialects.paynet.auth import secret_name
from vezne.edge.app import Dispatcher
from vezne.edge.messages import BadRequest, Outcome, Request

AUTH, LIST = "/v1/paynetj/auth", "/v1/card/list"
NO_FUNDS = Declined(reason=DeclineReason.INSUFFICIENT_FUNDS, code="51")


@pytest.fixture
def gate(house):
    """A gate in front of the house."""
    made = OpenGate()
    house.dispatcher = Dispatcher((watched(house.door, made),), house.vault.intake, MemoryAudit())
    return made


async def send(house, path, body, key=SECRET_KEY, **headers):
    all_headers = {"authorization": f"Basic {key}", "content-type": "application/json", **headers}
    return await house.send(path, json.dumps(body).encode(), all_headers)


async def test_a_caller_is_named_by_its_publishable_key(house, gate):
    """What it claims betrays nothing of a secret key, and is the same every time."""
    await send(house, LIST, {"card_owner_id": "x"})
    await send(house, LIST, {"card_owner_id": "x"})
    name = secret_name(house.vault.names, SECRET_KEY)[:32]
    assert gate.seen == [("claim", name), ("prove", PUBLISHABLE_KEY)] * 2


async def test_a_publishable_key_is_a_claim_of_its_own(house, gate):
    """Everybody knows it: what is done with it must not be counted as the secret one's."""
    await send(house, AUTH, {"amount": "1000"}, PUBLISHABLE_KEY)
    assert gate.seen == [("claim", PUBLISHABLE_KEY), ("prove", PUBLISHABLE_KEY)]


@pytest.mark.parametrize("key", ["sck_wrong", base64.b64encode(b"sck_wrong:").decode()])
async def test_a_wrong_key_is_unauthenticated(house, gate, key):
    """And nowhere in what is claimed, either."""
    response = await send(house, LIST, {}, key)
    assert (response.outcome, response.reason) == (Outcome.UNAUTHENTICATED, "7")
    assert gate.claims
    assert not any("wrong" in str(name) for name in gate.claims)
    assert gate.proofs == []


async def test_no_key_is_no_claim(house, gate):
    """Whoever says nothing guesses nothing."""
    response = await house.send(LIST, b"{}", {})
    assert (response.outcome, gate.seen) == (Outcome.UNAUTHENTICATED, [])


async def test_a_key_for_another_service_is_refused(house):
    """It is known who calls, and that it may not."""
    response = await send(house, LIST, {}, PUBLISHABLE_KEY)
    assert (response.outcome, response.reason) == (Outcome.REFUSED, "7")


async def test_what_we_refuse_is_refused(house):
    """With the code that the answer has."""
    response = await send(house, PAYMENT, direct_request(pan="1"))
    assert (response.outcome, response.reason) == (Outcome.REFUSED, "18")
    assert parsed(response)["result_code"] == 18


@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        (APPROVED, Outcome.SERVED, ""),
        (NO_FUNDS, Outcome.DECLINED, "1"),
        (Unknown(why="silence"), Outcome.DECLINED, "10"),
    ],
)
async def test_what_a_bank_does_not_do_is_declined(house, accept, answer, outcome, reason):
    """Its no, although that is HTTP 200 here, and its silence; however the answer is written."""
    house.acquirer.script(answer)
    response = await send(house, PAYMENT, direct_request(), accept=accept)
    assert (response.outcome, response.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("unknown_path", "11"), ("wrong_method", "11"), ("malformed", "11"), ("too_large", "11")],
)
async def test_what_the_edge_refuses_is_refused(house, name, reason):
    """Before anybody has proven anything."""
    response = getattr(house.door, name)(BadRequest(method="POST", path=LIST, why="x"))
    assert (response.outcome, response.reason) == (Outcome.REFUSED, reason)


@pytest.mark.parametrize(
    ("path", "language", "text"),
    [(AUTH, "en", "The operation is not possible: too many"), (LIST, "tr", "İşlem yapılamaz: çok")],
)
async def test_who_is_turned_away_is_told_in_its_language(house, path, language, text):
    """With the protocol's code for what cannot be done now; pages can read it where they call."""
    request = Request(
        method="POST",
        scheme="https",
        host="pay.example",
        path=path,
        target=path,
        query="",
        headers={"accept-language": language},
        body=PlainBody(b"", None),
    )
    response = house.door.too_many(request)
    answer = parsed(response)
    assert (response.status, answer["code"], answer["result_code"]) == (429, 429, 6)
    assert answer["message"].startswith(text)
    assert ((b"access-control-allow-origin", b"*") in response.headers) is (path == AUTH)


@pytest.mark.parametrize(
    ("path", "language", "text"),
    [(AUTH, "en", "Server error: the server is very busy"), (LIST, "tr", "Sunucu hatası: ")],
)
async def test_a_busy_server_says_so(house, path, language, text):
    """With the protocol's code for a server's error; pages can read it where they call."""
    headers = {"accept-language": language}
    bad = BadRequest(method="POST", path=path, why="x", headers=headers)
    response = house.door.overloaded(bad)
    answer = parsed(response)
    assert (response.status, response.outcome) == (503, Outcome.OVERLOADED)
    assert (answer["code"], answer["result_code"], answer["type"]) == (503, 8, "api_error")
    assert answer["message"].startswith(text)
    assert ((b"access-control-allow-origin", b"*") in response.headers) is (path == AUTH)


async def test_what_finishes_a_payment_is_among_the_last_to_be_refused(house):
    """Whose cardholder is on the way to the bank or back."""
    last = {(route.method, route.path) for route in house.door.routes if route.is_last}
    assert ("POST", "/v2/transaction/tds_charge") in last
    assert len(last) == 5
