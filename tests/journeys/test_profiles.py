import pytest

from fakes.iyzico_client import CARD, Client

# What the functional tests of the official Java client compare, scale included.
JAVA_PAYMENT = {
    "price": 1,
    "paidPrice": "1.1",
    "iyziCommissionRateAmount": "0.02887500",
    "iyziCommissionFee": "0.25000000",
    "merchantCommissionRate": "10.00000000",
    "merchantCommissionRateAmount": "0.1",
}
JAVA_CARD = {
    "binNumber": "55287900",
    "lastFourDigits": "0008",
    "cardType": "CREDIT_CARD",
    "cardAssociation": "MASTER_CARD",
    "cardFamily": "Paraf",
    "cardBankCode": 12,
    "cardBankName": "Halkbank",
}


@pytest.fixture
def current(start):
    return Client(start("--iyzico-profile", "current"))


def test_the_current_profile_pays_in_the_scale_of_todays_clients(current):
    """Computed amounts carry eight decimals, sent ones keep theirs."""
    paid = current.pay(paidPrice="1.1")
    assert {name: paid[name] for name in JAVA_PAYMENT} == JAVA_PAYMENT
    line = paid["itemTransactions"][0]
    assert (line["price"], line["paidPrice"]) == ("0.3", "0.33000000")
    assert line["blockageResolvedDate"].endswith(" 00:00:00")
    cancelled = current.call("Cancel", "create", {"paymentId": paid["paymentId"]})
    assert cancelled["price"] == "1.10000000"


def test_the_current_profile_names_cards_as_todays_clients_expect(current):
    """Eight digits of the number, the bank's newer name, the last four."""
    stored = current.store_card()
    assert {name: stored[name] for name in JAVA_CARD} == JAVA_CARD
    listed = current.call("CardList", "retrieve", {"cardUserKey": stored["cardUserKey"]})
    (card,) = listed["cardDetails"]
    assert (card["lastFourDigits"], card["expireMonth"], card["expireYear"]) == (
        "0008",
        "12",
        "2030",
    )


def test_the_alias_is_mandatory_in_the_classic_profile(client):
    """The documentation's table demands it."""
    assert client.store_card(card=CARD)["status"] == "failure"


def test_the_alias_is_free_in_the_current_profile(current):
    """Today's service does not ask for it."""
    assert current.store_card(card=CARD)["status"] == "success"


def test_a_single_switch_can_be_turned(start, tmp_path):
    """A settings file takes one reading of the other profile."""
    settings = tmp_path / "vezne.toml"
    settings.write_text('[iyzico.switches]\nhalkbank_name = "Halkbank"\n')
    stored = Client(start("--config", str(settings))).store_card()
    assert (stored["cardBankName"], stored["binNumber"]) == ("Halkbank", "552879")
