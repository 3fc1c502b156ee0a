"""The pages of the log of calls: what a developer sees of what his programs asked."""

import json

import msgspec
import pytest

from fakes.panel import PanelCaller
from fakes.signed import signed_headers
from vezne.core.call_log import CallQuery
from vezne.core.member import Role
from vezne.edge.sites import Incoming
from vezne.panel.curl import curl_of
from vezne.panel.json_layout import laid_out

PAN = "5528790000000008"
HOSTILE = "<script>alert('\"x\"')</script>"


def store_body(**changes):
    return {
        "locale": "tr",
        "conversationId": "conv-1",
        "email": "email@email.com",
        "card": {
            "cardAlias": "mine",
            "cardHolderName": "John Doe",
            "cardNumber": PAN,
            "expireMonth": "12",
            "expireYear": "2030",
        },
    } | changes


async def call(panel, body, path="/cardstorage/card", *, keys=None, sent=None, **headers):
    """Send a signed call, and bring the log to disk."""
    own = json.loads((panel.house.settings.data / "sandbox.json").read_text())["iyzico"]
    key, secret = keys or (own["api_key"], own["secret_key"])
    raw = json.dumps(body).encode()
    signed = signed_headers(key, secret, path.partition("?")[0], raw)
    lower = {name.lower(): value for name, value in signed.items()} | headers
    lower |= {"host": "127.0.0.1:8080", "user-agent": "a test"}
    incoming = Incoming("POST", "http", path, lower, raw if sent is None else sent, "127.0.0.1")
    await panel.send(incoming)
    await panel.house.recorder.write()


async def logged_call(panel, body, path="/cardstorage/card", **more):
    """As `call`, and what the demo merchant's log says of it."""
    await call(panel, body, path, **more)
    return await newest(panel)


def with_desk(panel, **changes):
    """The same panel, with other things on its desk."""
    desk = msgspec.structs.replace(panel.desk, **changes)
    return PanelCaller(panel.house, desk, panel.merchant)


async def newest(panel):
    page = await panel.house.calls.list_calls(CallQuery(merchant_id=panel.merchant.id, limit=1))
    return page.calls[0]


async def test_a_call_is_in_the_list_and_has_a_page(panel):
    """With its path, outcome and reference in both languages; and whole on its own page."""
    logged = await logged_call(panel, store_body())
    for language, served in (("tr", "Yerine getirildi"), ("en", "Served")):
        text = (await panel.get("/panel/requests", Role.DEVELOPER, language=language)).text
        assert served in text
        assert "POST /cardstorage/card" in text
        assert "conv-1" in text
        answer = await panel.get(f"/panel/requests/{logged.number}", language=language)
        assert answer.status == 200
        assert "552879******0008" in answer.text
        assert "cardToken" in answer.text
        assert PAN not in answer.text


async def test_only_developers_and_owners_read_calls(panel):
    logged = await logged_call(panel, store_body())
    for path in ("/panel/requests", f"/panel/requests/{logged.number}"):
        for role in Role:
            answer = await panel.get(path, role)
            assert (answer.status == 200) == (role in {Role.DEVELOPER, Role.OWNER}), role


async def test_a_call_of_another_merchant_is_not_found(panel):
    logged = await logged_call(panel, store_body())
    other = await panel.add_merchant("other")
    path = f"/panel/requests/{logged.number}"
    assert (await panel.get(path, merchant=other)).status == 404
    assert "conv-1" not in (await panel.get("/panel/requests", merchant=other)).text


@pytest.mark.parametrize("path", ["x", "0", "9" * 18, "9" * 40, "-1", "%00"])
async def test_a_number_that_is_none_is_not_found(panel, path):
    assert (await panel.get(f"/panel/requests/{path}")).status == 404


async def test_an_unproven_call_is_shown_to_whose_key_it_named(panel):
    """A wrong secret with another merchant's key is that one's; an unknown key is the demo's."""
    other = await panel.add_merchant("other")
    (record, *_) = [
        each
        for each in await panel.house.merchants.list_credentials(other.id)
        if each.door == "iyzico"
    ]
    await call(panel, store_body(conversationId="theirs"), keys=(record.key, "wrong"))
    await call(panel, store_body(conversationId="nobodys"), keys=("nobody", "wrong"))
    theirs = (await panel.get("/panel/requests", merchant=other)).text
    ours = (await panel.get("/panel/requests")).text
    assert "theirs" in theirs
    assert "theirs" not in ours
    assert "nobodys" in ours
    assert "nobodys" not in theirs


async def test_what_cannot_be_read_is_shown_to_whose_key_it_named(panel):
    """At the doors whose headers name a key beside what proves it."""
    other = await panel.add_merchant("other")
    records = await panel.house.merchants.list_credentials(other.id)
    keys = {record.door: record.key for record in records}
    await call(panel, {}, path="/payment/auth", keys=(keys["iyzico"], "x"), sent=b"{")
    headers = {"apiclientprivate": keys["paywall.private"]}
    await panel.send(Incoming("POST", "http", "/paywall/nowhere", headers, b"{}", ""))
    await panel.house.recorder.write()
    text = (await panel.get("/panel/requests", merchant=other)).text
    assert "POST /payment/auth" in text
    assert "POST /paywall/nowhere" in text
    assert "POST" not in (await panel.get("/panel/requests", headers={"x-live": "1"})).text


