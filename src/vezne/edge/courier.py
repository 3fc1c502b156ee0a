"""Carries webhooks to merchants' servers.

In live mode only over TLS, and only to addresses that are anybody's. The name is looked up here,
every address that it has is checked, and the connection is made to a checked address itself, so
that no second look-up can lead elsewhere. The certificate is still checked against the name.
"""

import asyncio
import re
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from functools import cached_property
from typing import Final

import httpcore

from vezne.core.webhook import Reply, Undelivered, WebhookMessage
from vezne.edge.foreign_text import LEFT_OUT, mask_foreign
from vezne.edge.public_address import is_public

# From the look-up to the end of the answer. A receiver that does more than note the message down
# before it answers does so at its own peril.
TIMEOUT_S: Final = 10.0
# How much is read for a message before the connection is given up: of headers, of answers that
# are only the beginning, and of a body that nobody looks at.
ANSWER_BYTES_MAX: Final = 131_072
# As many as sixty hanging servers take up, so that they keep nobody else waiting.
CONNECTIONS_MAX: Final = 256
# Idle connections are kept for the next message, not for long.
KEPT_MAX: Final = 16
KEPT_S: Final = 5.0
# A name with more addresses is tried at these only, so that each has its turn within the time.
ADDRESSES_MAX: Final = 3
CONNECT_TIMEOUT_S: Final = 3.0
# Problems are kept beside the notice.
PROBLEM_LENGTH_MAX: Final = 200
# As much of an answer as people look at: an error's page says at its beginning what it is about.
REPLY_BYTES_MAX: Final = 2_048

_HEADERS: Final = (
    (b"Content-Type", b"application/json"),
    (b"Accept", b"*/*"),
    (b"User-Agent", b"Vezne"),
)
_DELIVERED: Final = range(200, 300)
# What a cut may have gone through: a number, or a word that hides one in another form.
_CUT_NUMBER: Final = re.compile(r"(?:[\W_]*\d)+[\W_]*\Z")
_CUT_WORD: Final = re.compile(r"[^\s\"'<>]*\Z")

Resolve = Callable[[str, int], Awaitable[list[str]]]


async def look_up(host: str, port: int) -> list[str]:
    """The IP addresses of a name, as the system resolves it. Raises OSError, UnicodeError.

    In a thread of its own: the event loop has few for this, and a name whose servers are silent
    would keep them from everybody else. A thread that still waits does not hold up the end of the
    process.
    """
    found: Future[list[str]] = Future()

    def ask() -> None:
        if not found.set_running_or_notify_cancel():
            return
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            found.set_exception(error)
        else:
            found.set_result(list(dict.fromkeys(str(answer[4][0]) for answer in answers)))

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    return await asyncio.wrap_future(found)


class _TooLong(Undelivered):
    """The receiver says more than anybody wants to read."""


class HttpCourier:
    """Implements `vezne.core.webhook.Courier`."""

    def __init__(
        self, *, is_live: bool, resolve: Resolve = look_up, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._is_live = is_live
        self._resolve = resolve
        self._timeout_s = timeout_s

    @cached_property
    def _pool(self) -> httpcore.AsyncConnectionPool:
        # Made when there is something to send: reading the system's certificates takes a while.
        return httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=CONNECTIONS_MAX,
            max_keepalive_connections=KEPT_MAX,
            keepalive_expiry=KEPT_S,
            network_backend=_Network(self._resolve, only_public=self._is_live),
        )

    async def deliver(self, message: WebhookMessage) -> Reply:
        """Send once; what the receiver said when it has answered 2xx. Raises Undelivered.

        No redirect is followed: it would be a GET, or lead where nobody has looked.
        """
        if self._is_live and not message.url.lower().startswith("https://"):
            raise Undelivered("in live mode a webhook goes over https only")
        if not message.url.isascii():
            raise Undelivered("the URL has characters that must be escaped")
        try:
            async with asyncio.timeout(self._timeout_s):
                reply = await self._post(message)
        except TimeoutError:
            raise Undelivered(f"no answer within {self._timeout_s:g} s") from None
        except (httpcore.NetworkError, httpcore.TimeoutException) as error:
            raise Undelivered(f"no connection: {error}"[:PROBLEM_LENGTH_MAX]) from None
        except httpcore.ProtocolError:
            # The library's text quotes what a stranger's server said.
            raise Undelivered("the answer is no HTTP") from None
        if reply.status not in _DELIVERED:
            raise Undelivered(f"answered {reply.status}", reply)
        return reply

    async def close(self) -> None:
        """Close the connections that are kept."""
        if "_pool" in vars(self):
            await self._pool.aclose()

    async def _post(self, message: WebhookMessage) -> Reply:
        headers = [*_HEADERS, *((name.encode(), text.encode()) for name, text in message.headers)]
        async with self._pool.stream(
            "POST", message.url, headers=headers, content=message.body
        ) as response:
            said = b""
            with suppress(_TooLong):
                async for part in response.aiter_stream():
                    said += part[: REPLY_BYTES_MAX - len(said)]
            return Reply(response.status, _text_of(said))


def _text_of(said: bytes) -> str:
    """The beginning of an answer, without card numbers, nor half of one where it was cut."""
    text = said.decode("utf-8", "replace")
    if len(said) >= REPLY_BYTES_MAX:
        text = _CUT_NUMBER.sub("", _CUT_WORD.sub("", text)) or LEFT_OUT
    return mask_foreign(text)


class _Counted(httpcore.AsyncNetworkStream):
    """A connection on which no answer is longer than `ANSWER_BYTES_MAX`."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._read_bytes = 0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """What has come. Raises what the library does, and Undelivered for too long an answer."""
        data = await self._stream.read(max_bytes, timeout)
        self._read_bytes += len(data)
        if self._read_bytes > ANSWER_BYTES_MAX:
            raise _TooLong("the answer is too long")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Send, which makes what is read from now on another answer."""
        self._read_bytes = 0
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is the library's
    ) -> httpcore.AsyncNetworkStream:
        """The connection inside this one."""
        return _Counted(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> object:
        """What the library wants to know of its stream."""
        return self._stream.get_extra_info(info)


class _Network(httpcore.AsyncNetworkBackend):
    """Connects to the addresses of names as they were looked up and checked."""

    def __init__(self, resolve: Resolve, *, only_public: bool) -> None:
        self._resolve = resolve
        self._only_public = only_public
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - the signature is the library's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first address that takes one.

        Raises ConnectError, ConnectTimeout, Undelivered.
        """
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} cannot be looked up") from error
        if self._only_public and not all(map(is_public, addresses)):
            raise Undelivered(f"{host} has an address in a private network")
        problem: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses[:ADDRESSES_MAX]:
            try:
                return _Counted(
                    await self._network.connect_tcp(
                        address, port, CONNECT_TIMEOUT_S, local_address, socket_options
                    )
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem
