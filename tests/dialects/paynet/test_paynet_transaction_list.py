"""POST /v1/transaction/list and reversal_list: pages of transactions, by the days of Istanbul."""

from decimal import Decimal

import msgspec
import pytest

from builders import SAMPLE_TIME_MS
from fakes import records
from fakes.acquirer import APPROVED
from fakes.paynet_house import PUBLISHABLE_KEY, JsonObject, PaynetHouse
from fakes.paynet_payments import PAYMENT, direct_request, paid, paid_elsewhere
from vezne.core.answer import Approved, Declined, DeclineReason, Unknown
from vezne.core.changes import AddPayment
from vezne.core.payment import Payment, PaymentState

LIST = "/v1/transaction/list"
REVERSALS = "/v1/transaction/reversal_list"
REVERSE = "/v1/transaction/reversed_request"
# The day of the sample payment, 13:52 in Istanbul.
TODAY: JsonObject = {"datab": "2018-06-06", "datbi": "2018-06-06"}
HOUR_MS = 3_600_000
UNDONE = Approved(auth_code="777", reference="undone-1")

ROW: JsonObject = {
    "companyCode": "7",
    "companyName": "Kitapçı",
    "agent_id": "",
    "agent_referans_no": "order-1",
    "agent_name": "",
    "xact_date": "06.06.2018",
    "xact_time": "06.06.2018 13:52:22",
    "is_tds": False,
    "bank_id": "AXSS",
    "bank_name": "Axess",
    "card_no": "435508******4358",
    "card_holder": "Gökhan Öztorun",
    "card_type": "cc",
    "card_type_name": "Bireysel Kredi Kartı",
    "authorization_code": APPROVED.auth_code,
    "reference_code": APPROVED.reference,
    "order_id": "10851936",
    "pos_type": "5",
    "postype_desc": "Paynet POS",
    "xact_type": "S",
    "xacttype_desc": "Satış",
    "fiscal_period_id": "201806",
    "sector_id": "",
    "sectorid_desc": "",
    "merchant_id": "",
    "terminal_id": "",
    "channel_id": "paynet",
    "channel_name": "paynet",
    "ipaddress": "",
    "client_id": "",
    "is_succeed": True,
    "reversed": False,
    "is_reconcile": False,
    "is_payup": False,
    "is_onchargeback": False,
    "is_transferred": False,
    "reversed_xact_id": "",
    "instalment": 0,
    "amount": Decimal("20.50"),
    "net_amount": Decimal("19.87"),
    "comission": Decimal("0.54"),
    "comission_tax": Decimal("0.10"),
    "currency": "TL",
    "ratio": Decimal("0.02625"),
    "end_user_comission": Decimal("0.00"),
    "user_id": "",
    "xact_note": "deneme",
    "xact_agent_reference": "order-1",
    "company_pay_ratio": Decimal("0.02625"),
    "company_cost_ratio": Decimal("0.02625"),
    "ana_firma_brut_alacak": Decimal("20.50"),
    "ana_firma_komisyonu": Decimal("0.54"),
    "ana_firma_komisyonu_kdv_dahil": Decimal("0.64"),
    "ana_firma_odenecek_net_tutar": Decimal("19.87"),
    "bayi_brut_alacak": Decimal("0.00"),
    "bayi_komisyonu": Decimal("0.00"),
    "bayi_komisyonu_kdv_dahil": Decimal("0.00"),
    "bayiye_odenecek_net_tutar": Decimal("0.00"),
    "cp_mfi_vdate": "13.06.2018",
    "cp_mfi_vdate_day": 7,
    "ap_mfi_vdate": "",
    "ap_mfi_vdate_day": 0,
}


def references(answer: JsonObject) -> list[object]:
    """The merchant's references of the rows, in their order."""
    rows = answer["Data"]
    assert isinstance(rows, list)
    return [row.get("agent_referans_no", row.get("reference_no")) for row in rows]


async def several(house: PaynetHouse, count: int) -> None:
    """Payments order-1, order-2 and so on, a millisecond apart."""
    for place in range(1, count + 1):
        await paid(house, reference_no=f"order-{place}")
        house.clock.advance(ms=1)


async def test_list_says_every_field(house: PaynetHouse) -> None:
    """One row, and what stands around it."""
    payment = await paid(house)
    answer = await house.call(LIST, TODAY)
    (row,) = answer.pop("Data")  # type: ignore[misc]
    assert row.pop("xact_id") == payment["xact_id"]
    assert row.pop("xact_transaction_id") == payment["xact_transaction_id"]
    assert row == ROW
    assert answer == {
        "companyCode": "7",
        "companyName": "Kitapçı",
        "total": 1,
        "total_count": 1,
        "total_amount": Decimal("20.50"),
        "limit": 10,
        "ending_before": 0,
        "starting_after": 0,
        "has_more": False,
        "object_name": "transaction_list",
        "code": 0,
        "message": "Başarılı İşlem",
    }


async def test_pages(house: PaynetHouse) -> None:
    """Newest first, ten at a time; positions count rows from either side."""
    await several(house, 12)
    first = await house.call(LIST, TODAY)
    assert references(first) == [f"order-{place}" for place in range(12, 2, -1)]
    assert (first["total"], first["total_count"], first["has_more"]) == (10, 12, True)
    assert first["total_amount"] == Decimal("246.00")
    rest = await house.call(LIST, {**TODAY, "starting_after": 10, "limit": "1000"})
    assert references(rest) == ["order-2", "order-1"]
    assert (rest["has_more"], rest["limit"], rest["starting_after"]) == (False, 1000, 10)
    before = await house.call(LIST, {**TODAY, "ending_before": 9, "limit": 3})
    assert references(before) == ["order-6", "order-5", "order-4"]
    nothing = await house.call(LIST, {**TODAY, "starting_after": 50})
    assert (nothing["Data"], nothing["has_more"]) == ([], False)


async def test_more_payments_than_one_reading(house: PaynetHouse) -> None:
    """The books are read in portions until there is nothing left."""
    for place in range(6):
        await house.ports.books.apply([AddPayment(many(100 * place + step)) for step in range(100)])
    answer = await house.call(LIST, {**TODAY, "starting_after": 590, "show_unsucceed": True})
    assert (answer["total_count"], answer["has_more"]) == (600, False)
    numbers = [row["order_id"] for row in answer["Data"]]  # type: ignore[union-attr]
    assert numbers == [str(many(place).number) for place in range(9, -1, -1)]


async def test_too_many_payments(house: PaynetHouse) -> None:
    """A period that would take seconds to read is refused, and the caller told what to do."""
    ports = msgspec.structs.replace(house.ports, books=EndlessBooks())
    crowded = PaynetHouse(ports, house.vault, profile="classic", overrides={}, public_url=None)
    status, answer = await crowded.post(LIST, TODAY)
    assert (status, answer["result_code"]) == (400, 11)
    assert "daha kısa" in str(answer["message"])


class EndlessBooks:
    """The part of `vezne.core.ports.Books` that lists payments: there is always one more."""

    async def list_payments(self, merchant_id: int, *, limit: int, **_: object) -> list[Payment]:
        return [many(0)] * limit


def many(place: int) -> Payment:
    """One declined payment of many, a millisecond after the one before."""
    return records.payment(
        merchant_id=7,
        number=20_000_000 + 10 * place,
        state=PaymentState.DECLINED,
        created_ms=SAMPLE_TIME_MS + place,
    )


async def test_days_are_those_of_istanbul(house: PaynetHouse) -> None:
    """23:59 in Istanbul is of its day, 00:00 of the next, whatever the day in Greenwich."""
    to_midnight_ms = 10 * HOUR_MS + 7 * 60_000 + 37_607
    house.clock.advance(ms=to_midnight_ms - 1)
    await paid(house, reference_no="late")
    house.clock.advance(ms=1)
    await paid(house, reference_no="early")
    assert references(await house.call(LIST, TODAY)) == ["late"]
    next_day = {"datab": "07.06.2018", "datbi": "2018-06-07T23:59:59"}
    assert references(await house.call(LIST, next_day)) == ["early"]
    both = {"datab": "2018-06-06", "datbi": "2018-06-07"}
    assert references(await house.call(LIST, both)) == ["early", "late"]


@pytest.mark.parametrize(
    "dates",
    [
        {},
        {"datab": "2018-06-06"},
        {"datbi": "2018-06-06"},
        {"datab": "2018-06-06", "datbi": "2018-06-05"},
        {"datab": "yesterday", "datbi": "2018-06-06"},
        {"datab": "2018-13-06", "datbi": "2018-06-06"},
        {"datab": "1899-06-06", "datbi": "2018-06-06"},
        {"datab": "2018-06-06", "datbi": "9999-12-31"},
        {"datab": "2018-06-06", "datbi": {"day": 6}},
    ],
)
@pytest.mark.parametrize("path", [LIST, REVERSALS])
async def test_dates_are_mandatory(house: PaynetHouse, path: str, dates: JsonObject) -> None:
    """Both days, in their order, and real ones."""
    assert await house.refused(path, dates) == (400, 11)


async def test_failures_are_shown_on_request(house: PaynetHouse) -> None:
    """Declined and unanswered payments appear with show_unsucceed only."""
    await paid(house)
    house.acquirer.script(Declined(reason=DeclineReason.DO_NOT_HONOUR, code="05"))
    await house.call(PAYMENT, direct_request(reference_no="declined"))
    house.acquirer.script(Unknown(why="silence"))
    await house.refused(PAYMENT, direct_request(reference_no="unanswered"))
    assert references(await house.call(LIST, TODAY)) == ["order-1"]
    answer = await house.call(LIST, {**TODAY, "show_unsucceed": "1"})
    assert sorted(map(str, references(answer))) == ["declined", "order-1", "unanswered"]


