"""A key whose claim or first write may be in the books, as the word of it was lost on the way."""

import asyncio

import msgspec
import pytest

from builders import SAMPLE_TIME_MS, merchant, ports
from fakes.acquirer import ScriptedAcquirer
from fakes.books import MemoryBooks
from fakes.records import payment
from fakes.vault import MemoryVault
from fakes.world import FixedClock
from vezne.core.changes import AddOnceKey, AddPayment, ChangeOnceKey
from vezne.core.once import KeptAnswer, OnceState
from vezne.core.refusal import Reason, Refusal
from vezne.flows.once import LEASE_MS, Once, Worked, once
from vezne.vault.name_box import VaultNameBox

NAMES = VaultNameBox(bytes(range(64)))
COMMAND = Once(merchant=merchant(), scope="iyzico", key="order-1", digest=b"digest")


class LineBroke(Exception):
    """Nobody knows whether it was written."""


class BreakingBooks(MemoryBooks):
    """Breaks at the next write that has a change of a kind, before or after it is made."""

    def __init__(self):
        super().__init__()
        self.breaks_at = None
        self.is_made = False
        self.meanwhile = None

    async def apply(self, changes):
        if self.breaks_at is None or not any(isinstance(each, self.breaks_at) for each in changes):
            await super().apply(changes)
            return
        self.breaks_at = None
        if self.is_made:
            await super().apply(changes)
        if self.meanwhile is not None:
            await self.meanwhile()
        raise LineBroke


class Shop:
    """Asks under one key for a payment."""

    def __init__(self):
        self.books, self.clock = BreakingBooks(), FixedClock(SAMPLE_TIME_MS)
        self.works = 0

    async def work(self, books):
        self.works += 1
        number = 1000 + self.works
        await books.apply([AddPayment(payment(number=number))])
        return Worked(answer=KeptAnswer(status=200, body=b"%d" % number), is_refused=False)

    async def once(self):
        there = ports(
            books=self.books, vault=MemoryVault(), acquirer=ScriptedAcquirer(), clock=self.clock
        )
        return await once(COMMAND, self.work, NAMES, there, pauses_s=())

    async def broken(self, kind, *, is_made, meanwhile=None):
        """A request whose write breaks."""
        self.books.breaks_at, self.books.is_made = kind, is_made
        self.books.meanwhile = meanwhile
        with pytest.raises(LineBroke):
            await self.once()


@pytest.fixture
def shop():
    return Shop()


@pytest.mark.parametrize("is_made", [False, True])
async def test_a_claim(shop, is_made):
    """Nothing was done, so that a repetition does it, at once."""
    await shop.broken(AddOnceKey, is_made=is_made)
    assert shop.books.once_keys == {}
    assert not (await shop.once()).is_replayed
    assert shop.works == 1


@pytest.mark.parametrize("is_made", [False, True])
async def test_a_claim_that_takes_over(shop, is_made):
    """As for a key that nobody had."""

    async def die(_books):
        raise asyncio.CancelledError

    work, shop.work = shop.work, die
    with pytest.raises(asyncio.CancelledError):
        await shop.once()
    shop.work = work
    shop.clock.advance(ms=LEASE_MS)
    await shop.broken(ChangeOnceKey, is_made=is_made)
    assert not (await shop.once()).is_replayed
    assert shop.works == 1


async def test_a_claim_that_somebody_else_has_by_then(shop):
    """It is theirs: they go on, and their answer is the only one."""

    async def be_first():
        shop.clock.advance(ms=1)
        await shop.once()

    await shop.broken(AddOnceKey, is_made=False, meanwhile=be_first)
    again = await shop.once()
    assert (again.is_replayed, again.answer.body, shop.works) == (True, b"1001", 1)


async def test_a_first_write_that_was_made(shop):
    """A repetition is told at once that nobody knows; it is not done twice."""
    await shop.broken(AddPayment, is_made=True)
    for _ in range(2):
        with pytest.raises(Refusal) as caught:
            await shop.once()
        assert caught.value.reason is Reason.ONCE_OUTCOME_UNKNOWN
    assert (shop.works, list(shop.books.payments)) == (1, [(1, 1001)])


async def test_a_first_write_that_was_not_made(shop):
    """The key is given back, and a repetition does it."""
    await shop.broken(AddPayment, is_made=False)
    assert shop.books.once_keys == {}
    assert not (await shop.once()).is_replayed
    assert list(shop.books.payments) == [(1, 1002)]


async def test_a_first_write_after_which_somebody_else_has_the_key(shop):
    """The lease of a work that has taken over is left alone."""

    async def take_over():
        ((name, held),) = shop.books.once_keys.items()
        taken = msgspec.structs.replace(held, version=2, created_ms=SAMPLE_TIME_MS + 1)
        shop.books.once_keys[name] = taken

    await shop.broken(AddPayment, is_made=False, meanwhile=take_over)
    (held,) = shop.books.once_keys.values()
    assert (held.state, held.lease_ms) == (OnceState.CLAIMED, SAMPLE_TIME_MS + LEASE_MS)
