"""The server: the house, its doors and sites, and what runs beside them."""

import asyncio
import fcntl
import gc
import os
import ssl
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from simbank.acs.pages import acs_app
from vezne.bootstrap.demo import ensure_demo_merchant
from vezne.bootstrap.doors import open_doors
from vezne.bootstrap.house import House, open_house
from vezne.bootstrap.start import CannotStart, run
from vezne.edge.app import Dispatcher, Site
from vezne.edge.asgi import site_from
from vezne.edge.logs import configure_logs
from vezne.edge.messages import Door
from vezne.edge.server import serve
from vezne.edge.threeds import SITE_PATH, threeds_site
from vezne.flows.once import end_once_leases, purge_once_keys
from vezne.flows.session import purge_sessions
from vezne.settings import Settings, check_servable
from vezne.vault.certificates import ensure_certificates
from vezne.vault.files import PRIVATE
from vezne.webhooks import Office, tell_merchants
from vezne.workers import look_at_all_due, repeat, sweep_vault

# Where the built-in bank has its pages.
BANK_PATH: Final = "/bank"
# How exact the time limit of cards in memory is.
SWEEP_S: Final = 15.0
PURGE_S: Final = 3600.0


def run_server(settings: Settings) -> None:
    """Serve until a signal. Raises InvalidSettings and CannotStart."""
    check_servable(settings)
    configure_logs(settings.log_level, settings.log_format)
    run(_serve(settings))


async def _serve(settings: Settings) -> None:
    async with open_house(settings) as house:
        lock = _lock_data(settings.data)
        if settings.database is None:
            # No other server uses these books.
            await end_once_leases(house.ports)
        await ensure_demo_merchant(house)
        doors = open_doors(house)
        context = None
        if settings.tls_listen is not None:
            files = ensure_certificates(settings.data, house.ports.clock, settings.tls_names)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.load_cert_chain(files.server)
        _settle_garbage_collector()
        workers: list[asyncio.Task[None]] = [
            asyncio.create_task(repeat(work, every_s)) for work, every_s in _background(house)
        ]
        workers += [
            asyncio.create_task(look_at_all_due(house.merchants, house.ports)),
            asyncio.create_task(tell_merchants(_office(house))),
        ]
        await serve(
            Dispatcher(doors, house.vault.intake, _sites(house, doors)).handle,
            http=settings.listen,
            tls=settings.tls_listen,
            ssl_context=context,
            on_ready=_print_ready,
        )
        for worker in workers:
            worker.cancel()
        os.close(lock)


def _background(house: House) -> list[tuple[Callable[[], Awaitable[None]], float]]:
    """What runs beside the server, and how often, in seconds."""
    return [
        (partial(sweep_vault, house.vault), SWEEP_S),
        (partial(purge_sessions, house.ports), PURGE_S),
        (partial(purge_once_keys, house.ports), PURGE_S),
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


def _sites(house: House, doors: Sequence[Door]) -> dict[str, Site]:
    """What browsers are shown: our part of 3-D Secure, and the pages of the built-in bank."""
    bank = acs_app(
        return_key=house.vault.bank_key,
        seed=str(house.settings.bank.seed),
        now_ms=house.ports.clock.now_ms,
    )
    returns = threeds_site(house.ports, house.merchants, doors, faults=house.faults)
    return {SITE_PATH: returns, BANK_PATH: site_from(bank)}


def _lock_data(data: Path) -> int:
    """Be the only server on a data directory until the file is closed. Raises CannotStart.

    A second one would take the first one's payments under way for cut off.
    """
    lock = os.open(data / "serve.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, PRIVATE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise CannotStart(f"another server is running on {data}") from error
    return lock


def _settle_garbage_collector() -> None:
    """Look for cycles less often, and never among what lives as long as the process.

    A request makes thousands of records and hardly a cycle; the default would search after every
    seven hundred.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def _print_ready(http_url: str | None, https_url: str | None) -> None:
    sys.stdout.write(" ".join(filter(None, ("ready", http_url, https_url))) + "\n")
    sys.stdout.flush()
