"""POST /payment/auth and its relatives: what comes back."""

import json
from decimal import Decimal

import pytest

from builders import SAMPLE_TIME_MS
from fakes.acquirer import APPROVED
from fakes.iyzico_door import (
    FOREIGN_PAN,
    SECRET,
    IyzicoDoor,
    basic_request,
    card_fields,
    card_request,
    item,
    payment_request,
)
from vezne.core.answer import Approved, Declined, DeclineReason, Risk
from vezne.core.payment import PaymentKind
from vezne.dialects.iyzico.auth import response_signature

# The answer on the documentation's Ödeme page, spaces aside; payment and line numbers are ours.
SAMPLE = (
    '{"status":"success","locale":"TR","systemTime":1528282342393,"conversationId":"123456789",'
    '"price":1,"paidPrice":1.2,"installment":1,"paymentId":"10851936","fraudStatus":1,'
    '"merchantCommissionRate":20,"merchantCommissionRateAmount":0.2,'
    '"iyziCommissionRateAmount":0.0315,"iyziCommissionFee":0.25,"cardType":"CREDIT_CARD",'
    '"cardAssociation":"MASTER_CARD","cardFamily":"Paraf","binNumber":"552879",'
    '"lastFourDigits":"0008","basketId":"B67832","currency":"TRY","itemTransactions":['
    '{"itemId":"BI101","paymentTransactionId":"10851937","transactionStatus":2,"price":0.3,'
    '"paidPrice":0.36,"merchantCommissionRate":20,"merchantCommissionRateAmount":0.06,'
    '"iyziCommissionRateAmount":0.00945,"iyziCommissionFee":0.075,"blockageRate":10,'
    '"blockageRateAmountMerchant":0.036,"blockageRateAmountSubMerchant":0,'
    '"blockageResolvedDate":"2018-06-13 13:52:22","subMerchantPrice":0,"subMerchantPayoutRate":0,'
    '"subMerchantPayoutAmount":0,"merchantPayoutAmount":0.23955,"convertedPayout":{'
    '"paidPrice":0.36,"iyziCommissionRateAmount":0.00945,"iyziCommissionFee":0.075,'
    '"blockageRateAmountMerchant":0.036,"blockageRateAmountSubMerchant":0,'
    '"subMerchantPayoutAmount":0,"merchantPayoutAmount":0.23955,"iyziConversionRate":0,'
    '"iyziConversionRateAmount":0,"currency":"TRY"}},'
    '{"itemId":"BI102","paymentTransactionId":"10851938","transactionStatus":2,"price":0.5,'
    '"paidPrice":0.6,"merchantCommissionRate":20,"merchantCommissionRateAmount":0.1,'
    '"iyziCommissionRateAmount":0.01575,"iyziCommissionFee":0.125,"blockageRate":10,'
    '"blockageRateAmountMerchant":0.06,"blockageRateAmountSubMerchant":0,'
    '"blockageResolvedDate":"2018-06-13 13:52:22","subMerchantPrice":0,"subMerchantPayoutRate":0,'
    '"subMerchantPayoutAmount":0,"merchantPayoutAmount":0.39925,"convertedPayout":{'
    '"paidPrice":0.6,"iyziCommissionRateAmount":0.01575,"iyziCommissionFee":0.125,'
    '"blockageRateAmountMerchant":0.06,"blockageRateAmountSubMerchant":0,'
    '"subMerchantPayoutAmount":0,"merchantPayoutAmount":0.39925,"iyziConversionRate":0,'
    '"iyziConversionRateAmount":0,"currency":"TRY"}},'
    '{"itemId":"BI103","paymentTransactionId":"10851939","transactionStatus":2,"price":0.2,'
    '"paidPrice":0.24,"merchantCommissionRate":20,"merchantCommissionRateAmount":0.04,'
    '"iyziCommissionRateAmount":0.0063,"iyziCommissionFee":0.05,"blockageRate":10,'
    '"blockageRateAmountMerchant":0.024,"blockageRateAmountSubMerchant":0,'
    '"blockageResolvedDate":"2018-06-13 13:52:22","subMerchantPrice":0,"subMerchantPayoutRate":0,'
    '"subMerchantPayoutAmount":0,"merchantPayoutAmount":0.1597,"convertedPayout":{'
    '"paidPrice":0.24,"iyziCommissionRateAmount":0.0063,"iyziCommissionFee":0.05,'
    '"blockageRateAmountMerchant":0.024,"blockageRateAmountSubMerchant":0,'
    '"subMerchantPayoutAmount":0,"merchantPayoutAmount":0.1597,"iyziConversionRate":0,'
    '"iyziConversionRateAmount":0,"currency":"TRY"}}],'
    '"authCode":"235467","phase":"AUTH","hostReference":"mock00001iyzihostrfn"'
)
# Of the values 10851936, TRY, B67832, 123456789, 1.2 and 1 under the client's secret.
SAMPLE_SIGNATURE = "181d70bde4c96dea2bea2106ba1dd1ff2e5f31ee12ad6bf181d9a572b1789488"
SAMPLE_APPROVED = Approved(auth_code="235467", reference="mock00001iyzihostrfn")


