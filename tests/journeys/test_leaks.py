import json
import re

from fakes.card_doc import documented_cards, prompt_cards
from fakes.databases import contents
from fakes.iyzico_client import (
    ADDRESS,
    BUYER,
    CARD,
    Client,
    card_request,
    payment_request,
    raw_request,
)
from fakes.leaks import files, leaks
from fakes.signed import signed_headers

PAN = CARD["cardNumber"]
AMEX = "374427000000003"
OTHER = "4111111111111129"
# Four digits, so that chance alone puts them into few places.
CVV = "9473"
PAYMENTS = 60
# Not as a part of a longer number, such as the time of day in milliseconds.
STANDING_ALONE = re.compile(rb"(?<![0-9])" + CVV.encode() + rb"(?![0-9])")


def test_no_number_leaves_the_vault(start):
    """After every kind of request, neither files nor output nor answers hold a number or CVV."""
    server = start()
    client = Client(server)
    answers = [drive(client) for drive in (good_requests, refused_requests)]
    answers.append(odd_requests(server))
    amex = CARD | {"cardNumber": AMEX, "cvc": CVV}
    for _ in range(PAYMENTS):
        assert client.pay(paymentCard=amex)["status"] == "success"
    while_running = files(server.data) | contents(server.data)
    assert server.stop() == 0
    places = files(server.data) | contents(server.data)
    places |= {f"{name} (running)": text for name, text in while_running.items()}
    log = b"".join(content for name, content in places.items() if name.startswith("calls."))
    assert f"{PAN[:6]}******{PAN[-4:]}".encode() in log
    places["output"] = "".join(server.output).encode()
    places["answers"] = json.dumps(answers).encode()
    pans = [card.pan for card in documented_cards()]
    assert list(leaks(pans, places)) == []
    for name, content in places.items():
        assert len(STANDING_ALONE.findall(content)) < PAYMENTS // 2, name


def good_requests(client):
    stored = client.store_card()
    names = {name: stored[name] for name in ("cardUserKey", "cardToken")}
    new = CARD | {"cvc": "123"}
    return [
        stored,
        client.pay(),
        client.pay(paymentCard=names),
        client.pay(paymentCard=names | {"cvc": "123"}),
        client.pay(paymentCard=new | {"registerCard": "1", "cardAlias": "my card"}),
        client.call("PaymentPreAuth", "create", payment_request()),
        client.call("CardList", "retrieve", {"cardUserKey": stored["cardUserKey"]}),
        client.call("Card", "delete", names),
    ]


def refused_requests(client):
    """Declines of every kind, and requests whose free text repeats the card number."""
    answers = [
        client.pay(paymentCard=CARD | {"cardNumber": card.pan, "cvc": "123"})
        for card in prompt_cards()
    ]
    spaced = " ".join((PAN[:4], PAN[4:8], PAN[8:12], PAN[12:]))
    for text in (PAN, spaced):
        answers += [
            client.pay(conversationId=text),
            client.pay(basketId=text),
            client.pay(billingAddress=ADDRESS | {"contactName": text}),
            client.pay(paymentCard=CARD | {"cvc": "123", "cardHolderName": text}),
            client.store_card(externalId=text),
            client.store_card(email=f"{PAN}@email.com"),
            client.store_card(card=card_request()["card"] | {"cardAlias": text}),
            client.store_card(card=card_request()["card"] | {"cardAlias": f"kart {OTHER}"}),
            client.pay(buyer=BUYER | {"gsmNumber": OTHER}),
            client.pay(buyer=BUYER | {"identityNumber": OTHER}),
            client.pay(billingAddress=ADDRESS | {"zipCode": OTHER}),
            client.call("BinNumber", "retrieve", {"binNumber": text}),
        ]
    return answers


def odd_requests(server):
    """What breaks before a dialect reads it: broken JSON, unsigned, unknown paths, huge bodies."""
    body = json.dumps(payment_request()).encode()
    keys = server.keys["iyzico"]
    headers = signed_headers(keys["api_key"], keys["secret_key"], "/payment/auth", body)
    tries = [
        ("POST", "/payment/auth", body[:-5], headers),
        ("POST", "/payment/auth", body, {}),
        ("POST", "/payment/auth", body.replace(b'"1"', b'"2"'), headers),
        ("POST", "/payment/auth", body + b" " * 1_500_000, headers),
        ("POST", f"/payment/{PAN}", body, headers),
        ("GET", f"/payment/test?card={PAN}", b"", {}),
        ("PATCH", "/payment/auth", body, headers),
        ("POST", "/payment/auth", b"[" * 99 + body + b"]" * 99, headers),
        ("POST", "/payment/detail", json.dumps(CARD | {"cvc": CVV}).encode(), {}),
        ("POST", "/payment/auth", json.dumps([CARD | {"cvc": CVV}]).encode(), {}),
        ("POST", "/payment/auth", body.replace(PAN.encode(), b"\\u0035" + PAN[1:].encode()), {}),
    ]
    answers = [raw_request(server, *request) for request in tries]
    return [text.decode() for _, text in answers]
