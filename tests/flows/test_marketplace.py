"""Payments with sub-merchants: who gets what, and when a marketplace lets it go."""

import msgspec
import pytest

from builders import basket, merchant, pay_command
from fakes.acquirer import APPROVED
from fakes.records import sub_merchant_details
from vezne.core.ledger import OWN, Account
from vezne.core.merchant import BlockageRelease, Marketplace, MerchantSettings
from vezne.core.money import UNIT
from vezne.core.payment import PaymentKind, PaymentState
from vezne.core.refusal import Reason, Refusal
from vezne.core.sub_merchant import SubMerchantKind
from vezne.flows.capture import CapturePayment, capture_payment
from vezne.flows.cross_book import CrossBook, cross_book
from vezne.flows.due import look_at_due
from vezne.flows.marketplace import DecideOnLine, GiveLine, approve, disapprove, give
from vezne.flows.pay import NewCard, pay
from vezne.flows.refund import RefundLine, refund_payment
from vezne.flows.sub_merchants import ChangeDetails, CreateSubMerchant, change_sub_merchant
from vezne.flows.sub_merchants import create_sub_merchant as create

SHOP = merchant(settings=MerchantSettings(marketplace=Marketplace.NEVER))
PART_E8 = 18_000_000


async def seller(world, external_id="B49224", **changes):
    command = CreateSubMerchant(
        merchant=merchant(),
        kind=SubMerchantKind.PERSONAL,
        external_id=external_id,
        details=sub_merchant_details(**changes),
    )
    return await create(command, world.ports)


def command_for(world, *keys, parts_e8=(PART_E8,) * 3, **changes):
    lines = tuple(
        msgspec.structs.replace(line, sub_merchant=key)
        for line, key in zip(basket(30_000_000, 50_000_000, 20_000_000), keys, strict=True)
    )
    return pay_command(
        card=NewCard(card=world.vault.present(), holder="John Doe", email="email@email.com"),
        lines=lines,
        paid_e8=UNIT,
        sub_merchant_prices_e8=parts_e8,
        **changes,
    )


async def sold(world, key, **changes):
    """A payment of 1 for three lines of one seller, who gets 0.18 of each."""
    world.acquirer.script(APPROVED)
    return await pay(command_for(world, key, key, key, **changes), world.ports)


async def balances(world):
    return {
        (item.party, item.account): item.amount_e8 for item in await world.books.list_balances(7)
    }


async def refusal(work):
    with pytest.raises(Refusal) as refused:
        await work
    return refused.value.reason


async def test_a_basket_with_sellers_is_priced_and_booked(world):
    """The figures of the recorded sample, in the payment and in the books."""
    ayse = await seller(world)
    payment = await sold(world, ayse.key)
    assert [line.sub_merchant_payout_e8 for line in payment.pricing.lines] == [
        18_000_000,
        18_000_000,
        12_475_000,
    ]
    held = await balances(world)
    assert held[ayse.key, Account.PENDING] == -48_475_000
    assert held[ayse.key, Account.BLOCKED] == -2_000_000
    assert held[OWN, Account.ACQUIRER] == UNIT


async def test_sellers_must_exist_and_parts_fit(world):
    """Refused before anything is written or asked."""
    ayse = await seller(world)
    elsewhere = command_for(world, ayse.key, "nobody", ayse.key)
    assert await refusal(pay(elsewhere, world.ports)) is Reason.SUB_MERCHANT_NOT_FOUND
    parts_e8 = (30_000_001, PART_E8, PART_E8)
    greedy = command_for(world, ayse.key, ayse.key, ayse.key, parts_e8=parts_e8)
    assert await refusal(pay(greedy, world.ports)) is Reason.SUB_MERCHANT_PRICE_TOO_HIGH
    assert not world.books.payments
    assert not world.acquirer.asks


async def test_a_capture_keeps_the_sellers_parts(world):
    """A hold captured for more leaves the sellers what was agreed; the rest is the merchant's."""
    ayse = await seller(world)
    hold = await sold(world, ayse.key, kind=PaymentKind.HOLD)
    world.acquirer.script(APPROVED)
    command = CapturePayment(
        merchant=merchant(),
        number=hold.number,
        blockage_release=BlockageRelease.SAME_TIME,
        paid_e8=2 * UNIT,
    )
    captured = (await capture_payment(command, world.ports)).payment
    assert captured.state is PaymentState.CAPTURED
    parts = [line.sub_merchant_payout_e8 for line in captured.pricing.lines]
    assert parts == [PART_E8] * 3
    assert (await balances(world))[ayse.key, Account.PENDING] == -3 * PART_E8


