"""The workers of a server: who is started, replaced and ended when, without any process."""

from signal import SIGKILL, SIGTERM

import pytest

from fakes.log_lines import capture_logs
from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.crew import (
    END_MAX_S,
    FAILURES_MAX,
    HURRY_MAX_S,
    PAUSE_FIRST_S,
    PAUSE_MAX_S,
    START_MAX_S,
    STEADY_S,
    Crew,
)
from vezne.bootstrap.worker import GIVE_WAY, HURRY, LEAVE, Report
from vezne.edge.server import Urls
from vezne.settings import InvalidSettings

URLS = [Urls("http://127.0.0.1:1", None)]


class Hand:
    """A worker that does nothing but note what it is told."""

    def __init__(self, number: int, pid: int, started_s: float, *, is_first: bool) -> None:
        self.number = number
        self.pid = pid
        self.started_s = started_s
        self.is_first = is_first
        self.is_ready = False
        self.told: list[object] = []

    def order(self, order: bytes) -> None:
        self.told.append(order)

    def signal(self, number: object) -> None:
        self.told.append(number)


class Desk:
    """A crew of two or more, with a clock of its own."""

    def __init__(self, count: int = 2, drain_s: float = 0.0) -> None:
        self.now_s = 1000.0
        self.hired: list[Hand] = []
        self.announced: list[object] = []
        self.is_full = False
        self.crew = Crew(count, self.hire, self.announced.append, drain_s)

    def hire(self, number: int, is_first: bool) -> Hand:  # noqa: FBT001 - as `Hire` has it
        if self.is_full:
            raise OSError(11, "Resource temporarily unavailable")
        self.hired.append(Hand(number, 100 + len(self.hired), self.now_s, is_first=is_first))
        return self.hired[-1]

    def advance(self, seconds: float = 0.0) -> list[int]:
        """Let time pass; returns the places for which somebody was hired."""
        before = len(self.hired)
        self.now_s += seconds
        self.crew.advance(self.now_s)
        return [hand.number for hand in self.hired[before:]]

    def ready(self, hand: Hand) -> None:
        self.crew.report(hand, Report(URLS))

    def end(self, hand: Hand) -> None:
        self.crew.end(hand, self.now_s)

    def open(self) -> list[Hand]:
        """With everybody ready."""
        self.advance()
        self.ready(self.hired[0])
        self.advance()
        for hand in self.hired[1:]:
            self.ready(hand)
        self.advance(STEADY_S)
        return list(self.hired)


def test_the_first_starts_alone_and_the_others_together():
    """It makes what they find; all are announced once, when the last is ready."""
    desk = Desk(count=3)
    assert desk.advance() == [0]
    assert desk.advance() == []
    desk.ready(desk.hired[0])
    assert desk.advance() == [1, 2]
    assert [hand.is_first for hand in desk.hired] == [True, False, False]
    desk.ready(desk.hired[2])
    assert desk.announced == []
    desk.ready(desk.hired[1])
    assert desk.announced == [URLS]


@pytest.mark.parametrize(
    ("is_about_settings", "kind"), [(False, CannotStart), (True, InvalidSettings)]
)
def test_what_is_wrong_at_the_start_is_passed_on(is_about_settings, kind):
    """As the kind of error that a single process would have raised."""
    desk = Desk()
    desk.advance()
    with pytest.raises(kind, match="the disk is full"):
        desk.crew.report(
            desk.hired[0], Report(error="the disk is full", is_about_settings=is_about_settings)
        )


def test_one_that_dies_at_the_start_without_a_word_ends_it():
    """Nothing is tried again before it has worked once."""
    desk = Desk()
    desk.advance()
    with pytest.raises(CannotStart, match="before it was ready"):
        desk.end(desk.hired[0])


def test_one_that_dies_is_replaced_at_once():
    """After it has run for a while; nobody is the first any more."""
    desk = Desk()
    first, second = desk.open()
    desk.end(first)
    assert desk.advance() == [0]
    assert not desk.hired[-1].is_first
    assert list(desk.crew) == [desk.hired[-1], second]


def test_one_that_keeps_dying_is_replaced_less_and_less_often():
    """Up to a limit, as long as others serve; that it ran well for a while is forgotten sins."""
    desk = Desk()
    first, _ = desk.open()
    desk.end(first)
    for failures in range(12):
        desk.advance()
        desk.end(desk.hired[-1])
        pause_s = min(PAUSE_FIRST_S * 2**failures, PAUSE_MAX_S)
        assert desk.crew.due_s(desk.now_s) == pytest.approx(pause_s, abs=0.02)
        assert desk.advance(pause_s - 0.01) == []
        assert desk.advance(0.01) == [0]
    desk.ready(desk.hired[-1])
    desk.advance(STEADY_S)
    desk.end(desk.hired[-1])
    assert desk.advance() == [0]


def test_when_nobody_can_be_kept_alive_it_ends():
    """With an error, rather than trying for ever while nobody serves."""
    desk = Desk()
    for hand in desk.open():
        desk.end(hand)
    for _ in range(FAILURES_MAX - 1):
        desk.advance(PAUSE_MAX_S)
        for hand in list(desk.crew):
            desk.end(hand)
    desk.advance(PAUSE_MAX_S)
    last = desk.hired[-1]
    with pytest.raises(CannotStart, match="no worker stays alive"):
        desk.end(last)


