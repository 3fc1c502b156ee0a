"""What the bank does wrong on purpose: by order, by card and by amount."""

import asyncio

import pytest

from fakes.bank import Sleep, bank_host, simulator_config
from fakes.bank_messages import PAN, about, after, sale, say
from fakes.card_doc import documented_amounts, documented_cards
from fakes.card_line import FilledLine
from simbank.cards import own_pan
from simbank.faults import AMOUNT_FAULTS, LATE_MS, LATENCY_MS, BankFault, BankFaultKind, CallFacts
from simbank.host import Host
from vezne.acquirers.simulator.adapter import SimulatorAcquirer
from vezne.acquirers.simulator.codes import DECLINES
from vezne.core.acquirer import AuthorizeAsk, InquireAsk
from vezne.core.answer import Answer, Approved, Declined, NotFound, Reversed, Unknown
from vezne.core.attempt import Operation as Asked
from vezne.core.money import UNIT
from vezne.wire.simhost import Found, Operation, ResponseCode, encode_request


class Orders:
    """Tells one fault for the next message, and remembers what it was told of each."""

    def __init__(self, fault: BankFault | None = None) -> None:
        self.fault = fault
        self.asked: list[tuple[int, CallFacts]] = []

    def has_faults(self, merchant_id: int) -> bool:
        return True

    def take(self, merchant_id: int, facts: CallFacts) -> BankFault | None:
        self.asked.append((merchant_id, facts))
        fault, self.fault = self.fault, None
        return fault


def ordered(kind: BankFaultKind, **fields: object) -> Orders:
    return Orders(BankFault(kind=kind, **fields))


async def traces(host: Host) -> list[int]:
    return [record.trace for record in host.operations()]


async def test_nothing_is_known_of_a_call_but_its_facts() -> None:
    """Whoever orders faults sees the operation, the money, and the card's outermost digits."""
    orders = Orders()
    host = bank_host(faults=orders)
    paid = await say(host, sale())
    await say(host, after(paid, Operation.REFUND, 8))
    await say(host, about(Operation.INQUIRY, 8))
    money = {"amount_e8": 120_000_000, "currency": "TRY"}
    assert orders.asked == [
        (3, CallFacts(operation=Operation.SALE, bin="55287900", last4="0008", **money)),
        (3, CallFacts(operation=Operation.REFUND, bin="", last4="", **money)),
        (3, CallFacts(operation=Operation.INQUIRY, bin="", last4="", **money)),
    ]


async def test_silence_before() -> None:
    """The bank never heard of it, so it is done when it comes again."""
    host = bank_host(faults=ordered(BankFaultKind.SILENCE_BEFORE))
    assert await host.handle(encode_request(sale())) == b""
    assert (await say(host, about(Operation.INQUIRY))).code == ResponseCode.RECORD_NOT_FOUND
    assert (await say(host, sale())).code == ResponseCode.APPROVED


@pytest.mark.parametrize("kind", [BankFaultKind.SILENCE_AFTER, BankFaultKind.GARBAGE])
async def test_it_happened_all_the_same(kind: BankFaultKind) -> None:
    """No answer, or none that can be read; asked, the bank tells the whole approval."""
    host = bank_host(faults=ordered(kind))
    reply = await host.handle(encode_request(sale()))
    assert bool(reply) == (kind is BankFaultKind.GARBAGE)
    assert b'"code"' not in reply
    told = await say(host, about(Operation.INQUIRY))
    assert told.found == Found(is_approved=True, code="00")
    again = await say(host, sale())
    assert (again.auth_code, again.reference) == (told.auth_code, told.reference)


async def test_duplicate() -> None:
    """The message is handled twice; the second time changes nothing."""
    host = bank_host(faults=ordered(BankFaultKind.DUPLICATE))
    paid = await say(host, sale())
    assert paid.code == ResponseCode.APPROVED
    assert await traces(host) == [7]
    standing = host.standing(3, 7)
    assert standing is not None
    assert standing.net_e8 == 120_000_000


async def test_decline() -> None:
    """Any code may be ordered, and it stays the answer."""
    host = bank_host(faults=ordered(BankFaultKind.DECLINE, code="ZZ"))
    assert (await say(host, sale())).code == "ZZ"
    assert (await say(host, sale())).code == "ZZ"
    told = await say(host, about(Operation.INQUIRY))
    assert told.found == Found(is_approved=False, code="ZZ")


