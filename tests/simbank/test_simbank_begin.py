"""The bank's host in 3-D Secure: opening an authentication, and knowing its proof again."""

import msgspec
import pytest

from builders import SAMPLE_TIME_MS
from fakes.acs import AcsVisit
from fakes.bank import RETURN_KEY, bank_host, simulator_config
from fakes.card_line import FilledLine
from simbank.acs.transactions import LIFE_MS, unseal
from simbank.cards import own_pan
from simbank.proofs import mask_of
from vezne.acquirers.simulator.adapter import SimulatorAcquirer
from vezne.core.acquirer import AuthorizeAsk, Challenge
from vezne.core.answer import Answer, Approved, Declined, DeclineReason
from vezne.core.authentication import AuthenticationResult
from vezne.wire.simacs import Begin
from vezne.wire.simhost import (
    Operation,
    Reply,
    Request,
    ResponseCode,
    decode_reply,
    encode_request,
)

PAN = "5528790000000008"
FRICTIONLESS = own_pan(95001)
REQUEST = Request(
    operation=Operation.BEGIN,
    merchant_id=7,
    trace=11_441_120,
    amount_e8=120_000_000,
    currency="TRY",
    installments=3,
    pan=PAN,
    expiry="3012",
    begin=Begin(
        merchant_name="Kitapçı",
        language="en",
        return_url="https://pay.example/3ds/return/simulator",
    ),
)


async def ask(seed: str = "bank", *, is_strict: bool = False, **changes: object) -> Reply:
    host = bank_host(seed, only_test_cards=is_strict)
    message = encode_request(msgspec.structs.replace(REQUEST, **changes))
    return decode_reply(await host.handle(message))


async def test_an_offer_leads_to_the_pages() -> None:
    """The token holds what the pages need; the address is on the origin of the return address."""
    reply = await ask()
    assert (reply.trace, reply.code) == (REQUEST.trace, ResponseCode.APPROVED)
    assert reply.offer is not None
    assert reply.offer.url == "https://pay.example/bank/3ds"
    transaction = unseal(RETURN_KEY, reply.offer.token)
    assert msgspec.to_builtins(transaction) == {
        "merchant_id": 7,
        "payment_number": 11_441_120,
        "transaction_id": reply.offer.transaction_id,
        "scenario": "challenge",
        "mask": "552879******0008",
        "merchant_name": "Kitapçı",
        "amount_e8": 120_000_000,
        "currency": "TRY",
        "installments": 3,
        "language": "en",
        "return_url": "https://pay.example/3ds/return/simulator",
        "begun_ms": SAMPLE_TIME_MS,
        "expires_ms": SAMPLE_TIME_MS + LIFE_MS,
    }


async def test_same_seed_and_order_same_transaction() -> None:
    """Another order, merchant or seed has another transaction id; another amount has not."""
    first = await ask()
    assert await ask() == first
    assert first.offer is not None
    names = {first.offer.transaction_id}
    for changes in ({"trace": 1_441_120}, {"merchant_id": 71}, {"seed": "other"}):
        offer = (await ask(**changes)).offer
        assert offer is not None
        names.add(offer.transaction_id)
    assert len(names) == 4
    offer = (await ask(amount_e8=1)).offer
    assert offer is not None
    assert offer.transaction_id in names


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"pan": "4151111111111112"}, ResponseCode.GENERAL_ERROR),
        ({"pan": own_pan(95020)}, ResponseCode.GENERAL_ERROR),
        ({"pan": "4242424242424241"}, ResponseCode.INVALID_CARD_NUMBER),
        ({"pan": ""}, ResponseCode.INVALID_CARD_NUMBER),
        ({"amount_e8": 0}, ResponseCode.INVALID_AMOUNT),
        ({"begin": None}, ResponseCode.FUNCTION_NOT_SUPPORTED),
    ],
)
async def test_begin_is_declined(changes: dict[str, object], code: ResponseCode) -> None:
    """A begin that leads nowhere is declined at once, without an offer."""
    assert await ask(**changes) == Reply(trace=REQUEST.trace, code=code)


async def test_only_test_cards() -> None:
    """Where strange cards are refused they are not authenticated either; test cards are."""
    for operation in (Operation.SALE, Operation.BEGIN):
        strange = await ask(is_strict=True, pan="4242424242424242", operation=operation)
        assert strange.code == ResponseCode.INVALID_CARD_NUMBER
    assert (await ask(is_strict=True)).offer is not None
    assert (await ask(pan="4242424242424242")).offer is not None


async def test_silence() -> None:
    """One card gets no reply at all."""
    message = encode_request(msgspec.structs.replace(REQUEST, pan=own_pan(95021)))
    assert await bank_host().handle(message) == b""


