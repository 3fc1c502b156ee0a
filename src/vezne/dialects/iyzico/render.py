"""A payment of the house as this door shows it."""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import UNSET

from vezne.core.answer import Risk
from vezne.core.calendar import local_text
from vezne.core.money import UNIT, apply_rate, divide_half_up, share
from vezne.core.payment import Payment, PaymentKind
from vezne.core.pricing import PricedLine
from vezne.dialects.iyzico.answers import (
    BasicPaymentAnswer,
    ConvertedPayout,
    ItemTransaction,
    OptionalText,
    PaymentAnswer,
)
from vezne.dialects.iyzico.auth import response_signature, signature_text
from vezne.dialects.iyzico.cards import PAYMENT_BIN_DIGITS, CardFacts, card_facts, token_text
from vezne.dialects.iyzico.decimals import Notation
from vezne.dialects.iyzico.endpoint import Call
from vezne.dialects.iyzico.shapes import Amount, Basic

FRAUD_STATUS: Final = {Risk.ACCEPTED: 1, Risk.REVIEW: 0, Risk.REJECTED: -1}
# A line of an accepted payment is payable at once: approval is for marketplaces.
TRANSACTION_STATUS: Final = {Risk.ACCEPTED: 2, Risk.REVIEW: 0, Risk.REJECTED: -1}
_PERCENT: Final = 100


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """The amounts of a request as they were written, for an answer that repeats their scale."""

    price: Amount
    paid: Amount
    lines: Sequence[Amount] = ()


def payment_answer(
    call: Call[Basic],
    payment: Payment,
    sent: Sent | None = None,
    *,
    status: OptionalText = UNSET,
) -> PaymentAnswer:
    """The payment with its basket. `sent` makes it the answer to the request that paid."""
    notation, pricing = call.desk.notation, payment.pricing
    facts = _facts(call, payment)
    price = notation.echo(payment.price_e8, sent.price if sent else None)
    paid = notation.echo(payment.paid_e8, sent.paid if sent else None)
    return PaymentAnswer(
        price=price,
        paid_price=paid,
        installment=payment.installments,
        payment_id=str(payment.number),
        fraud_status=FRAUD_STATUS[payment.risk],
        merchant_commission_rate=notation.amount(pricing.markup_percent_e8),
        merchant_commission_rate_amount=_markup(notation, payment, sent),
        iyzi_commission_rate_amount=notation.amount(pricing.commission_e8),
        iyzi_commission_fee=notation.amount(pricing.fee_e8),
        card_type=facts.type,
        card_association=facts.association,
        card_family=facts.family,
        card_token=_token(payment.card_token),
        card_user_key=_token(payment.owner_key),
        bin_number=payment.bin[:PAYMENT_BIN_DIGITS],
        last_four_digits=payment.last4,
        basket_id=payment.basket_id or UNSET,
        currency=payment.currency,
        item_transactions=_item_transactions(call, payment, sent),
        auth_code=payment.auth_code,
        phase=phase(payment),
        host_reference=payment.reference,
        signature=response_signature(
            call.secret,
            [
                str(payment.number),
                payment.currency,
                payment.basket_id,
                call.conversation_id,
                signature_text(paid),
                signature_text(price),
            ],
        ),
        payment_status=status,
    )


def basic_payment_answer(
    call: Call[Basic],
    payment: Payment,
    sent: Sent | None = None,
    *,
    connector: str | None = None,
) -> BasicPaymentAnswer:
    """A payment without a basket. Such answers are not signed."""
    notation, pricing = call.desk.notation, payment.pricing
    facts = _facts(call, payment)
    return BasicPaymentAnswer(
        price=notation.echo(payment.price_e8, sent.price if sent else None),
        paid_price=notation.echo(payment.paid_e8, sent.paid if sent else None),
        installment=payment.installments,
        currency=payment.currency,
        payment_id=str(payment.number),
        merchant_commission_rate=notation.amount(pricing.markup_percent_e8),
        merchant_commission_rate_amount=_markup(notation, payment, sent),
        iyzi_commission_fee=notation.amount(pricing.fee_e8),
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
    )


def phase(payment: Payment) -> str:
    """Which of the three operations the payment's money stands after."""
    if payment.kind is PaymentKind.SALE:
        return "AUTH"
    return "PRE_AUTH" if payment.captured_ms is None else "POST_AUTH"


def _facts(call: Call[Basic], payment: Payment) -> CardFacts:
    return card_facts(call.desk.ports.bins.find(payment.bin), call.desk.switches)


def _token(token: bytes | None) -> OptionalText:
    return UNSET if token is None else token_text(token)


