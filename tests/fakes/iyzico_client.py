"""The official PyPI client, the documentation's sample requests, and requests no client sends."""

import http.client
import json
import ssl
from urllib.parse import urlsplit

import iyzipay

ADDRESS = {
    "contactName": "Jane Doe",
    "city": "Istanbul",
    "country": "Turkey",
    "address": "Nidakule Göztepe, Merdivenköy Mah.",
    "zipCode": "34742",
}
BUYER = {
    "id": "BY789",
    "name": "John",
    "surname": "Doe",
    "gsmNumber": "+905350000000",
    "email": "email@email.com",
    "identityNumber": "74300864791",
    "lastLoginDate": "2015-10-05 12:43:35",
    "registrationDate": "2013-04-21 15:12:09",
    "registrationAddress": "Nidakule Göztepe, Merdivenköy Mah.",
    "ip": "85.34.78.112",
    "city": "Istanbul",
    "country": "Turkey",
    "zipCode": "34732",
}
CARD = {
    "cardHolderName": "John Doe",
    "cardNumber": "5528790000000008",
    "expireMonth": "12",
    "expireYear": "2030",
}
BASKET = [
    {
        "id": "BI101",
        "name": "Binocular",
        "category1": "Collectibles",
        "category2": "Accessories",
        "itemType": "PHYSICAL",
        "price": "0.3",
    },
    {
        "id": "BI102",
        "name": "Game code",
        "category1": "Game",
        "category2": "Online Game Items",
        "itemType": "VIRTUAL",
        "price": "0.5",
    },
    {
        "id": "BI103",
        "name": "Usb",
        "category1": "Electronics",
        "category2": "Usb / Cable",
        "itemType": "PHYSICAL",
        "price": "0.2",
    },
]


def payment_request(**changes):
    """The sample of the iyzico documentation, page Ödeme."""
    request = {
        "locale": "tr",
        "conversationId": "123456789",
        "price": "1",
        "paidPrice": "1.2",
        "currency": "TRY",
        "installment": "1",
        "basketId": "B67832",
        "paymentChannel": "WEB",
        "paymentGroup": "PRODUCT",
        "paymentCard": CARD | {"cvc": "123", "registerCard": "0"},
        "buyer": BUYER,
        "shippingAddress": ADDRESS,
        "billingAddress": ADDRESS,
        "basketItems": BASKET,
    }
    return request | changes


def card_request(**changes):
    """The sample of the iyzico documentation, page Kullanıcı ve Kart Oluşturma."""
    request = {
        "locale": "tr",
        "conversationId": "123456789",
        "email": "email@email.com",
        "externalId": "external id",
        "card": CARD | {"cardAlias": "card alias"},
    }
    return request | changes


class Client:
    """The official PyPI client over TLS, its answers decoded with exact numbers."""

    def __init__(self, server, keys=None):
        keys = keys or server.keys["iyzico"]
        self.options = {
            "api_key": keys["api_key"],
            "secret_key": keys["secret_key"],
            "base_url": f"localhost:{urlsplit(server.https).port}",
        }

    def call(self, resource, method, request):
        caller = getattr(iyzipay, resource)()
        # The client keeps its headers on the class: two threads would send each other's signature.
        caller.header = dict(caller.header)
        with getattr(caller, method)(request, self.options) as response:
            assert response.status == 200
            return json.loads(response.read(), parse_float=str)

    def store_card(self, **changes):
        return self.call("Card", "create", card_request(**changes))

    def pay(self, **changes):
        return self.call("Payment", "create", payment_request(**changes))


def raw_request(server, method, path, body=b"", headers=None):
    """A request as no client would send it; returns status and body."""
    url = urlsplit(server.https)
    context = ssl.create_default_context(cafile=str(server.data / "ca.pem"))
    connection = http.client.HTTPSConnection(url.hostname, url.port, context=context, timeout=60)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
