"""The first page: today's payments, what waits, how the last days went, and what money there is."""

import asyncio
import re
from html import unescape

import msgspec
import pytest

from fakes.panel import PanelCaller
from fakes.panel_payments import PayingMerchant
from fakes.payout_records import payout
from fakes.records import attempt, payment
from fakes.sub_merchants import sub_merchant_request
from vezne.core.answer import Risk
from vezne.core.changes import AddPayout
from vezne.core.day_figures import Figure, Figures
from vezne.core.member import Role
from vezne.core.money import UNIT
from vezne.core.payment import PaymentState
from vezne.core.payout import PayoutState
from vezne.panel.recent import Recent
from vezne.panel.releases import Releases, find_releases

DAY_MS = 86_400_000
STORED = 20_000_000


@pytest.fixture
def patient(panel: PanelCaller) -> PanelCaller:
    """The panel on a machine of any speed: it waits until everything is counted, every time."""
    desk = msgspec.structs.replace(
        panel.desk, counted=Fresh(patience_s=30), releases=Fresh(patience_s=30)
    )
    return PanelCaller(panel.house, desk, panel.merchant)


class Fresh(Recent):
    """Keeps nothing."""

    async def get(self, key, find, fresh_s):
        return await super().get(key, find, 0.0 if fresh_s else fresh_s)


@pytest.fixture
def shop(panel: PanelCaller) -> PayingMerchant:
    return PayingMerchant(panel)


async def add(shop: PayingMerchant, number: int, days_ago: int = 0, **changes: object) -> None:
    created_ms = shop.panel.house.ports.clock.now_ms() - days_ago * DAY_MS
    await shop.add(payment(), number=number, created_ms=created_ms, **changes)


async def test_a_new_merchant_sees_what_will_be_there(patient) -> None:
    """No figures, and words instead of empty tables."""
    text = (await patient.get("/panel", Role.VIEWER)).text
    for words in (
        "No payment is uncertain or under review.",
        "No balances yet",
        "Nothing was charged in this currency",
        "No payment made in the last 14 days was answered",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "tr",
            [
                "Bugün oluşturulan ödemelerden çekilen",
                "₺1,20",
                "%50,0",
                "Bakiyeler",
                "Sonraki hak ediş",
            ],
        ),
        (
            "en",
            ["Charged of the payments made today", "₺1.20", "50.0 %", "Balances", "Next payout"],
        ),
    ],
)
async def test_todays_payments_are_counted(patient, shop, language, words) -> None:
    """By how they stand, with the way to each of them."""
    await shop.pay()
    await add(shop, STORED, state=PaymentState.DECLINED)
    text = (await patient.get("/panel", language=language)).text
    assert [word for word in words if word not in text] == []
    assert "/panel/payments?standing=captured&amp;since=20" in text
    assert "/panel/payments?standing=declined&amp;since=20" in text
    for link in re.findall(r'href="(/panel/payments\?[^"]*)"', text):
        assert (await patient.get(unescape(link))).status == 200


async def test_what_waits_stands_first_with_its_age(patient, shop) -> None:
    """Uncertain payments and those under review, the oldest first."""
    await add(shop, STORED, 3, state=PaymentState.CAPTURED, risk=Risk.REVIEW)
    now_ms = shop.panel.house.ports.clock.now_ms()
    silent = attempt(created_ms=now_ms - 2 * 3_600_000)
    await add(shop, STORED + 10, state=PaymentState.UNCERTAIN, attempts=(silent,))
    await add(shop, STORED + 20, state=PaymentState.CAPTURED)
    text = (await patient.get("/panel")).text
    first, second = text.index(f"/payments/{STORED}"), text.index(f"/payments/{STORED + 10}")
    assert first < second
    assert f"/payments/{STORED + 20}" not in text
    assert "3 d" in text
    assert "2 h" in text


async def test_the_charts_are_told_in_words_and_as_a_table(patient, shop) -> None:
    """For those who see no chart, and for one currency at a time."""
    await add(shop, STORED, 1, state=PaymentState.CAPTURED)
    await add(shop, STORED + 10, 2, state=PaymentState.CAPTURED, currency="USD")
    text = (await patient.get("/panel")).text
    assert 'role="img" aria-labelledby="volume-title volume-text"' in text
    assert "₺120.00 charged of the payments made in the last 14 days" in text
    assert 'href="/panel?currency=USD"' in text
    dollars = (await patient.get("/panel?currency=USD")).text
    assert "$120.00 charged of the payments made in the last 14 days" in dollars
    assert 'data-live="/panel?currency=USD"' in dollars


