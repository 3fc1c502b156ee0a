"""GET private/query: every group of fields, by each name of a payment."""

import msgspec
import pytest

from fakes.acquirer import APPROVED
from fakes.paywall_house import OTHER_PAIR, PUBLIC_PAIR, PayWallHouse, parsed
from fakes.paywall_payments import AMEX_PAN, PayWallShop, payment_request
from vezne.core.answer import Declined, DeclineReason
from vezne.core.changes import AddPayment, ChangePayment
from vezne.dialects.paywall.payment_render import amount

FIELDS = """
PaymentId UniqueCode MerchantUniqueCode TrackingCode ActivityId PaymentGatewayId
PaymentGatewayName PaymentGatewayProviderName IsThreeDSecure IsNonThreeDSecure
IsInsuranceSecure IsProvision IsOtp AnySuccessPayment AnySuccessRefund AnySuccessPartialRefund
AnySuccessCancel UsedSavedCard UsedTempCard IsFullyRefunded Error Status StatusName StatusId
TypeName TypeId Installment CurrencyId CurrencyName PaymentMethodId PaymentMethodName
PaymentChannelId PaymentChannelName PaymentTagId PaymentTagName CardNumber CardOwnerName
CardBankId CardBankName CardBrandId CardBrandName CardTypeId CardTypeName CardFamilyId
CardFamilyName PaymentAmount ActivityAmount AppliedInterest InterestRate CommissionRate
OriginalAmount InterestAmount CommissionAmount RemainingRefundAmount LastActivityDateTime IP
ClientIP Activities PaymentExternalAuthCode PaymentExternalOrderId PaymentExternalTransId
PaymentExternalHostReference PaymentExternalMerchantId
"""


@pytest.fixture
def shop(house: PayWallHouse) -> PayWallShop:
    return PayWallShop(house)


async def test_paywall_payment_query_has_every_documented_field(shop) -> None:
    """No field of the table is missing, and there is none beside them."""
    await shop.paid()
    assert sorted(await shop.query()) == sorted(FIELDS.split())


async def test_paywall_payment_query_finds_the_payment_that_claimed_the_code(shop) -> None:
    """A newer payment of another door with the same reference does not get in its way."""
    await shop.paid()
    payment = await shop.last()
    newer = msgspec.structs.replace(
        payment,
        number=payment.number + 1000,
        version=1,
        door="iyzico",
        created_ms=payment.created_ms + 1,
    )
    await shop.house.ports.books.apply([AddPayment(newer)])
    assert (await shop.query())["PaymentId"] == payment.number
    shop.bank.script(APPROVED)
    code = {"MerchantUniqueCode": "order-1"}
    assert (await shop.post("private/cancel", code))["Result"] is True
    assert (await shop.query())["AnySuccessCancel"] is True


@pytest.mark.parametrize(
    ("amount_e8", "text"),
    [(10_000_000_000, "100.00"), (10_012_500_000, "100.125"), (10, "0.00"), (100, "0.000001")],
)
def test_paywall_payment_amounts_have_no_exponent(amount_e8, text) -> None:
    """Two decimals or as many as count, up to six; never an exponent, which clients trip over."""
    assert str(amount(amount_e8)) == text


