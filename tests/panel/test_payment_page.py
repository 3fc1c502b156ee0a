"""A payment's page: figures, lines, and everything that happened, for its own merchant."""

import re

import msgspec
import pytest

from fakes.outbox import notice
from fakes.panel import PanelCaller
from fakes.panel_payments import PayingMerchant
from fakes.records import AT_MS, attempt, booking, payment, stored_card
from vezne.core.answer import DeclineReason, Risk
from vezne.core.attempt import Operation, Outcome
from vezne.core.authentication import (
    MD_STATUSES,
    Authentication,
    AuthenticationResult,
    AuthenticationState,
)
from vezne.core.call_log import CallSummary
from vezne.core.changes import AddBooking, AddCard, AddNotice
from vezne.core.ledger import Account, EntryKind
from vezne.core.member import Role
from vezne.core.money import UNIT
from vezne.core.notice import NoticeKind, NoticeState
from vezne.core.payment import BasketLine, Chargeback, LineKind, PaymentKind, PaymentState
from vezne.core.payout import PayoutState
from vezne.panel.wording import TEXTS

HOSTILE = "\"><script>alert('x')</script>{{7*7}}"
STORED = 20_000_000
ITEM = {
    "id": "BI101",
    "name": "Binocular",
    "category1": "Collectibles",
    "itemType": "PHYSICAL",
    "price": "100",
}


@pytest.fixture
def shop(panel: PanelCaller) -> PayingMerchant:
    return PayingMerchant(panel)


def test_there_are_words_for_everything() -> None:
    """Whatever state, account, answer or act there is, both languages name it."""
    names = [
        *(f"decline.{item}" for item in DeclineReason),
        *(f"payment.entry.{item}" for item in EntryKind),
        *(f"payment.account.{item}" for item in Account),
        *(f"webhooks.kind.{item}" for item in NoticeKind),
        *(f"webhooks.state.{item}" for item in NoticeState),
        *(f"payment.payout.{item}" for item in PayoutState),
        *(f"payment.threeds.{item}" for item in AuthenticationState),
        *(f"payment.md.{item}" for item in MD_STATUSES),
        *(f"payment.risk.{item}" for item in Risk),
        *(f"payment.kind.{item}" for item in PaymentKind),
        *(f"payment.asked.{item}" for item in Operation),
        *(f"payment.answered.{item}" for item in Outcome),
    ]
    assert [name for name in names if name not in TEXTS] == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("tr", ["Başarılı", "₺1,20", "Banka onayladı", "Muhasebeleşti: tahsilat", "İade et"]),
        ("en", ["Successful", "₺1.20", "The bank approved", "Booked: capture", "Refund"]),
    ],
)
async def test_a_payment_is_shown_whole(panel, shop, language, words) -> None:
    """Figures, card mask, buyer, lines and the way through bank and ledger, in both languages."""
    number = await shop.pay()
    answer = await panel.get(f"/panel/payments/{number}", Role.OPERATOR, language=language)
    assert answer.status == 200
    for word in (*words, "552879******0008", "Binocular", str(number + 3), "74300864791"):
        assert word in answer.text
    assert "5528790000000008" not in answer.text


async def test_the_page_refreshes_its_own_part(panel, shop) -> None:
    """The script gets what changes, without the frame around it."""
    number = await shop.pay()
    live = await panel.get(f"/panel/payments/{number}", headers={"x-live": "1"})
    assert "<h1>" in live.text
    assert "<html" not in live.text


async def test_what_there_is_not_is_not_found(panel) -> None:
    """Whatever stands in the address."""
    for number in ("1", "99999999999999999999", "-1", "abc", "10000000%00", "1.0"):
        assert (await panel.get(f"/panel/payments/{number}")).status == 404


async def test_another_merchants_payment_is_not_found(panel, shop) -> None:
    """Nobody learns that there is one."""
    number = await shop.pay()
    other = await panel.add_merchant("Other")
    assert (await panel.get(f"/panel/payments/{number}", merchant=other)).status == 404


async def test_who_may_not_act_is_offered_nothing(panel, shop) -> None:
    """A viewer and a developer read."""
    number = await shop.pay()
    for role in (Role.VIEWER, Role.DEVELOPER):
        text = (await panel.get(f"/panel/payments/{number}", role)).text
        assert f"/panel/payments/{number}/" not in text


