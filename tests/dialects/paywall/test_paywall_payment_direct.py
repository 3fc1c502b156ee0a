"""POST payment/startdirect: a payment without 3-D Secure, with each kind of card."""

import uuid

import pytest

from fakes.acquirer import APPROVED
from fakes.paywall_house import PayWallHouse
from fakes.paywall_payments import (
    DIRECT,
    PAN,
    PayWallShop,
    decoded,
    payment_request,
    saving,
    stored,
)
from vezne.core.answer import Approved, Declined, DeclineReason, Risk, Unknown
from vezne.core.payment import PaymentKind, PaymentState

FUNDS = Declined(reason=DeclineReason.INSUFFICIENT_FUNDS, code="51")


@pytest.fixture
def shop(house: PayWallHouse) -> PayWallShop:
    return PayWallShop(house)


async def test_paywall_payment_answers_as_documented(shop) -> None:
    """Every field of the sample answer, in its order, in the envelope of the payment API."""
    answer = await shop.pay()
    payment = await shop.last()
    assert list(answer) == [
        "ErrorCodeType",
        "ErrorMessage",
        "ErrorCode",
        "Result",
        "Message",
        "Body",
    ]
    code = answer["Body"]["Payment"]["UniqueCode"]
    assert str(uuid.UUID(code)) == code
    assert answer == {
        "ErrorCodeType": 1,
        "ErrorMessage": None,
        "ErrorCode": 0,
        "Result": True,
        "Message": "",
        "Body": {
            "Payment": {
                "PaymentId": payment.number,
                "ActivityId": payment.number + 3,
                "UniqueCode": code,
                "MerchantUniqueKey": "order-1",
                "PaymentGatewayId": 1,
                "PaymentGatewayName": "scripted",
                "PaymentGatewayProviderName": "scripted",
                "Card": {"Saved": False, "UniqueCode": ""},
            },
            "Error": {
                "ProviderErrorCode": None,
                "ProviderErrorMessage": None,
                "BankErrorCode": None,
                "BankErrorMessage": None,
            },
        },
    }


async def test_paywall_payment_is_what_was_asked_for(shop) -> None:
    """Amount, currency, basket, codes and circumstances reach the books; the bank gets the card."""
    await shop.pay(detail={"ChannelId": 3, "TagId": 12})
    payment = await shop.last()
    assert payment.state is PaymentState.CAPTURED
    assert payment.kind is PaymentKind.SALE
    assert (payment.door, payment.currency, payment.installments) == ("paywall", "TRY", 1)
    assert (payment.price_e8, payment.paid_e8) == (10_050_000_000, 10_050_000_000)
    assert [line.price_e8 for line in payment.lines] == [6_025_000_000, 4_025_000_000]
    assert [line.item_id for line in payment.lines] == ["P-1", "P-2"]
    assert (payment.conversation_id, payment.basket_id) == ("order-1", "track-1")
    assert (payment.channel, payment.group) == ("3", "12")
    assert payment.parties["buyer"]["ip"] == "192.0.2.7"
    assert payment.parties["buyer"]["FullName"] == "Emir Selim Tütüncü"
    assert payment.parties["card"] == {"source": "new", "owner": "E*i* S*l*m T*t*n*ü"}
    ((_, ask),) = shop.bank.asks
    assert (ask.card.last4, ask.card.has_cvv, ask.is_capture) == ("0008", True, True)


async def test_paywall_payment_half_2d_is_a_hold(shop) -> None:
    """Half2D reserves the money and takes none of it."""
    answer = await shop.pay(detail={"Half2D": True})
    assert answer["Result"] is True
    payment = await shop.last()
    assert (payment.kind, payment.state) == (PaymentKind.HOLD, PaymentState.AUTHORIZED)
    ((_, ask),) = shop.bank.asks
    assert not ask.is_capture


