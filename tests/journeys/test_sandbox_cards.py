from fakes.iyzico_client import CARD, Client
from fakes.server import wait_until

STRANGE = CARD | {"cardNumber": "4242424242424242", "cvc": "123"}


def test_a_number_that_is_no_test_card_is_taken_with_a_warning(start):
    """The log says so, and shows the mask only."""
    server = start()
    assert Client(server).pay(paymentCard=STRANGE)["status"] == "success"
    wait_until(lambda: any("no test card" in line for line in server.output))
    (warning,) = [line for line in server.output if "no test card" in line]
    assert "424242******4242" in warning
    assert STRANGE["cardNumber"] not in warning


def test_a_setting_refuses_such_numbers(start, monkeypatch):
    """Whoever fears real cards in a sandbox has them declined; test cards still pay."""
    monkeypatch.setenv("VEZNE_SANDBOX__REFUSE_UNKNOWN_CARDS", "true")
    client = Client(start())
    refused = client.pay(paymentCard=STRANGE)
    assert (refused["status"], refused["errorGroup"]) == ("failure", "INVALID_CARD_NUMBER")
    assert client.pay()["status"] == "success"