async def test_payment_at_the_bank_is_no_transaction(house: PaynetHouse) -> None:
    """Nothing was asked for yet while the holder is being authenticated."""
    initial = direct_request(return_url="https://www.merchant.com/back")
    await house.call("/v2/transaction/tds_initial", initial)
    assert references(await house.call(LIST, {**TODAY, "show_unsucceed": True})) == []


async def test_filters(house: PaynetHouse) -> None:
    """By dealer, bank and user; a bank in any case."""
    await paid(house, reference_no="a", agent_id="600222", user_id="ayşe")
    await paid(house, reference_no="b")
    for wish, found in (
        ({"agent_id": "600222"}, ["a"]),
        ({"agent_id": "1"}, []),
        ({"user_id": "ayşe"}, ["a"]),
        ({"bank_id": "axss", "limit": 1}, ["b"]),
        ({"bank_id": "BONS"}, []),
        ({"untransferred": True, "limit": 0}, ["b", "a"]),
    ):
        assert sorted(references(await house.call(LIST, {**TODAY, **wish}))) == sorted(found), wish


async def test_payment_of_another_door_is_listed(house: PaynetHouse) -> None:
    """One set of books."""
    await paid_elsewhere(house)
    await paid(house)
    answer = await house.call(LIST, TODAY)
    assert sorted(map(str, references(answer))) == ["iyzico-1", "order-1"]
    assert answer["total_amount"] == Decimal("21.70")


async def test_lists_want_the_secret_key(house: PaynetHouse) -> None:
    """What a page knows does not list transactions."""
    assert await house.refused(LIST, TODAY, PUBLISHABLE_KEY) == (403, 7)
    assert await house.refused(REVERSALS, TODAY, PUBLISHABLE_KEY) == (403, 7)


async def test_reversals_by_the_day_they_were_made(house: PaynetHouse) -> None:
    """A void stands under its day, a refund under its own, whenever the payment was."""
    first = await paid(house, reference_no="voided")
    second = await paid(house, reference_no="refunded")
    house.acquirer.script(UNDONE)
    await house.call(REVERSE, {"xact_id": first["xact_id"]})
    house.clock.advance(days=2)
    for amount in ("500", "250"):
        house.acquirer.script(UNDONE)
        await house.call(REVERSE, {"xact_id": second["xact_id"], "amount": amount})
        house.clock.advance(ms=1)
    answer = await house.call(REVERSALS, TODAY)
    (row,) = answer["Data"]  # type: ignore[misc]
    assert row == {
        "id": first["id"],
        "xact_date": "06.06.2018",
        "company_code": "7",
        "entry_date": "06.06.2018",
        "agent_id": "",
        "user_id": "",
        "company_name": "Kitapçı",
        "agent_name": "",
        "xact_id": first["xact_id"],
        "reversed_xact_id": first["xact_id"],
        "reference_no": "voided",
        "xact_type": "R",
        "xacttype_desc": "İptal",
        "bank_id": "AXSS",
        "bank_name": "Axess",
        "card_no": "435508******4358",
        "card_holder": "Gökhan Öztorun",
        "amount": Decimal("20.50"),
        "currency": "TL",
        "reference_code": APPROVED.reference,
        "authorization_code": APPROVED.auth_code,
        "is_succeed": True,
    }
    assert answer["object_name"] == "transaction_reversal_list"
    later = await house.call(REVERSALS, {"datab": "2018-06-08", "datbi": "2018-06-08"})
    kinds = [(row["xact_type"], row["amount"], row["entry_date"]) for row in later["Data"]]  # type: ignore[union-attr]
    assert kinds == [
        ("CD", Decimal("2.50"), "08.06.2018"),
        ("CD", Decimal("5.00"), "08.06.2018"),
    ]
    assert (later["total_count"], later["total_amount"]) == (2, Decimal("7.50"))
    assert later["Data"][0]["reference_code"] == UNDONE.reference  # type: ignore[index]


async def test_reversals_of_holds_have_their_own_letters(house: PaynetHouse) -> None:
    """RP for a hold, RC for its capture; other banks' and dealers' are left out."""
    hold = await paid(house, reference_no="hold", transaction_type=3)
    captured = await paid(house, reference_no="captured", transaction_type="3")
    house.acquirer.script(APPROVED, UNDONE, UNDONE)
    await house.call("/v1/transaction/capture", {"xact_id": captured["xact_id"]})
    await house.call("/v1/transaction/preauth_reversal", {"xact_id": hold["xact_id"]})
    await house.call("/v1/transaction/capture_reversal", {"xact_id": captured["xact_id"]})
    answer = await house.call(REVERSALS, TODAY)
    letters = {row["reference_no"]: row["xact_type"] for row in answer["Data"]}  # type: ignore[union-attr]
    assert letters == {"hold": "RP", "captured": "RC"}
    for wish in ({"bank_id": "WRLD"}, {"agent_id": "1"}):
        assert references(await house.call(REVERSALS, {**TODAY, **wish})) == []
    page = await house.call(REVERSALS, {**TODAY, "limit": 1, "starting_after": 1})
    assert (len(page["Data"]), page["has_more"]) == (1, False)  # type: ignore[arg-type]
