"""A payment of the house as this door shows it."""

from json.encoder import encode_basestring as quoted
from typing import Final

from msgspec import UNSET, Raw

from vezne.core.answer import Risk
from vezne.core.payment import Payment, PaymentKind
from vezne.dialects.iyzico.answers import BasicPaymentAnswer, OptionalCount, OptionalText
from vezne.dialects.iyzico.auth import response_signature, signature_text
from vezne.dialects.iyzico.cards import PAYMENT_BIN_DIGITS, card_facts, token_text
from vezne.dialects.iyzico.decimals import Notation
from vezne.dialects.iyzico.endpoint import Call
from vezne.dialects.iyzico.lines import item_transactions
from vezne.dialects.iyzico.shapes import Basic, Charge
from vezne.dialects.iyzico.shapes import Payment as PaymentRequest

# What every payment passes by; see `core/payment.py` on names for members.
_SALE: Final = PaymentKind.SALE
FRAUD_STATUS: Final = {Risk.ACCEPTED: 1, Risk.REVIEW: 0, Risk.REJECTED: -1}


def payment_answer(
    call: Call[Basic],
    payment: Payment,
    sent: PaymentRequest | None = None,
    *,
    status: str | None = None,
) -> str:
    """The payment with its basket: the members of an `answers.PaymentAnswer`, written straight.

    `sent` makes it the answer to the request that paid.
    """
    notation, pricing = call.desk.notation, payment.pricing
    amount, payment_id, currency = notation.amount, str(payment.number), payment.currency
    price = notation.echo(payment.price_e8, sent.price if sent else None)
    paid = notation.echo(payment.paid_e8, sent.paid_price if sent else None)
    token, owner, basket = payment.card_token, payment.owner_key, payment.basket_id
    md_status = _md_status(payment)
    lines = item_transactions(call, payment, sent.basket_items if sent else None)
    signed = (
        payment_id,
        currency,
        basket or "",
        call.conversation_id or "",
        signature_text(paid),
        signature_text(price),
    )
    # Parts that an answer may lack.
    card_token = "" if token is None else f'"cardToken":"{token_text(token)}",'
    user_key = "" if owner is None else f'"cardUserKey":"{token_text(owner)}",'
    basket_id = f'"basketId":{quoted(basket)},' if basket else ""
    authenticated = "" if md_status is UNSET else f'"mdStatus":{md_status},'
    stood = "" if status is None else f',"paymentStatus":"{status}"'
    return (
        f'"price":{price},"paidPrice":{paid},"installment":{payment.installments},'
        f'"paymentId":"{payment_id}","fraudStatus":{FRAUD_STATUS[payment.risk]},'
        f'"merchantCommissionRate":{amount(pricing.markup_percent_e8)},'
        f'"merchantCommissionRateAmount":{_markup(notation, payment, sent)},'
        f'"iyziCommissionRateAmount":{amount(pricing.commission_e8)},'
        f'"iyziCommissionFee":{amount(pricing.fee_e8)}'
        f"{call.desk.bin_words.in_payment(payment.bin)},{card_token}{user_key}"
        f'"binNumber":"{payment.bin[:PAYMENT_BIN_DIGITS]}","lastFourDigits":"{payment.last4}",'
        f'{basket_id}"currency":"{currency}","itemTransactions":[{",".join(lines)}],'
        f'"authCode":{quoted(payment.auth_code)},"phase":"{phase(payment)}",{authenticated}'
        f'"hostReference":{quoted(payment.reference)},'
        f'"signature":"{response_signature(call.secret, signed)}"{stood}'
    )


def basic_payment_answer(
    call: Call[Basic],
    payment: Payment,
    sent: Charge | None = None,
    *,
    connector: str | None = None,
) -> BasicPaymentAnswer:
    """A payment without a basket. Such answers are not signed."""
    notation, pricing = call.desk.notation, payment.pricing
    facts = card_facts(call.desk.ports.bins.find(payment.bin), call.desk.switches)
    return BasicPaymentAnswer(
        price=Raw(notation.echo(payment.price_e8, sent.price if sent else None)),
        paid_price=Raw(notation.echo(payment.paid_e8, sent.paid_price if sent else None)),
        installment=payment.installments,
        currency=payment.currency,
        payment_id=str(payment.number),
        merchant_commission_rate=Raw(notation.amount(pricing.markup_percent_e8)),
        merchant_commission_rate_amount=Raw(_markup(notation, payment, sent)),
        iyzi_commission_fee=Raw(notation.amount(pricing.fee_e8)),
        card_type=facts.type,
        card_association=facts.association,
        card_family=facts.family,
        card_token=_token(payment.card_token),
        card_user_key=_token(payment.owner_key),
        bin_number=payment.bin[:PAYMENT_BIN_DIGITS],
        payment_transaction_id=str(payment.line_numbers[0]),
        auth_code=payment.auth_code,
        connector_name=connector or UNSET,
        phase=phase(payment),
        md_status=_md_status(payment),
    )


def phase(payment: Payment) -> str:
    """Which of the three operations the payment's money stands after."""
    if payment.kind is _SALE:
        return "AUTH"
    return "PRE_AUTH" if payment.captured_ms is None else "POST_AUTH"


def _md_status(payment: Payment) -> OptionalCount:
    authentication = payment.authentication
    if authentication is None or authentication.result is None:
        return UNSET
    return authentication.result.md_status


def _token(token: bytes | None) -> OptionalText:
    return UNSET if token is None else token_text(token)


def _markup(notation: Notation, payment: Payment, sent: Charge | None) -> str:
    """What the merchant added to the price."""
    markup_e8 = payment.paid_e8 - payment.price_e8
    if sent is None:
        return notation.amount(markup_e8)
    return notation.difference(markup_e8, sent.paid_price, sent.price)
