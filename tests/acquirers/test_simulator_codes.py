"""The response codes of the built-in bank in the house's words."""

from vezne.acquirers.simulator.codes import DECLINES, NOT_SENT, RISKS
from vezne.core.answer import DeclineReason, Risk
from vezne.wire.simhost import FraudVerdict, ResponseCode


def test_every_code_but_approval_has_a_reason() -> None:
    """The map is total, and the code of an approval is no decline."""
    assert set(DECLINES) == set(ResponseCode) - {ResponseCode.APPROVED}


def test_every_reason_has_a_code() -> None:
    """No decline that the house knows is beyond the bank."""
    assert set(DECLINES.values()) == set(DeclineReason)


def test_reasons_bear_the_names_of_their_codes() -> None:
    """Where the two vocabularies differ, the difference is meant."""
    renamed = {code: reason for code, reason in DECLINES.items() if code.name != reason.name}
    assert renamed == {
        ResponseCode.CANCELLED_BY_CUSTOMER: DeclineReason.CANCELLED_BY_USER,
        ResponseCode.DUPLICATE_TRANSMISSION: DeclineReason.ALREADY_APPROVED,
        ResponseCode.FORMAT_ERROR: DeclineReason.PROCESSING_ERROR,
        ResponseCode.FUNCTION_NOT_SUPPORTED: DeclineReason.INVALID_TRANSACTION,
        ResponseCode.RECONCILE_ERROR: DeclineReason.NEEDS_DAY_END,
        ResponseCode.RECORD_NOT_FOUND: DeclineReason.INVALID_TRANSACTION,
        ResponseCode.RESPONSE_TOO_LATE: DeclineReason.REQUEST_TIMEOUT,
        ResponseCode.REVERSED: DeclineReason.REQUEST_TIMEOUT,
        ResponseCode.ROUTE_NOT_FOUND: DeclineReason.BIN_NOT_FOUND,
        ResponseCode.SYSTEM_MALFUNCTION: DeclineReason.COMMUNICATION_ERROR,
    }


def test_verdicts_map_one_to_one() -> None:
    """Every verdict of the fraud filter is a risk of the house, and the other way round."""
    assert set(RISKS) == set(FraudVerdict)
    assert sorted(RISKS.values()) == sorted(Risk)


def test_not_sent_is_no_word_of_the_bank() -> None:
    """What is recorded when nothing was sent cannot be taken for a response code."""
    assert NOT_SENT not in set(ResponseCode)
