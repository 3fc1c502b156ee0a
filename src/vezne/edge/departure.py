"""The end of a server: who asks for it, and what is left to be done until then."""

import asyncio
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Final

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Departure:
    """Whether this process is to end, and how soon. Belongs to the event loop it is used in."""

    def __init__(self) -> None:
        self.told = asyncio.Event()
        self.hurried = asyncio.Event()
        # Somebody else goes on with the same sockets, so nobody has to be sent elsewhere.
        self.is_replaced = False

    @property
    def is_leaving(self) -> bool:
        """Whether new requests should go elsewhere."""
        return self.told.is_set() and not self.is_replaced

    def leave(self) -> None:
        """End, once what is in flight is finished."""
        self.is_replaced = False
        self.told.set()

    def give_way(self) -> None:
        """End as well, but the sockets stay open in another process."""
        if not self.told.is_set():
            self.is_replaced = True
            self.told.set()

    def hurry(self) -> None:
        """End without waiting for what is in flight."""
        self.leave()
        self.hurried.set()

    def leave_or_hurry(self) -> None:
        """End; who asks twice gets it now."""
        if self.told.is_set():
            self.hurried.set()
        self.leave()


# Has a departure listen to whoever may ask for it, for as long as it is open.
Heed = Callable[[Departure], AbstractContextManager[None]]


@contextmanager
def at_signals(departure: Departure) -> Iterator[None]:
    """Leave at SIGTERM or SIGINT, and hurry at the next. In the main thread only."""
    with on_signals(dict.fromkeys(SIGNALS, departure.leave_or_hurry)):
        yield


@contextmanager
def on_signals(answers: Mapping[signal.Signals, Callable[[], None]]) -> Iterator[None]:
    """Have the event loop call something at a signal. In the main thread only."""
    loop = asyncio.get_running_loop()
    for number, answer in answers.items():
        loop.add_signal_handler(number, answer)
    try:
        yield
    finally:
        for number in answers:
            loop.remove_signal_handler(number)
