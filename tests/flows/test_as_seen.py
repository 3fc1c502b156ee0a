"""A payment that is not what a person saw is left alone, also by a form that is sent twice."""

import asyncio

import pytest

from builders import SAMPLE_TIME_MS, merchant, ports
from fakes.acquirer import APPROVED, ScriptedAcquirer
from fakes.books import MemoryBooks
from fakes.records import payment
from fakes.vault import MemoryVault
from vezne.core.changes import AddPayment
from vezne.core.money import UNIT
from vezne.core.payment import Payment, PaymentState
from vezne.core.ports import Ports
from vezne.flows.as_seen import ChangedMeanwhile, ports_as_seen
from vezne.flows.refund import RefundLine, RefundPayment, refund_payment

NUMBER = 10_000_000


@pytest.fixture
def bank() -> ScriptedAcquirer:
    return ScriptedAcquirer()


@pytest.fixture
async def house(bank: ScriptedAcquirer) -> Ports:
    """A house with one captured payment."""
    books = MemoryBooks()
    captured = payment(
        merchant_id=merchant().id,
        state=PaymentState.CAPTURED,
        created_ms=SAMPLE_TIME_MS,
        captured_ms=SAMPLE_TIME_MS,
        reference="mock00001iyzihostrfn",
    )
    await books.apply([AddPayment(captured)])
    return ports(books=books, vault=MemoryVault(), acquirer=bank)


async def stored(house: Ports) -> Payment:
    found = await house.books.find_payment(merchant().id, NUMBER)
    assert found is not None
    return found


def refund(amount_e8: int = 10 * UNIT) -> RefundPayment:
    return RefundPayment(merchant=merchant(), number=NUMBER, amount_e8=amount_e8)


async def test_an_act_on_a_payment_as_it_was_seen_is_done(
    house: Ports, bank: ScriptedAcquirer
) -> None:
    """To its end: what it writes itself does not stop it."""
    bank.script(APPROVED)
    seen = ports_as_seen(house, NUMBER, 1)
    await refund_payment(refund(), seen)
    assert (await stored(house)).taken_back_e8 == 10 * UNIT
    assert await seen.books.find_payment(merchant().id, NUMBER) == await stored(house)


@pytest.mark.parametrize(
    "command", [refund(), RefundLine(merchant=merchant(), line_number=NUMBER + 1, amount_e8=UNIT)]
)
async def test_an_act_on_another_version_is_not_begun(
    house: Ports, command: RefundPayment | RefundLine
) -> None:
    """Whether the payment is found by its own number or by a line's."""
    with pytest.raises(ChangedMeanwhile):
        await refund_payment(command, ports_as_seen(house, NUMBER, 2))
    assert (await stored(house)).version == 1


async def test_of_two_at_the_same_moment_one_is_done(house: Ports, bank: ScriptedAcquirer) -> None:
    """The second finds the payment changed, even if it read it before the first wrote."""
    bank.script(APPROVED)
    ended = await asyncio.gather(
        *(refund_payment(refund(), ports_as_seen(house, NUMBER, 1)) for _ in range(2)),
        return_exceptions=True,
    )
    assert sorted(type(item).__name__ for item in ended) == ["ChangedMeanwhile", "FollowedUp"]
    assert (await stored(house)).taken_back_e8 == 10 * UNIT


async def test_other_payments_are_shown_as_they_are(house: Ports) -> None:
    """Only the one that was seen is compared, and what there is not stays so."""
    await house.books.apply([AddPayment(payment(merchant_id=merchant().id, number=NUMBER + 50))])
    seen = ports_as_seen(house, NUMBER, 9)
    assert await seen.books.find_payment(merchant().id, NUMBER + 50) is not None
    assert await seen.books.find_payment(merchant().id, 5) is None
    assert await seen.books.list_balances(merchant().id) == []
