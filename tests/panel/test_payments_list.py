"""The list of payments: what it shows to whom, its filters, its search box, and bad input."""

import re
from urllib.parse import quote

import msgspec
import pytest

from fakes.panel import PanelCaller
from fakes.records import AT_MS, payment
from vezne.core.answer import Risk
from vezne.core.changes import AddPayment
from vezne.core.member import Role
from vezne.core.money import UNIT
from vezne.core.payment import PaymentState
from vezne.core.search import PaymentQuery
from vezne.core.standing import Standing
from vezne.engines.engine import Write
from vezne.panel.card_numbers import is_card_number
from vezne.panel.payment_filter import filter_from_address, filter_from_form
from vezne.panel.visit import IllFormed
from vezne.storage.payment_search import SqlPaymentSearch
from vezne.workers import fill_search

PATH = "/panel/payments"
PAN = "5528790000000008"
DAY_MS = 86_400_000


async def add(panel, *places, **changes):
    """Payments of the visitor's merchant, each at a place in time."""
    made = [
        payment(
            **{
                "merchant_id": panel.merchant.id,
                "number": 20_000_000 + place * 10,
                "created_ms": AT_MS + place,
                "conversation_id": f"order {place}",
                "basket_id": f"basket {place}",
            }
            | changes
        )
        for place in places
    ]
    await panel.house.ports.books.apply([AddPayment(item) for item in made])
    return made


def numbers_in(text: str) -> list[int]:
    """The payments that a page lists."""
    return [int(number) for number in re.findall(r'href="/panel/payments/(\d+)"', text)]


async def listed(panel, query: str = "") -> list[int]:
    answer = await panel.get(PATH + query)
    assert answer.status == 200, answer.text
    return numbers_in(answer.text)


async def test_an_empty_list_says_so(panel):
    assert "There is nothing here yet." in (await panel.get(PATH)).text
    assert "No payment fits your search." in (await panel.get(f"{PATH}?last4=1234")).text


async def test_every_role_sees_the_payments_of_its_merchant_only(panel):
    (own,) = await add(panel, 1)
    other = await panel.add_merchant("Komşu")
    for role in Role:
        assert numbers_in((await panel.get(PATH, role)).text) == [own.number]
        assert numbers_in((await panel.get(PATH, role, merchant=other)).text) == []
    assert (await panel.get(PATH, None)).status == 303


async def test_only_who_may_export_sees_the_way_to_it(panel):
    for role in Role:
        shown = f'href="{PATH}/export"' in (await panel.get(PATH, role)).text
        assert shown is (role in {Role.OWNER, Role.OPERATOR})


