"""The header Idempotency-Key at Paynet's door: what it has that other doors have not."""

import pytest

from fakes.acquirer import APPROVED
from fakes.paynet_house import PUBLISHABLE_KEY, SECRET_KEY, PaynetHouse
from fakes.paynet_payments import PAYMENT, direct_request
from vezne.core.answer import Unknown

AUTH = "/v1/paynetj/auth"
KEY = {"idempotency-key": "order-1"}
XML = {"accept": "application/xml"}


async def _paid(house: PaynetHouse, body=None, **headers):
    status, answer = await house.post(PAYMENT, body or direct_request(), **KEY, **headers)
    return status, answer


@pytest.mark.parametrize(
    ("language", "text"),
    [("tr", "kullanılmış, bu istek işlenmedi"), ("en", "this one was not executed")],
)
async def test_a_reused_key_is_an_error_of_its_own(house, language, text):
    """In the caller's language, with the status of the draft."""
    house.acquirer.script(APPROVED)
    await _paid(house)
    status, answer = await _paid(
        house, direct_request(reference_no="order-2"), **{"accept-language": language}
    )
    assert (status, answer["code"], answer["result_code"]) == (422, 422, 5)
    assert answer["type"] == "invalid_request_error"
    assert text in answer["message"]


async def test_a_malformed_key_is_a_bad_request(house):
    """As any field that is malformed."""
    status, answer = await house.post(PAYMENT, direct_request(), **{"idempotency-key": "two words"})
    assert (status, answer["result_code"]) == (400, 11)


async def test_a_replay_has_the_format_of_the_first_answer(house):
    """Byte for byte, whatever the repetition accepts."""
    house.acquirer.script(APPROVED)
    headers = {"authorization": f"Basic {SECRET_KEY}", "content-type": "application/json"}
    raw = b'{"amount":"1,00","pan":"4355084355084358","month":12,"year":2026,"cvc":"000"'
    raw += b',"reference_no":"x","domain":"www.acme.com","card_holder":"Gokhan"}'
    first = await house.send(PAYMENT, raw, {**headers, **KEY, **XML})
    again = await house.send(PAYMENT.upper(), raw, {**headers, **KEY})
    assert first.status == 200
    assert first.body.startswith(b"<?xml")
    assert again.body == first.body
    assert again.headers == (*first.headers, (b"idempotency-replayed", b"true"))


async def test_silence_is_an_answer(house):
    """A payment whose bank did not answer is not tried again, and stays unanswered to its key."""
    house.acquirer.script(Unknown(why="silence"))
    first = await _paid(house)
    assert (first[0], first[1]["result_code"]) == (500, 10)
    assert await _paid(house) == first
    assert len(house.acquirer.asks) == 1


async def test_pages_have_keys_of_their_own(house):
    """Everybody knows a publishable key: who has only that cannot use up a server's keys."""
    _, session = await house.post(AUTH, {"amount": "1000"}, PUBLISHABLE_KEY, **KEY)
    house.acquirer.script(APPROVED)
    status, _ = await _paid(house)
    assert status == 200
    _, again = await house.post(AUTH, {"amount": "1000"}, PUBLISHABLE_KEY, **KEY)
    assert again == session


async def test_pages_may_send_a_key_and_see_a_replay(house):
    """What the browser must be told (Fetch, 3.2)."""
    preflight = dict((await house.send(AUTH, method="OPTIONS")).headers)
    assert b"Idempotency-Key" in preflight[b"access-control-allow-headers"]
    headers = {"authorization": f"Basic {PUBLISHABLE_KEY}", **KEY}
    first = await house.send(AUTH, b'{"amount":"1000"}', headers)
    again = await house.send(AUTH, b'{"amount":"1000"}', headers)
    assert again.body == first.body
    answered = dict(again.headers)
    assert answered[b"idempotency-replayed"] == b"true"
    assert answered[b"access-control-allow-origin"] == b"*"
    assert answered[b"access-control-expose-headers"] == b"Idempotency-Replayed"


async def test_a_gate_is_a_page_and_takes_no_key(house):
    """A browser that loads it again is led to the same place without one."""
    gate = "/v1/paynetjgate/tds"
    first = await house.send(gate, b"", KEY)
    again = await house.send(gate, b"", KEY)
    assert (first.body, b"idempotency-replayed" in dict(again.headers)) == (again.body, False)
