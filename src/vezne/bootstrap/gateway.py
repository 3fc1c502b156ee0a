"""The gateway in a process of its own: books, flows and doors, and no way in but the vault."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from vezne.bootstrap.calls import recorded
from vezne.bootstrap.doors import open_doors
from vezne.bootstrap.front import settle_garbage_collector
from vezne.bootstrap.guarding import guard_doors
from vezne.bootstrap.hangup import at_hangups, expect_hangups
from vezne.bootstrap.house import House, new_uplink, open_house
from vezne.bootstrap.members import tell_of_panel
from vezne.bootstrap.metrics import watch_connections, watch_load, watch_process
from vezne.bootstrap.metrics_page import METRICS_PATH, MetricsPage
from vezne.bootstrap.server import at_work, sites_of
from vezne.bootstrap.spans import traces_of
from vezne.bootstrap.start import run
from vezne.edge.departure import Departure
from vezne.edge.load import LoadGate
from vezne.edge.logs import configure_logs
from vezne.edge.messages import Door
from vezne.edge.server import Listeners
from vezne.edge.sites import lone_site
from vezne.event_log import EventLog
from vezne.link.boards import GatewayBoard
from vezne.link.messages import FaultUsed
from vezne.link.reception import Desk
from vezne.link.remote import RemoteAudit
from vezne.link.uplink import Reception, Uplink
from vezne.settings import Settings, check_servable

_log = EventLog(__name__)

# For requests in flight at the end; as long as a server's listeners wait.
GRACE_S: Final = 40.0


def run_gateway(settings: Settings) -> None:
    """Answer what the vault's process hands over, until a signal.

    Waits for the vault, however long it takes. Raises InvalidSettings and CannotStart.
    """
    configure_logs(settings.log_level, settings.log_format)
    run(_serve(settings))


async def _serve(settings: Settings) -> None:
    check_servable(settings)
    stop = _stop_at_signal()
    with at_hangups(expect_hangups(), stop.set, lambda: _log.info("nothing is read anew")):
        await _work(settings, stop)


async def _work(settings: Settings, stop: asyncio.Event) -> None:
    """Serve the vault until `stop`, once it is there."""
    uplink = new_uplink(settings, settings.mode)
    connecting = asyncio.ensure_future(uplink.wait_until_open())
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({connecting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not connecting.done():
        connecting.cancel()
        return
    async with (
        traces_of(settings) as tracing,
        open_house(settings, uplink=uplink, tracing=tracing) as house,
        at_work(house),
    ):
        settle_garbage_collector()
        gate = LoadGate(settings.load.lag_ms_max, [house.behind_s], house.audit)
        with guard_doors(open_doors(house), settings, house.audit, house.watch.guard) as guarded:
            async with recorded(house.recorder, guarded) as doors, _told(house, gate) as told:
                handled = doors if tracing is None else tracing.doors(doors)
                uplink.take_requests(_reception(house, handled, gate))
                staying = asyncio.create_task(uplink.stay_open())
                line = tell_of_panel(settings)
                sys.stdout.write(f"ready unix:{settings.vault_socket}\n{line}{told}")
                sys.stdout.flush()
                await stopping
        await _leave(uplink, stop)
        gate.tell_of_rest()
        staying.cancel()


@asynccontextmanager
async def _told(house: House, gate: LoadGate) -> AsyncIterator[str]:
    """Tell the figures of this process where the settings say; a line about where that is."""
    watch, address = house.watch, house.settings.metrics.address
    watch_process(watch, house.settings)
    watch_load(watch, gate)
    measuring = asyncio.create_task(watch.lag.measure())
    page = lone_site(METRICS_PATH, MetricsPage(watch, "0").site, house.audit)
    listeners = await Listeners.open(page, http=address)
    watch_connections(watch, [listeners])
    try:
        yield "" if address is None else f"metrics {listeners.http_url}{METRICS_PATH}\n"
    finally:
        measuring.cancel()
        await listeners.close()


def _reception(house: House, doors: Sequence[Door], gate: LoadGate) -> Reception:
    """What this process does for the vault."""
    # The vault's process forgets a gateway that leaves, and asks it no more whether it is ready.
    sites = sites_of(house, doors, Departure())
    desk = Desk(doors, sites, house.audit, gate, house.watch.key_uses)
    board, audit = house.faults, house.audit

    def hear_used(used: FaultUsed) -> None:
        if board is not None:
            board.use(used.merchant_id, used.fault_id)

    def catch_up() -> None:
        if isinstance(board, GatewayBoard):
            board.show_again()
        if isinstance(audit, RemoteAudit):
            audit.carry()

    return Reception(desk.answer, hear_used, catch_up)


def _stop_at_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _leave(uplink: Uplink, stop: asyncio.Event) -> None:
    """Finish what is in flight; a second signal does not wait for it."""
    stop.clear()
    leaving = asyncio.ensure_future(uplink.leave(GRACE_S))
    hurry = asyncio.ensure_future(stop.wait())
    await asyncio.wait({leaving, hurry}, return_when=asyncio.FIRST_COMPLETED)
    for task in (leaving, hurry):
        task.cancel()
