"""The tag of a card number: enough to count attempts on it, nothing to find it by."""

import hashlib
import hmac

from fakes.world import FixedClock
from vezne.core.body import CardFields
from vezne.vault.intake import VaultIntake
from vezne.vault.transit import Transit

PAN, OTHER = "5528790000000008", "4111111111111129"
FIELDS = CardFields((), "number", "cvc")


def intake(key=None):
    made = VaultIntake(Transit(FixedClock(0)))
    if key is not None:
        made.tag_numbers(key)
    return made


def tag(where, number):
    return where.lift(b'{"number":"%b","cvc":"123"}' % number.encode(), FIELDS).card.tag


def test_the_same_number_has_the_same_tag_for_as_long_as_the_process_lives():
    """However it is written; another number has another one, and so has another process."""
    here, there = intake(b"k" * 32), intake(b"l" * 32)
    assert tag(here, PAN) == tag(here, "5528 7900 0000 0008")
    assert len({tag(here, PAN), tag(here, OTHER), tag(there, PAN)}) == 3
    assert len(tag(here, PAN)) == 16


def test_a_tag_is_a_hash_under_a_key_that_nobody_else_has():
    """Without the key it cannot be tried out against the few numbers that a BIN leaves."""
    key = b"k" * 32
    assert hmac.digest(key, PAN.encode(), "sha256").startswith(tag(intake(key), PAN))
    assert not hashlib.sha256(PAN.encode()).digest().startswith(tag(intake(key), PAN))


def test_nobody_gets_a_tag_who_did_not_ask():
    """Nor does what is no card number: no bank will ever see it."""
    assert tag(intake(), PAN) == b""
    assert tag(intake(b"k" * 32), "5528790000000009") == b""
    card = intake(b"k" * 32).lift(b'{"cvc":"123"}', FIELDS).card
    assert (card.tag, card.transit_id > 0) == (b"", True)
