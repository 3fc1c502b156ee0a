"""Provision, cancellation, refund and revert."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.acquirer import APPROVED
from fakes.paywall_house import PUBLIC_PAIR, PayWallHouse, parsed
from fakes.paywall_payments import PayWallShop, decoded, raw
from vezne.core.answer import Declined, DeclineReason, Unknown
from vezne.core.attempt import Operation
from vezne.core.changes import Conflict
from vezne.core.payment import PaymentState

HOLD = {"Half2D": True}
CODE = {"Date": "2024-06-13", "MerchantUniqueCode": "order-1"}
DONE = {
    "ErrorCodeType": 1,
    "ErrorMessage": None,
    "ErrorCode": 0,
    "Result": True,
    "Message": "Success",
    "Body": None,
}
NO = Declined(reason=DeclineReason.REFUND_DECLINED, code="zz")
PUBLIC = ("payment/provision", "payment/provision/cancel", "payment/end3d")
PRIVATE = ("private/cancel", "private/refund", "private/refund/partial", "private/revert")


@pytest.fixture
def shop(house: PayWallHouse) -> PayWallShop:
    return PayWallShop(house)


async def _post(shop, path, *answers, **changes):
    shop.bank.script(*(answers or (APPROVED,)))
    return await shop.post(path, {**CODE, **changes})


async def _revert(shop, *answers, **changes):
    guid = (await shop.query())["UniqueCode"]
    return await _post(shop, "private/revert", *answers, **{"UniqueCode": guid, **changes})


@pytest.mark.parametrize("amount", [None, 0, "0", "100.50"])
async def test_paywall_payment_provision_takes_the_hold(shop, amount) -> None:
    """No amount, and 0, mean all of it. Body is null, which the official client needs."""
    await shop.paid(detail=HOLD)
    assert (await shop.query())["StatusId"] == 3
    assert await _post(shop, "payment/provision", ProvisionAmount=amount) == DONE
    found = await shop.query()
    assert (found["StatusId"], found["PaymentAmount"]) == (4, 100.5)
    assert found["AnySuccessPayment"] is True


async def test_paywall_payment_provision_of_a_part(shop) -> None:
    """Less than the hold is captured as asked; more is error 65, and twice is error 7."""
    await shop.paid(detail=HOLD)
    refused = await shop.post("payment/provision", {**CODE, "ProvisionAmount": "100.51"})
    assert refused["ErrorCode"] == 65
    negative = await shop.post("payment/provision", {**CODE, "ProvisionAmount": -1})
    assert negative["ErrorCode"] == 45
    fine = await shop.post("payment/provision", {**CODE, "ProvisionAmount": "40.255"})
    assert fine["ErrorCode"] == 45
    assert await _post(shop, "payment/provision", ProvisionAmount="40.25") == DONE
    found = await shop.query()
    assert (found["PaymentAmount"], found["OriginalAmount"]) == (40.25, 100.5)
    assert (found["AppliedInterest"], found["InterestAmount"], found["InterestRate"]) == (
        False,
        0,
        0,
    )
    again = await shop.post("payment/provision", CODE)
    assert (again["ErrorCode"], again["Message"]) == (7, "Ödeme zaten sonuçlanmış")


async def test_paywall_payment_provision_is_given_up(shop) -> None:
    """A cancelled hold has a status of its own; it can be neither captured nor cancelled again."""
    await shop.paid(detail=HOLD)
    assert await _post(shop, "payment/provision/cancel") == DONE
    found = await shop.query()
    assert (found["StatusId"], found["StatusName"], found["TypeId"]) == (12, "İptal Edildi", 3)
    assert found["AnySuccessCancel"] is True
    for path in ("payment/provision", "payment/provision/cancel"):
        assert (await shop.post(path, CODE))["ErrorCode"] == 94


async def test_paywall_payment_provision_cancel_is_for_holds(shop) -> None:
    """A payment that was taken is cancelled elsewhere."""
    await shop.paid()
    assert (await shop.post("payment/provision/cancel", CODE))["ErrorCode"] == 7


async def test_paywall_payment_cancel_on_its_day(shop) -> None:
    """The same day it is a cancellation, the next day none any more (error 92)."""
    await shop.paid()
    assert await _post(shop, "private/cancel") == DONE
    found = await shop.query()
    assert (found["StatusId"], found["TypeId"], found["TypeName"]) == (4, 3, "İptal")
    assert (found["AnySuccessCancel"], found["AnySuccessPayment"]) == (True, True)
    assert (await shop.post("private/cancel", CODE))["ErrorCode"] == 94
    assert (await shop.post("private/refund", CODE))["ErrorCode"] == 94


async def test_paywall_payment_cancel_comes_too_late(shop) -> None:
    """After midnight in Istanbul the payment can only be refunded."""
    await shop.paid()
    shop.house.clock.advance(days=1)
    answer = await shop.post("private/cancel", CODE)
    assert (answer["ErrorCode"], answer["Message"]) == (92, "Ödeme İşlem İçin Uygun Değil")
    assert (await shop.last()).state is PaymentState.CAPTURED


async def test_paywall_payment_refund_of_everything(shop) -> None:
    """All of it once; the second time is error 93."""
    await shop.paid()
    assert await _post(shop, "private/refund", CompletePartialRefund=False) == DONE
    found = await shop.query()
    assert (found["TypeId"], found["TypeName"], found["StatusId"]) == (2, "İade", 4)
    assert (found["IsFullyRefunded"], found["AnySuccessRefund"]) == (True, True)
    assert (found["AnySuccessPartialRefund"], found["RemainingRefundAmount"]) == (False, 0)
    for path in ("private/refund", "private/cancel"):
        assert (await shop.post(path, CODE))["ErrorCode"] == 93
    partly = await shop.post("private/refund/partial", {**CODE, "Amount": 1})
    assert partly["ErrorCode"] == 93


async def test_paywall_payment_refund_in_parts(shop) -> None:
    """Part by part, then the rest with CompletePartialRefund; more than is left is error 65."""
    await shop.paid()
    assert await _post(shop, "private/refund/partial", Amount="60.50") == DONE
    found = await shop.query()
    assert (found["TypeId"], found["TypeName"]) == (4, "Kısmi İade")
    assert (found["ActivityAmount"], found["RemainingRefundAmount"]) == (60.5, 40)
    assert (found["AnySuccessPartialRefund"], found["IsFullyRefunded"]) == (True, False)
    too_much = await shop.post("private/refund/partial", {**CODE, "Amount": "40.01"})
    assert too_much["ErrorCode"] == 65
    for path, code in (("private/refund", 93), ("private/cancel", 93)):
        assert (await shop.post(path, CODE))["ErrorCode"] == code
    assert await _post(shop, "private/refund", CompletePartialRefund="True") == DONE
    found = await shop.query()
    assert (found["IsFullyRefunded"], found["AnySuccessRefund"]) == (True, True)
    assert [item["PaymentActivityTypeId"] for item in found["Activities"]] == [1, 4, 4]
    assert [
        ask.amount_e8 for operation, ask in shop.bank.asks if operation is Operation.REFUND
    ] == [
        6_050_000_000,
        4_000_000_000,
    ]


@pytest.mark.parametrize("amount", [None, 0, "-5", "0.000000001", "1.001"])
async def test_paywall_payment_partial_refund_needs_an_amount(shop, amount) -> None:
    """Error 45 for none, for zero and for less, and for parts of a kuruş."""
    await shop.paid()
    answer = await shop.post("private/refund/partial", {**CODE, "Amount": amount})
    assert answer["ErrorCode"] == 45


async def test_paywall_payment_refund_comes_too_late(shop) -> None:
    """After a year nothing is refunded (error 92)."""
    await shop.paid()
    shop.house.clock.advance(days=366)
    assert (await shop.post("private/refund", CODE))["ErrorCode"] == 92


@pytest.mark.parametrize("amount", [None, 0, "100.50"])
async def test_paywall_payment_revert_cancels_on_the_day(shop, amount) -> None:
    """The whole amount on the same day is a cancellation."""
    await shop.paid()
    assert await _revert(shop, Amount=amount) == DONE
    assert (await shop.last()).state is PaymentState.VOIDED


async def test_paywall_payment_revert_refunds_later(shop) -> None:
    """The whole amount on a later day is a refund."""
    await shop.paid()
    shop.house.clock.advance(days=1)
    assert await _revert(shop) == DONE
    assert (await shop.query())["TypeId"] == 2


async def test_paywall_payment_revert_of_a_part_is_a_refund(shop) -> None:
    """Another amount than the payment's is refunded at once; then the rest is, and no more."""
    await shop.paid()
    assert await _revert(shop, Amount="0.5") == DONE
    assert (await shop.query())["TypeId"] == 4
    assert await _revert(shop) == DONE
    found = await shop.query()
    assert (found["IsFullyRefunded"], found["RemainingRefundAmount"]) == (True, 0)
    assert (await _revert(shop))["ErrorCode"] == 93


