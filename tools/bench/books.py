"""Books with a year of payments, made up and written straight into the database."""

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import msgspec

from vezne.core.attempt import Attempt, Operation, Outcome
from vezne.core.business_days import value_time_ms
from vezne.core.changes import AddJournalEntry, AddPayment
from vezne.core.journal import JournalEntry
from vezne.core.ledger import booking_between
from vezne.core.merchant import CommissionPlan, Merchant
from vezne.core.money import UNIT
from vezne.core.payment import BasketLine, LineKind, Payment, PaymentKind, PaymentState
from vezne.core.pricing import LineSplit, price_payment
from vezne.engines.engine import Engine, Write
from vezne.storage.journal import add_entry
from vezne.storage.ledger import add_booking
from vezne.storage.payments import add_payment

DAYS: Final = 365
_DAY_MS: Final = 86_400_000
# What a payment, its lines and its attempt take of the sequence, and something for what follows.
_NUMBERS_EACH: Final = 6
_BATCH: Final = 2_000
_BINS: Final = ("55287900", "46034500", "54066700", "49874900", "97920300")
_DOORS: Final = ("iyzico", "iyzico", "paywall", "paynet")
_STATES: Final = {
    PaymentState.CAPTURED: 90,
    PaymentState.DECLINED: 8,
    PaymentState.UNAUTHENTICATED: 1,
    PaymentState.VOIDED: 1,
}
_ADDRESS: Final = {
    "contactName": "Jane Doe",
    "city": "Istanbul",
    "country": "Turkey",
    "address": "Nidakule Göztepe, Merdivenköy Mahallesi, Bora Sokak No: 1, Kat: 19, Daire: 74",
}
_NEXT: Final = "SELECT next FROM numbers WHERE name = 'payment'"
_RESERVE: Final = "UPDATE numbers SET next = ? WHERE name = 'payment'"


async def fill_books(
    engine: Engine, like: Payment, count: int, now_ms: int, *, is_booked: bool = False
) -> None:
    """Write payments that are much like another, as evenly over a year as in a shop never closed.

    With `is_booked` each has its rows in the ledger and in the journal as well. Nobody else may
    use the books meanwhile.
    """
    ((stored,),) = await engine.fetch(_NEXT)
    first = msgspec.convert(stored, int)
    await engine.apply([Write(_RESERVE, (first + count * _NUMBERS_EACH,))])
    made = _payments(like, first, count, now_ms)
    while batch := list(islice(made, _BATCH)):
        await engine.apply([add_payment(AddPayment(payment)) for payment in batch])
        if is_booked:
            await engine.apply(list(_bookings(batch)))


def _payments(like: Payment, first: int, count: int, now_ms: int) -> Iterator[Payment]:
    chance = random.Random(1)  # noqa: S311 - what is made up is the same in every run
    step_ms = DAYS * _DAY_MS // count
    for place in range(count):
        number = first + place * _NUMBERS_EACH
        created_ms = now_ms - (count - place) * step_ms
        (state,) = chance.choices(list(_STATES), list(_STATES.values()))
        is_captured = state is PaymentState.CAPTURED
        yield msgspec.structs.replace(
            like,
            number=number,
            state=state,
            created_ms=created_ms,
            door=chance.choice(_DOORS),
            paid_e8=chance.randrange(1_000, 500_000) * UNIT // 100,
            bin=chance.choice(_BINS),
            last4=f"{chance.randrange(10_000):04d}",
            conversation_id=f"order-{place}",
            basket_id=f"B{place}",
            attempts=(_attempt(number + len(like.pricing.lines) + 1, created_ms),),
            captured_ms=created_ms if is_captured else None,
            value_ms=value_time_ms(created_ms, 1) if is_captured else None,
            matured_ms=created_ms if is_captured else None,
        )


def _bookings(payments: Sequence[Payment]) -> Iterator[Write]:
    """What the capture of payments wrote beside them.

    Without the balances, which are as few rows for a million payments as for one, and without what
    came of it when the money became due: payouts would be made while something is measured.
    """
    captured = [each for each in payments if each.state is PaymentState.CAPTURED]
    for payment in captured:
        before = msgspec.structs.replace(payment, state=PaymentState.DECLINED)
        after = msgspec.structs.replace(payment, matured_ms=None)
        booking = booking_between(before, after, payment.created_ms)
        if booking is not None:
            yield add_booking(booking, 0)[0]
    for payment in captured:
        entry = JournalEntry(payment.created_ms, payment.number, payment.attempts[0].number)
        yield add_entry(AddJournalEntry(payment.merchant_id, entry))


def _attempt(number: int, at_ms: int) -> Attempt:
    return Attempt(
        number=number,
        operation=Operation.AUTHORIZE,
        amount_e8=UNIT,
        created_ms=at_ms,
        inquire_ms=at_ms,
        outcome=Outcome.APPROVED,
        auth_code="235467",
        reference="mock00001iyzihostrfn",
        closed_ms=at_ms,
    )


def plain_payment(merchant: Merchant) -> Payment:
    """A payment of one line, for others to be like."""
    line = BasketLine(
        item_id="BI101",
        name="Binocular 10x42",
        category="Collectibles",
        kind=LineKind.PHYSICAL,
        price_e8=UNIT,
    )
    pricing = price_payment(
        line_prices_e8=(UNIT,),
        paid_e8=UNIT,
        plan=CommissionPlan(),
        line_split=LineSplit.EXACT,
    )
    return Payment(
        merchant_id=merchant.id,
        number=0,
        version=2,
        state=PaymentState.CAPTURED,
        kind=PaymentKind.SALE,
        door="iyzico",
        price_e8=UNIT,
        paid_e8=UNIT,
        currency="TRY",
        installments=1,
        bin="",
        last4="",
        pricing=pricing,
        line_split=LineSplit.EXACT,
        settlement_currency="TRY",
        created_ms=0,
        blockage_resolved_ms=0,
        lines=(line,),
        parties={"buyer": {"name": "Jane", "surname": "Doe"}, "billingAddress": _ADDRESS},
        acquirer="simulator",
        auth_code="235467",
        reference="mock00001iyzihostrfn",
    )
