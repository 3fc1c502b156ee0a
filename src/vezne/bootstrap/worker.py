"""A worker: a process forked by the supervisor, and the two pipes between them.

Orders go one way, in single bytes; their end means that the supervisor is gone. A report goes the
other way, once: where the worker is ready, or why it cannot be; after that, signs of life. Signals
are not used for either: a service manager and a terminal send theirs to every process.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Final, NoReturn

import msgspec

from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.liveness import BEAT_S
from vezne.bootstrap.post import Post
from vezne.bootstrap.start import run
from vezne.edge.departure import Departure, on_signals
from vezne.edge.logs import describe_fault
from vezne.edge.server import Sockets, Stage, Urls
from vezne.event_log import EventLog
from vezne.settings import InvalidSettings, Settings
from vezne.vault.master_key import MasterKey

LEAVE: Final = b"l"
GIVE_WAY: Final = b"g"
HURRY: Final = b"h"

# In the other direction: the end of a report, and a sign of life.
_END_OF_REPORT: Final = b"\n"
_BEAT: Final = b"."

# Exit statuses: of a worker that has said why it cannot start, and of one that met a fault.
_CANNOT_START: Final = 1
_FAULT: Final = 70
_READ_BYTES: Final = 65_536
# Those that the supervisor answers. A worker has its own answers, or none.
SUPERVISED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)

_log = EventLog(__name__)

Serve = Callable[[Settings, Post], Coroutine[object, object, None]]


class Report(msgspec.Struct, frozen=True):
    """What a worker says once: where it is ready, or why it never will be."""

    urls: list[Urls] = []
    error: str = ""
    is_about_settings: bool = False


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """What every worker of a server does, and with what."""

    settings: Settings
    serve: Serve
    master_key: MasterKey | None


class Worker:
    """A worker as the supervisor sees it. `report_file` becomes readable when it says something."""

    def __init__(self, number: int, pid: int, report_file: int, orders_file: int) -> None:
        self.number = number
        self.pid = pid
        self.report_file = report_file
        self.started_s = time.monotonic()
        self.is_ready = False
        self.silent_looks = 0
        self._orders_file = orders_file
        self._said = b""
        self._has_reported = False

    def order(self, order: bytes) -> None:
        """Tell it something. One that has ended hears nothing."""
        with suppress(BrokenPipeError, BlockingIOError):
            os.write(self._orders_file, order)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal. It has not been waited for, so its number is nobody else's."""
        os.kill(self.pid, number)

    def listen(self) -> Report | None:
        """Its report, once that is whole; None before and after that, and at its end."""
        said = os.read(self.report_file, _READ_BYTES)
        if not said:
            os.close(self.report_file)
            self.report_file = -1
            return None
        self.silent_looks = 0
        if self._has_reported:
            return None
        self._said += said
        report, end, _ = self._said.partition(_END_OF_REPORT)
        if not end:
            return None
        self._has_reported, self._said = True, b""
        return msgspec.json.decode(report, type=Report)

    def has_ended(self) -> bool:
        """Whether it has ended."""
        pid, _ = os.waitpid(self.pid, os.WNOHANG)
        return pid != 0

    def close(self) -> None:
        """Close our ends of the pipes."""
        for file in (self.report_file, self._orders_file):
            if file >= 0:
                os.close(file)


