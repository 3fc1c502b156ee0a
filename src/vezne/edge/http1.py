"""One HTTP/1.1 connection: bytes in, requests out, answers back in order.

httptools (llhttp) parses, strictly. What is added here is what a payment server needs around a
parser: limits and time-outs, pipelining without overlap, and an end that loses no answer. Section
numbers in this module are those of RFC 9112 unless they say otherwise.
"""

import asyncio
import math
import re
from collections import deque
from http import HTTPStatus
from typing import Final, cast

import httptools
import msgspec
import structlog

from vezne.edge.http1_socket import has_unread
from vezne.edge.http1_text import render_head, render_plain
from vezne.edge.logs import describe_fault
from vezne.edge.service import Service
from vezne.edge.sites import Incoming

_log = structlog.stdlib.get_logger(__name__)

# What the next byte of a connection belongs to.
_BETWEEN: Final = 0
_HEAD: Final = 1
_BODY: Final = 2
_DISCARD: Final = 3

_ABSOLUTE_FORM = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_UPGRADE_HEADERS = frozenset({"upgrade", "connection", "http2-settings"})
# The colon, the space and the line end of a header field.
_FIELD_BYTES: Final = 4


class _Job(msgspec.Struct, frozen=True):
    """A request in line. Nothing is read or answered after the last."""

    incoming: Incoming
    is_last: bool


