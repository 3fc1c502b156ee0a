"""Whether this process shares its work with other servers of the same database, and by what."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from vezne.core.fault import FaultBoard
from vezne.core.ports import Entropy
from vezne.machine import SystemClock
from vezne.peers.boards import SharedBoard
from vezne.settings import Settings
from vezne.vault.keyring import Keyring
from vezne.vault.peer_keys import derive_peer_keys
from vezne.workers import repeat

_TAG_KEY_BYTES: Final = 32


def is_shared(settings: Settings) -> bool:
    """Whether there may be other servers: workers of this one, or any on a PostgreSQL database.

    With a vault in a process of its own there is none: cards are held there, and only there.
    """
    if settings.vault_socket is not None or settings.peers.listen is None:
        return False
    return settings.peers.listen != "auto" or settings.workers > 1 or settings.database is not None


def new_board(settings: Settings) -> FaultBoard | None:
    """The board for faults on demand; none but in sandbox mode."""
    if settings.mode != "sandbox":
        return None
    return SharedBoard(SystemClock().now_ms) if is_shared(settings) else FaultBoard()


async def tag_key(settings: Settings, keyring: Keyring, entropy: Entropy) -> bytes:
    """What the vault tags numbers with for the guard.

    Servers that count together have it alike. Raises WrongMasterKey.
    """
    if is_shared(settings):
        return derive_peer_keys(await keyring.peer_key()).tags
    return entropy.take(_TAG_KEY_BYTES)


@contextmanager
def repeated(*works: tuple[Callable[[], Awaitable[None]], float]) -> Iterator[None]:
    """Do these again and again as long as this is open, each with a pause of so many seconds."""
    tasks = [asyncio.create_task(repeat(work, pause_s)) for work, pause_s in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
