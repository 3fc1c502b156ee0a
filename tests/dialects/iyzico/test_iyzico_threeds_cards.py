"""3-D Secure with cards that are stored, that will be, or that were blocked meanwhile."""

import pytest

from fakes.iyzico_door import card_fields, card_request, payment_request, threeds_request

AUTH = "/payment/3dsecure/auth"


async def test_iyzico_threeds_registers_the_card_once_it_has_paid(door) -> None:
    """registerCard 1 at the first call: the second answer names user and card, which then pay."""
    card = card_fields(cvc="123", registerCard="1", cardAlias="kartım")
    begun = await door.begin(threeds_request(paymentCard=card))
    assert "cardToken" not in begun
    await door.bring_back(begun["paymentId"])
    assert not door.books.cards
    answer = await door.pay({"paymentId": begun["paymentId"]}, AUTH)
    names = {name: answer[name] for name in ("cardUserKey", "cardToken")}
    assert list(answer)[list(answer).index("cardFamily") + 1] == "cardToken"
    listed = await door.call("/cardstorage/cards", {"cardUserKey": answer["cardUserKey"]})
    assert listed["cardDetails"][0]["cardAlias"] == "kartım"
    again = await door.pay(payment_request(paymentCard=names))
    assert {name: again[name] for name in names} == names


@pytest.mark.parametrize("cvc", [None, "123"])
async def test_iyzico_threeds_with_a_stored_card(door, cvc) -> None:
    """With its security code and without; the code waits, the number does not have to."""
    stored = await door.call("/cardstorage/card", card_request())
    names = {name: stored[name] for name in ("cardUserKey", "cardToken")}
    payment_id = await door.authenticated(threeds_request(paymentCard={**names, "cvc": cvc}))
    answer = await door.pay({"paymentId": payment_id}, AUTH)
    assert {name: answer[name] for name in names} == names
    assert answer["mdStatus"] == 1
    assert door.acquirer.asks[-1][1].card.has_cvv is (cvc is not None)


async def test_iyzico_a_card_blocked_meanwhile_does_not_pay(door) -> None:
    """The blocklist is asked again before money moves."""
    payment_id = await door.authenticated(threeds_request())
    stored = await door.call("/cardstorage/card", card_request())
    names = {name: stored[name] for name in ("cardUserKey", "cardToken")}
    await door.call("/cardstorage/blacklist/card", names)
    answer = await door.call(AUTH, {"paymentId": payment_id})
    assert (answer["errorCode"], answer["errorGroup"]) == ("10209", "BLOCKED_CARD")
    assert not door.acquirer.asks
