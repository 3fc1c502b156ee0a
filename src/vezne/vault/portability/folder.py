"""The folder of an export: whose it is while it is written or read, and what may lie in it."""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from vezne.vault.files import sync_folder
from vezne.vault.portability.errors import InvalidManifest, UnusableFolder
from vezne.vault.portability.manifest import Part, part_file

_MODE: Final = 0o700
_OTHERS: Final = 0o077
# A part, or the draft of one.
_PART: Final = re.compile(r"part-\d+\.jsonl\.age|\.part-\d+\.jsonl\.age\.draft", re.ASCII)
# Ten thousand cards with long names and metadata; a part that is larger was not written by us.
_PART_BYTES_MAX: Final = 256_000_000


def make_folder(path: Path, *, is_new: bool) -> None:
    """The folder, for its owner's eyes only. A new one must be empty if it is there already.

    Raises UnusableFolder, OSError.
    """
    path.mkdir(parents=True, exist_ok=True, mode=_MODE)
    if not is_new:
        return
    if any(path.iterdir()):
        raise UnusableFolder(f"{path} is not empty")
    if path.stat().st_mode & _OTHERS:
        path.chmod(_MODE)


@contextmanager
def locked_folder(path: Path) -> Iterator[None]:
    """Be the only one who works on a folder. Raises UnusableFolder, OSError."""
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise UnusableFolder(f"somebody else is at work on {path}") from None
    try:
        yield
    finally:
        os.close(lock)


def remove_parts(folder: Path, *, kept: int) -> None:
    """Remove what a crash left behind the first parts, which are kept. Raises OSError."""
    names = {part_file(number) for number in range(1, kept + 1)}
    for path in sorted(folder.iterdir()):
        if _PART.fullmatch(path.name) and path.name not in names:
            path.unlink()
    sync_folder(folder)


def read_part(folder: Path, part: Part) -> bytes:
    """The content of a part, as it was written. Raises InvalidManifest when it is not."""
    try:
        with (folder / part.file).open("rb") as file:
            content = file.read(_PART_BYTES_MAX)
    except OSError as error:
        raise InvalidManifest(f"{part.file}: {error.strerror}") from None
    if not part.is_of(content):
        raise InvalidManifest(f"{part.file} was altered: it is not what the manifest says")
    return content
