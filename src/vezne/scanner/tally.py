"""Which places hold ids and which hold card numbers.

Of random numbers of sixteen digits one in fifty looks like a card number. In a place where many
numbers stand, those of a field of ids hardly ever look so, and those of a field of cards always do.
"""

from typing import Final

# Fewer numbers in a place say nothing about it.
COUNT_MIN: Final = 8
# Names beyond so many are not counted: what is found under them counts as found.
PLACES_MAX: Final = 200_000

Context = tuple[bytes, str]


class Tally:
    """Counts the long numbers of each context: the name before them and how they are grouped."""

    def __init__(self) -> None:
        self._counts: dict[Context, list[int]] = {}

    def note(self, context: Context, *, is_card: bool) -> None:
        """A number was seen, and whether it could be a card's."""
        counts = self._counts.get(context)
        if counts is None:
            if len(self._counts) >= PLACES_MAX:
                return
            counts = self._counts[context] = [0, 0]
        counts[0] += 1
        counts[1] += is_card

    def holds_ids(self, context: Context) -> bool:
        """Whether most numbers of a context cannot be card numbers."""
        seen, cards = self._counts.get(context, (0, 0))
        return seen >= COUNT_MIN and 2 * cards < seen
