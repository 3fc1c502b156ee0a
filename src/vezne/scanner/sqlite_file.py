"""SQLite databases: every column of every table, then every page as it stands in the file.

A page outlives the rows that stood on it: in the file's free pages, in the gaps of pages in use,
and in the write-ahead log. The format is that of https://www.sqlite.org/fileformat2.html.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from vezne.scanner.cells import BATCH_BYTES, Cell, Cells
from vezne.scanner.joined import Joined
from vezne.scanner.sqlite_pages import texts_of_page
from vezne.scanner.text import TextScanner

SQLITE_MAGIC: Final = b"SQLite format 3\0"
_WAL_HEADER_BYTES: Final = 32
_FRAME_HEADER_BYTES: Final = 24
_PAGE_BYTES_MAX: Final = 65_536
_HEADER_BYTES: Final = 128


class _Frame(NamedTuple):
    page_bytes: int
    header_bytes: int


def scan_sqlite_tables(path: Path, scanner: TextScanner) -> int:
    """Look through what SQL sees; returns how many bytes the file has.

    A database that cannot be opened is put down in the scanner's `unread`.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=5)) as connection:
            connection.text_factory = bytes
            for (table,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
            ).fetchall():
                _scan_table(connection, table.decode(), str(path), scanner)
    except sqlite3.Error as error:
        scanner.unread.append(f"{path}: its tables: {error}")
    return path.stat().st_size


def _scan_table(
    connection: sqlite3.Connection, table: str, name: str, scanner: TextScanner
) -> None:
    quoted = table.replace('"', '""')
    cursor = connection.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 - a name, quoted
    columns = [str(column[0]) for column in cursor.description]
    cells = Cells(name, scanner)
    for number, row in enumerate(cursor, 1):
        for column, value in zip(columns, row, strict=True):
            cells.add(Cell(table, column, number), value)
    cells.finish()


def scan_sqlite_pages(path: Path, scanner: TextScanner) -> None:
    """Look through the pages of a database and of its write-ahead log, for what SQL cannot see."""
    with path.open("rb") as file:
        page_bytes = int.from_bytes(file.read(18)[16:], "big")
        page_bytes = _PAGE_BYTES_MAX if page_bytes == 1 else page_bytes
        file.seek(0)
        _scan_pages(file, f"{path} page ", _Frame(page_bytes, 0), scanner)
    log = path.with_name(f"{path.name}-wal")
    if log.exists():
        with log.open("rb") as file:
            file.seek(_WAL_HEADER_BYTES)
            _scan_pages(file, f"{log} frame ", _Frame(page_bytes, _FRAME_HEADER_BYTES), scanner)


def _scan_pages(file: BinaryIO, name: str, frame: _Frame, scanner: TextScanner) -> None:
    joined, number = Joined(), 0
    while len(raw := file.read(frame.header_bytes + frame.page_bytes)) > _HEADER_BYTES:
        number += 1
        page = raw[frame.header_bytes :]
        for text in texts_of_page(page, is_first=page.startswith(SQLITE_MAGIC)):
            joined.add(text, number)
        if joined.length > BATCH_BYTES:
            scanner.scan(joined.text, joined.place(lambda at: f"{name}{at}"), is_copy=True)
            joined = Joined()
    scanner.scan(joined.text, joined.place(lambda at: f"{name}{at}"), is_copy=True)