async def test_hostile_texts_stay_texts(panel, shop) -> None:
    """Whatever the merchant, a bank or a buyer wrote, it never becomes markup."""
    line = BasketLine(
        item_id=HOSTILE, name=HOSTILE, category=HOSTILE, kind=LineKind.PHYSICAL, price_e8=UNIT
    )
    plain = payment()
    record = await shop.add(
        plain,
        number=STORED,
        state=PaymentState.DECLINED,
        lines=tuple(line for _ in plain.lines),
        conversation_id=HOSTILE,
        basket_id=HOSTILE,
        channel=HOSTILE,
        group=HOSTILE,
        acquirer=HOSTILE,
        reference=HOSTILE,
        auth_code=HOSTILE,
        parties={HOSTILE: {HOSTILE: HOSTILE}},
        attempts=(attempt(outcome=Outcome.DECLINED, detail=HOSTILE, closed_ms=AT_MS),),
    )
    text = (await panel.get(f"/panel/payments/{record.number}")).text
    assert "<script>alert" not in text
    assert text.count("&lt;script&gt;alert") > 10


async def test_a_declined_payment_says_why(panel, shop) -> None:
    """With the bank's own code."""
    declined = attempt(outcome=Outcome.DECLINED, detail="51", closed_ms=AT_MS + 900)
    record = await shop.add(
        payment(),
        number=STORED,
        state=PaymentState.DECLINED,
        decline_reason=DeclineReason.INSUFFICIENT_FUNDS,
        attempts=(declined,),
    )
    text = (await panel.get(f"/panel/payments/{record.number}")).text
    assert "Insufficient funds" in text
    assert "<dd>51</dd>" in text
    assert "/cancel" not in text


async def test_an_uncertain_payment_says_what_is_not_known(panel, shop) -> None:
    """When the bank is asked next, and that nothing can be done meanwhile."""
    silent = attempt(inquiries=3, is_reversing=True)
    record = await shop.add(
        payment(), number=STORED, state=PaymentState.UNCERTAIN, attempts=(silent,)
    )
    text = (await panel.get(f"/panel/payments/{record.number}")).text
    assert "may have happened or not" in text
    assert "being undone at the bank" in text
    assert "Inquiries so far" in text


@pytest.mark.parametrize("md_status", [1, 0, -1, 42])
async def test_the_banks_word_on_the_cardholder_is_shown(panel, shop, md_status) -> None:
    """As the number that the protocols pass on, and in words, known or not."""
    authentication = Authentication(
        state=AuthenticationState.SPENT,
        opened_ms=AT_MS,
        expires_ms=AT_MS + 1,
        success_url="https://shop.example/ok",
        failure_url="https://shop.example/no",
        caller_key="key",
        is_card_held=False,
        transaction_id="t-1",
        result=AuthenticationResult(md_status=md_status, transaction_id="t-1", eci="05"),
    )
    record = await shop.add(payment(), number=STORED, authentication=authentication)
    text = (await panel.get(f"/panel/payments/{record.number}")).text
    assert f"{md_status}: " in text
    assert "t-1" in text
    assert "3-D Secure began" in text


async def test_a_stored_card_is_a_link_as_long_as_it_is_there(panel, shop) -> None:
    """Afterwards it is only said that there was one."""
    card = stored_card(merchant_id=panel.merchant.id)
    record = await shop.add(
        payment(), number=STORED, owner_key=card.owner_key, card_token=card.token
    )
    path = f"/panel/cards/{card.owner_key.hex()}/{card.token.hex()}"
    before = (await panel.get(f"/panel/payments/{record.number}")).text
    assert "Paid with a stored card" in before
    assert path not in before
    await panel.house.ports.books.apply([AddCard(card)])
    assert path in (await panel.get(f"/panel/payments/{record.number}")).text


async def test_chargebacks_and_foreign_money_are_shown(panel, shop) -> None:
    """Beside the rate at which the currency is worth something."""
    taken = Chargeback(
        line_number=STORED + 1, amount_e8=UNIT, reference="CB-1", charged_back_ms=AT_MS
    )
    record = await shop.add(
        payment(), number=STORED, state=PaymentState.CAPTURED, currency="USD", chargebacks=(taken,)
    )
    text = (await panel.get(f"/panel/payments/{record.number}")).text
    for word in ("Charged back: $1.00", "CB-1", "Exchange rate (TRY)"):
        assert word in text


