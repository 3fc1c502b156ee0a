"""What the bank remembers of its operations, and what follows from it."""

import pytest

from fakes.bank import bank_host
from fakes.bank_messages import PAN, about, after, sale, say
from simbank.memory import Memory
from simbank.records import Record, shown_digits
from simbank.rules import decide_follow_up
from vezne.wire.simhost import Found, Operation, Reply, ResponseCode

UNIT = 10**8


def record(trace: int, **changes: object) -> Record:
    fields: dict[str, object] = {
        "merchant_id": 3,
        "trace": trace,
        "operation": Operation.SALE,
        "amount_e8": UNIT,
        "currency": "TRY",
        "code": "00",
        "auth_code": f"{trace:06d}",
        "reference": "mock00001iyzihostrfn",
        "payment_trace": trace,
    }
    return Record(**(fields | changes))


async def test_operations_lists_what_happened() -> None:
    """Every operation is there once, as it stands, and names what it follows."""
    host = bank_host()
    paid = await say(host, sale(7))
    await say(host, sale(7))
    refunded = await say(host, after(paid, Operation.REFUND, 8, amount_e8=UNIT))
    await say(host, sale(9, pan="4111111111111129"))
    await say(host, about(Operation.REVERSAL, 8))
    await say(host, about(Operation.REVERSAL, 10))
    listed = host.operations()
    assert [(item.trace, item.operation, item.code, item.is_reversed) for item in listed] == [
        (7, Operation.SALE, "00", False),
        (8, Operation.REFUND, "00", True),
        (9, Operation.SALE, "51", False),
        (10, Operation.REVERSAL, "00", True),
    ]
    payment, refund = listed[:2]
    assert (payment.merchant_id, payment.amount_e8, payment.currency) == (3, 120_000_000, "TRY")
    assert (payment.bin, payment.last4, payment.reference) == ("55287900", "0008", paid.reference)
    assert (refund.refers_to, refund.payment_trace) == (paid.reference, 7)
    assert (refund.reference, refund.auth_code) == (refunded.reference, refunded.auth_code)