async def test_filters_find_what_they_say(panel):
    await call(panel, store_body())
    await call(panel, store_body(conversationId="conv-2"), path="/payment/bin/check")
    await call(panel, store_body(conversationId="conv-3"), keys=("nobody", "x"))
    for query, found in {
        "reference=CONV-2": {"conv-2"},
        "path=cardstorage": {"conv-1", "conv-3"},
        "outcome=unauthenticated": {"conv-3"},
        "status=2xx": {"conv-1", "conv-2", "conv-3"},
        "status=5xx": set(),
        "door=paynet": set(),
        "since=2100-01-01T00:00": set(),
        "until=2100-01-01T00:00": {"conv-1", "conv-2", "conv-3"},
        "reference=%25": set(),
    }.items():
        text = (await panel.get(f"/panel/requests?{query}", headers={"x-live": "1"})).text
        assert {name for name in ("conv-1", "conv-2", "conv-3") if name in text} == found, query


@pytest.mark.parametrize(
    "query",
    [
        "door=x",
        "outcome=x",
        "status=9",
        "since=x",
        "until=2026-01-01",
        "since=9999-99-99T99:99",
        "path=%00",
        "path=" + "a" * 201,
        f"reference={PAN}",
        "reference=5528+7900+0000+0008",
    ],
)
async def test_what_is_no_filter_is_said_beside_its_field(panel, query):
    answer = await panel.get(f"/panel/requests?{query}")
    assert answer.status == 422
    assert 'aria-invalid="true"' in answer.text
    assert PAN not in answer.text
    assert "7900" not in answer.text


async def test_a_cursor_that_is_none_begins_at_the_newest(panel):
    await call(panel, store_body())
    for before in ("x", "9" * 30, "-1"):
        assert "conv-1" in (await panel.get(f"/panel/requests?before={before}")).text


async def test_pages_go_on_where_they_end(panel):
    for number in range(55):
        await call(panel, store_body(conversationId=f"conv-{number:02}"), keys=("nobody", "x"))
    first = (await panel.get("/panel/requests")).text
    assert "conv-54" in first
    assert "conv-04" not in first
    number = first.rpartition("before=")[2].partition('"')[0]
    second = (await panel.get(f"/panel/requests?before={number}")).text
    assert "conv-04" in second
    assert "conv-05" not in second
    assert "data-live" not in second


async def test_hostile_texts_stay_texts(panel):
    """In reference, path, headers, body and query: whoever calls chooses them."""
    body = store_body(conversationId=HOSTILE, email=HOSTILE)
    logged = await logged_call(panel, body, **{"accept-language": HOSTILE})
    await call(panel, {}, path=f"/payment/{HOSTILE}")
    page = await panel.get(f"/panel/requests/{logged.number}")
    listed = await panel.get("/panel/requests")
    for text in (page.text, listed.text):
        assert "<script>alert" not in text


async def test_a_refused_signature_is_diagnosed(panel):
    logged = await logged_call(panel, store_body(), sent=json.dumps(store_body()).encode() + b"\n")
    assert logged.outcome == "unauthenticated"
    found = await panel.house.calls.find_call(panel.merchant.id, logged.number)
    assert found.diagnosis is not None
    answer = await panel.get(f"/panel/requests/{logged.number}")
    assert answer.status == 200


async def test_the_page_says_when_calls_were_lost(panel):
    class Tally:
        lost = 3

    assert "could not be logged" not in (await panel.get("/panel/requests")).text
    lossy = with_desk(panel, call_tally=Tally())
    assert "3 calls since the server started" in (await lossy.get("/panel/requests")).text
    off = with_desk(panel, call_tally=None)
    assert "switched off" in (await off.get("/panel/requests")).text


async def test_where_there_is_no_log_there_is_no_page(panel):
    assert (await with_desk(panel, calls=None).get("/panel/requests")).status == 404


async def test_a_call_can_be_copied_as_curl(panel):
    """Without its signature, and safe for a shell whatever stands in it."""
    logged = await logged_call(panel, store_body(email="o'neil"), **{"idempotency-key": "k"})
    found = await panel.house.calls.find_call(panel.merchant.id, logged.number)
    command = curl_of(found, "http://127.0.0.1:8080", "signature")
    assert command.startswith("curl -X 'POST' 'http://127.0.0.1:8080/cardstorage/card'")
    assert "-H 'idempotency-key: k'" in command
    assert "<signature>'" in command
    assert "o'\\''neil" in command
    assert "-H 'host" not in command


def test_json_is_laid_out_token_by_token():
    """Numbers, masked ones too, stay as they are; so does what is no JSON from some place on."""
    text = '{"a":1.0, "n": 552879******0008,"b":[],"c":{ },"d":[{"e":"x, \\"y\\": {z}"},null]}'
    assert laid_out(text) == (
        '{\n  "a": 1.0,\n  "n": 552879******0008,\n  "b": [],\n  "c": {},\n  "d": [\n    {\n'
        '      "e": "x, \\"y\\": {z}"\n    },\n    null\n  ]\n}'
    )
    assert laid_out("a=1&b=2") == "a=1&b=2"
    assert laid_out('{"a":"cut he') == '{\n  "a": "cut he'
    assert laid_out("[" * 99).count("\n") == 99
    assert laid_out("]}") == "]}"
