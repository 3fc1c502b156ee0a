import hashlib
import hmac
import http.client
import json
import re
import time

import pytest

from fakes.card_doc import documented_cards
from fakes.iyzico_client import CARD, Client, payment_request
from fakes.leaks import files, leaks
from fakes.signed import signed_headers
from fakes.visitor import Visitor

CALLBACK = "https://www.merchant.example/callback?order=1"
CODE = "123456"
LEAK_ROUNDS = 12
SCENARIO_CARDS = [card for card in documented_cards() if "Scenario" in card.cells]
REFUSED_BEGINS = {"begin refused": "10204", "begin unanswered": "10214"}
ASKING = {"challenge", "challenge fails", "time-out"}
# A little more than the page of that card waits.
TIME_OUT_S = 3.2
CALLBACK_NAMES = [
    "status",
    "paymentId",
    "conversationData",
    "conversationId",
    "mdStatus",
    "signature",
]
# Four digits, so that chance alone puts them into few places.
AMEX = CARD | {"cardNumber": "374427000000003", "cvc": "9473"}
# Not as a part of a longer number, such as the time of day in milliseconds.
CVV_ALONE = re.compile(rb"(?<![0-9])9473(?![0-9])")


def signed(client, *values):
    """A signature as every official client computes it."""
    secret = client.options["secret_key"].encode()
    return hmac.new(secret, ":".join(values).encode(), hashlib.sha256).hexdigest()


def threeds_request(**changes):
    return payment_request(
        callbackUrl=CALLBACK, paymentCard=CARD | {"cvc": "123", "registerCard": "0"}, **changes
    )


def basic_request(**changes):
    request = {
        "locale": "tr",
        "conversationId": "123456789",
        "price": "1",
        "paidPrice": "1.2",
        "installment": "1",
        "buyerEmail": "email@email.com",
        "buyerId": "B2323",
        "buyerIp": "85.34.78.112",
        "connectorName": "connector name",
        "currency": "TRY",
        "callbackUrl": CALLBACK,
        "paymentCard": CARD | {"cvc": "123", "registerCard": "0"},
    }
    return request | changes


def second_call(payment_id, **changes):
    return {
        "locale": "tr",
        "conversationId": "123456789",
        "paymentId": payment_id,
        "paidPrice": "1.2",
        "basketId": "B67832",
        "currency": "TRY",
    } | changes


def visit(server, begun):
    """A browser that stands where the bank first asks something, or already back."""
    assert begun["status"] == "success", begun
    return Visitor(server, CALLBACK).open(begun["threeDSHtmlContent"]).go_on()


def check_callback(client, callback, payment_id, md_status):
    """Every field in its order, and a signature that verifies."""
    assert list(callback) == CALLBACK_NAMES
    status = "success" if md_status == "1" else "failure"
    assert callback == {
        "status": status,
        "paymentId": payment_id,
        "conversationData": "",
        "conversationId": "123456789",
        "mdStatus": md_status,
        "signature": signed(client, "", "123456789", md_status, payment_id, status),
    }


def authenticated(client, server, begun):
    """The paymentId of a payment whose holder typed the code."""
    callback = visit(server, begun).answer(code=CODE).callback
    check_callback(client, callback, begun["paymentId"], "1")
    return begun["paymentId"]


@pytest.mark.parametrize("completing", ["ThreedsPayment", "ThreedsV2Payment"])
@pytest.mark.parametrize(
    ("beginning", "phase"),
    [("ThreedsInitialize", "AUTH"), ("ThreedsInitializePreAuth", "PRE_AUTH")],
)
def test_from_the_first_call_to_the_money(client, server, beginning, phase, completing):
    """Initialize, type the code, verify the callback, complete, read the payment."""
    begun = client.call(beginning, "create", threeds_request())
    payment_id = begun["paymentId"]
    assert begun["signature"] == signed(client, payment_id, "123456789")
    waiting = client.call("Payment", "retrieve", {"paymentId": payment_id})
    assert (waiting["errorCode"], waiting["paymentStatus"]) == ("5115", "INIT_THREEDS")
    authenticated(client, server, begun)
    waiting = client.call("ThreedsPayment", "retrieve", {"paymentId": payment_id})
    assert (waiting["errorCode"], waiting["paymentStatus"]) == ("5115", "CALLBACK_THREEDS")
    answer = client.call(completing, "create", second_call(payment_id))
    assert answer["status"] == "success"
    assert (answer["paymentId"], answer["phase"], answer["mdStatus"]) == (payment_id, phase, 1)
    assert answer["signature"] == signed(
        client, payment_id, "TRY", "B67832", "123456789", "1.2", "1"
    )
    again = client.call(completing, "create", second_call(payment_id))
    assert (again["errorCode"], again["paymentId"]) == ("5115", payment_id)
    detail = client.call("Payment", "retrieve", {"paymentId": payment_id})
    assert (detail["paymentStatus"], detail["mdStatus"]) == ("SUCCESS", 1)
    assert detail["itemTransactions"] == answer["itemTransactions"]


