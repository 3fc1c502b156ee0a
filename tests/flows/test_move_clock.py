"""A merchant's clock: how it is moved, how far, and what a way back means for what is open."""

import pytest

from builders import SAMPLE_TIME_MS, merchant, ports
from fakes import records
from fakes.acquirer import APPROVED, ScriptedAcquirer
from fakes.books import MemoryBooks
from fakes.clocks import MemoryClocks
from fakes.vault import MemoryVault
from fakes.world import FixedClock
from vezne.core.payment import PaymentState
from vezne.flows.merchant_time import ports_at
from vezne.flows.move_clock import (
    AHEAD_MAX_MS,
    TRIES_MAX,
    ClockContested,
    ClockGoesBack,
    ClockTooFar,
    advance_clock,
    reset_clock,
    set_clock,
)

DAY_MS = 86_400_000


@pytest.fixture
def clocks() -> MemoryClocks:
    return MemoryClocks(merchant())


def test_ports_have_the_merchant_s_time() -> None:
    """Everybody's ports as they are, or with a clock that runs ahead of theirs."""
    clock = FixedClock(SAMPLE_TIME_MS)
    acquirer = ScriptedAcquirer()
    there = ports(books=MemoryBooks(), vault=MemoryVault(), acquirer=acquirer, clock=clock)
    assert ports_at(merchant(), there) is there
    ahead = ports_at(merchant(clock_offset_ms=DAY_MS), there)
    clock.advance(ms=1)
    assert ahead.clock.now_ms() == SAMPLE_TIME_MS + DAY_MS + 1
    assert ahead.books is there.books


async def test_steps_ahead_add_up(clocks: MemoryClocks) -> None:
    """Eight days and a minute are two moves."""
    await advance_clock(7, 8 * DAY_MS, clocks)
    moved = await advance_clock(7, 60_000, clocks)
    assert moved == clocks.record
    assert moved.clock_offset_ms == 8 * DAY_MS + 60_000


async def test_two_who_move_it_at_once_both_count(clocks: MemoryClocks) -> None:
    """A move that somebody else overtook is made from where the clock stands then."""
    clocks.contests = 2
    moved = await advance_clock(7, DAY_MS, clocks)
    assert moved.clock_offset_ms == DAY_MS + 2 * 60_000


async def test_a_clock_that_never_stands_still_is_given_up(clocks: MemoryClocks) -> None:
    """There is an end to trying."""
    clocks.contests = TRIES_MAX
    with pytest.raises(ClockContested):
        await advance_clock(7, DAY_MS, clocks)


async def test_ten_years_are_enough(clocks: MemoryClocks) -> None:
    """As far as that and no further, by whichever way."""
    clock = FixedClock(SAMPLE_TIME_MS)
    await advance_clock(7, AHEAD_MAX_MS, clocks)
    with pytest.raises(ClockTooFar):
        await advance_clock(7, 1, clocks)
    with pytest.raises(ClockTooFar):
        await set_clock(7, SAMPLE_TIME_MS + AHEAD_MAX_MS + 1, clocks, clock)
    assert clocks.record.clock_offset_ms == AHEAD_MAX_MS


async def test_it_is_set_to_a_moment_that_lies_ahead(clocks: MemoryClocks) -> None:
    """To the merchant's own present at the earliest, which is later than everybody's."""
    clock = FixedClock(SAMPLE_TIME_MS)
    moved = await set_clock(7, SAMPLE_TIME_MS + DAY_MS, clocks, clock)
    assert moved.clock_offset_ms == DAY_MS
    assert await set_clock(7, SAMPLE_TIME_MS + DAY_MS, clocks, clock) == moved
    for at_ms in (SAMPLE_TIME_MS, SAMPLE_TIME_MS + DAY_MS - 1, SAMPLE_TIME_MS - 1):
        with pytest.raises(ClockGoesBack):
            await set_clock(7, at_ms, clocks, clock)
    assert clocks.record == moved


async def test_nobody_s_clock_cannot_be_moved(clocks: MemoryClocks) -> None:
    """A merchant that does not exist is a fault of the house's, not a caller's mistake."""
    with pytest.raises(LookupError):
        await advance_clock(8, DAY_MS, clocks)


async def test_a_reset_finds_out_what_the_bank_has_not_said(clocks: MemoryClocks) -> None:
    """The next inquiry would come in a year of real time, so the bank is asked now."""
    acquirer, books = ScriptedAcquirer(), MemoryBooks()
    clock = FixedClock(SAMPLE_TIME_MS)
    there = ports(books=books, vault=MemoryVault(), acquirer=acquirer, clock=clock)
    promised_ms = SAMPLE_TIME_MS + 365 * DAY_MS
    attempt = records.attempt(created_ms=promised_ms, inquire_ms=promised_ms + 15_000)
    open_payment = records.payment(merchant_id=7, state=PaymentState.UNCERTAIN, attempts=(attempt,))
    books.payments[7, open_payment.number] = open_payment
    acquirer.script_inquiry(attempt.number, APPROVED)
    clocks.record = merchant(clock_offset_ms=365 * DAY_MS)
    moved = await reset_clock(7, clocks, there)
    assert moved.clock_offset_ms == 0
    (settled,) = books.payments.values()
    assert settled.state is PaymentState.CAPTURED
    assert settled.captured_ms == SAMPLE_TIME_MS


async def test_a_reset_of_the_real_time_changes_nothing(clocks: MemoryClocks) -> None:
    """The bank is not asked about an attempt whose answer is on its way."""
    acquirer, books = ScriptedAcquirer(), MemoryBooks()
    clock = FixedClock(records.AT_MS)
    there = ports(books=books, vault=MemoryVault(), acquirer=acquirer, clock=clock)
    waiting = records.payment(merchant_id=7, attempts=(records.attempt(),))
    books.payments[7, waiting.number] = waiting
    moved = await reset_clock(7, clocks, there)
    assert moved.clock_offset_ms == 0
    assert list(books.payments.values()) == [waiting]


async def test_a_step_that_is_asked_for_twice_by_mistake_is_made_once(clocks: MemoryClocks) -> None:
    """Whoever says where the clock stood moves it from there or not at all."""
    await advance_clock(7, DAY_MS, clocks, instead_of_ms=0)
    with pytest.raises(ClockContested):
        await advance_clock(7, DAY_MS, clocks, instead_of_ms=0)
    assert clocks.record.clock_offset_ms == DAY_MS
