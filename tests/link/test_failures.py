import pytest

from vezne.core.body import MalformedBody
from vezne.core.fault import FaultOnDemand
from vezne.core.ports import AuditFailure, CardGone, HoldingFull, LineFailure
from vezne.link.failures import Failure, RemoteFault, exception_from, failure_from


@pytest.mark.parametrize("kind", [AuditFailure, CardGone, HoldingFull, MalformedBody])
def test_what_the_ports_raise_is_raised_on_the_other_side(kind):
    """With its text, which is ours."""
    failure = failure_from(kind("no such stored card"))
    raised = exception_from(failure)
    assert type(raised) is kind
    assert str(raised) == "no such stored card"


def test_a_fault_on_demand_stays_one():
    """The edge tells it from a real one."""
    assert type(exception_from(failure_from(FaultOnDemand()))) is FaultOnDemand


@pytest.mark.parametrize("is_sent", [True, False])
def test_a_failed_line_says_what_the_bank_may_know(is_sent):
    """A payment is asked about or declined by this."""
    raised = exception_from(failure_from(LineFailure("refused", is_sent=is_sent)))
    assert isinstance(raised, LineFailure)
    assert (str(raised), raised.is_sent) == ("refused", is_sent)


def test_the_text_of_a_value_error_stays_behind():
    """It may quote the value, and the value may be a card number."""
    failure = failure_from(ValueError("invalid literal: '5528790000000008'"))
    assert failure == Failure("ValueError")
    assert type(exception_from(failure)) is ValueError


@pytest.mark.parametrize("error", [KeyError("5528790000000008"), UnicodeError("x"), OSError(5)])
def test_what_nobody_foresaw_has_no_text(error):
    """The log of its own process says more."""
    assert failure_from(error) is None


def test_an_unknown_kind_is_a_fault():
    """Whatever its name."""
    assert isinstance(exception_from(Failure("SystemExit", "x")), RemoteFault)
