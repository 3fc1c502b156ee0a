"""What `vezne scan` does: looks for card data where none belongs.

PCI DSS v4.0.1 asks for such searches in 12.5.2, and in 12.10.7 for what follows a find.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from vezne.bootstrap.start import CannotStart
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
    path that does not exist and a database that cannot be read.
    """
    files = [file for path in paths if path != STANDARD_INPUT for file in _files_of(path)]
    on_total(sum(file.stat().st_size for file in files))
    scanner = TextScanner()
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


def _files_of(path: str) -> list[Path]:
    if not Path(path).exists():
        raise CannotStart(f"{path}: no such file or folder")
    return list(files_below(Path(path)))
