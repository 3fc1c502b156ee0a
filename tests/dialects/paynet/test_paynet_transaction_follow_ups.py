"""Capture, reversal and refund: what may follow a transaction, and on which day."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
import pytest

from fakes.paynet_house import OTHER_SECRET_KEY, PUBLISHABLE_KEY, JsonObject, PaynetHouse
from fakes.paynet_payments import (
    HOLD,
    PAYMENT,
    direct_request,
    only,
    paid,
    paid_elsewhere,
    stored,
)
from vezne.core.answer import Approved, Declined, DeclineReason, Unknown
from vezne.core.attempt import Operation
from vezne.core.changes import Change, Conflict
from vezne.core.money import UNIT
from vezne.core.payment import PaymentKind, PaymentState
from vezne.core.ports import Books
from vezne.dialects.paynet import answers
from vezne.flows.refund import RefundPayment, refund_payment

CAPTURE = "/v1/transaction/capture"
REVERSE = "/v1/transaction/reversed_request"
REVERSE_HOLD = "/v1/transaction/preauth_reversal"
REVERSE_CAPTURE = "/v1/transaction/capture_reversal"
DETAIL = "/v1/transaction/detail"
ALL = (CAPTURE, REVERSE, REVERSE_HOLD, REVERSE_CAPTURE)

FOLLOW_UP = Approved(auth_code="999888", reference="follow-up-1")
DECLINED = Declined(reason=DeclineReason.NEEDS_DAY_END, code="95")
SILENCE = Unknown(why="silence")


async def detail(house: PaynetHouse, payment: JsonObject) -> JsonObject:
    """What detail says of a payment."""
    return only(await house.call(DETAIL, {"xact_id": payment["xact_id"]}))


async def captured(house: PaynetHouse, **changes: object) -> JsonObject:
    """A hold that was captured on its day."""
    hold = await paid(house, **HOLD)
    house.acquirer.script(FOLLOW_UP)
    return await house.call(CAPTURE, {"xact_id": hold["xact_id"], **changes})


async def test_capture_says_every_field(house: PaynetHouse) -> None:
    """The answer of a charge, as transaction type 4, with the capture's own approval."""
    hold = await paid(house, agent_id="600222", user_id="ayşe", **HOLD)
    assert hold["transaction_type"] == "3"
    house.acquirer.script(FOLLOW_UP)
    answer = await house.call(CAPTURE, {"xact_id": hold["xact_id"]})
    expected: JsonObject = {
        "id": hold["id"],
        "xact_id": hold["xact_id"],
        "xact_date": "2018-06-06T13:52:22.3930000+03:00",
        "transaction_type": "4",
        "pos_type": "5",
        "is_tds": False,
        "agent_id": "600222",
        "user_id": "ayşe",
        "email": "oxxxx@gmail.com",
        "phone": "5XXXXXXXXX",
        "bank_id": "AXSS",
        "instalment": 0,
        "ratio": Decimal("0.02625"),
        "card_no_masked": "435508******4358",
        "card_holder": "Gökhan Öztorun",
        "amount": Decimal("20.50"),
        "net_amount": Decimal("19.87"),
        "comission": Decimal("0.54"),
        "comission_tax": Decimal("0.10"),
        "currency": "TL",
        "authorization_code": "999888",
        "reference_code": "follow-up-1",
        "reference_no": "order-1",
        "is_succeed": True,
        "paynet_error_id": "",
        "bank_error_id": "",
        "card_type": "cc",
        "card_brand_name": "VISA",
        "card_logo_url": "https://pay.example/img/banklogo/small/AXSS.png",
        "object_name": "transaction",
        "code": 0,
        "message": "Başarılı İşlem",
    }
    assert {name: answer[name] for name in expected} == expected
    assert set(answers.Charged.__struct_fields__) < set(answer)
    row = await detail(house, hold)
    assert (row["transaction_type"], row["xact_type_desc"]) == ("4", "Finansallaştırma")


@pytest.mark.parametrize("name", ["xact", "reference_no"])
async def test_capture_of_a_part(house: PaynetHouse, name: str) -> None:
    """Kuruş, and less than was held; the figures are those of what was taken."""
    hold = await paid(house, **HOLD)
    house.acquirer.script(FOLLOW_UP)
    named = {"xact": hold["id"], "reference_no": "order-1"}
    answer = await house.call(CAPTURE, {name: named[name], "amount": "1000"})
    assert (answer["amount"], answer["net_amount"]) == (Decimal("10.00"), Decimal("9.69"))
    operation, ask = house.acquirer.asks[-1]
    assert (operation, ask.amount_e8) == (Operation.CAPTURE, 10 * UNIT)


