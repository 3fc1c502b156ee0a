"""Books with a year of payments, made up and written straight into the database."""

import random
from collections.abc import Iterator
from typing import Final

import msgspec

from vezne.core.attempt import Attempt, Operation, Outcome
from vezne.core.business_days import value_time_ms
from vezne.core.merchant import CommissionPlan, Merchant
from vezne.core.money import UNIT
from vezne.core.payment import BasketLine, LineKind, Payment, PaymentKind, PaymentState
from vezne.core.pricing import LineSplit, price_payment
from vezne.engines.engine import Engine, Write
from vezne.storage.payments import add_payment

DAYS: Final = 365
_DAY_MS: Final = 86_400_000
_FIRST_NUMBER: Final = 10_000_000
# What a payment, its line and its attempt take of the sequence, and something for what follows.
_NUMBERS_EACH: Final = 5
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
_RESERVE: Final = "UPDATE numbers SET next = ? WHERE name = 'payment'"


async def fill_books(engine: Engine, merchant: Merchant, count: int, now_ms: int) -> None:
    """Write payments into empty books, as evenly as a shop that never closes."""
    await engine.apply([Write(_RESERVE, (_FIRST_NUMBER + count * _NUMBERS_EACH,))])
    writes: list[Write] = []
    for payment in _payments(merchant, count, now_ms):
        writes.append(add_payment(payment))
        if len(writes) == _BATCH:
            await engine.apply(writes)
            writes = []
    await engine.apply(writes)


def _payments(merchant: Merchant, count: int, now_ms: int) -> Iterator[Payment]:
    chance = random.Random(1)  # noqa: S311 - what is made up is the same in every run
    like = _payment(merchant)
    step_ms = DAYS * _DAY_MS // count
    for place in range(count):
        number = _FIRST_NUMBER + place * _NUMBERS_EACH
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
            attempts=(_attempt(number + 2, created_ms),),
            captured_ms=created_ms if is_captured else None,
            value_ms=value_time_ms(created_ms, 1) if is_captured else None,
            matured_ms=created_ms if is_captured else None,
        )


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


def _payment(merchant: Merchant) -> Payment:
    """What all of them have in common."""
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
