"""The directory of issuers by the leading digits of the card number."""

from collections.abc import Mapping
from typing import Final

from vezne.core.card import BinRecord

_LONG: Final = 8
_SHORT: Final = 6


class BinDirectory:
    """Implements core.ports.Bins over a table whose keys have six or eight digits."""

    def __init__(self, records: Mapping[str, BinRecord]) -> None:
        self._records = records

    def find(self, bin: str) -> BinRecord | None:
        """The record of the longest known prefix; None for a foreign or unknown card.

        `bin` is the card's BIN of six or eight digits; a longer string is looked up by its
        beginning.
        """
        return self._records.get(bin[:_LONG]) or self._records.get(bin[:_SHORT])
