"""What a process tells of itself, put together from all rooms: the figures behind `/metrics`."""

import asyncio
import platform
import shutil
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from vezne import __version__
from vezne.core.ports import Clock
from vezne.edge.key_uses import KeyUses
from vezne.edge.load import LoadGate
from vezne.edge.logs import describe_fault
from vezne.edge.metrics import (
    CallFigures,
    Family,
    GuardFigures,
    Histogram,
    LoopLag,
    Sample,
    Tell,
    by_label,
    single,
)
from vezne.edge.metrics_requests import RequestFigures
from vezne.edge.server import Listeners
from vezne.engines.figures import EngineFigures
from vezne.event_log import EventLog
from vezne.machine import SystemClock
from vezne.settings import Settings
from vezne.storage.backlog import SqlBacklog
from vezne.vault.audit.trail import Trail
from vezne.vault.keyring import Keyring
from vezne.vault.service import VaultService

if TYPE_CHECKING:
    from vezne.bootstrap.tracing import Tracing

Ask = Callable[[], Awaitable[list[Family]]]

GROUP_BOUNDS: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
# How old an answer may be that took a question to a database: several systems may watch at once.
BOOKS_KEPT_S: Final = 5.0
KEYS_KEPT_S: Final = 60.0
# Whoever watches waits for ten seconds as a rule, and shall hear at least of the rest.
ASK_MAX_S: Final = 3.0
_MS: Final = 1000

_log = EventLog(__name__)


class _Question(NamedTuple):
    """Something to find out for everybody's figures, and for how long the answer is good."""

    part: str
    ask: Ask
    kept_s: float


class Colleagues(Protocol):
    """The other workers of this machine."""

    def report_with(self, topic: str, make: Callable[[], bytes]) -> None:
        """From now on answer `ask_group` of the others about a topic."""

    async def ask_group(self, topic: str) -> list[bytes]:
        """What the others of the same machine report about a topic, as far as they answer."""


class Watch:
    """Everything that a process counts, and whom it asks for the rest.

    `requests`, `bank`, `webhooks` and `guard` are for those who do these things to count by, and
    `key_uses` is for whoever answers requests, and for the panel.
    `colleagues` are the other workers of this machine; `tracing` puts spans around things. Both are
    there where the settings want them.
    """

    def __init__(self, ask_max_s: float = ASK_MAX_S) -> None:
        self._ask_max_s = ask_max_s
        self.requests = RequestFigures()
        self.bank = CallFigures()
        self.webhooks = CallFigures(("delivered", "failed"))
        self.guard = GuardFigures()
        self.key_uses = KeyUses(SystemClock().now_ms)
        self.lag = LoopLag()
        self.colleagues: Colleagues | None = None
        self.tracing: Tracing | None = None
        self._tells: list[Tell] = [
            self.requests.families,
            self.guard.families,
            self.lag.families,
            lambda: self.bank.families(
                "vezne_bank_calls_total", "vezne_bank_call_duration_seconds"
            ),
            lambda: self.webhooks.families(
                "vezne_webhook_deliveries_total", "vezne_webhook_delivery_duration_seconds"
            ),
        ]
        self._questions: list[_Question] = []
        self._answers: dict[str, tuple[float, list[Family]]] = {}
        self._asking = asyncio.Lock()

    def add(self, tell: Tell) -> None:
        """From now on tell this as well, of this process."""
        self._tells.append(tell)

    def add_question(self, part: str, ask: Ask, kept_s: float) -> None:
        """From now on find this out as well, of what all processes have in common."""
        self._questions.append(_Question(part, ask, kept_s))

    def own(self) -> list[Family]:
        """What this process tells of itself, by name."""
        found: dict[str, list[Sample]] = {}
        for tell in self._tells:
            for name, samples in map(_parts, tell()):
                found.setdefault(name, []).extend(samples)
        return [Family(name, samples) for name, samples in found.items()]

    async def shared(self) -> list[Family]:
        """What is everybody's. What cannot be found out is said to be missing."""
        found: list[Family] = []
        missing: dict[str, float] = {}
        async with self._asking:
            for question in self._questions:
                families = await self._answer(question)
                missing[question.part] = float(families is None)
                found += families or []
        return [*found, by_label("vezne_figures_missing", missing)]

    async def _answer(self, question: _Question) -> list[Family] | None:
        at_s, known = self._answers.get(question.part, (0.0, None))
        if known is not None and time.monotonic() - at_s < question.kept_s:
            return known
        try:
            async with asyncio.timeout(self._ask_max_s):
                families = await question.ask()
        except Exception as error:  # noqa: BLE001 - whoever watches hears of the rest
            _log.warning("figures are missing", part=question.part, **describe_fault(error))
            return None
        self._answers[question.part] = time.monotonic(), families
        return families


