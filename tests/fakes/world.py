"""A clock, randomness and a number sequence that tests own."""


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now_ms: int) -> None:
        self.at_ms = now_ms

    def now_ms(self) -> int:
        return self.at_ms

    def advance(self, *, days: int = 0, ms: int = 0) -> None:
        self.at_ms += days * 86_400_000 + ms


class CountingEntropy:
    """Bytes that differ from call to call and never between runs."""

    def __init__(self) -> None:
        self.calls = 0

    def take(self, count: int) -> bytes:
        self.calls += 1
        return self.calls.to_bytes(count, "big")


class CountingNumbers:
    """Numbers from a start, without gaps."""

    def __init__(self, start: int = 10_851_936) -> None:
        self.next = start

    async def take(self, count: int) -> int:
        first = self.next
        self.next += count
        return first
