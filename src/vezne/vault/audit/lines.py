"""One line of the trail: JSON, chained to the line before by its hash.

A line ends in `"prev":"…","hash":"…"}`. `hash` is the SHA-256 of the line's own bytes without
`,"hash":"…"`, and `prev` is the hash of the line before, so that a line cannot be changed, removed,
inserted or moved without changing every later one. `n` counts from 1 without a gap.
"""

import hashlib
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from vezne.core.audit import AuditEvent, Origin

# What the first line of all follows.
NO_HASH: Final = "0" * 64
# What comes from outside may be long; a line need not be.
TEXT_MAX: Final = 200

_PREVIOUS: Final = b',"prev":"'
_OWN: Final = b',"hash":"'
_HASH_BYTES: Final = 64
_TAIL_BYTES: Final = len(_OWN) + _HASH_BYTES + len(b'"}\n')


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a line says, but for its place in the chain (PCI DSS v4.0.1 10.2.2).

    `at` is UTC. `key` and `signature` are those of a checkpoint.
    """

    at: datetime
    process: int
    action: str
    outcome: Literal["success", "failure"]
    door: str
    address: str = ""
    caller: str = ""
    merchant: int = 0
    path: str = ""
    subject: str = ""
    reason: str = ""
    count: int = 0
    key: str = ""
    signature: str = ""


class Entry(Line, frozen=True, kw_only=True, omit_defaults=True):
    """A line as it is read."""

    n: int
    prev: str
    hash: str


class BrokenLine(Exception):
    """A line that is none, or that its own hash does not fit. The text says which."""


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Entry).decode


def time_at(now_ms: int) -> datetime:
    """Epoch milliseconds as a line has them."""
    # The float is exact to the microsecond until the year 2242.
    return datetime.fromtimestamp(now_ms / 1000, UTC)


def words_of(line: Line) -> bytes:
    """What a line says, ready to be put into the chain."""
    return _encode(line)[1:-1]


def words_about(event: AuditEvent, origin: Origin, now_ms: int, process: int) -> bytes:
    """What a line says, as `words_of` has it, about what happens now and is done for an origin."""
    line = Line(
        at=time_at(now_ms),
        process=process,
        action=event.action,
        outcome="success" if event.is_success else "failure",
        door=origin.door,
        address=origin.address,
        caller=origin.caller[:TEXT_MAX],
        merchant=event.merchant_id or origin.merchant_id,
        path=origin.path[:TEXT_MAX],
        subject=event.subject[:TEXT_MAX],
        reason=event.reason[:TEXT_MAX],
        count=event.count,
    )
    return _encode(line)[1:-1]


def link(words: bytes, number: int, previous: str) -> tuple[bytes, str]:
    """A line of the chain, and its hash."""
    body = b'{"n":%d,%b%b%b"' % (number, words, _PREVIOUS, previous.encode())
    own = hashlib.sha256(body + b"}").hexdigest()
    return b'%b%b%b"}\n' % (body, _OWN, own.encode()), own


def hash_if_next(line: bytes, number: int, previous: str) -> str | None:
    """The hash of a line that is the next one and whole; None when anything is wrong with it."""
    body, tail = line[:-_TAIL_BYTES], line[-_TAIL_BYTES:]
    digest = hashlib.sha256(body)
    digest.update(b"}")
    own = digest.hexdigest()
    is_right = (
        tail == b'%b%b"}\n' % (_OWN, own.encode())
        and body.startswith(b'{"n":%d,' % number)
        and body.endswith(b'%b%b"' % (_PREVIOUS, previous.encode()))
    )
    return own if is_right else None


def read_line(line: bytes) -> Entry:
    """What stands in a line, whose own hash fits. Raises BrokenLine."""
    entry = peek_line(line)
    if not line.endswith(b"\n"):
        raise BrokenLine("it is unfinished")
    if entry is None:
        raise BrokenLine("it is no line of a trail")
    if hash_if_next(line, entry.n, entry.prev) != entry.hash:
        raise BrokenLine("it was changed: its hash does not fit")
    return entry


def peek_line(line: bytes) -> Entry | None:
    """What stands in a line, true or not; None when nothing can be read there."""
    try:
        return _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def is_of(action: str, line: bytes) -> bool:
    """Whether a line is of an action. No text within a line can pass for it: quotes are escaped."""
    return b'"action":"%b"' % action.encode() in line