@pytest.mark.parametrize("amount", ["2050", 0, "", None, 2050.0])
async def test_capture_of_all(house: PaynetHouse, amount: object) -> None:
    """No amount, zero, and the amount that was held."""
    assert (await captured(house, amount=amount))["amount"] == Decimal("20.50")


@pytest.mark.parametrize(
    ("amount", "refused"), [("2051", (400, 6)), (-1, (400, 11)), ("12,5", (400, 11))]
)
async def test_capture_of_more_is_refused(
    house: PaynetHouse, amount: object, refused: tuple[int, int]
) -> None:
    """No more than was held, and nothing asked of the bank."""
    hold = await paid(house, **HOLD)
    body = {"xact_id": hold["xact_id"], "amount": amount}
    assert await house.refused(CAPTURE, body) == refused
    assert (await stored(house, hold["id"])).state is PaymentState.AUTHORIZED


async def test_capture_only_once_and_only_of_holds(house: PaynetHouse) -> None:
    """A sale and a captured hold have nothing to take."""
    for payment in (await paid(house, reference_no="sale"), await captured(house)):
        assert await house.refused(CAPTURE, {"xact_id": payment["xact_id"]}) == (400, 6)


async def test_declined_capture_is_an_answer(house: PaynetHouse) -> None:
    """HTTP 200 without success, the bank's reason, and the hold as it was."""
    hold = await paid(house, **HOLD)
    house.acquirer.script(DECLINED, FOLLOW_UP)
    answer = await house.call(CAPTURE, {"xact_id": hold["xact_id"]})
    assert (answer["code"], answer["is_succeed"], answer["bank_error_id"]) == (1, False, "95")
    assert "Gün sonu" in str(answer["paynet_error_message"])
    assert (await house.call(CAPTURE, {"xact_id": hold["xact_id"]}))["is_succeed"] is True


@pytest.mark.parametrize(("path", "terms"), [(CAPTURE, HOLD), (REVERSE, {}), (REVERSE_HOLD, HOLD)])
async def test_silence_is_no_answer(house: PaynetHouse, path: str, terms: JsonObject) -> None:
    """A time-out; until the truth is known nothing else may follow."""
    payment = await paid(house, **terms)
    house.acquirer.script(SILENCE)
    body = {"xact_id": payment["xact_id"]}
    assert await house.refused(path, body) == (500, 10)
    assert await house.refused(path, body) == (500, 10)
    assert len(house.acquirer.asks) == 2


async def test_cancel_on_the_day(house: PaynetHouse) -> None:
    """The whole is voided; asked again, code 100 says that it was done before."""
    payment = await paid(house)
    house.acquirer.script(FOLLOW_UP)
    body = {"xact_id": payment["xact_id"], "succeedUrl": "https://www.merchant.com/done"}
    answer = await house.call(REVERSE, body)
    assert answer == {
        "object_name": "transaction_reversed_request",
        "code": 0,
        "message": "Başarılı İşlem",
    }
    assert house.acquirer.asks[-1][0] is Operation.VOID
    row = await detail(house, payment)
    assert (row["reversed"], row["is_succeed"]) == (True, True)
    again = await house.call(REVERSE, body)
    assert (again["code"], again["message"]) == (100, "Önceki Başarılı İşlem")
    assert await house.refused(REVERSE, {**body, "amount": 100}) == (400, 6)


@pytest.mark.parametrize("amount", ["2050", 0, None])
async def test_whole_amount_is_a_cancel(house: PaynetHouse, amount: object) -> None:
    """Naming the whole amount, or zero, is naming none."""
    payment = await paid(house)
    house.acquirer.script(FOLLOW_UP)
    await house.call(REVERSE, {"xact_id": payment["xact_id"], "amount": amount})
    assert (await stored(house, payment["id"])).state is PaymentState.VOIDED


@pytest.mark.parametrize("amount", [2049, 2051, "1"])
async def test_no_part_on_the_day(house: PaynetHouse, amount: object) -> None:
    """Until midnight in Istanbul only the whole can be cancelled."""
    payment = await paid(house)
    body = {"xact_id": payment["xact_id"], "amount": amount}
    assert await house.refused(REVERSE, body) == (400, 6)
    assert (await stored(house, payment["id"])).state is PaymentState.CAPTURED