async def test_an_unknown_currency_is_the_own(patient) -> None:
    """Whatever stands in the address."""
    for currency in ("", "XXX", "%3Cscript%3E", "%00"):
        answer = await patient.get(f"/panel?currency={currency}")
        assert answer.status == 200
        assert "Charged, by the day the payment was made (TRY)" in answer.text


async def test_balances_and_releases_are_shown(patient, shop) -> None:
    """What is pending and withheld, and when it is released; later what was paid out."""
    await shop.pay()
    text = (await patient.get("/panel")).text
    assert "Release dates (TRY)" in text
    assert "<dd>₺0.12</dd>" in text
    await shop.pass_days(7)
    later = (await patient.get("/panel")).text
    assert "Last payout" in later
    assert "Completed" in later


async def test_the_money_of_sub_merchants_stands_apart(patient, shop) -> None:
    """It is not the merchant's own."""
    made = await shop.call("/onboarding/submerchant", sub_merchant_request())
    await shop.pay(
        basketItems=[
            {
                "id": "BI101",
                "name": "Binocular",
                "category1": "Collectibles",
                "itemType": "PHYSICAL",
                "price": "1",
                "subMerchantKey": made["subMerchantKey"],
                "subMerchantPrice": "0.5",
            }
        ]
    )
    text = (await patient.get("/panel")).text
    assert "Sub-merchants&#39;" in text
    assert "<dd>₺0.50</dd>" in text


async def bounce(shop: PayingMerchant) -> None:
    """A payout to the merchant's account came back."""
    record = payout(
        merchant_id=shop.panel.merchant.id,
        state=PayoutState.BOUNCED,
        payables=0,
        taken_e8=0,
        amount_e8=0,
        iban=shop.panel.merchant.settings.iban,
    )
    await shop.panel.house.ports.books.apply([AddPayout(record, None, 1)])


async def test_a_payout_that_came_back_is_said(patient, shop) -> None:
    """With the way to the account that it went to."""
    await shop.pay()
    await bounce(shop)
    text = (await patient.get("/panel")).text
    assert "The last payout came back" in text
    assert '<a href="/panel/settings">' in text


async def test_after_a_new_iban_a_payout_is_announced_again(patient, shop) -> None:
    """The one that came back went to the old account; until then no day is promised."""
    await shop.pay()
    await bounce(shop)
    stopped = (await patient.get("/panel")).text
    assert "None is sent until the IBAN is another." in stopped
    assert "On 20" not in stopped
    settings = msgspec.structs.replace(
        shop.panel.merchant.settings, iban="TR180006200119000006672315"
    )
    await shop.panel.house.merchants.change_settings(shop.panel.merchant.id, settings)
    text = (await patient.get("/panel")).text
    assert "The next goes to the new IBAN." in text
    assert "On 20" in text


async def test_release_dates_never_contradict_the_balance(panel, shop) -> None:
    """With the cache that really is there: what is paid or given back meanwhile is in both."""
    desk = msgspec.structs.replace(panel.desk, releases=Recent(patience_s=30))
    caller = PanelCaller(panel.house, desk, panel.merchant)
    number = await shop.pay()
    assert withheld(await caller.get("/panel")) == ("₺0.12", ["₺0.12"])
    await shop.pay()
    assert withheld(await caller.get("/panel")) == ("₺0.24", ["₺0.24"])
    await shop.call(
        "/v2/payment/refund",
        {"locale": "tr", "paymentId": str(number), "price": "1.2", "ip": "85.34.78.112"},
    )
    balance, dates = withheld(await caller.get("/panel"))
    assert dates == [balance]


def withheld(answer) -> tuple[str, list[str]]:
    """The balance, and what its dates come to one by one."""
    (balance,) = re.findall(r"<dt>Withheld</dt>\s*<dd>([^<]*)</dd>", answer.text)
    dates = answer.text.partition("Release dates (TRY)")[2].partition("</dl>")[0]
    return balance, re.findall(r"<dd>([^<]*)</dd>", dates)


