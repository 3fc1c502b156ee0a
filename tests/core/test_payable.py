"""What became payable is what the bookings say, line by line."""

import msgspec

from builders import SAMPLE_TIME_MS
from fakes.records import attempt
from fakes.records import payment as record
from vezne.core.answer import Approved
from vezne.core.ledger import Account, booking_between
from vezne.core.payable import payables_between, payables_of
from vezne.core.payment import approve
from vezne.core.settlement import settle


def captured():
    before = record(attempts=(attempt(),))
    return approve(before, Approved(auth_code="1", reference="r"), SAMPLE_TIME_MS)


def test_a_capture_makes_nothing_payable():
    """Only what has matured is."""
    before = record(attempts=(attempt(),))
    after = captured()
    booking = booking_between(before, after, SAMPLE_TIME_MS)
    assert payables_between(before, after, booking) == []
    assert payables_of(booking) == []


def test_what_matures_is_payable():
    """The payable is the booking's posting on `available`, and its lines sum to it."""
    before = captured()
    after = settle(before, before.value_ms)
    booking = booking_between(before, after, before.value_ms)
    (payable,) = payables_between(before, after, booking)
    assert payable.available_ms == before.value_ms
    assert payable.amount_e8 == sum(part for _, part in payable.lines)
    assert [number for number, _ in payable.lines] == list(after.line_numbers)
    (whole,) = payables_of(booking)
    assert (whole.amount_e8, whole.lines) == (payable.amount_e8, ())
    (posting,) = (
        posting
        for entry in booking.entries
        for posting in entry.postings
        if posting.account is Account.AVAILABLE
    )
    assert payable.amount_e8 == -posting.amount_e8


def test_what_changes_nobody_s_money_is_not_payable():
    """A line whose figures stay the same is left out, and so is a party without any."""
    before = settle(captured(), captured().value_ms)
    booking = booking_between(captured(), before, before.value_ms)
    assert payables_between(before, before, booking) == []
    seller = tuple(msgspec.structs.replace(line, sub_merchant="s") for line in before.lines)
    unapproved = msgspec.structs.replace(before, lines=seller)
    assert payables_between(unapproved, unapproved, booking) == []
