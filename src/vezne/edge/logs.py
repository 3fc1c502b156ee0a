"""Logs: one line an event, to standard error, with a last defence against card data.

The first defence is that nobody but the vault holds a card number. What is here catches the
mistake that slips through: digits that could be a card number are masked, values under names that
say "secret" are dropped, and objects are named instead of printed.
"""

import errno
import logging
import os
import re
import secrets
import sys
import traceback
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from vezne.core.audit import visitor
from vezne.core.card import is_luhn_valid

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
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _describe_exception,
        _name_request,
    ]
    if trace_id is not None:
        shared.append(_naming_trace(trace_id))
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                scrub,
                structlog.dev.ConsoleRenderer(colors=out.isatty())
                if for_people
                else structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


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


def scrub(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The processor before the renderer: masks, drops and names whatever must not be printed."""
    return {str(name): _scrub_field(str(name), value, 0) for name, value in event.items()}


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


def _name_request(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    name = request_id()
    return {**event, "request_id": name} if name else event


def _naming_trace(trace_id: Callable[[], str]) -> Processor:
    def name_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        name = trace_id()
        return {**event, "trace_id": name} if name else event

    return name_trace


def _describe_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    return {**event, **describe_fault(error)} if isinstance(error, BaseException) else event
