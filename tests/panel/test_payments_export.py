"""Payments as CSV: who may, what is in it, part by part, and what the audit trail says of it."""

import csv
import io
import re
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from fakes.panel import PanelCaller
from fakes.records import AT_MS, payment
from fakes.world import FixedClock
from vezne.core.changes import AddPayment
from vezne.core.member import Role
from vezne.core.money import UNIT
from vezne.core.payment import Chargeback, PaymentState, Refund
from vezne.panel.pages.payments_export import (
    EXPORT_PATH,
    PART_PATH,
    PART_ROWS,
    PARTS_PATH,
    TICKET_LIFE_MS,
)
from vezne.panel.payment_csv import BYTE_ORDER_MARK, COLUMNS, defused, to_csv

LIST_PATH = "/panel/payments"


async def add(panel, count, **changes):
    made = [
        payment(
            **{
                "merchant_id": panel.merchant.id,
                "number": 20_000_000 + place * 10,
                "created_ms": AT_MS + place,
            }
            | changes
        )
        for place in range(count)
    ]
    await panel.house.ports.books.apply([AddPayment(item) for item in made])
    return made


async def begun(panel, query="", role=Role.OWNER):
    """The address of an export's parts."""
    answer = await panel.post(EXPORT_PATH + query, {}, role)
    assert answer.status == 303, answer.text
    assert answer.location.startswith(PARTS_PATH)
    return answer.location


def part_of(parts_path, **more):
    extra = "".join(f"&{name}={value}" for name, value in more.items())
    return parts_path.replace(PARTS_PATH, PART_PATH) + extra


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")))


async def lines_of_trail(panel):
    """How many lines the trail has of exports."""
    await panel.house.audit.settled()
    trail = panel.house.settings.data / "audit"
    text = "".join(file.read_text(encoding="utf-8") for file in trail.iterdir() if file.is_file())
    return len(re.findall(r'"reason":"exported"', text))


async def test_only_who_may_export_gets_anything(panel):
    location = await begun(panel)
    for role in (Role.VIEWER, Role.DEVELOPER):
        for path in (EXPORT_PATH, location, part_of(location)):
            answer = await panel.get(path, role)
            assert "Your role does not allow this." in answer.text
        assert (await panel.post(EXPORT_PATH, {}, role)).location == ""
    for path in (EXPORT_PATH, location, part_of(location)):
        assert (await panel.get(path, None)).status == 303
    assert (
        await panel.get(part_of(await begun(panel, role=Role.OPERATOR)), Role.OPERATOR)
    ).status == 200


async def test_an_export_is_asked_for_and_noted_once(panel):
    """Looking at what it would be is none, and its parts are of the same one."""
    await add(panel, 3)
    shown = await panel.get(f"{EXPORT_PATH}?door=iyzico&least=5")
    assert shown.status == 200
    assert "conversation_id" in shown.text
    assert f'action="{EXPORT_PATH}?least=5.00&amp;door=iyzico"' in shown.text.replace(
        "door=iyzico&amp;least=5.00", "least=5.00&amp;door=iyzico"
    )
    before = await lines_of_trail(panel)
    location = await begun(panel, "?door=iyzico")
    for _ in range(2):
        assert (await panel.get(location)).status == 200
        assert (await panel.get(part_of(location))).status == 200
    assert await lines_of_trail(panel) == before + 1


async def test_parts_need_the_ticket_of_an_export_of_the_same(panel):
    """Whoever has none, or that of another filter, time or session, has not been written down."""
    location = await begun(panel, "?door=iyzico")
    own = parse_qs(urlsplit(location).query)
    wrong = (
        f"{PART_PATH}?door=iyzico",
        location.replace(PARTS_PATH, PART_PATH).replace("iyzico", "paynet"),
        location.replace(PARTS_PATH, PART_PATH).replace("door=iyzico&", ""),
        f"{PART_PATH}?door=iyzico&began={int(own['began'][0]) + 1}&ticket={own['ticket'][0]}",
        f"{PART_PATH}?door=iyzico&began={2**70}&ticket={own['ticket'][0]}",
        f"{PART_PATH}?door=iyzico&began=x&ticket=1",
        f"{PART_PATH}?door=iyzico&began={own['began'][0]}&ticket=%C5%9F",
    )
    for path in wrong:
        assert (await panel.get(path)).status == 400, path
    answer = await panel.get(f"{PARTS_PATH}?door=iyzico")
    assert (answer.status, answer.location) == (303, f"{EXPORT_PATH}?door=iyzico")


async def test_a_ticket_is_over_after_an_hour(panel):
    location = await begun(panel)
    later = FixedClock(panel.desk.ports.clock.now_ms() + TICKET_LIFE_MS + 1)
    ports = msgspec.structs.replace(panel.desk.ports, clock=later)
    desk = msgspec.structs.replace(panel.desk, ports=ports)
    visitor = PanelCaller(panel.house, desk, panel.merchant)
    assert (await visitor.get(part_of(location))).status == 400


