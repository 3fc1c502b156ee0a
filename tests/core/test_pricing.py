import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import SAMPLE_TIME_MS
from vezne.core.calendar import local_time
from vezne.core.merchant import BlockageRelease, CommissionPlan
from vezne.core.money import UNIT, split
from vezne.core.pricing import (
    LineSplit,
    blockage_resolved_at,
    price_payment,
    with_sub_merchant_price,
)


def e8(text):
    whole, _, fraction = text.partition(".")
    return int(whole) * UNIT + int(fraction.ljust(8, "0"))


@pytest.mark.parametrize("line_split", list(LineSplit))
def test_the_documented_sample(line_split):
    """Price 1, paid 1.2, lines 0.3, 0.5, 0.2: every figure of the sample, in either split."""
    pricing = price_payment(
        line_prices_e8=[e8("0.3"), e8("0.5"), e8("0.2")],
        paid_e8=e8("1.2"),
        plan=CommissionPlan(),
        line_split=line_split,
    )
    assert pricing.markup_percent_e8 == 20 * UNIT
    assert pricing.commission_e8 == e8("0.0315")
    assert pricing.fee_e8 == e8("0.25")
    assert [
        (line.paid_e8, line.commission_e8, line.fee_e8, line.blockage_e8, line.payout_e8)
        for line in pricing.lines
    ] == [
        (e8("0.36"), e8("0.00945"), e8("0.075"), e8("0.036"), e8("0.23955")),
        (e8("0.6"), e8("0.01575"), e8("0.125"), e8("0.06"), e8("0.39925")),
        (e8("0.24"), e8("0.0063"), e8("0.05"), e8("0.024"), e8("0.1597")),
    ]


def test_a_captured_amount_of_a_live_like_account():
    """A capture of 10.21 on 10.01 at 3.49 % without blockage, as recorded in 2026."""
    pricing = price_payment(
        line_prices_e8=[e8("0.3"), e8("9.71")],
        paid_e8=e8("10.21"),
        plan=CommissionPlan(rate_e8=3_490_000, blockage_rate_e8=0),
        line_split=LineSplit.INDEPENDENT,
    )
    assert pricing.markup_percent_e8 == e8("1.998002")
    assert pricing.commission_e8 == e8("0.356329")
    assert [line.paid_e8 for line in pricing.lines] == [e8("0.30599401"), e8("9.90400599")]
    assert [line.commission_e8 for line in pricing.lines] == [e8("0.01067919"), e8("0.34564981")]
    assert [line.fee_e8 for line in pricing.lines] == [e8("0.00749251"), e8("0.24250749")]


def test_a_marketplace_sample():
    """Blockage burdens the merchant first and spills over; costs eat into the seller's share."""
    pricing = price_payment(
        line_prices_e8=[e8("0.3"), e8("0.5"), e8("0.2")],
        sub_merchant_prices_e8=[e8("0.18")] * 3,
        paid_e8=UNIT,
        plan=CommissionPlan(),
        line_split=LineSplit.INDEPENDENT,
    )
    assert [
        (
            line.blockage_e8,
            line.sub_merchant_blockage_e8,
            line.sub_merchant_payout_e8,
            line.payout_e8,
        )
        for line in pricing.lines
    ] == [
        (e8("0.03"), 0, e8("0.18"), e8("0.007125")),
        (e8("0.05"), 0, e8("0.18"), e8("0.131875")),
        (0, e8("0.02"), e8("0.12475"), 0),
    ]


def test_three_equal_lines():
    """A fee of 0.25 over three lines: independent rounding loses 1e-8, the exact split does not."""
    prices = [e8("1")] * 3
    fees = {
        line_split: [
            line.fee_e8
            for line in price_payment(
                line_prices_e8=prices,
                paid_e8=3 * UNIT,
                plan=CommissionPlan(),
                line_split=line_split,
            ).lines
        ]
        for line_split in LineSplit
    }
    assert fees[LineSplit.INDEPENDENT] == [8_333_333] * 3
    assert sum(fees[LineSplit.EXACT]) == 25_000_000


def test_a_foreign_currency_converts_the_fixed_fee():
    """A fee of 0.25 lira is 0.0828885 dollars at 3.0161, as recorded in 2016."""
    pricing = price_payment(
        line_prices_e8=[3 * UNIT],
        paid_e8=3 * UNIT,
        plan=CommissionPlan(),
        line_split=LineSplit.EXACT,
        exchange_rate_e8=301_610_000,
    )
    assert pricing.fee_e8 == e8("0.0828885")