@pytest.mark.parametrize("operation", [Operation.INQUIRY, Operation.REVERSAL, Operation.BEGIN])
async def test_decline_of_what_is_not_remembered(operation: Operation) -> None:
    """An inquiry, a reversal or a begin is declined, and nothing else happens."""
    host = bank_host(faults=ordered(BankFaultKind.DECLINE, code="96"))
    assert (await say(host, about(operation))).code == "96"
    assert host.operations() == []


async def test_latency() -> None:
    """It happens at once; only the answer takes its time."""
    sleep = Sleep()
    host = bank_host(faults=ordered(BankFaultKind.LATENCY, delay_ms=1_500), sleep=sleep)
    waiting = asyncio.ensure_future(say(host, sale()))
    await asyncio.sleep(0)
    assert (sleep.asked_s, await traces(host)) == ([1.5], [7])
    assert not waiting.done()
    sleep.end()
    assert (await waiting).code == ResponseCode.APPROVED


async def given_up(host: Host) -> None:
    """Send a sale and stop waiting for the answer."""
    waiting = asyncio.ensure_future(say(host, sale()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_late_for_one_who_waits() -> None:
    """The answer comes with the message."""
    sleep = Sleep()
    host = bank_host(faults=ordered(BankFaultKind.LATE, delay_ms=20_000), sleep=sleep)
    waiting = asyncio.ensure_future(say(host, sale()))
    await settled()
    assert (sleep.asked_s, await traces(host)) == ([20.0], [])
    sleep.end()
    assert (await waiting).code == ResponseCode.APPROVED


async def test_late_happens_although_nobody_waits() -> None:
    """Whoever gives up does not call the message back."""
    sleep = Sleep()
    host = bank_host(faults=ordered(BankFaultKind.LATE, delay_ms=20_000), sleep=sleep)
    await given_up(host)
    assert (await say(host, about(Operation.INQUIRY))).code == ResponseCode.RECORD_NOT_FOUND
    sleep.end()
    await settled()
    told = await say(host, about(Operation.INQUIRY))
    assert told.found == Found(is_approved=True, code="00")


async def test_late_after_its_reversal() -> None:
    """A message that was reversed while it was under way is refused when it comes."""
    sleep = Sleep()
    host = bank_host(faults=ordered(BankFaultKind.LATE, delay_ms=20_000), sleep=sleep)
    await given_up(host)
    assert (await say(host, about(Operation.REVERSAL))).code == ResponseCode.APPROVED
    sleep.end()
    await settled()
    told = await say(host, about(Operation.INQUIRY))
    assert told.found == Found(is_approved=False, code=ResponseCode.REVERSED)
    assert host.standing(3, 7) is None


async def test_a_closed_bank_gets_no_late_messages() -> None:
    """What is under way is gone with the bank."""
    sleep = Sleep()
    host = bank_host(faults=ordered(BankFaultKind.LATE, delay_ms=20_000), sleep=sleep)
    await given_up(host)
    host.close()
    sleep.end()
    await settled()
    assert host.operations() == []


async def test_faults_of_a_card_follow_its_payments() -> None:
    """A refund of such a payment is answered as badly; inquiries are always answered well."""
    host = bank_host()
    silent = sale(pan=own_pan(90003))
    assert await host.handle(encode_request(silent)) == b""
    told = await say(host, about(Operation.INQUIRY))
    assert told.found == Found(is_approved=True, code="00")
    refund = after(told, Operation.REFUND, 8)
    assert await host.handle(encode_request(refund)) == b""
    told = await say(host, about(Operation.INQUIRY, 8))
    assert told.found == Found(is_approved=True, code="00")


async def test_orders_come_before_cards() -> None:
    """A fault that was ordered takes the place of the card's."""
    host = bank_host(faults=ordered(BankFaultKind.DECLINE, code="51"))
    assert (await say(host, sale(pan=own_pan(90003)))).code == "51"


async def test_amounts_of_follow_ups() -> None:
    """A refund can be given a fault by its amount, whatever the payment."""
    host = bank_host()
    paid = await say(host, sale(amount_e8=20_000 * UNIT))
    refund = after(paid, Operation.REFUND, 8, amount_e8=9_901 * UNIT + 2 * UNIT // 100)
    assert await host.handle(encode_request(refund)) == b""
    assert (await say(host, about(Operation.INQUIRY, 8))).found == Found(
        is_approved=True, code="00"
    )
    declined = after(paid, Operation.REFUND, 9, amount_e8=9_905 * UNIT + 51 * UNIT // 100)
    assert (await say(host, declined)).code == "51"


class Story:
    """A payment over the adapter of the gateway, and how it ends when the gateway finds out."""

    def __init__(self) -> None:
        self.sleep = Sleep()
        self.host = bank_host(sleep=self.sleep)
        self.line = FilledLine(self.host.handle)
        self.acquirer = SimulatorAcquirer(simulator_config(), self.line)

    async def pay(self, pan: str, amount_e8: int) -> Answer:
        """The answer that the gateway gets; none when it must wait for longer than it does."""
        ask = AuthorizeAsk(
            merchant_id=3,
            trace=7,
            card=self.line.hold(pan),
            amount_e8=amount_e8,
            currency="TRY",
            installments=1,
            is_capture=True,
        )
        waiting = asyncio.ensure_future(self.acquirer.authorize(ask))
        await settled()
        if self.sleep.asked_s == [LATE_MS / 1000]:
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            return Unknown(why="cut off")
        if self.sleep.asked_s == [LATENCY_MS / 1000]:
            self.sleep.end()
        return await waiting

    async def find_out(self, amount_e8: int) -> str:
        """What an inquiry, and a reversal where the bank knows nothing, lead to."""
        about = InquireAsk(
            merchant_id=3, trace=7, operation=Asked.AUTHORIZE, amount_e8=amount_e8, currency="TRY"
        )
        found = await self.acquirer.inquire(about)
        if isinstance(found, Approved):
            return "approved"
        assert found == NotFound()
        assert await self.acquirer.reverse(about) == Reversed()
        self.sleep.end()
        await settled()
        assert isinstance(await self.acquirer.inquire(about), Declined)
        return "reversed"


ANSWERED = {"latency", "duplicate"}


@pytest.mark.parametrize(
    "card",
    [card for card in documented_cards() if "Answer" in card.cells],
    ids=lambda card: card.cells["Answer"],
)
async def test_documented_cards(card) -> None:
    """What the page says of the card's payment is what happens, and how it ends."""
    story = Story()
    answer = await story.pay(card.pan, UNIT)
    is_answered = card.cells["Answer"] in ANSWERED
    assert isinstance(answer, Approved if is_answered else Unknown)
    assert ("Code" in card.cells) is not is_answered
    assert await story.find_out(UNIT) == card.cells["In the end"]
    assert len(story.host.operations()) == 1


ENDS = {
    card.cells["Answer"]: card.cells["In the end"]
    for card in documented_cards()
    if "Answer" in card.cells
}


def e8(amount: str) -> int:
    whole, hundredths = amount.split(".")
    return int(whole) * UNIT + int(hundredths) * UNIT // 100


def test_every_amount_is_documented() -> None:
    """The page lists exactly the amounts with a fault, and a card for each kind but declines."""
    rows = documented_amounts()
    assert {e8(row["Amount"]) for row in rows} == set(AMOUNT_FAULTS)
    assert len(rows) == len(AMOUNT_FAULTS)
    assert set(ENDS) == set(BankFaultKind) - {BankFaultKind.DECLINE}
    kinds = {fault.kind for fault in AMOUNT_FAULTS.values()}
    assert kinds == set(BankFaultKind)


@pytest.mark.parametrize("row", documented_amounts(), ids=lambda row: row["Amount"])
async def test_documented_amounts(row) -> None:
    """A payment of the amount, with a card that is good, goes as the page says."""
    story = Story()
    amount_e8 = e8(row["Amount"])
    answer = await story.pay(PAN, amount_e8)
    if "Reason" in row:
        assert answer == Declined(reason=DECLINES[row["Answer"]], code=row["Answer"])
        assert row["Reason"] == answer.reason
        return
    assert isinstance(answer, Approved if row["Answer"] in ANSWERED else Unknown)
    assert await story.find_out(amount_e8) == ENDS[row["Answer"]]
    assert len(story.host.operations()) == 1