async def test_iyzico_payment_answers_the_documented_sample_to_the_last_digit(door) -> None:
    """The sample request gives the sample answer: every number, every key, in order; then the
    signature that newer answers add."""
    door.acquirer.script(SAMPLE_APPROVED)
    response = await door.send("/payment/auth", json.dumps(payment_request()).encode())
    assert response.status == 200
    assert response.body.decode() == f'{SAMPLE},"signature":"{SAMPLE_SIGNATURE}"}}'


async def test_iyzico_payment_passes_the_six_numbers_of_the_java_tests(current) -> None:
    """Price 1 and paidPrice 1.1 as JSON numbers: six amounts are compared with their scale."""
    current.acquirer.script(APPROVED)
    items = [item("BI101", 0.3), item("BI101", 0.5), item("BI101", 0.2)]
    body = payment_request(price=1, paidPrice=1.1, paymentGroup="LISTING", basketItems=items)
    response = await current.send("/payment/auth", json.dumps(body).encode())
    top, _, lines = response.body.decode().partition(',"itemTransactions":')
    for expected in (
        '"price":1,',
        '"paidPrice":1.1,',
        '"iyziCommissionRateAmount":0.02887500,',
        '"iyziCommissionFee":0.25000000,',
        '"merchantCommissionRate":10.00000000,',
        '"merchantCommissionRateAmount":0.1,',
    ):
        assert expected in top
    assert '"blockageResolvedDate":"2018-06-14 00:00:00"' in lines
    assert '"connectorName"' not in top


async def test_iyzico_fresh_answer_writes_zeros_like_the_live_service(current) -> None:
    """Computed zeros are `0E-8`, constants `0`, and the price keeps the scale it was sent with."""
    current.set_plan(blockage_rate_e8=0)
    current.acquirer.script(APPROVED)
    body = payment_request(price="1.0", paidPrice="1.0", basketItems=[item("BI101", "1.00")])
    response = await current.send("/payment/auth", json.dumps(body).encode())
    top, _, line = response.body.decode().partition(',"itemTransactions":')
    line, _, payout = line.partition('"convertedPayout":')
    assert '"price":1.0,"paidPrice":1.0,' in top
    assert '"merchantCommissionRate":0E-8,"merchantCommissionRateAmount":0.0,' in top
    assert '"price":1.00,"paidPrice":1.00000000,"merchantCommissionRate":0E-8' in line
    assert '"merchantCommissionRateAmount":0E-8,' in line
    assert '"blockageRate":0E-8,"blockageRateAmountMerchant":0E-8,' in line
    assert '"blockageRateAmountSubMerchant":0,' in line
    assert '"subMerchantPrice":0,"subMerchantPayoutRate":0E-8,"subMerchantPayoutAmount":0,' in line
    assert '"blockageRateAmountMerchant":0E-8,"blockageRateAmountSubMerchant":0E-8,' in payout
    assert '"subMerchantPayoutAmount":0E-8,' in payout
    assert '"iyziConversionRate":0,"iyziConversionRateAmount":0,' in payout


async def test_iyzico_stored_answer_has_eight_decimals_everywhere(current) -> None:
    """What comes from the books has lost the scale of the request."""
    paid = await current.pay(payment_request(price=1, paidPrice=1))
    response = await current.send(
        "/payment/detail", json.dumps({"paymentId": paid["paymentId"]}).encode()
    )
    text = response.body.decode()
    assert '"price":1.00000000,"paidPrice":1.00000000,' in text
    assert '"merchantCommissionRateAmount":0E-8,' in text
    assert '"price":0.30000000,"paidPrice":0.30000000,' in text


async def test_iyzico_signature_covers_the_amounts_as_answered(current) -> None:
    """Floats of PHP come back digit by digit, and the signature is over what comes back."""
    body = payment_request(
        price="10.01",
        paidPrice="10.209999999999999",
        basketItems=[item("BI101", "0.3"), item("BI102", "9.71")],
    )
    answer = await current.pay(body)
    assert answer["paidPrice"] == Decimal("10.209999999999999")
    assert answer["signature"] == response_signature(
        SECRET, ["10851936", "TRY", "B67832", "123456789", "10.209999999999999", "10.01"]
    )


async def test_iyzico_signature_leaves_places_empty_for_what_was_not_sent(door) -> None:
    """Without basketId and conversationId their places in the signature are empty."""
    body = payment_request(basketId="", conversationId=None)
    answer = await door.pay(body)
    assert "basketId" not in answer
    assert "conversationId" not in answer
    assert answer["signature"] == response_signature(
        SECRET, ["10851936", "TRY", "", "", "1.2", "1"]
    )


