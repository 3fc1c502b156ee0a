"""Values that mean something to a running sandbox, by field name, and callers' proofs of who calls.

A generator alone hardly ever names a stored card, or sends a basket that adds up to its price.
"""

import base64
import hmac

from requests import PreparedRequest
from requests.auth import AuthBase

from fakes.doors import HOLDER, IyzicoCaller, PaynetCaller, PaywallCaller, unique
from fakes.iyzico_client import ADDRESS, BASKET, BUYER, CARD

PANS = [CARD["cardNumber"], "4111111111111129", "374427000000003"]
SELLER = {
    "subMerchantType": "PERSONAL",
    "address": "Nidakule Göztepe",
    "contactName": "John",
    "contactSurname": "Doe",
    "email": "email@submerchantemail.com",
    "gsmNumber": "+905350000000",
    "name": "John's market",
    "iban": "TR180006200119000006672315",
    "identityNumber": "31300864726",
    "currency": "TRY",
}


class Proof(AuthBase):
    """Adds to a request what proves the merchant, as each door wants it."""

    def __init__(self, keys: dict[str, str]) -> None:
        self.keys = keys


class IyzicoProof(Proof):
    """The signature of the request as it goes over the wire."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else body
        message = b"rnd" + request.path_url.encode() + raw
        signature = hmac.digest(self.keys["secret_key"].encode(), message, "sha256").hex()
        token = f"apiKey:{self.keys['api_key']}&randomKey:rnd&signature:{signature}"
        request.headers["Authorization"] = f"IYZWSv2 {base64.b64encode(token.encode()).decode()}"
        return request


class PaywallProof(Proof):
    """Both pairs of headers: which one counts is for the service to say."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        for kind in ("public", "private"):
            request.headers[f"apikey{kind}"] = self.keys[f"{kind}_key"]
            request.headers[f"apiclient{kind}"] = self.keys[f"{kind}_client"]
        request.headers["token"] = self.keys["token"]
        return request


class PaynetProof(Proof):
    """The secret key, which is good everywhere."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Basic {self.keys['secret_key']}"
        return request


class SandboxProof(Proof):
    """HTTP Basic with the keys of the iyzico door."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        pair = f"{self.keys['api_key']}:{self.keys['secret_key']}"
        request.headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return request


def credible(door, server):
    """The proof of a door's caller, and lists of values by the names of fields in lower case."""
    proof, values = _DOORS[door](server)
    return proof, {name.lower(): options for name, options in values.items()}


def _iyzico(server):
    caller = IyzicoCaller(server)
    customer = unique("fuzz")
    stored = [caller.store(customer)]
    owner = {"cardUserKey": stored[0]["cardUserKey"]}
    stored += [
        caller.call(
            "/cardstorage/card", owner | {"card": CARD | {"cardAlias": "c", "cardNumber": pan}}
        )
        for pan in PANS[1:]
    ]
    paid = [caller.pay(PANS[0], unique("fuzz")) for _ in range(6)]
    paid += [caller.pay(PANS[0], unique("fuzz"), "preauth") for _ in range(4)]
    sellers = [
        caller.call("/onboarding/submerchant", SELLER | {"subMerchantExternalId": unique("fuzz")})
        for _ in range(2)
    ]
    basket = [line | {"price": "0.5"} for line in BASKET[:2]]
    values = {
        **{name: [value] for name, value in BUYER.items()},
        **{name: [value] for name, value in ADDRESS.items()},
        "paymentCard": [
            CARD | {"cvc": "123"},
            CARD | {"cvc": "123", "registerCard": 1},
            *({name: card[name] for name in ("cardUserKey", "cardToken")} for card in stored),
        ],
        "card": [CARD | {"cardAlias": "card", "cardNumber": pan} for pan in PANS],
        "buyer": [BUYER],
        "billingAddress": [ADDRESS],
        "shippingAddress": [ADDRESS],
        "basketItems": [basket],
        "cardNumber": PANS,
        "cardUserKey": [card["cardUserKey"] for card in stored],
        "cardToken": [card["cardToken"] for card in stored],
        "externalId": [customer],
        "price": [1, "1.0", 0.1],
        "paidPrice": [1, "1.2"],
        "currency": ["TRY", "USD"],
        "installment": [1, "1"],
        "binNumber": ["552879", "454671"],
        "paymentChannel": ["WEB"],
        "paymentGroup": ["PRODUCT"],
        "paymentId": [payment["paymentId"] for payment in paid],
        "paymentTransactionId": [
            payment["itemTransactions"][0]["paymentTransactionId"] for payment in paid
        ],
        "callbackUrl": ["https://shop.example/callback"],
        "buyerEmail": ["email@email.com"],
        "buyerIp": ["85.34.78.112"],
        "buyerId": ["B1"],
        **{name: [value] for name, value in SELLER.items()},
        "subMerchantKey": [seller["subMerchantKey"] for seller in sellers],
        "subMerchantExternalId": [unique("fuzz") for _ in range(20)],
        "date": ["2026-12-01 00:00:00"],
        "transactionDate": ["2026-12-01"],
        "page": ["1"],
    }
    return IyzicoProof(caller.keys), values


