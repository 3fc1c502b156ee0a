"""One caller for each door, all with the same words: what every protocol must be able to do."""

import base64
import hmac
import itertools
import json
import urllib.error
import urllib.parse
import urllib.request

from fakes.iyzico_client import CARD, card_request, payment_request

HOLDER = "John Doe"
MONTH, YEAR = 12, 2030
_counter = itertools.count(1)


def unique(prefix):
    """A name that nobody used before."""
    return f"{prefix}-{next(_counter)}"


class Caller:
    """A merchant's server. Every call answers a dict; `ok` says whether it succeeded."""

    name = ""
    repeats_references = False

    def __init__(self, server, **changed_keys):
        self.server = server
        self.keys = server.keys[self.name] | changed_keys

    def is_new_success(self, answer):
        """Whether this very call did something."""
        return self.ok(answer) and answer.get("code") != 100

    def send(self, method, path, body=b"", headers=None, *, url=None):
        """A request; the status and the decoded answer."""
        request = urllib.request.Request(  # noqa: S310
            (url or self.server.http) + path, body or None, headers or {}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
                return response.status, json.loads(response.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())


class IyzicoCaller(Caller):
    """`IYZWSv2`, as its clients sign."""

    name = "iyzico"

    def call(self, path, payload, method="POST"):
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        message = b"rnd" + path.encode() + raw
        signature = hmac.digest(self.keys["secret_key"].encode(), message, "sha256").hex()
        token = f"apiKey:{self.keys['api_key']}&randomKey:rnd&signature:{signature}"
        authorization = f"IYZWSv2 {base64.b64encode(token.encode()).decode()}"
        headers = {"Authorization": authorization, "Content-Type": "application/json"}
        return self.send(method, path, raw, headers)[1]

    def ok(self, answer):
        return answer["status"] == "success"

    def store(self, customer, pan=CARD["cardNumber"]):
        return self.call(
            "/cardstorage/card",
            card_request(externalId=customer, card=CARD | {"cardAlias": "c", "cardNumber": pan}),
        )

    def cards(self, customer):
        answer = self.call("/cardstorage/cards", {"externalId": customer})
        if not self.ok(answer):
            return []
        return [
            (card["binNumber"], card["cardToken"], answer["cardUserKey"])
            for card in answer["cardDetails"]
        ]

    def pay(self, pan, reference, kind="auth"):
        card = CARD | {"cardNumber": pan, "cvc": "123"}
        request = payment_request(conversationId=reference, paymentCard=card)
        return self.call(f"/payment/{kind}", request)

    def pay_stored(self, card, reference):
        _, token, user_key = card
        names = {"cardToken": token, "cardUserKey": user_key}
        return self.call(
            "/payment/auth", payment_request(conversationId=reference, paymentCard=names)
        )

    repeats_references = True

    def is_unknown(self, answer):
        return answer["errorCode"] == "10219"

    def authenticate(self, visitor, reference, code):
        """Pay with 3-D Secure: begin, let the browser go, complete."""
        card = CARD | {"cvc": "123"}
        request = payment_request(
            conversationId=reference, paymentCard=card, callbackUrl=visitor.callback_url
        )
        begun = self.call("/payment/3dsecure/initialize", request)
        visitor.open(begun["threeDSHtmlContent"]).go_on().answer(code=code)
        return self.call("/payment/3dsecure/auth", {"paymentId": begun["paymentId"]})

    def number_of(self, answer):
        return int(answer["paymentId"])

    def find(self, reference):
        return self.call("/payment/detail", {"paymentConversationId": reference})

    def void(self, reference):
        payment_id = self.find(reference)["paymentId"]
        return self.call("/payment/cancel", {"paymentId": payment_id, "ip": "1.2.3.4"})

    def refund(self, reference, lira):
        payment_id = self.find(reference)["paymentId"]
        body = {"paymentId": payment_id, "price": lira, "ip": "1.2.3.4"}
        return self.call("/v2/payment/refund", body)

    def is_authentication_error(self, answer):
        return answer["errorCode"] in {"1000", "1001"}

    def is_body_error(self, answer):
        return answer["errorCode"] == "11"

    bad_key = {"api_key": "nobody"}  # noqa: RUF012

    def send_bad_body(self):
        return self.call("/payment/auth", b"{")


class PaywallCaller(Caller):
    """Two pairs of headers, PascalCase."""

    name = "paywall"
    bad_key = {"public_key": "wrong", "private_key": "wrong"}  # noqa: RUF012

    def call(self, method, path, payload=None, *, private=False, **headers):
        kind = "private" if private else "public"
        keys = {
            f"apikey{kind}": self.keys[f"{kind}_key"],
            f"apiclient{kind}": self.keys[f"{kind}_client"],
            "Content-Type": "application/json; charset=utf-8",
        }
        raw = b""
        if payload is not None:
            raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self.send(method, path, raw, keys | headers)[1]

    def ok(self, answer):
        return answer["Result"] is True and answer["ErrorCode"] == 0

    def store(self, customer, pan=CARD["cardNumber"]):
        card = {"Nickname": "c", "HolderName": HOLDER, "Number": pan, "Month": MONTH, "Year": YEAR}
        body = {"RelationalId1": customer, "Card": card, "IncludeDetails": True}
        return self.call("POST", "/paywall/card", body, private=True)

    def cards(self, customer):
        answer = self.call("GET", "/paywall/card", private=True, relationalid1=customer)
        return [(card["CardBin"], card["UniqueCode"]) for card in answer["Body"]]

    def payment(self, reference, card, **detail):
        """The request of a payment."""
        return {
            "PaymentDetail": {
                "Amount": 1.2,
                "MerchantUniqueCode": reference,
                "CurrencyId": 1,
                "Installment": 1,
                "ClientIP": "85.34.78.112",
                **detail,
            },
            "Card": card,
            "Customer": {
                "FullName": "John Doe",
                "Phone": "5350000000",
                "Email": "email@email.com",
                "Country": "Turkey",
                "City": "Istanbul",
                "Address": "Nidakule",
            },
            "Products": [
                {
                    "ProductId": "1",
                    "ProductName": "Binocular",
                    "ProductCategory": "Collectibles",
                    "ProductDescription": "10x42",
                    "ProductAmount": 1.2,
                }
            ],
        }

    def pay(self, pan, reference, **detail):
        body = self.payment(reference, self.new_card(pan), **detail)
        return self.call("POST", "/api/paywall/payment/startdirect", body)

    def pay_stored(self, card, reference):
        body = self.payment(reference, {"UniqueCode": card[1]})
        return self.call("POST", "/api/paywall/payment/startdirect", body)

    def authenticate(self, visitor, reference, code):
        """The payment is complete when the browser is back; the query tells."""
        urls = {
            "MerchantSuccessBackUrl": visitor.callback_url,
            "MerchantFailBackUrl": visitor.callback_url,
        }
        body = self.payment(reference, self.new_card(CARD["cardNumber"]), **urls)
        started = self.call("POST", "/api/paywall/payment/start3d", body)
        visitor.visit(started["Body"]["RedirectUrl"]).go_on().answer(code=code)
        found = self.find(reference)
        is_paid = found["Body"]["Paywall"]["StatusId"] == 4
        return found | {"Result": is_paid}

    def new_card(self, pan):
        """The card of a payment."""
        return {
            "OwnerName": HOLDER,
            "Number": pan,
            "ExpireMonth": str(MONTH),
            "ExpireYear": str(YEAR),
            "Cvv": "123",
        }

    def is_unknown(self, answer):
        return answer["ErrorCode"] == 88

    def number_of(self, answer):
        body = answer["Body"]
        return body.get("Payment", body.get("Paywall"))["PaymentId"]

    def find(self, reference):
        path = "/api/paywall/private/query"
        return self.call("GET", path, private=True, merchantuniquecode=reference)

    def void(self, reference):
        body = {"Date": "2026-01-01", "MerchantUniqueCode": reference}
        return self.call("POST", "/api/paywall/private/cancel", body, private=True)

    def refund(self, reference, lira):
        body = {"Date": "2026-01-01", "MerchantUniqueCode": reference, "Amount": float(lira)}
        return self.call("POST", "/api/paywall/private/refund/partial", body, private=True)

    def is_authentication_error(self, answer):
        return answer["ErrorCode"] in {4, 401}

    def is_body_error(self, answer):
        return answer["ErrorCode"] != 0 and answer["Result"] is False

    def send_bad_body(self):
        return self.call("POST", "/api/paywall/payment/startdirect", b"{")


class PaynetCaller(Caller):
    """The key itself behind `Basic`."""

    name = "paynet"
    bad_key = {"secret_key": "sck_nobody"}  # noqa: RUF012

    def call(self, path, payload, key="secret_key"):
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        headers = {
            "Authorization": f"Basic {self.keys[key]}",
            "Content-Type": "application/json; charset=UTF-8",
        }
        return self.send("POST", path, raw, headers)[1]

    def ok(self, answer):
        return answer["code"] in {0, 100} and answer.get("is_succeed", True)

    def store(self, customer, pan=CARD["cardNumber"]):
        return self.call(
            "/v1/card/save",
            {
                "card_desc": "c",
                "card_holder": HOLDER,
                "card_number": pan,
                "expire_month": MONTH,
                "expire_year": YEAR,
                "user_unique_id": customer,
            },
        )

    def cards(self, customer):
        answer = self.call("/v1/card/list", {"user_unique_id": customer})
        return [
            (card["card_bin"], card["card_hash"], card["card_owner_id"])
            for card in answer.get("Data", [])
        ]

    def _payment(self, reference, **card):
        return {"amount": "1,20", "reference_no": reference, "domain": "shop.example", **card}

    def pay(self, pan, reference):
        payment = self._payment(reference, **self.new_card(pan))
        return self.call("/v2/transaction/payment", payment)

    def pay_stored(self, card, reference):
        names = {"card_hash": card[1], "card_owner_id": card[2]}
        return self.call("/v2/transaction/payment", self._payment(reference, **names))

    def authenticate(self, visitor, reference, code):
        """The second call forwards what the browser brought."""
        begun = self.call(
            "/v2/transaction/tds_initial",
            self._payment(
                reference, **self.new_card(CARD["cardNumber"]), return_url=visitor.callback_url
            ),
        )
        visitor.visit(begun["post_url"]).go_on().answer(code=code)
        return self.call("/v2/transaction/tds_charge", visitor.callback)

    def new_card(self, pan):
        """The card of a payment."""
        return {"pan": pan, "cvc": "123", "month": MONTH, "year": YEAR, "card_holder": HOLDER}

    def is_unknown(self, answer):
        return answer["result_code"] == 10

    def number_of(self, answer):
        return int((answer["Data"][0] if "Data" in answer else answer)["id"])

    def find(self, reference):
        return self.call("/v1/transaction/detail", {"reference_no": reference})

    def _xact(self, reference):
        return self.find(reference)["Data"][0]["xact_id"]

    def void(self, reference):
        return self.call("/v1/transaction/reversed_request", {"xact_id": self._xact(reference)})

    def is_authentication_error(self, answer):
        return answer["code"] == 401

    def is_body_error(self, answer):
        return answer["code"] == 400

    def send_bad_body(self):
        return self.call("/v2/transaction/payment", b"{")


CALLERS = (IyzicoCaller, PaywallCaller, PaynetCaller)
