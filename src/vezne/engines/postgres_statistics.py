"""What PostgreSQL's planner knows of tables that have just begun to grow.

It plans by the sizes that it was told last. To an empty table all ways are the same, so that a row
may be looked for by an index of which it knows the first column only; such a plan is kept while the
table grows, and each payment reads all before it. The server's own autovacuum comes by once a
minute. Until it does, we say how large such a table is, as soon as that makes a difference.
"""

import asyncio
import time
from contextlib import suppress
from typing import Final

import asyncpg

from vezne.engines.postgres_way import LINE_ERRORS

EVERY_S: Final = 1.0
# Tables of ours that have four times as many pages as the planner was told of.
_GROWN: Final = """SELECT quote_ident(relname) FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
AND pg_has_role(relowner, 'USAGE')
AND pg_relation_size(oid) >= 4 * current_setting('block_size')::bigint * greatest(relpages, 1)"""


class Statistics:
    """Sees to it that tables are known as they are, while there are writes."""

    def __init__(self, pool: asyncpg.Pool, timeout_s: float) -> None:
        """`timeout_s` is to get a connection."""
        self._pool = pool
        self._timeout_s = timeout_s
        self._next_s = 0.0
        self._looking: asyncio.Task[None] | None = None

    def note_write(self) -> None:
        """Have a look soon if the last one was a while ago; there is none at the first write."""
        now_s = time.monotonic()
        if now_s < self._next_s or (self._looking is not None and not self._looking.done()):
            return
        if self._next_s:
            self._looking = asyncio.get_running_loop().create_task(self._look())
        self._next_s = now_s + EVERY_S

    async def close(self) -> None:
        """Wait for a look that is under way."""
        if self._looking is not None:
            await self._looking

    async def _look(self) -> None:
        # Who is kept from it does without until the next time.
        with suppress(*LINE_ERRORS, asyncpg.PostgresError):
            async with self._pool.acquire(timeout=self._timeout_s) as connection:
                for (table,) in await connection.fetch(_GROWN):
                    await connection.execute(f"ANALYZE {table}")
