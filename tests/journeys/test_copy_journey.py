"""A sandbox moves from SQLite files to PostgreSQL, and everybody finds what they had."""

import asyncio
import json
import random
import sqlite3
from contextlib import closing

import asyncpg
import pytest

from fakes.command import run_vezne
from fakes.commands_to_kill import kill_after, start_vezne
from fakes.doors import CALLERS, IyzicoCaller, unique
from fakes.iyzico_client import CARD, Client
from fakes.receiver import Receiver
from fakes.server import wait_until
from fakes.terminal import Terminal
from fakes.visitor import Visitor

pytestmark = pytest.mark.sqlite("it begins with SQLite files")

CALLBACK = "https://www.merchant.example/callback?order=1"
HOLDER = "Çağrı Işıl Öğüş"
REFERENCE = "sipariş ☕ 'bir'"
CALLS = 60_000
DOCUMENT = bytes(range(256)) * 4
KILLS = 8


def vezne(*arguments):
    """Run a command that succeeds; returns what it prints."""
    done = run_vezne(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(*arguments):
    """Run a command that fails; returns what it says."""
    done = run_vezne(*arguments)
    assert done.returncode == 1, done.stdout
    return done.stderr


def refused_to_serve(data, *arguments):
    """A server that does not start; returns what it says."""
    places = ("--listen", "127.0.0.1:0", "--tls-listen", "off")
    return refused("serve", "--sandbox", "--data", str(data), *places, *arguments)


@pytest.fixture
def receiver():
    with Receiver() as running:
        yield running


def change(url, sql):
    async def run():
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetch(sql)
        finally:
            await connection.close()

    return asyncio.run(run())


class Shop:
    """What a merchant has, made on one server and looked for on another."""

    def __init__(self, server):
        client = Client(server)
        self.stored = client.store_card(
            card=CARD | {"cardHolderName": HOLDER, "cardAlias": "ışıltılı ÇİĞ"},
            externalId="müşteri İ",
        )
        self.names = {name: self.stored[name] for name in ("cardUserKey", "cardToken")}
        self.paid = client.pay(paymentCard=self.names, conversationId=REFERENCE)
        assert client.call("Refund", "create", self.refund("0.2"))["status"] == "success"
        self.listed = self.list_cards(client)
        self.secured = unique("order")
        caller = IyzicoCaller(server)
        assert caller.ok(caller.authenticate(Visitor(server, CALLBACK), self.secured, "123456"))
        self.customers = {door: unique("buyer") for door in CALLERS}
        for door, customer in self.customers.items():
            assert door(server).ok(door(server).store(customer))

    def list_cards(self, client):
        answer = client.call("CardList", "retrieve", {"cardUserKey": self.stored["cardUserKey"]})
        return answer["cardDetails"]

    def refund(self, price):
        line = self.paid["itemTransactions"][0]["paymentTransactionId"]
        return {"paymentTransactionId": line, "price": price, "currency": "TRY"}

    def check(self, server):
        """Everything is found; stored cards pay, an old payment is refunded, another cancelled."""
        client = Client(server)
        assert self.list_cards(client) == self.listed
        detail = client.call("Payment", "retrieve", {"paymentConversationId": REFERENCE})
        assert detail["paymentId"] == self.paid["paymentId"]
        assert detail["itemTransactions"] == self.paid["itemTransactions"]
        assert client.call("Refund", "create", self.refund("0.16"))["status"] == "success"
        assert client.call("Refund", "create", self.refund("0.2"))["errorCode"] == "5093"
        assert client.pay(paymentCard=self.names)["status"] == "success"
        assert IyzicoCaller(server).ok(IyzicoCaller(server).void(self.secured))
        for door, customer in self.customers.items():
            caller, reference = door(server), unique("order")
            (card,) = caller.cards(customer)
            assert caller.ok(caller.pay_stored(card, reference))
            assert caller.ok(caller.find(reference))


def test_a_sandbox_moves(start, own_database, receiver):
    """Cards of all doors, payments, a refund, 3-D Secure, webhooks and members are as they were."""
    server = start()
    place = ("--data", str(server.data))
    vezne("merchants", "set", "Demo", "--webhook-url", f"iyzico={receiver.url()}", *place)
    vezne("panel", "invite", "ayse@example.com", "--merchant", "Demo", *place)
    shop = Shop(server)
    told = len(receiver.wait_for(3))
    members = vezne("panel", "members", "--json", *place)
    url = own_database()
    assert "another server is running" in refused("copy", "--to", url, *place)
    assert server.stop() == 0
    before = {file: (server.data / file).read_bytes() for file in ("books.db", "vault.db")}

    printed = vezne("copy", "--to", url, *place)
    assert "rows are the same at localhost/" in printed
    assert "Next: vezne serve --database" in printed
    assert before == {file: (server.data / file).read_bytes() for file in before}
    assert "was moved to PostgreSQL" in refused_to_serve(server.data)
    assert "rows are the same" in vezne("copy", "--to", url, "--verify-only", *place)

    for file in before:
        (server.data / file).unlink()
    moved = start("--database", url, data=server.data)
    shop.check(moved)
    assert len(receiver.wait_for(told + 2)) >= told + 2
    assert vezne("panel", "members", "--json", *place) == members
    assert "all is right" in vezne("ledger", "check", *place)
    assert "whole, signed to the end" in vezne("audit", "verify", *place)


@pytest.fixture
def shop(start, own_database):
    """A stopped sandbox with one payment and a long log of calls, and where it is to go."""
    server = start()
    client = Client(server)
    stored = client.store_card()
    names = {name: stored[name] for name in ("cardUserKey", "cardToken")}
    assert client.pay(paymentCard=names)["status"] == "success"
    assert server.stop() == 0
    with closing(sqlite3.connect(server.data / "calls.db")) as calls, calls:
        calls.executemany(
            "INSERT INTO call_documents VALUES (?, 1, ?)",
            ((number, DOCUMENT) for number in range(CALLS)),
        )
    return server, own_database()


def test_killed_again_and_again(shop, start):
    """SIGKILL at any moment: each time the same command goes on, and in the end all is there."""
    server, url = shop
    command = ("copy", "--to", url, "--data", str(server.data))
    dice = random.Random(20261122)  # noqa: S311
    counts = []
    process = start_vezne(*command)
    process.join(dice.uniform(0.1, 0.5))
    process.kill()
    process.join()
    while len(counts) < KILLS and kill_after(lambda: rows_at(url), 1, dice, *command):
        # Once the marks are off it is not known any more, and all rows are there.
        counts.append(rows_at(url) or 2 * CALLS)
    assert len(counts) > 1
    assert counts == sorted(counts)
    if rows_at(url):
        assert "unfinished copy" in refused_to_serve(server.data, "--database", url)
        assert "is being copied to PostgreSQL" in refused(
            "ledger", "check", "--data", *command[-1:]
        )
    done = run_vezne(*command)
    assert done.returncode == 0 or "was moved to" in done.stderr
    assert "rows are the same" in vezne(*command, "--verify-only")
    ((found,),) = change(url, "SELECT count(*) FROM vezne_calls.call_documents")
    assert found > CALLS
    started = start("--database", url, data=server.data)
    assert Client(started).pay()["status"] == "success"


def rows_at(url):
    """How many rows an unfinished copy says that it has brought."""
    try:
        ((rows,),) = change(url, "SELECT sum(rows) FROM vezne_calls.unfinished_copy_tables")
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        return 0
    return int(rows or 0)


def test_the_server_crashes_meanwhile(shop, postgres_server):
    """PostgreSQL is gone in the middle: one line says so, and the same command goes on."""
    server, url = shop
    command = ("copy", "--to", url, "--data", str(server.data))
    process = start_vezne(*command)
    wait_until(lambda: rows_at(url) > 0 or process.exitcode is not None)
    postgres_server.crash()
    process.join(300)
    assert process.exitcode in {0, 1}
    done = run_vezne(*command)
    assert done.returncode == 0 or "was moved to" in done.stderr, done.stderr
    assert "rows are the same" in vezne(*command, "--verify-only")


def test_a_planted_row_is_found(shop):
    """Whatever was changed behind the copy's back is named by table and key."""
    server, url = shop
    command = ("copy", "--to", url, "--data", str(server.data), "--json")
    copied = json.loads(vezne(*command))
    assert copied["rows"] == sum(table["rows"] for table in copied["tables"])
    change(url, "UPDATE vezne_vault.sealed_cards SET sealed = sealed || '\\x00'::bytea")
    change(url, "DELETE FROM vezne_calls.call_documents WHERE number = 4711")
    done = run_vezne(*command[:-1], "--verify-only")
    assert done.returncode == 1
    assert "calls.call_documents: number 4711: missing in PostgreSQL" in done.stdout
    assert ": not the same" in done.stdout
    assert "vault.sealed_cards: merchant_id 1, token " in done.stdout
    assert "Next:" not in done.stdout
    with Terminal(*command[:-1], "--verify-only") as terminal:
        terminal.wait_for("comparing books")
        terminal.wait_for("rows: not the same at")
