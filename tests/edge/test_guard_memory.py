"""What the guard remembers: bounded, exact while it is not full, and forgiving with time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vezne.edge.guard_memory import Bucket, Lockout, Recent, Velocity

HOUR_S = 3600.0


def lockout(failures_max=3, **changes):
    limits = {"memory_s": 900.0, "first_s": 60.0, "longest_s": 240.0} | changes
    return Lockout(failures_max, **limits)


def failed(lock, key, now_s, times):
    """How long each of several failures locks out."""
    return [lock.fail(key, now_s) for _ in range(times)]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers()), max_size=200))
def test_what_was_put_lately_is_there_and_the_rest_is_bounded(puts):
    """The newest half is always found with its newest value; there are never more than allowed."""
    recent = Recent(entries_max=10)
    order = {}
    for key, kept in puts:
        recent.put(key, kept)
        order.pop(key, None)
        order[key] = kept
        assert len(recent) <= 10
    for key in list(order)[-1:]:
        assert recent.get(key) == order[key]
    assert all(recent.get(key) in (None, kept) for key, kept in order.items())


def test_the_newest_half_is_kept():
    """Of what is put once, as many as half of the bound are certain."""
    recent = Recent(entries_max=10)
    for key in range(23):
        recent.put(key, key)
    assert [recent.get(key) for key in range(18, 23)] == list(range(18, 23))
    assert recent.get(0) is None


def test_what_is_used_is_kept():
    """A merchant that comes all the time is not forgotten for a thousand strangers."""
    recent = Recent(entries_max=10)
    for key in range(100):
        recent.put(key, key)
        assert recent.get(0) == 0


def test_what_is_dropped_is_gone():
    """From both halves."""
    recent = Recent(entries_max=4)
    for key in (1, 2, 1, 3, 1):
        recent.put(key, key)
    recent.drop(1)
    recent.drop(9)
    assert recent.get(1) is None


def test_a_velocity_allows_so_many_at_once_and_then_as_time_allows():
    """Three an hour: three at once, the next one twenty minutes later."""
    velocity = Velocity(3, HOUR_S)
    one, other = Bucket(), Bucket()
    assert [velocity.take(one, 0.0) for _ in range(3)] == [0.0] * 3
    assert velocity.take(one, 0.0) == velocity.wait_s(one, 0.0) == pytest.approx(HOUR_S / 3)
    assert velocity.wait_s(other, 0.0) == velocity.take(other, 0.0) == 0.0
    assert velocity.wait_s(one, HOUR_S / 3) == velocity.take(one, HOUR_S / 3) == 0.0
    assert velocity.take(one, HOUR_S / 3) > 0
    waits_s = [velocity.take(one, 5 * HOUR_S) for _ in range(4)]
    assert waits_s == pytest.approx([0.0] * 3 + [HOUR_S / 3])


@given(
    st.integers(1, 20),
    st.lists(st.floats(0, 500, allow_nan=False), max_size=200),
)
def test_no_period_has_more_than_twice_the_limit(limit, pauses_s):
    """However the requests come: what was saved up, and what the time gives."""
    velocity, bucket = Velocity(limit, 60.0), Bucket()
    now_s = 0.0
    allowed = []
    for pause_s in pauses_s:
        now_s += pause_s / 10
        if not velocity.take(bucket, now_s):
            allowed.append(now_s)
    for start_s in allowed:
        assert sum(start_s <= at_s < start_s + 60.0 for at_s in allowed) <= 2 * limit + 1


def test_a_limit_of_nothing_is_none():
    """However often."""
    velocity, bucket = Velocity(0, 60.0), Bucket()
    assert {velocity.take(bucket, 0.0) for _ in range(1000)} == {0.0}
    assert velocity.wait_s(bucket, 0.0) == 0.0
    assert failed(lockout(failures_max=0), "a", 0.0, 100) == [0.0] * 100


def test_each_lock_out_is_twice_as_long_up_to_the_longest():
    """Whoever fails on is locked out for longer; what fails meanwhile counts for nothing."""
    lock = lockout()
    now_s = 0.0
    for locked_s in (60.0, 120.0, 240.0, 240.0):
        assert failed(lock, "a", now_s, 3) == [0.0, 0.0, locked_s]
        assert failed(lock, "a", now_s, 5) == [0.0] * 5
        assert lock.wait_s("a", now_s) == locked_s
        assert lock.wait_s("b", now_s) == 0.0
        now_s += locked_s
        assert lock.wait_s("a", now_s) == 0.0


def test_failures_far_apart_are_no_attack():
    """A quarter of an hour without one, and counting starts again."""
    lock = lockout()
    assert failed(lock, "a", 0.0, 2) == [0.0, 0.0]
    assert failed(lock, "a", 901.0, 2) == [0.0, 0.0]
    assert failed(lock, "a", 1802.0, 3)[-1] == 60.0


def test_after_a_quiet_day_a_lock_out_is_short_again():
    """Old sins are forgotten."""
    lock = lockout()
    failed(lock, "a", 0.0, 3)
    assert failed(lock, "a", 100.0, 3)[-1] == 120.0
    assert failed(lock, "a", 100_000.0, 3)[-1] == 60.0


def test_a_failure_may_weigh_more():
    """As much as all that are allowed."""
    assert lockout().fail("a", 0.0, weight=3) == 60.0


def test_failures_are_taken_back():
    """One by one, or all at once with the lock-outs."""
    lock = lockout()
    failed(lock, "a", 0.0, 2)
    lock.ease("a")
    lock.ease("b")
    assert failed(lock, "a", 0.0, 2) == [0.0, 60.0]
    lock.ease("a")
    lock.clear("a")
    lock.clear("b")
    assert lock.wait_s("a", 0.0) == 0.0
    assert failed(lock, "a", 0.0, 3)[-1] == 60.0


def test_everything_that_is_kept_is_listed_once():
    """What was used lately comes last; what has moved there is not listed twice."""
    recent = Recent(4)
    for number in range(4):
        recent.put(number, str(number))
    recent.get(1)
    recent.put(5, "5")
    listed = list(recent.items())
    assert len(listed) == len(dict(listed)) == len({key for key, _ in listed})
    assert listed[-1] == (5, "5")
    assert dict(listed)[1] == "1"


def test_who_is_locked_out_is_listed():
    """With how long yet, and nobody whose time is over."""
    lockout = Lockout(1, memory_s=900, first_s=60, longest_s=600)
    lockout.fail("a", 100.0)
    lockout.lock("b", 100.0, 10.0)
    assert dict(lockout.locked(105.0)) == {"a": 55.0, "b": 5.0}
    assert dict(lockout.locked(110.0)) == {"a": 50.0}
    # Whoever is locked out already stays so for the longer of the two.
    lockout.lock("a", 110.0, 5.0)
    assert dict(lockout.locked(110.0)) == {"a": 50.0}
