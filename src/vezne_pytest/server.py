"""The server behind the tests: one of this session's own, or one that is running already."""

import importlib.util
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from vezne_pytest.control import Control
from vezne_pytest.sandbox import Sandbox
from vezne_pytest.webhooks import Receiver

_START_TIMEOUT_S = 60
_STOP_TIMEOUT_S = 15
_READY = re.compile(r"ready (http://\S+)(?: (https://\S+))?")
# Settings of the developer's own Vezne are not meant for tests.
_PREFIX = "VEZNE_"


class CannotServe(Exception):
    """There is no server. The text says why, with what it printed."""


class Process:
    """`vezne serve --sandbox` on free ports, over a data directory."""

    def __init__(self, folder: Path, arguments: Sequence[str]) -> None:
        self._lines: list[str] = []
        self._ready = threading.Event()
        self.urls = ("", "")
        command = [sys.executable, "-m", "vezne", "serve", "--sandbox"]
        places = ["--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0"]
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [*command, "--data", str(folder / "data"), *places, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Where no vezne.toml is.
            cwd=folder,
            env=_environment(),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_until_ready(self) -> None:
        """Wait for its line. Raises CannotServe."""
        is_in_time = self._ready.wait(_START_TIMEOUT_S)
        if self.urls[0]:
            return
        why = "ended" if is_in_time else f"was not ready within {_START_TIMEOUT_S} s"
        self.stop()
        raise CannotServe(f"vezne serve {why}:\n{self.output}")

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return "".join(self._lines)

    def describe(self) -> str:
        """What is known of it, for a test that got no answer."""
        status = self._process.poll()
        state = "is running" if status is None else f"has ended with status {status}"
        return f"vezne serve {state}:\n{self.output}"

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        output = self._process.stdout
        if output is None:
            return
        with output:
            for line in output:
                self._lines.append(line)
                found = _READY.match(line)
                if found:
                    self.urls = (found[1], found[2] or "")
                    self._ready.set()
        # So that nobody waits for one that has ended.
        self._ready.set()


class SandboxServer:
    """A running sandbox. `url` is http, `tls_url` https, by the name in its certificate."""

    def __init__(self, url: str, tls_url: str, data: Path, process: Process | None = None) -> None:
        self.url = url.rstrip("/")
        self.tls_url = tls_url.rstrip("/").replace("//127.0.0.1:", "//localhost:")
        self.data = data
        self.ca_file = data / "ca.pem"
        self._process = process
        self._control = _owners_control(self)
        self.bundle_file = _bundle(self.ca_file)
        self.receiver = Receiver()

    def new_sandbox(self, name: str) -> Sandbox:
        """A merchant of its own. Raises Unreachable."""
        return Sandbox(self, name)

    def make_merchant(self, name: str, webhook_urls: Mapping[str, str]) -> Any:
        """Have the server make a merchant: its answer. Raises Refused and Unreachable."""
        wish = {"name": name, "webhook_urls": dict(webhook_urls)}
        return self._control.ask("POST", "merchants", wish)

    def describe(self) -> str:
        """What is known of the server, for a test that got no answer."""
        return "" if self._process is None else self._process.describe()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._control.close()
        self.receiver.close()
        self.bundle_file.unlink(missing_ok=True)
        if self._process is not None:
            self._process.stop()


def started_server(folder: Path, arguments: Sequence[str]) -> SandboxServer:
    """A server of our own, with all that it writes in a folder. Raises CannotServe."""
    process = Process(folder, arguments)
    process.wait_until_ready()
    try:
        return SandboxServer(*process.urls, folder / "data", process)
    except CannotServe:
        process.stop()
        raise


def found_server(url: str, tls_url: str, data: Path) -> SandboxServer:
    """A server that is running already. Raises CannotServe."""
    return SandboxServer(url, tls_url, data)


def _owners_control(server: SandboxServer) -> Control:
    """The control door for whoever owns the data directory. Raises CannotServe."""
    path = server.data / "sandbox.json"
    try:
        keys = json.loads(path.read_text())["iyzico"]
    except OSError as problem:
        raise CannotServe(
            f"{path}: {problem.strerror}; --vezne-data says where the data directory of the "
            f"sandbox at {server.url} is"
        ) from None
    except (ValueError, KeyError):
        raise CannotServe(f"{path} is not what a sandbox writes") from None
    return Control(server.url, keys["api_key"], keys["secret_key"], server.describe)


def _bundle(ca_file: Path) -> Path:
    """A file of those authorities that are trusted anyway, and this one. Raises CannotServe."""
    trusted = ssl.get_default_verify_paths().cafile
    usual = Path(trusted).read_bytes() if trusted else b""
    try:
        own = ca_file.read_bytes()
    except OSError as problem:
        raise CannotServe(f"{ca_file}: {problem.strerror}") from None
    handle, name = tempfile.mkstemp(prefix="vezne-", suffix=".pem")
    with os.fdopen(handle, "wb") as file:
        file.write(usual + b"\n" + own)
    return Path(name)


def _environment() -> dict[str, str]:
    """That of the tests, without settings of Vezne; the same Vezne is found as by the tests."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIX)}
    found = importlib.util.find_spec("vezne")
    if found is None or found.origin is None:
        raise CannotServe("the package vezne is not installed beside its pytest plugin")
    paths = [str(Path(found.origin).parents[1])]
    paths += [
        str(Path(each).absolute())
        for each in os.environ.get("PYTHONPATH", "").split(os.pathsep)
        if each
    ]
    return variables | {"PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}
