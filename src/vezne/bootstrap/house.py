"""The house: books, vault and bank, opened and connected.

The vault is a room of this process, or it has a process of its own and is met over a socket.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Protocol

import msgspec

from vezne.acquirers.simulator.adapter import SimulatorAcquirer
from vezne.acquirers.simulator.config import SimulatorConfig
from vezne.bootstrap.calls import new_recorder, open_calls
from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.engines import open_engine
from vezne.bootstrap.metrics import Watch, watch_books, watch_engine
from vezne.bootstrap.sharing import new_board
from vezne.bootstrap.start import run
from vezne.bootstrap.vault_room import VaultRoom, open_vault_room
from vezne.bootstrap.watched import WatchedAcquirer
from vezne.core.acquirer import Acquirer
from vezne.core.bin_table import BIN_TABLE
from vezne.core.bins import BinDirectory
from vezne.core.fault import FaultBoard
from vezne.core.payout_books import LedgerBooks
from vezne.core.ports import Audit, CardLine, NameBox, Ports, SecretBox, Vault
from vezne.core.retention import OldRecords
from vezne.edge.call_log import CallRecorder
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate, pending
from vezne.link.boards import GatewayBoard
from vezne.link.remote import RemoteAudit, RemoteLine, RemoteVault
from vezne.link.uplink import Uplink
from vezne.machine import SystemClock, SystemEntropy
from vezne.settings import Settings
from vezne.storage.backlog import SqlBacklog
from vezne.storage.books import SqlBooks
from vezne.storage.call_log import SqlCallLog
from vezne.storage.card_register import SqlCardRegister
from vezne.storage.day_figures import SqlFigures
from vezne.storage.ledger_books import open_ledger
from vezne.storage.members import SqlMembers
from vezne.storage.merchants import SqlMerchants
from vezne.storage.notice_archive import SqlNoticeArchive
from vezne.storage.numbers import SqlNumbers
from vezne.storage.old_records import SqlOldRecords
from vezne.storage.outbox import SqlOutbox
from vezne.storage.payment_search import SqlPaymentSearch
from vezne.vault.master_key import MasterKey
from vezne.vault.name_box import VaultNameBox

if TYPE_CHECKING:
    from vezne.bootstrap.tracing import Tracing


class HouseVault(Vault, Protocol):
    """The vault, wherever it is, with its boxes and the key that the built-in bank shares."""

    @property
    def names(self) -> NameBox:
        """Seals names of ours."""

    @property
    def secrets(self) -> SecretBox:
        """Seals the secrets of API keys."""

    @property
    def bank_key(self) -> bytes:
        """For proofs between the house and the built-in bank."""


class House(msgspec.Struct, frozen=True):
    """Everything that is open while the program runs.

    There are neither faults nor calls but in sandbox mode, and no recorder of calls where none are
    kept. `open_ledger` opens the ledger as it stands at that moment. `room` is the vault's when it
    is in this process, `uplink` the way to it when it is not.
    """

    settings: Settings
    ports: Ports
    merchants: SqlMerchants
    vault: HouseVault
    faults: FaultBoard | None
    outbox: SqlOutbox
    open_ledger: Callable[[], AbstractAsyncContextManager[LedgerBooks]]
    audit: Audit
    room: VaultRoom | None
    uplink: Uplink | None
    old_records: OldRecords
    figures: SqlFigures
    payment_search: SqlPaymentSearch
    card_register: SqlCardRegister
    notice_archive: SqlNoticeArchive
    members: SqlMembers
    calls: SqlCallLog | None
    recorder: CallRecorder | None
    # How long a change of the books would wait for its turn, in seconds.
    behind_s: Callable[[], float]
    # What this process tells of itself.
    watch: Watch
    # The database that the books are in.
    engine: Engine


class _Met(msgspec.Struct, frozen=True):
    """The vault as it was met."""

    vault: HouseVault
    line: CardLine
    audit: Audit
    faults: FaultBoard | None
    room: VaultRoom | None = None
    uplink: Uplink | None = None


@asynccontextmanager
async def open_house(
    settings: Settings,
    master_key: MasterKey | None = None,
    uplink: Uplink | None = None,
    tracing: "Tracing | None" = None,
) -> AsyncIterator[House]:
    """Open databases and vault, bring schemas up to date, connect the rooms.

    The master key is the one that the settings name, unless a server has opened it. So is the
    vault's own process, unless a server has connected to it. `tracing` puts spans around what
    requests wait for.
    """
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        if settings.vault_socket is None:
            met = await stack.enter_async_context(_open_vault(settings, master_key))
        else:
            met = await stack.enter_async_context(_reach_vault(settings, uplink))
        vault = met.vault
        watch = Watch() if met.room is None else met.room.watch
        books = await open_engine(settings, "books")
        stack.push_async_callback(books.close)
        if met.room is not None:
            met.room.behind.append(books.behind_s)
        await migrate(books, load_migrations("vezne.storage"))
        watch.tracing = tracing
        ports = _ports_of(settings, met, books, watch)
        merchants = SqlMerchants(books, vault.secrets, clock)
        ledger = partial(open_ledger, books)
        calls = await stack.enter_async_context(open_calls(settings))
        recorder = new_recorder(settings, calls, merchants)
        if recorder is not None:
            stack.push_async_callback(recorder.write)
        yield House(
            settings,
            ports,
            merchants,
            vault,
            met.faults,
            SqlOutbox(books),
            ledger,
            met.audit,
            met.room,
            met.uplink,
            SqlOldRecords(books),
            SqlFigures(books),
            SqlPaymentSearch(books),
            SqlCardRegister(books),
            SqlNoticeArchive(books),
            SqlMembers(books),
            calls,
            recorder,
            books.behind_s,
            watch,
            books,
        )


def _ports_of(settings: Settings, met: _Met, books: Engine, watch: Watch) -> Ports:
    """What flows work with: counted, and with spans around what they wait for if there are any."""
    clock, entropy, vault = SystemClock(), SystemEntropy(), met.vault
    simulator = SimulatorConfig(seed=str(settings.bank.seed), return_key=vault.bank_key)
    acquirer: Acquirer = WatchedAcquirer(SimulatorAcquirer(simulator, met.line), watch.bank)
    watch_engine(watch, "books", books.figures)
    watch_books(watch, SqlBacklog(books), clock)
    numbers = SqlNumbers(books)
    if watch.tracing is not None:
        books, vault = watch.tracing.engine(books, "books"), watch.tracing.vault(vault)
        acquirer = watch.tracing.acquirer(acquirer)
    return Ports(
        books=SqlBooks(books, _shard(settings, entropy)),
        vault=vault,
        acquirer=acquirer,
        bins=BinDirectory(BIN_TABLE),
        numbers=numbers,
        clock=clock,
        entropy=entropy,
    )


@asynccontextmanager
async def _open_vault(settings: Settings, master_key: MasterKey | None) -> AsyncIterator[_Met]:
    """The vault in this process."""
    faults = new_board(settings)
    async with open_vault_room(settings, faults, master_key) as room:
        yield _Met(room.service, room.line, room.audit, faults, room=room)


@asynccontextmanager
async def _reach_vault(settings: Settings, uplink: Uplink | None) -> AsyncIterator[_Met]:
    """The vault in its own process. Raises NoVault."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    uplink = uplink or new_uplink(settings, "")
    welcome = await uplink.open()
    vault = RemoteVault(uplink, VaultNameBox(welcome.name_key), welcome.bank_key)
    faults = GatewayBoard(uplink.tell) if settings.mode == "sandbox" else None
    try:
        yield _Met(vault, RemoteLine(uplink), RemoteAudit(uplink), faults, uplink=uplink)
    finally:
        uplink.close()


