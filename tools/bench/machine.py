"""The machine, and the disk that is written to."""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_MODEL = re.compile(r"^model name\s*: (.+)$", re.MULTILINE)


def words() -> str:
    """The processor, in a few words."""
    information = Path("/proc/cpuinfo")
    text = information.read_text(encoding="utf-8") if information.exists() else ""
    match = _MODEL.search(text)
    return f"{os.cpu_count()} x {match[1] if match else 'unknown processor'}"


@contextlib.contextmanager
def new_room(parent: Path) -> Iterator[Path]:
    """A new directory on a real disk, gone afterwards."""
    parent.mkdir(parents=True, exist_ok=True)
    if filesystem(parent) in {"tmpfs", "ramfs"}:
        raise SystemExit(f"bench: {parent} is in memory; durable writes need --data-dir on a disk")
    room = Path(tempfile.mkdtemp(prefix="run-", dir=parent))
    try:
        yield room
    finally:
        shutil.rmtree(room)


def filesystem(path: Path) -> str:
    """The type of the file system that a path is on; empty where that cannot be told."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return ""
    found = ("", "")
    for line in mounts.read_text(encoding="utf-8").splitlines():
        _, point, kind, *_ = line.split()
        if path.resolve().is_relative_to(point) and len(point) >= len(found[0]):
            found = (point, kind)
    return found[1]
