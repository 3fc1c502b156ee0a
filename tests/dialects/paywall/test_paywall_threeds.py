"""Payments with 3-D Secure: the first call, the page to the bank, and the way back."""

import hashlib
import uuid

import msgspec
import pytest

from fakes.acquirer import APPROVED, BANK_PAGE, returned_for
from fakes.audit import MemoryAudit
from fakes.paywall_house import PUBLIC_KEY, ROTATION, PayWallHouse
from fakes.paywall_payments import (
    FAIL_URL,
    HOST,
    PAN,
    SUCCESS_URL,
    PayWallShop,
    decoded,
    form_in,
    payment_request,
    saving,
    stored,
)
from vezne.core.answer import Approved, Declined, DeclineReason, Risk, Unknown
from vezne.core.authentication import LIFE_MS
from vezne.core.changes import AddPayment
from vezne.core.payment import PaymentKind, PaymentState
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.paywall.callback import callback_hash
from vezne.dialects.paywall.routes import door
from vezne.dialects.paywall.switches import switches_for
from vezne.edge.app import Dispatcher
from vezne.flows.authenticate import receive
from vezne.vault.holding import Holding

FIELDS = [
    "date",
    "status",
    "errorCode",
    "errorMessage",
    "paymentCode",
    "uniqueCode",
    "amount",
    "installment",
    "paymentId",
    "providerErrorCode",
    "providerErrorMessage",
    "providerBankErrorCode",
    "providerBankErrorMessage",
    "cardSaved",
    "cardSavedUniqueCode",
    "trackingCode",
    "paymentGatewayId",
    "paymentGatewayName",
    "paymentGatewayProviderName",
    "hash",
    "hashFormat",
    "hashKeyType",
]
FUNDS = Declined(reason=DeclineReason.INSUFFICIENT_FUNDS, code="51")
END = "payment/end3d"
CODE = {"MerchantUniqueCode": "order-1"}


@pytest.fixture
def shop(house: PayWallHouse) -> PayWallShop:
    return PayWallShop(house)


async def test_paywall_threeds_answers_as_documented(shop) -> None:
    """Every field of the sample answer; the bank is told where to send the browser."""
    answer = await shop.begin()
    payment = await shop.last()
    guid = answer["Body"]["Payment"]["UniqueCode"]
    assert str(uuid.UUID(guid)) == guid
    assert answer == {
        "ErrorCodeType": 1,
        "ErrorMessage": None,
        "ErrorCode": 0,
        "Result": True,
        "Message": "Success",
        "Body": {
            "Message": None,
            "RedirectUrl": f"https://{HOST}/paywall/callback?UniqueNumber={guid}",
            "Payment": {
                "PaymentId": payment.number,
                "ActivityId": payment.number + 3,
                "UniqueCode": guid,
                "MerchantUniqueKey": "order-1",
            },
        },
    }
    (ask,) = shop.bank.begun
    assert ask.return_url == f"https://{HOST}/3ds/return/scripted"
    assert payment.state is PaymentState.AUTHENTICATING
    found = await shop.query()
    assert (found["StatusId"], found["StatusName"], found["Status"]) == (1, "Oluşturuldu", False)
    assert (found["PaymentMethodId"], found["IsThreeDSecure"]) == (1, True)


async def test_paywall_threeds_page_leads_to_the_bank(shop) -> None:
    """RedirectUrl shows a form with the bank's challenge, as often as it is opened."""
    url = (await shop.begin())["Body"]["RedirectUrl"]
    payment = await shop.last()
    for spelled in (
        url,
        url.replace("UniqueNumber", "uniquenumber"),
        url.replace("/paywall", "/PayWall"),
    ):
        response = await shop.open(spelled)
        form = form_in(response)
        assert (form.action, form.method) == (BANK_PAGE, "post")
        assert form.fields == {"order": str(payment.number)}


