"""What waits in the books, as whoever watches the server is told, over both databases."""

import msgspec
import pytest

from fakes.outbox import notice
from fakes.records import AT_MS, attempt, payment
from vezne.core.changes import AddNotice, AddPayment, ChangeNotice
from vezne.core.notice import deliver
from vezne.core.payment import PaymentState
from vezne.core.standing import Standing
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.backlog import SqlBacklog, Waiting
from vezne.storage.books import SqlBooks


@pytest.fixture
async def books(engine: Engine) -> SqlBooks:
    await migrate(engine, load_migrations("vezne.storage"))
    return SqlBooks(engine)


async def test_empty_books_have_no_backlog(engine: Engine, books: SqlBooks) -> None:
    """Zeros, so that an alert has something to compare with."""
    found = await SqlBacklog(engine).look(AT_MS)
    nothing = Waiting(0, 0)
    assert found.payments == {Standing.UNCERTAIN: nothing, Standing.REVIEW: nothing}
    assert (found.due, found.planned) == (nothing, 0)


async def test_payments_without_an_answer_are_counted_for_all_merchants(
    engine: Engine, books: SqlBooks
) -> None:
    """With the age of the oldest; a payment that is done is none of them."""
    uncertain = {"state": PaymentState.UNCERTAIN, "attempts": (attempt(),)}
    for merchant, number, ago_ms, state in (
        (1, 10_000_000, 5_000, uncertain),
        (2, 10_000_010, 90_000, uncertain),
        (2, 10_000_020, 900_000, {"state": PaymentState.CAPTURED}),
    ):
        record = msgspec.structs.replace(
            payment(number=number), merchant_id=merchant, created_ms=AT_MS - ago_ms, **state
        )
        await books.apply([AddPayment(record)])
    found = await SqlBacklog(engine).look(AT_MS)
    assert found.payments[Standing.UNCERTAIN] == Waiting(2, 90_000)
    assert found.payments[Standing.REVIEW].count == 0


async def test_notices_are_due_by_their_time(engine: Engine, books: SqlBooks) -> None:
    """What is told already is neither due nor planned."""
    told = notice(payment_number=30)
    later = notice(payment_number=20)
    await books.apply(
        [
            AddNotice(notice(payment_number=10)),
            AddNotice(msgspec.structs.replace(later, next_try_ms=AT_MS + 60_000)),
            AddNotice(told),
        ]
    )
    await books.apply([ChangeNotice(deliver(told))])
    found = await SqlBacklog(engine).look(AT_MS + 7_000)
    assert found.due == Waiting(1, 7_000)
    assert found.planned == 2
