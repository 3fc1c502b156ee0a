"""How an authentication goes, by card. The tables of cards are in `simbank.cards`."""

import enum
from collections.abc import Mapping
from typing import Final


class Scenario(enum.StrEnum):
    """What the bank does when a card's holder is to be authenticated."""

    CHALLENGE = "challenge"
    CHALLENGE_FAILS = "challenge fails"
    TIME_OUT = "time-out"
    BROWSER_CLOSED = "browser closed"
    FRICTIONLESS = "frictionless"
    REJECTED = "rejected"
    NOT_AUTHENTICATED = "not authenticated"
    HOLDER_NOT_ENROLLED = "holder not enrolled"
    ISSUER_NOT_ENROLLED = "issuer not enrolled"
    ATTEMPTED = "attempted"
    UNAVAILABLE = "unavailable"
    ACS_ERROR = "ACS error"
    SYSTEM_ERROR = "system error"
    UNKNOWN_CARD = "unknown card"
    BEGIN_REFUSED = "begin refused"
    BEGIN_UNANSWERED = "begin unanswered"


# mdStatus as iyzico documents it (3-D Secure): what the acquirer is told.
AUTHENTICATED: Final = 1
REFUSED: Final = 0
ATTEMPT: Final = 4

# The scenarios that are decided without the cardholder.
DECIDED: Final[Mapping[Scenario, int]] = {
    Scenario.FRICTIONLESS: AUTHENTICATED,
    Scenario.REJECTED: REFUSED,
    Scenario.NOT_AUTHENTICATED: -1,
    Scenario.HOLDER_NOT_ENROLLED: 2,
    Scenario.ISSUER_NOT_ENROLLED: 3,
    Scenario.ATTEMPTED: ATTEMPT,
    Scenario.UNAVAILABLE: 5,
    Scenario.ACS_ERROR: 6,
    Scenario.SYSTEM_ERROR: 7,
    Scenario.UNKNOWN_CARD: 8,
}

# Three minutes are what the one-time codes of Turkish banks last.
_WINDOW_MS: Final = 3 * 60 * 1000

# Long enough to see the page, short enough to wait for in a test.
_SHORT_WINDOW_MS: Final = 3 * 1000


def window_ms(scenario: Scenario) -> int:
    """How long the challenge page takes an answer, from the moment it is first shown."""
    return _SHORT_WINDOW_MS if scenario is Scenario.TIME_OUT else _WINDOW_MS


def right_code_status(scenario: Scenario) -> int:
    """The mdStatus that the right code leads to."""
    return REFUSED if scenario is Scenario.CHALLENGE_FAILS else AUTHENTICATED