def _markup(notation: Notation, payment: Payment, sent: Sent | None) -> msgspec.Raw:
    """What the merchant added to the price."""
    terms = None if sent is None else (sent.paid, sent.price)
    return notation.difference(payment.paid_e8 - payment.price_e8, terms)


def _item_transactions(
    call: Call[Basic], payment: Payment, sent: Sent | None
) -> list[ItemTransaction]:
    notation, pricing = call.desk.notation, payment.pricing
    amount, constant = notation.amount, notation.constant
    rate = amount(pricing.markup_percent_e8)
    blockage_rate = amount(pricing.blockage_rate_e8 * _PERCENT)
    released = local_text(payment.blockage_resolved_ms)
    status = TRANSACTION_STATUS[payment.risk]
    is_home = payment.currency == payment.settlement_currency
    numbers = payment.line_numbers
    transactions: list[ItemTransaction] = []
    for place, line in enumerate(pricing.lines):
        figures = _payout(notation, line, payment.currency)
        settled = figures if is_home else _settled_payout(call, payment, line)
        sub_price_e8 = line.sub_merchant_price_e8
        sub_rate_e8 = share(sub_price_e8, _PERCENT * UNIT, line.price_e8) if sub_price_e8 else 0
        transactions.append(
            ItemTransaction(
                item_id=payment.lines[place].item_id if payment.lines else UNSET,
                payment_transaction_id=str(numbers[place]),
                transaction_status=status,
                price=notation.echo(line.price_e8, sent.lines[place] if sent else None),
                paid_price=figures.paid_price,
                merchant_commission_rate=rate,
                merchant_commission_rate_amount=amount(line.paid_e8 - line.price_e8),
                iyzi_commission_rate_amount=figures.iyzi_commission_rate_amount,
                iyzi_commission_fee=figures.iyzi_commission_fee,
                blockage_rate=blockage_rate,
                blockage_rate_amount_merchant=figures.blockage_rate_amount_merchant,
                blockage_rate_amount_sub_merchant=constant(line.sub_merchant_blockage_e8),
                blockage_resolved_date=released,
                sub_merchant_price=constant(sub_price_e8),
                sub_merchant_payout_rate=amount(sub_rate_e8),
                sub_merchant_payout_amount=constant(line.sub_merchant_payout_e8),
                merchant_payout_amount=figures.merchant_payout_amount,
                converted_payout=settled,
            )
        )
    return transactions


def _payout(notation: Notation, line: PricedLine, currency: str) -> ConvertedPayout:
    """The figures of a line that are shown a second time as a payout."""
    amount = notation.amount
    return ConvertedPayout(
        paid_price=amount(line.paid_e8),
        iyzi_commission_rate_amount=amount(line.commission_e8),
        iyzi_commission_fee=amount(line.fee_e8),
        blockage_rate_amount_merchant=amount(line.blockage_e8),
        blockage_rate_amount_sub_merchant=amount(line.sub_merchant_blockage_e8),
        sub_merchant_payout_amount=amount(line.sub_merchant_payout_e8),
        merchant_payout_amount=amount(line.payout_e8),
        currency=currency,
    )


def _settled_payout(call: Call[Basic], payment: Payment, line: PricedLine) -> ConvertedPayout:
    """The figures of a line of a foreign payment in the settlement currency.

    Everything is converted but the fee, which is agreed in the settlement currency.
    """
    rate_e8 = payment.pricing.exchange_rate_e8
    settled = msgspec.structs.replace(
        line,
        paid_e8=apply_rate(line.paid_e8, rate_e8),
        commission_e8=apply_rate(line.commission_e8, rate_e8),
        fee_e8=share(_agreed_fee_e8(call, payment), line.price_e8, payment.price_e8),
        blockage_e8=apply_rate(line.blockage_e8, rate_e8),
        sub_merchant_blockage_e8=apply_rate(line.sub_merchant_blockage_e8, rate_e8),
        sub_merchant_payout_e8=apply_rate(line.sub_merchant_payout_e8, rate_e8),
        payout_e8=apply_rate(line.payout_e8, rate_e8),
    )
    return _payout(call.desk.notation, settled, payment.settlement_currency)


def _agreed_fee_e8(call: Call[Basic], payment: Payment) -> int:
    """The fee of a foreign payment in the settlement currency.

    That of the merchant's plan, unless the plan has changed since: then the fee that was taken,
    converted back.
    """
    pricing, plan = payment.pricing, call.merchant.settings.plan
    if divide_half_up(plan.fee_e8 * UNIT, pricing.exchange_rate_e8) == pricing.fee_e8:
        return plan.fee_e8
    return apply_rate(pricing.fee_e8, pricing.exchange_rate_e8)
