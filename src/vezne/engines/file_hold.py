"""A name that one process of a machine at a time can hold: a lock on a file of its own."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from vezne.engines.engine import Occupied


@asynccontextmanager
async def hold_file(path: Path, retry_s: float | None) -> AsyncIterator[None]:
    """Hold the lock of a file, which is made when it is missing.

    Asks again every `retry_s` seconds; without that, raises Occupied.
    """
    lock = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, mode=0o600)
    try:
        while not _is_taken(lock):
            if retry_s is None:
                raise Occupied(path.name)
            await asyncio.sleep(retry_s)
        yield
    finally:
        os.close(lock)


def _is_taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