@pytest.mark.parametrize(
    ("beginning", "phase"),
    [("BasicThreedsInitialize", "AUTH"), ("BasicThreedsInitializePreAuth", "PRE_AUTH")],
)
def test_without_a_basket(client, server, beginning, phase):
    """The basic calls, by the paths that the Python client uses."""
    begun = client.call(beginning, "create", basic_request())
    payment_id = authenticated(client, server, begun)
    answer = client.call("BasicThreedsPayment", "create", second_call(payment_id))
    assert (answer["status"], answer["phase"], answer["mdStatus"]) == ("success", phase, 1)
    assert "itemTransactions" not in answer


def test_a_mismatch_costs_nothing(client, server):
    """What differs from the first call is refused; the right call works afterwards."""
    begun = client.call("ThreedsInitialize", "create", threeds_request())
    payment_id = authenticated(client, server, begun)
    for change in ({"paidPrice": "1.3"}, {"basketId": "B1"}, {"currency": "USD"}):
        refused = client.call("ThreedsV2Payment", "create", second_call(payment_id, **change))
        assert refused["errorCode"] == "93005"
    answer = client.call("ThreedsV2Payment", "create", second_call(payment_id))
    assert answer["status"] == "success"


def test_a_card_is_stored_and_pays_again(client, server):
    """registerCard 1; then the stored card with its code and without, by 3-D Secure again."""
    card = CARD | {"cvc": "123", "registerCard": "1"}
    begun = client.call("ThreedsInitialize", "create", threeds_request() | {"paymentCard": card})
    payment_id = authenticated(client, server, begun)
    paid = client.call("ThreedsPayment", "create", second_call(payment_id))
    names = {name: paid[name] for name in ("cardUserKey", "cardToken")}
    for stored in (names, names | {"cvc": "123"}):
        request = threeds_request() | {"paymentCard": stored}
        begun = client.call("ThreedsInitialize", "create", request)
        payment_id = authenticated(client, server, begun)
        again = client.call("ThreedsPayment", "create", second_call(payment_id))
        assert {name: again[name] for name in names} == names


def client_origin(server):
    """Where the Python client calls a server, and so where browsers come back to."""
    return f"https://{Client(server).options['base_url']}"


def wrong_codes(visitor):
    for _ in range(3):
        assert visitor.is_asked
        visitor.answer(code="000000")


@pytest.mark.parametrize("act", [wrong_codes, lambda visitor: visitor.answer("cancel")])
def test_a_holder_who_is_not_authenticated(client, server, act):
    """Three wrong codes, or a change of mind: the merchant is told, and no money moves."""
    begun = client.call("ThreedsInitialize", "create", threeds_request())
    visitor = visit(server, begun)
    act(visitor)
    check_callback(client, visitor.callback, begun["paymentId"], "0")
    refused = client.call("ThreedsPayment", "create", second_call(begun["paymentId"]))
    assert refused["errorCode"] == "5115"
    detail = client.call("Payment", "retrieve", {"paymentId": begun["paymentId"]})
    assert (detail["errorCode"], detail["paymentStatus"]) == ("93007", "FAILURE")


def test_a_right_code_after_a_wrong_one(client, server):
    """One mistake and a new code are no reason to fail."""
    begun = client.call("ThreedsInitialize", "create", threeds_request(locale="en"))
    visitor = visit(server, begun).answer(code="000000").answer("resend").answer(code="123 456")
    check_callback(client, visitor.callback, begun["paymentId"], "1")


@pytest.mark.parametrize("card", SCENARIO_CARDS, ids=lambda card: card.pan)
def test_what_the_page_says_of_each_card(client, server, card):
    """What docs/test-cards.md says of a card in 3-D Secure is what merchant and browser see."""
    scenario, md_status = card.cells["Scenario"], card.cells["mdStatus"]
    paying = CARD | {"cardNumber": card.pan, "cvc": "123"}
    begun = client.call("ThreedsInitialize", "create", threeds_request() | {"paymentCard": paying})
    if scenario in REFUSED_BEGINS:
        assert (begun["status"], begun["errorCode"]) == ("failure", REFUSED_BEGINS[scenario])
        return
    visitor = visit(server, begun)
    assert visitor.is_asked is (scenario in ASKING)
    if scenario == "time-out":
        time.sleep(TIME_OUT_S)
    if visitor.is_asked:
        visitor.answer(code=CODE)
    completed = client.call("ThreedsPayment", "create", second_call(begun["paymentId"]))
    if scenario == "browser closed":
        assert visitor.callback is None
    else:
        check_callback(client, visitor.callback, begun["paymentId"], md_status)
    if md_status == "1":
        assert (completed["status"], completed["mdStatus"]) == ("success", 1)
    else:
        assert (completed["status"], completed["errorCode"]) == ("failure", "5115")


