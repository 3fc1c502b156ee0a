"""The adapter of the built-in bank, beyond what every acquirer must keep to."""

import pytest

from fakes.bank import RETURN_KEY, bank_host, simulator_config
from fakes.card_line import FilledLine
from vezne.acquirers.simulator.adapter import SimulatorAcquirer
from vezne.acquirers.simulator.codes import NOT_SENT
from vezne.core.acquirer import AuthorizeAsk, BeginAsk, FollowUpAsk
from vezne.core.answer import Declined, DeclineReason, Unknown
from vezne.core.authentication import AuthenticationResult
from vezne.core.ports import LineFailure
from vezne.wire.simacs import Begin, Proof
from vezne.wire.simhost import Operation, decode_request


def sale(line: FilledLine, **changes: object) -> AuthorizeAsk:
    fields: dict[str, object] = {
        "merchant_id": 7,
        "trace": 11_441_121,
        "card": line.hold("5528790000000008", cvv="987"),
        "amount_e8": 120_000_000,
        "currency": "TRY",
        "installments": 3,
        "is_capture": True,
    }
    return AuthorizeAsk(**(fields | changes))


REFUND = FollowUpAsk(
    merchant_id=7,
    trace=9,
    reference="mock00001iyzihostrfn",
    auth_code="235467",
    amount_e8=30_599_401,
    currency="TRY",
)


@pytest.mark.parametrize(
    ("is_capture", "operation"), [(True, Operation.SALE), (False, Operation.AUTHORIZATION)]
)
async def test_authorize_message(*, is_capture: bool, operation: Operation) -> None:
    """Everything that was asked reaches the bank, the card among it."""
    line = FilledLine(bank_host().handle)
    await SimulatorAcquirer(simulator_config(), line).authorize(sale(line, is_capture=is_capture))
    request = decode_request(line.sent[0])
    assert request.operation == operation
    assert (request.trace, request.amount_e8, request.currency) == (11_441_121, 120_000_000, "TRY")
    assert (request.installments, request.expiry) == (3, "3012")
    assert (request.pan, request.cvv) == ("5528790000000008", "987")


async def test_begin_message() -> None:
    """A begin names the order by merchant and payment, and carries the number without the CVV."""
    line = FilledLine(bank_host().handle)
    ask = BeginAsk(
        merchant_id=7,
        merchant_name="Kitapçı",
        payment_number=11_441_120,
        card=line.hold("5528790000000008", cvv="987"),
        amount_e8=120_000_000,
        currency="TRY",
        installments=3,
        language="en",
        return_url="https://pay.example/3ds/return/simulator",
    )
    await SimulatorAcquirer(simulator_config(), line).begin(ask)
    request = decode_request(line.sent[0])
    assert request.operation == Operation.BEGIN
    assert (request.trace, request.amount_e8, request.currency) == (11_441_120, 120_000_000, "TRY")
    assert (request.installments, request.expiry) == (3, "3012")
    assert (request.pan, request.cvv) == ("5528790000000008", "")
    assert request.begin == Begin(
        merchant_name="Kitapçı",
        language="en",
        return_url="https://pay.example/3ds/return/simulator",
    )


async def test_authorize_message_with_a_proof() -> None:
    """What the bank gave for the authentication goes back to it; without one nothing is said."""
    line = FilledLine(bank_host().handle)
    acquirer = SimulatorAcquirer(simulator_config(), line)
    result = AuthenticationResult(md_status=1, transaction_id="i", eci="05", cavv="c")
    await acquirer.authorize(sale(line, authentication=result))
    await acquirer.authorize(sale(line))
    proof = Proof(transaction_id="i", eci="05", cavv="c")
    assert [decode_request(message).proof for message in line.sent] == [proof, None]
    assert b"proof" not in line.sent[1]


@pytest.mark.parametrize("operation", [Operation.CAPTURE, Operation.VOID, Operation.REFUND])
async def test_follow_up_message(operation: Operation) -> None:
    """A follow-up names the approval by its reference and carries no card."""
    line = FilledLine(bank_host().handle)
    acquirer = SimulatorAcquirer(simulator_config(), line)
    await getattr(acquirer, operation.value)(REFUND)
    request = decode_request(line.sent[0])
    assert request.operation == operation
    assert (request.trace, request.amount_e8, request.currency) == (9, 30_599_401, "TRY")
    assert (request.reference, request.pan, request.cvv) == ("mock00001iyzihostrfn", "", "")


async def test_unreadable_request_is_unknown() -> None:
    """A format error that names no trace settles nothing."""
    line = FilledLine(bank_host().handle)
    answer = await SimulatorAcquirer(simulator_config(), line).authorize(sale(line, currency="try"))
    assert isinstance(answer, Unknown)


async def test_dead_line_is_tried_twice() -> None:
    """After two sends that never left, the decline says that it is not the bank's word."""
    line = FilledLine(bank_host().handle)
    line.failures.extend(LineFailure("refused", is_sent=False) for _ in range(5))
    answer = await SimulatorAcquirer(simulator_config(), line).refund(REFUND)
    assert answer == Declined(reason=DeclineReason.COMMUNICATION_ERROR, code=NOT_SENT)
    assert len(line.templates) == 2


def test_name_is_a_setting() -> None:
    """Attempts are recorded under the configured name."""
    line = FilledLine(bank_host().handle)
    assert SimulatorAcquirer(simulator_config("second"), line).name == "second"
    assert SimulatorAcquirer(simulator_config(), line).name == "simulator"


def test_key_is_not_printed() -> None:
    """Neither the settings nor the adapter show the key."""
    config = simulator_config()
    acquirer = SimulatorAcquirer(config, FilledLine(bank_host().handle))
    assert RETURN_KEY.decode() not in f"{config!r} {config} {acquirer!r}"
    assert repr(config) == "SimulatorConfig('simulator', seed='vezne')"