def test_releases_that_do_not_fit_are_not_shown() -> None:
    """More than is withheld, or on a day that is past."""
    known = Releases(days={"TRY": [(DAY_MS, 5), (2 * DAY_MS, 7)]})
    assert known.fitting("TRY", 12, DAY_MS) == known.fitting("TRY", 99, 0) == known.days["TRY"]
    assert known.fitting("TRY", 11, 0) is None
    assert known.fitting("TRY", 12, DAY_MS + 1) is None
    assert known.fitting("USD", 0, 0) == []


async def test_what_is_charged_counts_by_state(patient, shop) -> None:
    """Also under review, and with a refund on its way."""
    await add(shop, STORED, state=PaymentState.CAPTURED, risk=Risk.REVIEW)
    await add(shop, STORED + 10, state=PaymentState.CAPTURED, attempts=(attempt(),))
    await add(shop, STORED + 20, state=PaymentState.AUTHORIZED, risk=Risk.REVIEW)
    text = (await patient.get("/panel")).text
    assert "<strong>₺240.00</strong>" in text
    assert "100.0 %" in text


async def test_money_that_is_owed_to_us_says_so(patient, shop) -> None:
    """A refund after the payout leaves less than nothing."""
    number = await shop.pay()
    await shop.pass_days(7)
    answer = await shop.call(
        "/v2/payment/refund",
        {"locale": "tr", "paymentId": str(number), "price": "1.2", "ip": "85.34.78.112"},
    )
    assert answer["status"] == "success", answer
    assert "set off against later payouts" in (await patient.get("/panel")).text


async def test_other_merchants_figures_are_not_shown(patient, shop) -> None:
    """Not one of them."""
    await shop.pay()
    await add(shop, STORED, state=PaymentState.CAPTURED, risk=Risk.REVIEW)
    other = await shop.panel.add_merchant("Other")
    text = (await patient.get("/panel", merchant=other)).text
    assert "₺1.20" not in text
    assert str(STORED) not in text
    assert "No balances yet" in text


class SlowFigures:
    """Counts when it is let."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self.gate = asyncio.Event()

    def __getattr__(self, name: str) -> object:
        return getattr(self._figures, name)

    async def count_span(self, merchant_id: int, since_ms: int, until_ms: int) -> list[Figure]:
        await self.gate.wait()
        return await self._figures.count_span(merchant_id, since_ms, until_ms)


async def test_a_page_does_not_wait_for_the_count(panel, shop) -> None:
    """It says that it counts, and has the figures a moment later."""
    await shop.pay()
    slow = SlowFigures(panel.desk.figures)
    caller = PanelCaller(
        panel.house, msgspec.structs.replace(panel.desk, figures=slow), panel.merchant
    )
    text = (await caller.get("/panel")).text
    assert text.count("Counting; it will be here in a moment.") == 2
    slow.gate.set()
    for _ in range(100):
        text = (await caller.get("/panel")).text
        if "Counting" not in text:
            break
    assert "₺1.20 charged of the payments made in the last 14 days" in text


async def test_the_page_refreshes_its_own_part(patient) -> None:
    """The script gets what changes, without the frame around it."""
    live = await patient.get("/panel", headers={"x-live": "1"})
    assert "Payments made today" in live.text
    assert "<h1>" not in live.text


async def test_releases_of_many_payments_are_those_of_the_first_days(panel, shop) -> None:
    """All of them where that takes no time; else what is not known whole is not listed."""
    ports, merchant_id = panel.house.ports, panel.merchant.id
    now_ms = ports.clock.now_ms()
    for place in range(120):
        await add(
            shop,
            STORED + 10 * place,
            state=PaymentState.CAPTURED,
            matured_ms=now_ms,
            value_ms=now_ms,
            blockage_resolved_ms=now_ms + DAY_MS + place * DAY_MS // 30,
        )
    (every_day,) = (await find_releases(merchant_id, ports)).days.values()
    assert sum(amount_e8 for _, amount_e8 in every_day) == 120 * 12 * UNIT
    (days,) = (await find_releases(merchant_id, ports, payments_max=100)).days.values()
    assert 2 <= len(days) < len(every_day)
    assert days == every_day[: len(days)]
