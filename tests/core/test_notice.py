"""What a merchant hears of a payment, and how long it is tried to tell it."""

import msgspec
import pytest

from builders import SAMPLE_TIME_MS, authentication
from fakes.outbox import notice
from fakes.records import AT_MS, attempt, payment
from vezne.core.answer import Approved, Declined, DeclineReason, Reversed, Risk
from vezne.core.attempt import Operation
from vezne.core.authentication import AuthenticationState
from vezne.core.follow_ups import close_follow_up, open_follow_up, settle_follow_up
from vezne.core.money import UNIT
from vezne.core.notice import (
    GIVE_UP_MS,
    RETRY_DELAYS_MS,
    NoticeKind,
    NoticeState,
    deliver,
    notice_between,
    pass_over,
    postpone,
    replay,
)
from vezne.core.payment import (
    PaymentKind,
    PaymentState,
    approve,
    decline,
    follow_authentication,
    leave_unanswered,
    reverse,
)

YES = Approved(auth_code="123456", reference="ref-1")
NO = Declined(reason=DeclineReason.DO_NOT_HONOUR, code="05")
SOON_MS = AT_MS + 100
LATE_MS = AT_MS + 15_000


def asked(**changes):
    """A payment whose bank is asked to authorize it, of a merchant that is told."""
    return payment(notifies=True, attempts=(attempt(),), **changes)


def captured(**changes):
    return msgspec.structs.replace(approve(asked(), YES, AT_MS), **changes)


def following(operation, before=None, **changes):
    """An approved payment with a follow-up on its way."""
    follow_up = attempt(number=10_000_009, operation=operation, amount_e8=7 * UNIT, **changes)
    return open_follow_up(before or captured(), follow_up)


def told(before, after, now_ms=SOON_MS):
    """Kind, amount and lateness of what is told, None for nothing."""
    found = notice_between(before, after, now_ms)
    return None if found is None else (found.kind, found.amount_e8, found.is_late)


def test_a_notice_names_its_payment_and_version() -> None:
    """It is due at once, by the merchant's time."""
    before = asked()
    after = approve(before, YES, SOON_MS)
    assert notice_between(before, after, SOON_MS) == notice(at_ms=SOON_MS, next_try_ms=SOON_MS)


def test_a_merchant_without_webhooks_hears_nothing() -> None:
    """The payment itself knows, so that nothing is computed for the others."""
    before = payment(attempts=(attempt(),))
    assert notice_between(before, approve(before, YES, SOON_MS), SOON_MS) is None


def test_every_outcome_of_an_authorization_is_told() -> None:
    """Approved, declined, and undone because nobody knew; not that it is uncertain."""
    hold = asked(kind=PaymentKind.HOLD)
    paid_e8 = 120 * UNIT
    assert told(asked(), approve(asked(), YES, SOON_MS)) == (
        NoticeKind.SALE_APPROVED,
        paid_e8,
        False,
    )
    assert told(hold, approve(hold, YES, SOON_MS)) == (NoticeKind.HOLD_APPROVED, paid_e8, False)
    declined = (NoticeKind.AUTHORIZATION_DECLINED, paid_e8, False)
    assert told(asked(), decline(asked(), NO, SOON_MS)) == declined
    unanswered = leave_unanswered(asked(), inquire_ms=AT_MS + 5_000)
    assert told(asked(), unanswered) is None
    late = (NoticeKind.AUTHORIZATION_DECLINED, paid_e8, True)
    assert told(unanswered, reverse(unanswered, LATE_MS), LATE_MS) == late


def test_a_rejected_payment_is_told_as_declined() -> None:
    """The fraud filter's no is the merchant's no; what undoes the charge is not told."""
    yes = msgspec.structs.replace(YES, risk=Risk.REJECTED)
    approved = approve(asked(), yes, SOON_MS)
    undo = attempt(number=10_000_009, operation=Operation.VOID, verdict=Risk.REJECTED)
    rejected = msgspec.structs.replace(open_follow_up(approved, undo), version=approved.version)
    assert told(asked(), rejected) == (NoticeKind.AUTHORIZATION_DECLINED, 120 * UNIT, False)
    assert told(rejected, settle_follow_up(rejected, YES, LATE_MS), LATE_MS) is None


def test_a_rejection_by_a_person_is_told_as_a_void() -> None:
    """The merchant heard of the approval, so it hears that it is undone."""
    reviewed = captured(risk=Risk.REVIEW)
    opened = following(Operation.VOID, reviewed, verdict=Risk.REJECTED)
    after = settle_follow_up(opened, YES, SOON_MS)
    assert told(opened, after) == (NoticeKind.VOID_APPROVED, 7 * UNIT, False)


@pytest.mark.parametrize(
    ("operation", "approved", "failed"),
    [
        (Operation.VOID, NoticeKind.VOID_APPROVED, NoticeKind.VOID_FAILED),
        (Operation.REFUND, NoticeKind.REFUND_APPROVED, NoticeKind.REFUND_FAILED),
    ],
)
def test_follow_ups_are_told(operation, approved, failed) -> None:
    """What was done at any time; what was not done only when the caller has not heard of it."""
    opened = following(operation, parts=((10_000_001, 7 * UNIT),))
    done = settle_follow_up(opened, YES, SOON_MS)
    assert told(captured(), opened) is None
    assert told(opened, done) == (approved, 7 * UNIT, False)
    assert told(opened, done, LATE_MS) == (approved, 7 * UNIT, True)
    for answer in (NO, Reversed()):
        undone = close_follow_up(opened, answer, SOON_MS)
        assert told(opened, undone) is None
        assert told(opened, undone, LATE_MS) == (failed, 7 * UNIT, True)


