"""The worked example of docs/ledger.md is what the house really books."""

from pathlib import Path

from builders import merchant, pay_command
from fakes.acquirer import APPROVED
from fakes.ledger import checked
from vezne.core.calendar import local_text
from vezne.core.ledger import Account, EntryKind
from vezne.core.ledger_check import Flaw
from vezne.core.money import SCALE, UNIT
from vezne.core.payment import PaymentKind
from vezne.core.sub_merchant import CrossBooking, booking_of
from vezne.flows.charge_back import ChargeBack, charge_back_payment
from vezne.flows.due import catch_up
from vezne.flows.pay import NewCard, pay
from vezne.flows.payout import BOUNCING_IBAN
from vezne.flows.refund import RefundLine, refund_payment
from vezne.flows.void import VoidPayment, void_payment

PAGE = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")


def amount(amount_e8):
    sign = "-" if amount_e8 < 0 else ""
    digits = str(abs(amount_e8)).zfill(SCALE + 1)
    return f"{sign}{digits[:-SCALE]}.{digits[-SCALE:]}".rstrip("0").rstrip(".")


def rows(bookings):
    """A row of the page's tables for every entry of some bookings, in the order of time."""
    for booking in sorted(bookings, key=lambda item: (item.booked_ms, item.subject, item.version)):
        for entry in booking.entries:
            postings = ", ".join(
                " ".join(filter(None, (item.account, item.party, amount(item.amount_e8))))
                for item in entry.postings
            )
            yield f"| {local_text(booking.booked_ms)[:16]} | {entry.kind} | {postings} |"


async def take(world, kind=PaymentKind.SALE):
    world.acquirer.script(APPROVED)
    card = NewCard(card=world.vault.present(), holder="John Doe")
    return await pay(pay_command(card=card, kind=kind), world.ports)


async def days_pass(world, days):
    world.clock.advance(days=days)
    await catch_up(merchant(), world.ports)


async def test_the_sample_payment_s_life(world):
    """Paid, matured, paid out, refunded, released, paid out again, charged back."""
    payment = await take(world)
    await days_pass(world, 2)
    world.acquirer.script(APPROVED)
    refund = RefundLine(merchant=merchant(), line_number=payment.number + 1, amount_e8=UNIT // 10)
    await refund_payment(refund, world.ports)
    await days_pass(world, 6)
    command = ChargeBack(merchant=merchant(), number=payment.number, amount_e8=UNIT // 2)
    await charge_back_payment(command, world.ports)
    assert await checked(world.books) == []
    missing = [row for row in rows(world.books.bookings.values()) if row not in PAGE]
    assert missing == []
    balances = ", ".join(
        f"{item.account} {amount(item.amount_e8)}" for item in await world.books.list_balances(7)
    )
    assert balances in PAGE


async def test_the_sample_held_and_voided(world):
    """A reservation and its end."""
    payment = await take(world, PaymentKind.HOLD)
    world.acquirer.script(APPROVED)
    await void_payment(VoidPayment(merchant=merchant(), number=payment.number), world.ports)
    assert [row for row in rows(world.books.bookings.values()) if row not in PAGE] == []


def test_the_sample_cross_booking(world):
    """Five lira for a sub-merchant."""
    booking = booking_of(
        CrossBooking(
            merchant_id=7,
            number=1,
            sequence=1,
            sub_merchant="seller",
            is_to_sub_merchant=True,
            amount_e8=5 * UNIT,
            currency="TRY",
            reason="",
            booked_ms=world.clock.now_ms(),
        )
    )
    assert [row for row in rows([booking]) if row not in PAGE] == []


def test_the_page_names_everything():
    """Every account, every kind of entry and of difference, and the account that bounces."""
    for name in (*Account, *EntryKind):
        assert f"`{name}`" in PAGE
    for flaw in Flaw:
        assert flaw in PAGE
    assert BOUNCING_IBAN in PAGE
