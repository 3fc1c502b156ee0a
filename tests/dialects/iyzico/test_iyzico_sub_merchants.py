"""Sub-merchants through the iyzico door: create, update, detail, blockage."""

import base64
import json

import pytest

from builders import SAMPLE_TIME_MS
from fakes.iyzico_door import PAN
from fakes.sub_merchants import (
    IBAN,
    company_request,
    marketplace_request,
    onboarded,
    sub_merchant_request,
)
from vezne.core.merchant import Marketplace

CREATE = "/onboarding/submerchant"
DETAIL = "/onboarding/submerchant/detail"
KINDS = ("PERSONAL", "PRIVATE_COMPANY", "LIMITED_OR_JOINT_STOCK_COMPANY")


def request_of(kind, **changes):
    if kind == "PERSONAL":
        return sub_merchant_request(**changes)
    return company_request(kind, **changes)


async def detail(door, name="B49224"):
    return await door.call(DETAIL, {"subMerchantExternalId": name})


@pytest.mark.parametrize("kind", KINDS)
async def test_iyzico_sub_merchant_is_created_and_read(door, kind) -> None:
    """Each type of the documentation: the answer is a key, and the detail what was sent."""
    request = request_of(kind)
    answer = await door.call(CREATE, request)
    assert list(answer) == ["status", "locale", "systemTime", "conversationId", "subMerchantKey"]
    assert len(base64.b64decode(answer["subMerchantKey"], validate=True)) == 20
    assert len(answer["subMerchantKey"]) == 28
    read = await detail(door, request["subMerchantExternalId"])
    sent = {name: request[name] for name in request if name not in ("locale", "conversationId")}
    assert {name: read[name] for name in sent} == sent
    assert read["subMerchantKey"] == answer["subMerchantKey"]
    assert set(read) == {*sent, "status", "locale", "systemTime", "subMerchantKey"}


async def test_iyzico_sub_merchant_keeps_everything_that_may_be_sent(door) -> None:
    """All optional fields; currency is TRY when none is sent."""
    more = {
        "taxOffice": "Tax office",
        "taxNumber": "9261877",
        "legalCompanyTitle": "John Doe inc",
        "swiftCode": "ISBKTRIS",
        "settlementDescriptionTemplate": "ödeme",
        "currency": "NOK",
        "blockageAmount": "100.00",
        "iban": "tr18 0006 2001 1900 0006 6723 15",
    }
    await onboarded(door, **more)
    read = await detail(door)
    expected = {**sub_merchant_request(**more), "iban": IBAN}
    for name in ("locale", "conversationId", "blockageAmount"):
        del expected[name]
    assert {name: read[name] for name in expected} == expected
    await onboarded(door, subMerchantExternalId="other", currency=None, iban=None, name=None)
    bare = await detail(door, "other")
    assert bare["currency"] == "TRY"
    assert not {"iban", "name", "swiftCode", "taxNumber"} & set(bare)


MISSING = {
    "PERSONAL": {"contactName": "91054", "contactSurname": "91055"},
    "PRIVATE_COMPANY": {"legalCompanyTitle": "91056", "taxOffice": "91057"},
    "LIMITED_OR_JOINT_STOCK_COMPANY": {
        "legalCompanyTitle": "91056",
        "taxOffice": "91057",
        "taxNumber": "91058",
    },
}
ALWAYS = {
    "subMerchantType": "91051",
    "subMerchantExternalId": "91052",
    "email": "3",
    "address": "91053",
}


@pytest.mark.parametrize("kind", KINDS)
async def test_iyzico_sub_merchant_lacks_a_field(door, kind) -> None:
    """What is mandatory depends on the type; an empty text is as good as none."""
    for field, code in (ALWAYS | MISSING[kind]).items():
        for value in (None, ""):
            answer = await door.call(CREATE, request_of(kind, **{field: value}))
            assert (answer["status"], answer["errorCode"]) == ("failure", code), field
            assert answer["errorMessage"] == f"{field} gönderilmesi zorunludur"
    assert not door.books.sub_merchants


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"subMerchantType": "personal"}, "92002"),
        ({"currency": "XAU"}, "92002"),
        ({"email": "email"}, "5"),
        ({"email": "e" * 250 + "@a.com"}, "4"),
        ({"iban": "TR180006200119000006672316"}, "2030"),
        ({"iban": "T" * 51}, "92001"),
        ({"identityNumber": "1" * 51}, "9"),
        ({"name": PAN}, "92005"),
        ({"address": f"kart {PAN}"}, "92005"),
        ({"subMerchantExternalId": "e" * 256}, "92001"),
        ({"blockageAmount": "-1"}, "92002"),
        ({"blockageAmount": "çok"}, "11"),
        ({"iban": ["TR"]}, "11"),
    ],
)
async def test_iyzico_sub_merchant_has_a_flaw(door, changes, code) -> None:
    """Nothing of it is kept."""
    answer = await door.call(CREATE, sub_merchant_request(**changes))
    assert (answer["status"], answer["errorCode"]) == ("failure", code)
    assert not door.books.sub_merchants


