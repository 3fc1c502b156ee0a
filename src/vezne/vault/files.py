"""Small files that must be durable, and some of them private."""

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import Final

PRIVATE: Final = 0o600
PUBLIC: Final = 0o644
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class ExposedFile(Exception):
    """A file with a secret can be touched by others than its owner."""


def create_private_file(path: Path, content: bytes) -> None:
    """A new file that only its owner can read, durable on return.

    Its name appears when all of it is there: a file that is half written would be taken for a
    secret that was damaged. Raises FileExistsError rather than overwriting.
    """
    # Several processes may want to be the first.
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    draft.unlink(missing_ok=True)
    _write(draft, content, PRIVATE)
    try:
        os.link(draft, path)
    except FileExistsError:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
    finally:
        draft.unlink()
        sync_folder(path.parent)


def replace_file(path: Path, content: bytes, mode: int) -> None:
    """Write a file in one step, durable on return: readers see the old content or the new."""
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    _write(draft, content, mode)
    draft.replace(path)
    sync_folder(path.parent)


def read_private_file(path: Path) -> bytes:
    """The content of a file that only its owner can touch.

    Raises ExposedFile when others can, OSError when it cannot be read.
    """
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & _OTHERS:
            raise ExposedFile(f"{path} must not be accessible by others: chmod 600 {path}")
        return file.read()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        # Half a key would be refused at the next start and hide what went wrong now.
        with contextlib.suppress(OSError):
            path.unlink()
        raise
