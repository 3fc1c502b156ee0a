"""Values of database tables as texts: each behind the name of its column, which says what it is."""

from typing import Final, NamedTuple, cast

from vezne.scanner.joined import Joined
from vezne.scanner.text import TextScanner

BATCH_BYTES: Final = 1_000_000


class Cell(NamedTuple):
    """Where a value stands. `row` is its number, or what its database calls it."""

    table: str
    column: str
    row: object


class Cells:
    """Collects the values of one database and has them looked through in batches."""

    def __init__(self, name: str, scanner: TextScanner) -> None:
        self._name = name
        self._scanner = scanner
        self._joined = Joined()

    def add(self, cell: Cell, value: object) -> None:
        """One more value; none is as good as an empty one."""
        if value is None:
            return
        raw = value if isinstance(value, bytes) else str(value).encode()
        self._joined.add(cell.column.encode() + b"=" + raw, cell)
        if self._joined.length > BATCH_BYTES:
            self.finish()

    def finish(self) -> None:
        """Look through what was added last."""
        joined, self._joined = self._joined, Joined()
        self._scanner.read_bytes += joined.length
        self._scanner.scan(joined.text, joined.place(self._where))

    def _where(self, origin: object) -> str:
        cell = cast("Cell", origin)
        return f"{self._name} {cell.table}.{cell.column}:{cell.row}"
