"""What runs beside the server: it looks for work by itself and outlives its own failures."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, NoReturn

from vezne.core.ports import Ports
from vezne.edge.logs import describe_fault
from vezne.event_log import EventLog
from vezne.flows.due import catch_up
from vezne.storage.merchants import SqlMerchants
from vezne.storage.payment_search import SqlPaymentSearch
from vezne.vault.service import VaultService

# How often somebody looks for what is due,
DUE_EVERY_S: Final = 1.0
# and how many times longer than the looking took the pause after it is at least.
PAUSE_TIMES: Final = 20

# So many rows keep the event loop busy for some milliseconds, and the pause is longer.
FILL_ROWS: Final = 50
FILL_PAUSE_S: Final = 0.01

_log = EventLog(__name__)


async def repeat(work: Callable[[], Awaitable[None]], every_s: float) -> NoReturn:
    """Work again and again, with a pause; what goes wrong is logged and tried again."""
    while True:
        await outlive(work())
        await asyncio.sleep(every_s)


async def look_at_all_due(merchants: SqlMerchants, ports: Ports) -> None:
    """Do what is due for every merchant, for ever; a bank that is slow for one delays no other."""
    busy: set[int] = set()

    async def look(merchant_id: int) -> None:
        try:
            await outlive(_catch_up(merchant_id, merchants, ports))
        finally:
            busy.discard(merchant_id)

    async def look_once(looking: asyncio.TaskGroup) -> None:
        begun_s = time.monotonic()
        found = await merchants.find_due(ports.clock.now_ms())
        took_s = time.monotonic() - begun_s
        for merchant_id in found:
            if merchant_id not in busy:
                busy.add(merchant_id)
                looking.create_task(look(merchant_id))
                # Requests first: on a new business day it may be everybody's turn.
                await asyncio.sleep(0)
        # On top of the pause between two turns.
        await asyncio.sleep(PAUSE_TIMES * took_s)

    async with asyncio.TaskGroup() as looking:
        await repeat(partial(look_once, looking), DUE_EVERY_S)


async def _catch_up(merchant_id: int, merchants: SqlMerchants, ports: Ports) -> None:
    merchant = await merchants.find_merchant(merchant_id)
    if merchant is not None:
        await catch_up(merchant, ports)


async def fill_search(search: SqlPaymentSearch) -> None:
    """Make the search know all payments from before its time, without keeping others waiting."""
    count = FILL_ROWS
    while count:
        count = await search.fill(FILL_ROWS)
        await asyncio.sleep(FILL_PAUSE_S)


async def sweep_vault(vault: VaultService) -> None:
    """See that no card waits longer than it may, and no destroyed key, when no request comes by."""
    vault.sweep()
    await vault.forget_destroyed_keys()


async def erase_deleted(vault: VaultService) -> None:
    """Rid the vault's files of deleted cards. Where somebody still reads, the next turn does."""
    await vault.erase()


async def outlive(work: Awaitable[object]) -> None:
    """See work to its end. What goes wrong is logged: the next turn must come."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 - whatever it is
        _log.error("fault", **describe_fault(error))
