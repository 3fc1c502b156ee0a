"""A sound ledger is found sound on every engine; whatever is altered in it is found."""

import asyncio
import shutil
import sqlite3

import msgspec
import pytest

from builders import SAMPLE_TIME_MS, basket, merchant, pay_command, ports
from fakes.acquirer import APPROVED, ScriptedAcquirer
from fakes.ledger import checked
from fakes.vault import MemoryVault
from fakes.world import CountingNumbers, FixedClock
from vezne.core.changes import AddSubMerchant
from vezne.core.ledger_check import Flaw
from vezne.core.money import UNIT
from vezne.core.sub_merchant import Details, SubMerchant, SubMerchantKind
from vezne.engines.migrate import load_migrations, migrate
from vezne.engines.sqlite import open_sqlite
from vezne.flows.check_ledger import DIFFERENCES_MAX
from vezne.flows.cross_book import CrossBook, cross_book
from vezne.flows.due import catch_up
from vezne.flows.pay import NewCard, pay
from vezne.flows.payout import BOUNCING_IBAN
from vezne.flows.refund import RefundLine, refund_payment
from vezne.storage.books import SqlBooks
from vezne.storage.ledger_books import open_ledger

SELLER = SubMerchant(
    merchant_id=7,
    key="seller",
    version=1,
    kind=SubMerchantKind.PERSONAL,
    external_id="S1",
    created_ms=0,
    details=Details(iban=BOUNCING_IBAN, identity_number="74300864791"),
)


async def live_through(engine):
    """Payments, refunds, a cross booking, and days with payouts, of which one bounces."""
    await migrate(engine, load_migrations("vezne.storage"))
    vault, acquirer = MemoryVault(), ScriptedAcquirer()
    world = ports(books=SqlBooks(engine), vault=vault, acquirer=acquirer)
    await world.books.apply([AddSubMerchant(SELLER)])
    numbers = []
    for day in range(4):
        acquirer.script(APPROVED)
        card = NewCard(card=vault.present(), holder="John Doe")
        command = pay_command(
            card=card, price_e8=20 * UNIT, paid_e8=20 * UNIT, lines=basket(8 * UNIT, 12 * UNIT)
        )
        numbers.append((await pay(command, world)).number)
        if day == 1:
            acquirer.script(APPROVED)
            refund = RefundLine(merchant=merchant(), line_number=numbers[0] + 1, amount_e8=UNIT)
            await refund_payment(refund, world)
            await cross_book(
                CrossBook(
                    merchant=merchant(),
                    sub_merchant="seller",
                    is_to_sub_merchant=True,
                    amount_e8=UNIT,
                    currency="TRY",
                    reason="bonus",
                ),
                world,
            )
        world.clock.advance(days=1)
        await catch_up(merchant(), world)
    # Neither a payment of today nor the one whose blocked money is not released yet is settled.
    acquirer.script(APPROVED)
    await pay(pay_command(card=NewCard(card=vault.present(), holder="John Doe")), world)


async def test_a_sound_ledger(engine):
    """Nothing is found, however large the pages are."""
    await live_through(engine)
    async with open_ledger(engine) as books:
        for page in (1, 2, 7, 5_000):
            assert await checked(books, page=page) == []
        assert await checked(books, merchant_id=8) == []


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "books.db"

    async def fill():
        engine = open_sqlite(path)
        await live_through(engine)
        await engine.close()

    asyncio.run(fill())
    return path


async def flaws_after(sound, tmp_path, *statements):
    """What is found in a copy of the books after these statements."""
    path = tmp_path / "altered.db"
    shutil.copy(sound, path)
    with sqlite3.connect(path) as connection:
        for statement, *parameters in statements:
            assert connection.execute(statement, parameters).rowcount, statement
    connection.close()
    engine = open_sqlite(path)
    async with open_ledger(engine) as books:
        differences = await checked(books)
    await engine.close()
    return {difference.flaw for difference in differences}


def altered(sound, table, where, change):
    """The statement that stores a document as a function alters it."""
    columns = ", ".join((*KEYS[table], "document"))
    connection = sqlite3.connect(sound)
    query = f"SELECT {columns} FROM {table} WHERE {where.format(**NAMED)} LIMIT 1"  # noqa: S608
    *keys, document = connection.execute(query).fetchone()
    connection.close()
    values = msgspec.json.decode(document)
    change(values)
    condition = " AND ".join(f"{key} = ?" for key in KEYS[table])
    return (
        f"UPDATE {table} SET document = ? WHERE {condition}",  # noqa: S608
        msgspec.json.encode(values),
        *keys,
    )