class Connection(asyncio.Protocol):
    """A client's connection, plain or TLS. `deadline` is when the client has taken too long."""

    def __init__(self, service: Service, scheme: str) -> None:
        self.deadline = math.inf
        self._service = service
        self._head_bytes_max = service.limits.head_bytes_max
        self._scheme = scheme
        self._address = ""
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._phase = _BETWEEN
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._head_bytes = 0
        self._body_bytes = 0
        self._raw_bytes = 0
        self._has_completed = False
        self._is_keep_alive = True
        self._owes_continue = False
        self._is_paused = False
        self._line: deque[_Job | bytes] = deque()
        self._task: asyncio.Task[None] | None = None
        self._writable: asyncio.Future[None] | None = None

    # What the service calls.

    def drain(self) -> None:
        """End after what is in flight, or soon when nothing is and nothing comes."""
        if self._task is None and self._phase == _BETWEEN:
            self.deadline = min(self.deadline, self._service.loop.time() + self._service.idle_s)

    def expire(self) -> None:
        """The deadline has passed: say so if a request was half sent, and end."""
        if self._transport is None:
            return
        if self._phase == _DISCARD:
            self._transport.abort()
        elif self._phase != _BETWEEN:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        elif self._task is not None or not has_unread(self._transport):
            self._close()

    def abort(self) -> None:
        """End now, whatever is in flight."""
        if self._task is not None:
            self._task.cancel()
        if self._transport is not None:
            self._transport.abort()

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection in."""
        service = self._service
        self._transport = cast("asyncio.Transport", transport)
        self._address = _address_of(transport)
        service.connections.add(self)
        self.deadline = service.now + service.idle_s

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        """The client is gone. A request in flight is finished all the same."""
        self._transport = None
        self._phase = _DISCARD
        self._line.clear()
        self.resume_writing()
        if self._task is None:
            self._service.forget(self)

    def eof_received(self) -> bool:
        """The client sends no more. A plain connection stays while an answer is owed."""
        self._phase = _DISCARD
        return self._task is not None and self._scheme == "http"

    def pause_writing(self) -> None:
        """The client does not take its answers: start no further request."""
        self._writable = self._service.loop.create_future()

    def resume_writing(self) -> None:
        """The client takes them again, or is gone."""
        if self._writable is not None:
            if not self._writable.done():
                self._writable.set_result(None)
            self._writable = None

    def data_received(self, data: bytes) -> None:
        """Feed the parser, which calls back, then see to limits and deadlines."""
        if self._phase == _DISCARD:
            return
        before = self._phase
        self._has_completed = False
        self._feed(data)
        if _BETWEEN < self._phase < _DISCARD:
            self._watch(before, len(data))
        if self._line and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()

    # What the parser calls.

    def on_message_begin(self) -> None:
        """A request starts."""
        if self._phase == _BETWEEN:
            self._phase = _HEAD
            self._url = b""
            self._headers = {}
            self._body = []
            self._head_bytes = 0
            self._body_bytes = 0
            self._raw_bytes = 0

    def on_url(self, url: bytes) -> None:
        """A piece of the request target."""
        self._url += url
        self._head_bytes += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header field. Trailers after a chunked body are dropped (RFC 9110, 6.5.1)."""
        if self._phase == _HEAD:
            key = name.lower().decode("latin-1")
            text = value.decode("latin-1")
            headers = self._headers
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
            self._head_bytes += len(name) + len(value) + _FIELD_BYTES
            if self._head_bytes > self._head_bytes_max:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """The head is whole: refuse what cannot be served before the body is read."""
        if self._phase != _HEAD:
            return
        self._phase = _BODY
        self._is_keep_alive = self._parser.should_keep_alive()
        headers = self._headers
        if self._head_bytes > self._service.limits.head_bytes_max:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif not self._is_addressed():
            self._refuse(HTTPStatus.BAD_REQUEST)
        elif int(headers.get("content-length", "0")) > self._service.limits.body_bytes_max:
            self._accept(None)
        elif "expect" in headers and not self._parser.should_upgrade():
            self._owes_continue = headers["expect"].lower() == "100-continue"
            self._send_continue()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if self._phase == _BODY:
            self._body.append(body)
            self._body_bytes += len(body)
            if self._body_bytes > self._service.limits.body_bytes_max:
                self._accept(None)

    def on_message_complete(self) -> None:
        """The request is whole, unless the parser takes its body for another protocol's."""
        if self._phase == _BODY and not self._parser.should_upgrade():
            body = self._body
            self._accept(body[0] if len(body) == 1 else b"".join(body))

    # Reading.

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._phase != _DISCARD:
                rest = data[upgrade.args[0] :]
                head = self._head_without_upgrade()
                self._phase = _BETWEEN
                self._parser = httptools.HttpRequestParser(self)
                self._feed(head + rest)
        except httptools.HttpParserError:
            if self._phase != _DISCARD:
                self._refuse(HTTPStatus.BAD_REQUEST)

    def _head_without_upgrade(self) -> bytes:
        """The head of a request that offers another protocol, as if it did not.

        A server may ignore Upgrade (RFC 9110, 7.8), but the parser would stop before the body.
        Java's HttpClient offers h2c with every plain request.
        """
        lines = [
            f"{self._parser.get_method().decode()} {self._url.decode('latin-1')} HTTP/1.1",
            "connection: close",
            *(
                f"{name}: {value}"
                for name, value in self._headers.items()
                if name not in _UPGRADE_HEADERS
            ),
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _is_addressed(self) -> bool:
        """Exactly one Host, which only HTTP/1.0 may leave out (3.2). We are no tunnel."""
        host = self._headers.get("host")
        if host is None:
            return self._parser.get_http_version() == "1.0"
        return "," not in host and self._parser.get_method() != b"CONNECT"

    def _watch(self, before: int, feed_bytes: int) -> None:
        """A request is half here: bound its size, and the time until it is whole."""
        limits = self._service.limits
        if not self._has_completed:
            self._raw_bytes += feed_bytes
        if self._phase == _HEAD and self._raw_bytes > limits.head_bytes_max:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._raw_bytes > limits.raw_bytes_max:
            self._accept(None)
        elif self._task is None and (self._phase != before or self._has_completed):
            self._start_deadline()

    def _start_deadline(self) -> None:
        limits = self._service.limits
        allowed_s = {_BETWEEN: self._service.idle_s, _HEAD: limits.head_s, _BODY: limits.body_s}
        self.deadline = self._service.now + allowed_s[self._phase]

    # Answering.

    def _accept(self, body: bytes | None) -> None:
        """Start on a request, or put it in line. Nothing is read after a body that is too large."""
        if len(self._line) >= self._service.limits.pipelined_max:
            # What is not answered when a connection closes is sent again (9.3.2).
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        target = self._url.decode("latin-1")
        if target[0] != "/":
            target = _ABSOLUTE_FORM.sub("", target, count=1) or "/"
        method = self._parser.get_method().decode("latin-1")
        is_last = body is None or not self._is_keep_alive
        self._phase = _DISCARD if is_last else _BETWEEN
        self._has_completed = True
        self._owes_continue = False
        incoming = Incoming(method, self._scheme, target, self._headers, body, self._address)
        # A connection may idle for long; the card that came over it must not wait that long.
        self._headers, self._body = {}, []
        self._enqueue(_Job(incoming, is_last))

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer what is no request, in its turn, and read no further."""
        self._phase = _DISCARD
        if self._task is None:
            self._linger(self._plain(status))
        else:
            self._line.append(self._plain(status))

    def _enqueue(self, job: _Job) -> None:
        if self._task is None:
            self.deadline = math.inf
            self._task = self._service.loop.create_task(self._work(job))
        else:
            self._line.append(job)

    async def _work(self, job: _Job | bytes) -> None:
        """Answer requests one after the other, as long as there are any in line."""
        try:
            while not isinstance(job, bytes):
                await self._answer(job)
                job = b""
                await self._wait_until_writable()
                if not self._line:
                    return
                job = self._line.popleft()
            self._linger(job)
        finally:
            self._task = None
            self._rest()

    async def _answer(self, job: _Job) -> None:
        incoming = job.incoming
        try:
            response = await self._service.handle(incoming)
            head = render_head(response.status, response.headers)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer
            _log.error("fault", **describe_fault(error))
            self._linger(self._plain(HTTPStatus.INTERNAL_SERVER_ERROR))
            return
        is_last = job.is_last or self._service.is_leaving
        message = b"%b%bcontent-length: %d\r\nconnection: %b\r\n\r\n%b" % (
            head,
            self._service.date_line,
            len(response.body),
            b"close" if is_last else b"keep-alive",
            b"" if incoming.method == "HEAD" else response.body,
        )
        if incoming.body is None:
            self._linger(message)
        elif self._transport is not None:
            self._transport.write(message)
            if is_last:
                self._close()

    async def _wait_until_writable(self) -> None:
        while self._writable is not None:
            self.deadline = self._service.now + self._service.limits.take_s
            await self._writable
            self.deadline = math.inf

    def _rest(self) -> None:
        """Nothing is in flight: wait for the client, but not for ever."""
        if self._transport is None:
            self._service.forget(self)
        elif self._phase != _DISCARD:
            self._start_deadline()
            self._send_continue()
            if self._is_paused:
                self._is_paused = False
                self._transport.resume_reading()
        elif self.deadline == math.inf:
            self._close()

    def _send_continue(self) -> None:
        """Ask for the body that the client holds back, unless earlier answers are owed."""
        if self._owes_continue and self._task is None and self._transport is not None:
            self._owes_continue = False
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    # Ending.

    def _close(self) -> None:
        """Close once the client has taken what was written."""
        self._phase = _DISCARD
        self._line.clear()
        if self._transport is not None:
            self.deadline = self._service.now + self._service.limits.take_s
            self._transport.close()

    def _linger(self, message: bytes) -> None:
        """Answer and close while the client may still be sending (9.6).

        Closing at once would reset the connection, and the client might never see the answer.
        """
        self._phase = _DISCARD
        self._line.clear()
        if self._transport is not None:
            self.deadline = self._service.now + self._service.limits.linger_s
            self._transport.write(message)
            if self._transport.can_write_eof():
                self._transport.write_eof()

    def _plain(self, status: HTTPStatus) -> bytes:
        """A whole response that has nothing to say but its status."""
        return render_plain(status, self._service.date_line)


def _address_of(transport: asyncio.BaseTransport) -> str:
    """The peer's address without its port; empty where it has none, as on a Unix socket."""
    peer = transport.get_extra_info("peername")
    if not isinstance(peer, tuple) or not peer:
        return ""
    address: str = peer[0]
    # A link-local address names its interface (RFC 4007, 11), which is ours and not the peer's.
    return address.partition("%")[0]
