"""The time as a merchant has it: in the sandbox it can be moved ahead."""

import msgspec

from vezne.core.merchant import Merchant
from vezne.core.ports import Clock, Ports


class MovedClock:
    """A clock that is ahead of another one."""

    def __init__(self, clock: Clock, offset_ms: int) -> None:
        self._clock = clock
        self._offset_ms = offset_ms

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, and the offset."""
        return self._clock.now_ms() + self._offset_ms


def ports_at(merchant: Merchant, ports: Ports) -> Ports:
    """The ports with the merchant's time; the very same ones when it is everybody's."""
    if not merchant.clock_offset_ms:
        return ports
    return msgspec.structs.replace(ports, clock=MovedClock(ports.clock, merchant.clock_offset_ms))
