"""A chargeback takes from the lines what refunds have left, and is borne as they are."""

import msgspec
import pytest

from builders import SAMPLE_TIME_MS
from fakes.records import attempt
from fakes.records import payment as record
from vezne.core.answer import Approved
from vezne.core.chargeback import charge_back
from vezne.core.follow_ups import check_voidable
from vezne.core.ledger import Account, EntryKind, booking_between, due_amounts, position
from vezne.core.merchant import CommissionPlan
from vezne.core.money import UNIT
from vezne.core.payment import Refund, approve
from vezne.core.pricing import LineSplit, price_payment
from vezne.core.refusal import Reason, Refusal
from vezne.core.settlement import settle

AT_MS = SAMPLE_TIME_MS + 5


def captured(**changes):
    before = record(attempts=(attempt(),), **changes)
    return approve(before, Approved(auth_code="1", reference="r"), SAMPLE_TIME_MS)


def refunded(payment, place, amount_e8):
    refund = Refund(
        attempt=9,
        line_number=payment.line_numbers[place],
        amount_e8=amount_e8,
        reference="",
        auth_code="",
        refunded_ms=0,
    )
    return msgspec.structs.replace(payment, refunds=(*payment.refunds, refund))


def test_all_that_is_left_is_taken():
    """Line by line, under the bank's name; nothing can be refunded afterwards, nor voided."""
    payment = refunded(captured(), 0, 16 * UNIT)
    after = charge_back(payment, None, "CB-1", AT_MS)
    assert after.version == payment.version + 1
    assert [(part.line_number, part.amount_e8) for part in after.chargebacks] == [
        (payment.number + 1, 20 * UNIT),
        (payment.number + 2, 60 * UNIT),
        (payment.number + 3, 24 * UNIT),
    ]
    assert {(part.reference, part.charged_back_ms) for part in after.chargebacks} == {
        ("CB-1", AT_MS)
    }
    assert [after.refundable_e8(number) for number in after.line_numbers] == [0, 0, 0]
    with pytest.raises(Refusal) as refusal:
        charge_back(after, 1, "", AT_MS)
    assert refusal.value.reason is Reason.STATE_UNSUITABLE
    with pytest.raises(Refusal):
        check_voidable(after, AT_MS)


def test_a_part_is_taken_from_the_first_lines():
    """And what is left of them can be refunded, or taken by another."""
    after = charge_back(captured(), 40 * UNIT, "", AT_MS)
    assert [part.amount_e8 for part in after.chargebacks] == [36 * UNIT, 4 * UNIT]
    assert after.refundable_e8(after.number + 2) == 56 * UNIT
    again = charge_back(after, None, "", AT_MS)
    assert sum(part.amount_e8 for part in again.chargebacks) == 120 * UNIT


@pytest.mark.parametrize(
    ("payment", "amount_e8", "reason"),
    [
        (record(), None, Reason.STATE_UNSUITABLE),
        (
            msgspec.structs.replace(captured(), attempts=(attempt(),)),
            None,
            Reason.OPERATION_IN_FLIGHT,
        ),
        (captured(), 121 * UNIT, Reason.AMOUNT_EXCEEDS_REMAINDER),
    ],
)
def test_what_cannot_be_charged_back(payment, amount_e8, reason):
    """No money, money that may be on its way back, more money than there is."""
    with pytest.raises(Refusal) as refusal:
        charge_back(payment, amount_e8, "", AT_MS)
    assert refusal.value.reason is reason


def test_a_chargeback_is_booked_as_its_own_event():
    """The acquirer takes it; before maturity it lessens what is pending, afterwards the rest."""
    payment = captured()
    after = charge_back(payment, 5 * UNIT, "", AT_MS)
    (entry,) = booking_between(payment, after, AT_MS).entries
    assert entry.kind is EntryKind.CHARGEBACK
    assert {(p.account, p.amount_e8) for p in entry.postings} == {
        (Account.ACQUIRER, -5 * UNIT),
        (Account.PENDING, 5 * UNIT),
    }
    mature = settle(payment, payment.value_ms)
    late = charge_back(mature, 5 * UNIT, "", AT_MS)
    kinds = [entry.kind for entry in booking_between(mature, late, AT_MS).entries]
    assert kinds == [EntryKind.CHARGEBACK, EntryKind.MATURITY]
    lost_e8 = sum(d.amount_e8 for d in due_amounts(mature)) - sum(
        d.amount_e8 for d in due_amounts(late)
    )
    assert lost_e8 == 5 * UNIT


def test_a_seller_bears_its_part():
    """Refund and chargeback of a whole line take exactly its seller's share, however odd."""
    sold = tuple(msgspec.structs.replace(line, sub_merchant="s") for line in record().lines)
    pricing = price_payment(
        line_prices_e8=(30 * UNIT, 50 * UNIT, 20 * UNIT),
        paid_e8=120 * UNIT,
        plan=CommissionPlan(),
        line_split=LineSplit.EXACT,
        sub_merchant_prices_e8=(10 * UNIT, 33 * UNIT + 1, 7 * UNIT),
    )
    payment = captured(lines=sold, pricing=pricing)
    payment = settle(
        msgspec.structs.replace(payment, approved_lines=tuple(payment.line_numbers)),
        payment.value_ms + 10**12,
    )
    for place in range(3):
        payment = refunded(payment, place, 7 * UNIT + 3)
    after = charge_back(payment, None, "", AT_MS)
    assert {d.amount_e8 for d in due_amounts(after) if d.party == "s"} == {0}
    for amounts in position(after).values():
        assert sum(amounts.values()) == 0


def test_a_chargeback_is_recorded_once():
    """The bank's name for it tells one from another; those without a name are not told apart."""
    once = charge_back(captured(), 5, "CB-1", AT_MS)
    with pytest.raises(Refusal) as refusal:
        charge_back(once, 5, "CB-1", AT_MS)
    assert refusal.value.reason is Reason.REFERENCE_TAKEN
    other = charge_back(once, 5, "CB-2", AT_MS)
    nameless = charge_back(charge_back(other, 5, "", AT_MS), 5, "", AT_MS)
    assert nameless.taken_back_e8 == 20