async def test_a_part_has_every_column(panel):
    """Amounts are plain, times say their zone, and a spreadsheet knows the encoding."""
    refund = Refund(
        attempt=1, line_number=2, amount_e8=UNIT, reference="r", auth_code="a", refunded_ms=AT_MS
    )
    chargeback = Chargeback(line_number=2, amount_e8=2 * UNIT, reference="c", charged_back_ms=AT_MS)
    await add(
        panel,
        1,
        state=PaymentState.CAPTURED,
        refunds=(refund,),
        chargebacks=(chargeback,),
        conversation_id="sipariş 1",
        basket_id="=1+1",
    )
    answer = await panel.get(part_of(await begun(panel)))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="payments-')
    assert answer.text.startswith(BYTE_ORDER_MARK)
    (row,) = rows_of(answer.text)
    assert tuple(row) == COLUMNS
    assert row == {
        "payment_number": "20000000",
        "created_at": "2018-06-06T13:52:22.393+03:00",
        "standing": "charged_back",
        "door": "iyzico",
        "currency": "TRY",
        "price": "100.00",
        "paid": "120.00",
        "refunded": "1.00",
        "charged_back": "2.00",
        "commission": row["commission"],
        "fee": "0.25",
        "installments": "1",
        "card_bin": "55287900",
        "card_last4": "0008",
        "three_d_secure": "no",
        "auth_code": "",
        "bank_reference": "",
        "conversation_id": "sipariş 1",
        "basket_id": "'=1+1",
    }


async def test_parts_make_up_the_whole(panel):
    """One after another, with one head; by hand each part has its own."""
    made = await add(panel, PART_ROWS + 2, door="paynet")
    location = await begun(panel, "?door=paynet")
    first = await panel.get(part_of(location))
    assert first.headers["x-rows"] == str(PART_ROWS)
    assert first.headers["x-reached-ms"] == str(AT_MS + 2)
    before = first.headers["x-next"]
    second = await panel.get(part_of(location, before=before))
    assert (second.headers["x-rows"], second.headers["x-next"]) == ("2", "")
    assert second.headers["x-reached-ms"] == str(AT_MS)
    assert [row["payment_number"] for row in rows_of(first.text + second.text)] == [
        str(item.number) for item in reversed(made)
    ]
    alone = await panel.get(part_of(location, before=before, alone=1))
    assert alone.text.endswith(second.text)
    assert len(rows_of(alone.text)) == 2


async def test_the_parts_page_leads_from_part_to_part(panel):
    """Without the script, by links; a later part's page does not begin from the beginning."""
    await add(panel, PART_ROWS + 1)
    first = await panel.get(await begun(panel))
    assert "data-export=" in first.text
    assert "Payments in this part: 1,000 (" in first.text
    (following,) = re.findall(r'href="([^"]*export/parts[^"]*)"', first.text)
    last = await panel.get(following.replace("&amp;", "&"))
    assert "data-export=" not in last.text
    assert "Payments in this part: 1 (" in last.text
    assert "This is the last part." in last.text
    (part,) = re.findall(r'href="([^"]*export/part\?[^"]*)"', last.text)
    assert len(rows_of((await panel.get(part.replace("&amp;", "&"))).text)) == 1


async def test_an_export_of_nothing_is_a_head(panel):
    location = await begun(panel, "?last4=1111")
    assert "No payment fits your search." in (await panel.get(location)).text
    answer = await panel.get(part_of(location))
    assert rows_of(answer.text) == []
    assert answer.headers["x-reached-ms"] == ""


async def test_nothing_of_another_merchant_is_exported(panel):
    await add(panel, 2)
    other = await panel.add_merchant("Komşu")
    answer = await panel.post(EXPORT_PATH, {}, merchant=other)
    part = await panel.get(part_of(answer.location), merchant=other)
    assert rows_of(part.text) == []
    # One session may work for several merchants; each export is written down for its own.
    assert (await panel.get(part_of(answer.location))).status == 400


async def test_a_mistake_in_the_address_is_told_by_the_list(panel):
    answer = await panel.get(f"{EXPORT_PATH}?bin=1")
    assert (answer.status, answer.location) == (303, f"{LIST_PATH}?bin=1")
    assert (await panel.post(f"{EXPORT_PATH}?bin=1", {})).status == 400
    assert (await panel.post(EXPORT_PATH, {}, csrf="")).status == 400


async def test_the_page_is_in_turkish_too(panel):
    text = (await panel.get(f"{EXPORT_PATH}?standing=captured", language="tr")).text
    assert "Ödemeleri dışa aktar" in text
    assert "Başarılı" in text
    assert "Bütün ödemeler." in (await panel.get(EXPORT_PATH, language="tr")).text


@pytest.mark.parametrize(
    "start",
    [
        "=",
        "+",
        "-",
        "@",
        "\t",
        "\r",
        "\n",
        " =",
        "＝",
        "\ufeff=",
        "\u200b=",
        "\u2003=",
        "\x0b=",
        "﹦",
        "−",
    ],
)
def test_no_text_is_a_formula(start):
    assert defused(f"{start}1").startswith("'")


def test_other_texts_stay_as_they_are():
    for text in ("", "order-1", "sipariş 1", "a=b", "1"):
        assert defused(text) == text
    assert "\x00" not in defused("a\x00b")


def test_odd_texts_stay_in_their_cells():
    odd = 'a,"b"\r\nc;d'
    record = msgspec.structs.replace(payment(), conversation_id=odd)
    (row,) = rows_of(to_csv([record], has_head=True).decode())
    assert row["conversation_id"] == odd
