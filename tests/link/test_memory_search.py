"""That what looks for card numbers in memory finds them."""

import pytest

from fakes.memory import FORMS, Dump, random_pans

PANS = random_pans(50)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_found_wherever_it_stands(form):
    """At the beginning, in the middle and at the end of a region."""
    first, middle, last = PANS[0], PANS[20], PANS[-1]
    noise = bytes(range(256)) * 4
    region = form(first) + noise + form(middle) + noise + form(last)
    assert Dump([noise, region]).pans_in(PANS) == [first, middle, last]


def test_what_only_begins_like_a_number_is_none():
    """The issuer's digits alone, and other numbers of the same issuer."""
    others = "".join(pan[:-1] + "x" for pan in PANS)
    assert Dump([b"5528790", others.encode()]).pans_in(PANS) == []