async def test_iyzico_sub_merchant_errors_are_in_both_languages(door) -> None:
    """2030 in the language of the locale."""
    texts = [
        (await door.call(CREATE, sub_merchant_request(iban="TR1", locale=locale)))["errorMessage"]
        for locale in ("tr", "en")
    ]
    assert texts == ["iban geçersizdir", "IBAN is invalid"]


async def test_iyzico_sub_merchant_name_is_given_once(door) -> None:
    """The second one of a subMerchantExternalId is refused."""
    await onboarded(door)
    answer = await door.call(CREATE, company_request(subMerchantExternalId="B49224"))
    assert answer["errorCode"] == "93201"


@pytest.mark.parametrize("kind", KINDS)
async def test_iyzico_sub_merchant_is_updated(door, kind) -> None:
    """The answer is the envelope; what was left out stays, and so do type and name."""
    request = request_of(kind)
    key = (await door.call(CREATE, request))["subMerchantKey"]
    update = {
        "locale": "en",
        "conversationId": "7",
        "subMerchantKey": key,
        "iban": "DE89370400440532013000",
        "name": "Jane's market",
        "email": "",
        "blockageAmount": 5,
    }
    answer = await door.call(CREATE, update, "PUT")
    assert answer == {
        "status": "success",
        "locale": "en",
        "systemTime": SAMPLE_TIME_MS,
        "conversationId": "7",
    }
    read = await detail(door, request["subMerchantExternalId"])
    assert (read["name"], read["iban"]) == ("Jane's market", "DE89370400440532013000")
    assert read["email"] == request["email"]
    assert read["subMerchantType"] == kind


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"subMerchantKey": None}, "2003"),
        ({"subMerchantKey": "nobody"}, "2001"),
        ({"iban": None}, "2005"),
        ({"iban": "TR1"}, "2030"),
        ({"email": "email"}, "5"),
        ({"currency": "XAU"}, "92002"),
    ],
)
async def test_iyzico_sub_merchant_update_is_refused(door, changes, code) -> None:
    """The key and the iban are mandatory."""
    update = {"subMerchantKey": await onboarded(door), "iban": IBAN} | changes
    before = dict(door.books.sub_merchants)
    answer = await door.call(CREATE, update, "PUT")
    assert (answer["status"], answer["errorCode"]) == ("failure", code)
    assert door.books.sub_merchants == before


@pytest.mark.parametrize(("name", "code"), [(None, "91052"), ("nobody", "2001"), ("\0", "11")])
async def test_iyzico_sub_merchant_is_not_there(door, name, code) -> None:
    """By the merchant's own name for it, which is mandatory."""
    answer = await detail(door, name)
    assert (answer["status"], answer["errorCode"]) == ("failure", code)


async def test_iyzico_blockage_of_a_new_sub_merchant(current) -> None:
    """As the official tests expect it: the agreed amount with eight decimals, and no money yet."""
    key = await onboarded(current, blockageAmount="100.00")
    raw = json.dumps({"subMerchantKey": key}).encode()
    body = (await current.send("/blockage", raw)).body
    assert body.endswith(b'"usableBlockage":0E-8,"totalBlockage":100.00000000,"totalBalance":0E-8}')


async def test_iyzico_blockage_is_covered_by_the_balance(door) -> None:
    """The balance is all that is owed to the sub-merchant, withheld or not."""
    key = await onboarded(door, blockageAmount="0.3")
    await door.pay(marketplace_request(key))
    answer = await door.call("/blockage", {"subMerchantKey": key})
    figures = [str(answer[name]) for name in ("usableBlockage", "totalBlockage", "totalBalance")]
    assert figures == ["0.3", "0.3", "0.50475"]
    for body, code in (({}, "2003"), ({"subMerchantKey": "nobody"}, "2001")):
        assert (await door.call("/blockage", body))["errorCode"] == code


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", CREATE),
        ("PUT", CREATE),
        ("POST", DETAIL),
        ("POST", "/blockage"),
        ("POST", "/payment/iyzipos/item/approve"),
        ("POST", "/payment/iyzipos/item/disapprove"),
        ("PUT", "/payment/item"),
        ("POST", "/crossbooking/send"),
        ("POST", "/crossbooking/receive"),
    ],
)
async def test_iyzico_marketplace_services_are_for_marketplaces(door, method, path) -> None:
    """A standard merchant is told so, before anything else."""
    door.set(marketplace=Marketplace.NEVER)
    answer = await door.call(path, {"locale": "tr"}, method)
    assert answer["errorCode"] == "2000"
    assert answer["errorMessage"] == "Bu servis sadece pazaryeri müşterilerine açıktır"
