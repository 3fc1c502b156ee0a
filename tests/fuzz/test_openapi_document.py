"""The description of the doors is one of OpenAPI 3.1, and what callers get is what it says."""

import json

import jsonschema_rs
import pytest
import requests
from schemathesis.specs.openapi.definitions import OPENAPI_31

from fakes.credible import SELLER
from fakes.doors import CALLERS, IyzicoCaller, unique
from fakes.iyzico_client import CARD, payment_request
from fakes.visitor import Visitor
from vezne.dialects.iyzico import openapi as iyzico
from vezne.dialects.paynet import openapi as paynet
from vezne.dialects.paywall import openapi as paywall
from vezne.dialects.sandbox import openapi as sandbox
from vezne.edge.description import Description, Operation, Reply
from vezne.edge.messages import Route
from vezne.edge.openapi import openapi_document

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PAN = "5528790000000008"


def test_the_document_is_valid(server):
    """By the specification's own schema; so is each schema in it."""
    described = requests.get(f"{server.http}/openapi.json", timeout=10).json()
    assert described["openapi"] == "3.1.0"
    jsonschema_rs.validator_for(OPENAPI_31).validate(described)
    for schema in described["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": DIALECT, **schema})
    names = [tag["name"] for tag in described["tags"]]
    assert names == ["iyzico", "paywall", "paynet", "sandbox"]


@pytest.mark.parametrize("described", [iyzico, paywall, paynet, sandbox])
def test_words_on_fields_are_on_fields_that_exist(server, described):
    """A name that is misspelt in the tables of a door would add nothing, unseen."""
    name = described.__name__.split(".")[-2]
    answer = requests.get(f"{server.http}/openapi.json?door={name}", timeout=10).json()
    schemas = answer["components"]["schemas"]
    records, fields = {}, set()
    for place, schema in schemas.items():
        records[place.rpartition(".")[2]] = properties = schema.get("properties", {})
        fields |= properties.keys()
    description = described.describe()
    for named in description.facts:
        record, _, field = named.rpartition(".")
        assert field in (records[record] if record else fields), named
    for record, needed in description.needs.items():
        assert records[record].keys() >= set(needed), record


def test_references_lead_somewhere(server):
    """Every `$ref` names a schema that is there."""
    text = requests.get(f"{server.http}/openapi.json", timeout=10).text
    known = json.loads(text)["components"]["schemas"]
    for part in text.split('"$ref":"#/components/schemas/')[1:]:
        assert part.partition('"')[0] in known


def test_operations_have_names_of_their_own(server):
    """Generators of clients name functions by them."""
    described = requests.get(f"{server.http}/openapi.json", timeout=10).json()
    ids = [
        operation["operationId"]
        for path in described["paths"].values()
        for operation in path.values()
    ]
    assert len(set(ids)) == len(ids) > 90


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("HEAD", "/openapi.json", 200),
        ("GET", "/openapi.json?door=paynet", 200),
        ("GET", "/openapi.json?door=nobody", 404),
        ("GET", "/openapi.json/paynet", 404),
        ("POST", "/openapi.json", 405),
    ],
)
def test_what_is_asked_for(server, method, target, status):
    """All doors or one, and nothing else."""
    answer = requests.request(method, server.http + target, timeout=10)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"


def door(routes, operations):
    """As much of a door as a description takes."""

    class Described:
        name = "door"

        @staticmethod
        def describe():
            return Description(text="A door", operations=operations, schemes={})

    Described.routes = routes
    return Described


def test_no_route_goes_undescribed():
    """A route without words, and words without a route, are found when the document is made."""
    route = Route(method="GET", path="/a", handle=None)
    said = Operation(summary="Ask", replies={200: Reply(text="So it is.")})
    assert "/a" in openapi_document([door((route,), {("GET", "/a"): said})], "1")["paths"]
    for routes, operations in (((route,), {}), ((), {("GET", "/a"): said})):
        with pytest.raises(ValueError, match="/a"):
            openapi_document([door(routes, operations)], "1")


def checked(kind, described):
    """A caller every answer to which must be as described."""

    class Checked(kind):
        seen = 0

        def send(self, method, path, body=b"", headers=None, *, url=None):
            status, answer = super().send(method, path, body, headers, url=url)
            operation = described["paths"][path.partition("?")[0]][method.lower()]
            content = operation["responses"][str(status)]["content"]["application/json"]
            schema = {**content["schema"], "components": described["components"]}
            jsonschema_rs.validator_for(schema).validate(answer)
            Checked.seen += 1
            return status, answer

    return Checked


@pytest.mark.parametrize("kind", CALLERS)
def test_what_callers_get_is_described(server, description, kind):
    """What every door can do, done once: no answer has a field too few or too many."""
    caller = checked(kind, description(kind.name))(server)
    customer, paid = unique("c"), unique("r")
    assert caller.ok(caller.store(customer))
    (card, *_) = caller.cards(customer)
    assert caller.ok(caller.pay(PAN, paid))
    assert caller.ok(caller.pay_stored(card, unique("r")))
    assert not caller.ok(caller.pay("4111111111111129", unique("r")))
    assert caller.ok(caller.find(paid))
    assert caller.ok(caller.void(paid))
    visitor = Visitor(server, "http://shop.example/back")
    assert caller.ok(caller.authenticate(visitor, unique("r"), "123456"))
    assert caller.seen > 7


def test_what_marketplaces_get_is_described(server, description):
    """Sellers, their lines and balances, and the reports of a day, at the door that has them."""
    caller = checked(IyzicoCaller, description("iyzico"))(server)
    name = unique("seller")
    seller = caller.call("/onboarding/submerchant", SELLER | {"subMerchantExternalId": name})
    key = {"subMerchantKey": seller["subMerchantKey"]}
    lines = [line | key | {"subMerchantPrice": "0.1"} for line in payment_request()["basketItems"]]
    paid = caller.call("/payment/auth", payment_request(basketItems=lines))
    line = {"paymentTransactionId": paid["itemTransactions"][0]["paymentTransactionId"]}
    answers = [
        seller,
        paid,
        caller.call("/onboarding/submerchant/detail", {"subMerchantExternalId": name}),
        caller.call("/blockage", key),
        caller.call("/payment/item", line | key | {"subMerchantPrice": "0.2"}, "PUT"),
        caller.call("/payment/iyzipos/item/approve", line),
        caller.call("/payment/iyzipos/item/disapprove", line),
        caller.call("/payment/refund", line | {"price": "0.1", "currency": "TRY"}),
        caller.call("/payment/bin/check", {"binNumber": CARD["cardNumber"][:6]}),
        caller.call("/payment/iyzipos/installment", {"binNumber": "552879", "price": "100"}),
        caller.call("/reporting/settlement/bounced", {"date": "2026-12-01 00:00:00"}),
        caller.call("/reporting/settlement/payoutcompleted", {"date": "2026-12-01 00:00:00"}),
        caller.call(
            f"/v2/reporting/payment/details?paymentId={paid['paymentId']}", b"", method="GET"
        ),
    ]
    assert [answer["status"] for answer in answers] == ["success"] * len(answers), answers
