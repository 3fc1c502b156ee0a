"""Takes connections from a listening socket, many at a time, and no more than there may be.

uvloop's own servers take one connection each time round the loop (libuv 1.46 and later do). While
the loop is busy, who connects would wait longer than anybody's request; and who has connected for
TLS and says nothing would be counted nowhere.
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from vezne.edge.http1_text import render_plain
from vezne.edge.service import Service
from vezne.event_log import EventLog

# So many are taken each time round the loop: other processes with the same socket get their part,
# and requests that are here already do not wait for a flood of connections.
ACCEPTED_AT_ONCE: Final = 32
# And so many times this as the socket closes: more than can be in line (`edge.server.BACKLOG`).
_LAST_TURNS: Final = 64
# When the process has no more files, this is how long it takes no connections.
_PAUSE_S: Final = 0.5
_UNREAD_BYTES: Final = 64 * 1024
_NO_FILES: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

_log = EventLog(__name__)


class Acceptor:
    """Accepts from a socket that is bound, until it is closed, which closes the socket.

    Who comes when there are as many connections as there may be, is told so, and that is the end.
    `beginning` are those who have connected and are no connections yet.
    """

    def __init__(
        self,
        service: Service,
        listening: socket.socket,
        connect: Callable[[], asyncio.Protocol],
        context: ssl.SSLContext | None,
    ) -> None:
        self._service = service
        self._listening = listening
        self._connect = connect
        self._context = context
        self.beginning: set[asyncio.Task[None]] = set()
        self._pause: asyncio.TimerHandle | None = None
        listening.setblocking(False)
        self._start()

    def close(self) -> None:
        """Take no more connections. Who has one keeps it."""
        if self._listening.fileno() >= 0:
            # Who is in line has connected, as far as that one knows.
            for _ in range(_LAST_TURNS):
                if not self._accept():
                    break
            self._service.loop.remove_reader(self._listening)
            self._listening.close()
        if self._pause is not None:
            self._pause.cancel()

    def abort(self) -> None:
        """Cut off who has not become a connection yet."""
        for task in self.beginning:
            task.cancel()

    def _start(self) -> None:
        self._pause = None
        self._service.loop.add_reader(self._listening, self._accept)

    def _accept(self) -> bool:
        """Take who is in line, up to a number; returns whether there may be more."""
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                connection, _ = self._listening.accept()
            except (BlockingIOError, InterruptedError):
                return False
            except OSError as error:
                if error.errno in _NO_FILES:
                    self._wait()
                    return False
                # Who had connected has gone again.
                continue
            self._take(connection)
        return True

    def _wait(self) -> None:
        """Leave who wants to connect in line until others have gone."""
        _log.error("no more open files: no connections are taken for a moment")
        self._service.loop.remove_reader(self._listening)
        self._pause = self._service.loop.call_later(_PAUSE_S, self._start)

    def _take(self, connection: socket.socket) -> None:
        service = self._service
        connection.setblocking(False)
        if len(service.connections) + len(self.beginning) >= service.limits.connections_max:
            if self._context is None:
                # What has been sent and not read would make the end a reset, and the answer lost.
                with suppress(OSError):
                    connection.recv(_UNREAD_BYTES)
                with suppress(OSError):
                    connection.send(render_plain(HTTPStatus.SERVICE_UNAVAILABLE, service.date_line))
            connection.close()
            return
        task = service.loop.create_task(self._begin(connection))
        self.beginning.add(task)
        task.add_done_callback(self.beginning.discard)

    async def _begin(self, connection: socket.socket) -> None:
        """Shake hands, where that is to be done."""
        limits, is_tls = self._service.limits, self._context is not None
        # Whoever does not finish it is no client; and there is nobody to tell.
        with suppress(OSError):
            await self._service.loop.connect_accepted_socket(
                self._connect,
                connection,
                ssl=self._context,
                ssl_handshake_timeout=limits.handshake_s if is_tls else None,
                ssl_shutdown_timeout=limits.linger_s if is_tls else None,
            )