def line_of(payment, place):
    return DecideOnLine(merchant=merchant(), line_number=payment.number + 1 + place)


async def test_approval_and_maturity_meet_in_either_order(world):
    """One line is approved before its value date, another one after it, the third never."""
    ayse = await seller(world)
    payment = await sold(world, ayse.key)
    await approve(line_of(payment, 0), world.ports)
    world.clock.advance(days=5)
    assert await look_at_due(merchant(), world.ports) == 1
    assert (await balances(world))[ayse.key, Account.AVAILABLE] == -PART_E8
    approved = await approve(line_of(payment, 1), world.ports)
    assert approved.approved_lines == (payment.number + 1, payment.number + 2)
    assert (await balances(world))[ayse.key, Account.AVAILABLE] == -2 * PART_E8
    world.clock.advance(days=5)
    await look_at_due(merchant(), world.ports)
    held = await balances(world)
    assert held[ayse.key, Account.AVAILABLE] == -2 * PART_E8
    assert held[ayse.key, Account.PENDING] == -14_475_000
    assert (ayse.key, Account.BLOCKED) not in held


async def test_an_approval_is_taken_back(world):
    """The money waits again; approving or withdrawing twice writes nothing."""
    ayse = await seller(world)
    payment = await sold(world, ayse.key)
    first = line_of(payment, 0)
    approved = await approve(first, world.ports)
    assert await approve(first, world.ports) == approved
    world.clock.advance(days=5)
    await look_at_due(merchant(), world.ports)
    withdrawn = await disapprove(first, world.ports)
    assert await disapprove(first, world.ports) == withdrawn
    assert withdrawn.approved_lines == ()
    assert (ayse.key, Account.AVAILABLE) not in await balances(world)


async def test_nobody_is_approved_who_cannot_be_paid(world):
    """Until the seller's account is known."""
    ayse = await seller(world, iban="")
    payment = await sold(world, ayse.key)
    first = line_of(payment, 0)
    assert await refusal(approve(first, world.ports)) is Reason.SUB_MERCHANT_NOT_PAYABLE
    changes = {"iban": sub_merchant_details().iban}
    command = ChangeDetails(merchant=merchant(), key=ayse.key, changes=changes)
    await change_sub_merchant(command, world.ports)
    assert (await approve(first, world.ports)).approved_lines == (first.line_number,)


async def test_a_refund_of_an_approved_line_is_shared(world):
    """The seller of a half refunded line keeps half of what was payable."""
    ayse = await seller(world)
    payment = await sold(world, ayse.key)
    await approve(line_of(payment, 1), world.ports)
    world.clock.advance(days=5)
    await look_at_due(merchant(), world.ports)
    world.acquirer.script(APPROVED)
    half = RefundLine(merchant=merchant(), line_number=payment.number + 2, amount_e8=25_000_000)
    await refund_payment(half, world.ports)
    assert (await balances(world))[ayse.key, Account.AVAILABLE] == -PART_E8 // 2


async def test_a_line_changes_hands(world):
    """Until it is approved; the books follow."""
    ayse, bora = await seller(world), await seller(world, "B49225")
    payment = await sold(world, ayse.key)
    command = GiveLine(
        merchant=merchant(),
        line_number=payment.number + 2,
        sub_merchant=bora.key,
        sub_merchant_price_e8=20_000_000,
    )
    given = await give(command, world.ports)
    assert given.lines[1].sub_merchant == bora.key
    held = await balances(world)
    assert held[bora.key, Account.PENDING] == -20_000_000
    assert held[ayse.key, Account.PENDING] == -30_475_000
    nobody = msgspec.structs.replace(command, sub_merchant="nobody")
    assert await refusal(give(nobody, world.ports)) is Reason.SUB_MERCHANT_NOT_FOUND
    await approve(line_of(payment, 1), world.ports)
    assert await refusal(give(command, world.ports)) is Reason.STATE_UNSUITABLE


async def test_two_decisions_at_once(world):
    """Whoever comes second is told that something is under way."""
    ayse = await seller(world)
    payment = await sold(world, ayse.key)
    find = world.books.find_payment_of_line

    async def find_while_another_decides(merchant_id, number):
        found = await find(merchant_id, number)
        world.books.find_payment_of_line = find
        await approve(line_of(payment, 1), world.ports)
        return found

    world.books.find_payment_of_line = find_while_another_decides
    refused = await refusal(approve(line_of(payment, 0), world.ports))
    assert refused is Reason.OPERATION_IN_FLIGHT


