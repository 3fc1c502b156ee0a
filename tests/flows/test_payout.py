"""What becomes available is paid on the next business day, once."""

from contextlib import nullcontext

import msgspec
import pytest

from builders import SAMPLE_TIME_MS, basket, merchant
from fakes.acquirer import APPROVED
from fakes.ledger import checked
from fakes.payday import IBAN, KURUS, days_pass, paid, payouts, seller
from vezne.core.business_days import value_time_ms
from vezne.core.calendar import local_text
from vezne.core.changes import (
    AddSubMerchant,
    ChangeSubMerchant,
    Conflict,
)
from vezne.core.merchant import CommissionPlan
from vezne.core.money import UNIT
from vezne.core.payout import PayoutState
from vezne.core.sub_merchant import Details
from vezne.flows.cross_book import CrossBook, cross_book
from vezne.flows.due import DUE_MAX, catch_up
from vezne.flows.payout import BOUNCING_IBAN, pay_out
from vezne.flows.refund import RefundLine, refund_payment

THURSDAY_MS = value_time_ms(SAMPLE_TIME_MS, 1)
FRIDAY_MS = value_time_ms(SAMPLE_TIME_MS, 2)


async def refund(world, line_number, amount_e8):
    world.acquirer.script(APPROVED)
    command = RefundLine(merchant=merchant(), line_number=line_number, amount_e8=amount_e8)
    return await refund_payment(command, world.ports)


def with_iban(iban):
    return merchant(settings=msgspec.structs.replace(merchant().settings, iban=iban))


async def test_the_sample_is_paid_in_two_parts(world):
    """The documentation's payment: its payout on the next business day, the blocked part later.

    Banks move whole kuruş. What is below is carried over, and counts in the next payout.
    """
    await paid(world)
    await days_pass(world, 1)
    (first,) = payouts(world)
    assert first.state is PayoutState.COMPLETED
    assert (first.taken_e8, first.amount_e8, first.carried_out_e8) == (
        79_850_000,
        79 * KURUS,
        850_000,
    )
    assert local_text(first.value_ms) == "2018-06-07 00:00:00"
    await days_pass(world, 8)
    (_, second) = payouts(world)
    assert local_text(second.value_ms) == "2018-06-14 00:00:00"
    assert (second.sequence, second.carried_in_e8) == (2, 850_000)
    assert (second.taken_e8, second.amount_e8) == (12 * KURUS, 12 * KURUS)
    assert second.carried_out_e8 == 850_000


async def test_a_payout_knows_its_lines(world):
    """Each line's part of the money can be read from the payables that a payout took."""
    payment = await paid(world)
    await days_pass(world, 1)
    (payout,) = payouts(world)
    (payable,) = await world.books.list_payables(7, payout.number)
    assert payable.subject == payment.number
    assert payable.lines == tuple(
        (payment.number + 1 + place, line.payout_e8)
        for place, line in enumerate(payment.pricing.lines)
    )


async def test_every_day_between_has_its_own_payouts(world):
    """A clock that jumps pays Wednesday's money on Thursday's date and Thursday's on Friday's."""
    await paid(world)
    world.clock.advance(days=1)
    await paid(world)
    await days_pass(world, 12)
    dates = [local_text(payout.value_ms)[:10] for payout in payouts(world)]
    assert dates == ["2018-06-07", "2018-06-08", "2018-06-14", "2018-06-18"]
    assert await world.books.find_paid_until(7) == world.clock.now_ms()


async def test_years_without_money_are_skipped(world):
    """What is due at their end is paid on its own day all the same."""
    writes = []
    apply = world.books.apply

    async def count(changes):
        writes.append(changes)
        await apply(changes)

    world.books.apply = count
    await days_pass(world, 3650)
    assert len(writes) == 1
    paid_ms = world.clock.now_ms()
    await paid(world)
    await days_pass(world, 365)
    # A payment, its two steps, two payouts of three steps; and the days between in few steps.
    assert len(writes) < 20
    first, second = payouts(world)
    assert first.value_ms == value_time_ms(paid_ms, 1)
    assert first.value_ms < second.value_ms < world.clock.now_ms()
    assert [payout.amount_e8 for payout in (first, second)] == [79 * KURUS, 12 * KURUS]


