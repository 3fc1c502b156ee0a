"""docs/test-cards.md is true and complete: an undocumented test card fails here."""

import pytest

from fakes.bank import bank_host, simulator_config
from fakes.card_doc import DOC, DocumentedCard, documented_cards
from fakes.card_line import FilledLine
from simbank.cards import card_rules, own_pan
from vezne.acquirers.simulator.adapter import SimulatorAcquirer
from vezne.core.acquirer import AuthorizeAsk, FollowUpAsk
from vezne.core.answer import Answer, Approved, Declined, DeclineReason, Risk
from vezne.core.bin_table import BIN_TABLE
from vezne.core.bins import BinDirectory
from vezne.core.card import is_luhn_valid

CARDS = documented_cards()
FRAUD_STATUS = {"review": "0", "rejected": "-1"}


def cards_with(column: str) -> list[DocumentedCard]:
    cards = [card for card in CARDS if column in card.cells]
    assert cards
    return cards


def bank() -> tuple[SimulatorAcquirer, FilledLine]:
    line = FilledLine(bank_host().handle)
    return SimulatorAcquirer(simulator_config(), line), line


async def pay(pan: str) -> Answer:
    """Pay with a card, over the adapter that the gateway uses."""
    acquirer, line = bank()
    ask = AuthorizeAsk(
        merchant_id=7,
        trace=1,
        card=line.hold(pan, cvv="1234" if pan.startswith("37") else "123"),
        amount_e8=100,
        currency="TRY",
        installments=1,
        is_capture=True,
    )
    return await acquirer.authorize(ask)


def follow_up(paid: Approved, trace: int = 2) -> FollowUpAsk:
    return FollowUpAsk(
        merchant_id=7,
        trace=trace,
        reference=paid.reference,
        auth_code=paid.auth_code,
        amount_e8=100,
        currency="TRY",
    )


def test_the_page_lists_exactly_the_test_cards() -> None:
    """Every test card of the bank has one row, and no row names another card."""
    assert sorted(card.pan for card in CARDS) == sorted(card_rules())


def test_every_decline_has_a_card() -> None:
    """Whatever reason for a decline the house knows, a documented card brings it about."""
    assert {card.cells["Reason"] for card in cards_with("Reason")} == set(DeclineReason)


@pytest.mark.parametrize("card", cards_with("Issuer"), ids=lambda card: card.pan)
async def test_success_card(card: DocumentedCard) -> None:
    """A success card is approved, and the BIN directory knows what its row says."""
    answer = await pay(card.pan)
    assert isinstance(answer, Approved)
    assert (answer.risk, answer.is_test_card) == (Risk.ACCEPTED, True)
    record = BinDirectory(BIN_TABLE).find(card.pan)
    if record is None:
        assert list(card.cells.values())[1:] == ["foreign", "–", "–", "–", "–"]
    else:
        assert list(card.cells.values())[1:] == [
            record.issuer.name,
            str(record.issuer.code),
            record.brand,
            record.product,
            record.family,
        ]


@pytest.mark.parametrize(
    "card",
    [card for card in cards_with("Reason") if "are declined" in card.section],
    ids=lambda card: card.pan,
)
async def test_declined_card(card: DocumentedCard) -> None:
    """A payment is declined for the reason and with the response code of the row."""
    assert await pay(card.pan) == Declined(
        reason=DeclineReason(card.cells["Reason"]), code=card.cells["Response code"]
    )


async def test_card_that_cannot_be_followed_up() -> None:
    """Its payment is approved; capture, void and refund are declined as the row says."""
    (card,) = [card for card in CARDS if card.section.endswith("what follows is declined")]
    paid = await pay(card.pan)
    assert isinstance(paid, Approved)
    acquirer, _ = bank()
    for trace, verb in enumerate((acquirer.capture, acquirer.void, acquirer.refund), start=2):
        answer = await verb(follow_up(paid, trace))
        assert isinstance(answer, Declined)
        assert answer.reason == card.cells["Reason"]
        assert answer.code == card.cells["Response code"]


async def test_cards_for_authentication_are_ordinary_without_it() -> None:
    """Paid without 3-D Secure, the cards with a scenario are approved and can be refunded."""
    acquirer, _ = bank()
    for card in cards_with("Scenario"):
        paid = await pay(card.pan)
        assert isinstance(paid, Approved)
        assert isinstance(await acquirer.refund(follow_up(paid)), Approved)


async def test_fraud_filter_cards() -> None:
    """The bank approves them and passes on the verdict of the row."""
    for card in cards_with("Risk"):
        paid = await pay(card.pan)
        assert isinstance(paid, Approved)
        assert paid.risk == card.cells["Risk"]
        assert card.cells["fraudStatus"] == FRAUD_STATUS[paid.risk]


def test_own_cards_follow_their_rule() -> None:
    """Our own declined cards carry the documented iyzico code, and so does the page's example."""
    own = [card for card in cards_with("Code") if card.section.endswith("own cards")]
    assert [card.pan for card in own] == [own_pan(int(card.cells["Code"])) for card in own]
    assert f"10206 is the card {own_pan(10206)}" in DOC.read_text(encoding="utf-8")


def test_numbers_are_card_numbers() -> None:
    """Every documented number passes the Luhn check."""
    assert all(is_luhn_valid(card.pan) for card in CARDS)
