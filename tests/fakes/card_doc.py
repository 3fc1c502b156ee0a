"""The test cards as docs/test-cards.md describes them."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

DOC = Path(__file__).parents[2] / "docs" / "test-cards.md"
_FIRST_COLUMNS = ("Card", "Amount")


class DocumentedCard(NamedTuple):
    """A row of one of the page's tables: its heading, the card, the cells by column name."""

    section: str
    pan: str
    cells: dict[str, str]


def documented_cards() -> list[DocumentedCard]:
    """Every row of every table of cards on the page."""
    return list(_rows("Card"))


def prompt_cards() -> list[DocumentedCard]:
    """The cards without the one for which everybody waits until the gateway stops waiting."""
    return [card for card in documented_cards() if card.cells.get("Answer") != "late"]


def documented_amounts() -> list[dict[str, str]]:
    """Every row of the tables of amounts, by column name."""
    return [row.cells for row in _rows("Amount")]


def _rows(first_column: str) -> Iterator[DocumentedCard]:
    """The rows of the tables whose first column is this one."""
    section = ""
    columns: list[str] = []
    for line in DOC.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            section = line.lstrip("# ")
        if not line.startswith("|"):
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] in _FIRST_COLUMNS:
            columns = cells
        elif not cells[0].startswith("-") and columns[0] == first_column:
            yield DocumentedCard(section, cells[0], dict(zip(columns, cells, strict=True)))
