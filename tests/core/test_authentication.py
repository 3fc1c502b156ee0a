import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import authentication
from vezne.core.authentication import (
    EDGES,
    LIFE_MS,
    MD_STATUSES,
    Authentication,
    AuthenticationEvent,
    AuthenticationResult,
    AuthenticationState,
    Registration,
    after,
    move,
    receive,
)
from vezne.core.refusal import Reason, Refusal

FIRST = {AuthenticationState.OPEN}
TERMINAL = {
    AuthenticationState.SPENT,
    AuthenticationState.FAILED,
    AuthenticationState.EXPIRED,
    AuthenticationState.LAPSED,
}
PASS = AuthenticationResult(md_status=1, transaction_id="transaction-1", eci="05", cavv="AAAB")
FAIL = AuthenticationResult(md_status=0, transaction_id="transaction-1")


def received(record, result, *, ms=1, is_card_lost=False):
    return receive(record, result, now_ms=record.opened_ms + ms, is_card_lost=is_card_lost)


def test_every_state_stands_in_the_table():
    """Each state is reached by an edge or is the first one, and left by one or is a last one."""
    assert set(EDGES.values()) | FIRST == set(AuthenticationState)
    assert {state for state, _ in EDGES} == set(AuthenticationState) - TERMINAL
    assert {event for _, event in EDGES} == set(AuthenticationEvent)


def test_there_is_no_way_around_the_table():
    """Every pair that is not an edge is refused."""
    for state in AuthenticationState:
        for event in AuthenticationEvent:
            if (state, event) in EDGES:
                assert after(state, event) is EDGES[state, event]
            else:
                with pytest.raises(Refusal) as refusal:
                    after(state, event)
                assert refusal.value.reason is Reason.AUTHENTICATION_UNSUITABLE


def test_the_way_to_an_authorization():
    """Only an authentication that passed can be spent, and only once."""
    spenders = [state for state, event in EDGES if event is AuthenticationEvent.AUTHORIZATION_SENT]
    assert spenders == [AuthenticationState.PASSED]
    ways = [state for state, to in EDGES.items() if to is AuthenticationState.PASSED]
    assert ways == [(AuthenticationState.OPEN, AuthenticationEvent.RETURNED_PASSED)]


def test_a_pass_is_kept_with_its_proof():
    """What the bank said goes with the authorization later."""
    passed = received(authentication(), PASS)
    assert (passed.state, passed.result) == (AuthenticationState.PASSED, PASS)
    spent = move(passed, AuthenticationEvent.AUTHORIZATION_SENT)
    assert (spent.state, spent.result) == (AuthenticationState.SPENT, PASS)


@pytest.mark.parametrize("md_status", [*sorted(set(MD_STATUSES) - {1}), 9])
def test_only_one_status_is_a_pass(md_status):
    """An attempt, a failure and a status that nobody listed all end the authentication."""
    result = msgspec.structs.replace(PASS, md_status=md_status)
    assert received(authentication(), result).state is AuthenticationState.FAILED


@pytest.mark.parametrize("result", [PASS, FAIL])
def test_the_same_word_again_changes_nothing(result):
    """A browser may bring it as often as it likes, even when the time is up."""
    record = received(authentication(), result)
    assert received(record, result) is record
    assert received(record, result, ms=LIFE_MS) is record


@pytest.mark.parametrize("ms", [1, LIFE_MS])
@pytest.mark.parametrize("is_card_lost", [False, True])
@pytest.mark.parametrize(("first", "second"), [(PASS, FAIL), (FAIL, PASS)])
def test_a_second_word_does_not_count(first, second, ms, is_card_lost):
    """A different word is refused, and would be so in every later state."""
    record = received(authentication(), first)
    with pytest.raises(Refusal) as refusal:
        received(record, second, ms=ms, is_card_lost=is_card_lost)
    assert refusal.value.reason is Reason.AUTHENTICATION_UNSUITABLE


@pytest.mark.parametrize("of_record", ["transaction-1", ""])
@pytest.mark.parametrize("of_result", ["transaction-2", ""])
def test_a_word_about_another_transaction(of_record, of_result):
    """It must name the transaction that the bank began, and the bank must have begun one."""
    record = authentication(transaction_id=of_record)
    with pytest.raises(Refusal) as refusal:
        received(record, msgspec.structs.replace(PASS, transaction_id=of_result))
    assert refusal.value.reason is Reason.AUTHENTICATION_UNSUITABLE


@pytest.mark.parametrize("result", [PASS, FAIL])
def test_a_word_that_comes_too_late(result):
    """It is noted and does not count, at the very moment the time is up already."""
    late = received(authentication(), result, ms=LIFE_MS)
    assert (late.state, late.result) == (AuthenticationState.EXPIRED, result)
    in_time = received(authentication(), PASS, ms=LIFE_MS - 1)
    assert in_time.state is AuthenticationState.PASSED


def test_a_word_for_a_card_that_is_lost():
    """A pass is worth nothing without the card; a failure needs none."""
    lapsed = received(authentication(), PASS, is_card_lost=True)
    assert (lapsed.state, lapsed.result) == (AuthenticationState.LAPSED, PASS)
    failed = received(authentication(), FAIL, is_card_lost=True)
    assert failed.state is AuthenticationState.FAILED


@pytest.mark.parametrize("event", [AuthenticationEvent.TIME_RAN_OUT, AuthenticationEvent.CARD_LOST])
def test_a_word_after_the_end_is_noted(event):
    """Somebody saw first that it had ended; the browser still goes back to the merchant."""
    ended = move(authentication(), event)
    noted = received(ended, PASS)
    assert (noted.state, noted.result) == (ended.state, PASS)


def test_what_never_began_has_no_word():
    """An authentication that the bank refused to begin takes none."""
    failed = move(authentication(transaction_id=""), AuthenticationEvent.NOT_BEGUN)
    with pytest.raises(Refusal):
        received(failed, PASS)


@given(
    state=st.sampled_from(AuthenticationState),
    result=st.none()
    | st.builds(AuthenticationResult, md_status=st.integers(-1, 8), transaction_id=st.text()),
    registration=st.none()
    | st.builds(Registration, owner_key=st.none() | st.binary(min_size=20, max_size=20)),
)
def test_a_stored_authentication_reads_back_the_same(state, result, registration):
    """What the books write as JSON is what they read."""
    record = authentication(state=state, result=result, registration=registration)
    assert msgspec.json.decode(msgspec.json.encode(record), type=Authentication) == record
