"""How a payment stands, in the one word that a person looks for in a list."""

import enum
from collections.abc import Mapping
from typing import Final

from vezne.core.answer import Risk
from vezne.core.payment import Payment, PaymentState


class Standing(enum.StrEnum):
    """The payment's state, its risk and what was taken back of it, together.

    A payment is uncertain as long as the bank owes an answer about it, and under review as long as
    somebody has to decide on it.
    """

    AUTHENTICATING = "authenticating"
    PENDING = "pending"
    UNCERTAIN = "uncertain"
    REVIEW = "review"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"
    VOIDED = "voided"
    DECLINED = "declined"
    UNAUTHENTICATED = "unauthenticated"
    REJECTED = "rejected"


class Tone(enum.StrEnum):
    """The colour of a standing: green, red, amber or grey."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "open"
    OVER = "over"


TONES: Final[Mapping[Standing, Tone]] = {
    Standing.AUTHENTICATING: Tone.OPEN,
    Standing.PENDING: Tone.OPEN,
    Standing.UNCERTAIN: Tone.OPEN,
    Standing.REVIEW: Tone.OPEN,
    Standing.AUTHORIZED: Tone.GOOD,
    Standing.CAPTURED: Tone.GOOD,
    Standing.PARTLY_REFUNDED: Tone.GOOD,
    Standing.REFUNDED: Tone.OVER,
    Standing.CHARGED_BACK: Tone.BAD,
    Standing.VOIDED: Tone.OVER,
    Standing.DECLINED: Tone.BAD,
    Standing.UNAUTHENTICATED: Tone.BAD,
    Standing.REJECTED: Tone.BAD,
}

_BY_STATE: Final[Mapping[PaymentState, Standing]] = {
    PaymentState.AUTHENTICATING: Standing.AUTHENTICATING,
    PaymentState.UNAUTHENTICATED: Standing.UNAUTHENTICATED,
    PaymentState.PENDING: Standing.PENDING,
    PaymentState.AUTHORIZED: Standing.AUTHORIZED,
    PaymentState.CAPTURED: Standing.CAPTURED,
    PaymentState.DECLINED: Standing.DECLINED,
    PaymentState.UNCERTAIN: Standing.UNCERTAIN,
    PaymentState.VOIDED: Standing.VOIDED,
}
_REVIEW: Final = Risk.REVIEW
_REJECTED: Final = Risk.REJECTED
_CHARGED: Final = frozenset({PaymentState.AUTHORIZED, PaymentState.CAPTURED})


def standing_of(payment: Payment) -> Standing:
    """How a payment stands."""
    if payment.state not in _CHARGED:
        is_rejected = payment.risk is _REJECTED and payment.state is PaymentState.VOIDED
        return Standing.REJECTED if is_rejected else _BY_STATE[payment.state]
    if payment.open_attempt is not None:
        return Standing.UNCERTAIN
    if payment.risk is _REVIEW:
        return Standing.REVIEW
    if payment.risk is _REJECTED:
        return Standing.REJECTED
    return _standing_of_charged(payment)


def _standing_of_charged(payment: Payment) -> Standing:
    if payment.chargebacks:
        return Standing.CHARGED_BACK
    if payment.refunds:
        is_left = payment.still_charged_e8 > 0
        return Standing.PARTLY_REFUNDED if is_left else Standing.REFUNDED
    return _BY_STATE[payment.state]