async def test_standing_of_a_sale() -> None:
    """Taken, given back in part, and what is left is what the holder paid."""
    host = bank_host()
    paid = await say(host, sale())
    await say(host, after(paid, Operation.REFUND, 8, amount_e8=UNIT // 2))
    await say(host, after(paid, Operation.REFUND, 9, amount_e8=UNIT // 4))
    await say(host, about(Operation.REVERSAL, 9))
    standing = host.standing(3, 7)
    assert standing is not None
    assert (standing.held_e8, standing.captured_e8) == (0, 120_000_000)
    assert (standing.refunded_e8, standing.net_e8) == (50_000_000, 70_000_000)
    assert host.standing(3, 8) is None
    assert host.standing(4, 7) is None


async def test_standing_of_a_hold() -> None:
    """A hold alone is no payment; captured it is; undone it is none any more."""
    host = bank_host()
    held = await say(host, sale(operation=Operation.AUTHORIZATION))
    nets = [host.standing(3, 7)]
    captured = await say(host, after(held, Operation.CAPTURE, 8, amount_e8=UNIT))
    nets.append(host.standing(3, 7))
    assert (await say(host, after(captured, Operation.VOID, 9))).code == ResponseCode.APPROVED
    nets.append(host.standing(3, 7))
    assert [standing and standing.net_e8 for standing in nets] == [0, UNIT, 0]


async def test_a_declined_payment_has_no_standing() -> None:
    """What was declined is remembered and comes to nothing."""
    host = bank_host()
    await say(host, sale(pan="4111111111111129"))
    assert host.standing(3, 7) is None


CASES = [
    (Operation.AUTHORIZATION, [(Operation.CAPTURE, 138_000_000, "00")]),
    (Operation.AUTHORIZATION, [(Operation.CAPTURE, 138_000_001, "13")]),
    (
        Operation.AUTHORIZATION,
        [(Operation.CAPTURE, 100_000_000, "00"), (Operation.CAPTURE, 38_000_001, "13")],
    ),
    (Operation.AUTHORIZATION, [(Operation.REFUND, 1, "13")]),
    (Operation.AUTHORIZATION, [(Operation.VOID, 120_000_000, "00"), (Operation.CAPTURE, 1, "12")]),
    (Operation.SALE, [(Operation.CAPTURE, 1, "13")]),
    (Operation.SALE, [(Operation.REFUND, 120_000_001, "13")]),
    (Operation.SALE, [(Operation.REFUND, 120_000_000, "00"), (Operation.REFUND, 1, "13")]),
    (Operation.SALE, [(Operation.REFUND, 1, "00"), (Operation.VOID, 120_000_000, "12")]),
    (Operation.SALE, [(Operation.VOID, 120_000_000, "00"), (Operation.REFUND, 1, "12")]),
    (Operation.SALE, [(Operation.VOID, 120_000_000, "00"), (Operation.VOID, 120_000_000, "12")]),
]


@pytest.mark.parametrize(("first", "then"), CASES)
async def test_follow_ups_fit_the_payment(
    first: Operation, then: list[tuple[Operation, int, str]]
) -> None:
    """Nothing is captured beyond the hold and its fifteen percent, or refunded beyond the rest."""
    host = bank_host()
    paid = await say(host, sale(operation=first))
    for trace, (operation, amount_e8, code) in enumerate(then, start=8):
        reply = await say(host, after(paid, operation, trace, amount_e8=amount_e8))
        assert reply.code == code


async def test_another_currency_does_not_fit() -> None:
    """Money goes back in the currency in which it came."""
    host = bank_host()
    paid = await say(host, sale())
    reply = await say(host, after(paid, Operation.REFUND, 8, currency="USD"))
    assert reply.code == ResponseCode.INVALID_TRANSACTION


async def test_a_refund_cannot_be_followed_up() -> None:
    """The reference of a refund looks like that of a payment and is none."""
    host = bank_host()
    paid = await say(host, sale())
    refunded = await say(host, after(paid, Operation.REFUND, 8, amount_e8=UNIT))
    reply = await say(host, after(refunded, Operation.REFUND, 9, amount_e8=1))
    assert reply.code == ResponseCode.RECORD_NOT_FOUND


async def test_what_was_followed_up_cannot_be_reversed() -> None:
    """Undoing a payment under its refund would give the money back twice."""
    host = bank_host()
    held = await say(host, sale(operation=Operation.AUTHORIZATION))
    captured = await say(host, after(held, Operation.CAPTURE, 8))
    await say(host, after(captured, Operation.REFUND, 9, amount_e8=UNIT))
    codes = [(await say(host, about(Operation.REVERSAL, trace))).code for trace in (7, 8, 9, 8, 7)]
    assert codes == ["12", "12", "00", "00", "00"]
    standing = host.standing(3, 7)
    assert standing is not None
    assert (standing.captured_e8, standing.refunded_e8, standing.is_undone) == (0, 0, True)


async def test_a_decline_has_nothing_to_undo() -> None:
    """Its reversal is acknowledged, and the decline stays the answer."""
    host = bank_host()
    declined = sale(pan="4111111111111129")
    first = await say(host, declined)
    assert (await say(host, about(Operation.REVERSAL))).code == ResponseCode.APPROVED
    assert await say(host, declined) == first
    found = (await say(host, about(Operation.INQUIRY))).found
    assert found == Found(is_approved=False, code="51")


async def test_a_reversed_trace_has_its_own_code() -> None:
    """Late or again: it is refused as reversed, and an inquiry says so."""
    host = bank_host()
    await say(host, sale(7))
    for trace in (7, 8):
        await say(host, about(Operation.REVERSAL, trace))
        assert (await say(host, sale(trace))).code == ResponseCode.REVERSED
        found = (await say(host, about(Operation.INQUIRY, trace))).found
        assert found == Found(is_approved=False, code=ResponseCode.REVERSED)


async def test_another_code_is_the_same_message() -> None:
    """The CVV is not remembered, so a message that lost it is the same one."""
    host = bank_host()
    paid = await say(host, sale())
    assert await say(host, sale(cvv="")) == paid
    assert (await say(host, sale(pan="5528790000001008"))).code == (
        ResponseCode.DUPLICATE_TRANSMISSION
    )


async def test_names_are_free() -> None:
    """Reference and auth code together name one approval of a merchant among those remembered."""
    host = bank_host()
    replies = [await say(host, sale(trace)) for trace in range(1, 600)]
    assert len({(reply.reference, reply.auth_code) for reply in replies}) == len(replies)
    # The references alone do not: some digits come twice.
    assert len({reply.reference for reply in replies}) < len(replies)


def test_bounded_memory() -> None:
    """The last operations are remembered, one generation at least and two at most."""
    memory = Memory(None, generation_max=3)
    with memory:
        for trace in range(1, 8):
            memory.keep(record(trace))
        assert [item.trace for item in memory.records()] == [4, 5, 6, 7]
        assert memory.find(3, 3) is None
        assert memory.find_approval(3, "mock00001iyzihostrfn", "000003") is None
        assert memory.standing(3, 3) is None
        # What is changed becomes young again.
        memory.keep(record(4, is_reversed=True))
        memory.keep(record(8))
        memory.keep(record(9))
        assert [(item.trace, item.is_reversed) for item in memory.records()] == [
            (7, False),
            (4, True),
            (8, False),
            (9, False),
        ]


def test_follow_ups_of_two_generations() -> None:
    """A payment's standing counts what followed it, however long ago."""
    memory = Memory(None, generation_max=2)
    refund = {"operation": Operation.REFUND, "payment_trace": 1, "amount_e8": UNIT // 4}
    memory.keep(record(1))
    memory.keep(record(2, **refund))
    memory.keep(record(3, **refund))
    standing = memory.standing(3, 1)
    assert standing is not None
    assert standing.refunded_e8 == UNIT // 2
    memory.keep(record(4))
    memory.keep(record(5, **refund))
    # The payment is forgotten: then the reference decides alone.
    assert memory.standing(3, 1) is None
    named = Reply(trace=1, code="00", auth_code="000001", reference="mock00001iyzihostrfn")
    request = after(named, Operation.REFUND, 9)
    assert decide_follow_up(request, None, None) == ResponseCode.APPROVED


@pytest.mark.parametrize(
    ("pan", "shown"),
    [
        ("", ("", "")),
        ("555555555555", ("", "")),
        ("374427000000003", ("374427", "0003")),
        (PAN, ("55287900", "0008")),
        ("6500528865390837123", ("65005288", "7123")),
    ],
)
def test_digits_that_may_be_written_down(pan: str, shown: tuple[str, str]) -> None:
    """Eight and four of a long number, six and four of a shorter one, none of a stump."""
    assert shown_digits(pan) == shown