async def test_paywall_payment_revert_gives_up_a_hold(shop) -> None:
    """A hold has nothing to refund, so it is cancelled on any day."""
    await shop.paid(detail=HOLD)
    shop.house.clock.advance(days=3)
    assert await _revert(shop) == DONE
    assert (await shop.query())["StatusId"] == 12


async def test_paywall_payment_revert_wants_both_codes_of_one_payment(shop) -> None:
    """The GUID of another payment, or of none, is error -1; nothing is undone."""
    await shop.paid()
    other = (await shop.query())["UniqueCode"]
    await shop.paid(detail={"MerchantUniqueCode": "order-2"})
    for guid in (other, "", "nonsense", "00000000-0000-0000-0000-000000000000"):
        answer = await shop.post(
            "private/revert", {"MerchantUniqueCode": "order-2", "UniqueCode": guid}
        )
        assert answer["ErrorCode"] == -1
    assert (await shop.last()).state is PaymentState.CAPTURED


@pytest.mark.parametrize("path", PRIVATE)
async def test_paywall_payment_bank_declines_to_give_back(shop, path) -> None:
    """Error 1 with the bank's words; the payment is as before, and can be tried again."""
    await shop.paid()
    changes = {"Amount": "1.00", "UniqueCode": (await shop.query())["UniqueCode"]}
    answer = await _post(shop, path, NO, **changes)
    assert (answer["ErrorCode"], answer["Result"]) == (1, False)
    assert decoded(answer["Body"]["Error"])["ProviderErrorCode"] == "REFUND_DECLINED"
    assert await _post(shop, path, **changes) == DONE


