"""How long a batch would wait for its group."""

from vezne.engines.turns import Turns


def test_what_fits_into_the_next_group_waits_for_nobody():
    """However slow the disk is: one group is always under way."""
    turns = Turns(64)
    turns.begin(10.0)
    assert turns.behind_s(63, 99.0) == 0


def test_whole_groups_wait_for_each_other():
    """As long as the last group took, for each that is full."""
    turns = Turns(64)
    turns.begin(10.0)
    turns.end(10.5)
    assert turns.behind_s(64, 11.0) == 0.5
    assert turns.behind_s(200, 11.0) == 1.5


def test_a_group_that_hangs_counts_as_long_as_it_hangs():
    """A disk that answers no more is seen at once, not when it answers."""
    turns = Turns(64)
    turns.begin(10.0)
    turns.end(10.1)
    turns.begin(20.0)
    assert turns.behind_s(128, 25.0) == 10.0


def test_an_end_without_a_beginning_changes_nothing():
    """A batch may be given up before its group began."""
    turns = Turns(4)
    turns.end(5.0)
    assert turns.behind_s(8, 6.0) == 0
