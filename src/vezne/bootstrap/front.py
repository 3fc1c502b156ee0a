"""What faces the network, in whichever process the vault is: certificates, listeners, dispatch."""

import asyncio
import fcntl
import gc
import os
import resource
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Final

from vezne import __version__
from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.guarding import client_addresses
from vezne.bootstrap.hangup import at_hangups
from vezne.bootstrap.metrics import watch_connections, watch_load, watch_process
from vezne.bootstrap.metrics_page import METRICS_PATH, MetricsPage
from vezne.bootstrap.post import Post
from vezne.bootstrap.sites import bank_pages
from vezne.bootstrap.vault_room import VaultRoom
from vezne.core.audit import AuditAction, AuditEvent
from vezne.edge.app import Dispatcher
from vezne.edge.load import LoadGate
from vezne.edge.messages import Door
from vezne.edge.openapi import OPENAPI_PATH, openapi_site
from vezne.edge.server import Front, serve
from vezne.edge.sites import Handle, Site, lone_site
from vezne.event_log import EventLog
from vezne.machine import SystemClock
from vezne.panel.paths import PANEL_PATH
from vezne.settings import Settings
from vezne.vault.certificates import ensure_certificates
from vezne.vault.files import PRIVATE, ExposedFile
from vezne.vault.unusable_authority import UnusableAuthority
from vezne.workers import erase_deleted, repeat, sweep_vault

_log = EventLog(__name__)

# Where the built-in bank has its pages.
BANK_PATH: Final = "/bank"
# Connections of two listeners and to merchants' servers, databases, and much to spare.
OPEN_FILES: Final = 4096
# How exact the time limit of cards in memory is.
SWEEP_S: Final = 15.0
# Who has the lines to the world and to the bank, and who has the books, on a data directory.
VAULT_LOCK: Final = "vault.lock"
BOOKS_LOCK: Final = "serve.lock"
# What each of them is about. With PostgreSQL there may be none.
_LOCKED_FILES: Final = {VAULT_LOCK: "vault.db", BOOKS_LOCK: "books.db"}
# How long a deleted card's ciphertext may stay in the vault's files.
ERASE_S: Final = 60.0


async def serve_front(
    settings: Settings,
    room: VaultRoom,
    doors: Sequence[Door],
    sites: Mapping[str, Site],
    post: Post,
) -> None:
    """Answer requests until the post is left. The bank's pages and the description join the sites.

    Raises what a person can mend (`vezne.bootstrap.start.run`).
    """
    gate = LoadGate(settings.load.lag_ms_max, room.behind, room.audit)
    watch_process(room.watch, settings)
    watch_load(room.watch, gate)
    page = MetricsPage(room.watch, str(post.number))
    fronts = _fronts(settings, room, doors, sites, gate, page)
    context = _tls_context(settings) if any(front.tls for front in fronts) else None
    settle_garbage_collector()
    allow_open_files()
    room.audit.record(AuditEvent(action=AuditAction.STARTED, subject=f"vezne {__version__}"))
    for key in await room.service.keyring.list_overdue():
        _log.warning("a key is past its cryptoperiod: vezne keys rotate", key=key)
    tidying = [
        asyncio.create_task(repeat(partial(sweep_vault, room.service), SWEEP_S)),
        asyncio.create_task(repeat(partial(erase_deleted, room.service), ERASE_S)),
        asyncio.create_task(room.watch.lag.measure()),
    ]
    try:
        with _reading_anew(settings, post, context):
            await serve(
                fronts,
                ssl_context=context,
                on_ready=post.announce,
                stage=post.stage,
                on_open=partial(watch_connections, room.watch),
            )
    finally:
        for task in tidying:
            task.cancel()
        gate.tell_of_rest()
        room.audit.record(AuditEvent(action=AuditAction.STOPPED))


def _fronts(
    settings: Settings,
    room: VaultRoom,
    doors: Sequence[Door],
    sites: Mapping[str, Site],
    gate: LoadGate,
    page: MetricsPage,
) -> list[Front]:
    """The doors' listeners; the panel's and the metrics' own if they have some.

    Nobody is refused at those.
    """
    addresses = client_addresses(settings)
    with_doors = dict(sites)
    panel = with_doors.pop(PANEL_PATH)
    if settings.panel.is_with_doors:
        with_doors[PANEL_PATH] = panel
    with_doors[BANK_PATH] = bank_pages(settings, room)
    with_doors[OPENAPI_PATH] = openapi_site(doors, __version__)
    if settings.metrics.is_with_doors(settings.mode):
        with_doors[METRICS_PATH] = page.site
    dispatcher = Dispatcher(doors, room.service.intake, room.audit, with_doors, addresses, gate)
    room.own_doors.open(dispatcher.handle)
    watch = room.watch
    dispatcher.count_by(watch.requests, watch.key_uses)
    handle: Handle = dispatcher.handle
    if watch.tracing is not None:
        handle = watch.tracing.requests(handle, watch.requests)
    fronts = [Front(handle, settings.listen, settings.tls_listen)]
    if not settings.panel.is_with_doors:
        alone = lone_site(PANEL_PATH, panel, room.audit, addresses)
        alone = watch.requests.watch(alone, (PANEL_PATH,))
        fronts.append(Front(alone, settings.panel.address, settings.panel.tls_listen))
    if settings.metrics.address is not None:
        lone = lone_site(METRICS_PATH, page.site, room.audit, addresses)
        fronts.append(Front(lone, settings.metrics.address))
    return fronts


@contextmanager
def locked(data: Path, name: str) -> Iterator[None]:
    """Be the only process of a kind on a data directory. Raises CannotStart.

    A second server would take the first one's payments under way for cut off. It would as well
    where the database is a link into the first one's directory.
    """
    linked = (data / _LOCKED_FILES[name]).resolve().parent
    with ExitStack() as locks:
        for folder in dict.fromkeys((data.resolve(), linked)):
            locks.enter_context(_locked(folder, name))
        yield


@contextmanager
def _locked(folder: Path, name: str) -> Iterator[None]:
    lock = os.open(folder / name, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, PRIVATE)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotStart(f"another server is running on {folder}") from error
        yield
    finally:
        os.close(lock)


def allow_open_files() -> None:
    """Have as many files open as all connections together take, if the system lets us.

    The customary limit of 1024 is for programs that wait with `select`.
    """
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def settle_garbage_collector() -> None:
    """Look for cycles less often, and never among what lives as long as the process.

    A request makes thousands of records and hardly a cycle; the default would search after every
    seven hundred.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def _reading_anew(
    settings: Settings, post: Post, context: ssl.SSLContext | None
) -> AbstractContextManager[None]:
    """Read certificates anew at SIGHUP, where that is not the supervisor's."""
    if post.hangup is None:
        return nullcontext()

    def read_anew() -> None:
        if context is None:
            _log.info("nothing is read anew")
            return
        try:
            certificate = _certificate(settings)
            # Of a file that cannot be used, the one in use would keep half.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate)
            context.load_cert_chain(certificate)
        except (ExposedFile, UnusableAuthority, OSError) as error:
            _log.error("certificates stay as they were", why=str(error))
        else:
            _log.info("certificates are read anew")

    return at_hangups(post.hangup, post.stage.departure.leave, read_anew)


def _tls_context(settings: Settings) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(_certificate(settings))
    return context


def _certificate(settings: Settings) -> Path:
    """The server's, made or renewed where needed."""
    return ensure_certificates(settings.data, SystemClock(), settings.tls_names).server
