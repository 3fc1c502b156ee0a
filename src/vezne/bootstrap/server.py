"""The server: the house, its doors and sites, and what runs beside them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from functools import partial
from typing import Final

from vezne.bootstrap.calls import recorded
from vezne.bootstrap.demo import ensure_demo_merchant
from vezne.bootstrap.doors import open_doors
from vezne.bootstrap.front import BOOKS_LOCK, VAULT_LOCK, locked, serve_front
from vezne.bootstrap.guarding import guard_doors
from vezne.bootstrap.house import House, open_house, own_room
from vezne.bootstrap.leading import lead
from vezne.bootstrap.master import open_serving_master_key
from vezne.bootstrap.members import ensure_demo_member, open_members, tell_of_panel
from vezne.bootstrap.metrics import Watch
from vezne.bootstrap.peers import open_peers, shared_doors, shared_sites
from vezne.bootstrap.post import Post, lone_post
from vezne.bootstrap.ready import house_readiness
from vezne.bootstrap.sites import panel_pages, threeds_pages
from vezne.bootstrap.spans import traces_of
from vezne.bootstrap.start import run
from vezne.bootstrap.supervisor import supervise
from vezne.bootstrap.tidying import Tidying
from vezne.bootstrap.watched import WatchedCourier
from vezne.core.webhook import Courier
from vezne.edge.departure import Departure
from vezne.edge.logs import configure_logs
from vezne.edge.messages import THREEDS_PATH, Door
from vezne.edge.readiness import READY_PATH
from vezne.edge.sites import Site
from vezne.flows.once import end_once_leases
from vezne.panel.paths import PANEL_PATH
from vezne.settings import Settings, check_servable
from vezne.webhooks import Office, tell_merchants
from vezne.workers import fill_search, look_at_all_due, repeat

TIDY_S: Final = 3600.0
# Rows to fill in come with an upgrade only, and from servers that are not upgraded yet.
FILL_S: Final = 60.0


def run_server(settings: Settings) -> None:
    """Serve until a signal. Raises InvalidSettings and CannotStart."""
    configure_logs(settings.log_level, settings.log_format)
    tell = partial(tell_of_panel, settings)
    if settings.workers > 1:
        supervise(settings, serve_at, tell)
    else:
        run(serve_at(settings, lone_post(settings, tell)))


async def serve_at(settings: Settings, post: Post) -> None:
    """Serve until the post is left. Raises what a person can mend (`vezne.bootstrap.start.run`)."""
    # Before anything else is looked at: no other mistake may hide a key that is unfit.
    master_key = post.master_key or await open_serving_master_key(settings)
    check_servable(settings)
    async with (
        traces_of(settings) as tracing,
        open_house(settings, master_key, tracing=tracing) as house,
        open_peers(house) as peers,
        at_work(house, post),
    ):
        house.watch.colleagues = peers
        unguarded = shared_doors(settings, open_doors(house), peers)
        figures = house.watch.guard
        guarded = guard_doors(unguarded, settings, house.audit, figures, peers=peers)
        with guarded as guarded_doors, _locked(settings, VAULT_LOCK, post):
            async with recorded(house.recorder, guarded_doors) as doors:
                sites = shared_sites(sites_of(house, doors, post.stage.departure), peers)
                await serve_front(settings, own_room(house), doors, sites, post)


@asynccontextmanager
async def at_work(house: House, post: Post | None = None) -> AsyncIterator[None]:
    """Be the one server on these books, or one of its workers, with all that it does unasked."""
    with _locked(house.settings, BOOKS_LOCK, post):
        if post is None or post.is_first:
            if house.settings.database is None:
                # No other server uses these books.
                await end_once_leases(house.ports)
            await ensure_demo_merchant(house)
            await ensure_demo_member(house, open_members(house))
        leading = asyncio.create_task(lead(house.engine, partial(_work_unasked, house)))
        try:
            yield
        finally:
            leading.cancel()
            await asyncio.wait([leading])


def sites_of(house: House, doors: Sequence[Door], departure: Departure) -> dict[str, Site]:
    """The pages for browsers: our part of 3-D Secure, where they bring the bank's word; the panel.

    The built-in bank's are where the vault is. Beside them, whether this process is ready.
    """
    return {
        THREEDS_PATH: threeds_pages(house, doors),
        PANEL_PATH: panel_pages(house),
        READY_PATH: house_readiness(house, departure).site,
    }


async def _work_unasked(house: House) -> None:
    """What runs beside the servers of a database, by one of them at a time."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(repeat(Tidying(house), TIDY_S))
        tasks.create_task(repeat(partial(fill_search, house.payment_search), FILL_S))
        tasks.create_task(look_at_all_due(house.merchants, house.ports))
        tasks.create_task(tell_merchants(_office(house)))


def _office(house: House) -> Office:
    """What merchants are told of their payments with."""
    return Office(
        settings=house.settings,
        ports=house.ports,
        merchants=house.merchants,
        outbox=house.outbox,
        names=house.vault.names,
        faults=house.faults,
        send_by=partial(_send_by, house.watch),
    )


def _send_by(watch: Watch, courier: Courier, door: str) -> Courier:
    watched = WatchedCourier(watch.webhooks, courier, door)
    return watched if watch.tracing is None else watch.tracing.courier(watched, door)


def _locked(settings: Settings, name: str, post: Post | None) -> AbstractContextManager[None]:
    """The lock of the data directory, which is the supervisor's for all of its workers."""
    if post is not None and post.is_worker:
        return nullcontext()
    return locked(settings.data, name)
