"""The lines of a payment, as this door writes them.

Lines are most of a payment's answer. They are written straight into text: a record for each and an
encoder over its thirty amounts would take half as long again.
"""

from collections.abc import Callable, Sequence
from json.encoder import encode_basestring as quoted
from typing import Final

import msgspec

from vezne.core.answer import Risk
from vezne.core.calendar import local_text
from vezne.core.money import UNIT, apply_rate, divide_half_up, share
from vezne.core.payment import Payment
from vezne.core.pricing import PricedLine
from vezne.dialects.iyzico.decimals import Notation
from vezne.dialects.iyzico.endpoint import Call
from vezne.dialects.iyzico.shapes import Basic, BasketItem

# A line of an accepted payment is payable at once, unless it waits for a marketplace's approval.
TRANSACTION_STATUS: Final = {Risk.ACCEPTED: 2, Risk.REVIEW: 0, Risk.REJECTED: -1}
_WAITING: Final = 1
_PERCENT: Final = 100


def item_transactions(
    call: Call[Basic], payment: Payment, sent: Sequence[BasketItem] | None
) -> list[str]:
    """The objects of `itemTransactions`, in basket order. `sent` are the lines of the request."""
    notation, pricing = call.desk.notation, payment.pricing
    amount, currency = notation.amount, payment.settlement_currency
    is_home = payment.currency == currency
    # What every line has in common, and what all have that are no seller's.
    usual_status = str(TRANSACTION_STATUS[payment.risk])
    rate = amount(pricing.markup_percent_e8)
    blockage_rate = amount(pricing.blockage_rate_e8 * _PERCENT)
    released = local_text(payment.blockage_resolved_ms)
    nothing, zero = amount(0), notation.constant(0)
    unsold = _seller_part("", released, (zero, zero, nothing, zero))
    first = payment.number + 1
    transactions: list[str] = []
    for place, line in enumerate(pricing.lines):
        item_id, seller, status, whose = "", "", usual_status, unsold
        if payment.lines:
            item = payment.lines[place]
            item_id = f'"itemId":{quoted(item.item_id)},'
            if item.sub_merchant:
                seller = f'"subMerchantKey":{quoted(item.sub_merchant)},'
                status = str(transaction_status(payment, place))
        if seller or line.sub_merchant_price_e8:
            whose = _seller_part(seller, released, _seller_figures(notation, line))
        figures = _figures(amount, line)
        paid, commission, fee, blockage, _, _, payout = figures
        settled = figures if is_home else _figures(amount, _settled(call, payment, line))
        transactions.append(
            f'{{{item_id}"paymentTransactionId":"{first + place}","transactionStatus":{status},'
            f'"price":{notation.echo(line.price_e8, sent[place].price if sent else None)},'
            f'"paidPrice":{paid},"merchantCommissionRate":{rate},'
            f'"merchantCommissionRateAmount":{amount(line.paid_e8 - line.price_e8)},'
            f'"iyziCommissionRateAmount":{commission},"iyziCommissionFee":{fee},'
            f'"blockageRate":{blockage_rate},"blockageRateAmountMerchant":{blockage},{whose}'
            f'"merchantPayoutAmount":{payout},"convertedPayout":{_converted(settled, currency)}}}'
        )
    return transactions


def transaction_status(payment: Payment, place: int) -> int:
    """The `transactionStatus` of a line: 1 while it waits for a marketplace's approval."""
    is_sold_for_another = bool(payment.lines) and payment.lines[place].sub_merchant is not None
    if is_sold_for_another and payment.risk is Risk.ACCEPTED:
        number = payment.line_numbers[place]
        return TRANSACTION_STATUS[payment.risk] if number in payment.approved_lines else _WAITING
    return TRANSACTION_STATUS[payment.risk]


def _seller_part(seller: str, released: str, figures: tuple[str, str, str, str]) -> str:
    """What of a line is whose, as `_seller_figures` has it, and when what is withheld is not."""
    blockage, price, rate, payout = figures
    return (
        f'"blockageRateAmountSubMerchant":{blockage},"blockageResolvedDate":"{released}",{seller}'
        f'"subMerchantPrice":{price},"subMerchantPayoutRate":{rate},'
        f'"subMerchantPayoutAmount":{payout},'
    )


def _seller_figures(notation: Notation, line: PricedLine) -> tuple[str, str, str, str]:
    """Blockage, price, rate and payout of a line's seller."""
    return (
        notation.constant(line.sub_merchant_blockage_e8),
        notation.constant(line.sub_merchant_price_e8),
        notation.amount(_payout_rate_e8(line)),
        notation.constant(line.sub_merchant_payout_e8),
    )


def _figures(amount: Callable[[int], str], line: PricedLine) -> tuple[str, ...]:
    """The figures of a line that are shown a second time as a payout, in the order of the wire."""
    return (
        amount(line.paid_e8),
        amount(line.commission_e8),
        amount(line.fee_e8),
        amount(line.blockage_e8),
        amount(line.sub_merchant_blockage_e8),
        amount(line.sub_merchant_payout_e8),
        amount(line.payout_e8),
    )


def _converted(figures: tuple[str, ...], currency: str) -> str:
    paid, commission, fee, blockage, sub_blockage, sub_payout, payout = figures
    return (
        f'{{"paidPrice":{paid},"iyziCommissionRateAmount":{commission},"iyziCommissionFee":{fee},'
        f'"blockageRateAmountMerchant":{blockage},"blockageRateAmountSubMerchant":{sub_blockage},'
        f'"subMerchantPayoutAmount":{sub_payout},"merchantPayoutAmount":{payout},'
        f'"iyziConversionRate":0,"iyziConversionRateAmount":0,"currency":"{currency}"}}'
    )


def _payout_rate_e8(line: PricedLine) -> int:
    """What part of its price a line pays to the sub-merchant, in per cent."""
    return share(line.sub_merchant_price_e8, _PERCENT * UNIT, line.price_e8)


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
