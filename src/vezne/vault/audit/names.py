"""The names of the trails that were ever in a folder, beside it.

A database that several machines share has the anchors of all their trails. Which of them were this
machine's is said here, so that a folder which is gone, or holds another trail, is noticed.
"""

import os
from pathlib import Path
from typing import Final

from vezne.vault.files import PRIVATE, sync_folder

_SUFFIX: Final = ".names"


def names_of(folder: Path) -> set[str]:
    """The trails that were in a folder, as far as they were noted. Raises OSError."""
    try:
        return set(_file_of(folder).read_text(encoding="ascii", errors="replace").split())
    except FileNotFoundError:
        return set()


def note_name(folder: Path, name: str) -> None:
    """Note that a trail is in a folder, durably. Raises OSError."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    descriptor = os.open(_file_of(folder), flags, PRIVATE)
    try:
        os.write(descriptor, f"{name}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(folder.parent)


def _file_of(folder: Path) -> Path:
    return folder.with_name(folder.name + _SUFFIX)