@pytest.mark.parametrize(
    ("pan", "code"),
    [("4111111111111129", "10051"), ("4126111111111114", "10043"), ("4000000000900011", "6001")],
)
def test_a_bank_that_declines_after_all(client, server, pan, code):
    """The holder is authenticated, the money is refused; a second try does not ask again."""
    paying = CARD | {"cardNumber": pan, "cvc": "123"}
    begun = client.call("ThreedsInitialize", "create", threeds_request() | {"paymentCard": paying})
    payment_id = authenticated(client, server, begun)
    answer = client.call("ThreedsPayment", "create", second_call(payment_id))
    assert (answer["status"], answer["errorCode"]) == ("failure", code)
    assert answer["paymentId"] == payment_id
    again = client.call("ThreedsPayment", "create", second_call(payment_id))
    assert again["errorCode"] == "5115"


def test_a_forged_return_changes_nothing(client, server):
    """A failure that is turned into a success on the way is refused with a page."""
    begun = client.call("ThreedsInitialize", "create", threeds_request())
    visitor = visit(server, begun)
    visitor.submit(visitor.form("cancel"))
    returned = visitor.form()
    visitor.submit(returned, mdStatus="1")
    assert visitor.steps[-1] == ("/3ds/return/simulator", 400)
    assert not visitor.page.forms
    detail = client.call("Payment", "retrieve", {"paymentId": begun["paymentId"]})
    assert detail["paymentStatus"] == "INIT_THREEDS"


def test_the_same_return_again_brings_the_same_form(client, server):
    """A browser that goes back and forward meets no error, and nothing is charged twice."""
    begun = client.call("ThreedsInitialize", "create", threeds_request())
    visitor = visit(server, begun)
    visitor.submit(visitor.form("code"), code=CODE)
    returned, url = visitor.form(), visitor.url
    first = visitor.go_on().callback
    paid = client.call("ThreedsPayment", "create", second_call(begun["paymentId"]))
    assert paid["status"] == "success"
    visitor.url = url
    visitor.submit(returned)
    assert visitor.callback == first


def test_a_restart_loses_the_card_and_says_so(start):
    """Before the code or after it: a clean failure with a clear reason, and no charge."""
    before = start()
    client = Client(before)
    passed, waiting = (
        client.call("ThreedsInitialize", "create", threeds_request()) for _ in range(2)
    )
    authenticated(client, before, passed)
    visitor = visit(before, waiting)
    assert before.stop() == 0
    after = start(data=before.data)
    client = Client(after)
    visitor.moved = {client_origin(before): client_origin(after)}
    check_callback(client, visitor.answer(code=CODE).callback, waiting["paymentId"], "7")
    for begun in (passed, waiting):
        name = {"paymentId": begun["paymentId"]}
        refused = client.call("ThreedsPayment", "create", name | {"locale": "en"})
        assert (refused["errorCode"], refused["paymentId"]) == ("93006", begun["paymentId"])
        assert "the server was restarted" in refused["errorMessage"]
        detail = client.call("Payment", "retrieve", name)
        assert (detail["errorCode"], detail["paymentStatus"]) == ("93006", "FAILURE")


def test_over_plain_http(client, server):
    """A merchant on http is sent to http; the page of the bank is where the call went."""
    body = json.dumps(threeds_request()).encode()
    keys = server.keys["iyzico"]
    path = "/payment/3dsecure/initialize"
    headers = signed_headers(keys["api_key"], keys["secret_key"], path, body)
    connection = http.client.HTTPConnection(server.http.removeprefix("http://"), timeout=60)
    connection.request("POST", path, body, headers)
    begun = json.load(connection.getresponse())
    connection.close()
    visitor = visit(server, begun)
    assert visitor.is_asked
    assert visitor.url.startswith(server.http + "/")
    check_callback(client, visitor.answer(code=CODE).callback, begun["paymentId"], "1")


def test_the_card_waits_in_memory_only(start):
    """Neither while the holder is asked, nor while the payment waits, nor afterwards does a file
    or the output hold the number or the code."""
    server = start()
    client = Client(server)
    places = {}
    for round_number in range(LEAK_ROUNDS):
        request = threeds_request() | {"paymentCard": AMEX | {"registerCard": "1"}}
        begun = client.call("ThreedsInitialize", "create", request)
        visitor = visit(server, begun)
        assert visitor.is_asked
        if round_number % 3 == 0:
            places |= snapshot(server, f"asked {round_number}")
        check_callback(client, visitor.answer(code=CODE).callback, begun["paymentId"], "1")
        if round_number % 3 == 0:
            places |= snapshot(server, f"waiting {round_number}")
        answer = client.call("ThreedsPayment", "create", second_call(begun["paymentId"]))
        assert answer["status"] == "success"
        places[f"page {round_number}"] = begun["threeDSHtmlContent"].encode()
        places[f"answer {round_number}"] = json.dumps(answer).encode()
    places |= snapshot(server, "completed")
    assert server.stop() == 0
    places |= snapshot(server, "stopped")
    places["output"] = "".join(server.output).encode()
    pans = [AMEX["cardNumber"]]
    assert list(leaks(pans, places)) == []
    for name, content in places.items():
        assert len(CVV_ALONE.findall(content)) < LEAK_ROUNDS // 2, name


def snapshot(server, when):
    """Every file of a server, as it is now."""
    return {f"{name} ({when})": text for name, text in files(server.data).items()}
