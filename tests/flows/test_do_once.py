"""One request under one key: done once, whatever happens to whoever does it."""

import asyncio
from typing import NamedTuple

import msgspec
import pytest

from builders import SAMPLE_TIME_MS, merchant, pay_command, ports
from fakes.acquirer import APPROVED, ScriptedAcquirer
from fakes.books import MemoryBooks
from fakes.once_books import KEY, once_key
from fakes.vault import MemoryVault
from fakes.world import FixedClock
from vezne.core.changes import ChangeOnceKey, Conflict
from vezne.core.once import KeptAnswer, OnceState
from vezne.core.payment import PaymentState
from vezne.core.ports import Ports
from vezne.core.refusal import Reason, Refusal
from vezne.flows.once import (
    KEPT_MS,
    LEASE_MS,
    PAUSES_S,
    Once,
    OnceAnswer,
    OnceBooks,
    Worked,
    end_once_leases,
    once,
)
from vezne.flows.pay import pay
from vezne.flows.record import ANSWER_MAX_MS
from vezne.vault.name_box import VaultNameBox

NAMES = VaultNameBox(bytes(range(64)))
COMMAND = Once(merchant=merchant(), scope="iyzico", key="order-1", digest=b"digest")
SOON = (0.001,) * 20


def answer(text="paid", **changes):
    fields = {"status": 200, "body": text.encode(), "headers": ((b"content-type", b"text/plain"),)}
    return KeptAnswer(**{**fields, **changes})


class Desk:
    """Does payments under keys. `works` says how often the work was begun."""

    def __init__(self, world):
        self.world = world
        self.works = 0

    async def work(self, books):
        """Pay, as the bank approves."""
        self.works += 1
        self.world.acquirer.script(APPROVED)
        there = msgspec.structs.replace(self.world.ports, books=books)
        payment = await pay(pay_command(), there)
        return Worked(answer=answer(f"paid {payment.number}"), is_refused=False)

    async def once(self, work=None, pauses_s=SOON, **changes):
        command = msgspec.structs.replace(COMMAND, **changes)
        return await once(command, work or self.work, NAMES, self.world.ports, pauses_s=pauses_s)

    async def refused(self, work=None, **changes):
        """Why a request is refused."""
        with pytest.raises(Refusal) as caught:
            await self.once(work, **changes)
        return caught.value.reason

    @property
    def key(self):
        """The only key that the books have."""
        (record,) = self.world.books.once_keys.values()
        return record

    def set_key(self, **changes):
        record = msgspec.structs.replace(self.key, **changes)
        self.world.books.once_keys[record.merchant_id, record.scope, record.key] = record


class World(NamedTuple):
    """The fakes behind a set of ports."""

    books: MemoryBooks
    vault: MemoryVault
    acquirer: ScriptedAcquirer
    clock: FixedClock
    ports: Ports


class RacedBooks(MemoryBooks):
    """Somebody else is faster, once: right after a key was looked up."""

    def __init__(self):
        super().__init__()
        self.race = None
        self.is_given_back = False

    async def find_once_key(self, merchant_id, scope, key):
        if self.race is None:
            return await super().find_once_key(merchant_id, scope, key)
        race, self.race = self.race, None
        if self.is_given_back:
            self.once_keys.clear()
        found = await super().find_once_key(merchant_id, scope, key)
        await race()
        return found


@pytest.fixture
def desk(world):
    return Desk(world)


async def refuse(books):
    """Work that ends before it wrote anything."""
    return Worked(answer=answer("refused"), is_refused=True)


async def succeed(books):
    """Work that needs to write nothing."""
    return Worked(answer=answer("done"), is_refused=False)


