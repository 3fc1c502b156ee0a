"""Stored cards and the blocklist of the iyzico door."""

import base64
import json

import pytest

from builders import SAMPLE_TIME_MS
from fakes.iyzico_door import (
    FOREIGN_PAN,
    PAN,
    IyzicoDoor,
    card_fields,
    card_request,
    payment_request,
    replaced,
    without,
)

SAMPLE_KEYS = [
    "status",
    "locale",
    "systemTime",
    "conversationId",
    "externalId",
    "email",
    "cardUserKey",
    "cardToken",
    "cardAlias",
    "binNumber",
    "cardType",
    "cardAssociation",
    "cardFamily",
    "cardBankCode",
    "cardBankName",
]


async def test_iyzico_card_is_stored_as_in_the_documented_sample(door) -> None:
    """The sample request of the documentation gives its sample answer, key by key."""
    response = await door.send("/cardstorage/card", json.dumps(card_request()).encode())
    answer = json.loads(response.body)
    assert response.status == 200
    assert list(answer) == SAMPLE_KEYS
    user_key, token = answer.pop("cardUserKey"), answer.pop("cardToken")
    assert answer == {
        "status": "success",
        "locale": "tr",
        "systemTime": SAMPLE_TIME_MS,
        "conversationId": "123456789",
        "externalId": "external id",
        "email": "email@email.com",
        "cardAlias": "card alias",
        "binNumber": "552879",
        "cardType": "CREDIT_CARD",
        "cardAssociation": "MASTER_CARD",
        "cardFamily": "Paraf",
        "cardBankCode": 12,
        "cardBankName": "Halk Bankası",
    }
    assert "Halk Bankası".encode() in response.body
    for name in (user_key, token):
        assert len(name) == 28
        assert len(base64.b64decode(name, validate=True)) == 20


async def test_iyzico_current_card_is_stored_as_the_official_clients_expect(current) -> None:
    """Eight digits, the bank's short name, the last four digits, and no need of an alias."""
    request = card_request(card=card_fields(metadata={"CUT_OFF_DAY": "15"}))
    answer = await current.call("/cardstorage/card", request)
    assert answer["binNumber"] == "55287900"
    assert answer["cardBankName"] == "Halkbank"
    assert answer["lastFourDigits"] == "0008"
    assert answer["metadata"] == {"CUT_OFF_DAY": "15"}
    assert "cardAlias" not in answer
    assert list(answer)[-1] == "metadata"


async def test_iyzico_second_card_of_a_user_names_no_email(door) -> None:
    """A card for a known user: same user, another token, the externalId sent, no email."""
    first = await door.call("/cardstorage/card", card_request())
    request = {
        "cardUserKey": first["cardUserKey"],
        "externalId": "other id",
        "card": card_fields(cardAlias="again"),
    }
    second = await door.call("/cardstorage/card", request)
    assert second["cardUserKey"] == first["cardUserKey"]
    assert second["cardToken"] != first["cardToken"]
    assert second["externalId"] == "other id"
    assert "email" not in second
    del request["externalId"]
    third = await door.call("/cardstorage/card", request)
    assert third["externalId"] == "external id"


async def test_iyzico_foreign_card_has_no_bank(door) -> None:
    """What a BIN does not say is left out."""
    request = card_request(card=card_fields(FOREIGN_PAN, cardAlias="abroad"))
    answer = await door.call("/cardstorage/card", request)
    assert list(answer) == SAMPLE_KEYS[:10]


@pytest.mark.parametrize("spelling", ["cardHolderName", "cardHoldername"])
async def test_iyzico_holder_may_be_spelled_as_in_the_table(door, spelling) -> None:
    """The documentation's table and its samples spell the field in two ways."""
    request = without(card_request(), "card.cardHolderName")
    request = replaced(request, f"card.{spelling}", "Jane Doe")
    answer = await door.call("/cardstorage/card", request)
    assert answer["status"] == "success"
    assert [holder for _, holder in door.vault.kept.values()] == ["Jane Doe"]


@pytest.mark.parametrize(
    ("field", "code", "message"),
    [
        ("email", "3", "email gönderilmesi zorunludur"),
        ("card", "3003", "card bilgisi gönderilmesi zorunludur"),
        ("card.cardNumber", "12", "Kart numarası geçersizdir"),
        ("card.expireMonth", "13", "Son kullanma ayı geçersizdir"),
        ("card.expireYear", "14", "Son kullanma yılı geçersizdir"),
        ("card.cardHolderName", "16", "cardHolderName gönderilmesi zorunludur"),
        ("card.cardAlias", "91041", "cardAlias gönderilmesi zorunludur"),
    ],
)
async def test_iyzico_card_insists_on_its_mandatory_fields(door, field, code, message) -> None:
    """A mandatory field that is missing, null or empty is named; email and externalId come back."""
    for request in (
        without(card_request(), field),
        replaced(card_request(), field, None),
        replaced(card_request(), field, ""),
    ):
        answer = await door.call("/cardstorage/card", request)
        assert (answer["errorCode"], answer["errorMessage"]) == (code, message)
        assert answer["externalId"] == "external id"
        assert answer.get("email", "") == (request.get("email") or "")
    assert not door.books.cards
    assert not door.vault.kept


