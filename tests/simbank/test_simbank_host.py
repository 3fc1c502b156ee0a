"""The bank's host."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.bank import bank_host
from simbank.references import Names, follow_ups_of, key_from_seed
from vezne.wire.simhost import (
    Operation,
    Reply,
    Request,
    ResponseCode,
    decode_reply,
    encode_request,
)

PAN = "5528790000000008"
REFERENCE = re.compile(r"mock[0-9]{5}iyzihostrfn")


def request(operation: str = Operation.SALE, **fields: object) -> Request:
    values: dict[str, object] = {
        "merchant_id": 7,
        "trace": 7,
        "amount_e8": 100,
        "currency": "TRY",
        "pan": PAN,
        "cvv": "123",
        "expiry": "3012",
    }
    return Request(operation=operation, **(values | fields))


def follow_up(operation: str, reference: str, **fields: object) -> Request:
    return request(operation, pan="", cvv="", expiry="", reference=reference, **fields)


async def ask(message: Request, *, seed: str = "a") -> Reply:
    return decode_reply(await bank_host(seed).handle(encode_request(message)))


@pytest.mark.parametrize("operation", [Operation.SALE, Operation.AUTHORIZATION])
async def test_approval_looks_like_the_sandbox(operation: Operation) -> None:
    """An approval has a six-digit auth code and a reference of the documented pattern."""
    reply = await ask(request(operation))
    assert reply.code == ResponseCode.APPROVED
    assert re.fullmatch(r"[0-9]{6}", reply.auth_code)
    assert REFERENCE.fullmatch(reply.reference)


async def test_void_has_a_reference_of_its_own() -> None:
    """The reference of a void carries the documented suffix and names no payment."""
    paid = await ask(request())
    reply = await ask(follow_up(Operation.VOID, paid.reference))
    assert reply.code == ResponseCode.APPROVED
    assert REFERENCE.fullmatch(reply.reference.removesuffix("-02"))
    assert reply.reference.endswith("-02")
    again = await ask(follow_up(Operation.VOID, reply.reference))
    assert again.code == ResponseCode.RECORD_NOT_FOUND


async def test_same_seed_and_message_same_reply() -> None:
    """Another process with the same seed answers alike; another seed or trace does not."""
    first = await ask(request())
    assert await ask(request()) == first
    assert (await ask(request(), seed="b")).auth_code != first.auth_code
    assert (await ask(request(trace=8))).auth_code != first.auth_code
    assert (await ask(request(Operation.AUTHORIZATION))).auth_code != first.auth_code


async def test_restart_between_payment_and_refund() -> None:
    """What the bank must remember rides in the reference, so a new host can go on."""
    good = await ask(request())
    stubborn = await ask(request(pan="5406670000000009"))
    assert (await ask(follow_up("refund", good.reference))).code == ResponseCode.APPROVED
    assert (await ask(follow_up("refund", stubborn.reference))).code == ResponseCode.GENERAL_ERROR


async def test_reference_says_nothing_of_the_card() -> None:
    """Two cards that are treated alike get the same reference under the same trace."""
    one = await ask(request(pan="5528790000000008"))
    other = await ask(request(pan="4543590000000006"))
    assert one.reference == other.reference


async def test_other_cards_are_approved_as_no_test_cards() -> None:
    """A good number that is in no table is approved and marked."""
    reply = await ask(request(pan="4242424242424242"))
    assert (reply.code, reply.is_test_card) == (ResponseCode.APPROVED, False)
    assert (await ask(request())).is_test_card is True


@pytest.mark.parametrize("pan", ["", "0", "4242424242424241", "42424242426"])
async def test_bad_number_is_declined(pan: str) -> None:
    """A number that is too short or fails the Luhn check is no card."""
    assert (await ask(request(pan=pan))).code == ResponseCode.INVALID_CARD_NUMBER


@pytest.mark.parametrize("amount_e8", [0, -1])
async def test_amount_must_be_positive(amount_e8: int) -> None:
    """Nothing is moved for an amount of zero or less."""
    paid = await ask(request())
    assert (await ask(request(amount_e8=amount_e8))).code == ResponseCode.INVALID_AMOUNT
    reply = await ask(follow_up(Operation.REFUND, paid.reference, amount_e8=amount_e8))
    assert reply.code == ResponseCode.INVALID_AMOUNT


@pytest.mark.parametrize("operation", [Operation.CAPTURE, Operation.VOID, Operation.REFUND])
@pytest.mark.parametrize(
    "reference",
    ["", "mock00001iyzihostrf", "mock50001iyzihostrfn", "mock0000١iyzihostrfn", "x" * 10_000],
)
async def test_unknown_reference_is_declined(operation: Operation, reference: str) -> None:
    """What the bank never gave out cannot be followed up."""
    assert follow_ups_of(reference) is None
    assert (await ask(follow_up(operation, reference))).code == ResponseCode.RECORD_NOT_FOUND


async def test_past_expiry_and_any_cvv_are_no_matter() -> None:
    """The bank looks at neither the calendar nor the CVV."""
    assert (await ask(request(expiry="0901", cvv="000"))).code == ResponseCode.APPROVED
    assert (await ask(request(expiry="", cvv=""))).code == ResponseCode.APPROVED


async def test_another_attempt_at_names() -> None:
    """Where auth code and reference are taken, there are others for the same trace."""
    bank = Names(key_from_seed("a"))
    names = [bank.of(Operation.SALE, 7, attempt) for attempt in range(5)]
    assert bank.of(Operation.SALE, 7) == names[0]
    assert len({auth_code for auth_code, _ in names}) == 5


@pytest.mark.parametrize("operation", ["", "credit", "SALE", "authorize"])
async def test_unknown_operation_is_declined(operation: str) -> None:
    """A message of a type that the bank does not know is declined under its trace."""
    reply = await ask(request(operation))
    assert reply == Reply(trace=7, code=ResponseCode.FUNCTION_NOT_SUPPORTED)


@given(st.binary())
async def test_garbage_gets_a_format_error(message: bytes) -> None:
    """Bytes that are no message get a reply that belongs to no trace, never an exception."""
    reply = decode_reply(await bank_host().handle(message))
    assert reply == Reply(trace=0, code=ResponseCode.FORMAT_ERROR)


_FIELDS = st.fixed_dictionaries(
    {
        "operation": st.sampled_from([*Operation, "credit"]),
        "trace": st.integers(1, 2**63 - 1),
        "amount_e8": st.integers(-(10**20), 10**20),
        "pan": st.from_regex(r"\A[0-9]{0,19}\Z"),
        "reference": st.one_of(st.text(), st.from_regex(r"\Amock[0-9]{5}iyzihostrfn\Z")),
    }
)


@given(_FIELDS)
async def test_every_message_gets_a_reply_under_its_trace(fields: dict[str, object]) -> None:
    """Whatever a well-formed message asks for, the reply names its trace and a listed code."""
    reply = await ask(request(**fields))
    assert reply.trace == fields["trace"]
    assert reply.code in set(ResponseCode)
    # The acknowledgement of a reversal approves of nothing.
    is_approved = reply.code == ResponseCode.APPROVED and fields["operation"] != Operation.REVERSAL
    assert bool(reply.auth_code) == bool(reply.reference) == is_approved
