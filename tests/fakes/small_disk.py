"""A server whose data directory is on a disk of its own: a small one, or one that is read-only.

The disk is a mount in a user namespace of the server's, which needs no root where the kernel allows
it. It is gone with the server.
"""

import shlex
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from fakes.databases import environment_of
from fakes.server import Server


@cache
def can_mount() -> bool:
    """Whether this machine lets anybody mount things for itself."""
    if shutil.which("unshare") is None:
        return False
    trial = subprocess.run(
        ["unshare", "-Urm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
        check=False,
        capture_output=True,
    )
    return trial.returncode == 0


needs_mounts = pytest.mark.skipif(not can_mount(), reason="needs mounts in user namespaces")


class SmallDiskServer(Server):
    """A server on a disk of so many megabytes, as seen from outside through its process."""

    def __init__(self, mount: Path, megabytes: int) -> None:
        mount.mkdir()
        super().__init__(mount / "data")
        self._mount = mount
        self.wrapper = inside(
            f"mount -t tmpfs -o size={megabytes}m tmpfs {shlex.quote(str(mount))}"
        )

    @property
    def disk(self) -> Path:
        """The disk, from outside."""
        return Path(f"/proc/{self.pid}/root{self._mount}")

    def copy_books(self, to: Path) -> Path:
        """The books as they stand, in a directory outside. SQLite itself cannot see the disk."""
        to.mkdir(exist_ok=True)
        data = self.disk / "data"
        while True:
            before = _turn_of(data)
            for name in ("books.db", "books.db-wal"):
                shutil.copyfile(data / name, to / name)
            # When the log begins anew, its pages go to the file: of each an older half was copied.
            if _turn_of(data) == before:
                return to

    def fill(self) -> None:
        """Use up every byte."""
        with (self.disk / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError:
                return

    def make_room(self) -> None:
        """Give it all back."""
        (self.disk / "filler").unlink()


def _turn_of(data: Path) -> tuple[int, bytes]:
    """What changes when pages go from the log to the file: its time, and the log's head."""
    with (data / "books.db-wal").open("rb") as log:
        return (data / "books.db").stat().st_mtime_ns, log.read(32)


def inside(preparation: str) -> tuple[str, ...]:
    """What runs a command in namespaces of its own, after a preparation in the shell."""
    return ("unshare", "-Urm", "sh", "-ec", f'{preparation}; exec "$@"', "sh")


def run_on_read_only_disk(data: Path) -> "subprocess.CompletedProcess[str]":
    """`vezne serve` on a data directory that nobody can write to, until it gives up."""
    place = shlex.quote(str(data))
    wrapper = inside(f"mount --bind {place} {place}; mount -o remount,ro,bind {place}")
    command = [sys.executable, "-m", "vezne", "serve", "--sandbox", "--data", str(data)]
    return subprocess.run(
        [*wrapper, *command, "--listen", "127.0.0.1:0", "--tls-listen", "off"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment_of(data),
    )
