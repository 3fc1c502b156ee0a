"""What all books promise about keys of requests that are done once."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from fakes.books import MemoryBooks
from fakes.once_books import KEY, once_key
from fakes.records import AT_MS, payment
from vezne.core.changes import (
    AddOnceKey,
    AddPayment,
    ChangeOnceKey,
    Conflict,
    EndOnceLeases,
    RemoveOnceKey,
)
from vezne.core.once import KeptAnswer, OnceKey, OnceState
from vezne.core.ports import Books
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.books import SqlBooks

ANSWER = KeptAnswer(
    status=200, body=b'{"a":"\xc4\xb0\x00"}\xff', headers=((b"content-type", b"text/plain"),)
)
DONE = once_key(version=2, state=OnceState.DONE, lease_ms=None, answer=ANSWER)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def books(
    request: pytest.FixtureRequest, open_named: Callable[[str], Awaitable[Engine]]
) -> Books:
    if request.param == "memory":
        return MemoryBooks()
    engine = await open_named(request.param)
    await migrate(engine, load_migrations("vezne.storage"))
    return SqlBooks(engine)


async def find(books: Books, key: bytes = KEY) -> OnceKey | None:
    return await books.find_once_key(1, "iyzico", key)


async def test_a_key_comes_back_as_it_was_stored(books: Books) -> None:
    """Claimed, and done with an answer of any bytes."""
    await books.apply([AddOnceKey(once_key())])
    assert await find(books) == once_key()
    await books.apply([ChangeOnceKey(DONE)])
    assert await find(books) == DONE


async def test_a_key_is_its_merchant_s_and_its_scope_s(books: Books) -> None:
    """The same key of another merchant, or in another scope, is another one."""
    others = [once_key(merchant_id=2), once_key(scope="paynet"), once_key(key=b"\x00\xff")]
    await books.apply([AddOnceKey(once_key()), *map(AddOnceKey, others)])
    assert await books.find_once_key(2, "iyzico", KEY) == others[0]
    assert await books.find_once_key(1, "paynet", KEY) == others[1]
    assert await find(books, b"\x00\xff") == others[2]
    assert await find(books, b"other") is None
    with pytest.raises(Conflict):
        await books.apply([AddOnceKey(once_key(request=b"other", version=7))])
    assert await find(books) == once_key()


@pytest.mark.parametrize("version", [1, 3])
async def test_only_the_next_version_is_written(books: Books, version: int) -> None:
    """A change of another version, and of a key that is not there, conflicts."""
    changed = msgspec.structs.replace(DONE, version=version)
    with pytest.raises(Conflict):
        await books.apply([ChangeOnceKey(DONE)])
    await books.apply([AddOnceKey(once_key())])
    with pytest.raises(Conflict):
        await books.apply([ChangeOnceKey(changed)])
    assert await find(books) == once_key()


async def test_a_key_can_be_used_anew(books: Books) -> None:
    """A change replaces everything but the name: request, times, and the answer of old."""
    await books.apply([AddOnceKey(once_key())])
    await books.apply([ChangeOnceKey(DONE)])
    again = once_key(version=3, request=b"new", created_ms=1, expires_ms=2, lease_ms=3)
    await books.apply([ChangeOnceKey(again)])
    assert await find(books) == again


async def test_only_the_stored_version_is_given_back(books: Books) -> None:
    """Whoever lost a key cannot remove it from who has it now."""
    await books.apply([AddOnceKey(once_key())])
    with pytest.raises(Conflict):
        await books.apply([RemoveOnceKey(DONE)])
    await books.apply([RemoveOnceKey(once_key())])
    assert await find(books) is None
    with pytest.raises(Conflict):
        await books.apply([RemoveOnceKey(once_key())])


async def test_work_and_claim_are_written_together(books: Books) -> None:
    """A lost claim keeps the payment out of the books, and a conflict the claim as it was."""
    begun = once_key(version=2, state=OnceState.BEGUN)
    with pytest.raises(Conflict):
        await books.apply([AddPayment(payment()), ChangeOnceKey(begun)])
    assert await books.find_payment(1, payment().number) is None
    await books.apply([AddOnceKey(once_key())])
    await books.apply([AddPayment(payment()), ChangeOnceKey(begun)])
    assert await find(books) == begun
    again = msgspec.structs.replace(begun, version=3)
    with pytest.raises(Conflict):
        await books.apply([AddPayment(payment()), ChangeOnceKey(again)])
    assert await find(books) == begun


async def test_of_many_claims_at_once_one_is_written(books: Books) -> None:
    """Whatever the engine groups into one commit."""
    claims = [AddOnceKey(once_key(request=bytes([number]))) for number in range(20)]
    results = await asyncio.gather(
        *(books.apply([claim]) for claim in claims), return_exceptions=True
    )
    assert sum(result is None for result in results) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 19


async def test_leases_can_be_ended(books: Books) -> None:
    """Those that run; what is over or done stays as it is."""
    over = once_key(key=b"over", lease_ms=AT_MS - 1)
    await books.apply([AddOnceKey(once_key()), AddOnceKey(over), AddOnceKey(once_key(key=b"done"))])
    done = msgspec.structs.replace(DONE, key=b"done")
    await books.apply([ChangeOnceKey(done)])
    await books.apply([EndOnceLeases(AT_MS)])
    assert await find(books) == once_key(lease_ms=AT_MS)
    assert await find(books, b"over") == over
    assert await find(books, b"done") == done
