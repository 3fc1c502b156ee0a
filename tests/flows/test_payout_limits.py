"""No payout takes too much at once, pays what is spent already, or leaves what may be paid."""

import msgspec
import pytest

from builders import SAMPLE_TIME_MS, basket, merchant
from fakes.payday import KURUS, bonus, days_pass, paid, payouts, seller
from vezne.core.business_days import value_time_ms
from vezne.core.changes import (
    AddBooking,
    AddPayable,
    AddPayout,
    AddSubMerchant,
    ChangeSubMerchant,
    Conflict,
)
from vezne.core.money import UNIT
from vezne.core.payable import payables_of
from vezne.core.payout import PAYABLES_MAX
from vezne.core.refusal import Reason, Refusal
from vezne.core.sub_merchant import CrossBooking, Details, booking_of
from vezne.flows.check_ledger import PAGE
from vezne.flows.cross_book import cross_book
from vezne.flows.due import catch_up
from vezne.flows.payout import PLANS_MAX

THURSDAY_MS = value_time_ms(SAMPLE_TIME_MS, 1)


async def seller_with_five(world, **changes):
    """A seller to whom five lira are payable at once."""
    await world.books.apply([AddSubMerchant(seller(**changes))])
    await paid(world, price_e8=20 * UNIT, paid_e8=20 * UNIT, lines=basket(20 * UNIT))
    await cross_book(bonus(), world.ports)


def of_seller(world):
    return [payout.amount_e8 for payout in payouts(world) if payout.party == "seller"]


async def test_what_is_no_longer_withheld_is_paid(world):
    """Without anything new to be paid; the merchant has only to say so."""
    await seller_with_five(world, blockage_e8=3 * UNIT)
    await days_pass(world, 30)
    assert of_seller(world) == [2 * UNIT]
    freed = msgspec.structs.replace(seller(blockage_e8=UNIT), version=2)
    await world.books.apply([ChangeSubMerchant(freed)])
    await days_pass(world, 30)
    assert of_seller(world) == [2 * UNIT, 2 * UNIT]
    *_, last = payouts(world)
    assert (last.payables, last.carried_in_e8, last.carried_out_e8) == (0, 3 * UNIT, UNIT)


async def test_money_that_is_given_away_is_not_paid_as_well(world):
    """A payout of a day before the cross booking pays what is still there, and no more."""
    await seller_with_five(world)
    world.clock.advance(days=10)
    await cross_book(bonus(is_to_sub_merchant=False, amount_e8=4 * UNIT), world.ports)
    await days_pass(world, 5)
    assert of_seller(world) == [UNIT]


async def test_a_payout_while_money_is_given_away(world):
    """It happens after the payout has read what there is: the payout is planned again."""
    await seller_with_five(world)
    world.clock.advance(days=1)
    find = world.books.find_batch

    async def find_and_give(*names, **bounds):
        found = await find(*names, **bounds)
        if names[2] == "seller":
            world.books.find_batch = find
            taken = bonus(is_to_sub_merchant=False, amount_e8=4 * UNIT)
            await cross_book(taken, world.ports)
        return found

    world.books.find_batch = find_and_give
    await catch_up(merchant(), world.ports)
    assert world.books.find_batch == find
    assert of_seller(world) == [UNIT]
    await days_pass(world, 5)
    assert of_seller(world) == [UNIT]


async def test_money_that_is_paid_out_meanwhile_cannot_be_given_away(world):
    """A cross booking reads what there is; before it is written, all of that is paid out."""
    await seller_with_five(world)
    world.clock.advance(days=1)
    find = world.books.list_balances_of

    async def find_and_pay(*names):
        found = await find(*names)
        world.books.list_balances_of = find
        await catch_up(merchant(), world.ports)
        return found

    world.books.list_balances_of = find_and_pay
    with pytest.raises(Refusal) as refused:
        await cross_book(bonus(is_to_sub_merchant=False), world.ports)
    assert refused.value.reason is Reason.BALANCE_TOO_LOW
    assert of_seller(world) == [5 * UNIT]


async def test_a_party_whose_money_is_always_being_spent(world):
    """Its payout gives up for the day, and burns no more than a few numbers."""
    await paid(world)
    world.clock.advance(days=1)
    await catch_up(merchant(), world.ports, count_max=1)
    apply, tries = world.books.apply, []

    async def refuse(changes):
        if any(type(change) is AddPayout for change in changes):
            tries.append(changes)
            raise Conflict("somebody was quicker")
        await apply(changes)

    world.books.apply = refuse
    await catch_up(merchant(), world.ports)
    assert len(tries) == PLANS_MAX
    world.books.apply = apply
    await days_pass(world, 1)
    assert [payout.amount_e8 for payout in payouts(world)] == [79 * KURUS]


async def test_years_in_which_nobody_can_be_paid_are_skipped(world):
    """Money that is withheld, or whose owner has no account, costs neither days nor numbers."""
    nowhere = msgspec.structs.replace(seller(), key="nowhere", external_id="S2", details=Details())
    await world.books.apply([AddSubMerchant(nowhere)])
    await seller_with_five(world, blockage_e8=5 * UNIT)
    await cross_book(msgspec.structs.replace(bonus(), sub_merchant="nowhere"), world.ports)
    await days_pass(world, 30)
    marks, apply, first = [], world.books.apply, await world.ports.numbers.take(1)

    async def count(changes):
        marks.append(changes)
        await apply(changes)

    world.books.apply = count
    await days_pass(world, 3650)
    assert len(marks) == 1
    assert await world.ports.numbers.take(1) == first + 1
    assert of_seller(world) == []


async def many_cross_bookings(world, amounts_e8):
    """As many payables of the seller, all of them payable at once."""
    changes = []
    for place, amount_e8 in enumerate(amounts_e8, start=1):
        booked = CrossBooking(
            merchant_id=7,
            number=1_000_000 + place,
            sequence=place,
            sub_merchant="seller",
            is_to_sub_merchant=amount_e8 > 0,
            amount_e8=abs(amount_e8),
            currency="TRY",
            reason="",
            booked_ms=SAMPLE_TIME_MS,
        )
        world.books.cross_bookings[7, booked.number] = booked
        booking = booking_of(booked)
        changes += [AddBooking(booking), *map(AddPayable, payables_of(booking))]
    await world.books.apply([AddSubMerchant(seller()), *changes])


async def test_very_many_payables_are_paid_bit_by_bit(world):
    """No transaction takes more than so many; all of them are paid on the same day."""
    await many_cross_bookings(world, [KURUS] * (PAYABLES_MAX + 5))
    await days_pass(world, 1, page=PAGE)
    first, second = (payout for payout in payouts(world) if payout.party == "seller")
    assert (first.payables, second.payables) == (PAYABLES_MAX, 5)
    assert (first.amount_e8, second.amount_e8) == (PAYABLES_MAX * KURUS, 5 * KURUS)
    assert first.value_ms == second.value_ms == THURSDAY_MS


async def test_very_many_debts_come_before_what_is_owed(world):
    """They are taken by a payout of nothing, and set off against the one that follows it."""
    await many_cross_bookings(world, [*[-KURUS] * PAYABLES_MAX, PAYABLES_MAX * KURUS, 3 * KURUS])
    await days_pass(world, 1, page=PAGE)
    assert of_seller(world) == [0, 3 * KURUS]
