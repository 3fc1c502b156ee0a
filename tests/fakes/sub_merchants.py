"""The requests of marketplaces, as the samples of the official clients send them."""

from fakes.iyzico_door import IyzicoDoor, JsonObject, item, payment_request

IBAN = "TR180006200119000006672315"


def sub_merchant_request(**changes: object) -> JsonObject:
    """A person who sells; whoever is None is left out."""
    request: JsonObject = {
        "locale": "tr",
        "conversationId": "123456789",
        "subMerchantExternalId": "B49224",
        "subMerchantType": "PERSONAL",
        "address": "Nidakule Göztepe, Merdivenköy Mah. Bora Sok. No:1",
        "contactName": "John",
        "contactSurname": "Doe",
        "email": "email@submerchantemail.com",
        "gsmNumber": "+905350000000",
        "name": "John's market",
        "iban": IBAN,
        "identityNumber": "31300864726",
        "currency": "TRY",
    }
    merged = {**request, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def company_request(kind: str = "PRIVATE_COMPANY", **changes: object) -> JsonObject:
    """A company that sells."""
    company: JsonObject = {
        "subMerchantExternalId": f"S49222-{kind}",
        "subMerchantType": kind,
        "taxOffice": "Tax office",
        "legalCompanyTitle": "John Doe inc",
        "contactName": None,
        "contactSurname": None,
        "identityNumber": None,
    }
    if kind == "LIMITED_OR_JOINT_STOCK_COMPANY":
        company["taxNumber"] = "9261877"
    return sub_merchant_request(**{**company, **changes})


def marketplace_request(key: str, part: str = "0.18", **changes: object) -> JsonObject:
    """A payment of 1 for lines of 0.3, 0.5 and 0.2, of each of which a part is the seller's."""
    items = [
        item(f"BI10{place}", price, subMerchantKey=key, subMerchantPrice=part)
        for place, price in enumerate(("0.3", "0.5", "0.2"), start=1)
    ]
    return payment_request(paidPrice="1", basketItems=items, **changes)


async def onboarded(door: IyzicoDoor, **changes: object) -> str:
    """The subMerchantKey of a new seller."""
    answer = await door.call("/onboarding/submerchant", sub_merchant_request(**changes))
    return str(answer["subMerchantKey"])
