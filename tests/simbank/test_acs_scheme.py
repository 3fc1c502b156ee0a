"""Which card brings about what in 3-D Secure.

Once released, this never changes: merchants' tests rely on it. Rows may be added, never altered.
"""

import pytest

from fakes.acs import AcsVisit
from fakes.card_doc import DocumentedCard, documented_cards
from simbank.acs.challenge import CODE
from simbank.acs.scenarios import DECIDED, Scenario
from simbank.cards import OWN_SCENARIOS, card_scenarios, own_pan
from vezne.core.answer import Declined, DeclineReason, Unknown
from vezne.core.authentication import MD_STATUSES

SCHEME = {
    "4131111111111117": "rejected",
    "4141111111111115": "attempted",
    "4151111111111112": "begin refused",
    "4000000000950008": "rejected",
    "4000000000950016": "frictionless",
    "4000000000950024": "holder not enrolled",
    "4000000000950032": "issuer not enrolled",
    "4000000000950040": "attempted",
    "4000000000950057": "unavailable",
    "4000000000950065": "ACS error",
    "4000000000950073": "system error",
    "4000000000950081": "unknown card",
    "4000000000950099": "not authenticated",
    "4000000000950107": "challenge",
    "4000000000950115": "challenge fails",
    "4000000000950123": "time-out",
    "4000000000950131": "browser closed",
    "4000000000950206": "begin refused",
    "4000000000950214": "begin unanswered",
}
DOCUMENTED = [card for card in documented_cards() if "Scenario" in card.cells]


def test_the_scheme() -> None:
    """The whole scheme, card by card."""
    assert card_scenarios() == SCHEME


def test_the_code() -> None:
    """The code that every merchant's test types."""
    assert CODE == "123456"


def test_own_numbers_tell_the_md_status() -> None:
    """Up to 08 the two digits are the mdStatus."""
    for digits in range(9):
        assert DECIDED[OWN_SCENARIOS[95000 + digits]] == digits


def test_every_scenario_and_status_has_an_own_card() -> None:
    """Nothing that the bank can do, and no mdStatus, is beyond the range of our own cards."""
    assert set(OWN_SCENARIOS.values()) == set(Scenario)
    assert set(DECIDED.values()) == set(MD_STATUSES)


def test_the_page_documents_the_scheme() -> None:
    """docs/test-cards.md has a row for each card with its scenario."""
    assert {card.pan: card.cells["Scenario"] for card in DOCUMENTED} == SCHEME
    assert all(own_pan(number) in SCHEME for number in OWN_SCENARIOS)


@pytest.mark.parametrize("card", DOCUMENTED, ids=lambda card: card.pan)
async def test_documented_md_status(card: DocumentedCard) -> None:
    """What the page says comes back is what comes back, after the right code where one is asked."""
    visit = AcsVisit()
    if card.cells["Scenario"] == "begin refused":
        answer = await visit.acquirer.begin(visit.begin_ask(card.pan))
        assert answer == Declined(reason=DeclineReason.GENERAL_ERROR, code="06")
        return
    if card.cells["Scenario"] == "begin unanswered":
        assert isinstance(await visit.acquirer.begin(visit.begin_ask(card.pan)), Unknown)
        return
    at = await visit.open(card.pan)
    if card.cells["Scenario"] == "time-out":
        visit.now_ms += 3_000
    if card.cells["Scenario"] == "browser closed":
        assert (at.page.forms, card.cells["mdStatus"]) == ([], "–")
        return
    if "action" in at.page.forms[0].fields:
        at = await visit.press(at, "code", code=CODE)
    assert str(visit.returned(at).result.md_status) == card.cells["mdStatus"]
