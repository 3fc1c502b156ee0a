"""One HTTP/1.1 connection: bytes in, requests out, answers back in order.

httptools (llhttp) parses, strictly. What is added here is what a payment server needs around a
parser: limits and time-outs, pipelining without overlap, and an end that loses no answer. Section
numbers in this module are those of RFC 9112 unless they say otherwise.
"""

import asyncio
import math
from collections import deque
from http import HTTPStatus
from typing import Final, cast

import httptools

from vezne.edge import http1_text
from vezne.edge.http1_socket import address_of, has_unread
from vezne.edge.logs import describe_fault
from vezne.edge.service import Service
from vezne.edge.sites import Incoming
from vezne.event_log import EventLog

_log = EventLog(__name__)

# What the next byte of a connection belongs to.
_BETWEEN: Final = 0
_HEAD: Final = 1
_BODY: Final = 2
_DISCARD: Final = 3

# The colon, the space and the line end of a header field.
_FIELD_BYTES: Final = 4
_FAULT: Final = HTTPStatus.INTERNAL_SERVER_ERROR

# A request in line, and whether it is the last: nothing is read or answered after that.
_Job = tuple[Incoming, bool]


class Connection(asyncio.Protocol):
    """A client's connection, plain or TLS. `deadline` is when the client has taken too long.

    One task answers all of its requests: a task for each would take longer than reading it.
    """

    def __init__(self, service: Service, scheme: str) -> None:
        self.deadline = math.inf
        self._service = service
        self._head_bytes_max = service.limits.head_bytes_max
        self._body_bytes_max = service.limits.body_bytes_max
        self._scheme = scheme
        self._address = ""
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._phase = _BETWEEN
        self._method = self._url = b""
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
        self._is_busy = False
        self._task: asyncio.Task[None] | None = None
        # What the task waits for while there is nothing to do.
        self._next: asyncio.Future[_Job] | None = None
        self._writable: asyncio.Future[None] | None = None
        # Answers of this turn of the event loop.
        self._unsent = b""

    # What the service calls.

    def send(self) -> None:
        """Write what was answered and is not written yet."""
        unsent, self._unsent = self._unsent, b""
        if unsent and self._transport is not None:
            self._transport.write(unsent)

    def drain(self) -> None:
        """End after what is in flight, or soon when nothing is and nothing comes."""
        if not self._is_busy and self._phase == _BETWEEN:
            self.deadline = min(self.deadline, self._service.loop.time() + self._service.idle_s)

    def expire(self) -> None:
        """The deadline has passed: say so if a request was half sent, and end."""
        if self._transport is None:
            return
        if self._phase == _DISCARD:
            self._transport.abort()
        elif self._phase != _BETWEEN:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        elif self._is_busy or not has_unread(self._transport):
            self._close()

    def abort(self) -> None:
        """End now, whatever is in flight."""
        if self._is_busy and self._task is not None:
            self._task.cancel()
        if self._transport is not None:
            self._transport.abort()

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection in."""
        service = self._service
        self._transport = cast("asyncio.Transport", transport)
        self._address = address_of(transport)
        service.connections.add(self)
        self.deadline = service.now + service.idle_s

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        """The client is gone. A request in flight is finished all the same."""
        self._transport = None
        self._phase = _DISCARD
        self._line.clear()
        self.resume_writing()
        if not self._is_busy:
            if self._task is not None:
                self._task.cancel()
            self._service.forget(self)

    def eof_received(self) -> bool:
        """The client sends no more. A plain connection stays while an answer is owed."""
        self.send()
        self._phase = _DISCARD
        return self._is_busy and self._scheme == "http"

    def pause_writing(self) -> None:
        """The client does not take its answers: start no further request."""
        self._writable = self._service.loop.create_future()

    def resume_writing(self) -> None:
        """The client takes them again, or is gone."""
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

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

    def on_url(self, url: bytes) -> None:
        """A piece of the request target."""
        self._url += url
        self._head_bytes += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header field. Trailers after a chunked body are dropped (RFC 9110, 6.5.1)."""
        if self._phase == _HEAD:
            key = http1_text.usual_name(name) or name.lower().decode("latin-1")
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
        parser, headers = self._parser, self._headers
        self._is_keep_alive = parser.should_keep_alive()
        self._method = parser.get_method()
        if self._head_bytes > self._head_bytes_max:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif not self._is_addressed():
            self._refuse(HTTPStatus.BAD_REQUEST)
        elif int(headers.get("content-length", "0")) > self._body_bytes_max:
            self._accept(None)
        elif "expect" in headers and not parser.should_upgrade():
            self._owes_continue = headers["expect"].lower() == "100-continue"
            self._send_continue()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if self._phase == _BODY:
            self._body.append(body)
            self._body_bytes += len(body)
            if self._body_bytes > self._body_bytes_max:
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
                head = http1_text.head_without_upgrade(self._method, self._url, self._headers)
                self._begin_anew()
                self._parser = httptools.HttpRequestParser(self)
                self._feed(head + rest)
        except httptools.HttpParserError:
            if self._phase != _DISCARD:
                self._refuse(HTTPStatus.BAD_REQUEST)

    def _is_addressed(self) -> bool:
        """Exactly one Host, which only HTTP/1.0 may leave out (3.2). We are no tunnel."""
        host = self._headers.get("host")
        if host is None:
            return self._parser.get_http_version() == "1.0"
        return "," not in host and self._method != b"CONNECT"

    def _watch(self, before: int, feed_bytes: int) -> None:
        """A request is half here: bound its size, and the time until it is whole."""
        limits = self._service.limits
        if not self._has_completed:
            self._raw_bytes += feed_bytes
        if self._phase == _HEAD and self._raw_bytes > limits.head_bytes_max:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._raw_bytes > limits.raw_bytes_max:
            self._accept(None)
        elif not self._is_busy and (self._phase != before or self._has_completed):
            self._start_deadline()

    def _start_deadline(self) -> None:
        service, limits = self._service, self._service.limits
        self.deadline = service.now + (service.idle_s, limits.head_s, limits.body_s)[self._phase]

    def _begin_anew(self) -> None:
        """Know nothing of a request any more: a connection may idle for long, no card so long."""
        self._phase = _BETWEEN
        self._url = b""
        self._headers = {}
        self._body = []
        self._head_bytes = self._body_bytes = self._raw_bytes = 0

    # Answering.

    def _accept(self, body: bytes | None) -> None:
        """Start on a request, or put it in line. Nothing is read after a body that is too large."""
        if len(self._line) >= self._service.limits.pipelined_max:
            # What is not answered when a connection closes is sent again (9.3.2).
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        target = self._url.decode("latin-1")
        if target[0] != "/":
            target = http1_text.without_host(target)
        method = http1_text.usual_method(self._method) or self._method.decode("latin-1")
        is_last = body is None or not self._is_keep_alive
        incoming = Incoming(method, self._scheme, target, self._headers, body, self._address)
        self._begin_anew()
        if is_last:
            self._phase = _DISCARD
        self._has_completed = True
        self._owes_continue = False
        job = (incoming, is_last)
        if self._is_busy:
            self._line.append(job)
            return
        self._is_busy = True
        self.deadline = math.inf
        if self._next is None:
            self._task = self._service.loop.create_task(self._work(job))
        else:
            self._next.set_result(job)
            self._next = None

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer what is no request, in its turn, and read no further."""
        self._phase = _DISCARD
        answer = http1_text.render_plain(status, self._service.date_line)
        if self._is_busy:
            self._line.append(answer)
        else:
            self._linger(answer)

    async def _work(self, job: _Job | bytes) -> None:
        """Answer requests one after the other, as long as the connection lasts."""
        line, service = self._line, self._service
        try:
            while not isinstance(job, bytes):
                incoming, is_last = job
                job = b""
                try:
                    response = await service.handle(incoming)
                    head = http1_text.render_head(response.status, response.headers)
                except Exception as error:  # noqa: BLE001 - the client gets an answer all the same
                    _log.error("fault", **describe_fault(error))
                    self._linger(http1_text.render_plain(_FAULT, service.date_line))
                else:
                    self._answer(incoming, head, response.body, is_last=is_last)
                    del response
                del incoming  # Nothing of it stays while the connection idles.
                while self._writable is not None:
                    self.deadline = service.now + service.limits.take_s
                    await self._writable
                    self.deadline = math.inf
                if line:
                    job = line.popleft()
                    continue
                self._is_busy = False
                self._next = service.loop.create_future()
                self._rest()
                if self._phase == _DISCARD:
                    return
                job = await self._next
            self._linger(job)
        finally:
            self._next = None
            if self._is_busy:
                self._is_busy = False
                self._rest()

    def _answer(self, incoming: Incoming, head: bytes, body: bytes, *, is_last: bool) -> None:
        service = self._service
        is_last = is_last or service.is_leaving
        message = b"%b%bcontent-length: %d\r\nconnection: %b\r\n\r\n%b" % (
            head,
            service.date_line,
            len(body),
            b"close" if is_last else b"keep-alive",
            b"" if incoming.method == "HEAD" else body,
        )
        if incoming.body is None:
            self._linger(message)
            return
        self._unsent += message
        if is_last:
            self._close()
        elif self._line:
            # A client that does not take its answers holds up those it has in line.
            self.send()
        else:
            service.send_soon(self)

    def _rest(self) -> None:
        """Nothing is in flight: wait for the client, but not for ever."""
        if self._transport is None:
            self._service.forget(self)
        elif self._phase != _DISCARD:
            self._start_deadline()
            if self._owes_continue:
                self._send_continue()
            if self._is_paused:
                self._is_paused = False
                self._transport.resume_reading()
        elif self.deadline == math.inf:
            self._close()

    def _send_continue(self) -> None:
        """Ask for the body that the client holds back, unless earlier answers are owed."""
        if self._owes_continue and not self._is_busy and self._transport is not None:
            self._owes_continue = False
            self._unsent += b"HTTP/1.1 100 Continue\r\n\r\n"
            self.send()

    # Ending.

    def _close(self) -> None:
        """Close once the client has taken what was written."""
        self.send()
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
            self._unsent += message
            self.send()
            if self._transport.can_write_eof():
                self._transport.write_eof()
