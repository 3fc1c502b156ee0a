"""A payment whose reference the merchant says late is found by it in any books."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from fakes.books import MemoryBooks
from fakes.records import payment
from vezne.core.changes import AddPayment, ChangePayment
from vezne.core.ports import Books
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.books import SqlBooks


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def books(
    request: pytest.FixtureRequest, open_named: Callable[[str], Awaitable[Engine]]
) -> Books:
    if request.param == "memory":
        return MemoryBooks()
    engine = await open_named(request.param)
    await migrate(engine, load_migrations("vezne.storage"))
    return SqlBooks(engine)


@pytest.mark.parametrize("before", ["first", None])
async def test_renamed_payment(books: Books, before: str | None) -> None:
    """It is found under its new reference, and no longer under the one before."""
    record = payment(conversation_id=before)
    await books.apply([AddPayment(record)])
    renamed = msgspec.structs.replace(record, version=record.version + 1, conversation_id="second")
    await books.apply([ChangePayment(renamed, is_renamed=True)])
    merchant_id = record.merchant_id
    assert await books.find_payment(merchant_id, record.number) == renamed
    assert await books.find_payment_by_reference(merchant_id, "second") == renamed
    assert await books.find_payment_by_reference(merchant_id, "first") is None