async def test_a_shop_decides_nothing(world):
    """A merchant that sells for nobody else is told so."""
    decision = DecideOnLine(merchant=SHOP, line_number=1)
    given = GiveLine(merchant=SHOP, line_number=1, sub_merchant="", sub_merchant_price_e8=0)
    works = (
        approve(decision, world.ports),
        disapprove(decision, world.ports),
        give(given, world.ports),
        cross_book(crossing("", merchant=SHOP), world.ports),
    )
    for work in works:
        assert await refusal(work) is Reason.SUB_MERCHANTS_NOT_ENABLED


def crossing(key, **changes):
    command = CrossBook(
        merchant=merchant(),
        sub_merchant=key,
        is_to_sub_merchant=False,
        amount_e8=PART_E8,
        currency="TRY",
        reason="kargo bedeli",
        conversation_id="123456789",
    )
    return msgspec.structs.replace(command, **changes)


async def test_money_goes_back_and_forth(world):
    """What is taken is payable to the taker at once and set off against the giver's next money."""
    ayse = await seller(world)
    await sold(world, ayse.key)
    taken = await cross_book(crossing(ayse.key), world.ports)
    assert world.books.cross_bookings == {(7, taken.number): taken}
    held = await balances(world)
    assert held[OWN, Account.AVAILABLE] == -PART_E8
    assert held[ayse.key, Account.AVAILABLE] == PART_E8
    back = await cross_book(crossing(ayse.key, is_to_sub_merchant=True), world.ports)
    assert back.number != taken.number
    held = await balances(world)
    assert (OWN, Account.AVAILABLE) not in held
    assert (ayse.key, Account.AVAILABLE) not in held


async def test_nobody_gives_what_it_has_not(world):
    """What is withheld does not count, nor does another currency's money."""
    ayse = await seller(world)
    await sold(world, ayse.key)
    all_e8 = 48_475_000
    for greedy in (
        crossing(ayse.key, amount_e8=all_e8 + 1),
        crossing(ayse.key, amount_e8=UNIT, is_to_sub_merchant=True),
        crossing(ayse.key, amount_e8=1, currency="USD"),
    ):
        assert await refusal(cross_book(greedy, world.ports)) is Reason.BALANCE_TOO_LOW
    stranger = crossing("nobody")
    assert await refusal(cross_book(stranger, world.ports)) is Reason.SUB_MERCHANT_NOT_FOUND
    foreign = crossing(ayse.key, currency="CHF")
    assert await refusal(cross_book(foreign, world.ports)) is Reason.CURRENCY_NOT_ENABLED
    await cross_book(crossing(ayse.key, amount_e8=all_e8), world.ports)


async def test_what_is_agreed_to_be_kept_is_not_given(world):
    """The seller's blockage stays; what the merchant gives has nothing to do with it."""
    ayse = await seller(world, blockage_e8=40_000_000)
    await sold(world, ayse.key)
    free_e8 = 8_475_000
    greedy = crossing(ayse.key, amount_e8=free_e8 + 1)
    assert await refusal(cross_book(greedy, world.ports)) is Reason.BALANCE_TOO_LOW
    await cross_book(crossing(ayse.key, amount_e8=free_e8), world.ports)
    given = crossing(ayse.key, amount_e8=free_e8, is_to_sub_merchant=True)
    await cross_book(given, world.ports)


async def test_two_who_give_the_same_money(world):
    """The slower one sees that it is gone, or gives up after a few turns."""
    ayse = await seller(world)
    await sold(world, ayse.key)
    find = world.books.list_balances_of
    command = crossing(ayse.key, amount_e8=30_000_000)

    async def find_while_another_takes(*names):
        found = await find(*names)
        world.books.list_balances_of = find
        await cross_book(command, world.ports)
        return found

    world.books.list_balances_of = find_while_another_takes
    assert await refusal(cross_book(command, world.ports)) is Reason.BALANCE_TOO_LOW
    assert len(world.books.cross_bookings) == 1

    async def find_nothing(merchant_id):
        assert merchant_id == 7

    world.books.find_last_cross_booking = find_nothing
    small = crossing(ayse.key, amount_e8=1)
    assert await refusal(cross_book(small, world.ports)) is Reason.OPERATION_IN_FLIGHT