def fork_worker(
    duty: Duty, number: int, sockets: Sockets, *, is_first: bool, let_go: Callable[[], None]
) -> Worker:
    """Start a worker. `let_go` closes, in it, what is the supervisor's alone. Raises OSError."""
    # What is sent meanwhile must not be answered as the supervisor would, by the worker.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SUPERVISED)
    files: list[int] = []
    try:
        report_reader, report_writer = _pipe(files)
        orders_reader, orders_writer = _pipe(files)
        pid = os.fork()
    except OSError:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for file in files:
            os.close(file)
        raise
    if pid:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(report_writer)
        os.close(orders_reader)
        return Worker(number, pid, report_reader, orders_writer)
    status = _FAULT
    try:
        let_go()
        os.close(report_reader)
        os.close(orders_writer)
        reporter = _Reporter(report_writer)
        _reset_signals(before)
        post = Post(
            stage=Stage(
                departure=Departure(),
                heed=partial(at_orders, orders_reader),
                sockets=sockets,
                drain_s=duty.settings.drain_s,
            ),
            announce=lambda urls: reporter.say(Report(urls=list(urls))),
            is_worker=True,
            number=number,
            is_first=is_first,
            master_key=duty.master_key,
        )
        status = _work(duty, post, reporter)
    finally:
        _end(status)


def _pipe(files: list[int]) -> tuple[int, int]:
    """A pipe on which nobody waits, whose ends are added to `files`."""
    ends = os.pipe()
    files.extend(ends)
    for file in ends:
        os.set_blocking(file, False)
    return ends


def _work(duty: Duty, post: Post, reporter: "_Reporter") -> int:
    """Serve to the end; returns the exit status."""
    try:
        run(_beating(duty.serve(duty.settings, post), reporter))
    except (CannotStart, InvalidSettings) as error:
        is_about_settings = isinstance(error, InvalidSettings)
        reporter.say(Report(error=str(error), is_about_settings=is_about_settings))
        return _CANNOT_START
    except Exception as error:  # noqa: BLE001 - the last stop before the end of the process
        _log.error("fault", **describe_fault(error))
        return _FAULT
    return 0


async def _beating(work: Coroutine[object, object, None], reporter: "_Reporter") -> None:
    """Work to the end, and give signs of life as long as the event loop turns."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            reporter.beat()

    beats = asyncio.create_task(beat())
    try:
        await work
    finally:
        beats.cancel()


@contextmanager
def at_orders(orders_file: int, departure: Departure) -> Iterator[None]:
    """Do as the supervisor says. Leave when it is gone, or at SIGTERM, which is ignored later."""
    loop = asyncio.get_running_loop()
    obey = {LEAVE: departure.leave, GIVE_WAY: departure.give_way, HURRY: departure.hurry}

    def read() -> None:
        orders = os.read(orders_file, _READ_BYTES)
        if not orders:
            loop.remove_reader(orders_file)
            departure.leave()
        for order in orders:
            obey[bytes([order])]()

    loop.add_reader(orders_file, read)
    try:
        with on_signals({signal.SIGTERM: departure.leave}):
            yield
    finally:
        loop.remove_reader(orders_file)
        # A signal that is late must not cut off what is left: databases, and the trail's last word.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _reset_signals(mask: Iterable[int]) -> None:
    """Answer signals as a worker: those of a terminal are for the supervisor."""
    signal.set_wakeup_fd(-1)
    for number, answer in (
        (signal.SIGTERM, signal.SIG_DFL),
        (signal.SIGCHLD, signal.SIG_DFL),
        (signal.SIGINT, signal.SIG_IGN),
        (signal.SIGHUP, signal.SIG_IGN),
    ):
        signal.signal(number, answer)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)


class _Reporter:
    """The worker's end of the pipe, which takes one report, and signs of life after it."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._has_said = False

    def say(self, report: Report) -> None:
        """Report, unless that is done already. Nobody may be there to hear it."""
        if self._has_said:
            _log.error("worker ends", why=report.error)
            return
        self._has_said = True
        self._write(msgspec.json.encode(report) + _END_OF_REPORT)

    def beat(self) -> None:
        """Tell that the event loop has turned. Before the report nobody wants to know."""
        if self._has_said:
            self._write(_BEAT)

    def _write(self, said: bytes) -> None:
        # What nobody has read for days has filled the pipe.
        with suppress(BrokenPipeError, BlockingIOError):
            os.write(self._file, said)


def _end(status: int) -> NoReturn:
    """End this process, and nothing of the one that it was forked from."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)
