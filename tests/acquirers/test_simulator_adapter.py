"""The adapter of the built-in bank, beyond what every acquirer must keep to."""

import pytest

from fakes.card_line import FilledLine
from simbank.host import Host
from vezne.acquirers.simulator.adapter import SimulatorAcquirer
from vezne.acquirers.simulator.codes import NOT_SENT
from vezne.acquirers.simulator.config import SimulatorConfig
from vezne.core.answer import Declined, DeclineReason, Unknown
from vezne.core.ports import AuthorizeAsk, FollowUpAsk, LineFailure
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
    line = FilledLine(Host("a").handle)
    await SimulatorAcquirer(SimulatorConfig(), line).authorize(sale(line, is_capture=is_capture))
    request = decode_request(line.sent[0])
    assert request.operation == operation
    assert (request.trace, request.amount_e8, request.currency) == (11_441_121, 120_000_000, "TRY")
    assert (request.installments, request.expiry) == (3, "3012")
    assert (request.pan, request.cvv) == ("5528790000000008", "987")


@pytest.mark.parametrize("operation", [Operation.CAPTURE, Operation.VOID, Operation.REFUND])
async def test_follow_up_message(operation: Operation) -> None:
    """A follow-up names the approval by its reference and carries no card."""
    line = FilledLine(Host("a").handle)
    acquirer = SimulatorAcquirer(SimulatorConfig(), line)
    await getattr(acquirer, operation.value)(REFUND)
    request = decode_request(line.sent[0])
    assert request.operation == operation
    assert (request.trace, request.amount_e8, request.currency) == (9, 30_599_401, "TRY")
    assert (request.reference, request.pan, request.cvv) == ("mock00001iyzihostrfn", "", "")


async def test_unreadable_request_is_unknown() -> None:
    """A format error that names no trace settles nothing."""
    line = FilledLine(Host("a").handle)
    answer = await SimulatorAcquirer(SimulatorConfig(), line).authorize(sale(line, currency="try"))
    assert isinstance(answer, Unknown)


async def test_dead_line_is_tried_twice() -> None:
    """After two sends that never left, the decline says that it is not the bank's word."""
    line = FilledLine(Host("a").handle)
    line.failures.extend(LineFailure("refused", is_sent=False) for _ in range(5))
    answer = await SimulatorAcquirer(SimulatorConfig(), line).refund(REFUND)
    assert answer == Declined(reason=DeclineReason.COMMUNICATION_ERROR, code=NOT_SENT)
    assert len(line.templates) == 2


def test_name_is_a_setting() -> None:
    """Attempts are recorded under the configured name."""
    line = FilledLine(Host("a").handle)
    assert SimulatorAcquirer(SimulatorConfig(name="second"), line).name == "second"
    assert SimulatorAcquirer(SimulatorConfig(), line).name == "simulator"
