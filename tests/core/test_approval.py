"""Which lines a marketplace may approve, disapprove and give to another seller."""

import msgspec
import pytest

from builders import SAMPLE_TIME_MS
from fakes.records import attempt
from fakes.records import payment as record
from vezne.core.answer import Approved, Risk
from vezne.core.approval import approve_line, disapprove_line, give_line
from vezne.core.attempt import Operation
from vezne.core.follow_ups import open_follow_up
from vezne.core.merchant import CommissionPlan
from vezne.core.money import UNIT
from vezne.core.payment import PaymentKind, PaymentState, approve
from vezne.core.pricing import LineSplit, price_payment, with_sub_merchant_price
from vezne.core.refusal import Reason, Refusal
from vezne.core.settlement import settle

YES = Approved(auth_code="123456", reference="r")


def sold(**changes):
    """A captured payment of three lines, of which the first two are sold by Ayşe."""
    pending = record(attempts=(attempt(),), **changes)
    lines = tuple(
        msgspec.structs.replace(line, sub_merchant="ayşe" if place < 2 else None)
        for place, line in enumerate(pending.lines)
    )
    return approve(msgspec.structs.replace(pending, lines=lines), YES, SAMPLE_TIME_MS)


def refusal(work, *arguments):
    with pytest.raises(Refusal) as refused:
        work(*arguments)
    return refused.value.reason


def test_approval_is_by_line_and_twice_is_once():
    """The second approval of a line changes nothing, nor does a second withdrawal."""
    payment = sold()
    first, second = payment.number + 1, payment.number + 2
    once = approve_line(payment, first)
    assert (once.approved_lines, once.version) == ((first,), payment.version + 1)
    assert approve_line(once, first) is once
    both = approve_line(once, second)
    assert disapprove_line(both, first).approved_lines == (second,)
    assert disapprove_line(payment, first) is payment


@pytest.mark.parametrize("decide", [approve_line, disapprove_line])
def test_what_cannot_be_approved(decide):
    """A line of nobody else's, a payment without money, under review, or on its way to the bank."""
    payment = sold()
    first = payment.number + 1
    assert refusal(decide, payment, payment.number) is Reason.LINE_NOT_FOUND
    assert refusal(decide, payment, payment.number + 3) is Reason.STATE_UNSUITABLE
    held = sold(kind=PaymentKind.HOLD)
    assert refusal(decide, held, first) is Reason.STATE_UNSUITABLE
    reviewed = msgspec.structs.replace(payment, risk=Risk.REVIEW)
    assert refusal(decide, reviewed, first) is Reason.STATE_UNSUITABLE
    basketless = msgspec.structs.replace(payment, lines=())
    assert refusal(decide, basketless, first) is Reason.STATE_UNSUITABLE
    asked = open_follow_up(payment, attempt(operation=Operation.REFUND))
    assert refusal(decide, asked, first) is Reason.OPERATION_IN_FLIGHT


def test_a_line_is_given_to_another_seller():
    """Also one that was the merchant's own, and a line of a hold."""
    for payment in (sold(), sold(kind=PaymentKind.HOLD)):
        given = give_line(payment, payment.number + 3, "bora", 10 * UNIT)
        assert [line.sub_merchant for line in given.lines] == ["ayşe", "ayşe", "bora"]
        figures = given.pricing.lines[2]
        assert figures.sub_merchant_price_e8 == 10 * UNIT
        assert given.pricing.lines[:2] == payment.pricing.lines[:2]
        assert given.version == payment.version + 1


def test_what_cannot_be_given():
    """What is approved or payable already, nothing to give, or more than there is."""
    payment = sold()
    first, third = payment.number + 1, payment.number + 3
    assert refusal(give_line, payment, payment.number, "bora", 0) is Reason.LINE_NOT_FOUND
    paid_e8 = payment.pricing.lines[0].paid_e8
    assert give_line(payment, first, "bora", paid_e8).lines[0].sub_merchant == "bora"
    too_much = refusal(give_line, payment, first, "bora", paid_e8 + 1)
    assert too_much is Reason.SUB_MERCHANT_PRICE_TOO_HIGH
    approved = approve_line(payment, first)
    assert refusal(give_line, approved, first, "bora", 0) is Reason.STATE_UNSUITABLE
    mature = settle(payment, payment.value_ms)
    assert refusal(give_line, mature, third, "bora", 0) is Reason.STATE_UNSUITABLE
    assert give_line(mature, first, "bora", 0).lines[0].sub_merchant == "bora"
    voided = msgspec.structs.replace(payment, state=PaymentState.VOIDED)
    assert refusal(give_line, voided, first, "bora", 0) is Reason.STATE_UNSUITABLE
    basketless = msgspec.structs.replace(payment, lines=())
    assert refusal(give_line, basketless, first, "bora", 0) is Reason.STATE_UNSUITABLE
    asked = open_follow_up(payment, attempt(operation=Operation.REFUND))
    assert refusal(give_line, asked, first, "bora", 0) is Reason.OPERATION_IN_FLIGHT


@pytest.mark.parametrize("line_split", list(LineSplit))
def test_another_part_is_priced_as_if_it_had_been_so_from_the_start(line_split):
    """Whatever way the totals were spread over the lines, and however odd they are."""
    terms = {
        "line_prices_e8": [30_000_001, 49_999_998, 20_000_001],
        "paid_e8": 120_000_007,
        "plan": CommissionPlan(),
        "line_split": line_split,
    }
    before = price_payment(sub_merchant_prices_e8=[1, 0, 3], **terms)
    after = price_payment(sub_merchant_prices_e8=[1, 40_000_000, 3], **terms)
    assert with_sub_merchant_price(before, 1, 40_000_000, line_split) == after
    assert with_sub_merchant_price(after, 1, 0, line_split) == before