async def test_paywall_threeds_pass_brings_every_field_home(shop) -> None:
    """The payment is complete when the browser comes back; the hash is as documented."""
    guid = (await shop.begin())["Body"]["Payment"]["UniqueCode"]
    form = await shop.come_back(1, APPROVED)
    payment = await shop.last()
    assert payment.state is PaymentState.CAPTURED
    fields = dict(form.fields)
    assert [name for name, _ in form.fields] == FIELDS
    signed = f"{PUBLIC_KEY}###{payment.number}###order-1###100.50###1"
    assert form.action == SUCCESS_URL
    assert fields == {
        "date": "2018-06-06T13:52:22.3930000",
        "status": "Success",
        "errorCode": "0",
        "errorMessage": "",
        "paymentCode": guid,
        "uniqueCode": "order-1",
        "amount": "100.50",
        "installment": "1",
        "paymentId": str(payment.number),
        "providerErrorCode": "",
        "providerErrorMessage": "",
        "providerBankErrorCode": "",
        "providerBankErrorMessage": "",
        "cardSaved": "false",
        "cardSavedUniqueCode": "",
        "trackingCode": "track-1",
        "paymentGatewayId": "1",
        "paymentGatewayName": "scripted",
        "paymentGatewayProviderName": "scripted",
        "hash": hashlib.sha256(signed.encode()).hexdigest(),
        "hashFormat": "Payment",
        "hashKeyType": "1",
    }


def test_paywall_threeds_hash_vector() -> None:
    """A value computed apart from this code, with sha256sum over the documented text."""
    assert (
        callback_hash(b"secret", ["2095851", "3ef9ef3f-5cc8-46bf-84ee-03f665c698c6", "1.00", "1"])
        == "20449c5326d823e846256b16cb9d17edb67095d559749dbd210eb61173266d8f"
    )


async def test_paywall_threeds_fail_goes_to_the_other_address(shop) -> None:
    """The bank does not vouch: no money moves, and the form says so."""
    await shop.begin()
    form = await shop.come_back(0)
    fields = dict(form.fields)
    assert form.action == FAIL_URL
    assert (fields["status"], fields["errorCode"]) == ("Unsuccessful", "1")
    assert decoded({"m": fields["errorMessage"]}) == {"m": "Başarısız"}
    assert len(fields["hash"]) == 64
    assert shop.bank.asks == []
    found = await shop.query()
    assert (found["StatusId"], found["Error"]["AnyError"]) == (5, True)


async def test_paywall_threeds_decline_after_the_bank_vouched(shop) -> None:
    """The authorization is declined: the form says what the bank said."""
    await shop.begin()
    fields = dict((await shop.come_back(1, FUNDS)).fields)
    assert (fields["status"], fields["errorCode"]) == ("Unsuccessful", "1")
    assert fields["providerErrorCode"] == "INSUFFICIENT_FUNDS"
    assert fields["providerErrorMessage"] == "Kart limiti yetersiz, yetersiz bakiye"
    assert fields["providerBankErrorCode"] == "51"


async def test_paywall_threeds_silence_after_the_bank_vouched(shop) -> None:
    """Error 88 tells the merchant to ask what became of the payment."""
    await shop.begin()
    fields = dict((await shop.come_back(1, Unknown(why="time-out"))).fields)
    assert (fields["status"], fields["errorCode"]) == ("Unsuccessful", "88")
    assert (await shop.query())["StatusId"] == 14


async def test_paywall_threeds_fraud_is_undone(shop) -> None:
    """A payment that the fraud filter rejects comes home as a failure."""
    await shop.begin()
    rejected = Approved(auth_code="1", reference="r", risk=Risk.REJECTED)
    fields = dict((await shop.come_back(1, rejected, APPROVED)).fields)
    assert (fields["status"], fields["errorCode"]) == ("Unsuccessful", "78")


async def test_paywall_threeds_repeated_return_is_the_same(shop) -> None:
    """A browser that comes back twice gets the same form, and the bank is asked once.

    So it does after the payment was captured, given back or opened by its RedirectUrl.
    """
    url = (await shop.begin())["Body"]["RedirectUrl"]
    first = await shop.come_back(1, APPROVED)
    assert await shop.come_back(1) == first
    form = form_in(await shop.open(url))
    assert (form.action, form.fields) == (SUCCESS_URL, dict(first.fields))
    shop.bank.script(APPROVED)
    assert (await shop.post("private/cancel", CODE))["Result"] is True
    assert await shop.come_back(1) == first
    assert len(shop.bank.asks) == 2


async def test_paywall_threeds_half_3d_is_a_hold(shop) -> None:
    """Half3D: Success with status 3, and provision takes the money."""
    await shop.begin(detail={"Half3D": True})
    assert dict((await shop.come_back(1, APPROVED)).fields)["status"] == "Success"
    payment = await shop.last()
    assert (payment.kind, payment.state) == (PaymentKind.HOLD, PaymentState.AUTHORIZED)
    found = await shop.query()
    assert (found["StatusId"], found["PaymentMethodId"]) == (3, 3)
    shop.bank.script(APPROVED)
    assert (await shop.post("payment/provision", CODE))["Message"] == "Success"
    assert (await shop.query())["StatusId"] == 4


