"""What a server writes before a body: status line and header fields (RFC 9112, 4 and 5)."""

import functools
import re
from http import HTTPStatus

_HEADER_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
_HEADS_CACHED_MAX = 256


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
