"""Merchants for tests, at the control door: who may make them, and who may begin anew."""

import asyncio
import base64
import json

import msgspec
import pytest

from builders import merchant, ports
from fakes.acquirer import ScriptedAcquirer
from fakes.audit import MemoryAudit
from fakes.books import MemoryBooks
from fakes.clocks import MemoryClocks
from fakes.intake import PlainIntake
from fakes.sandbox_merchants import MemorySandboxMerchants
from fakes.vault import MemoryVault
from vezne.core.fault import Fault, FaultBoard, FaultKind
from vezne.core.sandbox_merchants import NewMerchant
from vezne.dialects.sandbox.routes import MERCHANTS_PATH, RESET_PATH, door
from vezne.edge.app import Dispatcher
from vezne.edge.sites import Incoming

URL = "http://127.0.0.1:9/hooks"


class Town:
    """A control door, and the merchant that asks there."""

    def __init__(self, *, is_demo: bool) -> None:
        self.caller = msgspec.structs.replace(merchant(), is_demo=is_demo)
        self.made = MemorySandboxMerchants()
        self.faults = FaultBoard()
        clocks = MemoryClocks(self.caller)
        there = ports(books=MemoryBooks(), vault=MemoryVault(), acquirer=ScriptedAcquirer())
        opened = door(there, clocks, clocks, self.faults, self.made)
        self._dispatcher = Dispatcher((opened,), PlainIntake(), MemoryAudit())

    def ask(self, path, body):
        """Status and answer."""
        pair = base64.b64encode(b"key:secret").decode()
        raw = b"" if body is None else json.dumps(body).encode()
        incoming = Incoming("POST", "http", path, {"authorization": f"Basic {pair}"}, raw)
        response = asyncio.run(self._dispatcher.handle(incoming))
        return response.status, json.loads(response.body)

    def refused(self, path, body):
        status, answer = self.ask(path, body)
        return status, answer["error"]["code"]


@pytest.fixture
def owner():
    return Town(is_demo=True)


@pytest.fixture
def shop():
    return Town(is_demo=False)


def test_whoever_has_sandbox_json_makes_merchants(owner):
    """The answer has keys for every door, under the names of sandbox.json."""
    wish = {"name": "Shop", "webhook_urls": {"iyzico": URL}}
    status, answer = owner.ask(MERCHANTS_PATH, wish)
    (made,) = owner.made.made
    assert (status, answer["id"], answer["name"]) == (201, made.id, "Shop")
    assert made.settings.webhook_urls == {"iyzico": URL}
    assert answer["iyzico"].keys() == {"api_key", "secret_key"}
    assert answer["paynet"].keys() == {"publishable_key", "secret_key"}
    assert answer["paywall"].keys() == {
        "public_key",
        "public_client",
        "private_key",
        "private_client",
    }


def test_nobody_else_does(shop):
    """A merchant that was made for a test makes none itself."""
    assert shop.refused(MERCHANTS_PATH, {"name": "X"}) == (403, "only_demo_merchant")
    assert shop.made.made == []


@pytest.mark.parametrize(
    "wish",
    [
        None,
        {},
        {"name": ""},
        {"name": "x" * 101},
        {"name": "a\nb"},
        {"name": "5528790000000008"},
        {"name": "Shop", "webhook_urls": {"iyzico": "nowhere"}},
        {"name": "Shop", "colour": "red"},
    ],
)
def test_a_merchant_that_cannot_be(owner, wish):
    """Nothing is made of a wish that is not understood, or of a name that holds a card number."""
    assert owner.refused(MERCHANTS_PATH, wish) == (400, "body_invalid")
    assert owner.made.made == []


def test_a_name_is_one_merchant_s(owner):
    """Two tests that take the same name learn of it."""
    assert owner.ask(MERCHANTS_PATH, {"name": "Shop"})[0] == 201
    assert owner.refused(MERCHANTS_PATH, {"name": "Shop"}) == (409, "name_taken")


@pytest.mark.parametrize("body", [None, {}, {"webhook_urls": {"paynet": URL}}])
def test_a_merchant_begins_anew(shop, body):
    """Its faults are gone with everything else; webhooks go where they went unless it says so."""
    shop.faults.add(shop.caller.id, Fault(kind=FaultKind.GARBAGE))
    status, answer = shop.ask(RESET_PATH, body)
    (fresh,) = shop.made.made
    assert (status, answer) == (200, {"id": fresh.id, "name": fresh.name})
    urls = (body or {}).get("webhook_urls", shop.caller.settings.webhook_urls)
    assert fresh.settings.webhook_urls == urls
    assert shop.faults.list_faults(shop.caller.id) == []


def test_the_demo_merchant_does_not(owner):
    """Its cards and payments are those of a person who looks at them in the panel."""
    assert owner.refused(RESET_PATH, {}) == (409, "not_demo_merchant")


def test_only_one_of_several_resets_at_once_is_done(shop):
    """The others hear so: the keys have a merchant already that is new."""
    shop.made.is_contested = True
    assert shop.refused(RESET_PATH, {}) == (409, "reset_contested")


@pytest.mark.parametrize("body", [{"webhook_urls": {"iyzico": "x"}}, {"webhook_urls": 1}, {"a": 1}])
def test_a_reset_that_is_not_understood_changes_nothing(shop, body):
    """The keys stay where they are, and so do the faults."""
    shop.faults.add(shop.caller.id, Fault(kind=FaultKind.GARBAGE))
    assert shop.refused(RESET_PATH, body) == (400, "body_invalid")
    assert len(shop.faults.list_faults(shop.caller.id)) == 1


def test_new_keys_are_not_printed(owner):
    """What a log or a trace shows of a new merchant is its number."""
    made = asyncio.run(owner.made.add("Shop", {}))
    assert isinstance(made, NewMerchant)
    assert repr(made) == f"NewMerchant({made.merchant.id}, keys=***)"
