"""What a payment request must be: fields of the documentation's Ödeme page, one by one."""

import pytest

from fakes.iyzico_door import (
    AKBANK_DEBIT_PAN,
    DENIZBANK_CC_PAN,
    FOREIGN_PAN,
    PAN,
    card_fields,
    card_request,
    item,
    payment_request,
    replaced,
    without,
)
from vezne.dialects.iyzico.payment_rules import BASKET_LINES_MAX

MANDATORY = {
    "price": ("5004", "price gönderilmesi zorunludur"),
    "paidPrice": ("91001", "paidPrice gönderilmesi zorunludur"),
    "paymentCard": ("5013", "PaymentCard gönderilmesi zorunludur"),
    "paymentCard.cardNumber": ("12", "Kart numarası geçersizdir"),
    "paymentCard.expireMonth": ("13", "Son kullanma ayı geçersizdir"),
    "paymentCard.expireYear": ("14", "Son kullanma yılı geçersizdir"),
    "paymentCard.cvc": ("15", "Cvc geçersizdir"),
    "paymentCard.cardHolderName": ("16", "cardHolderName gönderilmesi zorunludur"),
    "buyer": ("91002", "Buyer gönderilmesi zorunludur"),
    "buyer.id": ("91003", "buyerId gönderilmesi zorunludur"),
    "buyer.name": ("91004", "buyerName gönderilmesi zorunludur"),
    "buyer.surname": ("91005", "buyerSurname gönderilmesi zorunludur"),
    "buyer.identityNumber": ("8", "identityNumber gönderilmesi zorunludur"),
    "buyer.city": ("91006", "buyerCity gönderilmesi zorunludur"),
    "buyer.country": ("91007", "buyerCountry gönderilmesi zorunludur"),
    "buyer.email": ("3", "email gönderilmesi zorunludur"),
    "buyer.ip": ("91008", "buyerIp gönderilmesi zorunludur"),
    "buyer.registrationAddress": ("5026", "buyerRegistrationAddress gönderilmesi zorunludur"),
    "billingAddress": ("91011", "BillingAddress gönderilmesi zorunludur"),
    "billingAddress.contactName": ("91012", "billingAddressContactName gönderilmesi zorunludur"),
    "billingAddress.city": ("91013", "billingAddressCity gönderilmesi zorunludur"),
    "billingAddress.country": ("91014", "billingAddressCountry gönderilmesi zorunludur"),
    "billingAddress.address": ("91015", "billingAddressAddress gönderilmesi zorunludur"),
    "shippingAddress": ("91021", "ShippingAddress gönderilmesi zorunludur"),
    "shippingAddress.contactName": ("91022", "shippingAddressContactName gönderilmesi zorunludur"),
    "shippingAddress.city": ("91023", "shippingAddressCity gönderilmesi zorunludur"),
    "shippingAddress.country": ("91024", "shippingAddressCountry gönderilmesi zorunludur"),
    "shippingAddress.address": ("91025", "shippingAddressAddress gönderilmesi zorunludur"),
    "basketItems": ("91031", "BasketItems gönderilmesi zorunludur"),
    "basketItems.0.id": ("91032", "basketItemId gönderilmesi zorunludur"),
    "basketItems.1.itemType": ("91033", "basketItemItemType gönderilmesi zorunludur"),
    "basketItems.2.name": ("91034", "basketItemName gönderilmesi zorunludur"),
    "basketItems.0.category1": ("91035", "basketItemCategory1 gönderilmesi zorunludur"),
    "basketItems.0.price": ("91036", "basketItemPrice gönderilmesi zorunludur"),
}
OPTIONAL = (
    "locale",
    "conversationId",
    "currency",
    "installment",
    "basketId",
    "paymentChannel",
    "paymentGroup",
    "paymentCard.registerCard",
    "buyer.gsmNumber",
    "buyer.zipCode",
    "buyer.registrationDate",
    "buyer.lastLoginDate",
    "billingAddress.zipCode",
    "shippingAddress.zipCode",
    "basketItems.0.category2",
)


@pytest.mark.parametrize("field", MANDATORY)
async def test_iyzico_payment_insists_on_its_mandatory_fields(door, field) -> None:
    """A mandatory field that is missing, null or empty is named, and nothing is written."""
    code, message = MANDATORY[field]
    for request in (
        without(payment_request(), field),
        replaced(payment_request(), field, None),
        replaced(payment_request(), field, ""),
    ):
        answer = await door.call("/payment/auth", request)
        assert (answer["errorCode"], answer["errorMessage"]) == (code, message)
        assert "errorGroup" not in answer
    assert not door.books.payments


