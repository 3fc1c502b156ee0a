"""3-D Secure: the issuer of a card vouches for its holder, or does not.

An authentication belongs to one payment and is independent of any dialect. Whether the merchant
completes the payment with a second call, or the house does so by itself, is the dialect's affair.
"""

import enum
from typing import Final

import msgspec

from vezne.core.refusal import Reason, Refusal

# From the first request to the authorization: no longer than a security code may be held.
LIFE_MS: Final = 15 * 60 * 1000

# The one mdStatus with which the issuer vouches for the holder.
AUTHENTICATED: Final = 1

# What acquirers in Turkey say of an authentication (iyzico documentation, 3-D Secure; the other
# providers pass the same numbers on).
MD_STATUSES: Final = {
    1: "authenticated",
    0: "not authenticated",
    -1: "not authenticated",
    2: "the holder or the issuer takes no part",
    3: "the issuer takes no part",
    4: "attempted: the holder will take part later",
    5: "cannot be verified",
    6: "error of 3-D Secure",
    7: "system error",
    8: "unknown card",
}


class AuthenticationState(enum.StrEnum):
    """Where an authentication stands."""

    OPEN = "open"
    PASSED = "passed"
    SPENT = "spent"
    FAILED = "failed"
    EXPIRED = "expired"
    LAPSED = "lapsed"


class AuthenticationEvent(enum.StrEnum):
    """What moves an authentication from state to state."""

    RETURNED_PASSED = "returned_passed"
    RETURNED_FAILED = "returned_failed"
    NOT_BEGUN = "not_begun"
    AUTHORIZATION_SENT = "authorization_sent"
    TIME_RAN_OUT = "time_ran_out"
    CARD_LOST = "card_lost"
    GIVEN_UP = "given_up"


EDGES: dict[tuple[AuthenticationState, AuthenticationEvent], AuthenticationState] = {
    (AuthenticationState.OPEN, AuthenticationEvent.RETURNED_PASSED): AuthenticationState.PASSED,
    (AuthenticationState.OPEN, AuthenticationEvent.RETURNED_FAILED): AuthenticationState.FAILED,
    (AuthenticationState.OPEN, AuthenticationEvent.NOT_BEGUN): AuthenticationState.FAILED,
    (AuthenticationState.OPEN, AuthenticationEvent.TIME_RAN_OUT): AuthenticationState.EXPIRED,
    (AuthenticationState.OPEN, AuthenticationEvent.CARD_LOST): AuthenticationState.LAPSED,
    (AuthenticationState.OPEN, AuthenticationEvent.GIVEN_UP): AuthenticationState.FAILED,
    (AuthenticationState.PASSED, AuthenticationEvent.GIVEN_UP): AuthenticationState.FAILED,
    (AuthenticationState.PASSED, AuthenticationEvent.AUTHORIZATION_SENT): AuthenticationState.SPENT,
    (AuthenticationState.PASSED, AuthenticationEvent.TIME_RAN_OUT): AuthenticationState.EXPIRED,
    (AuthenticationState.PASSED, AuthenticationEvent.CARD_LOST): AuthenticationState.LAPSED,
}

# Ended before the bank's word came, which may still come.
_CUT_SHORT: Final = frozenset({AuthenticationState.EXPIRED, AuthenticationState.LAPSED})


class AuthenticationResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the bank says of an authentication.

    `transaction_id` is the directory's name for it, `eci` says how strong it is, and `cavv` is the
    proof that goes with the authorization.
    """

    md_status: int
    transaction_id: str
    eci: str = ""
    cavv: str = ""

    @property
    def is_authenticated(self) -> bool:
        """Whether the issuer vouches for the holder. An attempt alone does not count."""
        return self.md_status == AUTHENTICATED


class Registration(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The wish to store the card once the payment is approved.

    For the owner of `owner_key`, else for the oldest owner of that `external_id`, else for a new
    owner with that `email`.
    """

    owner_key: bytes | None = None
    email: str = ""
    alias: str = ""
    external_id: str | None = None


class Authentication(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The authentication of a payment's cardholder.

    `success_url` and `failure_url` say where the browser goes in the end, `caller_key` which of the
    merchant's keys asked, `language` in which language the holder is addressed. `is_card_held` says
    that the vault holds the card, or its security code, until the authorization.
    """

    state: AuthenticationState
    opened_ms: int
    expires_ms: int
    success_url: str
    failure_url: str
    caller_key: str
    is_card_held: bool
    language: str = "tr"
    registration: Registration | None = None
    transaction_id: str = ""
    # Where the browser goes to the bank; kept only for a door that sends it there later.
    challenge_url: str = ""
    challenge_fields: dict[str, str] = {}
    result: AuthenticationResult | None = None


def after(state: AuthenticationState, event: AuthenticationEvent) -> AuthenticationState:
    """The state that an event leads to.

    Raises Refusal(AUTHENTICATION_UNSUITABLE) where there is no edge.
    """
    try:
        return EDGES[state, event]
    except KeyError:
        raise Refusal(Reason.AUTHENTICATION_UNSUITABLE) from None


def receive(
    authentication: Authentication,
    result: AuthenticationResult,
    *,
    now_ms: int,
    is_card_lost: bool,
) -> Authentication:
    """The authentication after the bank's word on it came back.

    The same word again changes nothing. A word that comes too late, or for a card that the vault
    no longer holds, is kept but does not count. Raises Refusal(AUTHENTICATION_UNSUITABLE) for a
    second, different word, and for one about another transaction.
    """
    if result == authentication.result:
        return authentication
    is_about_this = result.transaction_id == authentication.transaction_id != ""
    if authentication.result is not None or not is_about_this:
        raise Refusal(Reason.AUTHENTICATION_UNSUITABLE)
    if authentication.state in _CUT_SHORT:
        return msgspec.structs.replace(authentication, result=result)
    if now_ms >= authentication.expires_ms:
        event = AuthenticationEvent.TIME_RAN_OUT
    elif not result.is_authenticated:
        event = AuthenticationEvent.RETURNED_FAILED
    elif is_card_lost:
        event = AuthenticationEvent.CARD_LOST
    else:
        event = AuthenticationEvent.RETURNED_PASSED
    return msgspec.structs.replace(move(authentication, event), result=result)


def move(authentication: Authentication, event: AuthenticationEvent) -> Authentication:
    """The authentication after an event that carries nothing.

    Raises Refusal(AUTHENTICATION_UNSUITABLE).
    """
    return msgspec.structs.replace(authentication, state=after(authentication.state, event))
