"""The house: databases, vault and bank, opened and connected."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial

import msgspec

from vezne.acquirers.simulator.adapter import SimulatorAcquirer
from vezne.acquirers.simulator.config import SimulatorConfig
from vezne.bootstrap.start import run
from vezne.built_in_bank import BankTransport, open_bank
from vezne.core.bin_table import BIN_TABLE
from vezne.core.bins import BinDirectory
from vezne.core.fault import FaultBoard
from vezne.core.payout_books import LedgerBooks
from vezne.core.ports import Ports
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate, pending
from vezne.engines.postgres import open_postgres
from vezne.engines.sqlite import open_sqlite
from vezne.machine import SystemClock, SystemEntropy
from vezne.settings import Settings
from vezne.storage.books import SqlBooks
from vezne.storage.ledger_books import open_ledger
from vezne.storage.merchants import SqlMerchants
from vezne.storage.numbers import SqlNumbers
from vezne.storage.outbox import SqlOutbox
from vezne.vault.master_key import create_master_key, load_master_key
from vezne.vault.service import VaultService, open_vault


class House(msgspec.Struct, frozen=True):
    """Everything that is open while the program runs. There are no faults but in sandbox mode.

    `open_ledger` opens the ledger as it stands at that moment.
    """

    settings: Settings
    ports: Ports
    merchants: SqlMerchants
    vault: VaultService
    faults: FaultBoard | None
    outbox: SqlOutbox
    open_ledger: Callable[[], AbstractAsyncContextManager[LedgerBooks]]


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[House]:
    """Open databases and vault, bring schemas up to date, connect the rooms."""
    clock, entropy = SystemClock(), SystemEntropy()
    faults = FaultBoard() if settings.mode == "sandbox" else None
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    key_file = settings.master_key_file or settings.data / "master.key"
    is_new = not key_file.exists() and not _has_data(settings)
    if settings.mode == "sandbox" and is_new:
        create_master_key(key_file, entropy)
    master_key = load_master_key(key_file, entropy)
    async with AsyncExitStack() as stack:
        books = await _open_engine(settings, "books")
        stack.push_async_callback(books.close)
        await migrate(books, load_migrations("vezne.storage"))
        sealed = await _open_engine(settings, "vault")
        stack.push_async_callback(sealed.close)
        vault = await open_vault(sealed, master_key, clock, entropy)
        simulator = SimulatorConfig(seed=str(settings.bank.seed), return_key=vault.bank_key)
        bank = open_bank(settings, vault.bank_key, clock, faults)
        stack.callback(bank.close)
        line = vault.line(BankTransport(bank), timeout_s=None)
        ports = Ports(
            books=SqlBooks(books, _shard(settings, entropy)),
            vault=vault,
            acquirer=SimulatorAcquirer(simulator, line),
            bins=BinDirectory(BIN_TABLE),
            numbers=SqlNumbers(books),
            clock=clock,
            entropy=entropy,
        )
        merchants = SqlMerchants(books, vault.secrets, clock)
        ledger = partial(open_ledger, books)
        yield House(settings, ports, merchants, vault, faults, SqlOutbox(books), ledger)


def run_migrate(settings: Settings) -> list[str]:
    """Bring both databases up to date; returns a line for each. Raises CannotStart."""
    return run(_migrate(settings))


async def _open_engine(settings: Settings, name: str) -> Engine:
    """Books and vault have a database, or a schema, each of their own."""
    if settings.database is None:
        return open_sqlite(settings.data / f"{name}.db")
    return await open_postgres(settings.database, f"vezne_{name}")


def _shard(settings: Settings, entropy: SystemEntropy) -> int:
    """Which rows of the balances this process adds to: others must not wait for its commits."""
    return 0 if settings.database is None else entropy.take(1)[0]


def _has_data(settings: Settings) -> bool:
    """Whether cards were sealed here before. A lost master key must not be replaced silently."""
    return settings.database is None and (settings.data / "vault.db").exists()


async def _migrate(settings: Settings) -> list[str]:
    lines = []
    for name, package in (("books", "vezne.storage"), ("vault", "vezne.vault")):
        engine = await _open_engine(settings, name)
        try:
            migrations = load_migrations(package)
            missing = await pending(engine, migrations)
            await migrate(engine, migrations)
        finally:
            await engine.close()
        done = ", ".join(f"{step.number} {step.name}" for step in missing) or "up to date"
        lines.append(f"{name}: {done}")
    return lines
