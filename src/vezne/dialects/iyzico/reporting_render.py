"""A payment, and what the bank approved of it, as the reports show them."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec import UNSET, Raw

from vezne.core.attempt import Attempt, Operation, Outcome
from vezne.core.calendar import local_text
from vezne.core.payment import Payment, PaymentState, Refund
from vezne.dialects.iyzico import reporting_answers as answers
from vezne.dialects.iyzico.answers import PaymentAnswer
from vezne.dialects.iyzico.decimals import stripped_text
from vezne.dialects.iyzico.endpoint import Call
from vezne.dialects.iyzico.lines import transaction_status
from vezne.dialects.iyzico.render import payment_answer, phase
from vezne.dialects.iyzico.shapes import Basic
from vezne.flows.report import ListedOperation

_SUCCEEDED: Final = 1
_FAILED: Final = 2
_NEITHER: Final = 3
_STATUSES: Final[Mapping[PaymentState, int]] = {
    PaymentState.AUTHORIZED: _SUCCEEDED,
    PaymentState.CAPTURED: _SUCCEEDED,
    PaymentState.VOIDED: _SUCCEEDED,
    PaymentState.DECLINED: _FAILED,
    PaymentState.UNAUTHENTICATED: _FAILED,
    PaymentState.AUTHENTICATING: _NEITHER,
    PaymentState.PENDING: _NEITHER,
    PaymentState.UNCERTAIN: _NEITHER,
}
_ENTRIES: Final[Mapping[Operation, str]] = {
    Operation.AUTHORIZE: "PAYMENT",
    Operation.VOID: "CANCEL",
    Operation.REFUND: "REFUND",
}
_answer_decoder: Final = msgspec.json.Decoder(PaymentAnswer)
_line_decoder: Final = msgspec.json.Decoder(dict[str, Raw])
_encoder: Final = msgspec.json.Encoder()


def reported_payment(call: Call[Basic], payment: Payment) -> answers.ReportedPayment:
    """A payment with its voids, its lines and their refunds."""
    shown = _answer_decoder.decode(f"{{{payment_answer(call, payment)}}}")
    closed_ms = payment.attempts[-1].closed_ms if len(payment.attempts) > 1 else None
    return answers.ReportedPayment(
        payment_id=payment.number,
        payment_status=_STATUSES[payment.state],
        payment_refund_status=_refund_status(payment),
        price=shown.price,
        paid_price=shown.paid_price,
        installment=shown.installment,
        merchant_commission_rate=shown.merchant_commission_rate,
        merchant_commission_rate_amount=shown.merchant_commission_rate_amount,
        iyzi_commission_rate_amount=shown.iyzi_commission_rate_amount,
        iyzi_commission_fee=shown.iyzi_commission_fee,
        payment_conversation_id=payment.conversation_id or UNSET,
        fraud_status=shown.fraud_status,
        card_type=shown.card_type,
        card_association=shown.card_association,
        card_family=shown.card_family,
        card_token=shown.card_token,
        card_user_key=shown.card_user_key,
        bin_number=shown.bin_number,
        last_four_digits=shown.last_four_digits,
        basket_id=shown.basket_id,
        currency=payment.currency,
        auth_code=payment.auth_code or UNSET,
        three_ds=payment.authentication is not None,
        phase=shown.phase,
        md_status=shown.md_status,
        host_reference=payment.reference or UNSET,
        created_date=_local_zulu(payment.created_ms),
        updated_date=UNSET if closed_ms is None else _local_zulu(closed_ms),
        cancels=[
            _cancel(call, payment, attempt)
            for attempt in payment.attempts
            if (attempt.operation, attempt.outcome) == (Operation.VOID, Outcome.APPROVED)
        ],
        item_transactions=_reported_lines(call, payment, shown),
    )


def operation_rows(
    call: Call[Basic], listed: ListedOperation
) -> Iterator[answers.ReportedOperation]:
    """What the bank approved: one row for each line that it is about."""
    payment = listed.payment
    (attempt,) = (item for item in payment.attempts if item.number == listed.entry.attempt)
    if attempt.operation is Operation.REFUND:
        for refund in payment.refunds:
            if refund.attempt == attempt.number:
                yield _refund_row(call, listed, attempt, refund)
        return
    for place in range(len(payment.pricing.lines)):
        row = _row(call, listed, attempt, place)
        is_payment = attempt.operation is Operation.AUTHORIZE
        yield _payment_row(call, payment, row, place) if is_payment else row


def _row(
    call: Call[Basic], listed: ListedOperation, attempt: Attempt, place: int
) -> answers.ReportedOperation:
    """What the rows of all operations have, as the row of a void has it."""
    payment, notation = listed.payment, call.desk.notation
    return answers.ReportedOperation(
        transaction_type=_ENTRIES[attempt.operation],
        transaction_date=local_text(listed.entry.at_ms),
        transaction_id=attempt.number,
        payment_tx_id=payment.line_numbers[place],
        payment_id=payment.number,
        conversation_id=attempt.conversation_id or payment.conversation_id or UNSET,
        payment_phase=phase(payment),
        price=Raw(notation.amount(payment.pricing.lines[place].paid_e8)),
        paid_price=Raw(notation.amount(payment.paid_e8)),
        transaction_currency=payment.currency,
        installment=payment.installments,
        three_ds=int(payment.authentication is not None),
        settlement_currency=payment.settlement_currency,
        pos_order_id=f"mock-{payment.number}iyziord",
        auth_code=attempt.auth_code,
        host_reference=attempt.reference,
        basket_id=payment.basket_id or UNSET,
    )


def _payment_row(
    call: Call[Basic], payment: Payment, row: answers.ReportedOperation, place: int
) -> answers.ReportedOperation:
    notation, line = call.desk.notation, payment.pricing.lines[place]
    return msgspec.structs.replace(
        row,
        transaction_id=row.payment_tx_id,
        transaction_status=transaction_status(payment, place),
        price=Raw(notation.amount(line.price_e8)),
        paid_price=Raw(notation.amount(line.paid_e8)),
        iyzico_commission=Raw(notation.amount(line.commission_e8)),
        iyzico_fee=Raw(notation.amount(line.fee_e8)),
        parity=Raw(stripped_text(payment.pricing.exchange_rate_e8)),
        iyzico_conversion_amount=0,
        merchant_payout_amount=Raw(notation.amount(line.payout_e8)),
        sub_merchant_payout_amount=Raw(notation.amount(line.sub_merchant_payout_e8)),
    )


def _refund_row(
    call: Call[Basic], listed: ListedOperation, attempt: Attempt, refund: Refund
) -> answers.ReportedOperation:
    payment = listed.payment
    return msgspec.structs.replace(
        _row(call, listed, attempt, payment.line_index(refund.line_number)),
        after_settlement=int(_is_after_settlement(payment, refund)),
        price=Raw(call.desk.notation.amount(refund.amount_e8)),
    )


def _reported_lines(
    call: Call[Basic], payment: Payment, shown: PaymentAnswer
) -> list[dict[str, Raw]]:
    """The lines as a payment shows them, without the merchant's ids, and their refunds."""
    lines = []
    for number, text in zip(payment.line_numbers, shown.item_transactions, strict=True):
        line = _line_decoder.decode(text)
        line.pop("itemId", None)
        line["paymentTransactionId"] = Raw(str(number))
        line["blockageResolvedDate"] = Raw(f'"{_local_zulu(payment.blockage_resolved_ms)}"')
        refunds = [
            _refund(call, payment, refund)
            for refund in payment.refunds
            if refund.line_number == number
        ]
        line["refunds"] = Raw(_encoder.encode(refunds))
        lines.append(line)
    return lines