class TestReplay:
    async def test_the_same_request_gets_the_first_answer(self, desk):
        """The second call does nothing, and its answer is the first one's, marked."""
        first = await desk.once()
        again = await desk.once()
        assert first == OnceAnswer(answer=again.answer, is_replayed=False)
        assert again.is_replayed
        assert (desk.works, len(desk.world.books.payments)) == (1, 1)

    async def test_a_refusal_after_something_was_written_is_an_answer(self, desk):
        """A declined payment is not tried again under its key."""

        async def decline(books):
            await desk.work(books)
            return Worked(answer=answer("declined", status=500), is_refused=True)

        first = await desk.once(decline)
        assert (await desk.once()).answer == first.answer
        assert desk.works == 1

    async def test_work_that_writes_nothing_is_remembered_when_it_succeeds(self, desk):
        """The vault's lists leave nothing in the books, but an answer all the same."""
        await desk.once(succeed)
        assert (await desk.once()).answer == answer("done")
        assert desk.works == 0

    @pytest.mark.parametrize(
        "changes",
        [{"key": "order-2"}, {"scope": "paynet"}, {"merchant": merchant(id=2)}],
        ids=["key", "scope", "merchant"],
    )
    async def test_other_keys_are_other_requests(self, desk, changes):
        """A key is unique for its merchant and scope; elsewhere it says nothing."""
        await desk.once()
        assert not (await desk.once(**changes)).is_replayed
        assert desk.works == 2

    async def test_another_request_under_the_key_is_refused(self, desk):
        """It is not executed, whether the first one is done or still being done."""
        await desk.once()
        assert await desk.refused(digest=b"other") is Reason.ONCE_KEY_REUSED
        desk.set_key(state=OnceState.BEGUN, answer=None, lease_ms=SAMPLE_TIME_MS + 1)
        assert await desk.refused(digest=b"other") is Reason.ONCE_KEY_REUSED
        assert desk.works == 1

    async def test_a_key_may_be_used_again_after_a_day(self, desk):
        """Its answer is kept for 24 hours, by the clock of the machine."""
        await desk.once()
        desk.world.clock.advance(ms=KEPT_MS - 1)
        assert (await desk.once()).is_replayed
        desk.world.clock.advance(ms=1)
        assert not (await desk.once(digest=b"other")).is_replayed
        assert desk.key.expires_ms == desk.world.clock.now_ms() + KEPT_MS
        assert desk.works == 2


class TestKeys:
    @pytest.mark.parametrize("key", ["!", "~" * 255, '"8e03978e-40d5"', "a,b;c=d"])
    async def test_any_visible_ascii_is_a_key(self, desk, key):
        """One to 255 characters of it, quotes included."""
        await desk.once(key=key)
        assert (await desk.once(key=key)).is_replayed

    @pytest.mark.parametrize("key", ["", " ", "a b", "a, a", "a\t", "\x00", "\x7f", "ş", "x" * 256])
    async def test_anything_else_is_refused(self, desk, key):
        """Before anything is written or done."""
        assert await desk.refused(key=key) is Reason.ONCE_KEY_MALFORMED
        assert (desk.works, desk.world.books.once_keys) == (0, {})

    async def test_neither_key_nor_request_can_be_read_in_the_books(self, desk):
        """Both are sealed, so that nobody can find a card number by trying all."""
        await desk.once(key="order-1", digest=b"digest")
        assert b"order-1" not in desk.key.key
        assert b"digest" not in desk.key.request
        assert NAMES.open(merchant().id, "once key", desk.key.key) == b"order-1"