def _paywall(server):
    caller = PaywallCaller(server)
    customer = unique("fuzz")
    codes = [caller.store(customer, pan)["Body"]["UniqueCode"] for pan in PANS]
    references = [unique("fuzz") for _ in range(8)]
    for place, reference in enumerate(references):
        paid = caller.pay(PANS[0], reference, Half2D=place % 2 == 0)
        codes.append(paid["Body"]["Payment"]["UniqueCode"])
    token = caller.call("POST", "/api/paywall/temptoken", {"ClientCardSave": True})
    sample = caller.payment("", caller.new_card(PANS[0]))
    detail = sample["PaymentDetail"]
    values = {
        "Card": [
            {
                "Nickname": "c",
                "HolderName": HOLDER,
                "Number": PANS[0],
                "Month": 12,
                "Year": 2030,
                **caller.new_card(PANS[0]),
            },
            {"UniqueCode": codes[0]},
        ],
        "PaymentDetail": [
            detail
            | {
                "MerchantUniqueCode": unique("fuzz"),
                "MerchantSuccessBackUrl": back,
                "MerchantFailBackUrl": back,
            }
            for back in ["https://shop.example/back"] * 40
        ],
        "Customer": [sample["Customer"]],
        "Products": [sample["Products"]],
        "RelationalId1": [customer],
        "UniqueCode": codes,
        "MerchantUniqueCode": references,
        "Nickname": ["card"],
        "HolderName": [HOLDER],
        "Month": ["12"],
        "Year": ["2030"],
        "CardNumber": PANS,
        "CardCvv": ["123"],
        "CardOwnerName": [HOLDER],
        "CardExpiryMonth": ["12"],
        "CardExpiryYear": ["2030"],
        "CurrencyId": [1],
        "Amount": [1.2],
        "BinNumber": ["552879", "454671"],
        "PaymentId": [caller.number_of(caller.find(references[0]))],
        "PartnerBased": [False],
    }
    return PaywallProof(caller.keys | {"token": token["Body"]["Token"]}), values


def _paynet(server):
    caller = PaynetCaller(server)
    customer = unique("fuzz")
    stored = [caller.store(customer, pan) for pan in PANS]
    references = [unique("fuzz") for _ in range(6)]
    paid = [caller.pay(PANS[0], reference) for reference in references]
    opened = [
        caller.call("/v1/paynetj/auth", {"amount": 120, "user_unique_id": customer})
        for _ in range(6)
    ]
    asked = {"session_id": opened[0]["session_id"], "bin": PANS[0][:6]}
    ways = caller.call("/v1/paynetj/check_bin", asked)["data"]
    card = caller.new_card(PANS[0])
    values = {
        **{name: [value] for name, value in card.items()},
        "card_number": PANS,
        "pan": PANS,
        "expire_month": [12],
        "expire_year": [2030],
        "amount": [120, "1,20"],
        "session_id": [session["session_id"] for session in opened],
        "xact_id": [payment["xact_id"] for payment in paid],
        "id": [payment["id"] for payment in paid],
        "reference_no": [*references, *(unique("fuzz") for _ in range(40))],
        "card_hash": [card["card_hash"] for card in stored],
        "card_owner_id": [stored[0]["card_owner_id"]],
        "user_unique_id": [customer],
        "publishable_key": [caller.keys["publishable_key"]],
        "token": [caller.keys["publishable_key"]],
        "bin": ["552879"],
        "instalment_key": [way["instalment_key"] for way in ways],
        "domain": ["shop.example"],
        "return_url": ["https://shop.example/back"],
        "datab": ["2026-12-01"],
        "datbi": ["2026-12-31"],
        "instalment": [0, 1],
    }
    return PaynetProof(caller.keys), values


def _sandbox(server):
    values = {"advance": ["1s"], "set": ["2020-01-01"], "amount": ["1.2"], "currency": ["TRY"]}
    return SandboxProof(server.keys["iyzico"]), values


_DOORS = {"iyzico": _iyzico, "paywall": _paywall, "paynet": _paynet, "sandbox": _sandbox}
