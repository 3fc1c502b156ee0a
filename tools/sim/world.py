"""A world of one seed: disks, a bank, shops, and a gateway that is killed again and again."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from tools.sim.catalogue import draw_order, open_shops
from tools.sim.checks import check_told, check_world
from tools.sim.dice import Dice, dice_for
from tools.sim.disk import Disk, FileDisk, MemoryDisk
from tools.sim.events import EventLog
from tools.sim.gateway import EXPECTED, Gateway
from tools.sim.life import Life
from tools.sim.line import StormyLine
from tools.sim.mail import MailBoxes, NoKeys, StormyCourier, render
from tools.sim.orders import Order, Receipt, Told
from tools.sim.reading import ReadOnly
from tools.sim.requests import Desk
from tools.sim.shopper import NoAnswer, Shopper
from tools.sim.violation import Violation
from tools.sim.virtual_time import EPOCH_S, Stuck, VirtualClock, VirtualLoop
from tools.sim.weather import Weather, calm, draw_weather

from simbank.host import Host
from simbank.records import Record, Standing
from vezne.core.ports import Ports
from vezne.core.webhook import WebhookMessage
from vezne.engines.migrate import load_migrations
from vezne.flows.move_clock import ClockTooFar, advance_clock
from vezne.storage.merchants import SqlMerchants

Result = TypeVar("Result")

_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * _HOUR_MS
# The longest that anything may be unknown once the bank answers again: the longest delay between
# two inquiries, and what the inquiry and the gateway's start take.
QUIET_MAX_S: Final = 3600 + 120
# How far ahead a clock may have been that was reset, and a minute for each of these days.
_RESET_DAYS_MAX: Final = 60
_RESET_MAX_S: Final = 60 * _RESET_DAYS_MAX
# In so many turns everything is done that is due in the end.
_LAST_TURNS: Final = 15


class Report(msgspec.Struct, kw_only=True):
    """What a run was like. `problem` is empty when every check passed."""

    seed: int
    orders: int
    disk: str
    payments: int = 0
    kills: int = 0
    calls: int = 0
    resolved: int = 0
    given_up: int = 0
    events: int = 0
    virtual_s: float = 0.0
    digest: str = ""
    problem: str = ""
    last_events: list[str] = []


class World:
    """Everything that there is under one seed. `run` lets it happen."""

    def __init__(self, seed: int, orders: int, disks: tuple[Disk, Disk], loop: VirtualLoop) -> None:
        self.loop = loop
        self.clock = VirtualClock(loop)
        self.events = EventLog(loop)
        self.weather: Weather = draw_weather(dice_for(seed, "weather"))
        self.books_disk, self.vault_disk = disks
        self.bank_seed = f"bank {seed}"
        self.bank_key = b""
        self.bank: Host | None = None
        self.migrations = load_migrations("vezne.storage")
        self.boxes = MailBoxes()
        self.no_keys = NoKeys()
        self.render: Callable[[Any], WebhookMessage | None] = render
        self._gateways = [
            Gateway(self, place, dice_for(seed, f"gateway {place}"))
            for place in range(self.weather.servers)
        ]
        self.line: StormyLine | None = None
        self.reading = ReadOnly(self.books_disk, self.vault_disk)
        self.orders: list[Order] = []
        self.told: list[Told] = []
        self.deleted_cards: set[bytes] = set()
        self.stored_cards: set[bytes] = set()
        self.given_up = 0
        self.calls = 0
        self.problem = ""
        self.settled_in = asyncio.Event()
        self._told_checked = 0
        self._seed = seed
        self._count = orders
        self._dice = dice_for(seed, "world")
        self._failed = asyncio.Event()
        self._merchants: SqlMerchants | None = None
        self._seller = ""

    async def run(self) -> None:
        """A busy day, a quiet one, and the checks. Raises Violation."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._on_lost_exception)
        lives = [asyncio.create_task(gateway.run()) for gateway in self._gateways]
        day = asyncio.create_task(self._day())
        failed = asyncio.create_task(self._failed.wait())
        try:
            await asyncio.wait({day, failed, *lives}, return_when=asyncio.FIRST_COMPLETED)
            for life in lives:
                if life.done():
                    life.result()
            if self.problem:
                raise Violation(self.problem)
            day.result()
        finally:
            for task in (*lives, day, failed):
                task.cancel()
            for gateway in self._gateways:
                gateway.kill()

    async def call(self, call: Callable[[Desk], Awaitable[Result]], dice: Dice) -> Result:
        """Pass a call on to one of the servers. Raises NoAnswer, and what the gateway refuses."""
        return await dice.choice(self._gateways).call(call, dice)

    def fail(self, what: str, error: BaseException) -> None:
        """Something happened that must not."""
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        place = "" if where is None else f" at {where.tb_frame.f_code.co_name}:{where.tb_lineno}"
        self.problem = self.problem or f"{what}: {type(error).__name__}: {error}{place}"
        self._failed.set()

    def open_bank(self, return_key: bytes) -> None:
        """The bank opens once and outlives every gateway."""
        self.bank_key = return_key
        if self.bank is None:
            self.bank = Host(self.bank_seed, return_key=return_key, clock=self.clock.now_ms)
            dice = dice_for(self._seed, "line")
            self.line = StormyLine(self.bank, self.weather, dice, self.events)

    def courier(self, life: Life) -> StormyCourier:
        """The way to the shops' servers, for one life of the gateway."""
        return StormyCourier(life, self.weather, self._dice, self.boxes)

    async def settle_in(self, ports: Ports, merchants: SqlMerchants) -> None:
        """Register the shops when the gateway starts for the first time."""
        self._merchants = merchants
        if self.settled_in.is_set():
            return
        self._seller = await open_shops(ports, merchants)
        self.settled_in.set()

    def remember(self, order: Order, receipt: Receipt) -> None:
        """A shop was told something."""
        self.events.note("told", f"{order.serial} {receipt.number} {receipt.state}")
        self.told.append(Told(order, receipt))

    async def after_kill(self) -> None:
        """What must hold whenever the gateway is dead. Failures end the run."""
        try:
            await check_told(self, self.told[self._told_checked :])
            self._told_checked = len(self.told)
            if self.settled_in.is_set() and self._dice.hits(0.05):
                await check_world(self, is_quiet=False, is_final=False)
        except Violation as violation:
            self.problem = self.problem or str(violation)
            self._failed.set()

    def bank_records(self) -> list[Record]:
        """What the bank has done so far."""
        return [] if self.bank is None else self.bank.operations()

    def standing(self, merchant_id: int, trace: int) -> Standing | None:
        """What an authorization or sale has come to at the bank."""
        return None if self.bank is None else self.bank.standing(merchant_id, trace)

    async def _day(self) -> None:
        places = asyncio.Semaphore(self.weather.shoppers)

        async def shop(order: Order) -> None:
            async with places:
                shopper = Shopper(self, order, dice_for(self._seed, f"shopper {order.serial}"))
                await shopper.shop()

        await self.settled_in.wait()
        self.orders = [
            draw_order(serial, self._seller, self._dice) for serial in range(1, self._count + 1)
        ]
        clocks = asyncio.create_task(self._move_clocks())
        for outcome in await asyncio.gather(*map(shop, self.orders), return_exceptions=True):
            if isinstance(outcome, Exception):
                self.fail("a shop's program breaks", outcome)
        clocks.cancel()
        # Money becomes due and is paid out in bad weather too.
        for days in (1, 3, 9):
            await self._advance(days * _DAY_MS)
            await asyncio.sleep(self._dice.uniform(0.0, 8.0))
        await self._quiet()

    async def _quiet(self) -> None:
        """Nothing goes wrong any more: everything finds its end, and all accounts agree."""
        calm(self.weather)
        # A life that is under its old weather ends by itself no more; the bank finishes its work.
        started_s = self.loop.time()
        for gateway in self._gateways:
            gateway.tick_s = 15.0
        await asyncio.sleep(150)
        while await self.reading.open_attempts():
            quiet_s = self.loop.time() - started_s
            if quiet_s > QUIET_MAX_S + _RESET_MAX_S:
                raise Violation("an attempt is still unknown although the bank answers again")
            if quiet_s > QUIET_MAX_S:
                # A call that was under way when the clock was reset promised by the time before.
                await self._advance(_DAY_MS)
            await asyncio.sleep(60)
        await check_told(self, self.told)
        await check_world(self, is_quiet=True, is_final=False)
        await self._advance(_DAY_MS)
        await asyncio.sleep(40)
        await self._advance(12 * _DAY_MS)
        await asyncio.sleep(40)
        if await self.reading.is_money_ahead():
            await self._wait_for_money()
        for _ in range(_LAST_TURNS):
            await asyncio.sleep(20)
            if not self.reading.has_work_left():
                break
        await check_told(self, self.told)
        await check_world(self, is_quiet=True, is_final=True)

    async def _wait_for_money(self) -> None:
        """What was paid before a clock was reset is due when its own time has come again."""
        for _ in range(_RESET_DAYS_MAX):
            await self._advance(_DAY_MS)
            await asyncio.sleep(20)
            if not await self.reading.is_money_ahead():
                break
        # It may be Friday night: the payout is made on the next business day.
        await self._advance(12 * _DAY_MS)
        await asyncio.sleep(40)

    async def _move_clocks(self) -> None:
        """Somebody plays with the sandbox's clock."""
        while True:
            await asyncio.sleep(0.5)
            # The worst moment is the one at which an answer is just under way.
            is_slow = self.line is not None and self.line.slow > 0
            if self._dice.hits(self.weather.clock_moves * (8 if is_slow else 0.5)):
                if self._dice.hits(0.1):
                    await self._reset_clocks()
                    continue
                await self._advance(self._dice.choice((60_000, 60_000, 600_000, _HOUR_MS, _DAY_MS)))

    async def _reset_clocks(self) -> None:
        for merchant in await self.reading.merchants.list_merchants():
            self.events.note("clock")
            try:
                await self.call(_resetting(merchant.id), self._dice)
            except NoAnswer:
                return

    async def _advance(self, by_ms: int) -> None:
        for merchant in await self.reading.merchants.list_merchants():
            self.events.note("clock", by_ms)
            try:
                await advance_clock(merchant.id, by_ms, self.reading.merchants)
            except ClockTooFar:
                return

    def fill(self, report: Report) -> None:
        """Say what the run was like."""
        report.payments, report.resolved = self.reading.counts()
        report.kills = sum(gateway.kills for gateway in self._gateways)
        report.calls = sum(gateway.calls for gateway in self._gateways)
        report.given_up = self.given_up
        report.events = self.events.count
        report.virtual_s = self.loop.time() - EPOCH_S
        report.digest = self.events.digest()
        report.last_events = self.events.last(40) if report.problem else []

    def _on_lost_exception(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, Exception) and not isinstance(error, EXPECTED):
            self.fail("nobody heard of", error)


