"""The way to the bank: slow, and sometimes worse. What is under way outlives the gateway."""

import asyncio

from tools.sim.dice import Dice
from tools.sim.events import EventLog
from tools.sim.weather import Weather

from simbank.host import Host
from vezne.core.ports import LineFailure

# Beyond the time that the gateway waits for an answer, and beyond its first inquiries.
LATE_S = (8.0, 90.0)
# Below the time that the gateway waits.
SLOW_S = (2.0, 9.0)
# How often a message has the trouble of the one before it.
LASTING = 0.4
OUTAGE_MAX_S = 4.0
_NOISE = (
    b"",
    b"<html>502 Bad Gateway</html>",
    b'{"trace":1,"code":"00"}',
    b'{"trace":7,"code":"05"}',
    b"\xff\xfe",
)


class StormyLine:
    """Implements `vezne.vault.egress.Transport`; one for all lives of the gateway."""

    def __init__(self, host: Host, weather: Weather, dice: Dice, events: EventLog) -> None:
        self._host = host
        self._weather = weather
        self._dice = dice
        self._events = events
        self._last = ""
        self._down_until_s = 0.0
        # How many answers are on their way that take their time.
        self.slow = 0
        # In the order in which they set out.
        self._under_way: dict[asyncio.Task[bytes], None] = {}

    async def exchange(self, message: bytes) -> bytes:
        """The bank's reply. Raises LineFailure when the message was not sent."""
        now_s = asyncio.get_running_loop().time()
        is_down = now_s < self._down_until_s
        trouble = "not_sent" if is_down else self._trouble()
        self._events.note("line", trouble)
        if trouble == "not_sent":
            if not is_down:
                # A bank that is down for one is down for all.
                outage_s = self._dice.choice((0.0, 0.0, 0.0, 0.2, OUTAGE_MAX_S))
                self._down_until_s = now_s + outage_s * self._dice.random()
            raise LineFailure("the connection was refused", is_sent=False)
        if trouble == "lost":
            await _for_ever()
        arriving = asyncio.create_task(self._arrive(message, trouble))
        self._under_way[arriving] = None
        arriving.add_done_callback(self._forget)
        reply = await asyncio.shield(arriving)
        if trouble == "slow":
            self.slow += 1
            try:
                await asyncio.sleep(self._dice.uniform(*SLOW_S))
            finally:
                self.slow -= 1
        await asyncio.sleep(self._delay_s())
        if trouble == "unanswered" or not reply:
            await _for_ever()
        if trouble == "garbage":
            return self._dice.choice(_NOISE)
        return reply

    async def _arrive(self, message: bytes, trouble: str) -> bytes:
        """What happens at the bank, whether or not anybody waits for it."""
        if trouble == "late":
            await asyncio.sleep(self._dice.uniform(*LATE_S))
        else:
            await asyncio.sleep(self._delay_s())
        reply = await self._host.handle(message)
        self._events.note("bank", reply[:60])
        if trouble == "twice":
            await asyncio.sleep(self._dice.uniform(0.0, 30.0))
            reply = await self._host.handle(message)
        return reply

    def _trouble(self) -> str:
        """What happens to the next message; nothing most of the time."""
        troubles = self._weather.troubles
        # Troubles come in bursts.
        if not self._last or not troubles[self._last] or not self._dice.hits(LASTING):
            self._last = self._dice.pick({**troubles, "": 1.0 - sum(troubles.values())})
        return self._last

    def _delay_s(self) -> float:
        return self._weather.latency_s * self._dice.random()

    def _forget(self, arrived: "asyncio.Task[bytes]") -> None:
        self._under_way.pop(arrived, None)


async def _for_ever() -> None:
    """Until whoever waits gives up."""
    await asyncio.get_running_loop().create_future()
