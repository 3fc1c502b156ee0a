"""What is asked of the product on a machine of two cores: at first, and then.

The ratios are for one worker and writes that last (synchronous=FULL, fsync), 32 connections.
"""

from typing import Final

import msgspec


class Bar(msgspec.Struct, frozen=True):
    """Two limits for one figure."""

    first: float
    then: float
    is_floor: bool = True

    def verdicts(self, value: float) -> tuple[str, str]:
        """Whether a figure meets them, in words."""
        return self._verdict(value, self.first), self._verdict(value, self.then)

    def _verdict(self, value: float, limit: float) -> str:
        is_met = value >= limit if self.is_floor else value <= limit
        sign = ">=" if self.is_floor else "<="
        return f"{sign} {limit:g} {'met' if is_met else 'missed'}"


RATIO: Final = {
    "store_card": Bar(0.20, 0.35),
    "pay_new_card": Bar(0.10, 0.20),
    "list_cards": Bar(0.40, 0.60),
}
P99_TO_P50: Final = Bar(6, 3, is_floor=False)
IDLE_MB: Final = Bar(120, 80, is_floor=False)
# By how much a rate may be lower over a million cards and payments than over a thousand.
GROWTH_LOSS_MAX: Final = 0.20
