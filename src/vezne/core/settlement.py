"""When a captured payment's money becomes its parties'."""

import msgspec

from vezne.core.answer import Risk
from vezne.core.payment import Payment, PaymentState


def settle(payment: Payment, now_ms: int) -> Payment:
    """The payment once its value time, and the end of its blockage, have come.

    The very same payment when neither has, or nothing is left to become due. The money of a payment
    that is under review, or rejected, waits.
    """
    is_captured = payment.state is PaymentState.CAPTURED and payment.risk is Risk.ACCEPTED
    if not is_captured or payment.value_ms is None:
        return payment
    changes: dict[str, int] = {}
    if payment.matured_ms is None and payment.value_ms <= now_ms:
        changes["matured_ms"] = now_ms
    if payment.released_ms is None and payment.blockage_resolved_ms <= now_ms:
        changes["released_ms"] = now_ms
    if not changes:
        return payment
    return msgspec.structs.replace(payment, version=payment.version + 1, **changes)