async def test_paywall_threeds_stores_the_card_after_success(shop) -> None:
    """CardSave: the callback has the code, with which the card pays."""
    await shop.begin(card=saving())
    fields = dict((await shop.come_back(1, APPROVED)).fields)
    assert fields["cardSaved"] == "true"
    (listed,) = await shop.house.list()
    assert (listed["Name"], listed["UniqueCode"]) == ("Kartım", fields["cardSavedUniqueCode"])
    answer = await shop.pay(
        detail={"MerchantUniqueCode": "order-2"}, card=stored(fields["cardSavedUniqueCode"])
    )
    assert answer["Result"] is True


async def test_paywall_threeds_tells_of_no_card_that_is_gone(shop) -> None:
    """A browser that comes back again after the stored card was deleted brings no code for it."""
    await shop.begin(card=saving())
    code = dict((await shop.come_back(1, APPROVED)).fields)["cardSavedUniqueCode"]
    gone = {"RelationalId1": "1000923", "UniqueCode": code}
    assert (await shop.house.call("DELETE", "/paywall/card", gone))["Result"] is True
    fields = dict((await shop.come_back(1)).fields)
    assert (fields["cardSaved"], fields["cardSavedUniqueCode"]) == ("false", "")


async def test_paywall_threeds_stores_nothing_after_a_failure(shop) -> None:
    """Neither the cardholder's no nor the bank's stores a card."""
    await shop.begin(card=saving())
    assert dict((await shop.come_back(0)).fields)["cardSaved"] == "false"
    await shop.begin(card=saving())
    assert dict((await shop.come_back(1, FUNDS)).fields)["cardSaved"] == "false"
    assert await shop.house.list() == []


async def test_paywall_threeds_with_a_stored_card(shop) -> None:
    """A UniqueCode pays with 3-D Secure as well, with the code that ForceCvv sends along."""
    card = await shop.house.store(card={"Number": PAN, "Year": 2030})
    await shop.begin(card=stored(card["UniqueCode"], Cvv="123", ForceCvv=True))
    assert dict((await shop.come_back(1, APPROVED)).fields)["status"] == "Success"
    ((_, ask),) = shop.bank.asks
    assert (ask.card.token is not None, ask.card.has_cvv) == (True, True)
    assert (await shop.query())["UsedSavedCard"] is True


async def test_paywall_threeds_bank_refuses_to_begin(shop) -> None:
    """No page to go to: an error with the bank's words, and the code may be used again."""
    shop.bank.script_begin(FUNDS)
    answer = await shop.begin()
    assert (answer["ErrorCode"], answer["Result"]) == (1, False)
    assert answer["Body"]["RedirectUrl"] is None
    assert decoded(answer["Body"]["Error"])["BankErrorCode"] == "51"
    assert (await shop.query())["StatusId"] == 5
    assert (await shop.begin())["Result"] is True


@pytest.mark.parametrize(
    ("field", "code"), [("MerchantSuccessBackUrl", 11), ("MerchantFailBackUrl", 12)]
)
@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example",
        "ftp://shop.example/",
        "javascript:alert(1)",
        "https://user@shop.example/",
        "https://shop.example\\@evil.example/",
        "https://shop.example:0/",
        "https://shop.example:99999/",
        "https://shop.example/" + "x" * 250,
        "https://shop.example/?card=5400010000000004",
    ],
)
async def test_paywall_threeds_back_urls(shop, field, code, url) -> None:
    """Only an absolute web address of up to 250 characters; a payment without one is not begun."""
    answer = await shop.begin(detail={field: url})
    assert (answer["ErrorCode"], answer["Body"]) == (code, None)
    assert shop.bank.begun == []


async def test_paywall_threeds_host_must_be_one(shop) -> None:
    """What goes into addresses is not taken from any Host header."""
    for host in ("", "evil.example/path", "a b"):
        answer = await shop.post("payment/start3d", payment_request(), {"host": host})
        assert answer["ErrorCode"] == 2


async def test_paywall_threeds_page_of_an_unknown_payment(shop) -> None:
    """A page with HTTP 404, for GUIDs of nothing and of payments without 3-D Secure."""
    plain = await shop.pay()
    direct = plain["Body"]["Payment"]["UniqueCode"]
    for query in (
        "",
        "?UniqueNumber=",
        "?UniqueNumber=nonsense",
        "?UniqueNumber=3ef9ef3f-5cc8-46bf-84ee-03f665c698c6",
        f"?UniqueNumber={direct}",
        f"?Other={direct}",
    ):
        response = await shop.house.send("GET", f"/paywall/callback{query}", b"", {})
        assert response.status == 404
        assert b"Payment not found" in response.body
        assert (b"content-type", b"text/html; charset=utf-8") in response.headers
        assert (b"content-type", b"application/json; charset=utf-8") not in response.headers


