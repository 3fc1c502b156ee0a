"""The only place where rooms meet: opens the house, runs the server."""

import asyncio
import fcntl
import gc
import json
import os
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import uvloop

from simbank.acs.pages import acs_app
from simbank.journal import DamagedJournal
from vezne.acquirers.simulator.adapter import SimulatorAcquirer
from vezne.acquirers.simulator.config import SimulatorConfig
from vezne.api_keys import Keys, fill_keys, key_pairs, random_key
from vezne.built_in_bank import BankTransport, open_bank
from vezne.core.bin_table import BIN_TABLE
from vezne.core.bins import BinDirectory
from vezne.core.fault import FaultBoard
from vezne.core.installment_tables import INSTALLMENT_TABLES
from vezne.core.merchant import Merchant, MerchantSettings
from vezne.core.money import UNIT
from vezne.core.payout_books import LedgerBooks
from vezne.core.ports import Ports
from vezne.dialects.iyzico.routes import door as iyzico_door
from vezne.dialects.iyzico.switches import switches_for as iyzico_switches
from vezne.dialects.paynet.auth import PUBLISHABLE_DOOR, SECRET_DOOR, secret_name
from vezne.dialects.paynet.routes import door as paynet_door
from vezne.dialects.paynet.switches import switches_for as paynet_switches
from vezne.dialects.paywall.routes import door as paywall_door
from vezne.dialects.paywall.switches import switches_for as paywall_switches
from vezne.dialects.paywall.unique_code import Rotation
from vezne.dialects.sandbox.routes import door as sandbox_door
from vezne.edge.app import Dispatcher, Site
from vezne.edge.asgi import site_from
from vezne.edge.logs import configure_logs
from vezne.edge.messages import Door
from vezne.edge.server import CannotListen, serve
from vezne.edge.threeds import SITE_PATH, threeds_site
from vezne.engines.engine import Engine, EngineFailure
from vezne.engines.migrate import SchemaChanged, SchemaTooNew, load_migrations, migrate, pending
from vezne.engines.postgres import open_postgres
from vezne.engines.sqlite import open_sqlite
from vezne.flows.once import end_once_leases, purge_once_keys
from vezne.flows.session import purge_sessions
from vezne.machine import SystemClock, SystemEntropy
from vezne.merchant_terms import InvalidTerms
from vezne.settings import Settings, check_servable
from vezne.storage.books import SqlBooks
from vezne.storage.ledger_books import open_ledger
from vezne.storage.merchants import (
    DuplicateKey,
    DuplicateMerchant,
    NewCredential,
    SqlMerchants,
)
from vezne.storage.numbers import SqlNumbers
from vezne.storage.outbox import SqlOutbox
from vezne.vault.certificates import UnusableAuthority, ensure_certificates
from vezne.vault.files import PRIVATE, ExposedFile, replace_file
from vezne.vault.keyring import WrongMasterKey
from vezne.vault.master_key import UnusableMasterKey, create_master_key, load_master_key
from vezne.vault.service import VaultService, open_vault
from vezne.webhook_urls import InvalidWebhookUrl
from vezne.webhooks import Office, tell_merchants
from vezne.workers import look_at_all_due, repeat, sweep_vault

DEMO_MERCHANT: Final = "Demo"
HOUR_MS: Final = 3_600_000
# Where the built-in bank has its pages.
BANK_PATH: Final = "/bank"
# How exact the time limit of cards in memory is.
SWEEP_S: Final = 15.0
PURGE_S: Final = 3600.0
# What a unit of each currency is worth in lira in the sandbox. Fixed, so that tests are too.
SANDBOX_RATES_E8: Final = {"USD": 40 * UNIT, "EUR": 45 * UNIT, "GBP": 53 * UNIT}

Result = TypeVar("Result")


class CannotStart(Exception):
    """Something outside the program is not as it must be. The text says what, and what to do."""


# What a person can mend: reported as one line, without a trace.
_MENDABLE = (
    CannotListen,
    DamagedJournal,
    DuplicateKey,
    DuplicateMerchant,
    EngineFailure,
    ExposedFile,
    InvalidTerms,
    InvalidWebhookUrl,
    SchemaChanged,
    SchemaTooNew,
    UnusableAuthority,
    UnusableMasterKey,
    WrongMasterKey,
)


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


async def add_merchant(house: House, name: str, keys: Keys, *, is_demo: bool = False) -> Merchant:
    """Add a merchant with a pair of keys for every door. Raises DuplicateMerchant, DuplicateKey."""
    credentials = [
        NewCredential(door=door, key=key, secret=secret.encode())
        for door, key, secret in key_pairs(keys)
    ]
    paynet = keys["paynet"]
    credentials.append(
        NewCredential(
            door=SECRET_DOOR,
            key=secret_name(house.vault.names, paynet["secret_key"]),
            secret=paynet["publishable_key"].encode(),
        )
    )
    settings = MerchantSettings(
        installments=INSTALLMENT_TABLES, exchange_rates_e8=dict(SANDBOX_RATES_E8)
    )
    return await house.merchants.add_merchant(name, credentials, settings=settings, is_demo=is_demo)


async def revoke_key(house: House, door: str, key: str) -> bool:
    """Make a pair of keys stop working; False when the door has none that works.

    Paynet's callers show the secret key alone, so it goes with the publishable one.
    """
    credential = await house.merchants.find_credential(door, key)
    if credential is not None and door == PUBLISHABLE_DOOR:
        name = secret_name(house.vault.names, credential.secret.decode())
        await house.merchants.revoke_credential(SECRET_DOOR, name)
    return await house.merchants.revoke_credential(door, key)


