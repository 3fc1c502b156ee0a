"""Whether a worker that lives does anything: who is killed for silence, and who is not."""

from signal import SIGKILL

import pytest

from vezne.bootstrap.liveness import LOOK_S, SILENT_LOOKS_MAX, Liveness


class Hand:
    """A worker that notes the signals it is sent."""

    number = 1
    pid = 100

    def __init__(self, *, is_ready: bool = True) -> None:
        self.is_ready = is_ready
        self.silent_looks = 0
        self.told: list[object] = []

    def signal(self, number: object) -> None:
        self.told.append(number)


def test_who_is_silent_for_many_looks_is_killed():
    """Who is heard now and then is not, nor who is not ready yet."""
    liveness = Liveness()
    silent, heard, starting = Hand(), Hand(), Hand(is_ready=False)
    now_s = 1000.0
    for turn in range(SILENT_LOOKS_MAX + 1):
        assert silent.told == []
        liveness.look([silent, heard, starting], now_s)
        assert liveness.due_s(now_s) == pytest.approx(LOOK_S)
        if turn % SILENT_LOOKS_MAX == SILENT_LOOKS_MAX - 1:
            heard.silent_looks = 0
        now_s += LOOK_S
    assert (silent.told, heard.told, starting.told) == ([SIGKILL], [], [])


def test_time_that_passes_for_nobody_counts_as_one_look():
    """When all was frozen for a day, workers have half a minute again to be heard."""
    liveness = Liveness()
    hand = Hand()
    for now_s in (1000.0, 90_000.0, 90_000.1, 90_000.2, 90_001.0):
        liveness.look([hand], now_s)
    assert hand.silent_looks == 2
    assert liveness.due_s(100_000.0) == 0.0