async def test_a_clock_that_goes_back(world):
    """Money that is due by the earlier time is paid then, and not when it was late before."""
    await days_pass(world, 30)
    world.clock.advance(days=-30)
    await paid(world)
    await days_pass(world, 1)
    (payout,) = payouts(world)
    assert payout.value_ms == THURSDAY_MS


async def test_a_refund_after_the_payout_is_set_off(world):
    """Nobody is asked to pay money back: what is owed reduces what is paid next."""
    payment = await paid(world)
    await days_pass(world, 1)
    await refund(world, payment.number + 2, 60_000_000)
    await days_pass(world, 1)
    assert len(payouts(world)) == 1
    await paid(world)
    await days_pass(world, 3)
    (_, second) = payouts(world)
    assert second.taken_e8 == 79_850_000 - 60_000_000
    assert second.amount_e8 == 20 * KURUS


async def test_less_than_a_kurus_is_not_paid(world):
    """It waits for more."""
    free = CommissionPlan(rate_e8=0, fee_e8=0, blockage_rate_e8=0)
    shop = merchant(settings=msgspec.structs.replace(merchant().settings, plan=free))
    small = {"price_e8": 900_000, "paid_e8": 900_000, "lines": basket(900_000), "merchant": shop}
    await paid(world, **small)
    await days_pass(world, 1, shop)
    assert payouts(world) == []
    await paid(world, **small)
    await days_pass(world, 1, shop)
    (payout,) = payouts(world)
    assert (payout.payables, payout.amount_e8, payout.carried_out_e8) == (2, KURUS, 800_000)


async def test_a_payout_that_bounces_is_paid_to_another_account(world):
    """Not again to the same one; on the next business day after the account was changed."""
    await paid(world)
    await days_pass(world, 1, with_iban(BOUNCING_IBAN))
    await days_pass(world, 2, with_iban(BOUNCING_IBAN))
    (bounced,) = payouts(world)
    assert bounced.state is PayoutState.BOUNCED
    assert (bounced.closed_ms, bounced.carried_out_e8) == (THURSDAY_MS, 0)
    assert await world.books.list_payables(7, bounced.number) == []
    await days_pass(world, 2, with_iban(IBAN))
    (_, again) = payouts(world)
    assert again.state is PayoutState.COMPLETED
    assert (again.taken_e8, again.amount_e8, again.iban) == (79_850_000, 79 * KURUS, IBAN)


async def test_a_sub_merchant_is_paid_into_its_own_account(world):
    """But for what is to be kept of its money; the merchant's set-off waits meanwhile."""
    await world.books.apply([AddSubMerchant(seller(blockage_e8=3 * UNIT))])
    await paid(world, price_e8=20 * UNIT, paid_e8=20 * UNIT, lines=basket(20 * UNIT))
    command = CrossBook(
        merchant=merchant(),
        sub_merchant="seller",
        is_to_sub_merchant=True,
        amount_e8=5 * UNIT,
        currency="TRY",
        reason="bonus",
    )
    await cross_book(command, world.ports)
    await days_pass(world, 1)
    own, sellers = payouts(world)
    assert (own.party, own.amount_e8) == ("", 1222 * KURUS)
    assert (sellers.party, sellers.iban, sellers.amount_e8) == ("seller", IBAN, 2 * UNIT)
    assert sellers.carried_out_e8 == 3 * UNIT