NAMED = {
    "first": "(SELECT min(number) FROM payments)",
    "last": "(SELECT max(number) FROM payments)",
    "payments": "(SELECT number FROM payments)",
    "payout": "(SELECT min(payout_number) FROM payables)",
    "payouts": "(SELECT number FROM payouts)",
    "own_payout": "(SELECT min(number) FROM payouts WHERE party = '')",
    "cross": "(SELECT number FROM cross_bookings)",
}
KEYS = {
    "payments": ("merchant_id", "number"),
    "ledger_bookings": ("merchant_id", "subject", "version"),
    "payables": ("merchant_id", "subject", "version", "party"),
    "payouts": ("merchant_id", "number"),
    "cross_bookings": ("merchant_id", "number"),
}


@pytest.mark.parametrize(
    ("statement", "flaw"),
    [
        ("DELETE FROM payments WHERE number = {last}", Flaw.NO_SUBJECT),
        (
            "DELETE FROM ledger_bookings WHERE subject = {first} AND version = 2",
            Flaw.OTHER_POSITION,
        ),
        (
            "UPDATE ledger_bookings SET subject = 1 WHERE subject = {first} AND version = 2",
            Flaw.NO_SUBJECT,
        ),
        ("UPDATE balances SET acquirer_e8 = acquirer_e8 + 1", Flaw.OTHER_BALANCE),
        ("UPDATE balances SET available_units = available_units - 1", Flaw.OTHER_BALANCE),
        ("DELETE FROM balances WHERE party = 'seller'", Flaw.OTHER_BALANCE),
        (
            "UPDATE balances SET currency = 'USD' WHERE party = 'seller'",
            Flaw.OTHER_BALANCE,
        ),
        (
            "DELETE FROM payables WHERE payout_number IS NULL AND party = 'seller'",
            Flaw.OTHER_PAYABLES,
        ),
        ("DELETE FROM payables WHERE payout_number IS NOT NULL", Flaw.OTHER_TAKEN),
        (
            "UPDATE payables SET amount_e8 = amount_e8 + 1 WHERE payout_number IS NULL",
            Flaw.OTHER_UNPAID,
        ),
        (
            "UPDATE payables SET amount_e8 = amount_e8 + 1 WHERE payout_number = {payout}",
            Flaw.OTHER_TAKEN,
        ),
        (
            "UPDATE payables SET payout_number = NULL WHERE payout_number = {payout}",
            Flaw.OTHER_UNPAID,
        ),
        (
            "UPDATE payables SET payout_number = 1 WHERE payout_number IS NULL",
            Flaw.OTHER_UNPAID,
        ),
        (
            "DELETE FROM payouts WHERE number = {own_payout}",
            Flaw.BROKEN_SEQUENCE,
        ),
        ("DELETE FROM cross_bookings", Flaw.NO_SUBJECT),
        ("UPDATE payments SET number = 1 WHERE number = {first}", Flaw.OTHER_POSITION),
        ("UPDATE payouts SET number = 1 WHERE number = {own_payout}", Flaw.OTHER_TAKEN),
        (
            "UPDATE payouts SET sequence = 9 WHERE number = {own_payout}",
            Flaw.BROKEN_SEQUENCE,
        ),
        (
            "UPDATE payables SET subject = 1 WHERE subject = {first}",
            Flaw.NO_SUBJECT,
        ),
        (
            "UPDATE payables SET currency = 'EUR' WHERE subject = {first}",
            Flaw.OTHER_PAYABLES,
        ),
        (
            "DELETE FROM ledger_bookings WHERE subject = {cross}",
            Flaw.OTHER_POSITION,
        ),
        (
            "DELETE FROM payables WHERE subject = {cross}",
            Flaw.OTHER_PAYABLES,
        ),
    ],
)
async def test_rows_that_are_altered(sound, tmp_path, statement, flaw):
    """A row that is gone, moved, or says another amount."""
    assert flaw in await flaws_after(sound, tmp_path, (statement.format(**NAMED),))


