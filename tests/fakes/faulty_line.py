"""A line to a PostgreSQL server on which connections are cut, delayed and swallowed."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Self

_CHUNK = 65_536


class FaultyLine:
    """Listens on a TCP port and relays to the server's socket, in a thread of its own.

    `delay_s` is how much later everything arrives. In a hole nothing arrives any more, and never
    will on connections that were used meanwhile.
    """

    def __init__(self, folder: Path) -> None:
        self.delay_s = 0.0
        self.port = 0
        self._socket = folder / ".s.PGSQL.5432"
        self._is_hole = False
        self._open: set[_Carried] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def url_of(self, name: str) -> str:
        """A database behind the line."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def cut(self) -> None:
        """End every connection, whatever it is used for."""
        self._call(self._cut())

    @contextlib.contextmanager
    def hole(self):
        """Swallow everything meanwhile."""
        self._is_hole = True
        try:
            yield
        finally:
            self._is_hole = False

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        for carried in list(self._open):
            carried.abort()

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await self._carry(reader, writer)
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inside_reader, inside_writer = await asyncio.open_unix_connection(str(self._socket))
        carried = _Carried(writer, inside_writer)
        self._open.add(carried)
        try:
            await asyncio.wait(
                [
                    asyncio.ensure_future(self._pump(carried, reader, inside_writer)),
                    asyncio.ensure_future(self._pump(carried, inside_reader, writer)),
                ],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            carried.abort()
            self._open.discard(carried)

    async def _pump(
        self, carried: "_Carried", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                if self._is_hole:
                    carried.is_lost = True
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                if not carried.is_lost:
                    writer.write(data)
                    await writer.drain()


class _Carried:
    """A connection and its counterpart."""

    def __init__(self, *writers: asyncio.StreamWriter) -> None:
        self.is_lost = False
        self._writers = writers

    def abort(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
