"""The built-in bank as the house has it: its memory, its line, and the faults put on the board."""

import asyncio
from collections.abc import Awaitable
from typing import Final

from simbank.faults import BankFault, BankFaultKind, CallFacts
from simbank.host import Host
from vezne.core.fault import BankCall, Facts, FaultBoard, Place
from vezne.core.ports import Clock
from vezne.settings import Settings
from vezne.wire.simhost import Operation

# Less than the time after which an attempt counts as unanswered (`flows.record.ANSWER_MAX_MS`), so
# that nobody asks about a message while somebody still waits for its answer.
ANSWER_MAX_S: Final = 10.0
JOURNAL: Final = "bank.journal"

_CALLS: Final = {
    Operation.BEGIN: BankCall.BEGIN,
    Operation.AUTHORIZATION: BankCall.AUTHORIZE,
    Operation.SALE: BankCall.AUTHORIZE,
    Operation.CAPTURE: BankCall.CAPTURE,
    Operation.VOID: BankCall.VOID,
    Operation.REFUND: BankCall.REFUND,
    Operation.INQUIRY: BankCall.INQUIRE,
    Operation.REVERSAL: BankCall.REVERSE,
}


class BankTransport:
    """The way to the built-in bank: a call within the process.

    It has a time limit of its own. One around every message would cost as much as the bank itself,
    and nearly all are answered at once.
    """

    def __init__(self, host: Host, timeout_s: float = ANSWER_MAX_S) -> None:
        self._host = host
        self._timeout_s = timeout_s

    def exchange(self, message: bytes) -> bytes | Awaitable[bytes]:
        """The bank's reply; to be waited for only when something goes wrong on purpose.

        Waiting raises TimeoutError when it takes too long: the message was sent.
        """
        reply = self._host.answer(message)
        return reply if isinstance(reply, bytes) else self._wait_for(reply)

    async def _wait_for(self, reply: Awaitable[bytes]) -> bytes:
        async with asyncio.timeout(self._timeout_s):
            return await reply


def open_bank(
    settings: Settings, return_key: bytes, clock: Clock, faults: FaultBoard | None
) -> Host:
    """The bank across the street, with its journal in the data directory.

    Whoever opens it closes it. Raises OSError and DamagedJournal.
    """
    return Host(
        str(settings.bank.seed),
        only_test_cards=settings.sandbox.refuse_unknown_cards,
        return_key=return_key,
        clock=clock.now_ms,
        journal=settings.data / JOURNAL,
        faults=None if faults is None else BoardFaults(faults),
    )


class BoardFaults:
    """Implements `simbank.faults.Faults` by a board."""

    def __init__(self, board: FaultBoard) -> None:
        self._board = board
        self.has_faults = board.has_faults

    def take(self, merchant_id: int, facts: CallFacts) -> BankFault | None:
        """What goes wrong with a message according to the board, if anything."""
        fault = self._board.take(
            merchant_id,
            Place.BANK,
            Facts(
                operation=_CALLS[facts.operation],
                bin=facts.bin,
                last4=facts.last4,
                amount_e8=facts.amount_e8,
                currency=facts.currency,
            ),
        )
        if fault is None:
            return None
        return BankFault(
            kind=BankFaultKind(fault.kind.value), delay_ms=fault.delay_ms, code=fault.code
        )