class TestNothingDone:
    async def test_a_refusal_that_wrote_nothing_gives_the_key_back(self, desk):
        """The caller may mend its request and send it under the same key."""
        assert (await desk.once(refuse)).answer == answer("refused")
        assert desk.world.books.once_keys == {}
        assert not (await desk.once(digest=b"mended")).is_replayed

    async def test_so_does_a_fault(self, desk):
        """Nothing was written, so that there is nothing to be looked up."""

        async def break_down(books):
            raise LookupError("broken")

        with pytest.raises(LookupError):
            await desk.once(break_down)
        assert desk.world.books.once_keys == {}

    async def test_a_conflict_before_anything_was_written_is_the_work_s_own(self, desk):
        """It decides again, and its next try begins the work."""

        async def try_twice(books):
            with pytest.raises(Conflict):
                await books.apply([ChangeOnceKey(once_key(version=9))])
            assert desk.key.state is OnceState.CLAIMED
            return await desk.work(books)

        await desk.once(try_twice)
        assert desk.key.state is OnceState.DONE

    async def test_a_claim_whose_owner_is_gone_is_taken_over(self, desk):
        """The books hold nothing of the work, so that it is safe to do it."""
        await desk.once(succeed)
        desk.set_key(state=OnceState.CLAIMED, answer=None, lease_ms=SAMPLE_TIME_MS)
        assert not (await desk.once()).is_replayed
        assert desk.works == 1

    async def test_whoever_was_too_slow_to_begin_writes_nothing(self, desk):
        """Its claim was taken over; its first write fails, and what took over is untouched."""
        world = desk.world

        async def be_slow(books):
            world.clock.advance(ms=LEASE_MS)
            await desk.once()
            with pytest.raises(Refusal) as caught:
                await desk.work(books)
            assert caught.value.reason is Reason.ONCE_KEY_IN_FLIGHT
            return Worked(answer=answer("in flight"), is_refused=True)

        assert (await desk.once(be_slow)).answer == answer("in flight")
        assert len(world.books.payments) == 1
        assert (await desk.once()).is_replayed

    async def test_whoever_was_too_slow_without_a_write_is_not_remembered(self, desk):
        """The answer that is kept is that of whoever took over."""

        async def be_slow(books):
            desk.world.clock.advance(ms=LEASE_MS)
            await desk.once()
            return Worked(answer=answer("late"), is_refused=False)

        await desk.once(be_slow)
        assert (await desk.once()).answer != answer("late")

    async def test_a_key_that_was_purged_under_a_slow_call_stops_it(self, desk):
        """It cannot prove any more that it is the only one."""

        async def be_slow(books):
            desk.world.books.once_keys.clear()
            await desk.work(books)

        assert await desk.refused(be_slow) is Reason.ONCE_KEY_IN_FLIGHT
        assert desk.world.books.payments == {}


class TestBegun:
    async def test_the_claim_says_begun_before_the_bank_is_asked(self, desk):
        """In the same batch that promises the payment, and with a lease of its own."""
        seen = []

        async def look(operation, ask):
            seen.append((desk.key.state, desk.key.lease_ms, len(desk.world.books.payments)))

        desk.world.acquirer.on_ask = look

        async def wait_first(books):
            desk.world.clock.advance(ms=1000)
            return await desk.work(books)

        await desk.once(wait_first)
        assert seen == [(OnceState.BEGUN, SAMPLE_TIME_MS + 1000 + LEASE_MS, 1)]

    async def test_a_repetition_after_a_crash_is_told_that_nobody_knows(self, desk):
        """What was begun is not done again, however often it is asked for."""

        async def crash(operation, ask):
            raise asyncio.CancelledError

        desk.world.acquirer.on_ask = crash
        with pytest.raises(asyncio.CancelledError):
            await desk.once()
        assert await desk.refused() is Reason.ONCE_KEY_IN_FLIGHT
        desk.world.clock.advance(ms=LEASE_MS)
        assert await desk.refused() is Reason.ONCE_OUTCOME_UNKNOWN
        assert await desk.refused() is Reason.ONCE_OUTCOME_UNKNOWN
        (payment,) = desk.world.books.payments.values()
        assert (payment.state, desk.works) == (PaymentState.PENDING, 1)

    async def test_a_start_ends_the_leases_of_the_dead(self, desk):
        """Then a repetition need not wait to learn it."""

        async def crash(operation, ask):
            raise asyncio.CancelledError

        desk.world.acquirer.on_ask = crash
        with pytest.raises(asyncio.CancelledError):
            await desk.once()
        await end_once_leases(desk.world.ports)
        assert await desk.refused() is Reason.ONCE_OUTCOME_UNKNOWN

    async def test_after_a_fault_a_repetition_learns_it_at_once(self, desk):
        """Whoever did it knows that there will be no answer."""

        async def break_down(books):
            await desk.work(books)
            raise LookupError("broken")

        with pytest.raises(LookupError):
            await desk.once(break_down)
        assert await desk.refused() is Reason.ONCE_OUTCOME_UNKNOWN

    async def test_an_answer_that_comes_after_the_lease_counts_all_the_same(self, desk):
        """The work was slow, not dead."""

        async def be_slow(books):
            worked = await desk.work(books)
            desk.world.clock.advance(ms=LEASE_MS)
            assert await desk.refused() is Reason.ONCE_OUTCOME_UNKNOWN
            return worked

        first = await desk.once(be_slow)
        assert (await desk.once()).answer == first.answer

    async def test_only_the_first_write_says_so(self, desk):
        """The versions of a key are three: claimed, begun, done."""
        await desk.once()
        assert (desk.key.version, desk.key.state, desk.key.lease_ms) == (3, OnceState.DONE, None)

    async def test_reads_are_those_of_the_books(self, desk):
        """The work sees what is stored."""
        books = OnceBooks(once_key(), desk.world.ports)
        assert await books.find_payment(1, 2) is None
        assert await books.find_once_key(1, "iyzico", KEY) is None