@pytest.mark.parametrize(
    ("table", "where", "change", "flaw"),
    [
        ("payments", "1", lambda p: p.update(state="voided"), Flaw.OTHER_POSITION),
        ("payments", "1", lambda p: p.update(paid_e8=p["paid_e8"] + 1), Flaw.OTHER_POSITION),
        ("payments", "1", lambda p: p.update(refunds=[]), Flaw.OTHER_POSITION),
        ("payments", "1", lambda p: p.pop("matured_ms"), Flaw.OTHER_PAYABLES),
        ("payments", "1", lambda p: p.update(currency="USD"), Flaw.OTHER_CURRENCY),
        (
            "ledger_bookings",
            "version = 2",
            lambda b: b["entries"][0][1][0].__setitem__(2, 1),
            Flaw.UNBALANCED_ENTRY,
        ),
        ("ledger_bookings", "version = 2", lambda b: b["entries"].pop(), Flaw.OTHER_POSITION),
        ("ledger_bookings", "1", lambda b: b.update(currency="EUR"), Flaw.OTHER_CURRENCY),
        (
            "ledger_bookings",
            "subject IN {payouts}",
            lambda b: b.update(entries=[]),
            Flaw.OTHER_POSITION,
        ),
        (
            "payables",
            "subject IN {payments}",
            lambda p: p["lines"].pop(),
            Flaw.OTHER_PAYABLES,
        ),
        (
            "payables",
            "subject IN {payments}",
            lambda p: p.update(amount_e8=1),
            Flaw.OTHER_PAYABLES,
        ),
        (
            "payables",
            "subject IN {cross}",
            lambda p: p.update(amount_e8=1),
            Flaw.OTHER_PAYABLES,
        ),
        ("payouts", "party = ''", lambda p: p.update(state="planned"), Flaw.OTHER_POSITION),
        ("payouts", "party = ''", lambda p: p.update(amount_e8=1), Flaw.OTHER_POSITION),
        ("payouts", "party = ''", lambda p: p.update(taken_e8=1), Flaw.OTHER_TAKEN),
        ("payouts", "party = ''", lambda p: p.update(carried_in_e8=1), Flaw.BROKEN_SEQUENCE),
        ("payouts", "party = ''", lambda p: p.update(sequence=7), Flaw.BROKEN_SEQUENCE),
        ("payouts", "party = 'seller'", lambda p: p.update(state="sent"), Flaw.OTHER_TAKEN),
        ("cross_bookings", "1", lambda c: c.update(amount_e8=1), Flaw.OTHER_POSITION),
    ],
)
async def test_documents_that_are_altered(sound, tmp_path, table, where, change, flaw):
    """A record that says something else than was done."""
    statement = altered(sound, table, where, change)
    assert flaw in await flaws_after(sound, tmp_path, statement)


async def test_the_first_differences_are_enough(sound, tmp_path):
    """A ledger that is wrong everywhere does not fill the memory."""
    path = tmp_path / "altered.db"
    shutil.copy(sound, path)
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM ledger_bookings")
    connection.close()
    engine = open_sqlite(path)
    async with open_ledger(engine) as books:
        differences = await checked(books)
    await engine.close()
    assert 10 < len(differences) <= DIFFERENCES_MAX
    assert {item.flaw for item in differences} >= {Flaw.OTHER_POSITION}


async def test_servers_that_pay_at_once(open_engine):
    """Several over one database look for due work at the same moment; each lira is paid once."""
    engines = [await open_engine() for _ in range(3)]
    await migrate(engines[0], load_migrations("vezne.storage"))
    vault, acquirer = MemoryVault(), ScriptedAcquirer()
    clock, numbers = FixedClock(SAMPLE_TIME_MS), CountingNumbers()
    servers = [
        msgspec.structs.replace(
            ports(books=SqlBooks(engine, shard), vault=vault, acquirer=acquirer, clock=clock),
            numbers=numbers,
        )
        for shard, engine in enumerate(engines)
    ]
    for day in range(12):
        for _ in range(3):
            acquirer.script(APPROVED)
            card = NewCard(card=vault.present(), holder="John Doe")
            await pay(pay_command(card=card), servers[day % 3])
        clock.advance(days=1)
        await asyncio.gather(*(catch_up(merchant(), server) for server in servers * 2))
    async with open_ledger(engines[0]) as books:
        assert await checked(books) == []
        payouts = await books.list_payouts_after(7, 0, 100)
        assert [payout.sequence for payout in payouts] == list(range(1, len(payouts) + 1))
        taken_e8 = sum(payout.taken_e8 for payout in payouts)
        paid_e8 = sum(payout.amount_e8 for payout in payouts)
        assert taken_e8 == paid_e8 + payouts[-1].carried_out_e8
        assert await books.list_unpaid_parties(7, until_ms=clock.now_ms() - 86_400_000) == []
