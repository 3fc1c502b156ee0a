"""The token map of an import: by which token a card was known, and by which it is now.

It is written a piece for each part, and joined in the end. As CSV (RFC 4180) with a line of titles;
tokens and keys stand in hexadecimal and in base64, which are the forms that the doors show.
"""

import base64
import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from vezne.vault.files import PRIVATE, replace_file

_TITLES: Final = (
    "owner_key",
    "old_token",
    "new_token",
    "owner_key_base64",
    "old_token_base64",
    "new_token_base64",
)


class MapRow(NamedTuple):
    """A card: whose it is, and its tokens."""

    owner_key: bytes
    old_token: bytes
    new_token: bytes


class TokenMap:
    """The map at a path, and its pieces beside it, which are told from others by a mark."""

    def __init__(self, path: Path, mark: str) -> None:
        self._path = path
        self._mark = mark

    def has_piece(self, number: int) -> bool:
        """Whether the piece of a part is written."""
        return self._piece(number).exists()

    def write_piece(self, number: int, rows: Iterable[MapRow]) -> None:
        """Write the piece of a part, durably."""
        text = io.StringIO()
        writer = csv.writer(text)
        for row in rows:
            writer.writerow([*(value.hex() for value in row), *map(_base64, row)])
        replace_file(self._piece(number), text.getvalue().encode(), PRIVATE)

    def join(self, count: int) -> Path:
        """Write the map out of so many pieces; returns its path."""
        titles = ",".join(_TITLES).encode() + b"\r\n"
        pieces = [self._piece(number).read_bytes() for number in range(count)]
        replace_file(self._path, b"".join((titles, *pieces)), PRIVATE)
        return self._path

    def remove_pieces(self, count: int) -> None:
        """Remove the pieces, which may be gone already."""
        for number in range(count):
            self._piece(number).unlink(missing_ok=True)

    def _piece(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{self._mark}.{number + 1:05}")


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
