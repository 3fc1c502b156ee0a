"""A payout pays what is available, in whole kuruş, and begins where the one before it ended."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import SAMPLE_TIME_MS
from vezne.core.calendar import local_text
from vezne.core.ledger import Account, EntryKind
from vezne.core.money import UNIT
from vezne.core.payable import Unpaid
from vezne.core.payout import (
    PAYABLES_MAX,
    Payee,
    PayoutState,
    is_payable,
    move_payout,
    next_payout_ms,
    payout_amount_e8,
    payout_booking,
    payout_position,
    plan_payout,
)

KURUS = UNIT // 100
PAYEE = Payee(merchant_id=7, party="", currency="TRY", iban="TR1")
amounts = st.integers(-(10**17), 10**17)


def planned(unpaid_e8=79_850_000, last=None, payee=PAYEE, held_e8=None, count=3):
    """The next payout, or None; nothing was spent since, unless `held_e8` says so."""
    unpaid = Unpaid(count, unpaid_e8)
    if held_e8 is None:
        held_e8 = unpaid_e8 + (last.carried_out_e8 if last else 0)
    amount_e8 = payout_amount_e8(payee, unpaid, last, held_e8)
    if amount_e8 is None:
        return None
    return plan_payout(payee, unpaid, last, amount_e8=amount_e8, number=1, value_ms=SAMPLE_TIME_MS)


def moved(payout, *states):
    for state in states:
        payout = move_payout(payout, state, SAMPLE_TIME_MS + 1)
    return payout


def completed(payout):
    return moved(payout, PayoutState.SENT, PayoutState.COMPLETED)


@given(st.lists(amounts, min_size=1, max_size=10))
def test_whatever_becomes_available_is_paid_or_carried_over(sums):
    """Nothing is lost or invented: taken and carried in is paid and carried out."""
    last, taken_e8, paid_e8 = None, 0, 0
    waiting_e8 = 0
    for amount_e8 in sums:
        waiting_e8 += amount_e8
        payout = planned(waiting_e8, last)
        if payout is None:
            assert waiting_e8 + (last.carried_out_e8 if last else 0) < KURUS
            continue
        assert payout.amount_e8 > 0
        assert payout.amount_e8 % KURUS == 0
        assert 0 <= payout.carried_out_e8 < KURUS
        taken_e8 += waiting_e8
        paid_e8 += payout.amount_e8
        waiting_e8 = 0
        last = completed(payout)
        assert taken_e8 == paid_e8 + last.carried_out_e8


def test_a_payout_follows_the_one_before_it():
    """None is planned while another is on its way."""
    first = planned()
    assert planned(last=first) is None
    assert planned(last=moved(first, PayoutState.SENT)) is None
    second = planned(last=completed(first))
    assert (second.sequence, second.carried_in_e8) == (2, 850_000)


def test_after_a_bounce_the_money_goes_to_another_account():
    """To the same one it would come back again. What was carried in is carried on."""
    before = completed(planned())
    bounced = moved(planned(last=before), PayoutState.SENT, PayoutState.BOUNCED)
    assert bounced.carried_out_e8 == before.carried_out_e8
    assert planned(last=bounced) is None
    again = planned(last=bounced, payee=msgspec.structs.replace(PAYEE, iban="TR2"))
    assert (again.sequence, again.carried_in_e8) == (3, before.carried_out_e8)
    assert again.amount_e8 == bounced.amount_e8


def test_what_is_withheld_stays():
    """And counts as available later."""
    withholding = msgspec.structs.replace(PAYEE, withheld_e8=UNIT // 2)
    first = planned(payee=withholding)
    assert first.amount_e8 == 29 * KURUS
    assert first.carried_out_e8 == 50_850_000
    assert planned(0, last=completed(first)).amount_e8 == 50 * KURUS


def test_what_is_left_over_is_paid_when_it_may_be():
    """Without a new payable: what was withheld before is enough."""
    withholding = msgspec.structs.replace(PAYEE, withheld_e8=UNIT // 2)
    first = completed(planned(payee=withholding))
    assert first.is_carrying
    assert planned(0, last=first, payee=withholding, count=0) is None
    second = planned(0, last=first, count=0)
    assert (second.payables, second.taken_e8, second.amount_e8) == (0, 0, 50 * KURUS)
    assert not second.is_carrying


def test_what_was_spent_meanwhile_is_not_paid():
    """Only what is still there; the rest is carried over, against what was spent."""
    payout = planned(held_e8=20 * KURUS + 1)
    assert (payout.taken_e8, payout.amount_e8) == (79_850_000, 20 * KURUS)
    assert payout.carried_out_e8 == 59_850_000
    assert planned(held_e8=KURUS - 1) is None
    more = planned(held_e8=10 * UNIT)
    assert more.amount_e8 == 79 * KURUS


def test_the_first_of_very_many_payables_may_come_to_nothing():
    """They are taken all the same when there is something to be paid of the others."""
    first = planned(-UNIT, held_e8=UNIT, count=PAYABLES_MAX)
    assert (first.amount_e8, first.carried_out_e8) == (0, -UNIT)
    assert payout_booking(None, first, 5) is None
    assert planned(-UNIT, held_e8=UNIT, count=PAYABLES_MAX - 1) is None
    assert planned(-UNIT, held_e8=KURUS - 1, count=PAYABLES_MAX) is None
    second = planned(2 * UNIT, last=completed(first))
    assert second.amount_e8 == UNIT


def test_a_party_is_payable():
    """When enough is there, and neither a payout is on its way nor one came back."""
    assert is_payable(PAYEE, None, KURUS)
    assert not is_payable(PAYEE, None, KURUS - 1)
    assert not is_payable(msgspec.structs.replace(PAYEE, withheld_e8=1), None, KURUS)
    assert not is_payable(PAYEE, planned(), UNIT)
    bounced = moved(planned(), PayoutState.SENT, PayoutState.BOUNCED)
    assert not is_payable(PAYEE, bounced, UNIT)
    assert is_payable(msgspec.structs.replace(PAYEE, iban="TR2"), bounced, UNIT)


def test_a_payout_moves_along_its_states_only():
    """And says when it did."""
    payout = planned()
    assert payout.is_open
    with pytest.raises(ValueError, match="no payout goes from planned to completed"):
        move_payout(payout, PayoutState.COMPLETED, 0)
    sent = move_payout(payout, PayoutState.SENT, 5)
    assert (sent.version, sent.sent_ms, sent.closed_ms) == (2, 5, None)
    done = move_payout(sent, PayoutState.COMPLETED, 6)
    assert (done.version, done.sent_ms, done.closed_ms, done.is_open) == (3, 5, 6, False)
    with pytest.raises(ValueError, match="from completed to bounced"):
        move_payout(done, PayoutState.BOUNCED, 0)


def test_bookings_of_a_payout():
    """Available, on its way, out of the bank; and all of it back."""
    payout = planned()
    sent = moved(payout, PayoutState.SENT)
    done = moved(sent, PayoutState.COMPLETED)
    bounced = moved(sent, PayoutState.BOUNCED)
    first = payout_booking(None, payout, 5)
    assert (first.subject, first.version, first.booked_ms) == (1, 1, 5)
    (entry,) = first.entries
    assert entry.kind is EntryKind.PAYOUT
    assert [(p.account, p.amount_e8) for p in entry.postings] == [
        (Account.AVAILABLE, 79 * KURUS),
        (Account.PAYING, -79 * KURUS),
    ]
    (entry,) = payout_booking(payout, sent, 5).entries
    assert entry.kind is EntryKind.PAYOUT_SENT
    assert [(p.account, p.amount_e8) for p in entry.postings] == [
        (Account.PAYING, 79 * KURUS),
        (Account.BANK, -79 * KURUS),
    ]
    assert payout_booking(sent, done, 5) is None
    assert [entry.kind for entry in payout_booking(sent, bounced, 5).entries] == [
        EntryKind.PAYOUT,
        EntryKind.PAYOUT_SENT,
    ]
    for record in (payout, sent, done, bounced):
        for amounts_ in payout_position(record).values():
            assert sum(amounts_.values()) == 0


def test_payouts_are_due_when_a_business_day_begins():
    """Friday's follow is Monday's."""
    friday = 1_528_405_200_000
    assert local_text(friday) == "2018-06-08 00:00:00"
    assert local_text(next_payout_ms(friday)) == "2018-06-11 00:00:00"
