"""A merchant's keys work from the networks that it names, at every door; browsers are not asked."""

import base64
import json

import msgspec
import pytest

from fakes.panel import open_panel
from fakes.signed import signed_headers
from vezne.api_keys import fill_keys
from vezne.bootstrap.demo import add_merchant
from vezne.edge.sites import Incoming
from vezne.panel.registry import KEY_DOORS

AT_HOME, ELSEWHERE = "192.0.2.7", "198.51.100.9"
KEYS = fill_keys({})


@pytest.fixture
async def doors(tmp_path):
    """A merchant with known keys that names one network."""
    async with open_panel(tmp_path / "data") as caller:
        house = caller.house
        merchant = await add_merchant(house, "Careful", KEYS)
        closed = msgspec.structs.replace(merchant.settings, allowed_networks=("192.0.2.0/24",))
        await house.merchants.change_settings(merchant.id, closed)
        yield caller


async def call(doors, path, headers, body=b"{}", *, address, method="POST"):
    """What a door answers to a request from an address: status and body."""
    named = {name.lower(): value for name, value in headers.items()}
    sent = {"host": "127.0.0.1:8080", "content-type": "application/json", **named}
    answer = await doors.send(Incoming(method, "http", path, sent, body, address))
    return answer.status, json.loads(answer.text)


async def test_the_iyzico_door_has_an_error_of_its_own(doors):
    """From home the same request is served."""
    keys, body = KEYS["iyzico"], b'{"locale":"en","binNumber":"552879"}'
    headers = signed_headers(keys["api_key"], keys["secret_key"], "/payment/bin/check", body)
    path = "/payment/bin/check"
    status, answer = await call(doors, path, headers, body, address=ELSEWHERE)
    assert (status, answer["status"], answer["errorCode"]) == (200, "failure", "93302")
    _, answer = await call(doors, path, headers, body, address=AT_HOME)
    assert answer["status"] == "success"


async def test_the_paywall_door_says_unauthorized(doors):
    """Of both pairs."""
    keys = KEYS["paywall"]
    for kind, path in (
        ("private", "/paywall/card"),
        ("public", "/api/paywall/payment/startdirect"),
    ):
        headers = {f"apiclient{kind}": keys[f"{kind}_client"], f"apikey{kind}": keys[f"{kind}_key"]}
        _, answer = await call(doors, path, headers, address=ELSEWHERE)
        assert 401 in answer.values()
        assert "IP" in json.dumps(answer, ensure_ascii=False)
        _, answer = await call(doors, path, headers, address=AT_HOME)
        assert 401 not in answer.values()


async def test_the_paynet_door_refuses_the_secret_key_only(doors):
    """The publishable one is for browsers, which are anywhere."""
    keys = KEYS["paynet"]
    body = b'{"bin":"552879"}'
    secret = {"authorization": f"Basic {keys['secret_key']}"}
    status, answer = await call(doors, "/v1/ratio/Get", secret, body, address=ELSEWHERE)
    assert status == 403
    assert "IP" in json.dumps(answer, ensure_ascii=False)
    status, _ = await call(doors, "/v1/ratio/Get", secret, body, address=AT_HOME)
    assert status == 200
    publishable = {"authorization": f"Basic {keys['publishable_key']}"}
    path = "/v1/paynetj/create_token"
    _, answer = await call(doors, path, publishable, address=ELSEWHERE)
    assert "IP" not in json.dumps(answer, ensure_ascii=False)


async def test_the_control_door_asks_as_well(doors):
    """It takes the keys of the iyzico door."""
    keys = KEYS["iyzico"]
    pair = base64.b64encode(f"{keys['api_key']}:{keys['secret_key']}".encode()).decode()
    headers = {"authorization": f"Basic {pair}", "accept-language": "en"}
    status, answer = await call(
        doors, "/sandbox/clock", headers, b"", address=ELSEWHERE, method="GET"
    )
    assert (status, answer["error"]["code"]) == (403, "address_not_allowed")
    status, _ = await call(doors, "/sandbox/clock", headers, b"", address=AT_HOME, method="GET")
    assert status == 200


async def test_a_refusal_names_the_key_in_the_trail(doors):
    """A key that is used from elsewhere may be stolen, and somebody should know."""
    keys = KEYS["iyzico"]
    headers = signed_headers(keys["api_key"], keys["secret_key"], "/payment/bin/check", b"{}")
    await call(doors, "/payment/bin/check", headers, address=ELSEWHERE)
    folder = doors.house.settings.data / "audit"
    trail = b"".join(path.read_bytes() for path in sorted(folder.glob("*.jsonl"))).decode()
    (line,) = [line for line in trail.splitlines() if ELSEWHERE in line]
    entry = json.loads(line)
    assert (entry["action"], entry["reason"]) == ("request.refused", "93302")
    assert entry["caller"] == keys["api_key"]


async def test_wrong_keys_from_elsewhere_are_wrong_keys(doors):
    """Nobody learns from where a key works without having it."""
    headers = signed_headers(KEYS["iyzico"]["api_key"], "guessed", "/payment/bin/check", b"{}")
    _, answer = await call(doors, "/payment/bin/check", headers, address=ELSEWHERE)
    assert answer["errorCode"] == "1000"


async def test_it_is_known_when_a_key_was_last_used(doors):
    """Of one that was proven, so that nobody revokes what is still in use."""
    keys, merchants = KEYS["iyzico"], await doors.house.merchants.list_merchants()
    careful = next(merchant for merchant in merchants if merchant.name == "Careful")
    path = "/payment/bin/check"
    for secret in ("guessed", keys["secret_key"]):
        uses = {pair.used_ms for pair in await doors.desk.keys.list_keys(careful.id)}
        assert uses == {None}
        headers = signed_headers(keys["api_key"], secret, path, b"{}")
        await call(doors, path, headers, address=AT_HOME)
    used = [pair for pair in await doors.desk.keys.list_keys(careful.id) if pair.used_ms]
    assert [pair.key for pair in used] == [keys["api_key"]]
    page = await doors.get("/panel/keys", merchant=careful)
    assert page.text.count("Not since the server began") == len(KEY_DOORS) - 1
