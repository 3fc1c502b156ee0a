"""What every door must be able to do, whatever it calls it; and one set of books behind them."""

import pytest

from fakes.doors import CALLERS, IyzicoCaller, PaynetCaller, PaywallCaller, unique
from fakes.visitor import Visitor

PAN = "5528790000000008"
RIGHT_CODE = "123456"
CALLBACK_URL = "http://shop.example/callback"
NO_FUNDS = "4111111111111129"
SILENT = "4000000000900029"


@pytest.fixture(params=CALLERS, ids=lambda kind: kind.name)
def caller(request, server):
    return request.param(server)


def test_store_and_list(caller):
    """A stored card is in its customer's list, and in nobody else's."""
    customer = unique("buyer")
    assert caller.ok(caller.store(customer))
    (card,) = caller.cards(customer)
    assert card[0][:6] == PAN[:6]
    assert caller.cards(unique("buyer")) == []


def test_pay_with_a_new_card(caller):
    """The money is taken, and the payment is found by the merchant's own reference."""
    reference = unique("order")
    paid = caller.pay(PAN, reference)
    assert caller.ok(paid), paid
    found = caller.find(reference)
    assert caller.ok(found), found
    assert caller.number_of(found) == caller.number_of(paid)


def test_pay_with_a_stored_card(caller):
    """No number and no code are sent again."""
    customer = unique("buyer")
    caller.store(customer)
    (card,) = caller.cards(customer)
    paid = caller.pay_stored(card, unique("order"))
    assert caller.ok(paid), paid


def test_decline(caller):
    """The bank's no is no success and no fault."""
    refused = caller.pay(NO_FUNDS, unique("order"))
    assert not caller.ok(refused)


def test_void(caller):
    """A payment of today is cancelled once; Paynet says that it was done before."""
    reference = unique("order")
    caller.pay(PAN, reference)
    done = caller.void(reference)
    assert caller.ok(done), done
    assert not caller.is_new_success(caller.void(reference))


@pytest.mark.parametrize("kind", [IyzicoCaller, PaywallCaller], ids=lambda kind: kind.name)
def test_refund(server, kind):
    """A part is given back, and no more than there is. Paynet refunds from the next day on only."""
    caller = kind(server)
    reference = unique("order")
    caller.pay(PAN, reference)
    done = caller.refund(reference, "0.5")
    assert caller.ok(done), done
    assert not caller.ok(caller.refund(reference, "0.8"))


@pytest.mark.parametrize("code", ["123456", "000000"])
def test_three_d_secure(caller, server, code):
    """The right code takes the money; three wrong ones do not. No script runs on the way."""
    visitor = Visitor(server, CALLBACK_URL)
    reference = unique("order")
    if code == RIGHT_CODE:
        assert caller.ok(caller.authenticate(visitor, reference, code))
        assert caller.ok(caller.find(reference))
        return
    answer_once = visitor.answer
    visitor.answer = lambda **typed: [answer_once(**typed) for _ in range(3)][-1]
    assert not caller.ok(caller.authenticate(visitor, reference, code))


def test_bad_key(caller, server):
    """Nobody is let in with a wrong key; the error is the protocol's own."""
    stranger = type(caller)(server, **caller.bad_key)
    for answer in (stranger.store(unique("buyer")), stranger.pay(PAN, unique("order"))):
        assert not stranger.ok(answer)
        assert stranger.is_authentication_error(answer), answer


def test_bad_body(caller):
    """What is no JSON gets the protocol's own error."""
    answer = caller.send_bad_body()
    assert not caller.ok(answer)
    assert caller.is_body_error(answer), answer


@pytest.mark.parametrize("stored", CALLERS, ids=lambda kind: f"from-{kind.name}")
@pytest.mark.parametrize("paying", CALLERS, ids=lambda kind: f"to-{kind.name}")
def test_a_card_stored_through_one_door_pays_through_another(server, stored, paying):
    """The same customer's card is listed everywhere, under each door's own name for it."""
    customer = unique("buyer")
    assert stored(server).ok(stored(server).store(customer))
    caller = paying(server)
    (card,) = caller.cards(customer)
    paid = caller.pay_stored(card, unique("order"))
    assert caller.ok(paid), paid


def test_one_set_of_books(server, client):
    """Stored through PayWall, paid by the official iyzico client, cancelled through Paynet."""
    customer, reference = unique("buyer"), unique("order")
    PaywallCaller(server).store(customer)
    iyzico, paynet = IyzicoCaller(server), PaynetCaller(server)
    listed = client.call("CardList", "retrieve", {"locale": "tr", "externalId": customer})
    names = {
        "cardUserKey": listed["cardUserKey"],
        "cardToken": listed["cardDetails"][0]["cardToken"],
    }
    paid = client.pay(conversationId=reference, paymentCard=names)
    assert paid["status"] == "success"
    detail = paynet.find(reference)
    assert str(paynet.number_of(detail)) == paid["paymentId"]
    assert paynet.ok(paynet.void(reference))
    query = PaywallCaller(server).find(reference)
    assert query["Body"]["Paywall"]["PaymentId"] == int(paid["paymentId"])
    assert query["Body"]["Paywall"]["StatusId"] == 4
    assert query["Body"]["Paywall"]["AnySuccessCancel"] is True
    again = iyzico.call("/payment/cancel", {"paymentId": paid["paymentId"], "ip": "1.2.3.4"})
    assert again["errorCode"] == "8514"


def test_a_bank_that_does_not_answer(caller):
    """The payment is neither a success nor declined, and is found under its reference."""
    reference = unique("order")
    answer = caller.pay(SILENT, reference)
    assert not caller.ok(answer)
    assert caller.is_unknown(answer), answer
    assert not caller.ok(caller.void(reference))


def test_the_same_payment_twice(caller):
    """PayWall and Paynet refuse a reference that is taken; iyzico takes two payments."""
    reference = unique("order")
    assert caller.ok(caller.pay(PAN, reference))
    assert caller.ok(caller.pay(PAN, reference)) is caller.repeats_references
