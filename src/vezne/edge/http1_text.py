"""Heads as they are written: start line and header fields (RFC 9112, 3 to 5)."""

import functools
import re
from collections.abc import Mapping
from http import HTTPMethod, HTTPStatus
from typing import Final

_HEADER_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
_HEADS_CACHED_MAX = 256
_ABSOLUTE_FORM = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_UPGRADE_HEADERS = frozenset({"upgrade", "connection", "http2-settings"})
_USUAL_NAMES = (
    *("Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control"),
    *("Connection", "Content-Length", "Content-Type", "Cookie", "Forwarded", "Host"),
    *("Idempotency-Key", "Origin", "Referer", "Transfer-Encoding", "User-Agent"),
    *("X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP"),
    *("X-Iyzi-Client-Version", "X-Iyzi-Rnd"),
)
# A field's name in lower case, and a method, as texts; None for those that are rare.
usual_name: Final = {
    spelling.encode(): name.lower() for name in _USUAL_NAMES for spelling in (name, name.lower())
}.get
usual_method: Final = {method.encode(): method.value for method in HTTPMethod}.get


@functools.lru_cache(maxsize=_HEADS_CACHED_MAX)
def render_head(status: int, headers: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """Status line and header lines. Raises ValueError for what would not be one line each."""
    lines = [b"HTTP/1.1 %d %b" % (status, HTTPStatus(status).phrase.encode()), b"server: vezne"]
    for name, value in headers:
        if not (_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)):
            raise ValueError("a header that is no header")
        lines.append(b"%b: %b" % (name, value))
    return b"\r\n".join([*lines, b""])


def render_plain(status: HTTPStatus, date_line: bytes) -> bytes:
    """A whole response that has nothing to say but its status, and ends the connection."""
    text = status.phrase.encode()
    return b"%b%bcontent-length: %d\r\nconnection: close\r\n\r\n%b" % (
        render_head(status, ((b"content-type", b"text/plain"),)),
        date_line,
        len(text),
        text,
    )


def head_without_upgrade(method: bytes, url: bytes, headers: Mapping[str, str]) -> bytes:
    """The head of a request that offers another protocol, as if it did not.

    A server may ignore Upgrade (RFC 9110, 7.8), but the parser would stop before the body. Java's
    HttpClient offers h2c with every plain request.
    """
    lines = [
        f"{method.decode()} {url.decode('latin-1')} HTTP/1.1",
        "connection: close",
        *(f"{name}: {value}" for name, value in headers.items() if name not in _UPGRADE_HEADERS),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def without_host(target: str) -> str:
    """A request target in absolute form (3.2.2) as one in origin form."""
    return _ABSOLUTE_FORM.sub("", target, count=1) or "/"
