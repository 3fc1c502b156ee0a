"""What runs beside the server: it looks for work by itself and outlives its own failures."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, NoReturn

import structlog

from vezne.core.merchant import Merchant
from vezne.core.ports import Ports
from vezne.edge.logs import describe_fault
from vezne.flows.due import catch_up
from vezne.storage.merchants import SqlMerchants
from vezne.storage.payment_search import SqlPaymentSearch
from vezne.vault.service import VaultService

# How often each merchant's due payments are looked for,
DUE_EVERY_S: Final = 1.0
# and how much less often for every merchant: looking takes a twentieth of this.
DUE_A_MERCHANT_S: Final = 0.002

# So many rows keep the event loop busy for some milliseconds, and the pause is longer.
FILL_ROWS: Final = 50
FILL_PAUSE_S: Final = 0.01

_log = structlog.stdlib.get_logger(__name__)


async def repeat(work: Callable[[], Awaitable[None]], every_s: float) -> NoReturn:
    """Work again and again, with a pause; what goes wrong is logged and tried again."""
    while True:
        await outlive(work())
        await asyncio.sleep(every_s)


async def look_at_all_due(merchants: SqlMerchants, ports: Ports) -> None:
    """Do what is due for every merchant, for ever; a bank that is slow for one delays no other."""
    busy: set[int] = set()

    async def look(merchant: Merchant) -> None:
        try:
            await outlive(catch_up(merchant, ports))
        finally:
            busy.discard(merchant.id)

    async def look_once(looking: asyncio.TaskGroup) -> None:
        found = await merchants.list_merchants()
        for merchant in found:
            if merchant.id not in busy:
                busy.add(merchant.id)
                looking.create_task(look(merchant))
        # On top of the pause between two turns.
        await asyncio.sleep(DUE_A_MERCHANT_S * len(found))

    async with asyncio.TaskGroup() as looking:
        await repeat(partial(look_once, looking), DUE_EVERY_S)


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
