"""What a test has of its sandbox: keys, a clock, faults, webhooks, a new beginning."""

import json
import os
import socket
import ssl
import urllib.request
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import iyzipay
import pytest

from fakes.doors import IyzicoCaller, PaynetCaller, PaywallCaller
from fakes.iyzico_client import CARD, payment_request
from vezne_pytest.control import Refused


def ask(vezne, resource, method, request):
    """The answer to a call of the official PyPI client."""
    with getattr(getattr(iyzipay, resource)(), method)(request, vezne.iyzico_options) as response:
        return json.loads(response.read())


@pytest.mark.parametrize("caller", [IyzicoCaller, PaywallCaller, PaynetCaller])
def test_the_keys_work_at_every_door(vezne, caller):
    """One merchant, three protocols."""
    keys = {door: asdict(getattr(vezne, door)) for door in ("iyzico", "paywall", "paynet")}
    shop = caller(SimpleNamespace(http=vezne.url, keys=keys))
    assert shop.ok(shop.store("customer"))


def test_nobody_sees_another_test_s_cards(vezne, vezne_server):
    """Merchants of one server are strangers; a new beginning makes a merchant one to itself."""
    stored = ask(vezne, "Card", "create", {"email": "a@b.com", "card": CARD | {"cardAlias": "a"}})
    listing = {"cardUserKey": stored["cardUserKey"]}
    other = vezne_server.new_sandbox("other")
    try:
        assert ask(vezne, "CardList", "retrieve", listing)["status"] == "success"
        assert ask(other, "CardList", "retrieve", listing)["status"] == "failure"
    finally:
        other.close()
    vezne.reset()
    assert ask(vezne, "CardList", "retrieve", listing)["status"] == "failure"


def test_the_clock_is_the_test_s_own(vezne):
    """It goes forward by what is asked for, to a moment, and back to the real time."""
    start = vezne.clock.now()
    day, second = timedelta(days=1), timedelta(seconds=30)
    assert abs(vezne.clock.advance(days=7, minutes=1) - start - 7 * day) < 5 * second
    moment = datetime.now() + 30 * day  # noqa: DTZ005 - Istanbul's, as the page says
    assert abs(vezne.clock.set(moment).replace(tzinfo=None) - moment) < second
    with pytest.raises(Refused, match="clock_goes_back") as refused:
        vezne.clock.set(moment - day)
    assert (refused.value.status, refused.value.code) == (409, "clock_goes_back")
    assert abs(vezne.clock.reset() - start) < 4 * second
    vezne.clock.advance(days=1)
    vezne.reset()
    assert abs(vezne.clock.now() - start) < 4 * second


def test_things_go_wrong_on_purpose(vezne):
    """As often as is asked for; until then they are listed, and can be taken away."""
    vezne.faults.add("decline", code="51")
    assert ask(vezne, "Payment", "create", payment_request())["status"] == "failure"
    assert ask(vezne, "Payment", "create", payment_request())["status"] == "success"
    always = vezne.faults.add("latency", times=None, delay_ms=1)
    twice = vezne.faults.add("garbage", times=2)
    assert vezne.faults.list() == [always, twice]
    assert (always.left, twice.left) == (None, 2)
    vezne.faults.remove(always)
    assert vezne.faults.list() == [twice]
    vezne.faults.clear()
    assert vezne.faults.list() == []
    with pytest.raises(Refused, match="body_invalid"):
        vezne.faults.add("nonsense")


def test_webhooks_come_to_the_test(vezne):
    """Each once, to the merchant whose payment it is about; a wait that is in vain says so."""
    paid = ask(vezne, "Payment", "create", payment_request())
    webhook = vezne.webhooks.wait_for(door="iyzico")
    assert str(webhook.fields["paymentId"]) == paid["paymentId"]
    assert webhook.headers["content-type"] == "application/json"
    assert vezne.webhooks.received == [webhook]
    with pytest.raises(TimeoutError, match=paid["paymentId"]):
        vezne.webhooks.wait_for(lambda each: each.door == "paynet", timeout_s=0.05)


def test_a_new_beginning_has_no_webhooks_of_before(vezne):
    """What was to be told of the payments before is not told any more."""
    vezne.faults.add("webhook_lost")
    ask(vezne, "Payment", "create", payment_request())
    before = vezne.webhooks
    vezne.reset()
    paid = ask(vezne, "Payment", "create", payment_request())
    webhook = vezne.webhooks.wait_for()
    assert str(webhook.fields["paymentId"]) == paid["paymentId"]
    assert before is not vezne.webhooks
    assert before.received == []


def test_webhooks_may_go_to_the_shop_itself(vezne, vezne_server):
    """For a test of the shop's own handler: here another merchant's receiver plays the shop."""
    shop = vezne_server.receiver.open("shop")
    vezne.reset(webhook_urls={"iyzico": shop.urls["iyzico"]})
    ask(vezne, "Payment", "create", payment_request())
    assert shop.wait_for().door == "iyzico"
    assert vezne.webhooks.received == []
    vezne_server.receiver.forget("shop")


def test_the_authority_is_trusted_beside_the_usual_ones(vezne):
    """During the test, by the variables that Python, requests and Node.js read."""
    assert vezne.environment.items() <= os.environ.items()
    bundle = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    own = ssl.create_default_context(cafile=str(vezne.ca_file))
    usual = ssl.create_default_context(cafile=_usual())
    assert bundle.cert_store_stats()["x509"] == usual.cert_store_stats()["x509"] + 1
    assert own.cert_store_stats()["x509"] == 1
    with urllib.request.urlopen(f"{vezne.tls_url}/health", context=own) as response:  # noqa: S310
        assert json.loads(response.read()) == {"status": "ok"}


def _usual():
    """The authorities that are trusted without the sandbox."""
    return ssl.get_default_verify_paths().openssl_cafile


def test_a_connection_that_was_idle_for_too_long(vezne):
    """The server closes it, and the next call opens another."""
    vezne.clock.now()
    vezne._control._connection.sock.shutdown(socket.SHUT_RDWR)
    vezne.clock.now()


def test_options_of_the_npm_client(vezne):
    """It takes plain http."""
    assert vezne.iyzico_node_options == {
        "apiKey": vezne.iyzico.api_key,
        "secretKey": vezne.iyzico.secret_key,
        "uri": vezne.url,
    }


def test_a_typed_package():
    """Type checkers of those who use it believe its hints."""
    import vezne_pytest

    assert Path(vezne_pytest.__file__).with_name("py.typed").exists()