async def test_paywall_payment_decline_tells_why_in_base64(shop) -> None:
    """The bank's no: Result false, and four texts as the official client decodes them."""
    answer = await shop.pay(FUNDS)
    assert (answer["ErrorCode"], answer["Result"], answer["Message"]) == (1, False, "Başarısız")
    assert answer["Body"]["Payment"]["MerchantUniqueKey"] == "order-1"
    assert decoded(answer["Body"]["Error"]) == {
        "ProviderErrorCode": "INSUFFICIENT_FUNDS",
        "ProviderErrorMessage": "Kart limiti yetersiz, yetersiz bakiye",
        "BankErrorCode": "51",
        "BankErrorMessage": "Kart limiti yetersiz, yetersiz bakiye",
    }


async def test_paywall_payment_speaks_english(shop) -> None:
    """The locale header chooses the language of message and bank texts."""
    shop.bank.script(FUNDS)
    answer = await shop.post(DIRECT, payment_request(), {"locale": "en"})
    assert answer["Message"] == "Unsuccessful"
    assert decoded(answer["Body"]["Error"])["BankErrorMessage"] == "Insufficient funds"


@pytest.mark.parametrize("reason", list(DeclineReason))
async def test_paywall_payment_every_decline_can_be_read(shop, reason) -> None:
    """No reason of the house is without a code and a text."""
    answer = await shop.pay(Declined(reason=reason, code="zz"))
    error = decoded(answer["Body"]["Error"])
    assert error["ProviderErrorCode"] == reason.value.upper()
    assert error["ProviderErrorMessage"]
    assert len(error["BankErrorCode"]) in {0, 2}


async def test_paywall_payment_silence_is_no_decline(shop) -> None:
    """Error 88: the payment may have been charged, so its code is taken and the query tells."""
    answer = await shop.pay(Unknown(why="time-out"))
    assert (answer["ErrorCode"], answer["Result"]) == (88, False)
    assert decoded(answer["Body"]["Error"])["BankErrorCode"] == "68"
    again = await shop.pay()
    assert (again["ErrorCode"], again["Message"]) == (4, "MerchantUniqueCode zaten mevcut")
    assert again["Body"] is None
    found = await shop.query()
    assert (found["StatusId"], found["StatusName"], found["Status"]) == (14, "Beklemede", False)


async def test_paywall_payment_fraud_is_voided_and_refused(shop) -> None:
    """What the fraud filter rejects is undone at once, and answered as a failure."""
    rejected = Approved(auth_code="123456", reference="ref", risk=Risk.REJECTED)
    answer = await shop.pay(rejected, APPROVED)
    assert (answer["ErrorCode"], answer["Result"]) == (78, False)
    assert decoded(answer["Body"]["Error"])["ProviderErrorCode"] == "FRAUD_SUSPECT"
    found = await shop.query()
    assert (found["StatusId"], found["AnySuccessCancel"]) == (13, True)


async def test_paywall_payment_code_is_unique(shop) -> None:
    """A code that paid pays no second time; one whose payment was declined may try again."""
    await shop.pay(FUNDS)
    assert (await shop.pay())["Result"] is True
    answer = await shop.pay()
    assert (answer["ErrorCode"], answer["Result"]) == (4, False)
    assert len(shop.bank.asks) == 2


async def test_paywall_payment_with_a_stored_card(shop) -> None:
    """UniqueCode alone pays; whatever else stands in Card is ignored."""
    card = await shop.house.store(card={"Number": PAN, "Year": 2030})
    answer = await shop.pay(card=stored(card["UniqueCode"]))
    assert answer["Body"]["Payment"]["Card"] == {"Saved": False, "UniqueCode": ""}
    ((_, ask),) = shop.bank.asks
    assert ask.card.token is not None
    assert not ask.card.has_cvv
    assert (await shop.query())["UsedSavedCard"] is True


async def test_paywall_payment_force_cvv_sends_the_code(shop) -> None:
    """ForceCvv makes the security code of the request count; without one it is an error."""
    card = await shop.house.store(card={"Number": PAN, "Year": 2030})
    forced = stored(card["UniqueCode"], Cvv="123", ForceCvv=True)
    assert (await shop.pay(card=forced))["Result"] is True
    ((_, ask),) = shop.bank.asks
    assert ask.card.has_cvv
    refused = await shop.post(
        DIRECT,
        payment_request(
            {"MerchantUniqueCode": "order-2"}, stored(card["UniqueCode"], ForceCvv=True)
        ),
    )
    assert refused["ErrorCode"] == 18