@pytest.mark.parametrize("path", PRIVATE)
async def test_paywall_payment_bank_does_not_say(shop, path) -> None:
    """Error 88; it may have happened, so nothing else may be tried (error -1)."""
    await shop.paid()
    changes = {"Amount": "1.00", "UniqueCode": (await shop.query())["UniqueCode"]}
    answer = await _post(shop, path, Unknown(why="time-out"), **changes)
    assert (answer["ErrorCode"], answer["Result"]) == (88, False)
    again = await shop.post(path, {**CODE, **changes})
    assert (again["ErrorCode"], again["Message"]) == (-1, "İstek işlenemedi")


@pytest.mark.parametrize("path", [*PUBLIC, *PRIVATE])
async def test_paywall_payment_unknown_or_missing_code(shop, path) -> None:
    """-1 for a payment that is not there, 10 without a code, 29 for what marketplaces send."""
    body = {"MerchantUniqueCode": "nothing", "Amount": 1, "Date": None}
    unknown = await shop.post(path, body)
    assert (unknown["ErrorCode"], unknown["Body"]) == (-1, None)
    assert (await shop.post(path, {"Date": "2024-06-13T00:00:00"}))["ErrorCode"] == 10
    if path != "payment/end3d":
        market = await shop.post(path, {**CODE, "MarketPlace": {"DeleteExistingRecords": True}})
        assert market["ErrorCode"] == 29


@pytest.mark.parametrize("path", [*PUBLIC, *PRIVATE])
async def test_paywall_payment_failed_ones_have_nothing_to_undo(shop, path) -> None:
    """A declined payment can be neither captured nor given back."""
    await shop.pay(Declined(reason=DeclineReason.DECLINED, code="zz"))
    changes = {"Amount": "1.00", "UniqueCode": (await shop.query())["UniqueCode"]}
    answer = await shop.post(path, {**CODE, **changes})
    assert answer["ErrorCode"] == 92


@pytest.mark.parametrize("path", PRIVATE)
async def test_paywall_payment_private_services_want_the_private_pair(shop, path) -> None:
    """The public keys, which shops hand around more freely, undo nothing."""
    await shop.paid()
    response = await shop.house.send("POST", f"/api/paywall/{path}", raw(CODE), PUBLIC_PAIR)
    assert parsed(response)["ErrorCode"] == 4
    assert (await shop.last()).state is PaymentState.CAPTURED


async def test_paywall_payment_that_others_keep_changing_is_busy(shop) -> None:
    """A follow-up that loses every race is error -1, like one that finds another on its way."""

    class Contested:
        def __init__(self, books: object) -> None:
            self._books = books

        def __getattr__(self, name: str) -> object:
            return getattr(self._books, name)

        async def apply(self, changes: object) -> None:
            raise Conflict("somebody was faster")

    await shop.paid()
    house = shop.house
    ports = msgspec.structs.replace(house.ports, books=Contested(house.ports.books))
    busy = PayWallShop(PayWallHouse(ports, house.vault, house.clock, {}))
    assert (await busy.post("private/refund", CODE))["ErrorCode"] == -1


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    path=st.sampled_from([*PUBLIC, *PRIVATE]),
    body=st.dictionaries(
        st.sampled_from(
            ["MerchantUniqueCode", "Amount", "ProvisionAmount", "UniqueCode", "MarketPlace", "Date"]
        ),
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
    ),
)
async def test_paywall_payment_follow_ups_survive_any_input(shop, path, body) -> None:
    """Whatever is sent, the answer is an error of the protocol."""
    answer = await shop.post(path, body)
    assert answer["Result"] is False
    assert answer["ErrorCode"] not in {0, 500}