async def test_paywall_payment_query_tells_all_of_a_sale(shop) -> None:
    """Field by field for a payment that was taken."""
    await shop.paid(detail={"Installment": 3, "ChannelId": 2, "TagId": 5})
    found = await shop.query()
    payment = await shop.last()
    guid = found.pop("UniqueCode")
    assert found == {
        "PaymentId": payment.number,
        "MerchantUniqueCode": "order-1",
        "TrackingCode": "track-1",
        "ActivityId": payment.number + 3,
        "PaymentGatewayId": 1,
        "PaymentGatewayName": "scripted",
        "PaymentGatewayProviderName": "scripted",
        "IsThreeDSecure": False,
        "IsNonThreeDSecure": True,
        "IsInsuranceSecure": False,
        "IsProvision": False,
        "IsOtp": False,
        "AnySuccessPayment": True,
        "AnySuccessRefund": False,
        "AnySuccessPartialRefund": False,
        "AnySuccessCancel": False,
        "UsedSavedCard": False,
        "UsedTempCard": False,
        "IsFullyRefunded": False,
        "Error": {"AnyError": False, "ErrorType": 0, "ErrorMessage": ""},
        "Status": True,
        "StatusName": "Başarılı",
        "StatusId": 4,
        "TypeName": "Satış",
        "TypeId": 1,
        "Installment": 3,
        "CurrencyId": 1,
        "CurrencyName": "TRY",
        "PaymentMethodId": 2,
        "PaymentMethodName": "NonSecure",
        "PaymentChannelId": 2,
        "PaymentChannelName": "Android",
        "PaymentTagId": 5,
        "PaymentTagName": "5",
        "CardNumber": "552879******0008",
        "CardOwnerName": "E*i* S*l*m T*t*n*ü",
        "CardBankId": 55,
        "CardBankName": "T.HALK BANKASI A.Ş.",
        "CardBrandId": 1,
        "CardBrandName": "Master Card",
        "CardTypeId": 1,
        "CardTypeName": "Credit",
        "CardFamilyId": 5,
        "CardFamilyName": "Paraf",
        "LastActivityDateTime": "2018-06-06T13:52:22.3930000",
        "PaymentAmount": 100.5,
        "ActivityAmount": 100.5,
        "AppliedInterest": False,
        "InterestRate": 0,
        "CommissionRate": found["CommissionRate"],
        "OriginalAmount": 100.5,
        "InterestAmount": 0,
        "CommissionAmount": found["CommissionAmount"],
        "RemainingRefundAmount": 100.5,
        "IP": "",
        "ClientIP": "192.0.2.7",
        "Activities": [
            {
                "PaymentActivityId": payment.number + 3,
                "PaymentStatusId": 4,
                "PaymentStatus": "Başarılı",
                "PaymentActivityTypeId": 1,
                "PaymentActivityType": "Satış",
            }
        ],
        "PaymentExternalAuthCode": "123456",
        "PaymentExternalOrderId": "",
        "PaymentExternalTransId": "mock00001iyzihostrfn",
        "PaymentExternalHostReference": "mock00001iyzihostrfn",
        "PaymentExternalMerchantId": "",
    }
    assert str(found["CommissionRate"]) == "2.63"
    assert str(found["CommissionAmount"]) == "2.638125"
    by_guid = await shop.get("private/query/by/uniquecode", uniquecode=guid)
    by_number = await shop.get("private/query/by/paymentid", paymentid=str(payment.number))
    assert by_guid == by_number
    assert by_guid["Body"]["Paywall"] == {**found, "UniqueCode": guid}


async def test_paywall_payment_query_of_a_failure(shop) -> None:
    """A declined payment: status 5, and the bank's words in Error."""
    await shop.pay(
        Declined(reason=DeclineReason.EXPIRED_CARD, code="54"),
        card={"Number": AMEX_PAN, "Cvv": "1234"},
    )
    found = await shop.query()
    assert (found["StatusId"], found["StatusName"], found["Status"]) == (5, "Başarısız", False)
    assert found["Error"] == {
        "AnyError": True,
        "ErrorType": 1,
        "ErrorMessage": "Vadesi dolmuş kart",
    }
    assert (found["AnySuccessPayment"], found["RemainingRefundAmount"]) == (False, 0)
    assert found["CardNumber"] == "375622*****5014"
    assert found["PaymentChannelName"] == found["PaymentTagName"] == "Belirtilmemiş"


async def test_paywall_payment_query_of_a_hold(shop) -> None:
    """A pre-authorization waits for its provision, and has a method of its own."""
    await shop.paid(detail={"Half2D": True})
    found = await shop.query()
    assert (found["StatusId"], found["StatusName"]) == (3, "Finansallaştırma Bekliyor")
    assert (found["PaymentMethodId"], found["PaymentMethodName"]) == (4, "Half Direct Payment")
    assert (found["IsProvision"], found["AnySuccessPayment"]) == (True, False)


async def test_paywall_payment_query_while_the_bank_is_asked(shop) -> None:
    """Status 2 until the bank has spoken."""
    seen = []

    async def look(_operation: object, _ask: object) -> None:
        seen.append((await shop.query())["StatusId"])

    shop.bank.on_ask = look
    await shop.paid()
    assert seen == [2]


