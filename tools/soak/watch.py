"""What is seen of a server from outside while it works: memory, files, threads, and its lag."""

import http.client
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, Self, TypeAlias

import msgspec
from tools.bench.servers import Server

EVERY_S: Final = 1.0
_TIMEOUT_S: Final = 30.0
_HEALTH: Final = "/health"
# Below this a memory is flat: less than the noise of an allocator in a day.
FLAT_MB_PER_HOUR: Final = 5.0
_FITTED_MIN: Final = 3


Verdict: TypeAlias = Literal["flat", "grows", "cannot be told"]


class Sight(msgspec.Struct, kw_only=True):
    """One look. `lag_ms` is how long the least of all requests took, which waits for its turn.

    `at_s` counts from the first call of the load, and `cpu_s` all the server's time on processors.
    """

    at_s: float
    cpu_s: float
    resident_mb: float
    open_files: int
    threads: int
    lag_ms: float
    log_mb: float
    data_mb: float


class Slope(msgspec.Struct, kw_only=True):
    """A straight line through the second half of a run, and twice its slope's standard error."""

    mb_per_hour: float
    error_mb_per_hour: float
    verdict: Verdict


class Watch:
    """Looks at a server every second, from `with` to the end of its block."""

    def __init__(self, server: Server, data: Path) -> None:
        self._sights: list[Sight] = []
        self._server = server
        self._data = data
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._begun_s = time.monotonic()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def sights_since(self, clock_s: float) -> list[Sight]:
        """What was seen, with its times counted from a moment of the monotonic clock."""
        early_s = clock_s - self._begun_s
        return [msgspec.structs.replace(sight, at_s=sight.at_s - early_s) for sight in self._sights]

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            self._sights.append(self._look())

    def _look(self) -> Sight:
        lag_ms = self._lag_ms()
        clock_s, cpu_s = time.monotonic(), self._server.tree.cpu_s()
        files = [path for path in self._data.rglob("*") if path.is_file()]
        sizes = {path: _size(path) for path in files}
        return Sight(
            at_s=clock_s - self._begun_s,
            cpu_s=cpu_s,
            resident_mb=self._server.tree.memory().resident_mb,
            open_files=self._server.tree.open_files(),
            threads=self._server.tree.threads(),
            lag_ms=lag_ms,
            log_mb=sum(size for path, size in sizes.items() if path.name.endswith("-wal")),
            data_mb=sum(sizes.values()),
        )

    def _lag_ms(self) -> float:
        connection = http.client.HTTPConnection(
            self._server.host, self._server.port, timeout=_TIMEOUT_S
        )
        begun_s = time.perf_counter()
        try:
            connection.request("GET", _HEALTH)
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            # It was refused at once, or did not come through at all.
            return -1.0
        finally:
            connection.close()
        return (time.perf_counter() - begun_s) * 1e3


def slope_of(sights: Sequence[Sight]) -> Slope:
    """How the memory grew in the second half, by least squares."""
    half = sights[len(sights) // 2 :]
    if len(half) < _FITTED_MIN:
        return Slope(mb_per_hour=0.0, error_mb_per_hour=0.0, verdict="cannot be told")
    hours = [sight.at_s / 3600 for sight in half]
    memory = [sight.resident_mb for sight in half]
    middle, mean = sum(hours) / len(half), sum(memory) / len(half)
    spread = sum((hour - middle) ** 2 for hour in hours)
    pairs = list(zip(hours, memory, strict=True))
    slope = sum((hour - middle) * (mb - mean) for hour, mb in pairs) / spread
    rest = sum((mb - mean - slope * (hour - middle)) ** 2 for hour, mb in pairs)
    error = 2 * (rest / (len(half) - 2) / spread) ** 0.5
    is_flat, is_steep = slope + error <= FLAT_MB_PER_HOUR, slope - error > FLAT_MB_PER_HOUR
    verdict: Verdict = "flat" if is_flat else "grows" if is_steep else "cannot be told"
    return Slope(mb_per_hour=slope, error_mb_per_hour=error, verdict=verdict)


def _size(path: Path) -> float:
    try:
        return path.stat().st_size / 1024 / 1024
    except FileNotFoundError:
        return 0.0
