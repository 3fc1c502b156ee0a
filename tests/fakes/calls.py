"""A log of calls in memory, and whose calls are."""

from collections.abc import Sequence

from vezne.core.call_log import ApiCall, CallPage, CallQuery, CallSummary
from vezne.core.merchant import Merchant, MerchantSettings

DEMO_ID = 1
OWNER_ID = 5
AHEAD_MS = 60_000


class MemoryCallBook:
    """Implements `vezne.core.call_log.CallBook`. With `is_full` nothing can be written."""

    def __init__(self) -> None:
        self.calls: list[ApiCall] = []
        self.pruned: list[int] = []
        self.is_full = False

    async def list_calls(self, query: CallQuery) -> CallPage:
        found = [each.summary for each in reversed(self.calls)]
        return CallPage(calls=found[: query.limit], before=None, is_partial=False)

    async def list_calls_of(self, merchant_id: int, payment_number: int) -> list[CallSummary]:
        return [
            each.summary for each in self.calls if each.summary.payment_number == payment_number
        ]

    async def find_call(self, merchant_id: int, number: int) -> ApiCall | None:
        return next((each for each in self.calls if each.summary.number == number), None)

    async def add_calls(self, calls: Sequence[ApiCall]) -> None:
        if self.is_full:
            raise OSError("no space left")
        self.calls += calls

    async def find_newest(self) -> int:
        return max((each.summary.number for each in self.calls), default=0)

    async def prune(self, rows_max: int) -> None:
        self.pruned.append(rows_max)


class FixedOwners:
    """Implements `vezne.edge.call_log.Owners`: one merchant has `owned`, the demo all else."""

    def __init__(self) -> None:
        self.looked_up = 0

    async def find_merchant(self, merchant_id: int) -> Merchant | None:
        self.looked_up += 1
        if merchant_id != OWNER_ID:
            return None
        return Merchant(
            id=OWNER_ID,
            name="owner",
            settings=MerchantSettings(),
            created_ms=0,
            clock_offset_ms=AHEAD_MS,
        )

    async def owner_of(self, door: str, claimed: str) -> int:
        return OWNER_ID if claimed == "owned" else 0

    async def demo(self) -> int:
        return DEMO_ID