async def test_a_seller_that_cannot_be_paid_waits(world):
    """Without an account its money stays available, and is paid once there is one."""
    nowhere = msgspec.structs.replace(seller(), details=Details())
    await world.books.apply([AddSubMerchant(nowhere)])
    await paid(world, price_e8=20 * UNIT, paid_e8=20 * UNIT, lines=basket(20 * UNIT))
    command = CrossBook(
        merchant=merchant(),
        sub_merchant="seller",
        is_to_sub_merchant=True,
        amount_e8=5 * UNIT,
        currency="TRY",
        reason="bonus",
    )
    await cross_book(command, world.ports)
    await days_pass(world, 1)
    assert [payout.party for payout in payouts(world)] == [""]
    somewhere = msgspec.structs.replace(seller(), version=2)
    await world.books.apply([ChangeSubMerchant(somewhere)])
    await days_pass(world, 1)
    assert [payout.party for payout in payouts(world)] == ["", "seller"]


async def test_a_party_that_is_gone_is_not_paid(world):
    """Money of a seller that nobody knows stays where it is."""
    await world.books.apply([AddSubMerchant(seller())])
    await paid(world, price_e8=20 * UNIT, paid_e8=20 * UNIT, lines=basket(20 * UNIT))
    command = CrossBook(
        merchant=merchant(),
        sub_merchant="seller",
        is_to_sub_merchant=True,
        amount_e8=5 * UNIT,
        currency="TRY",
        reason="bonus",
    )
    await cross_book(command, world.ports)
    world.books.sub_merchants.clear()
    await days_pass(world, 1)
    assert [payout.party for payout in payouts(world)] == [""]


class Lost:
    """Books whose nth write from now on is somebody else's, or the end of the process."""

    def __init__(self, books, nth, error):
        self._books = books
        self._apply = books.apply
        self._left = nth
        self._error = error
        books.apply = self.apply

    async def apply(self, changes):
        self._left -= 1
        if self._left == 0:
            self._books.apply = self._apply
            raise self._error
        await self._apply(changes)


class Killed(Exception):
    """Stands for the end of the process."""


@pytest.mark.parametrize("nth", range(1, 6))
@pytest.mark.parametrize("error", [Conflict("somebody was quicker"), Killed()])
async def test_a_run_that_is_cut_off_is_finished(world, nth, error):
    """Wherever it ended, the next run pays exactly what is left to be paid."""
    await paid(world)
    world.clock.advance(days=1)
    Lost(world.books, nth, error)
    with pytest.raises(Killed) if isinstance(error, Killed) else nullcontext():
        await catch_up(merchant(), world.ports)
    await days_pass(world, 1)
    await days_pass(world, 3)
    done = [payout for payout in payouts(world) if payout.state is PayoutState.COMPLETED]
    assert [payout.amount_e8 for payout in done] == [79 * KURUS]


async def test_two_workers_pay_once(world):
    """Both run the same day at the same time; each payout is made by one of them."""
    await paid(world)
    world.clock.advance(days=1)
    await catch_up(merchant(), world.ports, count_max=1)
    assert payouts(world) == []
    for _ in range(2):
        await pay_out(merchant(), world.ports, value_ms=THURSDAY_MS, paid_until_ms=None)
    assert len(payouts(world)) == 1
    assert await checked(world.books) == []


async def test_many_payments_become_due_at_once(world):
    """They are settled page by page, and paid together."""
    for _ in range(DUE_MAX + 1):
        await paid(world)
    world.clock.advance(days=1)
    assert await catch_up(merchant(), world.ports) == DUE_MAX + 1
    (payout,) = payouts(world)
    assert payout.payables == DUE_MAX + 1


async def test_one_payment_that_is_refunded_meanwhile(world):
    """The others of its page are settled all the same."""
    await paid(world)
    other = await paid(world)
    world.clock.advance(days=1)
    apply = world.books.apply

    async def refund_first(changes):
        world.books.apply = apply
        await refund(world, other.number + 1, KURUS)
        await apply(changes)

    world.books.apply = refund_first
    await catch_up(merchant(), world.ports)
    (payout,) = payouts(world)
    assert payout.taken_e8 == 2 * 79_850_000 - KURUS
    assert await checked(world.books) == []
