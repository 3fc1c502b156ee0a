"""The servers of one database, as this one meets them: joined before the doors open, left at last.

Each process opens its own, a worker after it was forked.
"""

import ipaddress
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.house import House, own_room
from vezne.bootstrap.sharing import is_shared, repeated
from vezne.edge.address import Address
from vezne.edge.messages import Door
from vezne.edge.sites import Site
from vezne.machine import SystemClock, SystemEntropy
from vezne.peers.boards import SharedBoard
from vezne.peers.channel import Channel
from vezne.peers.held import HeldElsewhere
from vezne.peers.merchants import SharedMerchants
from vezne.peers.peers import LOOK_S, Peers
from vezne.peers.settling import settled_doors, settled_site
from vezne.settings import Settings
from vezne.storage.servers import SqlServers
from vezne.vault.lending import Lending
from vezne.vault.peer_certificates import RENEW_S, PeerCertificates
from vezne.vault.peer_keys import derive_peer_keys
from vezne.workers import outlive

_ID_BYTES: Final = 8
_ANYWHERE: Final = Address("127.0.0.1", 0)
# While one worker makes way for the next, both have a port.
_PORTS_A_WORKER: Final = 2


@asynccontextmanager
async def open_peers(house: House) -> AsyncIterator[Peers | None]:
    """Join the other servers; None where there can be none.

    In the end this server's held cards go to one that stays. Raises CannotListen, CannotStart,
    WrongMasterKey and EngineFailure.
    """
    settings = house.settings
    if not is_shared(settings):
        yield None
        return
    address, ports = _address(settings)
    vault, clock = own_room(house).service, SystemClock()
    keys = derive_peer_keys(await vault.keyring.peer_key())
    certificates = PeerCertificates(keys.authority, clock)
    channel = Channel(certificates.listening, certificates.dialling)
    entropy = SystemEntropy()
    register = SqlServers(house.engine)
    peers = Peers(register, channel, entropy.take(_ID_BYTES).hex(), clock.now_ms)
    held = HeldElsewhere(peers, vault)
    vault.share(Lending(keys.lending, entropy), held)
    SharedMerchants(peers, house.merchants)
    board = house.faults
    if isinstance(board, SharedBoard):
        board.connect(peers)
    try:
        await peers.open(address, _group(settings), ports)
        if isinstance(board, SharedBoard):
            await board.catch_up()
        with repeated((peers.look, LOOK_S), (_renewing(certificates), RENEW_S)):
            yield peers
    finally:
        await outlive(held.hand_over())
        await outlive(peers.leave())


def shared_doors(settings: Settings, doors: Sequence[Door], peers: Peers | None) -> Sequence[Door]:
    """The doors of a sandbox, none of which answers before other servers know what has changed.

    In live mode nothing can be changed through a door that others would have to know of.
    """
    if peers is None or settings.mode != "sandbox":
        return doors
    return settled_doors(doors, peers)


def shared_sites(sites: Mapping[str, Site], peers: Peers | None) -> dict[str, Site]:
    """The sites, likewise, in any mode: keys are revoked in the panel."""
    if peers is None:
        return dict(sites)
    return {path: settled_site(site, peers) for path, site in sites.items()}


def _renewing(certificates: PeerCertificates) -> Callable[[], Awaitable[None]]:
    async def renew() -> None:
        certificates.renew()

    return renew


def _address(settings: Settings) -> tuple[Address, int]:
    """Where to listen, and how many ports from there on may be tried. Raises CannotStart."""
    address = settings.peers.listen
    if not isinstance(address, Address):
        return _ANYWHERE, 1
    if _is_unspecified(address.host):
        raise CannotStart(
            f"peers.listen is {address.host}: others need an address of this machine to connect to"
        )
    return address, 1 if settings.workers == 1 else _PORTS_A_WORKER * settings.workers


def _is_unspecified(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _group(settings: Settings) -> str:
    """What the workers of one server have alike, and no others: its machine and its process."""
    process = os.getpid() if settings.workers == 1 else os.getppid()
    return f"{socket.gethostname()}:{process}"
