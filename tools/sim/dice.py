"""The only source of chance in a world, one for each purpose."""

import random
from collections.abc import Mapping
from typing import TypeVar

Option = TypeVar("Option")


class Dice(random.Random):
    """Randomness that is the same for the same seed."""

    def hits(self, chance: float) -> bool:
        """Whether something happens that has this chance, 1.0 being certain."""
        return self.random() < chance

    def pick(self, weights: Mapping[Option, float]) -> Option:
        """One of the options, each as often as its weight says."""
        return self.choices(list(weights), list(weights.values()))[0]


def dice_for(seed: int, purpose: str) -> Dice:
    """The dice of a purpose: a change in how one is thrown leaves the others as they are."""
    return Dice(f"{seed} {purpose}")