class TestInFlight:
    async def test_twenty_at_once_are_one_payment(self, desk):
        """All wait for the first one, and get its answer."""
        resting = asyncio.Event()

        async def think(operation, ask):
            await resting.wait()

        desk.world.acquirer.on_ask = think
        tasks = [asyncio.create_task(desk.once(pauses_s=(0.001,) * 500)) for _ in range(20)]
        await asyncio.sleep(0.01)
        resting.set()
        done = await asyncio.gather(*tasks)
        assert len({item.answer.body for item in done}) == 1
        assert [item.is_replayed for item in done].count(False) == 1
        assert (desk.works, len(desk.world.books.payments)) == (1, 1)

    async def test_whoever_waits_too_long_is_told(self, desk):
        """It is in progress: the caller may come again."""

        async def ask_again(books):
            assert await desk.refused(pauses_s=()) is Reason.ONCE_KEY_IN_FLIGHT
            assert await desk.refused(pauses_s=(0.001,)) is Reason.ONCE_KEY_IN_FLIGHT
            return await desk.work(books)

        await desk.once(ask_again)
        assert desk.works == 1

    async def test_whoever_waits_does_it_when_the_first_one_gave_up(self, desk):
        """The first request was refused with nothing done; the second one may find it better."""
        waiting = []

        async def give_up(books):
            waiting.append(asyncio.create_task(desk.once()))
            await asyncio.sleep(0.005)
            return await refuse(books)

        await desk.once(give_up)
        assert not (await waiting[0]).is_replayed
        assert desk.works == 1

    @pytest.mark.parametrize("is_given_back", [False, True])
    async def test_of_two_that_take_over_one_does_it(self, is_given_back):
        """Both saw that nobody works on it; the other one lost the race, and gets the answer."""
        books, acquirer = RacedBooks(), ScriptedAcquirer()
        clock = FixedClock(SAMPLE_TIME_MS)
        all_ports = ports(books=books, vault=MemoryVault(), acquirer=acquirer, clock=clock)
        desk = Desk(World(books, MemoryVault(), acquirer, clock, all_ports))
        await desk.once(succeed)
        desk.set_key(state=OnceState.CLAIMED, answer=None, lease_ms=SAMPLE_TIME_MS)

        async def race():
            await desk.once()

        books.is_given_back, books.race = is_given_back, race
        assert (await desk.once()).is_replayed
        assert desk.works == 1

    async def test_the_wait_is_longer_than_a_bank_takes_and_shorter_than_a_lease(self):
        """So that it ends with an answer when there is one, and never with a takeover."""
        assert sum(PAUSES_S) == pytest.approx(20)
        assert ANSWER_MAX_MS < sum(PAUSES_S) * 1000 < LEASE_MS
