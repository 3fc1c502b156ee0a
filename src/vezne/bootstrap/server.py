"""The server: the house, its doors and sites, and what runs beside them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from vezne.bootstrap.calls import recorded
from vezne.bootstrap.demo import ensure_demo_merchant
from vezne.bootstrap.doors import open_doors
from vezne.bootstrap.front import BOOKS_LOCK, VAULT_LOCK, locked, serve_front
from vezne.bootstrap.guarding import guard_doors
from vezne.bootstrap.house import House, open_house, own_room
from vezne.bootstrap.master import open_serving_master_key
from vezne.bootstrap.members import ensure_demo_member, open_members, tell_of_panel
from vezne.bootstrap.panel import panel_desk
from vezne.bootstrap.start import run
from vezne.bootstrap.tidying import Tidying
from vezne.edge.asgi import site_from
from vezne.edge.logs import configure_logs
from vezne.edge.messages import Door
from vezne.edge.sites import Site
from vezne.edge.threeds import SITE_PATH, threeds_site
from vezne.flows.once import end_once_leases
from vezne.panel.app import panel_app
from vezne.panel.routing import PANEL_PATH
from vezne.settings import Settings, check_servable
from vezne.webhooks import Office, tell_merchants
from vezne.workers import fill_search, look_at_all_due, repeat

TIDY_S: Final = 3600.0
# Rows to fill in come with an upgrade only, and from servers that are not upgraded yet.
FILL_S: Final = 60.0


def run_server(settings: Settings) -> None:
    """Serve until a signal. Raises InvalidSettings and CannotStart."""
    configure_logs(settings.log_level, settings.log_format)
    run(_serve(settings))


async def _serve(settings: Settings) -> None:
    # Before anything else is looked at: no other mistake may hide a key that is unfit.
    master_key = await open_serving_master_key(settings)
    check_servable(settings)
    async with open_house(settings, master_key) as house, at_work(house):
        guarded = guard_doors(open_doors(house), settings, house.audit)
        with guarded as guarded_doors, locked(settings.data, VAULT_LOCK):
            async with recorded(house.recorder, guarded_doors) as doors:
                sites = sites_of(house, doors)
                tell = partial(tell_of_panel, settings)
                await serve_front(settings, own_room(house), doors, sites, tell)


@asynccontextmanager
async def at_work(house: House) -> AsyncIterator[None]:
    """Be the one gateway on these books, with everything that it does unasked."""
    with locked(house.settings.data, BOOKS_LOCK):
        if house.settings.database is None:
            # No other server uses these books.
            await end_once_leases(house.ports)
        await ensure_demo_merchant(house)
        await ensure_demo_member(house, open_members(house))
        workers: list[asyncio.Task[None]] = [
            asyncio.create_task(repeat(work, every_s)) for work, every_s in _background(house)
        ]
        workers += [
            asyncio.create_task(look_at_all_due(house.merchants, house.ports)),
            asyncio.create_task(tell_merchants(_office(house))),
        ]
        try:
            yield
        finally:
            for worker in workers:
                worker.cancel()


def sites_of(house: House, doors: Sequence[Door]) -> dict[str, Site]:
    """The pages for browsers: our part of 3-D Secure, where they bring the bank's word; the panel.

    The built-in bank's are where the vault is.
    """
    return {
        SITE_PATH: threeds_site(house.ports, house.merchants, doors, faults=house.faults),
        PANEL_PATH: site_from(panel_app(panel_desk(house))),
    }


def _background(house: House) -> list[tuple[Callable[[], Awaitable[None]], float]]:
    """What runs beside the server, and how often, in seconds."""
    return [
        (Tidying(house), TIDY_S),
        (partial(fill_search, house.payment_search), FILL_S),
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