async def test_iyzico_payment_figures_of_a_recorded_postauth(door) -> None:
    """Price 10.01, paid 10.21 at 3.49 % without blockage: the figures of a recorded answer."""
    door.set_plan(rate_e8=3_490_000, blockage_rate_e8=0)
    body = payment_request(
        price="10.01",
        paidPrice="10.21",
        basketItems=[item("BI101", "0.3"), item("BI102", "9.71")],
    )
    answer = await door.pay(body)
    assert answer["merchantCommissionRate"] == Decimal("1.998002")
    assert answer["iyziCommissionRateAmount"] == Decimal("0.356329")
    figures = [
        (line["paidPrice"], line["iyziCommissionRateAmount"], line["iyziCommissionFee"])
        for line in answer["itemTransactions"]
    ]
    assert figures == [
        (Decimal("0.30599401"), Decimal("0.01067919"), Decimal("0.00749251")),
        (Decimal("9.90400599"), Decimal("0.34564981"), Decimal("0.24250749")),
    ]


async def test_iyzico_foreign_payment_is_converted_but_for_its_fee(door) -> None:
    """3 dollars at 3.0161: the fee is 0.25 lira, which are 0.0828885 dollars."""
    body = payment_request(
        price="3",
        paidPrice="3",
        currency="USD",
        paymentCard=card_fields(FOREIGN_PAN, cvc="123"),
        basketItems=[item("BI101", "3")],
    )
    answer = await door.pay(body)
    assert answer["currency"] == "USD"
    assert answer["iyziCommissionFee"] == Decimal("0.0828885")
    line = answer["itemTransactions"][0]
    assert line["iyziCommissionFee"] == Decimal("0.0828885")
    payout = line["convertedPayout"]
    assert payout["currency"] == "TRY"
    assert payout["paidPrice"] == Decimal("9.0483")
    assert payout["iyziCommissionRateAmount"] == Decimal("0.23751788")
    assert payout["iyziCommissionFee"] == Decimal("0.25")
    assert payout["blockageRateAmountMerchant"] == Decimal("0.90483")
    assert not {"cardType", "cardAssociation", "cardFamily"} & set(answer)
    assert answer["binNumber"] == "540001"

    door.set_plan(fee_e8=1)
    later = await door.call("/payment/detail", {"paymentId": answer["paymentId"]})
    payout = later["itemTransactions"][0]["convertedPayout"]
    assert payout["iyziCommissionFee"] == Decimal("0.25")


async def test_iyzico_payment_command_carries_what_was_sent(door) -> None:
    """Basket, channel, group, buyer and addresses reach the books; absent ones do not."""
    await door.pay(payment_request(paymentChannel="MOBILE_IOS", paymentGroup=None))
    (payment,) = door.books.payments.values()
    assert (payment.channel, payment.group) == ("MOBILE_IOS", "PRODUCT")
    assert [line.name for line in payment.lines] == ["Binocular", "Game code", "Usb"]
    assert payment.lines[0].subcategory == "Usb / Cable"
    assert payment.parties["buyer"]["identityNumber"] == "74300864791"
    assert payment.parties["shippingAddress"]["contactName"] == "Jane Doe"
    assert payment.parties["billingAddress"]["zipCode"] == "34742"
    await door.pay(basic_request(), "/payment/auth/basic")
    *_, basic = door.books.payments.values()
    assert basic.parties == {
        "buyer": {"id": "B2323", "email": "email@email.com", "ip": "85.34.78.112"}
    }


async def test_iyzico_preauth_is_a_hold(door) -> None:
    """A pre-authorization reserves the money: phase PRE_AUTH, and the bank is asked for a hold."""
    answer = await door.pay(payment_request(), "/payment/preauth")
    assert answer["phase"] == "PRE_AUTH"
    assert "paymentStatus" not in answer
    (payment,) = door.books.payments.values()
    assert payment.kind is PaymentKind.HOLD


async def test_iyzico_registered_card_pays_again(door) -> None:
    """registerCard 1 gives cardUserKey and cardToken, which pay without number and code."""
    card = card_fields(cvc="123", registerCard=1, cardAlias="my card")
    first = await door.pay(payment_request(paymentCard=card))
    names = {name: first[name] for name in ("cardUserKey", "cardToken")}
    second = await door.pay(payment_request(paymentCard=names))
    assert second["status"] == "success"
    assert second["lastFourDigits"] == "0008"
    assert {name: second[name] for name in names} == names
    keys = list(first)
    assert keys.index("cardFamily") + 1 == keys.index("cardToken")
    assert keys.index("cardUserKey") + 1 == keys.index("binNumber")
    listed = await door.call("/cardstorage/cards", {"cardUserKey": first["cardUserKey"]})
    assert [entry["cardAlias"] for entry in listed["cardDetails"]] == ["my card"]