async def test_midnight_in_istanbul_divides_cancel_from_refund(house: PaynetHouse) -> None:
    """The same request is a void a millisecond before midnight and a refund at it."""
    payments = [await paid(house, reference_no=name) for name in ("a", "b")]
    house.clock.advance(ms=10 * 3_600_000 + 7 * 60_000 + 37_606)
    for payment, operation in zip(payments, (Operation.VOID, Operation.REFUND), strict=True):
        house.acquirer.script(FOLLOW_UP)
        await house.call(REVERSE, {"xact_id": payment["xact_id"]})
        assert house.acquirer.asks[-1][0] is operation
        house.clock.advance(ms=1)


async def test_refund_in_parts(house: PaynetHouse) -> None:
    """From the next day on: a part, never more than is left, then the rest, then nothing."""
    payment = await paid(house)
    house.clock.advance(days=1)
    house.acquirer.script(FOLLOW_UP, FOLLOW_UP)
    body = {"xact_id": payment["xact_id"]}
    assert (await house.call(REVERSE, {**body, "amount": "1000"}))["code"] == 0
    assert await house.refused(REVERSE, {**body, "amount": "1051"}) == (400, 6)
    assert (await house.call(REVERSE, body))["code"] == 0
    refunds = (await stored(house, payment["id"])).refunds
    assert [refund.amount_e8 for refund in refunds] == [10 * UNIT, 105 * UNIT // 10]
    assert (await house.call(REVERSE, body))["code"] == 100
    assert await house.refused(REVERSE, {**body, "amount": 1}) == (400, 6)
    assert (await detail(house, payment))["reversed"] is True


async def test_declined_reversal_says_why(house: PaynetHouse) -> None:
    """Code 1 with the bank's reason as text; the payment stands."""
    payment = await paid(house)
    house.acquirer.script(DECLINED)
    answer = await house.call(REVERSE, {"xact_id": payment["xact_id"]})
    assert answer["code"] == 1
    assert "Gün sonu" in str(answer["message"])
    assert (await stored(house, payment["id"])).state is PaymentState.CAPTURED


async def test_refund_too_late(house: PaynetHouse) -> None:
    """A year is the longest that issuers take a refund for."""
    payment = await paid(house)
    house.clock.advance(days=366)
    assert await house.refused(REVERSE, {"xact_id": payment["xact_id"]}) == (400, 6)


async def test_negative_amount(house: PaynetHouse) -> None:
    """Nobody takes money by a reversal."""
    payment = await paid(house)
    body = {"xact_id": payment["xact_id"], "amount": -100}
    assert await house.refused(REVERSE, body) == (400, 11)


async def test_failed_payment_has_nothing_to_reverse(house: PaynetHouse) -> None:
    """What was declined cannot be undone."""
    house.acquirer.script(DECLINED)
    answer = await house.call(PAYMENT, direct_request())
    for path in ALL:
        assert await house.refused(path, {"xact_id": answer["xact_id"]}) == (400, 6)


async def test_hold_is_reversed_on_any_day(house: PaynetHouse) -> None:
    """A hold that was not captured can be given back later too; again is code 100."""
    hold = await paid(house, **HOLD)
    house.clock.advance(days=3)
    house.acquirer.script(FOLLOW_UP)
    answer = await house.call(REVERSE_HOLD, {"xact_id": hold["xact_id"]})
    assert answer == {
        "object_name": "transaction_preauth_reversed_request",
        "code": 0,
        "message": "Başarılı İşlem",
    }
    assert (await house.call(REVERSE_HOLD, {"xact_id": hold["xact_id"]}))["code"] == 100
    assert await house.refused(CAPTURE, {"xact_id": hold["xact_id"]}) == (400, 6)


async def test_hold_is_cancelled_like_a_sale_too(house: PaynetHouse) -> None:
    """The general request works for holds, whole only."""
    hold = await paid(house, **HOLD)
    body = {"xact_id": hold["xact_id"]}
    assert await house.refused(REVERSE, {**body, "amount": 100}) == (400, 6)
    house.acquirer.script(FOLLOW_UP)
    assert (await house.call(REVERSE, body))["code"] == 0


async def test_reversal_of_a_hold_is_for_holds(house: PaynetHouse) -> None:
    """Neither a sale nor what was captured is a hold."""
    for payment in (await paid(house, reference_no="sale"), await captured(house)):
        assert await house.refused(REVERSE_HOLD, {"xact_id": payment["xact_id"]}) == (400, 6)


async def test_capture_is_reversed_on_its_day(house: PaynetHouse) -> None:
    """Like a charge, as transaction type 6; again is code 100."""
    payment = await captured(house)
    house.acquirer.script(FOLLOW_UP)
    for code in (0, 100):
        answer = await house.call(REVERSE_CAPTURE, {"xact_id": payment["xact_id"]})
        assert (answer["code"], answer["transaction_type"]) == (code, "6")
        assert (answer["is_succeed"], answer["object_name"]) == (True, "transaction")
    assert (await stored(house, payment["id"])).state is PaymentState.VOIDED


async def test_bank_may_decline_the_reversal_of_a_capture(house: PaynetHouse) -> None:
    """HTTP 200, is_succeed false."""
    payment = await captured(house)
    house.acquirer.script(DECLINED)
    answer = await house.call(REVERSE_CAPTURE, {"xact_id": payment["xact_id"]})
    assert (answer["code"], answer["is_succeed"]) == (1, False)


async def test_capture_is_not_reversed_later(house: PaynetHouse) -> None:
    """From the next day on the money of a capture is given back by a refund."""
    payment = await captured(house)
    house.clock.advance(days=1)
    body = {"xact_id": payment["xact_id"]}
    assert await house.refused(REVERSE_CAPTURE, body) == (400, 6)
    house.acquirer.script(FOLLOW_UP)
    assert (await house.call(REVERSE, body))["code"] == 0


async def test_reversal_of_a_capture_is_for_captures(house: PaynetHouse) -> None:
    """Neither a sale nor a hold was captured."""
    sale = await paid(house, reference_no="sale")
    hold = await paid(house, **HOLD)
    for payment in (sale, hold):
        assert await house.refused(REVERSE_CAPTURE, {"xact_id": payment["xact_id"]}) == (400, 6)


async def test_payment_of_another_door_is_reversed_here(house: PaynetHouse) -> None:
    """One set of books: an iyzico payment is refunded in parts, from its basket lines."""
    payment = await paid_elsewhere(house)
    row = only(await house.call("/v1/transaction/check", {"reference_no": "iyzico-1"}))
    house.clock.advance(days=1)
    house.acquirer.script(FOLLOW_UP, FOLLOW_UP)
    await house.call(REVERSE, {"xact_id": row["xact_id"], "amount": "60"})
    await house.call(REVERSE, {"xact_id": row["xact_id"]})
    refunded = await stored(house, payment.number)
    assert sum(refund.amount_e8 for refund in refunded.refunds) == 12 * UNIT // 10
    assert [refunded.refundable_e8(number) for number in refunded.line_numbers] == [0, 0, 0]


async def test_hold_of_another_door_is_captured_here(house: PaynetHouse) -> None:
    """Its fractions of a kuruş come along when the whole is captured."""
    payment = await paid_elsewhere(house, kind=PaymentKind.HOLD, paid_e8=120_400_000)
    house.acquirer.script(FOLLOW_UP)
    answer = await house.call(CAPTURE, {"xact": payment.number, "amount": 120})
    assert answer["amount"] == Decimal("1.20")
    assert (await stored(house, payment.number)).paid_e8 == 120_400_000


async def test_cancelled_elsewhere_after_a_refund(house: PaynetHouse) -> None:
    """Once a part went back through another door, the rest is refunded, even on the day."""
    payment = await paid_elsewhere(house)
    house.acquirer.script(FOLLOW_UP, FOLLOW_UP)
    merchant = house.merchants.record
    command = RefundPayment(merchant=merchant, number=payment.number, amount_e8=UNIT)
    await refund_payment(command, house.ports)
    row = only(await house.call("/v1/transaction/check", {"id": payment.number}))
    await house.call(REVERSE, {"xact_id": row["xact_id"]})
    assert house.acquirer.asks[-1][0] is Operation.REFUND


@pytest.mark.parametrize("path", ALL)
async def test_what_names_nothing(house: PaynetHouse, path: str) -> None:
    """No name, no transaction, no right."""
    payment = await paid(house)
    body = {"xact_id": payment["xact_id"]}
    assert await house.refused(path, {}) == (400, 11)
    assert await house.refused(path, {"xact_id": "xk_x"}) == (404, 12)
    assert await house.refused(path, body, OTHER_SECRET_KEY) == (404, 12)
    assert await house.refused(path, body, PUBLISHABLE_KEY) == (403, 7)


class LosingBooks:
    """Books whose writes always come second."""

    def __init__(self, books: Books) -> None:
        self.find_payment = books.find_payment

    async def apply(self, changes: Sequence[Change]) -> None:
        raise Conflict("somebody else was first")


async def test_payment_that_others_keep_changing(house: PaynetHouse) -> None:
    """Lost races end in a time-out error that says so, not in a fault."""
    payment = await paid(house)
    ports = msgspec.structs.replace(house.ports, books=LosingBooks(house.ports.books))
    late = PaynetHouse(ports, house.vault, profile="classic", overrides={}, public_url=None)
    assert await late.refused(REVERSE, {"xact_id": payment["xact_id"]}) == (500, 10)
