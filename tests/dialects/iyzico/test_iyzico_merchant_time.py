"""The iyzico door at a merchant whose clock was moved ahead."""

import msgspec
import pytest

from builders import SAMPLE_TIME_MS
from fakes.iyzico_door import IyzicoDoor, parsed, payment_request, signed
from vezne.core.fault import Fault, FaultKind, FaultOnDemand

DAY_MS = 86_400_000
AHEAD_MS = SAMPLE_TIME_MS + 8 * DAY_MS


@pytest.fixture
def ahead() -> IyzicoDoor:
    door = IyzicoDoor()
    record = door.merchants.record
    door.merchants.record = msgspec.structs.replace(record, clock_offset_ms=8 * DAY_MS)
    return door


async def test_every_answer_to_the_merchant_has_its_time(ahead: IyzicoDoor) -> None:
    """A success, a refusal, and a body that says nothing."""
    paid = await ahead.pay(payment_request())
    refused = await ahead.call("/payment/detail", {"paymentId": "1"})
    unread = await ahead.call("/payment/auth", {"price": "x"})
    assert [paid["status"], refused["status"], unread["status"]] == ["success", *["failure"] * 2]
    assert {answer["systemTime"] for answer in (paid, refused, unread)} == {AHEAD_MS}
    (payment,) = ahead.books.payments.values()
    assert payment.created_ms == payment.captured_ms == AHEAD_MS


async def test_a_stranger_is_told_everybody_s_time(ahead: IyzicoDoor) -> None:
    """Nobody knows whose clock to look at."""
    path, raw = "/payment/detail", b"{}"
    answer = parsed(await ahead.send(path, raw, authorization=signed(path, raw, key="nobody")))
    assert (answer["status"], answer["systemTime"]) == ("failure", SAMPLE_TIME_MS)


async def test_a_fault_on_demand_comes_after_the_payment(ahead: IyzicoDoor) -> None:
    """It is recorded; a caller that is not let in meets no fault."""
    ahead.faults.add(7, Fault(kind=FaultKind.ANSWER_500_AFTER_COMMIT))
    path, raw = "/payment/detail", b"{}"
    await ahead.send(path, raw, authorization=signed(path, raw, secret=b"wrong"))
    with pytest.raises(FaultOnDemand):
        await ahead.pay(payment_request())
    (payment,) = ahead.books.payments.values()
    assert payment.captured_ms == AHEAD_MS
