"""Logs: one line an event, to standard error, with a last defence against card data.

The first defence is that nobody but the vault holds a card number. What is here catches the
mistake that slips through: digits that could be a card number are masked, values under names that
say "secret" are dropped, and objects are named instead of printed.
"""

import errno
import json
import logging
import os
import re
import secrets
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal, TextIO

from vezne.core.audit import visitor
from vezne.core.card import is_luhn_valid
from vezne.event_log import fields_of

LogFormat = Literal["auto", "json", "console"]
LogLevel = Literal["debug", "info", "warning", "error"]

_MASK = "[masked]"
_DIGITS = re.compile(r"[0-9](?:[ -]?[0-9]){12,}+")
# ISO/IEC 7812-1: a card number has at most 19 digits; none in use has fewer than 13.
_PAN_LENGTHS = range(13, 20)
# In more digits a number could stand anywhere; and so often is a text looked at: milliseconds.
_LOOKED_AT_MAX = 100
_LOOKS_MAX = 5_000
_SECRET_NAME = re.compile(
    r"secret|passw|authorization|cookie|signature|cvv|cvc|card_?number|(^|_)pan($|_)"
    r"|(private|master|api)_?key",
    re.IGNORECASE,
)
# What every line begins with when people read it.
_HEAD = frozenset({"timestamp", "level", "event"})
_DEPTH_MAX = 6
_FRAMES_MAX = 8
_REQUEST_ID_BYTES = 6


def configure_logs(
    level: LogLevel = "info",
    style: LogFormat = "auto",
    stream: TextIO | None = None,
    *,
    trace_id: Callable[[], str] | None = None,
) -> None:
    """Send the process's log lines, those of libraries included, to `stream` or standard error.

    `auto` prints for people on a terminal and JSON elsewhere. `trace_id` says which trace a line
    belongs to, where there are traces; empty where it belongs to none.
    """
    out = sys.stderr if stream is None else stream
    for_people = style == "console" or (style == "auto" and out.isatty())
    handler = logging.StreamHandler(out)
    handler.setFormatter(_Lines(_console_line if for_people else _json_line, trace_id))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())


class _Lines(logging.Formatter):
    """Makes a line of an event, or of what a library says."""

    def __init__(self, render: "_Render", trace_id: Callable[[], str] | None) -> None:
        super().__init__()
        self._render = render
        self._trace_id = trace_id

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        at = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            **fields_of(record),
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "timestamp": at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        }
        name = request_id()
        if name:
            line["request_id"] = name
        trace = "" if self._trace_id is None else self._trace_id()
        if trace:
            line["trace_id"] = trace
        if record.exc_info and record.exc_info[1] is not None:
            line |= describe_fault(record.exc_info[1])
        return self._render(scrub(line))


_Render = Callable[[Mapping[str, object]], str]


def _json_line(line: Mapping[str, object]) -> str:
    return json.dumps(line, ensure_ascii=False)


def _console_line(line: Mapping[str, object]) -> str:
    """The time of day, how bad it is and what happened in columns, and the fields after them."""
    head = f"{line['timestamp']} {line['level']:<7} {line['event']:<30}"
    fields = (f"{name}={value!r}" for name, value in line.items() if name not in _HEAD)
    return " ".join([head, *fields]).rstrip()


def describe_fault(error: BaseException) -> dict[str, object]:
    """What may be said of an exception: its type, its causes' types and codes, where it passed.

    Never its message, which may quote what it choked on.
    """
    frames = [
        f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    causes: list[str] = []
    cause = error.__cause__ or error.__context__
    while cause is not None and len(causes) < _DEPTH_MAX:
        causes.append(_name_of(cause))
        cause = cause.__cause__ or cause.__context__
    found: dict[str, object] = {"fault": _name_of(error), "where": frames[-_FRAMES_MAX:]}
    return found | {"causes": causes} if causes else found


def _name_of(error: BaseException) -> str:
    """An exception's type, and what the system or the database calls it: `OSError ENOSPC`."""
    code = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None)
    if isinstance(error, OSError) and error.errno is not None:
        code = errno.errorcode.get(error.errno)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def scrub(line: Mapping[str, object]) -> dict[str, object]:
    """A line's fields with all masked, dropped or named that must not be printed."""
    return {name: _scrub_field(name, value, 0) for name, value in line.items()}


def mask_digits(text: str) -> str:
    """The text with every run of digits that could hold a card number masked.

    So is every run that is too long to be looked through, and what comes after too many of them.
    """
    return _DIGITS.sub(_Masking().mask_run, text)


class _Masking:
    """The masking of one text, in which so many places are looked at and no more."""

    def __init__(self) -> None:
        self._looks = 0

    def mask_run(self, match: re.Match[str]) -> str:
        """A run of digits, masked if it has to be."""
        digits = match[0].replace(" ", "").replace("-", "")
        if len(digits) > _LOOKED_AT_MAX:
            return _MASK
        lengths = (len(digits),) if len(digits) in _PAN_LENGTHS else _PAN_LENGTHS
        for length in lengths:
            for start in range(len(digits) - length + 1):
                self._looks += 1
                if self._looks > _LOOKS_MAX or is_luhn_valid(digits[start : start + length]):
                    return _MASK
        return match[0]


def _scrub_field(name: str, value: object, depth: int) -> object:
    return _MASK if _SECRET_NAME.search(name) else _scrub_value(value, depth)


def _scrub_value(value: object, depth: int) -> object:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, str):
        return mask_digits(value)
    if isinstance(value, int):
        masked = mask_digits(str(value))
        return masked if _MASK in masked else value
    if isinstance(value, Decimal | os.PathLike):
        return mask_digits(str(value))
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    return _scrub_container(value, depth + 1)


def _scrub_container(value: object, depth: int) -> object:
    if depth <= _DEPTH_MAX and isinstance(value, Mapping):
        return {
            mask_digits(str(name)): _scrub_field(str(name), item, depth)
            for name, item in value.items()
        }
    if depth <= _DEPTH_MAX and isinstance(value, list | tuple | set | frozenset):
        return [_scrub_value(item, depth) for item in value]
    return f"[{type(value).__name__}]"


def request_id() -> str:
    """What the log calls the request that is being answered; empty when there is none.

    Made when it is first asked for. Too short to look like a card number.
    """
    try:
        origin = visitor()
    except LookupError:
        return ""
    if not origin.request_id:
        origin.request_id = secrets.token_hex(_REQUEST_ID_BYTES)
    return origin.request_id
