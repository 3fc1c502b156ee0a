"""How payments stand: each state, what the risk says, and what was taken back."""

import msgspec
import pytest

from fakes.records import AT_MS, attempt, payment
from vezne.core.answer import Risk
from vezne.core.attempt import Outcome
from vezne.core.payment import Chargeback, PaymentState, Refund
from vezne.core.standing import TONES, Standing, standing_of

STATES = {
    PaymentState.AUTHENTICATING: Standing.AUTHENTICATING,
    PaymentState.UNAUTHENTICATED: Standing.UNAUTHENTICATED,
    PaymentState.PENDING: Standing.PENDING,
    PaymentState.AUTHORIZED: Standing.AUTHORIZED,
    PaymentState.CAPTURED: Standing.CAPTURED,
    PaymentState.DECLINED: Standing.DECLINED,
    PaymentState.UNCERTAIN: Standing.UNCERTAIN,
    PaymentState.VOIDED: Standing.VOIDED,
}
CHARGED = (PaymentState.AUTHORIZED, PaymentState.CAPTURED)


def refunded(amount_e8):
    """A captured payment of one line, of which so much was given back."""
    record = payment(state=PaymentState.CAPTURED)
    refunds = tuple(
        Refund(
            attempt=1,
            line_number=number,
            amount_e8=amount_e8 or record.refundable_e8(number),
            reference="r",
            auth_code="a",
            refunded_ms=AT_MS,
        )
        for number in record.line_numbers
    )
    return msgspec.structs.replace(record, refunds=refunds)


@pytest.mark.parametrize("state", PaymentState)
def test_every_state_has_a_standing(state):
    """A new state is decided by whoever adds it, and its colour too."""
    standing = standing_of(payment(state=state))
    assert standing is STATES[state]
    assert standing in TONES


def test_every_standing_has_a_tone():
    assert set(TONES) == set(Standing)


@pytest.mark.parametrize("state", CHARGED)
def test_a_charged_payment_is_uncertain_while_the_bank_owes_an_answer(state):
    """Whatever else is known of it; a closed attempt leaves it where it stands."""
    open_one = payment(state=state, attempts=(attempt(),), risk=Risk.REVIEW)
    assert standing_of(open_one) is Standing.UNCERTAIN
    closed = payment(state=state, attempts=(attempt(outcome=Outcome.APPROVED),))
    assert standing_of(closed) is STATES[state]


@pytest.mark.parametrize("state", CHARGED)
def test_a_charged_payment_waits_for_a_decision_or_has_it(state):
    assert standing_of(payment(state=state, risk=Risk.REVIEW)) is Standing.REVIEW
    assert standing_of(payment(state=state, risk=Risk.REJECTED)) is Standing.REJECTED


def test_a_rejected_payment_stays_rejected_once_it_is_undone():
    """One that was merely undone is void; one that the bank declined is declined."""
    voided = payment(state=PaymentState.VOIDED, risk=Risk.REJECTED)
    assert standing_of(voided) is Standing.REJECTED
    declined = payment(state=PaymentState.DECLINED, risk=Risk.REJECTED)
    assert standing_of(declined) is Standing.DECLINED


def test_what_was_given_back_shows_until_nothing_is_left():
    assert standing_of(refunded(1)) is Standing.PARTLY_REFUNDED
    assert standing_of(refunded(None)) is Standing.REFUNDED


def test_a_chargeback_outweighs_refunds():
    charged_back = Chargeback(
        line_number=refunded(1).number + 1, amount_e8=1, reference="c", charged_back_ms=AT_MS
    )
    record = msgspec.structs.replace(refunded(1), chargebacks=(charged_back,))
    assert standing_of(record) is Standing.CHARGED_BACK
