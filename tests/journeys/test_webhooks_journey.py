"""Webhooks of a running sandbox, and a merchant's server that takes them."""

import hashlib
import hmac
import json
import time

import msgspec
import pytest

from fakes.command import run_vezne
from fakes.control import Control
from fakes.databases import query
from fakes.doors import CALLERS, IyzicoCaller, unique
from fakes.iyzico_client import CARD, Client
from fakes.receiver import Receiver
from fakes.server import wait_until
from fakes.silence import Silence
from fakes.visitor import Visitor
from vezne.core.notice import Notice, NoticeState
from vezne.flows.notify import AT_ONCE_MAX

FIELDS = [
    "paymentConversationId",
    "merchantId",
    "paymentId",
    "status",
    "iyziReferenceCode",
    "iyziEventType",
    "iyziEventTime",
    "iyziPaymentId",
]
# For a server that hangs: as many as are sent to it at once, and as many again behind them.
HANGING = 2 * AT_ONCE_MAX


_notices = msgspec.json.Decoder(Notice)


@pytest.fixture
def receiver():
    with Receiver() as running:
        yield running


def vezne(server, *arguments):
    """Run a command on a server's data; returns what it prints."""
    done = run_vezne(*arguments, "--data", str(server.data))
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def shop(start, receiver):
    """A sandbox whose demo merchant has a webhook URL from the start."""
    server = start()
    vezne(server, "merchants", "set", "Demo", "--webhook-url", f"iyzico={receiver.url()}")
    # Nobody has called yet, so the server has nothing older in mind.
    return server


def signature(server, fields):
    """The signature as the documentation's recipe makes it."""
    secret = server.keys["iyzico"]["secret_key"]
    text = secret + fields["iyziEventType"] + str(fields["paymentId"])
    text += fields["paymentConversationId"] + fields["status"]
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def listed(server, state=None):
    """Payment, version and state of each webhook."""
    options = ["--state", state] if state else []
    rows = json.loads(vezne(server, "webhooks", "list", "--json", *options))
    return [(row["payment"], row["version"], row["state"]) for row in rows]


def outbox(server):
    """State and tries of each webhook, without a process of its own: it is asked many times."""
    sql = "SELECT document FROM notices ORDER BY payment_number, version"
    notices = [_notices.decode(row["document"]) for row in query(server.data, "books", sql)]
    return [(notice.state, notice.tries) for notice in notices]


def has(server, state):
    """Whether any webhook is in a state."""
    return any(found is state for found, _ in outbox(server))


def test_a_payment_is_told_within_two_seconds(shop, receiver):
    """One signed message arrives, soon, and says what the answer said."""
    paid = Client(shop).pay(conversationId="sipariş-1")
    (request,) = receiver.wait_for(1)
    assert list(request.fields) == FIELDS
    assert request.fields["paymentConversationId"] == "sipariş-1"
    assert request.fields["paymentId"] == request.fields["iyziPaymentId"] == int(paid["paymentId"])
    assert request.fields["status"] == "SUCCESS"
    assert request.fields["iyziEventType"] == "API_AUTH"
    assert request.path == "/webhooks"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert request.headers["x-iyz-signature-v3"] == signature(shop, request.fields)
    wait_until(lambda: has(shop, NoticeState.DELIVERED))
    ((payment, version, state),) = listed(shop)
    assert (payment, version, state) == (int(paid["paymentId"]), 2, "delivered")
    # Once one is told somebody has just looked, and the next look is as far away as it can be. A
    # machine that is busy may be late now and then; whoever looks too seldom is late every time.
    told_after_s(shop, receiver)
    assert min(told_after_s(shop, receiver) for _ in range(3)) < 2


def told_after_s(server, receiver):
    """How long after its answer a payment is told."""
    came = len(receiver.received)
    Client(server).pay()
    answered_s = time.monotonic()
    receiver.wait_for(came + 1)
    return time.monotonic() - answered_s


def test_undelivered_webhooks_outlive_the_server(start, shop, receiver):
    """What a dead receiver did not take is sent by the next server, once it is due."""
    receiver.answer = lambda _: 503
    Client(shop).pay()
    receiver.wait_for(1)
    wait_until(lambda: outbox(shop) == [(NoticeState.DUE, 1)])
    assert "answered 503" in vezne(shop, "webhooks", "list", "--json")
    assert shop.stop() == 0
    receiver.answer = lambda _: 200
    Control(start(data=shop.data)).advance("10s")
    first, second = receiver.wait_for(2)
    assert first.body == second.body
    assert first.headers["x-iyz-signature-v3"] == second.headers["x-iyz-signature-v3"]


