"""How statements are rewritten for PostgreSQL, and how an engine is refused."""

import pytest

from vezne.engines.engine import EngineFailure
from vezne.engines.postgres import open_postgres
from vezne.engines.postgres_sql import combined, is_combinable, numbered


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", "SELECT 1"),
        ("a = ? AND b = ?", "a = $1 AND b = $2"),
        ("'?' || ? || 'it''s ?'", "'?' || $1 || 'it''s ?'"),
        ('"odd?name" = ?', '"odd?name" = $1'),
        ("? -- why?\n, ?", "$1 -- why?\n, $2"),
        ("? /* why?\n */, ?", "$1 /* why?\n */, $2"),
    ],
)
def test_placeholders_are_numbered(sql: str, expected: str) -> None:
    """Each `?` that stands for a value gets the next number, no other one does."""
    assert numbered(sql) == expected


def test_combined_statement_numbers_through() -> None:
    """The parameters of a combined statement are those of its parts, one after the other."""
    shape = ("INSERT INTO a (x, y) VALUES (?, '?')", "UPDATE b SET x = ? WHERE y = ?")
    assert combined(shape) == (
        "WITH part0 AS (INSERT INTO a (x, y) VALUES ($1, '?') RETURNING 1), "
        "part1 AS (UPDATE b SET x = $2 WHERE y = $3 RETURNING 1) "
        "SELECT (SELECT count(*) FROM part0), (SELECT count(*) FROM part1)"
    )


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (("INSERT INTO a VALUES (?)", "update b set x = ?", "DELETE FROM c"), True),
        (("INSERT INTO a VALUES (?)", "UPDATE A SET x = ?"), False),
        (("INSERT INTO a VALUES (?)", "INSERT INTO b SELECT * FROM a"), False),
        (("INSERT INTO a SELECT ? WHERE EXISTS (SELECT 1 FROM b)",), True),
        (("INSERT INTO a VALUES (?) RETURNING x",), False),
        (("CREATE TABLE a (x BIGINT)",), False),
        ((), False),
    ],
)
def test_what_may_be_combined(shape: tuple[str, ...], *, expected: bool) -> None:
    """Only statements that cannot notice each other become parts of one."""
    assert is_combinable(shape) is expected


async def test_server_out_of_reach() -> None:
    """The error names the host, and nothing of the password."""
    with pytest.raises(EngineFailure, match=r"PostgreSQL at 127\.0\.0\.1: ") as refused:
        await open_postgres("postgresql://vezne:hush-hush@127.0.0.1:1/vezne", "vezne")
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("schema", ["", "Upper", 'quo"te', "has space", "x" * 64, "1st"])
async def test_schema_must_be_a_plain_word(schema: str) -> None:
    """A schema name that would need quoting is refused before anything is sent."""
    with pytest.raises(ValueError, match="no name for a schema"):
        await open_postgres("postgresql://127.0.0.1:1/vezne", schema)