def test_a_late_answer_that_is_none_is_not_told() -> None:
    """The bank is asked again; there is nothing to say yet."""
    opened = following(Operation.REFUND)
    again = leave_unanswered(opened, inquire_ms=LATE_MS + 30_000, inquiries=1)
    assert told(opened, again, LATE_MS) is None


def test_the_capture_of_a_hold_is_told() -> None:
    """As what it is, and for its own amount."""
    hold = asked(kind=PaymentKind.HOLD)
    opened = following(Operation.CAPTURE, approve(hold, YES, AT_MS))
    after = msgspec.structs.replace(opened, state=PaymentState.CAPTURED)
    assert told(opened, after) == (NoticeKind.CAPTURE_APPROVED, 7 * UNIT, False)


def test_the_word_on_a_cardholder_is_told() -> None:
    """That 3-D Secure passed, and that it failed; not that the authentication is spent."""
    before = payment(
        notifies=True, state=PaymentState.AUTHENTICATING, authentication=authentication()
    )
    passed, failed, spent = (
        follow_authentication(before, authentication(state=state))
        for state in (
            AuthenticationState.PASSED,
            AuthenticationState.FAILED,
            AuthenticationState.SPENT,
        )
    )
    amount_e8 = 120 * UNIT
    assert told(before, passed) == (NoticeKind.AUTHENTICATION_PASSED, amount_e8, False)
    assert told(before, failed) == (NoticeKind.AUTHENTICATION_FAILED, amount_e8, False)
    assert told(passed, spent) is None


def test_what_is_nobodys_business_is_not_told() -> None:
    """Money that becomes due changes the payment, and the merchant sees it in its reports."""
    before = captured(version=4)
    assert told(before, captured(version=5, matured_ms=SOON_MS)) is None


def test_tries_are_put_off_until_they_are_given_up() -> None:
    """The delays grow; the last try is three days after the first, and then it is over."""
    item, now_ms, waits = notice(), AT_MS, []
    while item.next_try_ms is not None:
        waits.append(item.next_try_ms - now_ms)
        now_ms = item.next_try_ms
        item = postpone(item, "answered 500", now_ms)
    assert tuple(waits[1:8]) == RETRY_DELAYS_MS
    assert set(waits[8:-1]) == {RETRY_DELAYS_MS[-1]}
    assert now_ms == AT_MS + GIVE_UP_MS
    assert (item.state, item.tries, item.problem) == (
        NoticeState.GIVEN_UP,
        len(waits),
        "answered 500",
    )
    assert item.revision == 1 + len(waits)


def test_a_delivered_notice_is_over() -> None:
    """The problem of an earlier try is forgotten."""
    failed = postpone(notice(), "answered 500", AT_MS)
    assert deliver(failed) == notice(
        revision=3, state=NoticeState.DELIVERED, tries=2, since_ms=AT_MS, next_try_ms=None
    )


def test_a_notice_without_message_is_over() -> None:
    """It was never tried."""
    assert pass_over(notice()) == notice(revision=2, state=NoticeState.UNTOLD, next_try_ms=None)


def test_a_replayed_notice_has_its_three_days_again() -> None:
    """What it says of the payment stays as it was."""
    over = postpone(notice(since_ms=AT_MS), "answered 500", AT_MS + GIVE_UP_MS)
    assert over.state is NoticeState.GIVEN_UP
    later_ms = SAMPLE_TIME_MS + 9 * GIVE_UP_MS
    again = replay(over, later_ms)
    assert again == notice(revision=3, next_try_ms=later_ms)
    assert postpone(again, "answered 500", later_ms).next_try_ms == later_ms + RETRY_DELAYS_MS[0]


def test_a_notice_that_was_held_up_has_all_its_tries() -> None:
    """The days count from its own first try, however long ago it happened."""
    now_ms = AT_MS + 9 * GIVE_UP_MS
    first = postpone(notice(), "answered 500", now_ms)
    assert (first.state, first.since_ms) == (NoticeState.DUE, now_ms)
    assert first.next_try_ms == now_ms + RETRY_DELAYS_MS[0]
    last = postpone(first, "answered 500", now_ms + GIVE_UP_MS)
    assert last.state is NoticeState.GIVEN_UP


def test_the_days_begin_anew_with_a_clock_that_goes_back() -> None:
    """A notice that was first tried ten years ahead is given up three days after the reset."""
    ahead = postpone(notice(), "answered 500", AT_MS + 3_653 * 86_400_000)
    back = postpone(ahead, "answered 500", AT_MS)
    assert back.next_try_ms == AT_MS + RETRY_DELAYS_MS[1]
    assert postpone(back, "answered 500", AT_MS + GIVE_UP_MS).state is NoticeState.GIVEN_UP