def run_world(seed: int, orders: int, disk: str = "") -> Report:
    """Run a seed's world to its end and report. Never raises for what the checks find.

    Every fourth seed has its databases in files, unless `disk` says `memory` or `file`.
    """
    disk = disk or ("memory" if seed % 4 else "file")
    report = Report(seed=seed, orders=orders, disk=disk)
    loop = VirtualLoop()
    with ExitStack() as stack:
        stack.callback(loop.close)
        room = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vezne-sim-")))
        world: World | None = None

        async def live() -> None:
            nonlocal world
            disks = _open_disks(disk, room)
            for opened in disks:
                stack.callback(opened.close)
            world = World(seed, orders, disks, loop)
            await world.run()

        asyncio.set_event_loop(None)
        try:
            loop.run_until_complete(live())
        except (Violation, Stuck) as violation:
            report.problem = str(violation)
        loop.run_until_complete(_drain(loop))
        assert world is not None  # noqa: S101
        world.fill(report)
    return report


async def _drain(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop) - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(0)


def _open_disks(disk: str, room: Path) -> tuple[Disk, Disk]:
    if disk == "file":
        return FileDisk(room, "books"), FileDisk(room, "vault")
    return MemoryDisk(), MemoryDisk()


def _resetting(merchant_id: int) -> Callable[[Desk], Awaitable[None]]:
    return lambda desk: desk.reset_clock(merchant_id)