@pytest.mark.parametrize("field", ["locale", "conversationId", "externalId"])
async def test_iyzico_card_does_without_its_optional_fields(door, field) -> None:
    """Optional fields may be missing; what was not sent is not answered, but for the locale."""
    answer = await door.call("/cardstorage/card", without(card_request(), field))
    assert answer["status"] == "success"
    assert answer.get(field) == ("tr" if field == "locale" else None)


@pytest.mark.parametrize(
    ("request_body", "code"),
    [
        (card_request(cardUserKey="nobody"), "3005"),
        (card_request(cardUserKey=base64.b64encode(bytes(20)).decode()), "3005"),
        (card_request(email="email"), "5"),
        (card_request(externalId="x" * 256), "92001"),
        (card_request(card=card_fields(cardAlias="a" * 101)), "21"),
        (card_request(card=card_fields(cardAlias="4111111111111111")), "92005"),
        (card_request(card=card_fields(cardAlias="a", cardHolderName="h" * 101)), "19"),
        (card_request(card=card_fields("1234567890123", cardAlias="a")), "12"),
        (card_request(card=card_fields(cardAlias="a", expireYear="2017")), "17"),
        (card_request(card=card_fields(cardAlias="a", metadata={"k": "v" * 256})), "92001"),
        (card_request(card=card_fields(cardAlias="a", metadata={"k" * 256: "v"})), "92001"),
        (card_request(card=card_fields(cardAlias="a", metadata={"k": FOREIGN_PAN})), "92005"),
        (
            card_request(
                card=card_fields(cardAlias="a", metadata={str(place): "v" for place in range(21)})
            ),
            "92004",
        ),
        (card_request(card=card_fields(cardAlias="a", metadata=[])), "11"),
        (card_request(card=[]), "11"),
    ],
)
async def test_iyzico_card_refuses_what_cannot_be(door, request_body, code) -> None:
    """Formats, lengths and card numbers in the wrong place."""
    answer = await door.call("/cardstorage/card", request_body)
    assert (answer["status"], answer["errorCode"]) == ("failure", code)
    assert not door.books.cards


async def test_iyzico_email_beside_a_known_user_is_checked_too(door) -> None:
    """An email that is not needed may be missing, not malformed."""
    created = await door.call("/cardstorage/card", card_request())
    request = card_request(cardUserKey=created["cardUserKey"], email="email")
    assert (await door.call("/cardstorage/card", request))["errorCode"] == "5"


async def test_iyzico_cards_are_listed_in_the_order_they_came(door) -> None:
    """The classic list shows no expiry and no last four digits."""
    first = await door.call("/cardstorage/card", card_request())
    request = card_request(
        cardUserKey=first["cardUserKey"], card=card_fields(FOREIGN_PAN, cardAlias="abroad")
    )
    second = await door.call("/cardstorage/card", request)
    answer = await door.call(
        "/cardstorage/cards", {"conversationId": 5, "cardUserKey": first["cardUserKey"]}
    )
    assert answer == {
        "status": "success",
        "locale": "tr",
        "systemTime": SAMPLE_TIME_MS,
        "conversationId": "5",
        "cardUserKey": first["cardUserKey"],
        "cardDetails": [
            {
                "cardToken": first["cardToken"],
                "cardAlias": "card alias",
                "binNumber": "552879",
                "cardType": "CREDIT_CARD",
                "cardAssociation": "MASTER_CARD",
                "cardFamily": "Paraf",
                "cardBankCode": 12,
                "cardBankName": "Halk Bankası",
            },
            {"cardToken": second["cardToken"], "cardAlias": "abroad", "binNumber": "540001"},
        ],
    }


async def test_iyzico_current_list_has_details(current) -> None:
    """Newer answers show the last four digits and the expiry, as texts."""
    request = card_request(card=card_fields(expireMonth="3", expireYear="31"))
    created = await current.call("/cardstorage/card", request)
    answer = await current.call("/cardstorage/cards", {"cardUserKey": created["cardUserKey"]})
    assert list(answer["cardDetails"][0].items()) == [
        ("cardToken", created["cardToken"]),
        ("binNumber", "55287900"),
        ("lastFourDigits", "0008"),
        ("cardType", "CREDIT_CARD"),
        ("cardAssociation", "MASTER_CARD"),
        ("cardFamily", "Paraf"),
        ("cardBankCode", 12),
        ("cardBankName", "Halkbank"),
        ("expireMonth", "03"),
        ("expireYear", "2031"),
    ]


