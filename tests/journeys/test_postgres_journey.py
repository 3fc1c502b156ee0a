from fakes.doors import CALLERS, unique
from fakes.iyzico_client import CARD, Client


def test_the_same_journey_on_postgresql(start, own_database):
    """Books and vault in a real PostgreSQL: store, pay, refund, restart, find everything."""
    url = own_database()
    server = start("--database", url)
    client = Client(server)
    stored = client.store_card()
    names = {name: stored[name] for name in ("cardUserKey", "cardToken")}
    paid = client.pay(paymentCard=names)
    registered = client.pay(paymentCard=CARD | {"cvc": "123", "registerCard": "1"})
    line = paid["itemTransactions"][0]["paymentTransactionId"]
    refund = {"paymentTransactionId": line, "price": "0.36", "currency": "TRY"}
    assert client.call("Refund", "create", refund)["status"] == "success"
    assert not list(server.data.glob("*.db"))
    server.kill()

    restarted = start("--database", url, data=server.data)
    client = Client(restarted)
    listed = client.call("CardList", "retrieve", {"cardUserKey": stored["cardUserKey"]})
    assert [card["cardToken"] for card in listed["cardDetails"]] == [stored["cardToken"]]
    for payment in (paid, registered):
        detail = client.call("Payment", "retrieve", {"paymentId": payment["paymentId"]})
        assert detail["itemTransactions"] == payment["itemTransactions"]
    assert client.call("Refund", "create", refund)["errorCode"] == "5093"
    assert client.pay(paymentCard=names)["status"] == "success"
    check_every_door(restarted)


def check_every_door(server):
    """A card of every door pays through every door, and the payment is found and cancelled."""
    for stored in CALLERS:
        customer = unique("buyer")
        assert stored(server).ok(stored(server).store(customer))
        for paying in CALLERS:
            caller, reference = paying(server), unique("order")
            (card,) = caller.cards(customer)
            assert caller.ok(caller.pay_stored(card, reference))
            assert caller.ok(caller.find(reference))
            assert caller.ok(caller.void(reference))