def test_one_that_is_not_ready_in_time_is_killed():
    """But for the first of all, which may have schemas to change."""
    desk = Desk()
    desk.advance()
    desk.advance(START_MAX_S * 10)
    assert desk.hired[0].told == []
    desk.ready(desk.hired[0])
    desk.advance()
    desk.advance(START_MAX_S + 1)
    assert desk.hired[1].told == [SIGKILL]


def test_nothing_is_due_while_the_first_of_all_starts():
    """However long that takes: nobody looks again and again meanwhile."""
    desk = Desk(count=3)
    desk.is_full = True
    desk.advance()
    assert desk.crew.due_s(desk.now_s) == pytest.approx(PAUSE_MAX_S, abs=0.02)
    desk.is_full = False
    desk.advance(PAUSE_MAX_S)
    desk.advance(START_MAX_S * 10)
    assert desk.crew.due_s(desk.now_s) == pytest.approx(PAUSE_MAX_S, abs=0.02)


def test_no_process_to_be_had_is_tried_again():
    """As when the machine has none left."""
    desk = Desk()
    first, _ = desk.open()
    desk.end(first)
    desk.is_full = True
    assert desk.advance() == []
    desk.is_full = False
    assert desk.advance() == []
    assert desk.advance(PAUSE_MAX_S) == [0]


def test_a_rolling_restart_takes_one_after_the_other():
    """The next one's turn is when the last one's predecessor has ended."""
    desk = Desk()
    first, second = desk.open()
    desk.crew.roll()
    assert desk.advance() == [0]
    assert first.told == []
    desk.ready(desk.hired[2])
    assert first.told == [GIVE_WAY]
    assert desk.advance() == []
    desk.end(first)
    assert desk.advance() == [1]
    desk.ready(desk.hired[3])
    desk.end(second)
    assert desk.advance() == []
    assert list(desk.crew) == desk.hired[2:]
    assert desk.announced == [URLS]


def test_a_replacement_that_fails_ends_the_rolling_restart():
    """Whoever serves goes on serving."""
    desk = Desk()
    first, second = desk.open()
    desk.crew.roll()
    desk.advance()
    with capture_logs() as logs:
        desk.crew.report(desk.hired[2], Report(error="the key is gone"))
        desk.end(desk.hired[2])
    assert [line["event"] for line in logs] == ["a worker cannot start", "a worker has ended"]
    assert desk.advance() == []
    assert list(desk.crew) == [first, second]
    desk.is_full = True
    desk.crew.roll()
    assert desk.advance() == []
    desk.is_full = False
    desk.crew.roll()
    assert desk.advance() == [0]


def test_one_that_dies_while_its_replacement_starts():
    """Is not replaced twice."""
    desk = Desk()
    first, _ = desk.open()
    desk.crew.roll()
    desk.advance()
    desk.end(first)
    assert desk.advance() == []
    desk.ready(desk.hired[2])
    assert desk.advance() == [1]


def test_who_is_starting_anyway_needs_no_replacement():
    """It is a new one."""
    desk = Desk()
    first, _ = desk.open()
    desk.end(first)
    assert desk.advance() == [0]
    desk.crew.roll()
    assert desk.advance() == [1]


def test_at_the_end_all_leave():
    """Nobody is started any more; who does not end in time is killed."""
    desk = Desk(drain_s=5)
    hands = desk.open()
    desk.crew.leave(desk.now_s)
    assert [hand.told for hand in hands] == [[LEAVE], [LEAVE]]
    desk.end(hands[0])
    desk.crew.roll()
    assert desk.advance() == []
    assert not desk.crew.is_over
    assert desk.crew.due_s(desk.now_s) == pytest.approx(5 + END_MAX_S, abs=0.02)
    desk.advance(5 + END_MAX_S + 1)
    assert hands[1].told == [LEAVE, SIGKILL]
    desk.end(hands[1])
    assert desk.crew.is_over


def test_the_second_time_they_hurry():
    """Also who is about to give way."""
    desk = Desk()
    first, second = desk.open()
    desk.crew.roll()
    desk.advance()
    desk.ready(desk.hired[2])
    desk.crew.leave(desk.now_s)
    desk.crew.leave(desk.now_s)
    assert first.told == [GIVE_WAY, LEAVE, HURRY]
    assert second.told == desk.hired[2].told == [LEAVE, HURRY]
    desk.advance(HURRY_MAX_S + 1)
    assert second.told[-1] is SIGKILL


def test_who_is_not_ready_ends_by_a_signal():
    """It takes no orders yet; what it reports then is of no interest."""
    desk = Desk()
    desk.advance()
    desk.crew.leave(desk.now_s)
    (hand,) = desk.hired
    assert hand.told == [LEAVE, SIGTERM]
    desk.crew.report(hand, Report(error="cut off"))
    desk.end(hand)
    assert desk.crew.is_over


def test_a_replacement_that_is_ready_after_the_end_was_asked_for():
    """Is told to leave already, as is the one before it."""
    desk = Desk()
    first, _ = desk.open()
    desk.crew.roll()
    desk.advance()
    desk.crew.leave(desk.now_s)
    desk.ready(desk.hired[2])
    assert first.told == [LEAVE]
    for hand in list(desk.crew):
        desk.end(hand)
    assert desk.crew.is_over