def test_a_killed_server_owes_its_webhooks(start, shop, receiver):
    """A server that is killed right after its answers has told, or tells after its restart."""
    paid = [Client(shop).pay(conversationId=f"order-{place}")["paymentId"] for place in range(5)]
    shop.kill()
    start(data=shop.data)
    wait_until(lambda: {str(it.fields["paymentId"]) for it in receiver.received} == set(paid))


def test_a_replayed_webhook_is_sent_by_the_running_server(shop, receiver):
    """By hand, at once, and with the same reference code, by which receivers know it again."""
    paid = Client(shop).pay()
    receiver.wait_for(1)
    wait_until(lambda: has(shop, NoticeState.DELIVERED))
    out = vezne(shop, "webhooks", "replay", paid["paymentId"], "--version", "2")
    assert "1 to be sent" in out
    first, second = receiver.wait_for(2)
    assert first.fields == second.fields


def test_a_merchant_without_url_is_told_nothing(start, receiver):
    """No URL, no notice; a URL that is removed stops what comes after."""
    server = start()
    Client(server).pay()
    vezne(server, "merchants", "set", "Demo", "--webhook-url", f"iyzico={receiver.url()}")
    vezne(server, "merchants", "set", "Demo", "--webhook-url", "iyzico=")
    Client(server).pay()
    time.sleep(1)
    assert receiver.received == []
    assert listed(server) == []


def told(receiver):
    """Event type and status of what came, in order."""
    return [
        (request.fields["iyziEventType"], request.fields["status"]) for request in receiver.received
    ]


def test_failures_are_retried_by_the_merchant_s_clock(shop, receiver):
    """Twice a 500, then a 200: each try as soon as the merchant's time has come to it."""
    statuses = [500, 500]
    receiver.answer = lambda _: statuses.pop(0) if statuses else 200
    Client(shop).pay()
    control = Control(shop)
    for tries, advance in enumerate(("10s", "1m", None), start=1):
        receiver.wait_for(tries)
        wait_until(lambda tries=tries: [count for _, count in outbox(shop)] == [tries])
        if advance:
            control.advance(advance)
    assert len({request.body for request in receiver.received}) == 1
    wait_until(lambda: has(shop, NoticeState.DELIVERED))


def test_a_dead_receiver_is_given_up_after_three_days(shop, receiver):
    """It stays in the list with the reason, and can be replayed once the receiver is mended."""
    receiver.answer = lambda _: 500
    paid = Client(shop).pay()
    wait_until(lambda: outbox(shop) == [(NoticeState.DUE, 1)])
    Control(shop).advance("3d")
    wait_until(lambda: has(shop, NoticeState.GIVEN_UP))
    assert "answered 500" in vezne(shop, "webhooks", "list", "--state", "given-up")
    receiver.answer = lambda _: 200
    vezne(shop, "webhooks", "replay", paid["paymentId"])
    wait_until(lambda: has(shop, NoticeState.DELIVERED))


def test_a_payment_s_order_is_kept_under_failure(shop, receiver):
    """3-D Secure: the cardholder's return is told before the outcome, however often it fails."""
    failing = [500]
    receiver.answer = lambda _: failing.pop() if failing else 200
    visitor = Visitor(shop, "http://shop.example/callback")
    answer = IyzicoCaller(shop).authenticate(visitor, unique("order"), "123456")
    assert answer["status"] == "success", answer
    receiver.wait_for(1)
    other = Client(shop).pay()
    receiver.wait_for(2)
    assert told(receiver) == [("THREE_DS_CALLBACK", "CALLBACK_THREEDS"), ("API_AUTH", "SUCCESS")]
    assert receiver.received[1].fields["paymentId"] == int(other["paymentId"])
    Control(shop).advance("10s")
    receiver.wait_for(4)
    assert told(receiver)[2:] == [
        ("THREE_DS_CALLBACK", "CALLBACK_THREEDS"),
        ("THREE_DS_AUTH", "SUCCESS"),
    ]


def test_a_silent_bank_s_answer_is_told_once_it_is_known(shop, receiver):
    """The caller heard an error; the merchant hears that the money was taken after all."""
    control = Control(shop)
    control.fault("silence_after", operation="authorize")
    answer = Client(shop).pay(paymentCard=CARD | {"cvc": "123"})
    assert answer["status"] == "failure"
    assert receiver.received == []
    control.advance("5s")
    (request,) = receiver.wait_for(1)
    assert told(receiver) == [("API_AUTH", "SUCCESS")]
    assert request.headers["x-iyz-signature-v3"] == signature(shop, request.fields)