async def test_a_row_is_in_the_visitors_language(panel):
    await add(panel, 1, state=PaymentState.CAPTURED, paid_e8=123_450 * UNIT // 100)
    turkish = (await panel.get(PATH, language="tr")).text
    assert "₺1.234,50" in turkish
    assert "Başarılı" in turkish
    assert "552879" in turkish
    assert "₺1,234.50" in (await panel.get(PATH)).text


async def test_hostile_texts_stay_texts(panel):
    evil = '"><script>alert(1)</script>'
    await add(panel, 1, basket_id=evil, conversation_id=evil)
    for query in ("", f"?basket={evil}", f"?conversation={evil}"):
        text = (await panel.get(PATH + query.replace(">", "%3E").replace('"', "%22"))).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text


async def test_pages_follow_each_other_to_the_end(panel):
    made = await add(panel, *range(120))
    path, seen = PATH, []
    while path:
        text = (await panel.get(path)).text
        seen += numbers_in(text)
        older = re.search(r'rel="next" href="([^"]+)"', text)
        path = older[1].replace("&amp;", "&") if older else ""
    assert seen == [item.number for item in reversed(made)]


async def test_the_first_page_refreshes_itself_and_others_do_not(panel):
    await add(panel, *range(60))
    first = await panel.get(f"{PATH}?door=iyzico")
    assert 'data-live="/panel/payments?door=iyzico"' in first.text
    later = await panel.get(f"{PATH}?before={AT_MS + 5}.1")
    assert "data-live" not in later.text
    live = await panel.get(f"{PATH}?door=iyzico", headers={"x-live": "1"})
    assert "<html" not in live.text
    assert len(numbers_in(live.text)) == 50
    assert (await panel.get(f"{PATH}?bin=1", headers={"x-live": "1"})).status == 422


async def test_filters_of_an_address_narrow_the_list(panel):
    await add(panel, 1, door="paywall", paid_e8=5 * UNIT)
    await add(panel, 2, state=PaymentState.DECLINED, bin="45467112", last4="7894")
    await add(panel, 3, state=PaymentState.CAPTURED, risk=Risk.REVIEW, created_ms=AT_MS + DAY_MS)
    one, two, three = 20_000_010, 20_000_020, 20_000_030
    expected = {
        "?standing=review,declined": [three, two],
        "?since=2018-06-07": [three],
        "?until=2018-06-06": [two, one],
        "?most=5.00": [one],
        "?least=5.01": [three, two],
        "?bin=454671": [two],
        "?last4=7894": [two],
        "?door=paywall": [one],
        "?conversation=order+2": [two],
        "?basket=basket+1": [one],
    }
    for query, numbers in expected.items():
        assert await listed(panel, query) == numbers, query


async def test_the_form_leads_to_an_address_that_asks_for_the_same(panel):
    fields = {
        "standing-captured": "1",
        "standing-review": "1",
        "since": "2026-01-01",
        "until": "2026-01-31",
        "least": "1.234,5",
        "most": "2000",
        "bin": "5528 7900",
        "last4": "0008",
        "door": "iyzico",
        "conversation": " sipariş & 1 ",
        "basket": "b",
    }
    answer = await panel.post(PATH, fields, Role.VIEWER, language="tr")
    assert answer.status == 303
    page = await panel.get(answer.location, language="tr")
    assert page.status == 200
    assert 'value="1.234,50"' in page.text
    assert 'value="sipariş &amp; 1"' in page.text
    typed = filter_from_form(fields, "tr")
    parameters = typed.parameters
    assert parameters["least"] == "1234.50"
    assert filter_from_address(parameters).query == typed.query
    assert typed.query == PaymentQuery(
        standings=(Standing.REVIEW, Standing.CAPTURED),
        since_ms=1_767_214_800_000,
        until_ms=1_769_893_200_000,
        least_e8=123_450_000_000,
        most_e8=200_000_000_000,
        bin="55287900",
        last4="0008",
        door="iyzico",
        conversation_id="sipariş & 1",
        basket_id="b",
    )


async def test_the_form_without_anything_leads_to_the_whole_list(panel):
    assert (await panel.post(PATH, {})).location == PATH


WRONG = (
    ("since", "31.12.2025"),
    ("since", "20260101"),
    ("since", "1999-01-01"),
    ("until", "9999-12-31"),
    ("until", "2026-02-30"),
    ("least", "-1"),
    ("least", "1e5"),
    ("most", "9" * 300),
    ("most", "\x00"),
    ("bin", "12345"),
    ("bin", "123456789"),
    ("bin", "١٢٣٤٥٦"),
    ("last4", "123"),
    ("door", "window"),
    ("conversation", "x" * 256),
    ("basket", "ş" * 256),
)


async def test_a_mistake_is_told_beside_its_field(panel):
    """In the form with what was typed, and in an address that somebody made by hand."""
    for name, text in WRONG:
        answer = await panel.post(PATH, {name: text})
        assert answer.status == 422, (name, text)
        assert f'id="{name}-error"' in answer.text
        assert f'href="#{name}"' in answer.text
        by_hand = await panel.get(f"{PATH}?{name}={quote(text)}")
        assert by_hand.status == 422, (name, text)


async def test_fields_that_contradict_each_other_are_told(panel):
    days = await panel.post(PATH, {"since": "2026-01-02", "until": "2026-01-01"})
    assert "The last day cannot be before the first one." in days.text
    amounts = await panel.post(PATH, {"least": "2", "most": "1"})
    assert "The highest amount cannot be below the lowest one." in amounts.text


async def test_an_address_that_no_page_of_ours_has_is_ill_formed(panel):
    for query in ("?standing=none", "?before=x", "?before=1", f"?before={2**64}.1"):
        assert (await panel.get(PATH + query)).status == 400, query


async def test_a_standing_that_there_is_not_is_ill_formed():
    with pytest.raises(IllFormed):
        filter_from_address({"standing": "captured,\x00"})


CARDS = (
    PAN,
    "5528 7900 0000 0008",
    "5528-7900-0000-0008",
    "no: 5528.7900.0000.0008",
    "４111 1111 1111 1111",
)


async def test_a_whole_card_number_is_refused_and_not_said_again(panel):
    """Neither in the page nor in an address, whichever box it is typed into."""
    for text in CARDS:
        for name in ("bin", "last4", "conversation", "basket", "least"):
            answer = await panel.post(PATH, {name: text, "door": "iyzico"})
            assert answer.status == 422, text
            assert "looks like a whole card number" in answer.text
            assert text not in answer.text
            assert answer.location == ""
        search = await panel.post(f"{PATH}/search", {"q": text})
        assert search.status == 422, text
        assert text not in search.text
        assert search.location == ""
        by_hand = await panel.get(f"{PATH}?basket={quote(text)}&door=iyzico")
        assert (by_hand.status, by_hand.location) == (303, f"{PATH}?door=iyzico")


def test_numbers_that_are_no_cards_are_searched():
    for text in ("20000010", "1700000000003", "order 123456789012", "5528790000000009", ""):
        assert not is_card_number(text)


async def test_the_search_box_knows_what_a_text_is(panel):
    (made,) = await add(panel, 1)
    await add(panel, 2, conversation_id="45467112")
    number = made.number
    expected = {
        str(number): f"{PATH}/{number}",
        str(number + 1): f"{PATH}/{number}",
        f" {number} ": f"{PATH}/{number}",
        "order 1": f"{PATH}?conversation=order+1",
        "45467112": f"{PATH}?conversation=45467112",
        "552879": f"{PATH}?bin=552879",
        "0008": f"{PATH}?last4=0008",
        "552879******0008": f"{PATH}?bin=552879&last4=0008",
        "55287900 •• 0008": f"{PATH}?bin=55287900&last4=0008",
        "basket 1": f"{PATH}?basket=basket+1",
        "a\x00b": f"{PATH}?basket=a%00b",
        "9" * 30: f"{PATH}?basket={'9' * 30}",
        "": PATH,
    }
    for text, location in expected.items():
        answer = await panel.post(f"{PATH}/search", {"q": text}, Role.VIEWER)
        assert (answer.status, answer.location) == (303, location), text
        if "?" in location:
            assert (await panel.get(location)).status == 200


async def test_the_search_box_finds_nothing_of_another_merchant(panel):
    (made,) = await add(panel, 1)
    other = await panel.add_merchant("Komşu")
    for text in (str(made.number), str(made.number + 1)):
        answer = await panel.post(f"{PATH}/search", {"q": text}, merchant=other)
        assert not answer.location.startswith(f"{PATH}/")
    answer = await panel.post(f"{PATH}/search", {"q": "order 1"}, merchant=other)
    assert answer.location == f"{PATH}?basket=order+1"


async def test_a_text_that_is_too_long_is_refused(panel):
    answer = await panel.post(f"{PATH}/search", {"q": "x" * 256})
    assert answer.status == 422
    assert 'id="q-error"' in answer.text


async def test_a_form_without_its_token_does_nothing(panel):
    for path in (PATH, f"{PATH}/search"):
        assert (await panel.post(path, {"q": "0008"}, csrf="")).status == 400


async def test_a_search_that_stopped_early_offers_to_look_further(panel):
    made = await add(panel, *range(8))
    search = SqlPaymentSearch(panel.house.payment_search._engine, walk_rows=4)
    desk = msgspec.structs.replace(panel.desk, search=search)
    visitor = PanelCaller(panel.house, desk, panel.merchant)
    text = (await visitor.get(f"{PATH}?last4=1111")).text
    assert "have been looked through" in text
    assert "Look further back" in text
    assert f"before={made[4].created_ms}.{made[4].number}" in text


async def test_a_list_says_what_it_does_not_know_yet(panel):
    """After an upgrade older payments are filled in, and until then the page says from when on."""
    (made,) = await add(panel, 1)
    engine = panel.house.payment_search._engine
    await engine.apply([Write("UPDATE payments SET door = NULL, standing = NULL", ())])
    text = (await panel.get(PATH)).text
    assert "are being added to the search" in text
    assert numbers_in(text) == []
    await fill_search(panel.house.payment_search)
    text = (await panel.get(PATH)).text
    assert "are being added to the search" not in text
    assert numbers_in(text) == [made.number]
