"""Statements as PostgreSQL takes them, and several of them as one."""

import re
from functools import lru_cache
from itertools import count

_PLACEHOLDER = re.compile(r"""'[^']*'|"[^"]*"|--[^\n]*|/\*.*?\*/|\?""", re.DOTALL)
_TABLE = re.compile(r"\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(\w+)", re.IGNORECASE)
_SUBQUERY = re.compile(r"\bSELECT\b", re.IGNORECASE)
_OWN_ANSWER = re.compile(r"\b(?:RETURNING|WITH)\b", re.IGNORECASE)


@lru_cache(maxsize=1024)
def numbered(sql: str, first: int = 1) -> str:
    """The statement with `$n` for each `?` outside of literals, names and comments."""
    numbers = count(first)
    return _PLACEHOLDER.sub(lambda match: f"${next(numbers)}" if match[0] == "?" else match[0], sql)


@lru_cache(maxsize=1024)
def is_combinable(shape: tuple[str, ...]) -> bool:
    """Whether statements may run as parts of one.

    Such parts do not see each other's rows, so each must have a table for itself and no subquery.
    A lone one may have any.
    """
    tables = [_TABLE.match(sql) for sql in shape]
    names = {table[1].lower() for table in tables if table}
    if not len(names) == len(shape) > 0 or any(_OWN_ANSWER.search(sql) for sql in shape):
        return False
    return len(shape) == 1 or not any(_SUBQUERY.search(sql) for sql in shape)


@lru_cache(maxsize=1024)
def combined(shape: tuple[str, ...]) -> str:
    """One statement that runs all of a batch and returns the row count of each part."""
    parts: list[str] = []
    first = 1
    for place, sql in enumerate(shape):
        parts.append(f"part{place} AS ({numbered(sql, first)} RETURNING 1)")
        first += _placeholders(sql)
    counts = [f"(SELECT count(*) FROM part{place})" for place in range(len(shape))]  # noqa: S608
    return f"WITH {', '.join(parts)} SELECT {', '.join(counts)}"


def _placeholders(sql: str) -> int:
    return sum(match == "?" for match in _PLACEHOLDER.findall(sql))
