"""How a payment turned out, in the words that charge-like answers have for it."""

from typing import Final

import msgspec

from vezne.core.answer import Risk
from vezne.core.payment import Payment, PaymentState
from vezne.dialects.paynet import errors
from vezne.dialects.paynet.declines import DECLINES
from vezne.dialects.paynet.errors import Error, Failure

_APPROVED: Final = frozenset({PaymentState.AUTHORIZED, PaymentState.CAPTURED, PaymentState.VOIDED})
_UNAUTHENTICATED: Final = frozenset({PaymentState.AUTHENTICATING, PaymentState.UNAUTHENTICATED})
_FRAUD: Final = "6001"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The result, and the fields that say why where it is no success."""

    result: Error
    is_succeed: bool = False
    paynet_error_id: str = ""
    paynet_error_message: str = ""
    bank_error_id: str = ""
    bank_error_message: str = ""
    bank_error_short_desc: str = ""
    bank_error_long_desc: str = ""


def is_approved(payment: Payment) -> bool:
    """Whether the bank took or reserved the money, whatever was undone later."""
    return payment.state in _APPROVED and payment.risk is not Risk.REJECTED


def outcome_of(payment: Payment | None, language: str, *, is_repeat: bool = False) -> Outcome:
    """The outcome of a payment; None is one whose cardholder was never sent to the bank.

    Raises Failure(TIMED_OUT) where the bank has not said.
    """
    if payment is None:
        return _failed(errors.THREEDS_FAILED, None, language)
    if is_approved(payment):
        result = errors.ALREADY_SUCCESSFUL if is_repeat else errors.SUCCESSFUL
        return Outcome(result=result, is_succeed=True)
    if payment.state in {PaymentState.PENDING, PaymentState.UNCERTAIN}:
        raise Failure(errors.TIMED_OUT)
    if payment.state in _UNAUTHENTICATED:
        return _failed(errors.THREEDS_FAILED, payment, language)
    return _failed(errors.UNSUCCESSFUL, payment, language)


def _failed(result: Error, payment: Payment | None, language: str) -> Outcome:
    why = errors.message(result, language)
    outcome = Outcome(result=result, paynet_error_id=str(result.code), paynet_error_message=why)
    if payment is None:
        return outcome
    if payment.risk is Risk.REJECTED:
        return msgspec.structs.replace(outcome, paynet_error_id=_FRAUD)
    if payment.decline_reason is None:
        return outcome
    decline = DECLINES[payment.decline_reason]
    short = payment.decline_reason.value.replace("_", " ")
    return msgspec.structs.replace(
        outcome,
        paynet_error_message=f"{why}: {short if language == 'en' else decline.text}",
        bank_error_id=decline.code,
        bank_error_message=decline.text,
        bank_error_short_desc=short,
        bank_error_long_desc=decline.text,
    )
