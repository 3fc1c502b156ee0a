"""What one server of a database does for all: it is done wherever the lead is."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, NoReturn

from vezne.engines.engine import Engine
from vezne.event_log import EventLog
from vezne.workers import repeat

# The name that the leading server holds.
LEAD: Final = "lead"
# How often the others ask for it. After a graceful end somebody else goes on so soon.
ASK_EVERY_S: Final = 0.5

_log = EventLog(__name__)


async def lead(
    engine: Engine, work: Callable[[], Awaitable[None]], *, every_s: float = ASK_EVERY_S
) -> NoReturn:
    """Do work whenever this is the one server that has the lead, which may be never.

    When the lead is lost, the work is cancelled, and this server is one of those who wait for it.
    """
    await repeat(partial(_lead_once, engine, work, every_s), every_s)


async def _lead_once(engine: Engine, work: Callable[[], Awaitable[None]], every_s: float) -> None:
    async with engine.exclusive(LEAD, retry_s=every_s):
        _log.info("in the lead")
        await work()