async def test_paywall_threeds_page_after_time_ran_out(shop) -> None:
    """A RedirectUrl that is opened too late leads to the merchant, and the payment has failed."""
    url = (await shop.begin())["Body"]["RedirectUrl"]
    shop.house.clock.advance(ms=LIFE_MS)
    assert (await shop.query())["StatusId"] == 5
    form = form_in(await shop.open(url))
    assert (form.action, form.fields["status"]) == (FAIL_URL, "Unsuccessful")
    assert form.fields["providerErrorCode"] == "TIMEOUT"
    assert (await shop.last()).state is PaymentState.UNAUTHENTICATED


async def test_paywall_threeds_page_after_a_restart(shop) -> None:
    """The card is lost: no browser goes to the bank for it, and the payment has failed."""
    url = (await shop.begin())["Body"]["RedirectUrl"]
    shop.house.vault._holding = Holding(shop.house.clock, shop.house.ports.entropy)
    assert (await shop.query())["StatusId"] == 5
    form = form_in(await shop.open(url))
    assert (form.action, form.fields["status"]) == (FAIL_URL, "Unsuccessful")


async def test_paywall_threeds_hash_is_over_what_arrives(shop) -> None:
    """Browsers send line ends as two characters, so these are signed."""
    await shop.begin(detail={"MerchantUniqueCode": "a\nb"})
    form = await shop.come_back(1, APPROVED)
    fields = dict(form.fields)
    assert fields["uniqueCode"] == "a\r\nb"
    signed = f"{PUBLIC_KEY}###{fields['paymentId']}###a\r\nb###100.50###1"
    assert fields["hash"] == hashlib.sha256(signed.encode()).hexdigest()


async def test_paywall_threeds_return_after_time_ran_out(shop) -> None:
    """A bank's word that comes too late counts for nothing."""
    await shop.begin()
    shop.house.clock.advance(ms=LIFE_MS)
    form = await shop.come_back(1)
    assert (form.action, shop.bank.asks) == (FAIL_URL, [])


async def test_paywall_threeds_second_browser_while_the_bank_is_asked(shop) -> None:
    """Nobody is told an outcome that is not known: a page asks for patience."""
    url = (await shop.begin())["Body"]["RedirectUrl"]
    statuses = []

    async def come_too(_operation: object, _ask: object) -> None:
        statuses.append((await shop.open(url)).status)
        with pytest.raises(Refusal) as refused:
            await shop.house.door.conclude(await shop.last())
        assert refused.value.reason is Reason.OPERATION_IN_FLIGHT

    shop.bank.on_ask = come_too
    assert (await shop.come_back(1, APPROVED)).action == SUCCESS_URL
    assert statuses == [409]


async def test_paywall_threeds_key_that_works_no_more(shop) -> None:
    """Without the merchant's key the payment is given up, and the form has no hash."""
    await shop.begin()
    known = shop.house.merchants._known
    known.pop(next(pair for pair in known if pair[0] == "paywall.public"))
    form = await shop.come_back(1)
    assert form.action == FAIL_URL
    assert "hash" not in dict(form.fields)
    assert shop.bank.asks == []
    assert (await shop.last()).state is PaymentState.UNAUTHENTICATED


async def test_paywall_threeds_card_blocked_meanwhile(shop) -> None:
    """What keeps the payment from its authorization ends it: nothing can be charged afterwards."""
    await shop.begin()
    block = {"RelationalId1": "1", "IsSavedCard": False, "CardNumber": PAN}
    assert (await shop.house.call("POST", "/paywall/blacklist/card", block))["Result"] is True
    form = await shop.come_back(1)
    assert (form.action, shop.bank.asks) == (FAIL_URL, [])
    assert dict(form.fields)["status"] == "Unsuccessful"
    assert (await shop.query())["StatusId"] == 5
    unblock = {"IsSavedCard": False, "CardNumber": PAN}
    assert (await shop.house.call("DELETE", "/paywall/blacklist/card", unblock))["Result"] is True
    assert (await shop.post(END, CODE))["ErrorCode"] == 7
    assert (await shop.come_back(1)).action == FAIL_URL
    assert shop.bank.asks == []


