"""A name that one process at a time can hold: a lock of a connection that does nothing else.

The lock is as good as the line. So both ends watch it, and the holder looks more often than the
server does: it has stopped by the time somebody else is let in, unless it was frozen.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

import asyncpg

from vezne.engines.engine import EngineFailure, Occupied
from vezne.engines.postgres_way import begin_session

# How often the holder looks whether the line still works, and how long it waits for an answer.
HEARTBEAT_S: Final = 1.0
ANSWER_S: Final = 2.0
# When the server gives up a holder whose machine is gone, in seconds: after so long without a sign
# of life it asks every second, and this often.
_SETTINGS: Final[Mapping[str, str]] = {
    "tcp_keepalives_idle": "3",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "6000",
}
# And a holder whose machine lives but which does nothing any more. Servers before PostgreSQL 14
# cannot do that.
_END_WHEN_IDLE: Final = (
    "SELECT set_config(name, '8s', false) FROM pg_settings WHERE name = 'idle_session_timeout'"
)

# Locks are known to the whole database, so the schema is part of their names.
_NAME: Final = "hashtext(current_schema()), hashtext($1)"
_TAKE: Final = f"SELECT pg_try_advisory_lock({_NAME})"
_LEAVE: Final = f"SELECT pg_advisory_unlock({_NAME})"
_ALIVE: Final = "SELECT 1"

_ERRORS: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresError,
)


class Line:
    """How to open a connection for a name. `url` and `schema` are those of an engine."""

    def __init__(self, url: str, schema: str, *, connect_timeout_s: float) -> None:
        self._url = url
        self._schema = schema
        self._connect_timeout_s = connect_timeout_s

    async def open(self) -> asyncpg.Connection:
        """A connection of its own. Raises what asyncpg raises."""
        connection = await asyncpg.connect(
            self._url,
            timeout=self._connect_timeout_s,
            command_timeout=ANSWER_S,
            server_settings={"application_name": "vezne"},
        )
        try:
            await begin_session(connection, self._schema, _SETTINGS)
            await connection.execute(_END_WHEN_IDLE)
        except BaseException:
            connection.terminate()
            raise
        return connection


@asynccontextmanager
async def hold_name(line: Line, name: str, retry_s: float | None) -> AsyncIterator[None]:
    """Hold a name. When the line breaks, what is done meanwhile is cancelled.

    Asks again every `retry_s` seconds; without that, raises Occupied. Raises EngineFailure for a
    hold that was lost, and before it begins what asyncpg raises.
    """
    connection = await line.open()
    is_held = False
    try:
        await _take(connection, name, retry_s)
        is_held = True
        try:
            async with asyncio.timeout(None) as meanwhile:
                watching = asyncio.create_task(_watch(connection, meanwhile))
                try:
                    yield
                finally:
                    watching.cancel()
        except TimeoutError:
            if not meanwhile.expired():
                raise
            is_held = False
            raise EngineFailure(f"the line broke that {name} was held by") from None
    finally:
        await _hang_up(connection, name if is_held else None)


async def _take(connection: asyncpg.Connection, name: str, retry_s: float | None) -> None:
    while not await connection.fetchval(_TAKE, name):
        if retry_s is None:
            raise Occupied(name)
        await asyncio.sleep(retry_s)


async def _watch(connection: asyncpg.Connection, meanwhile: asyncio.Timeout) -> None:
    """End what is done meanwhile as soon as the line is found broken."""
    broken = asyncio.Event()
    connection.add_termination_listener(lambda _: broken.set())
    with suppress(*_ERRORS):
        while not await _is_set_within(broken, HEARTBEAT_S):
            await connection.fetchval(_ALIVE)
    meanwhile.reschedule(asyncio.get_running_loop().time())


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


async def _hang_up(connection: asyncpg.Connection, held: str | None) -> None:
    """Let go of a name, if one is held, and end the connection, whatever state it is in."""
    try:
        if held is not None:
            # A line that is broken by now has ended the lock by itself.
            with suppress(*_ERRORS):
                await connection.execute(_LEAVE, held)
    finally:
        connection.terminate()
