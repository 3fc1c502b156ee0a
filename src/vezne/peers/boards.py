"""The faults that were asked for, when several servers take from the board.

Each server has the whole board. What changes at one is told to the others before a caller is
answered (`vezne.peers.settling`): what the control door did is known wherever the caller asks next.
Two servers that take the same fault at the same moment both have it
happen.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from vezne.core.fault import Fault, FaultBoard, PlacedFault
from vezne.link.messages import Asked
from vezne.peers.messages import ListFaults, PutFault, RemoveFaults, UseFault
from vezne.peers.peers import Peers

# Ids are milliseconds and a little chance, so that no two servers give out the same, and they still
# fit what a program in JavaScript takes for an exact number.
_CHANCE: Final = 1024


class SharedBoard(FaultBoard):
    """A board of which the other servers have copies. Changes before `connect` stay here."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        super().__init__()
        self._now_ms = now_ms
        self._peers: Peers | None = None
        self._is_hearing = False

    def connect(self, peers: Peers) -> None:
        """Share with others from now on."""
        peers.answer_with(ListFaults, self._answer_list)
        peers.answer_with(PutFault, self._answer_put)
        peers.answer_with(RemoveFaults, self._answer_remove)
        peers.answer_with(UseFault, self._answer_use)
        self._peers = peers

    async def catch_up(self) -> None:
        """Take over what is on the board of the others."""
        if self._peers is None:
            return
        for board in await self._peers.ask_all(ListFaults()):
            for merchant_id, placed in board:
                self.put(merchant_id, placed)

    def add(self, merchant_id: int, fault: Fault) -> PlacedFault:
        """Put a fault on the board. Raises ImpossibleFault, BoardFull."""
        placed = super().add(merchant_id, fault)
        self._tell(PutFault(merchant_id, placed))
        return placed

    def remove(self, merchant_id: int, fault_id: int) -> bool:
        """Take a fault off the board; False when it is not there."""
        is_there = super().remove(merchant_id, fault_id)
        if is_there:
            self._tell(RemoveFaults(merchant_id, (fault_id,)))
        return is_there

    def clear(self, merchant_id: int) -> int:
        """Take all of a merchant's faults off the board; how many there were."""
        ids = tuple(placed.id for placed in self.list_faults(merchant_id))
        if ids:
            self._tell(RemoveFaults(merchant_id, ids))
        return super().clear(merchant_id)

    def use(self, merchant_id: int, fault_id: int) -> None:
        """A fault has happened, and happens once less from now on, everywhere."""
        super().use(merchant_id, fault_id)
        # Of the last time the others hear that it is off the board.
        if any(placed.id == fault_id for placed in self.list_faults(merchant_id)):
            self._tell(UseFault(merchant_id, fault_id))

    def _new_id(self) -> int:
        drawn = self._now_ms() * _CHANCE + secrets.randbelow(_CHANCE)
        # Never one that this server has given out already, in the same millisecond.
        self._last_id = max(drawn, self._last_id + 1)
        return self._last_id

    def _tell(self, change: Asked[None]) -> None:
        if self._peers is not None and not self._is_hearing:
            self._peers.announce(change)

    @contextmanager
    def _hearing(self) -> Iterator[None]:
        """Change the board as others have changed theirs, and tell nobody."""
        self._is_hearing = True
        try:
            yield
        finally:
            self._is_hearing = False

    async def _answer_list(self, _: ListFaults) -> list[tuple[int, PlacedFault]]:
        return self.list_all()

    async def _answer_put(self, told: PutFault) -> None:
        self.put(told.merchant_id, told.placed)

    async def _answer_remove(self, told: RemoveFaults) -> None:
        with self._hearing():
            for fault_id in told.ids:
                self.remove(told.merchant_id, fault_id)

    async def _answer_use(self, told: UseFault) -> None:
        with self._hearing():
            self.use(told.merchant_id, told.fault_id)
