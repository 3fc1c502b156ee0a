"""Whoever is turned away is told of, also when it does not come back."""

import asyncio

from fakes.audit import MemoryAudit
from fakes.guarded import GuardedDoor
from vezne.core.audit import Origin, begin_origin, current_origin
from vezne.core.ports import AuditFailure
from vezne.edge.guard_tallies import Tallies


class Clock:
    """A loop's clock and ours, which tests move together."""

    def __init__(self):
        self.seconds = 1000.0

    def __call__(self):
        return self.seconds


class FullDisk(MemoryAudit):
    """Writes nothing while it is full."""

    is_full = False

    def record(self, event):
        if self.is_full:
            raise AuditFailure
        super().record(event)


def lines_of(audit):
    return [(event.subject, event.reason, event.count) for event, _ in audit.lines]


async def run_timers(seconds):
    """Let a loop with a clock of its own believe that so much time has passed."""
    loop = asyncio.get_running_loop()
    now_s = loop.time() + seconds
    due = [each for each in loop._scheduled if not each.cancelled() and each.when() <= now_s]
    for each in due:
        each._run()
        each.cancel()


async def test_what_came_last_is_told_of_within_a_minute():
    """By a timer, in nobody's name; and then whoever is quiet is forgotten."""
    clock, audit = Clock(), MemoryAudit()
    tallies = Tallies(audit, clock, 10)
    begin_origin(Origin(address="203.0.113.9"))
    for _ in range(500):
        tallies.count("locked out", "198.51.100.7")
    assert lines_of(audit) == [("198.51.100.7", "turned away: locked out", 1)]
    clock.seconds += 60
    await run_timers(60)
    assert lines_of(audit)[1:] == [("198.51.100.7", "turned away: locked out", 499)]
    assert [origin.address for _, origin in audit.lines] == ["203.0.113.9", ""]
    assert current_origin().address == "203.0.113.9"
    for size in (1, 0):
        assert len(tallies) == size
        clock.seconds += 60
        await run_timers(60)
    assert len(audit.lines) == 2


async def test_all_beyond_a_bound_are_told_of_together():
    """An attacker with many addresses fills neither memory nor trail."""
    audit = MemoryAudit()
    tallies = Tallies(audit, Clock(), 10)
    for number in range(1000):
        tallies.count("locked out", f"192.0.2.{number}")
    assert len(tallies) == 11
    tallies.tell()
    assert lines_of(audit)[-1] == ("", "turned away: locked out", 989)
    assert len(audit.lines) == 12


async def test_a_trail_that_fails_is_told_later():
    """Nothing is lost in between."""
    clock, audit = Clock(), FullDisk()
    tallies = Tallies(audit, clock, 10)
    for _ in range(3):
        tallies.count("locked out", "198.51.100.7")
    audit.is_full = True
    tallies.tell()
    audit.is_full = False
    tallies.tell()
    assert [count for _, _, count in lines_of(audit)] == [1, 2]


def test_the_rest_is_told_when_the_server_stops():
    """The last of an attack may be what mattered."""
    desk = GuardedDoor(failed_logins=1)
    desk.statuses(30, is_right=False)
    desk.guard.tell_of_rest()
    desk.guard.tell_of_rest()
    assert [count for *_, count in desk.lines] == [0, 1, 28]