def watch_process(watch: Watch, settings: Settings) -> None:
    """What runs, and the disk under its data."""
    url = settings.database
    build = (
        __version__,
        platform.python_version(),
        settings.mode,
        "sqlite" if url is None else "postgresql",
    )
    watch.add(lambda: [single("vezne_build_info", 1, build)])
    watch.add_question("disk", lambda: _ask_disk(settings.data), BOOKS_KEPT_S)


def watch_engine(watch: Watch, name: str, figures: EngineFigures) -> None:
    """The commits of a database, which has that name among ours."""

    def tell() -> list[Family]:
        sizes = Histogram(GROUP_BOUNDS)
        for size, times in enumerate(figures.group_sizes):
            if times:
                sizes.observe(size, times)
        return [
            Family("vezne_database_group_batches", sizes.samples((name,))),
            single("vezne_database_batches_waiting", figures.waiting, (name,)),
            single("vezne_database_conflicts_total", figures.conflicts, (name,)),
            single("vezne_database_failures_total", figures.failures, (name,)),
        ]

    watch.add(tell)


def watch_vault(watch: Watch, vault: VaultService, trail: Trail) -> None:
    """What the vault holds in memory, its keys, and the audit trail."""

    def tell() -> list[Family]:
        return [
            single("vezne_cards_in_transit", len(vault.transit)),
            single("vezne_cards_held", vault.held_count),
            single("vezne_audit_lines_total", trail.lines),
            single("vezne_audit_lines_waiting", trail.waiting),
            single("vezne_audit_failures_total", trail.failures),
            single("vezne_audit_failing", float(trail.is_failing)),
        ]

    watch.add(tell)
    watch.add_question("keys", lambda: _ask_keys(vault.keyring), KEYS_KEPT_S)


def watch_books(watch: Watch, backlog: SqlBacklog, clock: Clock) -> None:
    """What waits in the books."""
    watch.add_question("books", lambda: _ask_books(backlog, clock), BOOKS_KEPT_S)


def watch_connections(watch: Watch, listeners: Sequence[Listeners]) -> None:
    """Who is connected."""
    watch.add(
        lambda: [single("vezne_connections_open", sum(each.connections for each in listeners))]
    )


def watch_load(watch: Watch, gate: LoadGate) -> None:
    """How far the process is behind, and what it refuses for that."""
    watch.add(
        lambda: [
            single("vezne_load_lag_seconds", gate.lag_s),
            single("vezne_load_refused_ratio", gate.share),
        ]
    )


async def _ask_books(backlog: SqlBacklog, clock: Clock) -> list[Family]:
    found = await backlog.look(clock.now_ms())
    waiting = found.payments.items()
    return [
        by_label("vezne_payments_waiting", {name: each.count for name, each in waiting}),
        by_label(
            "vezne_payments_waiting_oldest_age_seconds",
            {name: each.oldest_ms / _MS for name, each in waiting},
        ),
        single("vezne_notices_planned", found.planned),
        single("vezne_notices_due", found.due.count),
        single("vezne_notices_due_oldest_age_seconds", found.due.oldest_ms / _MS),
    ]


async def _ask_keys(keyring: Keyring) -> list[Family]:
    ages = await keyring.look_at_ages()
    return [
        single("vezne_keys_active", ages.active),
        single("vezne_key_oldest_age_seconds", ages.oldest_ms / _MS),
        single("vezne_keys_overdue", ages.overdue),
    ]


async def _ask_disk(data: Path) -> list[Family]:
    space = await asyncio.to_thread(shutil.disk_usage, data)
    return [
        single("vezne_data_disk_free_bytes", space.free),
        single("vezne_data_disk_size_bytes", space.total),
    ]


def _parts(family: Family) -> tuple[str, list[Sample]]:
    return family.name, family.samples
