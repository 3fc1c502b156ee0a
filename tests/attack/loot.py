"""What a thief carries off: bytes by name, and what a database says once it is opened."""

import base64
import binascii
import contextlib
import itertools
import json
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# What a thief has not: the master key's file.
SECRET_FILES = frozenset({"master.key"})
_SQLITE_MAGIC = b"SQLite format 3\0"
_HEX = re.compile(rb"[0-9a-fA-F]{16,128}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,90}={0,2}")
_LITERAL = re.compile(rb"b?[\"']([^\"'\n\\]{4,64})[\"']")
# Elsewhere in the source a key that is a text would be a plain word, of which there are thousands.
_BYTES_LITERAL = re.compile(rb"\bb[\"']([^\"'\n\\]{4,64})[\"']")
# A table with more rows holds data, not keys.
_KEY_ROWS_MAX = 400
_VALUE_BYTES = range(8, 65)


class KnownCard(NamedTuple):
    """What the books say of a card, and its row in the vault."""

    merchant_id: int
    token: bytes
    bin: str
    last4: str
    row: dict[str, object]


class Loot:
    """Everything stolen. `places` maps a name to bytes; `tables` are the rows of databases."""

    def __init__(self, places: dict[str, bytes]) -> None:
        self.places = places
        self.tables: dict[str, list[dict[str, object]]] = {}
        for name, content in places.items():
            if content.startswith(_SQLITE_MAGIC):
                log = places.get(f"{name}-wal", b"")
                self.tables |= {
                    f"{name}:{table}": rows for table, rows in _rows_of(content, log).items()
                }

    @property
    def cards(self) -> list[KnownCard]:
        """Every card that books and vault both know."""
        sealed = {
            (row["merchant_id"], row["token"]): row for row in self._rows("vault.db:sealed_cards")
        }
        found = {}
        for row in self._rows("books.db:cards"):
            document = json.loads(row["document"])
            place = (row["merchant_id"], row["token"])
            if place in sealed:
                known = KnownCard(*place, document["bin"], document["last4"], sealed[place])
                found[place] = known
        return list(found.values())

    def stored_values(self) -> set[bytes]:
        """Whatever could be the digest of something: columns, and what logs write as text."""
        found = {
            value
            for rows in self.tables.values()
            for row in rows
            for value in row.values()
            if isinstance(value, bytes) and len(value) in _VALUE_BYTES
        }
        for name, content in self.places.items():
            if not content.startswith(_SQLITE_MAGIC) and not name.startswith("source/"):
                found.update(_decoded(content))
        return found

    def possible_keys(self) -> set[bytes]:
        """Whatever could be a key: short files, small tables, words of the source."""
        found = {b"", b"vezne"}
        for rows in self.tables.values():
            if len(rows) <= _KEY_ROWS_MAX:
                found.update(_key_forms(rows))
        for name, content in self.places.items():
            if name.startswith("source/"):
                words = _LITERAL if "/vault/" in name else _BYTES_LITERAL
                found.update(match[1] for match in words.finditer(content))
            elif len(content) <= 4096:
                found.add(content.strip())
                found.update(_decoded(content))
                found.update(match[1] for match in _LITERAL.finditer(content))
        return found

    def _rows(self, suffix: str) -> Iterator[dict[str, object]]:
        for name, rows in self.tables.items():
            if name.endswith(suffix):
                yield from rows


def files_of(folder: Path, prefix: str = "") -> dict[str, bytes]:
    """The files below a folder, without those that a thief does not get."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.name in SECRET_FILES or "__pycache__" in path.parts:
            continue
        # A running server removes files meanwhile.
        with contextlib.suppress(FileNotFoundError):
            if path.is_file():
                found[f"{prefix}{path.relative_to(folder)}"] = path.read_bytes()
    return found


def _key_forms(rows: list[dict[str, object]]) -> Iterator[bytes]:
    for value in itertools.chain.from_iterable(row.values() for row in rows):
        if isinstance(value, bytes):
            yield value
            # A key behind a nonce, or in front of a tag.
            yield from (value[12:44], value[:32], value[-32:])
        elif isinstance(value, int):
            yield value.to_bytes(16, "big", signed=True)[8:]
            yield str(value).encode()
        elif isinstance(value, str):
            yield value.encode()
            yield from _decoded(value.encode())


def _decoded(text: bytes) -> Iterator[bytes]:
    for match in _HEX.finditer(text):
        if len(match[0]) % 2 == 0:
            yield bytes.fromhex(match[0].decode())
    for match in _BASE64.finditer(text):
        padded = match[0].rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        try:
            yield base64.b64decode(padded + b"=" * (-len(padded) % 4))
        except binascii.Error:
            continue


def _rows_of(content: bytes, log: bytes) -> dict[str, list[dict[str, object]]]:
    """The tables of a stolen SQLite file and its log, opened as SQLite would after a crash."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stolen.db"
        path.write_bytes(content)
        path.with_name("stolen.db-wal").write_bytes(log)
        connection = sqlite3.connect(path)
        connection.row_factory = sqlite3.Row
        try:
            names = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            ).fetchall()
            return {
                name: [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')]  # noqa: S608
                for (name,) in names
            }
        finally:
            connection.close()
