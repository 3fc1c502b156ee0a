"""JSON, forms and XML in; JSON and XML out; and what browsers of other origins are told."""

import json
import xml.etree.ElementTree as ET
from decimal import Decimal
from urllib.parse import urlencode

import pytest

from fakes.acquirer import APPROVED
from fakes.paynet_house import PUBLISHABLE_KEY, SECRET_KEY, JsonObject, PaynetHouse, parsed
from vezne.dialects.paynet.xml import document
from vezne.edge.messages import Response

AUTH = "/v1/paynetj/auth"


def as_form(fields: JsonObject) -> tuple[bytes, str]:
    return urlencode(fields).encode(), "application/x-www-form-urlencoded; charset=UTF-8"


def as_xml(fields: JsonObject) -> tuple[bytes, str]:
    root = ET.Element("request")
    for name, value in fields.items():
        ET.SubElement(root, name).text = str(value)
    return ET.tostring(root), "application/xml; charset=UTF-8"


def as_json(fields: JsonObject) -> tuple[bytes, str]:
    return json.dumps(fields).encode(), "application/json; charset=UTF-8"


async def post(
    house: PaynetHouse, path: str, written: tuple[bytes, str], **headers: str
) -> Response:
    """The response to a body of a type."""
    raw, kind = written
    all_headers = {"authorization": f"Basic {SECRET_KEY}", "content-type": kind, **headers}
    return await house.send(path, raw, all_headers)


@pytest.mark.parametrize("write", [as_json, as_form, as_xml])
async def test_whole_flow(house: PaynetHouse, write) -> None:
    """The steps to a payment in each of the three types."""
    session = parsed(await post(house, AUTH, write({"amount": "1000"})))["session_id"]
    checked = parsed(
        await post(
            house,
            "/v1/paynetj/check_bin",
            write({"session_id": session, "bin": "43550843", "no_instalment": "true"}),
        )
    )
    request = {
        "session_id": session,
        "card_holder": "Gökhan Öztorun",
        "pan": "4355084355084358",
        "month": "12",
        "year": "2026",
        "cvc": "000",
        "instalment_key": checked["data"][0]["instalment_key"],  # type: ignore[index]
        "do_3ds": "false",
        "ip": "21356455",
    }
    token = parsed(await post(house, "/v1/paynetj/create_token", write(request)))["token_id"]
    house.acquirer.script(APPROVED)
    names = {"session_id": session, "token_id": token}
    answer = parsed(await post(house, "/v1/transaction/charge", write(names)))
    assert (answer["code"], answer["card_holder"]) == (0, "Gökhan Öztorun")
    assert answer["amount"] == Decimal("10.00")


async def test_xml_out(house: PaynetHouse) -> None:
    """Who accepts XML gets it: the root is the object, rows are items."""
    session_id = await house.open_session()
    body = as_xml({"session_id": session_id, "bin": "43550843"})
    response = await post(house, "/v1/paynetj/check_bin", body, accept="application/xml")
    assert dict(response.headers)[b"content-type"] == b"application/xml; charset=utf-8"
    root = ET.fromstring(response.body)  # noqa: S314 - our own answer
    assert root.tag == "paynetj_bin"
    assert root.findtext("bank_id") == "AXSS"
    assert root.findtext("tds_enable") == "true"
    assert root.findtext("code") == "0"
    assert root.findtext("obeject_name") == "paynetj_bin"
    assert [item.findtext("instalment") for item in root.findall("data/item")] == [
        "0",
        "2",
        "3",
        "6",
        "9",
        "12",
    ]


async def test_xml_error(house: PaynetHouse) -> None:
    """An error is XML too."""
    response = await post(house, AUTH, as_json({}), accept="text/xml; q=1, */*")
    root = ET.fromstring(response.body)  # noqa: S314 - our own answer
    assert (root.tag, root.findtext("result_code")) == ("error", "11")


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "text/html, */*;q=0.1", "x"])
async def test_json_out(house: PaynetHouse, accept: str) -> None:
    """Everybody else gets JSON."""
    response = await post(house, AUTH, as_json({"amount": 1}), accept=accept)
    assert dict(response.headers)[b"content-type"] == b"application/json; charset=utf-8"
    assert parsed(response)["code"] == 0


def test_document() -> None:
    """Text is escaped, what XML has no place for is replaced, nothing is an empty element."""
    fields = {"a": "<&>\x00", "b": None, "c": [{"d": False}], "e": {"f": Decimal("1.50")}}
    assert document("r", fields).decode().partition("?>")[2] == (
        "<r><a>&lt;&amp;&gt;\ufffd</a><b></b><c><item><d>false</d></item></c><e><f>1.50</f></e></r>"
    )


@pytest.mark.parametrize("path", [AUTH, "/v1/paynetj/create_token", "/v1/ratio/Get_public"])
async def test_preflight(house: PaynetHouse, path: str) -> None:
    """A page of another origin may call PaynetJ with its key in a header."""
    response = await house.send(path, method="OPTIONS")
    headers = dict(response.headers)
    assert response.status == 204
    assert headers[b"access-control-allow-origin"] == b"*"
    assert b"Authorization" in headers[b"access-control-allow-headers"]
    assert b"POST" in headers[b"access-control-allow-methods"]


async def test_answers_are_readable_across_origins(house: PaynetHouse) -> None:
    """Errors too: the browser library reads their body."""
    response = await house.send(AUTH, b"{}", {"authorization": f"Basic {PUBLISHABLE_KEY}"})
    assert response.status == 400
    assert dict(response.headers)[b"access-control-allow-origin"] == b"*"


@pytest.mark.parametrize(
    ("path", "raw", "method", "status"),
    [
        ("/v1/nothing", b"", "POST", 404),
        (AUTH, b"", "PUT", 405),
        (AUTH, b"{", "POST", 400),
        (AUTH, b"[1]", "POST", 400),
        (AUTH, b'"text"', "POST", 400),
        (AUTH, None, "POST", 413),
    ],
)
async def test_errors_of_the_edge(
    house: PaynetHouse, path: str, raw: bytes | None, method: str, status: int
) -> None:
    """What reaches no endpoint is answered in the envelope of errors as well."""
    headers = {"authorization": f"Basic {SECRET_KEY}"}
    response = await house.send(path, raw, headers, method)
    answer = parsed(response)
    assert (response.status, answer["code"]) == (status, status)
    assert answer["result_code"] == 11
    assert answer["message"]
    assert answer["type"] == "invalid_request_error"


async def test_head_fields(house: PaynetHouse) -> None:
    """A fault of ours is an answer as well, and says nothing of what it was."""

    async def fail(*_: object) -> None:
        raise RuntimeError("secret")

    house.ports.books.apply = fail  # type: ignore[method-assign]
    response = await post(house, AUTH, as_json({"amount": 1}))
    assert (response.status, parsed(response)["result_code"]) == (500, 8)
    assert b"secret" not in response.body
