"""The faults that were asked for, when two processes take from the board.

The control door is the gateway's, so the board is too. The bank is reached from the vault's
process, which has a copy of what is meant for the bank. Every change travels as a notice: what the
control door did is known at the bank before its caller hears of it, and what happened at the bank
is off the board before the bank's answer is read.
"""

from collections.abc import Callable

from vezne.core.fault import Fault, FaultBoard, Place, PlacedFault
from vezne.link.messages import FaultPlaced, FaultRemoved, FaultUsed, Notice

Tell = Callable[[Notice], None]


class GatewayBoard(FaultBoard):
    """The board itself. `tell` takes notices to the vault; nobody hears them while it is away."""

    def __init__(self, tell: Tell) -> None:
        super().__init__()
        self._tell = tell

    def add(self, merchant_id: int, fault: Fault) -> PlacedFault:
        """Put a fault on the board. Raises ImpossibleFault, BoardFull."""
        placed = super().add(merchant_id, fault)
        if fault.place is Place.BANK:
            self._tell(FaultPlaced(merchant_id, placed))
        return placed

    def remove(self, merchant_id: int, fault_id: int) -> bool:
        """Take a fault off the board; False when it is not there."""
        self._tell(FaultRemoved(merchant_id, fault_id))
        return super().remove(merchant_id, fault_id)

    def clear(self, merchant_id: int) -> int:
        """Take all of a merchant's faults off the board; how many there were."""
        for placed in self.list_faults(merchant_id):
            self._tell(FaultRemoved(merchant_id, placed.id))
        return super().clear(merchant_id)

    def show_again(self) -> None:
        """Tell a vault that has just started what is on the board for the bank."""
        for merchant_id, placed in self.list_all():
            if placed.fault.place is Place.BANK:
                self._tell(FaultPlaced(merchant_id, placed))


class BankBoard(FaultBoard):
    """The copy beside the bank."""

    def __init__(self) -> None:
        super().__init__()
        self._tell: Tell | None = None

    def connect(self, tell: Tell) -> None:
        """From now on `tell` takes notices to the gateway."""
        self._tell = tell

    def use(self, merchant_id: int, fault_id: int) -> None:
        """A fault has happened, and the gateway is told."""
        super().use(merchant_id, fault_id)
        if self._tell is not None:
            self._tell(FaultUsed(merchant_id, fault_id))

    def wipe(self) -> None:
        """Forget everything: the gateway is another one now."""
        for merchant_id in {merchant_id for merchant_id, _ in self.list_all()}:
            self.clear(merchant_id)
