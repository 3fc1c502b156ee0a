import json

import pytest

from fakes.card_doc import documented_cards
from fakes.databases import contents, count_rows, tables_of
from fakes.iyzico_client import Client, card_request, payment_request, raw_request
from fakes.leaks import files, leaks
from fakes.server import Server
from fakes.signed import signed_headers

JSON_TYPE = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """A server of this module's own: elsewhere the bank may just be asked about a payment."""
    running = Server(tmp_path_factory.mktemp("quiet") / "data").start()
    yield running
    assert running.stop() == 0
    places = files(running.data) | contents(running.data)
    places["output"] = "".join(running.output).encode()
    assert list(leaks((card.pan for card in documented_cards()), places)) == []


def rows(server):
    """How many rows the books and the vault hold."""
    return {
        f"{room}.{table}": count_rows(server.data, room, table)
        for room in ("books", "vault")
        for table in tables_of(server.data, room)
    }


@pytest.fixture
def unchanged(quiet, monkeypatch):
    """What a test does must leave no row behind."""
    monkeypatch.setenv("SSL_CERT_FILE", str(quiet.data / "ca.pem"))
    before = rows(quiet)
    yield
    assert rows(quiet) == before


def post(server, path, body, headers=None):
    keys = server.keys["iyzico"]
    signed = signed_headers(keys["api_key"], keys["secret_key"], path, body)
    return raw_request(server, "POST", path, body, JSON_TYPE | signed | (headers or {}))


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"locale":"tr"',
        b"not json",
        b'{"locale":"t\xff"}',
        b'{"locale":"tr"}\x00',
        '{"locale":"tr"}'.encode("utf-16"),
        b"[" * 40 + b"]" * 40,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b'{"price": NaN}',
        b'"text"',
        b"17",
        b"[1,2]",
        b"true",
    ],
)
@pytest.mark.parametrize("path", ["/payment/auth", "/cardstorage/card"])
def test_a_body_that_is_no_request(quiet, path, body):
    """Broken, deep, mis-encoded and shapeless bodies get code 11 in the protocol's envelope."""
    status, text = post(quiet, path, body)
    answer = json.loads(text)
    assert status == 200
    assert (answer["status"], answer["errorCode"]) == ("failure", "11")
    assert answer["errorMessage"] == "Geçersiz istek"


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "changes",
    [
        {"price": "one"},
        {"price": []},
        {"paidPrice": {"amount": 1}},
        {"installment": "many"},
        {"paymentCard": "5528790000000008"},
        {"buyer": ["John"]},
        {"basketItems": {"id": "BI101"}},
        {"basketItems": [1]},
        {"price": 1e400},
        {"price": "1e99999999"},
    ],
)
def test_wrong_types(quiet, changes):
    """A field of another type is refused like any malformed request."""
    body = json.dumps(payment_request() | changes).replace("Infinity", "1e400").encode()
    status, text = post(quiet, "/payment/auth", body)
    assert status == 200
    assert json.loads(text)["errorCode"] in {"11", "5005", "5008"}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "changes",
    [
        {"currency": "XYZ"},
        {"paymentChannel": "FAX"},
        {"paymentGroup": "GIFT"},
        {"installment": "7"},
        {"basketItems": [payment_request()["basketItems"][0] | {"itemType": "GAS"}]},
        {"price": "-1"},
        {"price": "0"},
    ],
)
def test_values_outside_the_documented_ones(quiet, changes):
    """Unknown enumerators and impossible amounts are refused with the protocol's envelope."""
    status, text = post(quiet, "/payment/auth", json.dumps(payment_request() | changes).encode())
    answer = json.loads(text)
    assert (status, answer["status"]) == (200, "failure")
    assert answer["errorCode"]
    assert answer["errorMessage"]


@pytest.mark.usefixtures("unchanged")
def test_a_huge_body(quiet):
    """More than a megabyte is not read to the end."""
    body = b'{"locale":"' + b"x" * 2_000_000 + b'"}'
    status, text = post(quiet, "/payment/auth", body)
    assert status == 413
    assert json.loads(text)["status"] == "failure"


@pytest.mark.usefixtures("unchanged")
def test_an_unknown_path_and_a_wrong_method(quiet):
    """Both answer in the shape that the real service uses."""
    status, text = raw_request(quiet, "POST", "/payment/unknown", b"{}", JSON_TYPE)
    assert status == 404
    answer = json.loads(text)
    assert (answer["status"], answer["error"], answer["path"]) == (
        404,
        "Not Found",
        "/payment/unknown",
    )
    status, text = raw_request(quiet, "GET", "/payment/auth")
    assert status == 405
    assert json.loads(text)["status"] == 405


@pytest.mark.usefixtures("unchanged")
def test_no_signature_no_service(quiet):
    """Without the header nothing happens, and the answer is the documented one."""
    body = json.dumps(card_request()).encode()
    status, text = raw_request(quiet, "POST", "/cardstorage/card", body, JSON_TYPE)
    answer = json.loads(text)
    assert (status, answer["errorCode"]) == (200, "1001")
    assert answer["conversationId"] == "123456789"


@pytest.mark.usefixtures("unchanged")
def test_a_changed_body_is_refused(quiet):
    """One byte other than what was signed, and the request does nothing."""
    keys = quiet.keys["iyzico"]
    body = json.dumps(payment_request()).encode()
    headers = signed_headers(keys["api_key"], keys["secret_key"], "/payment/auth", body)
    forged = body.replace(b'"paidPrice": "1.2"', b'"paidPrice": "0.2"')
    assert forged != body
    _, text = raw_request(quiet, "POST", "/payment/auth", forged, JSON_TYPE | headers)
    assert json.loads(text)["errorCode"] == "1000"


@pytest.mark.usefixtures("unchanged")
def test_a_card_number_in_another_field(quiet):
    """A number that also stands where it does not belong is not stored anywhere."""
    client = Client(quiet)
    for changes in (
        {"conversationId": "5528790000000008"},
        {"basketId": "order 5528790000000008"},
    ):
        assert client.pay(**changes)["status"] == "failure"
    named = card_request()["card"] | {"cardAlias": "4111 1111 1111 1129"}
    assert client.store_card(card=named)["status"] == "failure"


def test_unknown_fields_are_tolerated(server, trusting):
    """Newer clients send more; that is no reason to refuse them."""
    client = Client(server)
    assert client.pay(somethingNew={"deep": [1, 2, 3]})["status"] == "success"
