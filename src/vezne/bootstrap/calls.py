"""The log of calls: its database, whose a call is, and the recorder at the doors of a sandbox."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from vezne.bootstrap.engines import open_engine
from vezne.core.call_log import CallBook
from vezne.core.merchant import Merchant
from vezne.dialects.diagnosing import owner_of
from vezne.edge.call_log import SHARDS, CallRecorder
from vezne.edge.messages import Door
from vezne.engines.migrate import load_migrations, migrate
from vezne.machine import SystemClock, SystemEntropy
from vezne.settings import Settings
from vezne.storage.call_log import SqlCallLog
from vezne.storage.merchants import SqlMerchants
from vezne.workers import repeat

# How soon after its answer a call can be read.
WRITE_S: Final = 0.25


@asynccontextmanager
async def open_calls(settings: Settings) -> AsyncIterator[SqlCallLog | None]:
    """The log, which only a sandbox has. Raises what a person can mend (`start.run`)."""
    if settings.mode != "sandbox":
        yield None
        return
    engine = await open_engine(settings, "calls")
    try:
        await migrate(engine, load_migrations("vezne.storage.calls"))
        yield SqlCallLog(engine)
    finally:
        await engine.close()


def new_recorder(
    settings: Settings, book: CallBook | None, merchants: SqlMerchants
) -> CallRecorder | None:
    """Who keeps the log; None where none is kept."""
    if book is None or settings.sandbox.request_log == "off":
        return None
    rows_max = settings.sandbox.request_log_rows
    return CallRecorder(
        book, _Owners(merchants), SystemClock(), rows_max=rows_max, shard=_shard(settings)
    )


def _shard(settings: Settings) -> int:
    """A number that hardly another process has which writes to the same log."""
    if settings.database is not None:
        return SystemEntropy().take(1)[0]
    # Workers have numbers one after the other.
    return 0 if settings.workers == 1 else os.getpid() % SHARDS


@asynccontextmanager
async def recorded(
    recorder: CallRecorder | None, doors: Sequence[Door]
) -> AsyncIterator[Sequence[Door]]:
    """The doors with the recorder around them, which writes as long as this is open.

    The house has it write the rest.
    """
    if recorder is None:
        yield doors
        return
    writing = asyncio.create_task(repeat(recorder.write, WRITE_S))
    try:
        yield [recorder.record(door) for door in doors]
    finally:
        writing.cancel()


class _Owners:
    """Whose a call is whose caller has proven nothing."""

    def __init__(self, merchants: SqlMerchants) -> None:
        self._merchants = merchants
        self._demo_id = 0

    async def find_merchant(self, merchant_id: int) -> Merchant | None:
        """A merchant by number, as it stands now."""
        return await self._merchants.find_merchant(merchant_id)

    async def owner_of(self, door: str, claimed: str) -> int:
        """The merchant that has a key of a door, working or not; 0 if nobody has it."""
        return await owner_of(self._merchants, door, claimed)

    async def demo(self) -> int:
        """The merchant that the sandbox made by itself; 0 before there is one."""
        if not self._demo_id:
            found = await self._merchants.list_merchants()
            self._demo_id = next((each.id for each in found if each.is_demo), 0)
        return self._demo_id
