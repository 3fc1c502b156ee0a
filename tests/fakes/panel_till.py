"""A merchant whose panel has something on every page: payments of many standings, cards."""

from fakes.control import Control
from fakes.doors import IyzicoCaller, PaynetCaller, PaywallCaller, unique
from fakes.iyzico_client import BASKET, CARD, payment_request
from fakes.sub_merchants import sub_merchant_request
from fakes.visitor import Visitor

GOOD = CARD["cardNumber"]
REVIEWED = "4000000000900003"
DECLINED = "4111111111111129"
# The bank took the money, and its answer cannot be read.
GARBLED = "4000000000900078"
_CALLBACK = "http://shop.example/callback"


class Till:
    """Takes payments at the doors of a running server, and gives their numbers."""

    def __init__(self, server):
        self.server = server
        self.iyzico = IyzicoCaller(server)

    def take(self, pan=GOOD, path="/payment/auth", **changes):
        """Successful."""
        answer = self.ask(pan, path, **changes)
        assert self.iyzico.ok(answer), answer
        return int(answer["paymentId"])

    def ask(self, pan, path="/payment/auth", **changes):
        """The door's answer, whatever it is."""
        card = CARD | {"cardNumber": pan, "cvc": "123"}
        changes = {"conversationId": unique("till"), "paymentCard": card} | changes
        return self.iyzico.call(path, payment_request(**changes))

    def held(self):
        """Authorized, not captured."""
        return self.take(path="/payment/preauth")

    def reviewed(self):
        """Under review."""
        return self.take(REVIEWED)

    def partly_refunded(self):
        """One of whose lines a part was given back."""
        number = self.take()
        body = {"paymentId": str(number), "price": "0.4", "ip": "1.2.3.4"}
        assert self.iyzico.ok(self.iyzico.call("/v2/payment/refund", body))
        return number

    def voided(self):
        """Cancelled."""
        number = self.take()
        body = {"paymentId": str(number), "ip": "1.2.3.4"}
        assert self.iyzico.ok(self.iyzico.call("/payment/cancel", body))
        return number

    def sold_for_others(self):
        """Of a seller on the merchant's marketplace; the lines wait for approval."""
        name = sub_merchant_request(subMerchantExternalId=unique("seller"))
        key = self.iyzico.call("/onboarding/submerchant", name)["subMerchantKey"]
        lines = [line | {"subMerchantKey": key, "subMerchantPrice": "0.18"} for line in BASKET]
        return self.take(basketItems=lines)

    def take_all(self):
        """One of every standing that takes no waiting, and at every door; refused calls too."""
        control = Control(self.server)
        # What is uncertain stays so as long as the bank's answers cannot be read.
        control.fault("garbage", operation="inquire", times=None)
        self.ask(GARBLED)
        self.ask(DECLINED)
        self.voided()
        self.iyzico.authenticate(Visitor(self.server, _CALLBACK), unique("till"), "123456")
        self.iyzico.store(unique("customer"))
        for kind in (PaywallCaller, PaynetCaller):
            caller = kind(self.server)
            assert caller.ok(caller.pay(GOOD, unique("till")))
        self.sign_wrongly()

    def sign_wrongly(self):
        """A call that is signed with the wrong secret."""
        caller = IyzicoCaller(self.server, secret_key=self.iyzico.keys["api_key"])
        assert not caller.ok(caller.call("/cardstorage/cards", {"externalId": "nobody"}))

    def tidy_up(self):
        """Take the faults off the board."""
        assert Control(self.server).ask("DELETE", "faults")[0] == 200