async def test_paywall_payment_refuses_codes_of_no_card(shop) -> None:
    """21 for what is no code or an old one, 22 for a card that is gone, 23 for a blocked one."""
    card = await shop.house.store(card={"Number": PAN, "Year": 2030})
    code = card["UniqueCode"]
    for wrong in ("nonsense", code[:-8] + "AAAAAAA=", "a" * 5000):
        answer = await shop.post(DIRECT, payment_request(card=stored(wrong)))
        assert (answer["ErrorCode"], answer["Body"]) == (21, None)
    block = {"RelationalId1": "1000923", "IsSavedCard": True, "UniqueCode": code}
    assert (await shop.house.call("POST", "/paywall/blacklist/card", block))["Result"] is True
    assert (await shop.post(DIRECT, payment_request(card=stored(code))))["ErrorCode"] == 23
    gone = {"RelationalId1": "1000923", "UniqueCode": code}
    assert (await shop.house.call("DELETE", "/paywall/card", gone))["Result"] is True
    assert (await shop.post(DIRECT, payment_request(card=stored(code))))["ErrorCode"] == 22
    shop.house.clock.advance(days=3)
    answer = await shop.post(DIRECT, payment_request(card=stored(code)))
    assert answer["ErrorCode"] == 21
    assert "süresi dolmuş" in answer["Message"]


async def test_paywall_payment_knows_no_partners(shop) -> None:
    """A card of a partner's pool is refused, not looked for in the merchant's own."""
    card = await shop.house.store(card={"Number": PAN, "Year": 2030})
    partner = {"PartnerBased": True, "PartnerIdentity": "e00fee4d-304f-4038-bf25-d31ee53856a9"}
    request = payment_request(card=stored(card["UniqueCode"], Partner=partner))
    assert (await shop.post(DIRECT, request))["ErrorCode"] == 87


async def test_paywall_payment_stores_the_card_it_was_asked_to(shop) -> None:
    """CardSave: after success the card is listed under its relation, and its code pays."""
    answer = await shop.pay(card=saving())
    saved = answer["Body"]["Payment"]["Card"]
    assert saved["Saved"] is True
    (listed,) = await shop.house.list()
    assert (listed["Name"], listed["UniqueCode"]) == ("Kartım", saved["UniqueCode"])
    again = await shop.pay(
        detail={"MerchantUniqueCode": "order-2"}, card=stored(saved["UniqueCode"])
    )
    assert again["Result"] is True
    assert (await shop.query("order-1"))["UsedSavedCard"] is False


async def test_paywall_payment_stores_for_the_customer_it_knows(shop) -> None:
    """A relation that has a card keeps one owner; three ids are another relation than one."""
    first = await shop.house.store(card={"Number": PAN, "Year": 2030})
    await shop.pay(card=saving(Nickname="İkinci"))
    assert len(await shop.house.list()) == 2
    (owner,) = await shop.house.ports.books.find_owners(7, "1000923")
    assert (await shop.last()).owner_key == owner.key
    assert first["Name"] == "İş bankası kartım"
    await shop.pay(detail={"MerchantUniqueCode": "order-2"}, card=saving(RelationalId2="x"))
    assert len(await shop.house.list()) == 2
    assert len(await shop.house.list(relationalid2="x")) == 1


async def test_paywall_payment_stores_nothing_after_a_decline(shop) -> None:
    """Only a payment that succeeds stores its card."""
    answer = await shop.pay(FUNDS, card=saving())
    assert answer["Body"]["Payment"]["Card"] == {"Saved": False, "UniqueCode": ""}
    assert await shop.house.list() == []


async def test_paywall_payment_with_a_stored_card_stores_none(shop) -> None:
    """The wish to store says nothing beside a UniqueCode: the card is stored already."""
    card = await shop.house.store(card={"Number": PAN, "Year": 2030})
    answer = await shop.pay(card=stored(card["UniqueCode"], **saving()))
    assert answer["Body"]["Payment"]["Card"]["Saved"] is False
    assert len(await shop.house.list()) == 1
