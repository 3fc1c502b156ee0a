"""What the books count and list for the panel's first page, over both databases."""

import msgspec
import pytest

from fakes.payout_records import added, payable, payout
from fakes.records import AT_MS, attempt, payment
from vezne.core.answer import Risk
from vezne.core.changes import AddPayable, AddPayment, ChangePayment
from vezne.core.day_figures import Figure, PaidOut
from vezne.core.money import AMOUNT_MAX_E8, UNIT
from vezne.core.payment import PaymentState
from vezne.core.standing import Standing
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.books import SqlBooks
from vezne.storage.day_figures import SqlFigures

DAY_MS = 86_400_000


@pytest.fixture
async def books(engine: Engine) -> SqlBooks:
    await migrate(engine, load_migrations("vezne.storage"))
    return SqlBooks(engine)


async def add(books: SqlBooks, *all_changes: dict[str, object]) -> None:
    for place, changes in enumerate(all_changes):
        record = payment(number=10_000_000 + 10 * place)
        await books.apply([AddPayment(msgspec.structs.replace(record, **changes))])


def counted(standing: Standing, state: PaymentState, count: int, currency: str = "TRY") -> Figure:
    return Figure(
        standing=standing,
        state=state,
        currency=currency,
        count=count,
        amount_e8=count * 120 * UNIT,
    )


async def test_payments_are_counted_by_standing_and_currency(
    engine: Engine, books: SqlBooks
) -> None:
    """Of one merchant, from one time on and before another, as they stand now."""
    await add(
        books,
        {"state": PaymentState.CAPTURED},
        {"state": PaymentState.CAPTURED, "created_ms": AT_MS + 5},
        {"state": PaymentState.CAPTURED, "currency": "USD"},
        {"state": PaymentState.DECLINED},
        {"state": PaymentState.DECLINED, "created_ms": AT_MS + DAY_MS},
        {"state": PaymentState.DECLINED, "created_ms": AT_MS - 1},
        {"state": PaymentState.DECLINED, "merchant_id": 2},
    )
    figures = await SqlFigures(engine).count_span(1, AT_MS, AT_MS + DAY_MS)
    assert figures == [
        counted(Standing.CAPTURED, PaymentState.CAPTURED, 2),
        counted(Standing.CAPTURED, PaymentState.CAPTURED, 1, "USD"),
        counted(Standing.DECLINED, PaymentState.DECLINED, 1),
    ]
    assert await SqlFigures(engine).count_span(3, AT_MS, AT_MS + DAY_MS) == []


async def test_what_waits_is_counted_by_its_state(engine: Engine, books: SqlBooks) -> None:
    """Captured and under review, captured with an open refund, or not known yet."""
    review = {"state": PaymentState.CAPTURED, "risk": Risk.REVIEW}
    await add(
        books,
        review,
        review,
        review | {"state": PaymentState.AUTHORIZED, "created_ms": AT_MS + 1},
        {"state": PaymentState.CAPTURED, "attempts": (attempt(),)},
        {"state": PaymentState.UNCERTAIN, "created_ms": AT_MS + 2},
        review | {"created_ms": AT_MS + 9},
        review | {"created_ms": AT_MS - 1},
        review | {"merchant_id": 2},
    )
    assert await SqlFigures(engine, step_rows=20).count_span(1, AT_MS, AT_MS + 9) == [
        counted(Standing.REVIEW, PaymentState.AUTHORIZED, 1),
        counted(Standing.REVIEW, PaymentState.CAPTURED, 2),
        counted(Standing.UNCERTAIN, PaymentState.CAPTURED, 1),
        counted(Standing.UNCERTAIN, PaymentState.UNCERTAIN, 1),
    ]


async def test_a_change_of_a_payment_is_counted(engine: Engine, books: SqlBooks) -> None:
    """The figures follow what becomes of a payment later."""
    captured = payment(state=PaymentState.CAPTURED)
    await books.apply([AddPayment(captured)])
    voided = msgspec.structs.replace(captured, version=2, state=PaymentState.VOIDED)
    await books.apply([ChangePayment(voided)])
    (figure,) = await SqlFigures(engine).count_span(1, AT_MS, AT_MS + 1)
    assert figure.standing is Standing.VOIDED


async def test_counting_in_steps_counts_everything_once(engine: Engine, books: SqlBooks) -> None:
    """Wherever a step ends, also among payments of the same moment."""
    times = (0,) * 12 + (1, 2, 2, 2, 2, 3, 4, 5, 5, 6, 7, 9)
    await add(
        books,
        *(
            {"state": PaymentState.CAPTURED, "created_ms": AT_MS + at, "paid_e8": AMOUNT_MAX_E8}
            for at in times
        ),
    )
    (figure,) = await SqlFigures(engine, step_rows=10).count_span(1, AT_MS, AT_MS + 10)
    assert figure.count == len(times)
    assert figure.amount_e8 == len(times) * AMOUNT_MAX_E8


async def test_a_sum_beyond_64_bits_is_right(engine: Engine, books: SqlBooks) -> None:
    """A hundred payments of the greatest amount come to more than a column holds."""
    await add(
        books, *({"state": PaymentState.CAPTURED, "paid_e8": AMOUNT_MAX_E8} for _ in range(100))
    )
    (figure,) = await SqlFigures(engine).count_span(1, AT_MS, AT_MS + 1)
    assert figure.amount_e8 == 100 * AMOUNT_MAX_E8 > 2**63


async def test_what_waits_is_listed_oldest_first(engine: Engine, books: SqlBooks) -> None:
    """Uncertain payments and those under review, of one merchant, up to a limit."""
    review = {"state": PaymentState.CAPTURED, "risk": Risk.REVIEW}
    asked = {"state": PaymentState.CAPTURED, "attempts": (attempt(),)}
    await add(
        books,
        {"state": PaymentState.CAPTURED},
        review | {"created_ms": AT_MS + 7},
        {"state": PaymentState.UNCERTAIN, "created_ms": AT_MS + 3},
        asked | {"created_ms": AT_MS + 5},
        review | {"merchant_id": 2},
    )
    figures = SqlFigures(engine)
    assert [x.number for x in await figures.list_waiting(1, 9)] == [
        10_000_020,
        10_000_030,
        10_000_010,
    ]
    assert [x.number for x in await figures.list_waiting(1, 1)] == [10_000_020]


async def test_a_payments_money_is_followed_to_its_payouts(engine: Engine, books: SqlBooks) -> None:
    """What a payout has taken comes with it; of other payments and merchants there is nothing."""
    taken, later = payable(), payable(version=4, available_ms=AT_MS + 1)
    await books.apply([AddPayable(taken), AddPayable(payable(subject=10_000_050))])
    await books.apply([added(payout(payables=2))])
    await books.apply([AddPayable(later)])
    figures = SqlFigures(engine)
    assert await figures.list_paid_out(1, 10_000_000) == [
        PaidOut(payable=taken, payout=payout(payables=2)),
        PaidOut(payable=later, payout=None),
    ]
    assert await figures.list_paid_out(2, 10_000_000) == []