async def test_iyzico_deleted_card_is_gone(door) -> None:
    """Deleting answers with the envelope alone; the token names nothing any more, the user does."""
    created = await door.call("/cardstorage/card", card_request())
    names = {name: created[name] for name in ("cardUserKey", "cardToken")}
    deleted = await door.call("/cardstorage/card", names, "DELETE")
    assert deleted == {"status": "success", "locale": "tr", "systemTime": SAMPLE_TIME_MS}
    assert not door.vault.kept
    again = await door.call("/cardstorage/card", names, "DELETE")
    assert (again["errorCode"], again["errorMessage"]) == ("3006", "cardToken bulunamadı")
    listed = await door.call("/cardstorage/cards", {"cardUserKey": created["cardUserKey"]})
    assert listed["cardDetails"] == []
    paid = await door.call("/payment/auth", payment_request(paymentCard=names))
    assert paid["errorCode"] == "3006"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/cardstorage/card"),
        ("POST", "/cardstorage/blacklist/card"),
        ("POST", "/cardstorage/blacklist/card/inactive"),
    ],
)
async def test_iyzico_stored_card_needs_both_names(door, method, path) -> None:
    """User and token, both known."""
    created = await door.call("/cardstorage/card", card_request())
    user_key, token = created["cardUserKey"], created["cardToken"]
    nobody = base64.b64encode(bytes(20)).decode()
    for names, code in (
        ({"cardToken": token}, "3001"),
        ({"cardUserKey": user_key}, "91042"),
        ({"cardUserKey": nobody, "cardToken": token}, "3005"),
        ({"cardUserKey": "müşteri", "cardToken": token}, "3005"),
        ({"cardUserKey": user_key, "cardToken": nobody}, "3006"),
        ({"cardUserKey": user_key, "cardToken": "x"}, "3006"),
    ):
        answer = await door.call(path, names, method)
        assert answer["errorCode"] == code


async def test_iyzico_list_of_nobody_repeats_the_key(door) -> None:
    """An unknown user's key comes back with the error, a missing one does not."""
    answer = await door.call("/cardstorage/cards", {"cardUserKey": "nobody"})
    assert (answer["errorCode"], answer["cardUserKey"]) == ("3005", "nobody")
    answer = await door.call("/cardstorage/cards", {"locale": "en"})
    assert (answer["errorCode"], answer["errorMessage"]) == ("3001", "cardUserKey is mandatory")
    assert "cardUserKey" not in answer


async def test_iyzico_blocked_card_cannot_pay_until_it_is_lifted(door) -> None:
    """The blocklist is about the number, however it is presented; queries show it masked."""
    created = await door.call("/cardstorage/card", card_request())
    names = {name: created[name] for name in ("cardUserKey", "cardToken")}
    question = {"cardNumber": PAN}
    path = "/cardstorage/blacklist/card"

    assert (await door.call(f"{path}/retrieve", question))["blacklisted"] is False
    assert list(await door.call(path, names)) == ["status", "locale", "systemTime"]
    answer = await door.call(f"{path}/retrieve", question)
    assert (answer["cardNumber"], answer["blacklisted"]) == ("552879******0008", True)
    refused = await door.call("/payment/auth", payment_request())
    assert (refused["errorCode"], refused["errorGroup"]) == ("10209", "BLOCKED_CARD")

    assert (await door.call(f"{path}/inactive", names))["status"] == "success"
    assert (await door.call(f"{path}/retrieve", question))["blacklisted"] is False
    assert (await door.pay(payment_request()))["status"] == "success"


@pytest.mark.parametrize("number", ["", "1234", None, []])
async def test_iyzico_blocklist_is_asked_about_numbers(door, number) -> None:
    """Without a valid number there is nothing to ask."""
    answer = await door.call("/cardstorage/blacklist/card/retrieve", {"cardNumber": number})
    assert answer["errorCode"] == "12"


async def test_iyzico_alias_switch_decides_about_cards_without_a_name() -> None:
    """The alias can be made optional by itself."""
    door = IyzicoDoor(overrides={"card_alias_required": "no"})
    answer = await door.call("/cardstorage/card", card_request(card=card_fields()))
    assert answer["status"] == "success"
    assert "lastFourDigits" not in answer


async def test_iyzico_cards_are_listed_by_external_id_too(door) -> None:
    """Without a key the merchant's own name finds the oldest user of that name that has a card."""
    first = await door.call("/cardstorage/card", card_request(externalId="c-1"))
    await door.call("/cardstorage/card", card_request(externalId="c-1"))
    await door.call("/cardstorage/card", card_request(externalId="c-2"))
    listed = await door.call("/cardstorage/cards", {"externalId": "c-1"})
    assert listed["cardUserKey"] == first["cardUserKey"]
    assert [card["cardToken"] for card in listed["cardDetails"]] == [first["cardToken"]]


@pytest.mark.parametrize(
    "body", [{"externalId": "nobody"}, {"externalId": "c-2", "cardUserKey": "x"}]
)
async def test_iyzico_unknown_names_list_nothing(door, body) -> None:
    """A name that nobody has is an unknown user, and a key that is sent decides."""
    await door.call("/cardstorage/card", card_request(externalId="c-2"))
    assert (await door.call("/cardstorage/cards", body))["errorCode"] == "3005"
