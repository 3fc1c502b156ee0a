"""The bank as the house has it: faults from the board, and a line that does not wait for ever."""

import asyncio

import pytest

from fakes.bank import Sleep, bank_host
from fakes.bank_messages import sale, say
from simbank.faults import BankFault, BankFaultKind, CallFacts
from vezne.built_in_bank import ANSWER_MAX_S, JOURNAL, BankTransport, BoardFaults, open_bank
from vezne.core.fault import BankCall, Fault, FaultBoard, FaultKind, Place
from vezne.flows.record import ANSWER_MAX_MS
from vezne.machine import SystemClock
from vezne.settings import Settings
from vezne.wire.simhost import Operation, ResponseCode, decode_reply, encode_request

AT_THE_BANK = [kind for kind in FaultKind if Fault(kind=kind).place is Place.BANK]


def facts(operation: Operation = Operation.SALE) -> CallFacts:
    return CallFacts(
        operation=operation, amount_e8=120_000_000, currency="TRY", bin="55287900", last4="0008"
    )


@pytest.mark.parametrize("kind", AT_THE_BANK)
def test_every_fault_of_the_board_is_one_of_the_bank(kind: FaultKind) -> None:
    """Kind, delay and code arrive; it happens as often as it was ordered."""
    board = FaultBoard()
    faults = BoardFaults(board)
    delay_ms = 1_500 if kind in {FaultKind.LATENCY, FaultKind.LATE} else 0
    code = "51" if kind is FaultKind.DECLINE else ""
    board.add(3, Fault(kind=kind, delay_ms=delay_ms, code=code))
    assert faults.take(4, facts()) is None
    expected = BankFault(kind=BankFaultKind(kind.value), delay_ms=delay_ms, code=code)
    assert faults.has_faults(3)
    assert faults.take(3, facts()) == expected
    assert not faults.has_faults(3)
    assert faults.take(3, facts()) is None


CALLS = {
    Operation.BEGIN: BankCall.BEGIN,
    Operation.AUTHORIZATION: BankCall.AUTHORIZE,
    Operation.SALE: BankCall.AUTHORIZE,
    Operation.CAPTURE: BankCall.CAPTURE,
    Operation.VOID: BankCall.VOID,
    Operation.REFUND: BankCall.REFUND,
    Operation.INQUIRY: BankCall.INQUIRE,
    Operation.REVERSAL: BankCall.REVERSE,
}


@pytest.mark.parametrize("operation", list(Operation))
@pytest.mark.parametrize("call", list(BankCall))
def test_every_call_has_its_name(operation: Operation, call: BankCall) -> None:
    """A fault for one kind of call is for that kind only."""
    board = FaultBoard()
    board.add(3, Fault(kind=FaultKind.SILENCE_BEFORE, operation=call))
    fault = BoardFaults(board).take(3, facts(operation))
    assert (fault is not None) == (CALLS[operation] is call)


@pytest.mark.parametrize(
    ("wish", "is_meant"),
    [
        ({"bin": "552879"}, True),
        ({"bin": "552880"}, False),
        ({"last4": "0008"}, True),
        ({"last4": "0009"}, False),
        ({"amount_e8": 120_000_000}, True),
        ({"amount_e8": 1}, False),
        ({"currency": "TRY"}, True),
        ({"currency": "USD"}, False),
    ],
)
async def test_by_card_and_by_amount(wish: dict[str, object], *, is_meant: bool) -> None:
    """The board decides by what the bank knows of the message."""
    board = FaultBoard()
    board.add(3, Fault(kind=FaultKind.DECLINE, code="51", **wish))
    host = bank_host(faults=BoardFaults(board))
    code = ResponseCode.INSUFFICIENT_FUNDS if is_meant else ResponseCode.APPROVED
    assert (await say(host, sale())).code == code


async def test_the_bank_of_the_house(tmp_path) -> None:
    """It has its journal in the data directory and does what the board says."""
    board = FaultBoard()
    settings = Settings(data=tmp_path)
    bank = open_bank(settings, b"k", SystemClock(), board)
    board.add(3, Fault(kind=FaultKind.DECLINE, code="51"))
    assert (await say(bank, sale())).code == ResponseCode.INSUFFICIENT_FUNDS
    assert (await say(bank, sale(8))).code == ResponseCode.APPROVED
    bank.close()
    again = open_bank(settings, b"k", SystemClock(), None)
    assert [record.trace for record in again.operations()] == [7, 8]
    assert [path.name for path in tmp_path.iterdir()] == [JOURNAL]
    again.close()


async def test_a_line_that_is_cut_off() -> None:
    """The gateway stops waiting, the bank goes on: the outcome is unknown, and then found out."""
    sleep = Sleep()
    board = FaultBoard()
    board.add(3, Fault(kind=FaultKind.LATE, delay_ms=20_000))
    host = bank_host(faults=BoardFaults(board), sleep=sleep)
    with pytest.raises(TimeoutError):
        await BankTransport(host, timeout_s=0.01).exchange(encode_request(sale()))
    assert host.operations() == []
    sleep.end()
    async with asyncio.timeout(10):
        while not host.operations():  # noqa: ASYNC110 - the bank sets no event
            await asyncio.sleep(0.001)
    assert [record.trace for record in host.operations()] == [7]


async def test_a_line_in_order() -> None:
    """What is answered at once needs no time limit."""
    transport = BankTransport(bank_host(), timeout_s=0.0)
    reply = transport.exchange(encode_request(sale()))
    assert isinstance(reply, bytes)
    assert decode_reply(reply).code == ResponseCode.APPROVED


def test_nobody_asks_while_somebody_waits() -> None:
    """The line gives up before an attempt counts as unanswered."""
    assert ANSWER_MAX_S * 1000 < ANSWER_MAX_MS
