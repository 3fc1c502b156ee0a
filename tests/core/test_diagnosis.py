"""Where two texts first differ, told in the pieces of one of them."""

import pytest

from vezne.core.diagnosis import SHOWN_MAX, Part, Segment, first_difference

OURS = (
    Segment(Part.RANDOM_KEY, "rnd"),
    Segment(Part.PATH, "/pay"),
    Segment(Part.BODY, '{"a":1}'),
)

PLACES = {
    "in the first piece": ('rXd/pay{"a":1}', (0, 1, 'nd/pay{"a":1}', 'Xd/pay{"a":1}')),
    "at the start of a piece": ('rndpay{"a":1}', (1, 0, '/pay{"a":1}', 'pay{"a":1}')),
    "in the last piece": ('rnd/pay{"a":2}', (2, 5, "1}", "2}")),
    "ours goes on": ('rnd/pay{"a"', (2, 4, ":1}", "")),
    "theirs goes on": ('rnd/pay{"a":1}\n', (2, 7, "", "\n")),
    "theirs is empty": ("", (0, 0, 'rnd/pay{"a":1}', "")),
}


@pytest.mark.parametrize("name", PLACES)
def test_the_first_difference_has_a_place(name):
    theirs, expected = PLACES[name]
    found = first_difference(OURS, theirs)
    assert found is not None
    assert (found.segment, found.at, found.ours, found.theirs) == expected


def test_the_same_text_has_no_difference():
    assert first_difference(OURS, 'rnd/pay{"a":1}') is None


def test_no_more_than_a_little_is_shown():
    found = first_difference((Segment(Part.BODY, "x" * 100),), "y" * 100)
    assert found is not None
    assert (len(found.ours), len(found.theirs)) == (SHOWN_MAX, SHOWN_MAX)