async def test_the_ledger_is_shown_whole(panel, shop) -> None:
    """However many bookings there are of a payment, and none of its neighbours'."""
    number = await shop.pay()
    books, merchant_id = panel.house.ports.books, panel.merchant.id
    for version in range(50, 120):
        entry = booking(merchant_id=merchant_id, subject=number, version=version)
        await books.apply([AddBooking(entry)])
    await shop.pay()
    text = (await panel.get(f"/panel/payments/{number}")).text
    assert text.count("<h3>Booked: ") == 71


async def test_refunds_and_notices_stand_in_the_timeline(panel, shop) -> None:
    """In the order of what happened."""
    number = await shop.pay()
    answer = await shop.call(
        "/v2/payment/refund",
        {"locale": "tr", "paymentId": str(number), "price": "0.5", "ip": "85.34.78.112"},
    )
    assert answer["status"] == "success", answer
    text = (await panel.get(f"/panel/payments/{number}")).text
    titles = re.findall(r"<h3>(.*?)</h3>", text)
    made, asked = titles.index("Payment made: ₺1.20"), titles.index("Asked the bank: refund ₺0.50")
    assert made < asked < titles.index("Booked: refund")
    assert "Partly refunded" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ["Waiting", "Next try"]),
        ({"tries": 2, "problem": "no connection: All attempts failed"}, ["no connection<"]),
        ({"tries": 2, "problem": HOSTILE}, ["Last problem", "&lt;script&gt;"]),
        ({"state": NoticeState.DELIVERED, "next_try_ms": None, "tries": 1}, ["Delivered"]),
        ({"state": NoticeState.GIVEN_UP, "next_try_ms": None, "tries": 9}, ["Given up"]),
    ],
)
async def test_what_the_merchant_was_told_is_shown(panel, shop, changes, words) -> None:
    """With how the telling goes."""
    number = await shop.pay()
    told = notice(merchant_id=panel.merchant.id, payment_number=number, **changes)
    await panel.house.ports.books.apply([AddNotice(told)])
    text = (await panel.get(f"/panel/payments/{number}")).text
    assert "Webhook: " in text
    assert f'href="/panel/webhooks/{number}/{told.version}"' in text
    assert [word for word in words if word not in text] == []


async def test_calls_lead_to_the_log(panel, shop) -> None:
    """With what became of each, for those who may read it; signatures that were wrong too."""
    number = await shop.pay()
    calls = [
        CallSummary(
            number=71 + place,
            merchant_id=panel.merchant.id,
            at_ms=AT_MS + place,
            duration_us=12_345,
            door="iyzico",
            method="POST",
            path="/payment/auth",
            status=200,
            outcome=outcome,
            reason="1000" if outcome == "unauthenticated" else "",
        )
        for place, outcome in enumerate(("served", "unauthenticated", "failed"))
    ]

    class Log:
        async def list_calls_of(self, merchant_id, payment_number):
            assert (merchant_id, payment_number) == (panel.merchant.id, number)
            return calls

    caller = PanelCaller(
        panel.house, msgspec.structs.replace(panel.desk, calls=Log()), panel.merchant
    )
    text = (await caller.get(f"/panel/payments/{number}", Role.DEVELOPER)).text
    for word in ("/panel/requests/71", "/panel/requests/72", "12 ms", "refused", "<dd>1000</dd>"):
        assert word in text
    viewed = (await caller.get(f"/panel/payments/{number}", Role.VIEWER)).text
    assert "API call: POST /payment/auth" in viewed
    assert "/panel/requests/7" not in viewed


async def test_a_payout_is_followed_to_the_account(panel, shop) -> None:
    """Money of a payment that became payable, and the payout that it went out with."""
    number = await shop.pay(price="100", paidPrice="100", basketItems=[ITEM])
    await shop.pass_days(7)
    text = (await panel.get(f"/panel/payments/{number}")).text
    for word in ("Became payable", "Payout, ", "Completed", "Value date", f"{number + 1}: ₺"):
        assert word in text
