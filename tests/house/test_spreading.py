"""The schema can be spread over machines by merchant: docs/scaling.md says how."""

import re
import sqlite3
from pathlib import Path

import pytest

from vezne.engines.migrate import load_migrations

DOCUMENT = Path(__file__).parents[2] / "docs" / "scaling.md"
# Tables that stay whole, on one machine or copied to all, and why they may: few rows, or rows that
# no payment and no stored card touches.
WHOLE = {
    "vezne.storage": {
        "merchants": "copied: one row a merchant, read by id",
        "credentials": "copied: found by the key that a caller names, before the merchant is known",
        "payout_days": "one row a merchant",
        "members": "people of the panel",
        "memberships": "people of the panel",
        "member_sessions": "people of the panel",
        "member_links": "people of the panel",
        "sign_in_tries": "people of the panel",
        "numbers": "one row, taken in blocks",
        "servers": "one row a server",
    },
    "vezne.vault": {
        "master_keys": "one row a master key",
        "vault_keys": "copied: some rows a merchant",
        "key_wraps": "copied: some rows a merchant",
        "rotations": "one row a rotation under way",
        "approvers": "some people",
        "card_exports": "one row an export",
        "export_approvals": "two rows an export",
        "export_parts": "one row for thousands of cards",
        "card_imports": "one row an import",
        "audit_anchors": "one row a trail",
    },
}


def tables_of(package):
    """A connection with the package's schema in it, and the names of its tables."""
    connection = sqlite3.connect(":memory:")
    for migration in load_migrations(package):
        connection.executescript(migration.script.replace("{clustered}", ""))
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return connection, {name for (name,) in rows if not name.startswith("sqlite_")}


def unique_keys(connection, table):
    """The columns of every key by which rows of a table are told apart, primary key first."""
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    primary = sorted((row[5], row[1]) for row in columns if row[5])
    yield [name for _, name in primary]
    for _, name, is_unique, *_ in connection.execute(f"PRAGMA index_list({table})").fetchall():
        if is_unique:
            yield [row[2] for row in connection.execute(f"PRAGMA index_info({name})").fetchall()]


@pytest.mark.parametrize("package", WHOLE)
def test_every_table_is_spread_by_merchant_or_said_to_stay_whole(package):
    """A row is told apart within its merchant, whose id is the first column of its key.

    An engine that spreads rows by merchant can then keep every key of a table on one machine.
    """
    connection, tables = tables_of(package)
    assert set(WHOLE[package]) <= tables
    for table in tables - set(WHOLE[package]):
        primary, *others = unique_keys(connection, table)
        assert primary[0] == "merchant_id", table
        assert all("merchant_id" in key for key in others), table


@pytest.mark.parametrize("package", WHOLE)
def test_the_tables_that_stay_whole_are_documented(package):
    """Whoever spreads the schema finds each of them in the plan."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [name for name in WHOLE[package] if not re.search(rf"`{name}`", text)] == []
