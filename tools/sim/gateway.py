"""The gateway as its callers see it: there, gone, or there again."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from tools.sim.dice import Dice
from tools.sim.life import DiskEngine, Killed, Life, LifeEntropy, LifeTrail, LifeTransport
from tools.sim.requests import DOOR, Desk, FollowUpDeclined
from tools.sim.shopper import NoAnswer

from vezne.acquirers.simulator.adapter import SimulatorAcquirer
from vezne.acquirers.simulator.config import SimulatorConfig
from vezne.core.bin_table import BIN_TABLE
from vezne.core.bins import BinDirectory
from vezne.core.changes import Conflict
from vezne.core.merchant import Merchant
from vezne.core.ports import Ports
from vezne.core.refusal import Refusal
from vezne.core.webhook import WebhookDoor
from vezne.engines.engine import EngineFailure
from vezne.engines.migrate import migrate
from vezne.flows.due import catch_up
from vezne.flows.notify import Mail, tell_due
from vezne.flows.once import end_once_leases
from vezne.storage.books import SqlBooks
from vezne.storage.merchants import SqlMerchants
from vezne.storage.numbers import SqlNumbers
from vezne.storage.old_records import SqlOldRecords
from vezne.storage.outbox import SqlOutbox
from vezne.vault.master_key import LocalMasterKey
from vezne.vault.service import open_vault

if TYPE_CHECKING:
    from tools.sim.world import World

Result = TypeVar("Result")

# What the line to a bank waits for an answer.
# More keys than a world can have.
SWEPT_MAX = 1_000_000
BANK_TIMEOUT_S = 10.0
MASTER_KEY = bytes(range(7, 39))
EXPECTED = (Refusal, Conflict, EngineFailure, FollowUpDeclined)


class Gateway:
    """Starts a server, starts it again whenever it was killed, and passes calls on."""

    def __init__(self, world: "World", place: int, dice: Dice) -> None:
        self._world = world
        self._place = place
        self._dice = dice
        self._life: Life | None = None
        self._desk: Desk | None = None
        self._killed = asyncio.Event()
        self.kills = 0
        self.calls = 0
        # Set between two days' work: then nothing is done but what is asked for.
        self.tick_s = 1.0

    async def run(self) -> None:
        """Live, again and again."""
        if self._place:
            await self._world.settled_in.wait()
        while True:
            self._killed.clear()
            weather, events = self._world.weather, self._world.events
            self._life = life = Life(weather, self._dice, events, self._on_kill)
            # In the order in which a server starts: nobody is answered before it has opened.
            life.spawn(self._live(life))
            await self._killed.wait()
            self._desk = None
            self.kills += 1
            await self._world.after_kill()
            await asyncio.sleep(self._dice.uniform(0.05, 3.0))

    def kill(self) -> None:
        """End the present life, if there is one."""
        if self._life is not None:
            self._life.kill()

    async def call(self, call: Callable[[Desk], Awaitable[Result]], dice: Dice) -> Result:
        """Pass a call on. Raises NoAnswer, and what the gateway refuses."""
        life, desk = self._life, self._desk
        if life is None or desk is None or life.is_dead:
            raise NoAnswer
        self.calls += 1
        working = life.spawn(self._serve(call, desk))
        patience_s = self._world.weather.patience_s * dice.uniform(0.3, 3.0)
        # The gateway goes on with what it has begun although the shop hangs up.
        done, _ = await asyncio.wait({working}, timeout=patience_s)
        if not done or working.cancelled():
            raise NoAnswer
        error = working.exception()
        if error is None:
            result: Result = working.result()
            return result
        if isinstance(error, Killed | EngineFailure):
            raise NoAnswer
        raise error

    async def _serve(self, call: Callable[[Desk], Awaitable[Result]], desk: Desk) -> Result:
        try:
            return await call(desk)
        except EXPECTED:
            raise
        except Exception as error:
            self._world.fail("a request breaks something", error)
            raise

    async def _live(self, life: Life) -> None:
        """Open everything as the real program does, then look for work until the end."""
        with self._failing("the start breaks"):
            try:
                desk, mail, old = await self._open(life)
                if self._world.weather.servers == 1:
                    await end_once_leases(desk.ports)
                await old.remove_once_keys(desk.ports.clock.now_ms(), SWEPT_MAX)
            except EngineFailure:
                # The program ends, and somebody starts it again.
                life.kill()
            life.check()
        self._desk = desk
        # A bank that is slow for one merchant delays neither others nor webhooks.
        working: dict[tuple[str, int], asyncio.Task[None]] = {}
        while True:
            for merchant in await desk.merchants.list_merchants():
                for name, work in (
                    ("due", self._look_at_due(merchant, desk)),
                    ("mail", self._tell(merchant, mail, desk)),
                ):
                    before = working.get((name, merchant.id))
                    if before is None or before.done():
                        working[name, merchant.id] = life.spawn(work)
                    else:
                        work.close()
            desk.vault.sweep()
            await asyncio.sleep(self.tick_s)

    async def _look_at_due(self, merchant: Merchant, desk: Desk) -> None:
        with self._failing("the work on what is due breaks"):
            await catch_up(merchant, desk.ports)

    async def _tell(self, merchant: Merchant, mail: Mail, desk: Desk) -> None:
        with self._failing("the telling breaks"):
            found = 1
            while found:
                found = await tell_due(merchant, mail, desk.ports)

    @contextmanager
    def _failing(self, what: str) -> Iterator[None]:
        """An exception in the background ends the run: the real program only logs it."""
        try:
            yield
        except EngineFailure:
            # The next turn comes.
            return
        except Exception as error:  # noqa: BLE001 - whatever it is
            self._world.fail(what, error)

    async def _open(self, life: Life) -> tuple[Desk, Mail, SqlOldRecords]:
        world = self._world
        fsync_s = world.weather.fsync_s
        entropy = LifeEntropy(life, self._dice)
        books_engine = DiskEngine(world.books_disk, life, fsync_s, self._dice)
        await migrate(books_engine, world.migrations)
        vault_engine = DiskEngine(world.vault_disk, life, fsync_s, self._dice)
        master_key = LocalMasterKey(MASTER_KEY, entropy)
        trail = LifeTrail(life)
        vault = await open_vault(vault_engine, master_key, world.clock, entropy, trail)
        simulator = SimulatorConfig(seed=world.bank_seed, return_key=vault.bank_key)
        world.open_bank(vault.bank_key)
        line = vault.line(LifeTransport(life, world.line), timeout_s=BANK_TIMEOUT_S)
        acquirer = SimulatorAcquirer(simulator, line)
        books = SqlBooks(books_engine, self._place)
        ports = Ports(
            books=books,
            vault=vault,
            acquirer=acquirer,
            bins=BinDirectory(BIN_TABLE),
            numbers=SqlNumbers(books_engine),
            clock=world.clock,
            entropy=entropy,
        )
        merchants = SqlMerchants(books_engine, vault.secrets, world.clock)
        await world.settle_in(ports, merchants)
        mail = Mail(
            outbox=SqlOutbox(books_engine),
            courier=world.courier(life),
            keys=world.no_keys,
            merchants=merchants,
            door=DOOR,
            words=WebhookDoor(render=world.render),
        )
        desk = Desk(ports=ports, vault=vault, merchants=merchants, acquirer=acquirer)
        return desk, mail, SqlOldRecords(books_engine)

    def _on_kill(self) -> None:
        self._desk = None
        self._killed.set()
