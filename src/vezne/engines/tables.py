"""A table as both engines have it, for whoever moves rows without knowing what they mean."""

from collections.abc import Mapping
from typing import NamedTuple

from vezne.engines.engine import Queries, Row, Value

# A migration's own bookkeeping, which no copy brings along.
BOOKKEEPING = "schema_migrations"
# Whether a copy into a PostgreSQL schema has begun and not ended.
IS_MARKED = """
SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'unfinished_copy'
"""


class Table(NamedTuple):
    """A table's name, its columns, and the places of its primary key's columns among them."""

    name: str
    columns: tuple[str, ...]
    key: tuple[int, ...]

    def key_of(self, row: Row) -> Row:
        """What names a row of this table."""
        return tuple(row[place] for place in self.key)

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns of the primary key, in its order."""
        return tuple(self.columns[place] for place in self.key)

    def shown(self, key: Row) -> str:
        """A key as people read it."""
        pairs = zip(self.key_columns, key, strict=True)
        return ", ".join(f"{column} {_text_of(value)}" for column, value in pairs)


class Unlike(Exception):
    """Two databases do not have the same tables, or a row does not fit. The text says which."""


def check_alike(source: Mapping[str, Table], target: Mapping[str, Table]) -> None:
    """Whether every table is on both sides, with the same columns and key. Raises Unlike."""
    for name in sorted(source.keys() | target.keys()):
        one, other = source.get(name), target.get(name)
        if one is None or other is None:
            raise Unlike(f"table {name} is only in the {'target' if one is None else 'source'}")
        if set(one.columns) != set(other.columns) or one.key_columns != other.key_columns:
            raise Unlike(f"table {name} has other columns, or another key, in the target")


async def is_unfinished(queries: Queries) -> bool:
    """Whether a PostgreSQL schema has not all rows of a copy yet. Raises EngineFailure."""
    return bool(await queries.fetch(IS_MARKED))


def bytes_of(row: Row) -> int:
    """About how much memory a row takes."""
    return sum(len(value) for value in row if isinstance(value, bytes | str)) + 8 * len(row)


def _text_of(value: Value) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