def run_server(settings: Settings) -> None:
    """Serve until a signal. Raises InvalidSettings and CannotStart."""
    check_servable(settings)
    configure_logs(settings.log_level, settings.log_format)
    run(_serve(settings))


def run_migrate(settings: Settings) -> list[str]:
    """Bring both databases up to date; returns a line for each. Raises CannotStart."""
    return run(_migrate(settings))


def run(work: Coroutine[object, object, Result]) -> Result:
    """Run to the end; what a person can mend becomes CannotStart."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    except _MENDABLE as error:
        raise CannotStart(str(error)) from error
    except OSError as error:
        if error.filename is None:
            raise
        # A file or directory that cannot be used: no permission, read-only, no space.
        raise CannotStart(f"{error.filename}: {error.strerror}") from error


async def _serve(settings: Settings) -> None:
    async with open_house(settings) as house:
        lock = _lock_data(settings.data)
        if settings.database is None:
            # No other server uses these books.
            await end_once_leases(house.ports)
        await _ensure_demo_merchant(house)
        doors = _open_doors(house)
        context = None
        if settings.tls_listen is not None:
            files = ensure_certificates(settings.data, house.ports.clock, settings.tls_names)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.load_cert_chain(files.server)
        _settle_garbage_collector()
        workers: list[asyncio.Task[None]] = [
            asyncio.create_task(repeat(work, every_s)) for work, every_s in _background(house)
        ]
        workers += [
            asyncio.create_task(look_at_all_due(house.merchants, house.ports)),
            asyncio.create_task(tell_merchants(_office(house))),
        ]
        await serve(
            Dispatcher(doors, house.vault.intake, _sites(house, doors)).handle,
            http=settings.listen,
            tls=settings.tls_listen,
            ssl_context=context,
            on_ready=_print_ready,
        )
        for worker in workers:
            worker.cancel()
        os.close(lock)


def _background(house: House) -> list[tuple[Callable[[], Awaitable[None]], float]]:
    """What runs beside the server, and how often, in seconds."""
    return [
        (partial(sweep_vault, house.vault), SWEEP_S),
        (partial(purge_sessions, house.ports), PURGE_S),
        (partial(purge_once_keys, house.ports), PURGE_S),
    ]


def _office(house: House) -> Office:
    """What merchants are told of their payments with."""
    return Office(
        settings=house.settings,
        ports=house.ports,
        merchants=house.merchants,
        outbox=house.outbox,
        names=house.vault.names,
        faults=house.faults,
    )


def _sites(house: House, doors: Sequence[Door]) -> dict[str, Site]:
    """What browsers are shown: our part of 3-D Secure, and the pages of the built-in bank."""
    bank = acs_app(
        return_key=house.vault.bank_key,
        seed=str(house.settings.bank.seed),
        now_ms=house.ports.clock.now_ms,
    )
    returns = threeds_site(house.ports, house.merchants, doors, faults=house.faults)
    return {SITE_PATH: returns, BANK_PATH: site_from(bank)}


def _lock_data(data: Path) -> int:
    """Be the only server on a data directory until the file is closed. Raises CannotStart.

    A second one would take the first one's payments under way for cut off.
    """
    lock = os.open(data / "serve.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, PRIVATE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise CannotStart(f"another server is running on {data}") from error
    return lock


def _open_doors(house: House) -> list[Door]:
    """Every protocol's door. The first answers for paths that are nobody's."""
    settings, ports, merchants = house.settings, house.ports, house.merchants
    names, public_url, faults = house.vault.names, settings.public_url, house.faults
    rotation = Rotation(
        period_ms=settings.paywall.unique_code_hours * HOUR_MS,
        overlap_ms=settings.paywall.unique_code_overlap_hours * HOUR_MS,
    )
    try:
        iyzico = iyzico_switches(settings.iyzico.profile, settings.iyzico.switches)
        paywall = paywall_switches(settings.paywall.profile, settings.paywall.switches)
        paynet = paynet_switches(settings.paynet.profile, settings.paynet.switches)
    except ValueError as error:
        raise CannotStart(f"switches: {error}") from error
    doors = [
        iyzico_door(ports, merchants, names, iyzico, public_url, faults=faults),
        paywall_door(ports, merchants, names, paywall, rotation, public_url, faults=faults),
        paynet_door(ports, merchants, names, paynet, public_url, faults=faults),
    ]
    if faults is not None:
        doors.append(sandbox_door(ports, merchants, merchants, faults))
    return doors


def _settle_garbage_collector() -> None:
    """Look for cycles less often, and never among what lives as long as the process.

    A request makes thousands of records and hardly a cycle; the default would search after every
    seven hundred.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def _print_ready(http_url: str | None, https_url: str | None) -> None:
    sys.stdout.write(" ".join(filter(None, ("ready", http_url, https_url))) + "\n")
    sys.stdout.flush()


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


async def _ensure_demo_merchant(house: House) -> None:
    """In sandbox: the demo merchant, and its keys in `sandbox.json`."""
    path = house.settings.data / "sandbox.json"
    known = await house.merchants.list_merchants()
    if any(merchant.is_demo for merchant in known) and path.exists():
        return
    keys = fill_keys({})
    name = _free_name(DEMO_MERCHANT, {merchant.name for merchant in known})
    await add_merchant(house, name, keys, is_demo=True)
    panel = {
        "url": "http://127.0.0.1:8080/panel",
        "email": "demo@vezne.localhost",
        "password": random_key(16),
    }
    text = json.dumps(keys | {"panel": panel}, indent=2) + "\n"
    replace_file(path, text.encode(), PRIVATE)


def _free_name(name: str, taken: set[str]) -> str:
    """The name, with a number where it is taken: an erased `sandbox.json` needs a new merchant."""
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{name} {number}"
    return free


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