async def test_iyzico_card_can_be_registered_for_a_known_user(door) -> None:
    """With cardUserKey the registered card joins that user's cards."""
    created = await door.call("/cardstorage/card", card_request())
    card = card_fields(cvc="123", registerCard="1", cardUserKey=created["cardUserKey"])
    paid = await door.pay(payment_request(paymentCard=card))
    assert paid["cardUserKey"] == created["cardUserKey"]
    listed = await door.call("/cardstorage/cards", {"cardUserKey": paid["cardUserKey"]})
    assert len(listed["cardDetails"]) == 2


async def test_iyzico_code_of_a_stored_card_reaches_the_bank(door) -> None:
    """A cvc beside a stored card is passed on; without one there is none."""
    created = await door.call("/cardstorage/card", card_request())
    names = {name: created[name] for name in ("cardUserKey", "cardToken")}
    await door.pay(payment_request(paymentCard={**names, "cvc": "123"}))
    await door.pay(payment_request(paymentCard=names))
    assert [ask.card.has_cvv for _, ask in door.acquirer.asks] == [True, False]


async def test_iyzico_decline_names_code_and_group_but_no_payment(door) -> None:
    """The bank's no is a failure with the bank's code."""
    door.acquirer.script(Declined(reason=DeclineReason.INSUFFICIENT_FUNDS, code="51"))
    assert await door.call("/payment/auth", payment_request(locale="en")) == {
        "status": "failure",
        "errorCode": "10051",
        "errorMessage": "Insufficient funds",
        "errorGroup": "NOT_SUFFICIENT_FUNDS",
        "locale": "en",
        "systemTime": SAMPLE_TIME_MS,
        "conversationId": "123456789",
    }


@pytest.mark.parametrize(
    ("path", "request_of"),
    [
        ("/payment/auth", payment_request),
        ("/payment/auth/basic", basic_request),
    ],
)
async def test_iyzico_rejected_payment_is_a_failure_with_its_figures(
    door, path, request_of
) -> None:
    """Fraud -1: error 6001, the payment's fields, and the money given back."""
    door.acquirer.script(
        Approved(auth_code="235467", reference="ref", risk=Risk.REJECTED),
        Approved(auth_code="235468", reference="void"),
    )
    answer = await door.call(path, request_of())
    assert (answer["status"], answer["errorCode"]) == ("failure", "6001")
    assert answer["paidPrice"] == Decimal("1.2")
    if path == "/payment/auth":
        assert answer["fraudStatus"] == -1
        assert {line["transactionStatus"] for line in answer["itemTransactions"]} == {-1}
    detail = await door.call("/payment/detail", {"paymentId": answer["paymentId"]})
    assert (detail["status"], detail["errorCode"]) == ("failure", "6001")
    assert (detail["fraudStatus"], detail["paymentStatus"]) == (-1, "FAILURE")


async def test_iyzico_payment_under_review_is_a_success_to_wait_for(door) -> None:
    """Fraud 0: a success whose lines are not payable yet."""
    door.acquirer.script(Approved(auth_code="235467", reference="ref", risk=Risk.REVIEW))
    answer = await door.call("/payment/auth", payment_request())
    assert (answer["status"], answer["fraudStatus"]) == ("success", 0)
    assert {line["transactionStatus"] for line in answer["itemTransactions"]} == {0}


async def test_iyzico_independent_lines_round_one_by_one() -> None:
    """Three equal lines share a fee of 0.25 as the switch says."""
    items = [item(f"BI{place}", "1") for place in range(3)]
    body = payment_request(price="3", paidPrice="3", basketItems=items)
    sums = []
    for reading in ("exact", "independent"):
        door = IyzicoDoor(overrides={"line_split": reading})
        answer = await door.pay(body)
        sums.append(sum(line["iyziCommissionFee"] for line in answer["itemTransactions"]))
    assert sums == [Decimal("0.25"), Decimal("0.24999999")]


async def test_iyzico_system_time_is_that_of_the_answer(door) -> None:
    """A slow bank shows in systemTime."""

    async def take_time(_operation, _ask) -> None:
        door.clock.advance(ms=1500)

    door.acquirer.on_ask = take_time
    answer = await door.pay(payment_request())
    assert answer["systemTime"] == SAMPLE_TIME_MS + 1500


async def test_iyzico_answers_hold_no_null(door) -> None:
    """What has no value is left out."""
    door.acquirer.script(APPROVED)
    body = json.dumps(payment_request(basketId=None, conversationId=None)).encode()
    assert b"null" not in (await door.send("/payment/auth", body)).body
