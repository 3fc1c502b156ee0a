"""A bank that does something wrong, by amount and by card, and how the gateway finds out."""

import pytest

from fakes.card_doc import documented_cards
from fakes.doors import CALLERS, IyzicoCaller, PaynetCaller, PaywallCaller, unique
from fakes.iyzico_client import BASKET, CARD, payment_request
from fakes.server import wait_until

PAN = CARD["cardNumber"]
# The first inquiry comes five seconds after the answer that never came.
SETTLED_S = 90


@pytest.fixture(params=CALLERS, ids=lambda kind: kind.name)
def caller(request, server):
    return request.param(server)


def pay_amount(caller, amount, reference):
    """A sale of an amount of lira with a good card, through any door."""
    if isinstance(caller, IyzicoCaller):
        lines = [BASKET[0] | {"price": amount}]
        card = CARD | {"cvc": "123"}
        request = payment_request(
            conversationId=reference,
            paymentCard=card,
            price=amount,
            paidPrice=amount,
            basketItems=lines,
        )
        return caller.call("/payment/auth", request)
    if isinstance(caller, PaywallCaller):
        body = caller.payment(reference, caller.new_card(PAN), Amount=float(amount))
        body["Products"][0]["ProductAmount"] = float(amount)
        return caller.call("POST", "/api/paywall/payment/startdirect", body)
    payment = {
        "amount": amount.replace(".", ","),
        "reference_no": reference,
        "domain": "shop.example",
    }
    return caller.call("/v2/transaction/payment", payment | caller.new_card(PAN))


def is_paid(caller, reference):
    """Whether the merchant finds the payment, and finds it paid."""
    found = caller.find(reference)
    if isinstance(caller, PaynetCaller):
        return bool(found.get("Data")) and found["Data"][0]["is_succeed"]
    if isinstance(caller, PaywallCaller):
        return caller.ok(found) and found["Body"]["Paywall"]["StatusId"] == 4
    return caller.ok(found) and found["paymentStatus"] == "SUCCESS"


def test_a_decline_by_amount(caller):
    """The documented amount is declined through every door."""
    assert caller.ok(pay_amount(caller, "9905.52", unique("order")))
    assert not caller.ok(pay_amount(caller, "9905.51", unique("order")))


def test_a_silent_approval_is_found_out(caller):
    """The bank took the money and said nothing: unknown at first, paid when it was asked."""
    reference = unique("order")
    answer = pay_amount(caller, "9901.02", reference)
    assert not caller.ok(answer)
    assert caller.is_unknown(answer), answer
    assert not is_paid(caller, reference)
    wait_until(lambda: is_paid(caller, reference), SETTLED_S)


def test_how_each_card_ends(client):
    """What the page says under *In the end* is what the merchant finds, within a minute.

    But of the late card: its first answer takes longer than a test should.
    """
    ends = {}
    for card in documented_cards():
        end = card.cells.get("In the end")
        if end and card.cells["Answer"] != "late":
            reference = unique("order")
            paying = CARD | {"cardNumber": card.pan, "cvc": "123"}
            client.pay(paymentCard=paying, conversationId=reference)
            ends[reference] = {"approved": "SUCCESS", "reversed": "FAILURE"}[end]

    def found():
        answers = {
            reference: client.call("Payment", "retrieve", {"paymentConversationId": reference})
            for reference in ends
        }
        return {
            reference: answer.get("paymentStatus", "FAILURE")
            for reference, answer in answers.items()
        }

    wait_until(lambda: found() == ends, SETTLED_S)
