import pytest

from fakes.card_doc import documented_cards, prompt_cards
from fakes.iyzico_client import CARD, Client, payment_request


@pytest.fixture
def client(tenant):
    """The client of a merchant of the test's own."""
    return Client(tenant)


@pytest.mark.parametrize("card", prompt_cards(), ids=lambda card: card.pan)
def test_the_documented_answer_of_each_card(client, card):
    """What docs/test-cards.md says of a card is what the iyzico door answers, in both languages."""
    cvc = "1234" if card.pan.startswith("37") else "123"
    paying = CARD | {"cardNumber": card.pan, "cvc": cvc}
    answer = client.pay(paymentCard=paying)
    if "Code" not in card.cells or card.section.startswith("Payments succeed"):
        assert answer["lastFourDigits"] == card.pan[-4:]
        return
    assert (answer["status"], answer["errorCode"]) == ("failure", card.cells["Code"])
    assert answer["errorGroup"] == card.cells["Group"]
    english = client.pay(paymentCard=paying, locale="en")
    assert english["errorCode"] == answer["errorCode"]
    assert english["errorMessage"] != answer["errorMessage"]


def test_a_card_whose_follow_ups_fail(client):
    """The payment goes through; cancel, refund and capture do not, and say so."""
    paying = CARD | {"cardNumber": "5406670000000009", "cvc": "123"}
    paid = client.pay(paymentCard=paying)
    assert paid["status"] == "success"
    line = paid["itemTransactions"][0]["paymentTransactionId"]
    cancelled = client.call("Cancel", "create", {"paymentId": paid["paymentId"]})
    refunded = client.call("Refund", "create", {"paymentTransactionId": line, "price": "0.1"})
    hold = client.call("PaymentPreAuth", "create", payment_request(paymentCard=paying))
    post = {"paymentId": hold["paymentId"], "paidPrice": "1.2", "currency": "TRY"}
    captured = client.call("PaymentPostAuth", "create", post)
    for answer in (cancelled, refunded, captured):
        assert (answer["errorCode"], answer["errorGroup"]) == ("10204", "UNKNOWN")


def test_a_payment_under_review(client):
    """The money is taken; fraudStatus and every line say that the verdict is out."""
    paid = client.pay(paymentCard=CARD | {"cardNumber": own_card(90000), "cvc": "123"})
    assert (paid["status"], paid["fraudStatus"]) == ("success", 0)
    assert {line["transactionStatus"] for line in paid["itemTransactions"]} == {0}


def test_a_payment_rejected_for_fraud(client):
    """The answer is a failure that still names the payment; its lines are rejected."""
    paid = client.pay(paymentCard=CARD | {"cardNumber": own_card(90001), "cvc": "123"})
    assert (paid["status"], paid["fraudStatus"], paid["errorCode"]) == ("failure", -1, "6001")
    assert {line["transactionStatus"] for line in paid["itemTransactions"]} == {-1}


def own_card(number):
    """The card of the bank's own range whose number carries this one."""
    wanted = f"4000000000{number}"
    (pan,) = [card.pan for card in documented_cards() if card.pan.startswith(wanted)]
    return pan
