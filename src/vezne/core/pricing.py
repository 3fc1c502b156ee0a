"""What a payment costs the merchant: commission, fee, blockage and payout, line by line."""

import enum
from collections.abc import Sequence
from math import gcd
from typing import Final

import msgspec

from vezne.core.calendar import days_later, midnight_after_days
from vezne.core.merchant import BlockageRelease, CommissionPlan
from vezne.core.money import UNIT, apply_rate, divide_half_up, shares, split


class LineSplit(enum.StrEnum):
    """How a total is divided over the basket lines.

    `EXACT` parts sum to the total. `INDEPENDENT` rounds every line on its own, so that three equal
    lines can miss the total by 1e-8.
    """

    EXACT = "exact"
    INDEPENDENT = "independent"


_EXACT: Final = LineSplit.EXACT
_SAME_TIME: Final = BlockageRelease.SAME_TIME


class PricedLine(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The figures of one basket line, all in 1e-8 of the payment's currency.

    They are stored in this order, without their names.
    """

    price_e8: int
    paid_e8: int
    commission_e8: int
    fee_e8: int
    blockage_e8: int
    sub_merchant_blockage_e8: int
    sub_merchant_price_e8: int
    sub_merchant_payout_e8: int
    payout_e8: int


class Pricing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The figures of a payment. `markup_percent_e8` is what the merchant added, in per cent.

    `exchange_rate_e8` is the worth of one unit of the payment's currency in the settlement
    currency; 1.0 when they are the same.
    """

    markup_percent_e8: int
    commission_e8: int
    fee_e8: int
    blockage_rate_e8: int
    exchange_rate_e8: int
    lines: tuple[PricedLine, ...]


def price_payment(
    *,
    line_prices_e8: Sequence[int],
    paid_e8: int,
    plan: CommissionPlan,
    line_split: LineSplit,
    sub_merchant_prices_e8: Sequence[int] = (),
    exchange_rate_e8: int = UNIT,
) -> Pricing:
    """The figures of a payment of `paid_e8` for lines of the given positive prices.

    Commission and blockage are taken on what was paid, the fee once per payment; each is spread
    over the lines by their price. Every figure is rounded half up to 1e-8.
    """
    price_e8 = sum(line_prices_e8)
    fee_e8 = plan.fee_e8
    if exchange_rate_e8 != UNIT:
        fee_e8 = divide_half_up(fee_e8 * UNIT, exchange_rate_e8)
    commission_e8 = apply_rate(paid_e8, plan.rate_e8)
    sub_prices = sub_merchant_prices_e8 or [0] * len(line_prices_e8)
    if line_split is _EXACT:
        totals_e8 = (paid_e8, commission_e8, fee_e8, apply_rate(paid_e8, plan.blockage_rate_e8))
        lines = _split_lines(line_prices_e8, sub_prices, price_e8, totals_e8)
    else:
        paids = shares(paid_e8, line_prices_e8, price_e8)
        commissions = shares(plan.rate_e8, paids, UNIT)
        fees = shares(fee_e8, line_prices_e8, price_e8)
        blockages = shares(plan.blockage_rate_e8, paids, UNIT)
        figures = zip(line_prices_e8, paids, commissions, fees, blockages, sub_prices, strict=True)
        lines = [_price_line(*each) for each in figures]
    return Pricing(
        markup_percent_e8=divide_half_up((paid_e8 - price_e8) * 100 * UNIT, price_e8),
        commission_e8=commission_e8,
        fee_e8=fee_e8,
        blockage_rate_e8=plan.blockage_rate_e8,
        exchange_rate_e8=exchange_rate_e8,
        lines=tuple(lines),
    )


def _split_lines(
    prices_e8: Sequence[int],
    sub_prices_e8: Sequence[int],
    price_e8: int,
    totals_e8: tuple[int, int, int, int],
) -> list[PricedLine]:
    """The lines of given prices, which sum to `price_e8`, and parts of sub-merchants.

    The totals are what was paid, commission, fee and blockage. What lines have of each is what
    `split` gives them, of all four in one pass; the last line has what the others left.
    """
    # Prices are round: without what they have in common, the numbers that are divided are small.
    unit = gcd(*prices_e8)
    whole = price_e8 // unit
    double = 2 * whole
    lines: list[PricedLine] = []
    paid_e8, commission_e8, fee_e8, blockage_e8 = totals_e8
    so_far = paid = commission = fee = blockage = 0
    last = len(prices_e8) - 1
    for place in range(last):
        price = prices_e8[place]
        so_far += price // unit * 2
        paid_until = (paid_e8 * so_far + whole) // double
        commission_until = (commission_e8 * so_far + whole) // double
        fee_until = (fee_e8 * so_far + whole) // double
        blockage_until = (blockage_e8 * so_far + whole) // double
        lines.append(
            _price_line(
                price,
                paid_until - paid,
                commission_until - commission,
                fee_until - fee,
                blockage_until - blockage,
                sub_prices_e8[place],
            )
        )
        paid, commission = paid_until, commission_until
        fee, blockage = fee_until, blockage_until
    lines.append(
        _price_line(
            prices_e8[last],
            paid_e8 - paid,
            commission_e8 - commission,
            fee_e8 - fee,
            blockage_e8 - blockage,
            sub_prices_e8[last],
        )
    )
    return lines


def with_sub_merchant_price(
    pricing: Pricing, place: int, sub_merchant_price_e8: int, line_split: LineSplit
) -> Pricing:
    """A payment's figures with another part of one line for its sub-merchant.

    Nothing changes but who of the two gets and bears how much of that line.
    """
    lines = pricing.lines
    line = lines[place]
    blockage_e8 = apply_rate(line.paid_e8, pricing.blockage_rate_e8)
    if line_split is LineSplit.EXACT:
        paid_e8 = sum(item.paid_e8 for item in lines)
        total_e8 = apply_rate(paid_e8, pricing.blockage_rate_e8)
        blockage_e8 = split(total_e8, [item.price_e8 for item in lines])[place]
    changed = _price_line(
        line.price_e8,
        line.paid_e8,
        line.commission_e8,
        line.fee_e8,
        blockage_e8,
        sub_merchant_price_e8,
    )
    return msgspec.structs.replace(pricing, lines=(*lines[:place], changed, *lines[place + 1 :]))


def _price_line(
    price_e8: int,
    paid_e8: int,
    commission_e8: int,
    fee_e8: int,
    blockage_e8: int,
    sub_price_e8: int,
) -> PricedLine:
    """Blockage burdens the merchant first and spills over to the sub-merchant.

    A sub-merchant also bears what commission and fee take beyond the merchant's own part. Nobody
    has more withheld than there is.
    """
    left_e8 = paid_e8 - commission_e8 - fee_e8 - sub_price_e8
    if left_e8 >= blockage_e8:
        # Nearly every line: the merchant's part is enough for what is withheld.
        return PricedLine(
            price_e8,
            paid_e8,
            commission_e8,
            fee_e8,
            blockage_e8,
            sub_merchant_blockage_e8=0,
            sub_merchant_price_e8=sub_price_e8,
            sub_merchant_payout_e8=sub_price_e8,
            payout_e8=left_e8 - blockage_e8,
        )
    own_e8 = max(left_e8, 0)
    sub_e8 = max(sub_price_e8 + min(left_e8, 0), 0) if sub_price_e8 else 0
    blockage_merchant_e8 = min(blockage_e8, own_e8)
    blockage_sub_e8 = min(blockage_e8 - blockage_merchant_e8, sub_e8)
    return PricedLine(
        price_e8=price_e8,
        paid_e8=paid_e8,
        commission_e8=commission_e8,
        fee_e8=fee_e8,
        blockage_e8=blockage_merchant_e8,
        sub_merchant_blockage_e8=blockage_sub_e8,
        sub_merchant_price_e8=sub_price_e8,
        sub_merchant_payout_e8=sub_e8 - blockage_sub_e8,
        payout_e8=own_e8 - blockage_merchant_e8,
    )


def blockage_resolved_at(paid_at_ms: int, days: int, release: BlockageRelease) -> int:
    """When withheld money is released, in epoch milliseconds.

    Either the same wall-clock time `days` later, or the midnight that ends that day.
    """
    if release is _SAME_TIME:
        return days_later(paid_at_ms, days)
    return midnight_after_days(paid_at_ms, days + 1)
