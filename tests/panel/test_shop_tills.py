"""Each door's till: what it sends, whose word it takes, what it does when the browser is back."""

import base64
import hashlib
import hmac
import json

import pytest

from fakes.shop_line import CARD, FixedEntropy, ScriptedLine, caller, credential, purchase
from vezne.panel.shop import iyzico, paynet, paywall
from vezne.panel.shop.doors import NoAnswer
from vezne.panel.shop.listed import ListedCard, find_listed
from vezne.panel.shop.orders import Way
from vezne.panel.shop.purchase import Wanted

ABC = Way(names={"uniqueCode": "shop-abc"})
STORED = ListedCard(bin="552879", last4="0008", alias="", names={"UniqueCode": "code"})


def iyzico_till(line, kept=None):
    proof = iyzico.Signature(credential(), FixedEntropy())
    return iyzico.IyzicoTill(caller(line, proof, [] if kept is None else kept), b"the-secret")


def paywall_till(line, kept=None):
    pairs = credential("paywall.public", b"public!"), credential("paywall.private", b"private!")
    proof = paywall.KeyPairs(*pairs, "tr")
    return paywall.PaywallTill(caller(line, proof, [] if kept is None else kept), b"public!")


def paynet_till(line, kept=None):
    proof = paynet.SecretKey(credential("paynet", b"sck_secret"), "tr")
    return paynet.PaynetTill(caller(line, proof, [] if kept is None else kept))


TILLS = (iyzico_till, paywall_till, paynet_till)


def script(path, answer):
    line = ScriptedLine()
    line.answers[path] = answer
    return line


def iyzico_return(payment_id="7", status="success", secret=b"the-secret"):
    form = {
        "status": status,
        "paymentId": payment_id,
        "conversationData": "",
        "conversationId": "shop-abc",
        "mdStatus": "1",
    }
    names = ("conversationData", "conversationId", "mdStatus", "paymentId", "status")
    text = ":".join(form[name] for name in names)
    return form | {"signature": hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()}


async def test_iyzico_signs_what_it_sends():
    """HMAC-SHA256 over the random key, the path and the very bytes, number included."""
    line = script("/payment/auth", {"status": "success"})
    await iyzico_till(line).pay(purchase(), None)
    (call,) = line.calls
    assert json.loads(call.body)["paymentCard"]["cardNumber"] == CARD.number
    token = base64.b64decode(call.headers["authorization"].removeprefix("IYZWSv2 ")).decode()
    claim = dict(part.split(":") for part in token.split("&"))
    message = claim["randomKey"].encode() + b"/payment/auth" + call.body
    assert claim["signature"] == hmac.new(b"the-secret", message, hashlib.sha256).hexdigest()
    assert (call.scheme, call.headers["host"], call.address) == (
        "https",
        "pay.example:8443",
        "192.0.2.7",
    )


@pytest.mark.parametrize("make", TILLS)
async def test_what_is_shown_has_no_number_no_code_and_no_secret(make):
    """The mask, asterisks, and in samples the names of variables."""
    kept = []
    with pytest.raises(NoAnswer):
        await make(ScriptedLine(), kept).pay(purchase(saves_card=True), None)
    (exchange,) = kept
    assert exchange.status == 0
    shown = exchange.body + "".join(header.shown for header in exchange.headers)
    assert CARD.number not in shown
    assert '"***"' in shown
    assert CARD.mask in shown
    for secret in ("the-secret", "public!", "private!", "sck_secret"):
        assert secret not in shown + exchange.curl + exchange.python


@pytest.mark.parametrize("make", TILLS)
async def test_an_answer_that_is_no_object_is_no_success_and_is_shown(make):
    """A proxy's page, say."""
    path = {
        iyzico_till: "/payment/3dsecure/initialize",
        paywall_till: "/api/paywall/payment/start3d",
        paynet_till: "/v2/transaction/tds_initial",
    }[make]
    kept = []
    assert (
        await make(script(path, b"<h1>Bad gateway</h1>\xff"), kept).begin(purchase(), None) is None
    )
    assert kept[0].status == 502
    assert "Bad gateway" in kept[0].answer


async def test_a_page_that_is_no_base64_leads_nowhere():
    """Whatever else the answer says."""
    answer = {"status": "success", "paymentId": "7", "threeDSHtmlContent": "~"}
    line = script("/payment/3dsecure/initialize", answer)
    assert await iyzico_till(line).begin(purchase(), None) is None


async def test_long_pages_in_answers_are_cut():
    """They would hide the rest."""
    kept = []
    page = base64.b64encode(b"<p>" * 1000).decode()
    answer = {"status": "success", "paymentId": "7", "threeDSHtmlContent": page}
    line = script("/payment/3dsecure/initialize", answer)
    way = await iyzico_till(line, kept).begin(purchase(), None)
    assert way.page == b"<p>" * 1000
    assert len(kept[0].answer) < 600
    assert "…" in kept[0].answer


