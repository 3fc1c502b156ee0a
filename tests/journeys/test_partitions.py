"""The tables that grow with payments are cut into months while a server runs over them."""

import asyncio
from pathlib import Path

import asyncpg

from fakes.command import run_vezne
from fakes.iyzico_client import CARD, Client

SCRIPT = Path(__file__).parents[2] / "ops" / "postgresql" / "partition.sql"
# Few numbers ahead, so that some payments of this test come behind each cut.
AHEAD = 40
CUT = ("payments", "ledger_bookings", "payables", "notices", "deliveries")


def test_months_are_cut_while_a_server_runs(start, own_database):
    """Payments of every partition are found, refunded and right; new ones go into the newest."""
    url = own_database()
    server = start("--database", url)
    client = Client(server)
    with_code = CARD | {"cvc": "123"}
    paid = [client.pay(paymentCard=with_code) for _ in range(4)]
    for _ in range(2):
        asyncio.run(run_script(url))
        paid += [client.pay(paymentCard=with_code)]
        server.stop()
        # It takes new numbers, the first of which are before the cut.
        server = start("--database", url, data=server.data)
        client = Client(server)
        paid += [client.pay(paymentCard=with_code) for _ in range(16)]
    assert [payment["status"] for payment in paid] == ["success"] * len(paid)

    counts = asyncio.run(count_payments(url))
    assert len(counts) == 3
    assert sum(counts) == len(paid)
    assert all(counts)
    for payment in (paid[0], paid[-1]):
        line = payment["itemTransactions"][0]["paymentTransactionId"]
        refund = {"paymentTransactionId": line, "price": "0.1", "currency": "TRY"}
        assert client.call("Refund", "create", refund)["status"] == "success"
    done = run_vezne("ledger", "check", "--data", str(server.data), "--database", url)
    assert done.returncode == 0, done.stdout


async def run_script(url):
    """As psql would: each statement by itself, since the second commits in between."""
    connection = await asyncpg.connect(url, server_settings={"vezne.ahead": str(AHEAD)})
    try:
        search_path, work = SCRIPT.read_text(encoding="utf-8").split("DO $$", 1)
        await connection.execute(search_path)
        await connection.execute(f"DO $${work}")
    finally:
        await connection.close()


async def count_payments(url):
    """How many payments stand in each partition; every table has as many of them."""
    connection = await asyncpg.connect(url, server_settings={"search_path": "vezne_books"})
    try:
        partitions = {
            table: await connection.fetch(
                "SELECT inhrelid::regclass::text AS name FROM pg_inherits"
                " WHERE inhparent = $1::text::regclass",
                table,
            )
            for table in CUT
        }
        assert {len(found) for found in partitions.values()} == {3}
        return [
            await connection.fetchval(f"SELECT count(*) FROM {row['name']}")  # noqa: S608
            for row in partitions["payments"]
        ]
    finally:
        await connection.close()
