"""Randomness that looks like the real one and is the same in every run."""

import random


class SeededEntropy:
    """Implements `vezne.core.ports.Entropy`."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311 - tests want the same bytes every time

    def take(self, count: int) -> bytes:
        return self._random.randbytes(count)
