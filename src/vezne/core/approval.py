"""What a marketplace decides about a line of a payment: who sold it, and that it may be paid out.

Both are refused while the bank has not answered: whoever waits for the answer has read the payment
as it is.
"""

import msgspec

from vezne.core.answer import Risk
from vezne.core.payment import Payment, PaymentState
from vezne.core.pricing import with_sub_merchant_price
from vezne.core.refusal import Reason, Refusal


def approve_line(payment: Payment, line_number: int) -> Payment:
    """The payment whose line may be paid out; the very same one when it could be already.

    Raises Refusal: LINE_NOT_FOUND, OPERATION_IN_FLIGHT, STATE_UNSUITABLE unless the payment is
    captured, accepted by the fraud filter, and the line has a sub-merchant.
    """
    _check_approvable(payment, line_number)
    if line_number in payment.approved_lines:
        return payment
    return _with_approvals(payment, (*payment.approved_lines, line_number))


def disapprove_line(payment: Payment, line_number: int) -> Payment:
    """The payment whose line waits for approval again; the very same one when it does already.

    What was paid out of it meanwhile is set off against the next payout. Raises as `approve_line`.
    """
    _check_approvable(payment, line_number)
    if line_number not in payment.approved_lines:
        return payment
    return _with_approvals(
        payment, tuple(number for number in payment.approved_lines if number != line_number)
    )


def give_line(
    payment: Payment, line_number: int, sub_merchant: str, sub_merchant_price_e8: int
) -> Payment:
    """The payment with a line that another sub-merchant has sold, or for another part of it.

    Raises Refusal: LINE_NOT_FOUND, OPERATION_IN_FLIGHT, STATE_UNSUITABLE unless the payment holds
    money of which the line's is not payable yet, SUB_MERCHANT_PRICE_TOO_HIGH.
    """
    place = payment.line_index(line_number)
    _check_quiet(payment)
    is_holding = payment.state in (PaymentState.AUTHORIZED, PaymentState.CAPTURED)
    if not is_holding or not payment.lines:
        raise Refusal(Reason.STATE_UNSUITABLE)
    line = payment.lines[place]
    is_own_and_due = line.sub_merchant is None and payment.matured_ms is not None
    if is_own_and_due or line_number in payment.approved_lines:
        raise Refusal(Reason.STATE_UNSUITABLE)
    if sub_merchant_price_e8 > payment.pricing.lines[place].paid_e8:
        raise Refusal(Reason.SUB_MERCHANT_PRICE_TOO_HIGH)
    given = msgspec.structs.replace(line, sub_merchant=sub_merchant)
    return msgspec.structs.replace(
        payment,
        version=payment.version + 1,
        lines=(*payment.lines[:place], given, *payment.lines[place + 1 :]),
        pricing=with_sub_merchant_price(
            payment.pricing, place, sub_merchant_price_e8, payment.line_split
        ),
    )


def _check_approvable(payment: Payment, line_number: int) -> None:
    place = payment.line_index(line_number)
    _check_quiet(payment)
    is_payable = payment.state is PaymentState.CAPTURED and payment.risk is Risk.ACCEPTED
    if not is_payable or not payment.lines or payment.lines[place].sub_merchant is None:
        raise Refusal(Reason.STATE_UNSUITABLE)


def _check_quiet(payment: Payment) -> None:
    if payment.open_attempt is not None:
        raise Refusal(Reason.OPERATION_IN_FLIGHT)


def _with_approvals(payment: Payment, lines: tuple[int, ...]) -> Payment:
    return msgspec.structs.replace(payment, version=payment.version + 1, approved_lines=lines)
