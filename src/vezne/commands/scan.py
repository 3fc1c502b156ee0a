"""What `vezne scan` does: looks for card data where none belongs.

PCI DSS v4.0.1 asks for such searches in 12.5.2, and in 12.10.7 for what follows a find.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from vezne.bootstrap.cannot_start import CannotStart
from vezne.scanner.files import files_below, scan_file, scan_stream
from vezne.scanner.finding import Progress, Report
from vezne.scanner.postgres_database import DatabaseUnreachable, scan_postgres
from vezne.scanner.text import TextScanner

STANDARD_INPUT: Final = "-"


def run_scan(
    paths: Sequence[str],
    database: str | None,
    on_total: Callable[[int], None],
    on_progress: Progress,
) -> Report:
    """Look through files, folders, standard input and a PostgreSQL database.

    `on_total` is told how many bytes the files have, once that is known. Raises CannotStart for a
    path that does not exist and a database that cannot be read; what else cannot be read is in the
    report.
    """
    scanner = TextScanner()
    files = [
        file for path in paths if path != STANDARD_INPUT for file in _files_of(path, scanner.unread)
    ]
    on_total(sum(map(_size_of, files)))
    for file in files:
        scan_file(file, scanner, on_progress)
    if STANDARD_INPUT in paths:
        scan_stream(sys.stdin.buffer, "standard input", scanner, on_progress)
    if database is not None:
        try:
            asyncio.run(scan_postgres(database, scanner, on_progress))
        except DatabaseUnreachable as error:
            raise CannotStart(str(error)) from error
    return scanner.report()


def _files_of(path: str, unread: list[str]) -> list[Path]:
    try:
        if not Path(path).exists():
            raise CannotStart(f"{path}: no such file or folder")
        return list(files_below(Path(path), unread))
    except OSError as error:
        # It lies in a folder that may not be searched.
        unread.append(f"{path}: {error.strerror or type(error).__name__}")
        return []


def _size_of(file: Path) -> int:
    """In bytes; nothing if it has vanished, which shows when it is to be read."""
    try:
        return file.stat().st_size
    except OSError:
        return 0