async def test_iyzico_takes_the_gateway_s_word_only():
    """The signature of this key over a form about this payment."""
    till, way = iyzico_till(ScriptedLine()), Way(names={"paymentId": "7"})
    assert till.is_genuine(way, iyzico_return())
    assert not till.is_genuine(way, iyzico_return("8"))
    assert not till.is_genuine(way, iyzico_return(secret=b"another"))
    assert not till.is_genuine(way, iyzico_return() | {"mdStatus": "0"})
    assert not till.is_genuine(way, {"paymentId": "7", "signature": "ğ"})


async def test_paywall_takes_the_gateway_s_word_only():
    """The hash that the public key goes into."""
    till, form = (
        paywall_till(ScriptedLine()),
        {
            "paymentId": "7",
            "uniqueCode": "shop-abc",
            "amount": "1.00",
            "installment": "1",
        },
    )
    text = "public!###7###shop-abc###1.00###1"
    form["hash"] = hashlib.sha256(text.encode()).hexdigest()
    assert till.is_genuine(ABC, form)
    assert not till.is_genuine(ABC, form | {"amount": "2.00"})
    assert not till.is_genuine(ABC, {})


async def test_paywall_takes_no_word_on_another_order():
    """A form that is genuine may be about another payment of the same merchant."""
    till = paywall_till(ScriptedLine())
    form = {"paymentId": "7", "uniqueCode": "shop-other", "amount": "1.00", "installment": "1"}
    text = "public!###7###shop-other###1.00###1"
    form["hash"] = hashlib.sha256(text.encode()).hexdigest()
    assert not till.is_genuine(ABC, form)


async def test_paynet_takes_its_session_s_names_only():
    """Nobody else knows both."""
    till, way = paynet_till(ScriptedLine()), Way(names={"session_id": "s", "token_id": "t"})
    assert till.is_genuine(way, {"session_id": "s", "token_id": "t"})
    assert not till.is_genuine(way, {"session_id": "s"})


async def test_iyzico_completes_only_what_the_bank_vouched_for():
    """And stores the card when the money is taken, for the customer that there is."""
    line = script("/payment/3dsecure/auth", {"status": "success"})
    line.answers["/cardstorage/card"] = {"status": "success"}
    till, way = iyzico_till(line), Way(names={"paymentId": "7"})
    await till.complete(purchase(), way, iyzico_return(status="failure"))
    assert line.calls == []
    bought = purchase(saves_card=True, customer_key="user")
    await till.complete(bought, way, iyzico_return())
    assert [call.target for call in line.calls] == [
        "/payment/3dsecure/auth",
        "/cardstorage/card",
    ]
    assert json.loads(line.calls[-1].body)["cardUserKey"] == "user"


async def test_paywall_and_paynet_ask_how_it_went():
    """PayWall's payment is complete by then; Paynet's is charged now."""
    line = script("/api/paywall/private/query", {"Result": True})
    await paywall_till(line).complete(purchase(), ABC, {})
    assert line.calls[0].headers["merchantuniquecode"] == "shop-abc"
    names = {"session_id": "s", "token_id": "t"}
    line = script("/v2/transaction/tds_charge", {"is_succeed": True})
    await paynet_till(line).complete(purchase(), Way(names=names), names)
    assert json.loads(line.calls[0].body) == names


async def test_iyzico_stores_no_card_that_is_not_to_be_stored():
    """Completed, and that is all."""
    line = script("/payment/3dsecure/auth", {"status": "success"})
    way = Way(names={"paymentId": "7"})
    await iyzico_till(line).complete(purchase(), way, iyzico_return())
    assert len(line.calls) == 1


async def test_iyzico_stores_no_card_of_a_payment_that_was_declined():
    """As the other doors do not."""
    line = script("/payment/auth", {"status": "failure"})
    await iyzico_till(line).pay(purchase(saves_card=True), None)
    assert len(line.calls) == 1


@pytest.mark.parametrize("make", TILLS)
async def test_a_list_that_is_none_is_empty(make):
    """An error of the door has no cards."""
    line = ScriptedLine()
    for path in ("/cardstorage/cards", "/paywall/card", "/v1/card/list"):
        line.answers[path] = {"nothing": 1}
    assert await make(line).list_cards() == []


async def test_a_stored_card_pays_under_the_door_s_name():
    """Without number and code."""
    line = script("/api/paywall/payment/startdirect", {"Result": True})
    await paywall_till(line).pay(purchase(), STORED)
    assert json.loads(line.calls[0].body)["Card"] == {"UniqueCode": "code"}


def test_the_very_card_that_was_chosen_is_found():
    """Among cards with the same ends, in whatever order the door lists them."""
    wanted = Wanted(bin="55287900", last4="0008", token=b"2")
    alike = [
        ListedCard(bin="552879", last4="0008", alias="", names={"owner": "o", "card": name})
        for name in "312"
    ]
    assert find_listed(alike, wanted, str.encode) is alike[2]
    assert find_listed(alike[:2], wanted, str.encode) is None
    assert find_listed([], wanted, str.encode) is None
