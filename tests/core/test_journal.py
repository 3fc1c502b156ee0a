"""The journal has what the bank approved, once."""

import msgspec
import pytest

from builders import SAMPLE_TIME_MS
from fakes.records import attempt
from fakes.records import payment as record
from vezne.core.answer import Approved, Declined, DeclineReason
from vezne.core.attempt import Operation, Outcome
from vezne.core.journal import JournalEntry, journal_between
from vezne.core.payment import approve, decline


def test_an_approved_payment_is_an_entry():
    """A declined one is none, nor is one that was only changed."""
    before = record(attempts=(attempt(),))
    after = approve(before, Approved(auth_code="1", reference="r"), SAMPLE_TIME_MS)
    entry = JournalEntry(SAMPLE_TIME_MS, before.number, before.attempts[0].number)
    assert journal_between(before, after, SAMPLE_TIME_MS) == [entry]
    assert journal_between(after, msgspec.structs.replace(after, version=9), 0) == []
    no = Declined(reason=DeclineReason.LOST_CARD, code="41")
    assert journal_between(before, decline(before, no, 0), 0) == []


@pytest.mark.parametrize("operation", Operation)
def test_follow_ups_are_entries_but_for_captures(operation):
    """And the earlier ones are not entered again."""
    first = attempt(outcome=Outcome.APPROVED)
    opened = attempt(number=7, operation=operation)
    before = record(attempts=(first, opened))
    closed = msgspec.structs.replace(opened, outcome=Outcome.APPROVED)
    after = record(attempts=(first, closed))
    found = [entry.attempt for entry in journal_between(before, after, 0)]
    assert found == ([] if operation is Operation.CAPTURE else [7])