PLANS = st.builds(
    CommissionPlan,
    rate_e8=st.integers(0, UNIT // 2),
    fee_e8=st.integers(0, 10 * UNIT),
    blockage_rate_e8=st.integers(0, UNIT // 2),
)
PRICES = st.lists(st.integers(1, 10**12), min_size=1, max_size=20)


@given(PRICES, st.integers(1, 10**13), PLANS)
def test_every_kurus_is_somewhere(line_prices_e8, paid_e8, plan):
    """Payouts, commission, fee and blockage are what was paid, but for what the costs overdraw.

    Lines sum to their totals exactly, and nothing is ever negative.
    """
    pricing = price_payment(
        line_prices_e8=line_prices_e8,
        paid_e8=paid_e8,
        plan=plan,
        line_split=LineSplit.EXACT,
    )
    assert sum(line.price_e8 for line in pricing.lines) == sum(line_prices_e8)
    assert sum(line.paid_e8 for line in pricing.lines) == paid_e8
    assert sum(line.commission_e8 for line in pricing.lines) == pricing.commission_e8
    assert sum(line.fee_e8 for line in pricing.lines) == pricing.fee_e8
    for line in pricing.lines:
        overdrawn_e8 = max(line.commission_e8 + line.fee_e8 - line.paid_e8, 0)
        spent_e8 = line.payout_e8 + line.commission_e8 + line.fee_e8 + line.blockage_e8
        assert spent_e8 == line.paid_e8 + overdrawn_e8
        assert min(line.paid_e8, line.commission_e8, line.fee_e8) >= 0
        assert min(line.payout_e8, line.blockage_e8) >= 0


@given(PRICES, st.integers(1, 10**13), PLANS)
def test_every_figure_is_split_exactly(line_prices_e8, paid_e8, plan):
    """One pass over the lines gives what a split of each total gives, the withheld part too."""
    pricing = price_payment(
        line_prices_e8=line_prices_e8,
        paid_e8=paid_e8,
        plan=plan,
        line_split=LineSplit.EXACT,
    )
    lines = pricing.lines
    assert [line.paid_e8 for line in lines] == split(paid_e8, line_prices_e8)
    assert [line.commission_e8 for line in lines] == split(pricing.commission_e8, line_prices_e8)
    assert [line.fee_e8 for line in lines] == split(pricing.fee_e8, line_prices_e8)
    for place in range(len(lines)):
        assert with_sub_merchant_price(pricing, place, 0, LineSplit.EXACT) == pricing


@given(PRICES, st.integers(1, 10**13), PLANS, st.sampled_from(LineSplit), st.data())
def test_sellers_bear_what_is_left_over(line_prices_e8, paid_e8, plan, line_split, data):
    """Whatever is asked for a seller: the merchant bears first, and nothing is lost or negative."""
    sub_prices = [data.draw(st.integers(0, price)) for price in line_prices_e8]
    pricing = price_payment(
        line_prices_e8=line_prices_e8,
        sub_merchant_prices_e8=sub_prices,
        paid_e8=paid_e8,
        plan=plan,
        line_split=line_split,
    )
    for line in pricing.lines:
        left_e8 = line.paid_e8 - line.commission_e8 - line.fee_e8
        own_e8 = line.payout_e8 + line.blockage_e8
        seller_e8 = line.sub_merchant_payout_e8 + line.sub_merchant_blockage_e8
        assert own_e8 == max(left_e8 - line.sub_merchant_price_e8, 0)
        assert seller_e8 == max(min(line.sub_merchant_price_e8, left_e8), 0)
        if line.sub_merchant_blockage_e8:
            assert line.payout_e8 == 0


@given(PRICES, st.integers(1, 10**13), PLANS)
def test_independent_lines_stay_within_a_unit_each(line_prices_e8, paid_e8, plan):
    """Without redistribution the lines may miss the total, by half a unit a line at most."""
    pricing = price_payment(
        line_prices_e8=line_prices_e8,
        paid_e8=paid_e8,
        plan=plan,
        line_split=LineSplit.INDEPENDENT,
    )
    drift_e8 = abs(sum(line.paid_e8 for line in pricing.lines) - paid_e8)
    assert 2 * drift_e8 <= len(line_prices_e8)
    assert all(line.payout_e8 >= 0 for line in pricing.lines)


@given(
    st.lists(st.tuples(st.integers(1, 10**12), st.integers(1, 10**12)), min_size=1, max_size=20),
    st.integers(1, 10**13),
    PLANS,
)
def test_a_sub_merchant_is_never_charged(lines, paid_e8, plan):
    """Whatever the costs, a seller's payout is not negative."""
    pricing = price_payment(
        line_prices_e8=[price for price, _ in lines],
        sub_merchant_prices_e8=[sub_price for _, sub_price in lines],
        paid_e8=paid_e8,
        plan=plan,
        line_split=LineSplit.EXACT,
    )
    assert all(line.sub_merchant_payout_e8 >= 0 for line in pricing.lines)
    assert all(line.sub_merchant_blockage_e8 >= 0 for line in pricing.lines)


def test_blockage_is_released_at_the_same_time_or_at_midnight():
    """Seven days to the second, or the midnight that ends the seventh day."""
    released = {
        release: local_time(blockage_resolved_at(SAMPLE_TIME_MS, 7, release)).strftime(
            "%Y-%m-%d %H:%M:%S"
        )
        for release in BlockageRelease
    }
    assert released == {
        BlockageRelease.SAME_TIME: "2018-06-13 13:52:22",
        BlockageRelease.MIDNIGHT: "2018-06-14 00:00:00",
    }