@pytest.mark.parametrize("length", range(12, 20))
def test_masks(length: int) -> None:
    """Ten digits at most are shown, whatever the length."""
    pan = "5528790000000000008"[:length]
    mask = mask_of(pan)
    assert len(mask) == length
    assert mask == f"{pan[:6]}{'*' * (length - 10)}{pan[-4:]}"


async def authenticate(visit: AcsVisit, pan: str = FRICTIONLESS) -> AuthenticationResult:
    return visit.returned(await visit.open(pan)).result


async def authorize(visit: AcsVisit, result: AuthenticationResult, **changes: object) -> Answer:
    ask = AuthorizeAsk(
        merchant_id=7,
        trace=99,
        card=visit.line.hold(FRICTIONLESS),
        amount_e8=120_000_000,
        currency="TRY",
        installments=1,
        is_capture=True,
        authentication=result,
    )
    return await visit.acquirer.authorize(msgspec.structs.replace(ask, **changes))


async def test_a_proof_is_known_again() -> None:
    """An authorization with the proof that the bank gave is approved, in another process too."""
    visit = AcsVisit()
    result = await authenticate(visit)
    assert isinstance(await authorize(visit, result), Approved)
    attempt = await authenticate(visit, own_pan(95004))
    other = await authorize(visit, attempt, trace=100, card=visit.line.hold(own_pan(95004)))
    assert isinstance(other, Approved)


INVALID_CAVV = Declined(reason=DeclineReason.INVALID_CAVV, code="C3")


@pytest.mark.parametrize(
    "change",
    [
        {"cavv": ""},
        {"cavv": "AAABBBCCCDDDEEEFFFGGGHHHIII="},
        {"cavv": "é"},
        {"eci": "06"},
        {"eci": ""},
        {"transaction_id": ""},
        {"transaction_id": "0d8d6c6e-5c1e-4d6a-9e8f-0123456789ab"},
    ],
)
async def test_an_altered_proof_is_declined(change: dict[str, str]) -> None:
    """No part of a proof can be replaced."""
    visit = AcsVisit()
    result = msgspec.structs.replace(await authenticate(visit), **change)
    assert await authorize(visit, result) == INVALID_CAVV


@pytest.mark.parametrize(
    "change",
    [{"amount_e8": 120_000_001}, {"currency": "USD"}, {"merchant_id": 8}],
)
async def test_a_proof_is_for_one_payment(change: dict[str, object]) -> None:
    """Another amount, currency or merchant needs a proof of its own."""
    visit = AcsVisit()
    assert await authorize(visit, await authenticate(visit), **change) == INVALID_CAVV


async def test_a_proof_is_for_one_card() -> None:
    """Another card, even of the same issuer, needs a proof of its own."""
    visit = AcsVisit()
    result = await authenticate(visit)
    assert await authorize(visit, result, card=visit.line.hold(PAN)) == INVALID_CAVV


async def test_a_failure_is_no_proof() -> None:
    """What a failed authentication leaves behind does not authorize anything."""
    visit = AcsVisit()
    result = await authenticate(visit, own_pan(95000))
    assert await authorize(visit, result, card=visit.line.hold(own_pan(95000))) == INVALID_CAVV


async def test_a_proof_of_another_bank_is_declined() -> None:
    """A bank with another seed did not give this proof."""
    visit = AcsVisit()
    result = await authenticate(visit)
    line = FilledLine(bank_host("other").handle)
    ask = AuthorizeAsk(
        merchant_id=7,
        trace=99,
        card=line.hold(FRICTIONLESS),
        amount_e8=120_000_000,
        currency="TRY",
        installments=1,
        is_capture=False,
        authentication=result,
    )
    answer = await SimulatorAcquirer(simulator_config(), line).authorize(ask)
    assert answer == INVALID_CAVV


async def test_a_good_proof_does_not_make_a_good_payment() -> None:
    """After the authentication the card's own answer counts."""
    visit = AcsVisit()
    pan = "4111111111111129"
    at = await visit.open(pan)
    result = visit.returned(await visit.press(at, "code", code="123456")).result
    answer = await authorize(visit, result, card=visit.line.hold(pan))
    assert answer == Declined(reason=DeclineReason.INSUFFICIENT_FUNDS, code="51")


async def test_proofs_come_from_the_seed() -> None:
    """The same order gives the same proof in every run."""
    first, second = AcsVisit(), AcsVisit()
    assert await authenticate(first) == await authenticate(second)
    assert isinstance(await first.acquirer.begin(first.begin_ask()), Challenge)
