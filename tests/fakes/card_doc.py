"""The test cards as docs/test-cards.md describes them."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

DOC = Path(__file__).parents[2] / "docs" / "test-cards.md"


class DocumentedCard(NamedTuple):
    """A row of one of the page's tables: its heading, the card, the cells by column name."""

    section: str
    pan: str
    cells: dict[str, str]


def documented_cards() -> list[DocumentedCard]:
    """Every row of every table of the page."""
    return list(_rows(DOC.read_text(encoding="utf-8").splitlines()))


def _rows(lines: list[str]) -> Iterator[DocumentedCard]:
    section = ""
    columns: list[str] = []
    for line in lines:
        if line.startswith("#"):
            section = line.lstrip("# ")
        if not line.startswith("|"):
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] == "Card":
            columns = cells
        elif not cells[0].startswith("-"):
            yield DocumentedCard(section, cells[0], dict(zip(columns, cells, strict=True)))
