"""A server of several processes: one that serves nobody and sees to those that do.

It holds what must outlive a worker, which is the sockets and the locks of the data directory, and
has neither an event loop, nor threads, nor a line to a database: it forks.
"""

import asyncio
import gc
import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Final

import msgspec

from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.crew import Crew
from vezne.bootstrap.front import BOOKS_LOCK, VAULT_LOCK, locked
from vezne.bootstrap.hangup import Hangup
from vezne.bootstrap.liveness import Liveness
from vezne.bootstrap.master import master_key_uri, open_serving_master_key
from vezne.bootstrap.post import Tell, say_ready
from vezne.bootstrap.start import run
from vezne.bootstrap.vault_room import forbid_core_files
from vezne.bootstrap.worker import SUPERVISED, Duty, Serve, Worker, fork_worker
from vezne.edge.address import Address
from vezne.edge.server import CannotListen, Urls
from vezne.edge.shared_sockets import SharedSockets, shared_sockets
from vezne.settings import Settings, check_servable
from vezne.vault.master_key import MasterKey

# The providers of master keys that leave nothing behind which a fork would break.
_FORKABLE: Final = ("file", "shares")
_READ_BYTES: Final = 4096


def supervise(settings: Settings, serve: Serve, tell: Tell) -> None:
    """Run as many workers as the settings want, until a signal.

    `tell` makes a line of the base URL that the panel is at. Raises InvalidSettings, CannotStart.
    """
    forbid_core_files()
    hangup = Hangup()
    master_key = _open_shared_key(settings)
    check_servable(settings)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (
        locked(settings.data, BOOKS_LOCK),
        locked(settings.data, VAULT_LOCK),
        shared_sockets(settings.workers) as sockets,
        _bell() as bell,
    ):
        bound = _bind(settings, sockets)
        # What is there by now is there for good, and shared with the workers until they change it.
        gc.collect()
        gc.freeze()
        duty = Duty(settings=bound, serve=serve, master_key=master_key)
        on_ready = partial(_say_ready, bound, tell)
        Supervisor(duty, sockets, bell, on_ready, hangup).run()


class Supervisor:
    """Starts workers, hears signals and reports, and does what follows from either."""

    def __init__(
        self,
        duty: Duty,
        sockets: SharedSockets,
        bell: int,
        on_ready: Callable[[Sequence[Urls]], None],
        hangup: Hangup,
    ) -> None:
        self._duty = duty
        self._sockets = sockets
        self._bell = bell
        self._hangup = hangup
        self._workers: list[Worker] = []
        self._liveness = Liveness()
        self._crew = Crew(duty.settings.workers, self._fork, on_ready, duty.settings.drain_s)

    def run(self) -> None:
        """Until a signal asks for the end, and all workers have come to theirs.

        Raises InvalidSettings and CannotStart, when no worker is left either.
        """
        try:
            while not self._crew.is_over:
                self._crew.advance(time.monotonic())
                self._wait()
        except BaseException:
            self._kill()
            raise

    def _wait(self) -> None:
        """Wait for signals and reports, and pass them on."""
        speaking = {each.report_file: each for each in self._workers if each.report_file >= 0}
        now_s = time.monotonic()
        wait_s = min(self._crew.due_s(now_s), self._liveness.due_s(now_s))
        readable, _, _ = select.select([self._bell, *speaking], [], [], wait_s)
        for file in readable:
            if file == self._bell:
                for number in os.read(file, _READ_BYTES):
                    self._answer(signal.Signals(number))
            else:
                report = speaking[file].listen()
                if report is not None:
                    self._crew.report(speaking[file], report)
        self._bury()
        self._liveness.look(self._workers, time.monotonic())

    def _answer(self, number: signal.Signals) -> None:
        if number is signal.SIGHUP and not self._hangup.is_end:
            self._crew.roll()
        elif number is not signal.SIGCHLD:
            # Nobody new is let in but by workers, as long as they do.
            self._sockets.close()
            self._crew.leave(time.monotonic())

    def _bury(self) -> None:
        """Look at all of them: a signal may stand for several that have ended."""
        for worker in [each for each in self._workers if each.has_ended()]:
            self._workers.remove(worker)
            if worker.report_file >= 0:
                # It may have said why just before.
                while worker.report_file >= 0:
                    report = worker.listen()
                    if report is not None:
                        self._crew.report(worker, report)
            worker.close()
            self._crew.end(worker, time.monotonic())

    def _fork(self, number: int, is_first: bool) -> Worker:  # noqa: FBT001 - as `Hire` has it
        worker = fork_worker(
            self._duty,
            number,
            self._sockets.of(number),
            is_first=is_first,
            let_go=partial(self._let_go, number),
        )
        self._workers.append(worker)
        return worker

    def _let_go(self, number: int) -> None:
        """In a worker: close what it has inherited and is not its own."""
        self._sockets.close(keep=number)
        for worker in self._workers:
            worker.close()
        os.close(self._bell)

    def _kill(self) -> None:
        """Leave no worker behind."""
        for worker in self._workers:
            worker.signal(signal.SIGKILL)
        for worker in self._workers:
            with suppress(ChildProcessError):
                os.waitpid(worker.pid, 0)
            worker.close()


@contextmanager
def _bell() -> Iterator[int]:
    """A file to read the numbers of signals from: none is missed while another is heard."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    for number in SUPERVISED:
        # A handler, or Python would not tell.
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(-1)
        os.close(reader)
        os.close(writer)


def _open_shared_key(settings: Settings) -> MasterKey | None:
    """The master key whose shares are asked for once, or None: each worker opens its own.

    What is wrong with a key in a file is said before anything else as well. Raises CannotStart.
    """
    provider = master_key_uri(settings).partition(":")[0]
    if provider not in _FORKABLE:
        return None
    # The usual event loop keeps things that a fork would break.
    master_key = run(open_serving_master_key(settings), asyncio.new_event_loop)
    return master_key if provider == "shares" else None


def _bind(settings: Settings, sockets: SharedSockets) -> Settings:
    """Take every address; returns the settings with real ports. Raises CannotStart."""
    panel, metrics = settings.panel, settings.metrics

    def bind(address: Address | None) -> Address | None:
        return None if address is None else sockets.bind(address)

    try:
        changed = {"listen": bind(settings.listen), "tls_listen": bind(settings.tls_listen)}
        if not panel.is_with_doors:
            listen, tls_listen = bind(panel.address), bind(panel.tls_listen)
            panel = msgspec.structs.replace(panel, listen=listen, tls_listen=tls_listen)
        if metrics.address is not None:
            metrics = msgspec.structs.replace(metrics, listen=bind(metrics.address))
    except CannotListen as error:
        raise CannotStart(str(error)) from error
    return msgspec.structs.replace(settings, panel=panel, metrics=metrics, **changed)


def _say_ready(settings: Settings, tell: Tell, urls: Sequence[Urls]) -> None:
    say_ready(settings, urls, tell)