async def test_paywall_threeds_completed_by_another_request_meanwhile(shop) -> None:
    """Who comes second, with the payment as it was before, brings the outcome of the first home."""
    await shop.begin()
    before = await receive(returned_for(await shop.last()), shop.house.ports)
    first = await shop.come_back(1, APPROVED)
    assert await shop.house.door.conclude(before) == first
    assert first.action == SUCCESS_URL
    assert len(shop.bank.asks) == 1


async def test_paywall_threeds_end_is_for_3d_payments_of_this_door(shop) -> None:
    """A payment without 3-D Secure, or another door's, is none that end3d may complete (92)."""
    await shop.pay(detail={"Half2D": True})
    assert (await shop.post(END, CODE))["ErrorCode"] == 92
    assert (await shop.last()).state is PaymentState.AUTHORIZED
    await shop.begin(detail={"MerchantUniqueCode": "order-2"})
    passed = await receive(returned_for(await shop.last()), shop.house.ports)
    other = msgspec.structs.replace(
        passed,
        number=passed.number + 1000,
        version=1,
        door="iyzico",
        conversation_id="order-3",
    )
    await shop.house.ports.books.apply([AddPayment(other)])
    asked = len(shop.bank.asks)
    assert (await shop.post(END, {"MerchantUniqueCode": "order-3"}))["ErrorCode"] == 92
    assert len(shop.bank.asks) == asked


async def test_paywall_threeds_needs_a_payment_with_3d(shop) -> None:
    """The way back is for payments with 3-D Secure only."""
    await shop.paid()
    with pytest.raises(Refusal):
        await shop.house.door.conclude(await shop.last())


async def test_paywall_threeds_end_repeats_the_outcome(shop) -> None:
    """end3d of older clients: success for a payment that is complete, as often as it is asked."""
    await shop.begin()
    waiting = await shop.post(END, CODE)
    assert (waiting["ErrorCode"], waiting["Result"]) == (1, False)
    await shop.come_back(1, APPROVED)
    for _ in range(2):
        answer = await shop.post(END, CODE)
        assert (answer["ErrorCode"], answer["Message"], answer["Body"]) == (0, "", None)
    assert len(shop.bank.asks) == 1


async def test_paywall_threeds_end_captures_a_hold(shop) -> None:
    """With Half3D end3d does what provision does, once."""
    await shop.begin(detail={"Half3D": True})
    await shop.come_back(1, APPROVED)
    shop.bank.script(APPROVED)
    for _ in range(2):
        assert (await shop.post(END, CODE))["Result"] is True
    assert (await shop.query())["StatusId"] == 4


async def test_paywall_threeds_end_completes_what_was_left(shop) -> None:
    """A payment whose browser came back while the house fell over is completed by end3d."""
    await shop.begin()
    await receive(returned_for(await shop.last()), shop.house.ports)
    assert (await shop.query())["StatusName"] == "Ara İşlem"
    shop.bank.script(APPROVED)
    assert (await shop.post(END, CODE))["Result"] is True
    assert (await shop.last()).state is PaymentState.CAPTURED


async def test_paywall_threeds_end_of_failures(shop) -> None:
    """7 for a payment that came to nothing, 88 for one whose outcome nobody knows."""
    await shop.begin()
    await shop.come_back(0)
    assert (await shop.post(END, CODE))["ErrorCode"] == 7
    await shop.begin()
    await shop.come_back(1, Unknown(why="time-out"))
    assert (await shop.post(END, CODE))["ErrorCode"] == 88


async def test_paywall_threeds_speaks_english(shop) -> None:
    """The locale of the first call is the language of the way and of the callback's texts."""
    await shop.post("payment/start3d", payment_request(), {"locale": "en"})
    form = await shop.come_back(1, FUNDS)
    fields = dict(form.fields)
    assert form.language == "en"
    assert decoded({"m": fields["errorMessage"]}) == {"m": "Unsuccessful"}
    assert fields["providerErrorMessage"] == "Insufficient funds"


async def test_paywall_threeds_public_url_is_where_browsers_go(house) -> None:
    """Behind a proxy the setting counts, not the Host header."""
    switches = switches_for("classic", {})
    shop = PayWallShop(house)
    opened = door(
        house.ports, house.merchants, house.vault.names, switches, ROTATION, "https://pay.shop"
    )
    house._dispatcher = Dispatcher((opened,), house.vault.intake, MemoryAudit())
    answer = await shop.begin()
    assert answer["Body"]["RedirectUrl"].startswith("https://pay.shop/paywall/callback?")
    (ask,) = shop.bank.begun
    assert ask.return_url == "https://pay.shop/3ds/return/scripted"
