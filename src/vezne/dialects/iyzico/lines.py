"""The lines of a payment, as this door writes them.

Lines are most of a payment's answer. They are written straight into text: a record for each and an
encoder over its thirty amounts would take half as long again.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from vezne.core.answer import Risk
from vezne.core.calendar import local_text
from vezne.core.money import UNIT, apply_rate, divide_half_up, share
from vezne.core.payment import Payment
from vezne.core.pricing import PricedLine
from vezne.dialects.iyzico.decimals import Notation
from vezne.dialects.iyzico.endpoint import Call
from vezne.dialects.iyzico.shapes import Amount, Basic

# A line of an accepted payment is payable at once, unless it waits for a marketplace's approval.
TRANSACTION_STATUS: Final = {Risk.ACCEPTED: 2, Risk.REVIEW: 0, Risk.REJECTED: -1}
_WAITING: Final = 1
_PERCENT: Final = 100

_LINE: Final = (
    '{%s"paymentTransactionId":"%d","transactionStatus":%d,"price":%s,"paidPrice":%s,'
    '"merchantCommissionRate":%s,"merchantCommissionRateAmount":%s,'
    '"iyziCommissionRateAmount":%s,"iyziCommissionFee":%s,'
    '"blockageRate":%s,"blockageRateAmountMerchant":%s,"blockageRateAmountSubMerchant":%s,'
    '"blockageResolvedDate":"%s",%s"subMerchantPrice":%s,"subMerchantPayoutRate":%s,'
    '"subMerchantPayoutAmount":%s,"merchantPayoutAmount":%s,"convertedPayout":%s}'
)
_ITEM_ID: Final = '"itemId":%s,'
_SELLER: Final = '"subMerchantKey":%s,'
_CONVERTED: Final = (
    '{"paidPrice":%s,"iyziCommissionRateAmount":%s,"iyziCommissionFee":%s,'
    '"blockageRateAmountMerchant":%s,"blockageRateAmountSubMerchant":%s,'
    '"subMerchantPayoutAmount":%s,"merchantPayoutAmount":%s,'
    '"iyziConversionRate":0,"iyziConversionRateAmount":0,"currency":"%s"}'
)
_encoder: Final = msgspec.json.Encoder()


def item_transactions(
    call: Call[Basic], payment: Payment, sent: Sequence[Amount] | None
) -> list[msgspec.Raw]:
    """The objects of `itemTransactions`, in basket order. `sent` has the prices of the request."""
    notation, pricing = call.desk.notation, payment.pricing
    amount, constant = notation.amount, notation.constant
    is_home = payment.currency == payment.settlement_currency
    # What every line has in common.
    rate = amount(pricing.markup_percent_e8)
    blockage_rate = amount(pricing.blockage_rate_e8 * _PERCENT)
    released = local_text(payment.blockage_resolved_ms)
    transactions: list[msgspec.Raw] = []
    for place, line in enumerate(pricing.lines):
        figures = _figures(notation, line)
        paid, commission, fee, blockage, _, _, payout = figures
        settled = figures if is_home else _figures(notation, _settled(call, payment, line))
        item = payment.lines[place] if payment.lines else None
        text = _LINE % (
            _ITEM_ID % _quoted(item.item_id) if item else "",
            payment.number + 1 + place,
            transaction_status(payment, place),
            notation.echo(line.price_e8, sent[place] if sent else None),
            paid,
            rate,
            amount(line.paid_e8 - line.price_e8),
            commission,
            fee,
            blockage_rate,
            blockage,
            constant(line.sub_merchant_blockage_e8),
            released,
            _SELLER % _quoted(item.sub_merchant) if item and item.sub_merchant else "",
            constant(line.sub_merchant_price_e8),
            amount(_payout_rate_e8(line)),
            constant(line.sub_merchant_payout_e8),
            payout,
            _CONVERTED % (*settled, payment.settlement_currency),
        )
        transactions.append(msgspec.Raw(text))
    return transactions


def transaction_status(payment: Payment, place: int) -> int:
    """The `transactionStatus` of a line: 1 while it waits for a marketplace's approval."""
    is_sold_for_another = bool(payment.lines) and payment.lines[place].sub_merchant is not None
    if is_sold_for_another and payment.risk is Risk.ACCEPTED:
        number = payment.line_numbers[place]
        return TRANSACTION_STATUS[payment.risk] if number in payment.approved_lines else _WAITING
    return TRANSACTION_STATUS[payment.risk]


def _quoted(text: str) -> str:
    return _encoder.encode(text).decode()


def _figures(notation: Notation, line: PricedLine) -> tuple[str, ...]:
    """The figures of a line that are shown a second time as a payout, in the order of the wire."""
    amount = notation.amount
    return (
        amount(line.paid_e8),
        amount(line.commission_e8),
        amount(line.fee_e8),
        amount(line.blockage_e8),
        amount(line.sub_merchant_blockage_e8),
        amount(line.sub_merchant_payout_e8),
        amount(line.payout_e8),
    )


def _payout_rate_e8(line: PricedLine) -> int:
    """What part of its price a line pays to the sub-merchant, in per cent."""
    price_e8 = line.sub_merchant_price_e8
    return share(price_e8, _PERCENT * UNIT, line.price_e8) if price_e8 else 0


def _settled(call: Call[Basic], payment: Payment, line: PricedLine) -> PricedLine:
    """A line of a foreign payment with its figures in the settlement currency.

    Everything is converted but the fee, which is agreed in the settlement currency.
    """
    rate_e8 = payment.pricing.exchange_rate_e8
    return msgspec.structs.replace(
        line,
        paid_e8=apply_rate(line.paid_e8, rate_e8),
        commission_e8=apply_rate(line.commission_e8, rate_e8),
        fee_e8=share(_agreed_fee_e8(call, payment), line.price_e8, payment.price_e8),
        blockage_e8=apply_rate(line.blockage_e8, rate_e8),
        sub_merchant_blockage_e8=apply_rate(line.sub_merchant_blockage_e8, rate_e8),
        sub_merchant_payout_e8=apply_rate(line.sub_merchant_payout_e8, rate_e8),
        payout_e8=apply_rate(line.payout_e8, rate_e8),
    )


def _agreed_fee_e8(call: Call[Basic], payment: Payment) -> int:
    """The fee of a foreign payment in the settlement currency.

    That of the merchant's plan, unless the plan has changed since: then the fee that was taken,
    converted back.
    """
    pricing, plan = payment.pricing, call.merchant.settings.plan
    if divide_half_up(plan.fee_e8 * UNIT, pricing.exchange_rate_e8) == pricing.fee_e8:
        return plan.fee_e8
    return apply_rate(pricing.fee_e8, pricing.exchange_rate_e8)