@pytest.mark.parametrize("field", OPTIONAL)
async def test_iyzico_payment_does_without_its_optional_fields(door, field) -> None:
    """An optional field may be missing, null or empty."""
    for request in (
        without(payment_request(), field),
        replaced(payment_request(), field, None),
        replaced(payment_request(), field, ""),
    ):
        answer = await door.pay(request)
        assert answer["status"] == "success"
        assert (answer["currency"], answer["installment"]) == ("TRY", 1)


REFUSED = {
    "price zero": (payment_request(price="0"), "5005"),
    "price negative": (payment_request(price=-1), "5005"),
    "price at the limit": (payment_request(price="100000"), "5008"),
    "price absurd": (payment_request(price=10**14), "5008"),
    "paidPrice zero": (payment_request(paidPrice="0"), "92003"),
    "paidPrice at the limit": (payment_request(paidPrice="100000.00"), "5008"),
    "lines do not sum": (payment_request(price="1.1"), "5062"),
    "line price zero": (replaced(payment_request(), "basketItems.0.price", "0.0"), "92003"),
    "currency unknown": (payment_request(currency="XXX"), "92002"),
    "currency not the merchant's": (
        payment_request(currency="NOK", paymentCard=card_fields(FOREIGN_PAN, cvc="123")),
        "93003",
    ),
    "local card abroad": (payment_request(currency="USD"), "5184"),
    "installment zero": (payment_request(installment=0), "92002"),
    "installment between": (payment_request(installment="4"), "92002"),
    "installment negative": (payment_request(installment=-1), "92002"),
    "debit in instalments": (
        payment_request(installment=3, paymentCard=card_fields(AKBANK_DEBIT_PAN, cvc="123")),
        "10218",
    ),
    "no programme": (
        payment_request(installment=3, paymentCard=card_fields(DENIZBANK_CC_PAN, cvc="123")),
        "10222",
    ),
    "channel unknown": (payment_request(paymentChannel="FAX"), "92002"),
    "group unknown": (payment_request(paymentGroup="GIFT"), "92002"),
    "item type unknown": (
        replaced(payment_request(), "basketItems.0.itemType", "DIGITAL"),
        "92002",
    ),
    "registerCard 2": (replaced(payment_request(), "paymentCard.registerCard", 2), "92002"),
    "registration date": (replaced(payment_request(), "buyer.registrationDate", "2013"), "7"),
    "date with T": (
        replaced(payment_request(), "buyer.lastLoginDate", "2013-04-21T15:12:09"),
        "7",
    ),
    "no such day": (replaced(payment_request(), "buyer.lastLoginDate", "2013-02-30 00:00:00"), "7"),
    "email malformed": (replaced(payment_request(), "buyer.email", "email"), "5"),
    "email too long": (replaced(payment_request(), "buyer.email", f"{'a' * 250}@b.co"), "4"),
    "identity too short": (replaced(payment_request(), "buyer.identityNumber", "1234"), "10"),
    "identity too long": (replaced(payment_request(), "buyer.identityNumber", "1" * 51), "9"),
    "ip too long": (replaced(payment_request(), "buyer.ip", "1" * 51), "22"),
    "conversation too long": (payment_request(conversationId="c" * 256), "20"),
    "basket id too long": (payment_request(basketId="b" * 256), "92001"),
    "buyer name too long": (replaced(payment_request(), "buyer.name", "n" * 256), "92001"),
    "address too long": (
        replaced(payment_request(), "billingAddress.address", "a" * 1001),
        "92001",
    ),
    "NUL in a text": (replaced(payment_request(), "buyer.name", "a\0b"), "11"),
    "card number as a name": (
        replaced(payment_request(), "buyer.name", "4111 1111 1111 1111"),
        "92005",
    ),
    "card number as a holder": (
        replaced(payment_request(), "paymentCard.cardHolderName", "4111-1111-1111-1111"),
        "92005",
    ),
    "this card's number elsewhere": (replaced(payment_request(), "buyer.name", PAN), "11"),
    "number fails Luhn": (
        replaced(payment_request(), "paymentCard.cardNumber", "5528790000000009"),
        "12",
    ),
    "cvc of two digits": (replaced(payment_request(), "paymentCard.cvc", "12"), "15"),
    "month 13": (replaced(payment_request(), "paymentCard.expireMonth", "13"), "13"),
    "month 012": (replaced(payment_request(), "paymentCard.expireMonth", "012"), "13"),
    "month in words": (replaced(payment_request(), "paymentCard.expireMonth", "May"), "13"),
    "year of three digits": (replaced(payment_request(), "paymentCard.expireYear", "203"), "14"),
    "year of another century": (
        replaced(payment_request(), "paymentCard.expireYear", "1999"),
        "14",
    ),
    "year in words": (replaced(payment_request(), "paymentCard.expireYear", "next"), "14"),
    "expired": (replaced(payment_request(), "paymentCard.expireYear", "2017"), "17"),
    "holder too long": (replaced(payment_request(), "paymentCard.cardHolderName", "h" * 101), "19"),
    "alias too long": (
        payment_request(paymentCard=card_fields(cvc="123", registerCard=1, cardAlias="a" * 101)),
        "21",
    ),
    "unknown user registers": (
        payment_request(paymentCard=card_fields(cvc="123", registerCard=1, cardUserKey="nobody")),
        "3005",
    ),
    "token without user": (payment_request(paymentCard={"cardToken": "token"}), "5111"),
    "user unreadable": (
        payment_request(paymentCard={"cardToken": "token", "cardUserKey": "a b"}),
        "3005",
    ),
    "token beside a number": (
        payment_request(paymentCard=card_fields(cardToken="token", cardUserKey="user")),
        "11",
    ),
    "token with a bad cvc": (
        payment_request(paymentCard={"cardToken": "token", "cardUserKey": "user", "cvc": "1"}),
        "15",
    ),
    "user without token or number": (payment_request(paymentCard={"cardUserKey": "user"}), "12"),
    "sub-merchant": (
        replaced(payment_request(), "basketItems.0.subMerchantKey", "sub merchant key"),
        "5077",
    ),
    "a part for a sub-merchant": (
        replaced(payment_request(), "basketItems.0.subMerchantPrice", "0.1"),
        "5077",
    ),
    "basket empty": (payment_request(basketItems=[]), "91031"),
    "basket too long": (
        payment_request(basketItems=[item("BI101", "1")] * (BASKET_LINES_MAX + 1)),
        "92004",
    ),
    "amount in words": (payment_request(price="one"), "11"),
    "amount with a comma": (payment_request(paidPrice="1,2"), "11"),
    "amount true": (payment_request(price=True), "11"),
    "text as a list": (payment_request(basketId=["B67832"]), "11"),
    "text true": (payment_request(basketId=True), "11"),
    "conversation as an object": (payment_request(conversationId={"id": 1}), "11"),
    "installment and a half": (payment_request(installment=1.5), "11"),
    "card as a text": (payment_request(paymentCard="card"), "11"),
    "basket as an object": (payment_request(basketItems={"0": 1}), "11"),
    "a line as a text": (payment_request(basketItems=["BI101"]), "11"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_iyzico_payment_refuses_what_cannot_be(door, case) -> None:
    """Every limit, list and format has its code; nothing is written or asked of the bank."""
    request, code = REFUSED[case]
    answer = await door.call("/payment/auth", request)
    assert (answer["status"], answer["errorCode"]) == ("failure", code)
    assert "{" not in answer["errorMessage"]
    assert not door.books.payments
    assert not door.acquirer.asks


async def test_iyzico_payment_with_a_token_of_nothing_is_refused(door) -> None:
    """A token that names no card of a known user, readable or not."""
    created = await door.call("/cardstorage/card", card_request())
    for token in ("not base64", "AAAA", created["cardUserKey"]):
        card = {"cardUserKey": created["cardUserKey"], "cardToken": token}
        answer = await door.call("/payment/auth", payment_request(paymentCard=card))
        assert answer["errorCode"] == "3006"


async def test_iyzico_complaints_come_in_the_order_of_the_live_service(door) -> None:
    """Amounts before the card, the card before the buyer, the buyer before the basket."""
    request = {"paymentCard": {}, "buyer": {}, "basketItems": []}
    codes = []
    for field, value in (
        ("price", "1"),
        ("paidPrice", "1"),
        ("paymentCard", card_fields(cvc="123")),
        ("buyer", payment_request()["buyer"]),
        ("billingAddress", payment_request()["billingAddress"]),
        ("basketItems", [item("BI101", "1")]),
        ("shippingAddress", payment_request()["shippingAddress"]),
    ):
        codes.append((await door.call("/payment/auth", request))["errorCode"])
        request[field] = value
    assert codes == ["5004", "91001", "12", "91003", "91011", "91031", "91021"]
    assert (await door.pay(request))["status"] == "success"


async def test_iyzico_shipping_address_is_for_goods_that_are_shipped(door) -> None:
    """A basket without a physical line needs no shipping address, nor a complete one."""
    virtual = [item("BI101", "1", itemType="VIRTUAL")]
    for address in (None, {"city": "Istanbul"}):
        request = payment_request(basketItems=virtual, shippingAddress=address)
        assert (await door.pay(request))["status"] == "success"
    request = payment_request(basketItems=virtual, shippingAddress={"city": "x" * 256})
    assert (await door.call("/payment/auth", request))["errorCode"] == "92001"
