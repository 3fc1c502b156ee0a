"""Keys are rotated by the real command, which is killed again and again, beside a busy server."""

import asyncio
import fcntl
import random
import subprocess
import sys
import threading
import time

from fakes.command import run_vezne
from fakes.databases import environment_of, query, query_together, url_of
from fakes.iyzico_client import CARD, Client
from fakes.vault import CARD_FIELDS, TEST_EXPIRY
from fakes.vault_rooms import numbers
from vezne.bootstrap.vault_room import open_vault_room
from vezne.core.card import SealedCard
from vezne.settings import Settings
from vezne.vault.records import VaultRecords
from vezne.vault.stored import open_row

KILLS = 10
CARDS = 3_000
DEMO = 1
KINDS = ("data", "fingerprint", "master")
# Somewhere in the middle: alone on a machine, a rotation takes this long.
PAUSE_S = 0.3
# PostgreSQL shows the two halves of a lock's name without their signs.
IS_LOCKED = """SELECT count(*) > 0 AS is_locked FROM pg_locks
JOIN pg_database ON pg_database.oid = pg_locks.database AND datname = current_database()
WHERE locktype = 'advisory' AND classid::bigint = hashtext('vezne_vault')::bigint & 4294967295
AND objid::bigint = hashtext('rotation')::bigint & 4294967295"""


def is_rotating(data):
    """Whether somebody holds the name of the rotation."""
    if url_of(data) is not None:
        return query(data, "vault", IS_LOCKED)[0]["is_locked"]
    with (data / "vault.db-rotation").open("ab") as name:
        try:
            fcntl.flock(name, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def cut_off(data, kind, pause_s):
    """Rotate a kind of key, and kill the command in the middle; False when it was faster."""
    running = subprocess.Popen(
        [sys.executable, "-m", "vezne", "keys", "rotate", kind, "--data", str(data)],
        env=environment_of(data),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while running.poll() is None and not is_rotating(data):
        time.sleep(0.002 if url_of(data) is None else 0.05)
    time.sleep(pause_s)
    is_cut = running.poll() is None
    running.kill()
    running.wait()
    return is_cut


def settings_of(data):
    return Settings(mode="sandbox", data=data, database=url_of(data))


async def fill(data):
    """Cards in the vault of the demo merchant; the number of each by its token."""
    async with open_vault_room(settings_of(data), None) as room:

        async def keep(number):
            raw = f'{{"paymentCard": {{"cardNumber": "{number}"}}}}'.encode()
            body = room.service.intake.lift(raw, CARD_FIELDS)
            card = SealedCard(
                bin=body.card.bin,
                last4=body.card.last4,
                expiry=TEST_EXPIRY,
                transit_id=body.card.transit_id,
            )
            try:
                return await room.service.keep(DEMO, card, "Ayşe Öztürk"), number
            finally:
                body.release()

        return dict(await asyncio.gather(*map(keep, numbers(CARDS))))


async def opened(data):
    """The numbers of all cards of the vault by their tokens."""
    async with open_vault_room(settings_of(data), None) as room:
        keys = await room.service.keyring.of_merchant(DEMO)
        records = VaultRecords(room.service._records._engine)
        rows = await records.list_cards(DEMO, after=b"", limit=10 * CARDS)
        return {
            token: open_row(keys, DEMO, token, row).pan.reveal().decode() for token, row in rows
        }


class Load(threading.Thread):
    """A client that stores cards and pays with them until it is told to end.

    One, since the official client signs the requests of all its threads in one place.
    """

    def __init__(self, server):
        super().__init__()
        self.client = Client(server)
        self.is_over = False
        self.cards = 0
        self.failures = []

    def run(self):
        while not self.is_over:
            card = self.client.store_card()
            paid = card
            if card["status"] == "success":
                self.cards += 1
                names = {name: card[name] for name in ("cardUserKey", "cardToken")}
                paid = self.client.pay(paymentCard=names)
            if paid["status"] != "success":
                self.failures.append(paid)


def states(data):
    """Which versions of which keys there are, by purpose."""
    keys, unused, masters = query_together(
        data,
        "vault",
        "SELECT purpose, state, count(*) AS n FROM vault_keys WHERE merchant_id > 0 GROUP BY 1, 2",
        "SELECT count(*) AS n FROM sealed_cards c WHERE NOT EXISTS (SELECT 1 FROM vault_keys k "
        "WHERE k.merchant_id = c.merchant_id AND k.purpose = 'card' AND k.state = 'active' "
        "AND k.version = c.key_version)",
        "SELECT state, count(*) AS n FROM master_keys GROUP BY 1 ORDER BY 1",
    )
    return (
        {(row["purpose"], row["state"]): row["n"] for row in keys},
        unused[0]["n"],
        {row["state"]: row["n"] for row in masters},
    )


def test_rotations_that_are_killed(start, tmp_path):
    """Ten kills at random moments: no card is lost, no request fails, old keys end unused."""
    pauses = random.Random(10)  # noqa: S311 - when to kill
    data = tmp_path / "data"
    server = start(data=data)
    kept = asyncio.run(fill(data))
    load = Load(server)
    load.start()
    try:
        killed = 0
        while killed < KILLS:
            pause_s = pauses.uniform(0, PAUSE_S)
            killed += cut_off(data, KINDS[killed % len(KINDS)], pause_s)
        for kind in KINDS:
            done = run_vezne("keys", "rotate", kind, "--data", str(data))
            assert done.returncode == 0, done.stderr
    finally:
        load.is_over = True
        load.join()
    assert load.failures == []
    assert load.cards
    assert server.stop() == 0
    found = asyncio.run(opened(data))
    assert {token: number for token, number in found.items() if token in kept} == kept
    assert set(found.values()) - set(kept.values()) == {CARD["cardNumber"]} - set(kept.values())
    assert len(found) == CARDS + load.cards
    versions, unused, masters = states(data)
    assert unused == 0
    assert versions["card", "active"] == versions["fingerprint", "active"] == 1
    assert {state for _, state in versions} == {"active", "destroyed"}
    # Other machines may use a database server, with the old key in files of their own.
    old = "destroyed" if url_of(data) is None else "decrypt_only"
    assert (masters["active"], set(masters)) == (1, {"active", old})
    again = Client(start(data=data))
    assert again.store_card()["status"] == "success"
