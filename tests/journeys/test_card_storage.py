import base64

import pytest

from fakes.iyzico_client import CARD, card_request

SEED_FACTS = {
    "binNumber": "552879",
    "cardType": "CREDIT_CARD",
    "cardAssociation": "MASTER_CARD",
    "cardFamily": "Paraf",
    "cardBankCode": 12,
    "cardBankName": "Halk Bankası",
}


def test_a_user_and_a_card(client):
    """Every response parameter of the documentation's table comes back, the keys in its form."""
    answer = client.store_card()
    assert answer["status"] == "success"
    assert answer["locale"] == "tr"
    assert answer["conversationId"] == "123456789"
    assert answer["systemTime"] > 1_500_000_000_000
    assert answer["externalId"] == "external id"
    assert answer["email"] == "email@email.com"
    assert answer["cardAlias"] == "card alias"
    assert {name: answer[name] for name in SEED_FACTS} == SEED_FACTS
    for key in ("cardUserKey", "cardToken"):
        assert len(base64.b64decode(answer[key], validate=True)) == 20


def test_a_second_card_for_the_user(client):
    """With a user's key the card joins that user; the e-mail address is not repeated."""
    first = client.store_card()
    second = client.store_card(cardUserKey=first["cardUserKey"], email=None)
    assert second["status"] == "success"
    assert second["cardUserKey"] == first["cardUserKey"]
    assert second["cardToken"] != first["cardToken"]
    assert "email" not in second
    listed = client.call("CardList", "retrieve", {"cardUserKey": first["cardUserKey"]})
    assert [card["cardToken"] for card in listed["cardDetails"]] == [
        first["cardToken"],
        second["cardToken"],
    ]


def test_metadata_is_echoed(client):
    """What a merchant attaches to a card comes back with it."""
    card = CARD | {"cardAlias": "card alias", "metadata": {"CUT_OFF_DAY": "15"}}
    answer = client.store_card(card=card)
    assert answer["metadata"] == {"CUT_OFF_DAY": "15"}


def test_a_foreign_card_has_no_local_facts(client):
    """Type, association, family and bank are those of local cards only."""
    card = CARD | {"cardAlias": "card alias", "cardNumber": "5400010000000004"}
    answer = client.store_card(card=card)
    assert answer["status"] == "success"
    assert answer["binNumber"] == "540001"
    assert not {"cardType", "cardAssociation", "cardFamily", "cardBankCode"} & set(answer)


def test_a_deleted_card_is_gone(client):
    """Deleting answers with the bare envelope; afterwards the token names nothing."""
    stored = client.store_card()
    names = {"cardUserKey": stored["cardUserKey"], "cardToken": stored["cardToken"]}
    answer = client.call("Card", "delete", {"locale": "tr", "conversationId": "1"} | names)
    assert set(answer) == {"status", "locale", "systemTime", "conversationId"}
    listed = client.call("CardList", "retrieve", {"cardUserKey": stored["cardUserKey"]})
    assert listed["status"] == "success"
    assert listed.get("cardDetails", []) == []
    again = client.call("Card", "delete", names)
    assert (again["status"], again["errorCode"]) == ("failure", "3006")
    paid = client.pay(paymentCard=names)
    assert (paid["status"], paid["errorCode"]) == ("failure", "3006")


@pytest.mark.parametrize(
    ("locale", "message"),
    [("tr", "cardUserKey bulunamadı"), ("en", "cardUserKey not found")],
)
def test_an_unknown_user_in_both_languages(client, locale, message):
    """The message follows the locale; the key is echoed."""
    request = {"locale": locale, "cardUserKey": "W2OM/ZUXAn0qCepxpa5Taz89lV0="}
    answer = client.call("CardList", "retrieve", request)
    assert (answer["status"], answer["errorCode"]) == ("failure", "3005")
    assert answer["errorMessage"] == message
    assert answer["locale"] == locale
    assert answer["cardUserKey"] == request["cardUserKey"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("cardHolderName", "16"),
        ("cardNumber", "12"),
        ("expireMonth", "13"),
        ("expireYear", "14"),
    ],
)
def test_each_mandatory_card_field(client, name, code):
    """A card without the field is refused with the documented code."""
    card = {key: value for key, value in card_request()["card"].items() if key != name}
    answer = client.store_card(card=card)
    assert (answer["status"], answer["errorCode"]) == ("failure", code)


def test_the_email_is_mandatory_for_a_new_user(client):
    """Missing and malformed addresses have codes of their own."""
    assert client.store_card(email=None)["errorCode"] == "3"
    assert client.store_card(email="not an address")["errorCode"] == "5"