async def test_paywall_payment_query_tells_of_payments_of_other_doors(shop) -> None:
    """What another door took is told as well; its own words for a channel mean nothing here."""
    await shop.paid()
    payment = await shop.last()
    other = msgspec.structs.replace(
        payment,
        version=payment.version + 1,
        door="iyzico",
        channel="WEB",
        group="PRODUCT",
        parties={"buyer": {"name": "John"}},
        price_e8=payment.price_e8 - 50_000_000,
    )
    await shop.house.ports.books.apply([ChangePayment(other)])
    found = await shop.query()
    assert (found["PaymentChannelId"], found["PaymentTagId"]) == (0, 0)
    assert (found["ClientIP"], found["CardOwnerName"]) == (None, "")
    assert (found["AppliedInterest"], found["InterestAmount"]) == (True, 0.5)
    assert (found["OriginalAmount"], str(found["InterestRate"])) == (100, "0.50")


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("private/query", {"merchantuniquecode": "nothing"}),
        ("private/query/by/uniquecode", {"uniquecode": "3ef9ef3f-5cc8-46bf-84ee-03f665c698c6"}),
        ("private/query/by/uniquecode", {"uniquecode": "nonsense"}),
        ("private/query/by/uniquecode", {}),
        ("private/query/by/paymentid", {"paymentid": "12"}),
        ("private/query/by/paymentid", {"paymentid": "-12"}),
        ("private/query/by/paymentid", {"paymentid": "999999999999999999"}),
        ("private/query/by/paymentid", {}),
    ],
)
async def test_paywall_payment_query_of_nothing(shop, path, headers) -> None:
    """Error -1 with a null body for what is not there."""
    answer = await shop.get(path, **headers)
    assert (answer["ErrorCode"], answer["Message"], answer["Body"]) == (
        -1,
        "Ödeme bulunamadı",
        None,
    )


async def test_paywall_payment_query_refuses_what_is_no_code(shop) -> None:
    """10 for a missing or endless code, 2 for a number that is none."""
    assert (await shop.get("private/query"))["ErrorCode"] == 10
    assert (await shop.get("private/query", merchantuniquecode="x" * 251))["ErrorCode"] == 10
    answer = await shop.get("private/query/by/paymentid", paymentid="twelve")
    assert (answer["ErrorCode"], "PaymentId" in answer["Message"]) == (2, True)


async def test_paywall_payment_query_takes_parameters_from_the_query_string(shop) -> None:
    """Headers are the rule; a query string does as well, and a body sent along is ignored."""
    await shop.paid()
    answer = await shop.house.call(
        "GET", "/api/paywall/private/query?MerchantUniqueCode=order-1", {"x": 1}
    )
    assert answer["Body"]["Paywall"]["MerchantUniqueCode"] == "order-1"


async def test_paywall_payment_query_is_the_merchants_own(shop) -> None:
    """Another merchant's keys find nothing, by any name; the public pair is not enough."""
    await shop.paid()
    found = await shop.query()
    for path, header, value in (
        ("private/query", "merchantuniquecode", "order-1"),
        ("private/query/by/uniquecode", "uniquecode", found["UniqueCode"]),
        ("private/query/by/paymentid", "paymentid", str(found["PaymentId"])),
    ):
        for pair, code in ((OTHER_PAIR, -1), (PUBLIC_PAIR, 4)):
            response = await shop.house.send(
                "GET", f"/api/paywall/{path}", b"", {**pair, header: value}
            )
            assert parsed(response)["ErrorCode"] == code


async def test_paywall_payment_guids_are_not_guessed(shop) -> None:
    """A GUID with one bit changed, or for another number, names nothing."""
    await shop.paid()
    guid = (await shop.query())["UniqueCode"]
    for place in range(0, 36, 5):
        digit = guid[place]
        if digit == "-":
            continue
        forged = guid[:place] + ("0" if digit != "0" else "1") + guid[place + 1 :]
        answer = await shop.get("private/query/by/uniquecode", uniquecode=forged)
        assert answer["ErrorCode"] == -1
    spelled = await shop.get("private/query/by/uniquecode", uniquecode=f"{{{guid.upper()}}}")
    assert spelled["Result"] is True
    shop.bank.script(APPROVED)
    await shop.post("payment/startdirect", payment_request({"MerchantUniqueCode": "order-2"}))
    assert (await shop.query("order-2"))["UniqueCode"] != guid
