"""The vault in a process of its own: the listeners, the cards, the line to the bank.

Behind it, over a Unix socket, is the gateway, which never sees a card number.
"""

import ctypes
from pathlib import Path
from typing import Final, NoReturn, cast

from vezne.bootstrap.doors import build_doors
from vezne.bootstrap.front import VAULT_LOCK, locked, serve_front
from vezne.bootstrap.master import open_serving_master_key
from vezne.bootstrap.post import lone_post
from vezne.bootstrap.ready import vault_readiness
from vezne.bootstrap.spans import traces_of
from vezne.bootstrap.start import run
from vezne.bootstrap.vault_room import (
    TRAIL_FOLDER,
    VaultRoom,
    forbid_core_files,
    open_vault_room,
)
from vezne.core.acquirer import Acquirer
from vezne.core.bin_table import BIN_TABLE
from vezne.core.bins import BinDirectory
from vezne.core.ports import Books, Numbers, Ports
from vezne.edge.app import HEALTH_PATH
from vezne.edge.logs import configure_logs
from vezne.edge.messages import THREEDS_PATH, Door
from vezne.edge.readiness import READY_PATH
from vezne.event_log import EventLog
from vezne.link.boards import BankBoard
from vezne.link.counter import Counter, Services
from vezne.link.messages import Welcome
from vezne.link.sockets import listen_on
from vezne.machine import SystemClock, SystemEntropy
from vezne.panel.paths import PANEL_PATH
from vezne.settings import Settings, check_servable
from vezne.storage.merchants import SqlMerchants
from vezne.vault.audit.newest import TrailFiles

SOCKET: Final = "vault.sock"

# Room for many ids within 63 bits, and no two processes that begin alike.
_ID_BYTES: Final = 7

# prctl(2): whether other processes of the same user may read this one's memory, and whether the
# kernel writes it to a core file.
_PR_SET_DUMPABLE: Final = 4

_log = EventLog(__name__)


def run_vault(settings: Settings) -> None:
    """Serve until a signal. Raises InvalidSettings and CannotStart."""
    configure_logs(settings.log_level, settings.log_format)
    run(_serve(settings))


async def _serve(settings: Settings) -> None:
    _forbid_dumps()
    master_key = await open_serving_master_key(settings)
    check_servable(settings)
    path = socket_path(settings)
    faults = BankBoard() if settings.mode == "sandbox" else None
    with locked(settings.data, VAULT_LOCK):
        async with (
            traces_of(settings, hands_on=True) as tracing,
            open_vault_room(settings, faults, master_key) as room,
        ):
            room.watch.tracing = tracing
            room.service.transit.count_from(int.from_bytes(SystemEntropy().take(_ID_BYTES)))
            counter = Counter(_services(settings, room, faults))
            server = await listen_on(path, counter.make_peer)
            sites = {path: counter.site(path) for path in (THREEDS_PATH, PANEL_PATH)}
            sites[HEALTH_PATH] = counter.health
            post = lone_post(settings)
            ready = vault_readiness(room, counter.site(READY_PATH), post.stage.departure)
            sites[READY_PATH] = ready.site
            doors = counter.doors(_doors(settings, room, faults))
            try:
                await serve_front(settings, room, doors, sites, post)
            finally:
                server.close()
                counter.close()
                path.unlink(missing_ok=True)


def socket_path(settings: Settings) -> Path:
    """Where the vault listens for its gateway."""
    return settings.vault_socket or (settings.data / SOCKET).absolute()


def _services(settings: Settings, room: VaultRoom, board: BankBoard | None) -> Services:
    """What the gateway is served with."""
    vault = room.service
    return Services(
        vault=vault,
        secrets=vault.secrets,
        line=room.line,
        audit=room.audit,
        trail=TrailFiles(settings.data / TRAIL_FOLDER),
        welcome=Welcome(vault.names.key, vault.bank_key),
        mode=settings.mode,
        board=board,
        call_door=None if board is None else room.own_doors.handle,
    )


def _doors(settings: Settings, room: VaultRoom, board: BankBoard | None) -> list[Door]:
    """The doors as the gateway has them, of which only what asks nobody is used here."""
    ports = Ports(
        books=cast(Books, _Elsewhere()),
        vault=room.service,
        acquirer=cast(Acquirer, _Elsewhere()),
        bins=BinDirectory(BIN_TABLE),
        numbers=cast(Numbers, _Elsewhere()),
        clock=SystemClock(),
        entropy=SystemEntropy(),
    )
    merchants = cast(SqlMerchants, _Elsewhere())
    return build_doors(settings, ports, merchants, room.service.names, board)


class _Elsewhere:
    """Stands for what is in the gateway's process and is asked for nowhere else."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{name} is the gateway's")


def _forbid_dumps() -> None:
    """Let nobody but root read this process's memory, from its first moment on.

    Otherwise whoever runs programs as this user, such as a gateway that was taken over, could
    (PCI DSS v4.0.1 3.3.1, 3.5.1).
    """
    forbid_core_files()
    if ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        _log.warning("the memory of this process can be read by others of its user")