def _cancel(call: Call[Basic], payment: Payment, attempt: Attempt) -> answers.ReportedCancel:
    return answers.ReportedCancel(
        refund_id=attempt.number,
        cancel_conversation_id=attempt.conversation_id or payment.conversation_id or UNSET,
        refund_price=Raw(call.desk.notation.amount(attempt.amount_e8)),
        created_date=_local_zulu(attempt.closed_ms or attempt.created_ms),
        currency_code=payment.currency,
        auth_code=attempt.auth_code,
        host_reference=attempt.reference,
    )


def _refund(call: Call[Basic], payment: Payment, refund: Refund) -> answers.ReportedRefund:
    """A refund. Commission is not given back."""
    return answers.ReportedRefund(
        refund_tx_id=refund.attempt,
        refund_conversation_id=refund.conversation_id or UNSET,
        refund_price=Raw(call.desk.notation.amount(refund.amount_e8)),
        is_after_settlement=_is_after_settlement(payment, refund),
        created_date=_local_zulu(refund.refunded_ms),
        currency_code=payment.currency,
        auth_code=refund.auth_code,
        host_reference=refund.reference,
        iyzi_commission_rate_amount=Raw(call.desk.notation.amount(0)),
    )


def _is_after_settlement(payment: Payment, refund: Refund) -> bool:
    return payment.matured_ms is not None and payment.matured_ms <= refund.refunded_ms


def _refund_status(payment: Payment) -> str:
    """How much was given back; a void is all of it."""
    given_back_e8 = sum(refund.amount_e8 for refund in payment.refunds)
    whole_e8 = sum(line.paid_e8 for line in payment.pricing.lines)
    if payment.state is PaymentState.VOIDED or given_back_e8 >= whole_e8:
        return "TOTALLY_REFUNDED"
    return "PARTIALLY_REFUNDED" if given_back_e8 else "NOT_REFUNDED"


def _local_zulu(at_ms: int) -> str:
    """Istanbul's wall clock with the mark of Greenwich, as the live service writes it."""
    return f"{local_text(at_ms).replace(' ', 'T')}Z"