def own_room(house: House) -> VaultRoom:
    """The vault's room, for what works in it. Raises CannotStart when it is another process's."""
    if house.room is None:
        raise CannotStart(
            "this works in the vault itself: run it beside the vault, without --vault"
        )
    return house.room


def new_uplink(settings: Settings, mode: str) -> Uplink:
    """A way to the vault's own process, which must be of that mode unless it is empty.

    Raises ValueError when the settings name no socket.
    """
    if settings.vault_socket is None:
        raise ValueError("no socket of a vault is set")
    return Uplink(settings.vault_socket, mode)


def run_migrate(settings: Settings) -> list[str]:
    """Bring both databases up to date; returns a line for each. Raises CannotStart."""
    return run(_migrate(settings))


def _shard(settings: Settings, entropy: SystemEntropy) -> int:
    """Which rows of the balances this process adds to: others must not wait for its commits."""
    return 0 if settings.database is None else entropy.take(1)[0]


async def _migrate(settings: Settings) -> list[str]:
    lines = []
    for name, package in (("books", "vezne.storage"), ("vault", "vezne.vault")):
        engine = await open_engine(settings, name)
        try:
            migrations = load_migrations(package)
            missing = await pending(engine, migrations)
            await migrate(engine, migrations)
        finally:
            await engine.close()
        done = ", ".join(f"{step.number} {step.name}" for step in missing) or "up to date"
        lines.append(f"{name}: {done}")
    return lines
