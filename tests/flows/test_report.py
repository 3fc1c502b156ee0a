"""Reports read what the flows have done."""

from datetime import date

import pytest

from builders import merchant, pay_command
from fakes.acquirer import APPROVED
from vezne.flows import report
from vezne.flows.due import catch_up
from vezne.flows.pay import NewCard, pay
from vezne.flows.payout import BOUNCING_IBAN
from vezne.flows.refund import RefundLine, refund_payment

WEDNESDAY, THURSDAY = date(2018, 6, 6), date(2018, 6, 7)


async def paid(world, **changes):
    world.acquirer.script(APPROVED)
    card = NewCard(card=world.vault.present(), holder="John Doe")
    return await pay(pay_command(card=card, **changes), world.ports)


async def days_pass(world, days, caller=None):
    world.clock.advance(days=days)
    await catch_up(caller or merchant(), world.ports)


async def test_the_lines_of_a_day_s_payouts(world):
    """Once each, whatever has happened to them since; those of other days are not among them."""
    payment = await paid(world)
    await days_pass(world, 1)
    lines = await report.list_paid_lines(merchant(), THURSDAY, world.ports)
    assert [(line.line_number, line.amount_e8, line.party) for line in lines] == [
        (number, line.payout_e8, "")
        for number, line in zip(payment.line_numbers, payment.pricing.lines, strict=True)
    ]
    assert await report.list_paid_lines(merchant(), WEDNESDAY, world.ports) == []
    assert await report.list_returned(merchant(), THURSDAY, world.ports) == []


async def test_payouts_that_came_back(world):
    """Are not paid."""
    settings = merchant().settings
    caller = merchant(settings=type(settings)(iban=BOUNCING_IBAN))
    await paid(world)
    await days_pass(world, 1, caller)
    (returned,) = await report.list_returned(caller, THURSDAY, world.ports)
    assert (returned.payout.iban, returned.sub_merchant) == (BOUNCING_IBAN, None)
    assert await report.list_paid_lines(caller, THURSDAY, world.ports) == []


async def test_payments_of_one_name(world):
    """The newest first."""
    first, second = await paid(world), await paid(world)
    found = await report.list_payments_named(merchant(), "123456789", world.ports)
    assert [item.number for item in found] == [second.number, first.number]


async def test_operations_of_a_day(world):
    """Newest first, with the payments as they are now; a page beyond the last has none."""
    payment = await paid(world)
    world.clock.advance(ms=1)
    world.acquirer.script(APPROVED)
    command = RefundLine(merchant=merchant(), line_number=payment.number + 1, amount_e8=1)
    refunded = (await refund_payment(command, world.ports)).payment
    page = await report.list_operations(merchant(), WEDNESDAY, 1, world.ports)
    assert page.pages == 1
    assert [item.payment for item in page.operations] == [refunded, refunded]
    attempts = [attempt.number for attempt in refunded.attempts]
    assert [item.entry.attempt for item in page.operations] == attempts[::-1]
    assert (await report.list_operations(merchant(), WEDNESDAY, 2, world.ports)).operations == []
    assert (await report.list_operations(merchant(), THURSDAY, 1, world.ports)).pages == 0


async def test_a_payment_that_is_gone_is_not_listed(world):
    """Its entry alone says nothing."""
    payment = await paid(world)
    del world.books.payments[7, payment.number]
    page = await report.list_operations(merchant(), WEDNESDAY, 1, world.ports)
    assert page.operations == []


@pytest.mark.parametrize("is_newest_first", [True, False])
async def test_operations_beyond_one_of_them(world, is_newest_first):
    """Named by the line of a payment, or by the attempt of another operation."""
    payments = []
    for _ in range(3):
        payments.append(await paid(world))
        world.clock.advance(ms=1)
    world.acquirer.script(APPROVED)
    command = RefundLine(merchant=merchant(), line_number=payments[0].number + 1, amount_e8=1)
    refund = (await refund_payment(command, world.ports)).attempt
    numbers = [payment.number for payment in payments]
    numbers.append(payments[0].number)

    async def beyond(number):
        found = await report.scroll_operations(
            merchant(), WEDNESDAY, world.ports, last_number=number, is_newest_first=is_newest_first
        )
        return [item.payment.number for item in found]

    order = numbers[::-1] if is_newest_first else numbers
    assert await beyond(None) == order
    middle = payments[1].number
    assert await beyond(middle + 2) == order[order.index(middle) + 1 :]
    assert await beyond(refund.number) == (order[1:] if is_newest_first else [])
    assert await beyond(1) == []


async def test_the_last_day_of_all(world):
    """A caller may ask for it."""
    assert await report.list_paid_lines(merchant(), date.max, world.ports) == []
    assert (await report.list_operations(merchant(), date.max, 1, world.ports)).operations == []
