"""What faces the network, in whichever process the vault is: certificates, listeners, dispatch."""

import asyncio
import fcntl
import gc
import os
import ssl
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from simbank.acs.pages import acs_app
from vezne import __version__
from vezne.bootstrap.guarding import client_addresses
from vezne.bootstrap.start import CannotStart
from vezne.bootstrap.vault_room import VaultRoom
from vezne.core.audit import AuditAction, AuditEvent
from vezne.edge.app import Dispatcher
from vezne.edge.asgi import site_from
from vezne.edge.messages import Door
from vezne.edge.openapi import OPENAPI_PATH, openapi_site
from vezne.edge.server import Front, Urls, serve
from vezne.edge.sites import Site, lone_site
from vezne.machine import SystemClock
from vezne.panel.routing import PANEL_PATH
from vezne.settings import Settings
from vezne.vault.certificates import ensure_certificates
from vezne.vault.files import PRIVATE
from vezne.workers import erase_deleted, repeat, sweep_vault

_log = structlog.stdlib.get_logger(__name__)

# Where the built-in bank has its pages.
BANK_PATH: Final = "/bank"
# How exact the time limit of cards in memory is.
SWEEP_S: Final = 15.0
# Who has the lines to the world and to the bank, and who has the books, on a data directory.
VAULT_LOCK: Final = "vault.lock"
BOOKS_LOCK: Final = "serve.lock"
# How long a deleted card's ciphertext may stay in the vault's files.
ERASE_S: Final = 60.0
# What makes a line to print of where the panel is.
Tell = Callable[[str], str]


async def serve_front(
    settings: Settings,
    room: VaultRoom,
    doors: Sequence[Door],
    sites: Mapping[str, Site],
    tell: Tell | None = None,
) -> None:
    """Answer requests until a signal. The bank's pages and the description join the sites.

    `tell` makes a line of the base URL that the panel is at, as soon as it is there.
    Raises what a person can mend (`vezne.bootstrap.start.run`).
    """
    fronts = _fronts(settings, room, doors, sites)
    context = _tls_context(settings) if any(front.tls for front in fronts) else None
    settle_garbage_collector()
    room.audit.record(AuditEvent(action=AuditAction.STARTED, subject=f"vezne {__version__}"))
    for key in await room.service.keyring.list_overdue():
        _log.warning("a key is past its cryptoperiod: vezne keys rotate", key=key)
    tidying = [
        asyncio.create_task(repeat(partial(sweep_vault, room.service), SWEEP_S)),
        asyncio.create_task(repeat(partial(erase_deleted, room.service), ERASE_S)),
    ]
    try:
        await serve(fronts, ssl_context=context, on_ready=partial(_announce, tell))
    finally:
        for task in tidying:
            task.cancel()
        room.audit.record(AuditEvent(action=AuditAction.STOPPED))


def _fronts(
    settings: Settings, room: VaultRoom, doors: Sequence[Door], sites: Mapping[str, Site]
) -> list[Front]:
    """The doors' listeners, and the panel's own if it has some."""
    addresses = client_addresses(settings)
    with_doors = dict(sites)
    panel = with_doors.pop(PANEL_PATH)
    if settings.panel.is_with_doors:
        with_doors[PANEL_PATH] = panel
    with_doors[BANK_PATH] = _bank_site(settings, room)
    with_doors[OPENAPI_PATH] = openapi_site(doors, __version__)
    dispatcher = Dispatcher(doors, room.service.intake, room.audit, with_doors, addresses)
    room.own_doors.open(dispatcher.handle)
    fronts = [Front(dispatcher.handle, settings.listen, settings.tls_listen)]
    if not settings.panel.is_with_doors:
        alone = lone_site(PANEL_PATH, panel, room.audit, addresses)
        fronts.append(Front(alone, settings.panel.address, settings.panel.tls_listen))
    return fronts


@contextmanager
def locked(data: Path, name: str) -> Iterator[None]:
    """Be the only process of a kind on a data directory. Raises CannotStart.

    A second server would take the first one's payments under way for cut off.
    """
    lock = os.open(data / name, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, PRIVATE)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotStart(f"another server is running on {data}") from error
        yield
    finally:
        os.close(lock)


def settle_garbage_collector() -> None:
    """Look for cycles less often, and never among what lives as long as the process.

    A request makes thousands of records and hardly a cycle; the default would search after every
    seven hundred.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def _bank_site(settings: Settings, room: VaultRoom) -> Site:
    """The pages of the built-in bank."""
    return site_from(
        acs_app(
            return_key=room.service.bank_key,
            seed=str(settings.bank.seed),
            now_ms=SystemClock().now_ms,
        )
    )


def _tls_context(settings: Settings) -> ssl.SSLContext:
    files = ensure_certificates(settings.data, SystemClock(), settings.tls_names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(files.server)
    return context


def _announce(tell: Tell | None, urls: Sequence[Urls]) -> None:
    # Those of the panel's own listeners are the last, if it has some.
    panel_url = next(filter(None, urls[-1]), None)
    line = "" if tell is None or panel_url is None else tell(panel_url)
    sys.stdout.write(" ".join(filter(None, ("ready", *urls[0]))) + f"\n{line}")
    sys.stdout.flush()
