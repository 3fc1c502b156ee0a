"""What SIGHUP means: that something is to be read anew, or that the terminal is gone."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_TERMINAL: Final = "/dev/tty"


class Hangup:
    """Tells the two apart. Made before anything answers the signal."""

    def __init__(self) -> None:
        # `nohup` has the signal ignored: then the end of the terminal is not ours.
        is_heeded = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
        self._is_bound = is_heeded and _has_terminal()

    @property
    def is_end(self) -> bool:
        """Whether the terminal that this process was started from has gone since."""
        return self._is_bound and not _has_terminal()


def _has_terminal() -> bool:
    try:
        terminal = os.open(_TERMINAL, os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    os.close(terminal)
    return True


def expect_hangups() -> Hangup:
    """From now on SIGHUP ends nothing, also before `at_hangups`. In the main thread only."""
    hangup = Hangup()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return hangup


@contextmanager
def at_hangups(
    hangup: Hangup, leave: Callable[[], None], read_anew: Callable[[], None]
) -> Iterator[None]:
    """Leave when the terminal is gone, and read things anew at every other SIGHUP."""

    def answer() -> None:
        if hangup.is_end:
            leave()
        else:
            read_anew()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, answer)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        # What is left to be done is not to be cut short.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