def test_webhooks_are_lost_and_doubled_on_demand(shop, receiver):
    """What a merchant's code has to survive, at the merchant's wish."""
    control, client = Control(shop), Client(shop)
    control.fault("webhook_lost")
    lost = client.pay()
    wait_until(lambda: has(shop, NoticeState.DELIVERED))
    control.fault("webhook_doubled")
    doubled = client.pay()
    first, second = receiver.wait_for(2)
    assert first.fields == second.fields
    assert first.fields["paymentId"] == int(doubled["paymentId"]) != int(lost["paymentId"])


def test_every_door_tells_in_its_own_words(start, receiver):
    """Each to the URL of its own; what a door has no words for is told to nobody."""
    server = start()
    for caller in CALLERS:
        url = f"{caller.name}={receiver.url('/' + caller.name)}"
        vezne(server, "merchants", "set", "Demo", "--webhook-url", url)
    for kind in CALLERS:
        caller, reference = kind(server), unique("order")
        assert caller.ok(caller.pay("5528790000000008", reference))
        assert caller.ok(caller.void(reference))
    receiver.wait_for(4)
    wait_until(lambda: not has(server, NoticeState.DUE))
    words = {}
    for request in receiver.received:
        words.setdefault(request.path, []).append(request.fields)
    assert [fields["status"] for fields in words["/iyzico"]] == ["SUCCESS"]
    assert [fields["Type"] for fields in words["/paywall"]] == [1, 5]
    assert [fields["is_succeed"] for fields in words["/paynet"]] == [True]
    assert sorted(state for *_, state in listed(server)) == ["delivered"] * 4 + ["untold"] * 2


def test_one_merchant_s_dead_server_stalls_nobody(shop, receiver):
    """Two merchants; the first one's server hangs until its time is up."""
    keys = json.loads(vezne(shop, "merchants", "add", "Other"))
    with Silence() as silence:
        vezne(shop, "merchants", "set", "Other", "--webhook-url", f"iyzico={silence.url}")
        for _ in range(HANGING):
            Client(shop, keys["iyzico"]).pay()
        wait_until(lambda: len(silence.waiting()) == AT_ONCE_MAX)
        Client(shop).pay()
        receiver.wait_for(1)
        # Nobody had to give up first.
        assert silence.waiting() == [True] * AT_ONCE_MAX


def test_one_door_s_dead_server_stalls_no_other(start, receiver):
    """A merchant with two servers; the one of the iyzico door hangs until its time is up.

    Nor do messages wait for it that are sent elsewhere once its URL is changed.
    """
    server = start()
    iyzico, paywall, _ = CALLERS
    with Silence() as silence:
        for door, url in ((iyzico, silence.url), (paywall, receiver.url())):
            vezne(server, "merchants", "set", "Demo", "--webhook-url", f"{door.name}={url}")
        for _ in range(HANGING):
            Client(server).pay()
        wait_until(lambda: len(silence.waiting()) == AT_ONCE_MAX)
        caller = paywall(server)
        assert caller.ok(caller.pay("5528790000000008", unique("order")))
        receiver.wait_for(1)
        # Nobody had to give up first.
        assert silence.waiting() == [True] * AT_ONCE_MAX
        vezne(server, "merchants", "set", "Demo", "--webhook-url", f"iyzico={receiver.url()}")
        called = len(silence.waiting())
        receiver.wait_for(1 + HANGING - called)
        assert len(silence.waiting()) == called


def test_webhook_urls_are_checked_when_they_are_set(start):
    """One line says what is wrong; nothing is changed."""
    server = start()
    options = ["--data", str(server.data), "--webhook-url"]
    for url, problem in (("iyzico=shop", "absolute http or https"), ("shop=x", "is none of")):
        done = run_vezne("merchants", "set", "Demo", *options, url)
        assert done.returncode == 1
        assert problem in done.stderr
    done = run_vezne("webhooks", "replay", "1", "--data", str(server.data))
    assert (done.returncode, done.stderr) == (1, "vezne: payment 1 has no webhook\n")


def test_webhooks_on_postgresql(start, receiver, own_database):
    """The outbox is the same there."""
    url = own_database()
    server = start("--database", url)
    options = ["--data", str(server.data), "--database", url]
    done = run_vezne(
        "merchants", "set", "Demo", *options, "--webhook-url", f"iyzico={receiver.url()}"
    )
    assert done.returncode == 0, done.stderr
    paid = Client(server).pay()
    receiver.wait_for(1)
    assert receiver.received[0].fields["paymentId"] == int(paid["paymentId"])
