"""What a chargeback makes of a payment: the cardholder's bank has taken money back."""

import msgspec

from vezne.core.follow_ups import plan_refund
from vezne.core.payment import Chargeback, Payment, PaymentState
from vezne.core.refusal import Reason, Refusal


def charge_back(payment: Payment, amount_e8: int | None, reference: str, now_ms: int) -> Payment:
    """The payment after an amount of it, None for all that is left, was taken back.

    It is spread over the lines in basket order, and borne as a refund is. Raises Refusal:
    REFERENCE_TAKEN when the reference was recorded before, STATE_UNSUITABLE where no money was
    taken or none is left, OPERATION_IN_FLIGHT while a refund may be on its way,
    AMOUNT_EXCEEDS_REMAINDER.
    """
    if reference and any(item.reference == reference for item in payment.chargebacks):
        raise Refusal(Reason.REFERENCE_TAKEN)
    if payment.state is not PaymentState.CAPTURED:
        raise Refusal(Reason.STATE_UNSUITABLE)
    if payment.open_attempt is not None:
        raise Refusal(Reason.OPERATION_IN_FLIGHT)
    left_e8 = payment.still_charged_e8
    if not left_e8:
        raise Refusal(Reason.STATE_UNSUITABLE)
    parts = plan_refund(payment, left_e8 if amount_e8 is None else amount_e8)
    taken = [
        Chargeback(
            line_number=line_number,
            amount_e8=part_e8,
            reference=reference,
            charged_back_ms=now_ms,
        )
        for line_number, part_e8 in parts
    ]
    return msgspec.structs.replace(
        payment,
        version=payment.version + 1,
        chargebacks=(*payment.chargebacks, *taken),
    )
