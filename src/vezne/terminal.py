"""The terminal: questions whose answers are secrets, and screens that leave nothing behind."""

import getpass
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# The alternate screen, which terminals do not keep for scrolling back, and an empty one.
_ENTER: Final = "\x1b[?1049h\x1b[2J\x1b[3J\x1b[H"
_CLEAR: Final = "\x1b[2J\x1b[3J\x1b[H"
_LEAVE: Final = "\x1b[2J\x1b[3J\x1b[H\x1b[?1049l"


def is_terminal() -> bool:
    """Whether a person sits before this process, rather than a file or a pipe."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def ask_secret(question: str) -> str:
    """A line that is typed without being shown; from a pipe, its next line.

    Raises EOFError when there is no more input.
    """
    if sys.stdin.isatty():
        with _interruptible():
            return getpass.getpass(question, stream=sys.stderr)
    sys.stderr.write(f"{question}\n")
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\r\n")


def say(text: str) -> None:
    """Show a line, or several."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def clear() -> None:
    """Take everything off the screen of a terminal."""
    if is_terminal():
        sys.stdout.write(_CLEAR)
        sys.stdout.flush()


@contextmanager
def own_screen() -> Iterator[None]:
    """A screen of its own, of which nothing can be seen afterwards, on a terminal."""
    is_shown = is_terminal()
    if is_shown:
        sys.stdout.write(_ENTER)
    try:
        yield
    finally:
        if is_shown:
            sys.stdout.write(_LEAVE)
            sys.stdout.flush()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C ends the question at once: the event loop's way is to wait for its next turn."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
