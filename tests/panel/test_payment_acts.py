"""Acts on a payment: asked for first, done once, for those who may, and told as they went."""

import asyncio
import re

import msgspec
import pytest

from fakes.acquirer import APPROVED, ScriptedAcquirer
from fakes.audit import MemoryAudit
from fakes.panel import PanelCaller
from fakes.panel_payments import PayingMerchant
from fakes.records import payment
from fakes.sub_merchants import sub_merchant_request
from vezne.core.answer import Declined, DeclineReason, Risk, Unknown
from vezne.core.audit import AuditAction
from vezne.core.member import Role
from vezne.core.merchant import Marketplace
from vezne.core.money import UNIT
from vezne.core.payment import PaymentKind, PaymentState
from vezne.panel.acts import OF_LINE, OF_PAYMENT, is_possible_for_line

STORED = 20_000_000
FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
DECLINED = Declined(reason=DeclineReason.REFUND_DECLINED, code="93")


@pytest.fixture
def shop(panel: PanelCaller) -> PayingMerchant:
    return PayingMerchant(panel)


@pytest.fixture
def bank() -> ScriptedAcquirer:
    return ScriptedAcquirer()


@pytest.fixture
def audit() -> MemoryAudit:
    return MemoryAudit()


@pytest.fixture
def caller(panel: PanelCaller, bank: ScriptedAcquirer, audit: MemoryAudit) -> PanelCaller:
    """The panel with a bank whose answers are scripted."""
    ports = msgspec.structs.replace(panel.desk.ports, acquirer=bank)
    desk = msgspec.structs.replace(panel.desk, ports=ports, audit=audit)
    return PanelCaller(panel.house, desk, panel.merchant)


async def captured(shop: PayingMerchant, **changes: object) -> str:
    """The address of a payment that the books hold as captured at the merchant's time."""
    now_ms = shop.panel.house.ports.clock.now_ms()
    times = {"created_ms": now_ms, "captured_ms": now_ms}
    stored = {"number": STORED, "state": PaymentState.CAPTURED, "reference": "ref", **times}
    await shop.add(payment(), **{**stored, **changes})
    return f"/panel/payments/{STORED}"


async def form_of(caller: PanelCaller, path: str, role: Role = Role.OPERATOR) -> dict[str, str]:
    """The hidden fields of a page that asks."""
    answer = await caller.get(path, role)
    assert answer.status == 200, answer.location
    fields = dict(FIELD.findall(answer.text))
    return {name: value for name, value in fields.items() if name not in {"csrf", "back"}}


def note_of(answer) -> str:
    """What the page after an act says of it."""
    return answer.note[1:]


async def act(caller: PanelCaller, path: str, ask: str = "") -> str:
    """Ask, confirm, and read the note."""
    done = await caller.post(path, await form_of(caller, path + ask), Role.OPERATOR)
    assert done.status == 303
    assert done.location == f"/panel/payments/{STORED}"
    return note_of(done)


async def test_a_payment_is_cancelled_after_asking(panel, shop) -> None:
    """Looking at the question changes nothing; the answer is the bank's."""
    number = await shop.pay()
    path = f"/panel/payments/{number}/cancel"
    fields = await form_of(panel, path)
    assert (await shop.stored(number)).state is PaymentState.CAPTURED
    answer = await panel.post(path, fields, Role.OPERATOR)
    assert note_of(answer) == "The payment was cancelled."
    assert (await shop.stored(number)).state is PaymentState.VOIDED
    assert "Cancelled" in (await panel.get(answer.location)).text


async def test_a_line_is_refunded_by_an_amount(panel, shop) -> None:
    """As typed in the visitor's language, of the line that was chosen."""
    number = await shop.pay()
    path = f"/panel/payments/{number}/refund"
    asked = await panel.get(f"{path}?line={number + 2}", Role.OPERATOR, language="tr")
    assert 'value="0,60"' in asked.text
    confirm = await panel.get(
        f"{path}?line={number + 2}&amount=0%2C25", Role.OPERATOR, language="tr"
    )
    assert "₺0,25" in confirm.text
    fields = dict(FIELD.findall(confirm.text))
    answer = await panel.post(path, fields, Role.OPERATOR, language="tr")
    assert note_of(answer) == "İade yapıldı."
    stored = await shop.stored(number)
    assert stored.refunded_e8(number + 2) == stored.taken_back_e8 == UNIT // 4


async def test_a_whole_payment_is_refunded(caller, shop, bank) -> None:
    """Whatever is left of it; afterwards nothing is offered any more."""
    path = await captured(shop)
    bank.script(APPROVED)
    assert await act(caller, f"{path}/refund", "?amount=120") == "Refunded."
    assert (await shop.stored(STORED)).still_charged_e8 == 0
    assert "/refund" not in (await caller.get(path)).text


async def test_an_amount_that_cannot_be_is_asked_for_again(caller, shop) -> None:
    """With what was typed and what is wrong beside the field, and no fault of ours."""
    path = await captured(shop)
    for amount in ("", "0", "-5", "abc", "120.01", "1e3", "%00", "9" * 40):
        answer = await caller.get(f"{path}/refund?amount={amount}", Role.OPERATOR)
        assert answer.status == 422
        assert 'aria-invalid="true"' in answer.text


async def test_a_card_number_in_the_wrong_field_is_not_shown_again(caller, shop) -> None:
    """However its digits are grouped."""
    path = await captured(shop)
    for typed in ("5528790000000008", "5528%207900%200000%200008"):
        answer = await caller.get(f"{path}/refund?amount={typed}", Role.OPERATOR)
        assert answer.status == 422
        assert "5528" not in answer.text.replace("552879******0008", "")


async def test_a_hold_is_captured_for_another_amount(caller, shop, bank) -> None:
    """Commission and payouts are those of what is captured."""
    path = await captured(
        shop, state=PaymentState.AUTHORIZED, kind=PaymentKind.HOLD, captured_ms=None
    )
    assert "₺120.00 is held" in (await caller.get(f"{path}/capture", Role.OPERATOR)).text
    bank.script(APPROVED)
    assert await act(caller, f"{path}/capture", "?amount=100.5") == "Captured."
    stored = await shop.stored(STORED)
    assert (stored.state, stored.paid_e8) == (PaymentState.CAPTURED, 10_050_000_000)


async def test_an_amount_has_no_more_decimals_than_its_currency(caller, shop, bank) -> None:
    """Unless it is all that is left; a form that nobody was shown is refused as well."""
    path = await captured(shop)
    asked = await caller.get(f"{path}/refund?amount=0.005", Role.OPERATOR)
    assert asked.status == 422
    assert "no more than two decimals" in asked.text
    fields = await form_of(caller, f"{path}/refund?amount=1") | {"amount_e8": "500000"}
    assert (await caller.post(f"{path}/refund", fields, Role.OPERATOR)).status == 400
    large = await caller.get(f"{path}/refund?amount={'9' * 14}", Role.OPERATOR)
    assert "more than any payment can be" in large.text


async def test_what_has_more_decimals_can_be_given_back_whole(panel, shop) -> None:
    """It is offered as it is."""
    number = await shop.pay()
    given = {"paymentId": str(number), "price": "0.005", "ip": "85.34.78.112"}
    assert (await shop.call("/v2/payment/refund", given))["status"] == "success"
    path = f"/panel/payments/{number}/refund"
    assert 'value="1.195"' in (await panel.get(path, Role.OPERATOR)).text
    fields = await form_of(panel, f"{path}?amount=1.195")
    assert note_of(await panel.post(path, fields, Role.OPERATOR)) == "Refunded."
    assert (await shop.stored(number)).still_charged_e8 == 0


async def test_a_capture_of_more_than_was_held_says_so(caller, shop) -> None:
    """Loudly, with both amounts; of no more than that nothing is said."""
    path = await captured(
        shop, state=PaymentState.AUTHORIZED, kind=PaymentKind.HOLD, captured_ms=None
    )
    more = (await caller.get(f"{path}/capture?amount=120.01", Role.OPERATOR)).text
    assert "₺120.00 is held, ₺120.01 will be captured" in more
    assert '<button class="danger">' in more
    same = (await caller.get(f"{path}/capture?amount=120", Role.OPERATOR)).text
    assert "more than was held" not in same
    assert '<button class="danger">' not in same


async def test_the_hint_is_about_the_chosen_line(panel, shop) -> None:
    """Not about the whole payment."""
    number = await shop.pay()
    text = (await panel.get(f"/panel/payments/{number}/refund?line={number + 2}")).text
    assert "₺0.60 at most" in text


async def test_a_review_is_decided(caller, shop, bank, audit) -> None:
    """Accepted, its money becomes payable; the trail says who did it before it was done."""
    path = await captured(shop, risk=Risk.REVIEW)
    assert await act(caller, f"{path}/accept") == "The payment was accepted."
    assert (await shop.stored(STORED)).risk is Risk.ACCEPTED
    (line,) = [x for x, _ in audit.lines if x.action is AuditAction.ADMINISTERED]
    assert (line.subject, line.reason, line.is_success) == (f"payment {STORED}", "accept", True)


async def test_who_is_no_marketplace_approves_nothing(panel, shop) -> None:
    """Its lines are its own, whatever was agreed before."""
    own = await shop.pay()
    settings = msgspec.structs.replace(panel.merchant.settings, marketplace=Marketplace.NEVER)
    merchant = msgspec.structs.replace(panel.merchant, settings=settings)
    stored = await shop.stored(own)
    assert not any(is_possible_for_line(act, stored, own + 1, merchant) for act in OF_LINE)
    assert not any(is_possible_for_line(act, stored, own + 1, panel.merchant) for act in OF_LINE)


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (APPROVED, "The payment was rejected, and its money given back."),
        (DECLINED, "The bank declined to give the money back. The payment stands as it was."),
        (Unknown(why="silence"), "The bank did not answer"),
    ],
)
async def test_a_rejected_payment_is_given_back(caller, shop, bank, answer, note) -> None:
    """Or it is said that it was not, or that nobody knows."""
    path = await captured(shop, risk=Risk.REVIEW)
    bank.script(answer)
    assert (await act(caller, f"{path}/reject")).startswith(note)


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (DECLINED, "The bank declined: Refund declined (code 93)."),
        (Unknown(why="silence"), "The bank did not answer"),
    ],
)
async def test_what_the_bank_says_is_shown_as_it_is(
    caller, shop, bank, audit, answer, note
) -> None:
    """A decline is no silence, and silence is no decline; the trail has both as not done."""
    path = await captured(shop)
    bank.script(answer)
    assert (await act(caller, f"{path}/refund", "?amount=20")).startswith(note)
    lines = [x for x, _ in audit.lines if x.action is AuditAction.ADMINISTERED]
    assert [(line.reason, line.is_success) for line in lines] == [
        ("refund 20.00 TRY", True),
        ("refund 20.00 TRY", False),
    ]


async def test_a_form_that_is_sent_twice_acts_once(caller, shop, bank) -> None:
    """One after the other, and at the same moment."""
    path = await captured(shop)
    fields = await form_of(caller, f"{path}/refund?amount=20")
    bank.script(APPROVED)
    answers = await asyncio.gather(
        *(caller.post(f"{path}/refund", fields, Role.OPERATOR) for _ in range(3))
    )
    notes = sorted(note_of(answer) for answer in answers)
    assert notes[0] == "Refunded."
    assert all(note.startswith("The payment has changed meanwhile") for note in notes[1:])
    again = await caller.post(f"{path}/refund", fields, Role.OPERATOR)
    assert note_of(again).startswith("The payment has changed meanwhile")
    assert (await shop.stored(STORED)).taken_back_e8 == 20 * UNIT
    assert bank.is_done


async def test_what_cannot_be_done_is_refused_in_words(caller, shop) -> None:
    """It was possible when the page was shown, and is not any more."""
    path = await captured(shop)
    fields = {"version": "1", "amount_e8": str(999 * UNIT)}
    answer = await caller.post(f"{path}/refund", fields, Role.OPERATOR)
    assert note_of(answer) == "The amount is more than what is left to refund."
    captured_again = await caller.post(f"{path}/capture", fields, Role.OPERATOR)
    assert note_of(captured_again) == "This cannot be done as the payment stands."


async def test_a_payment_that_is_too_old_is_not_cancelled(caller, shop) -> None:
    """The day of its capture is over: a refund is offered instead."""
    path = await captured(shop)
    await shop.pass_days(1)
    text = (await caller.get(path, Role.OPERATOR)).text
    assert f"{path}/cancel" not in text
    assert f"{path}/refund" in text
    version = str((await shop.stored(STORED)).version)
    answer = await caller.post(f"{path}/cancel", {"version": version}, Role.OPERATOR)
    assert note_of(answer) == "It is too late to cancel; refund it instead."


async def test_an_act_that_makes_no_sense_is_turned_back(caller, shop) -> None:
    """Its address leads to the payment, with a note."""
    path = await captured(shop, state=PaymentState.DECLINED)
    for name in OF_PAYMENT:
        answer = await caller.get(f"{path}/{name}", Role.OPERATOR)
        assert answer.location == path
        assert note_of(answer) == "This cannot be done as the payment stands."


async def test_lines_of_sub_merchants_are_approved_and_disapproved(panel, shop) -> None:
    """One by one, with the name that the merchant gave the seller."""
    made = await shop.call("/onboarding/submerchant", sub_merchant_request())
    items = [
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
    number = await shop.pay(basketItems=items)
    page = await panel.get(f"/panel/payments/{number}", Role.OPERATOR)
    assert "B49224" in page.text
    assert "Waits for approval" in page.text
    path = f"/panel/payments/{number}/lines/{number + 1}"
    answer = await panel.post(
        f"{path}/approve", await form_of(panel, f"{path}/approve"), Role.OPERATOR
    )
    assert note_of(answer) == "The line was approved."
    assert (await shop.stored(number)).approved_lines == (number + 1,)
    assert (await panel.get(f"{path}/approve", Role.OPERATOR)).status == 303
    answer = await panel.post(
        f"{path}/disapprove", await form_of(panel, f"{path}/disapprove"), Role.OPERATOR
    )
    assert note_of(answer) == "The approval was withdrawn."
    assert (await shop.stored(number)).approved_lines == ()


NOT_OURS = (
    {},
    {"version": ""},
    {"version": "1"},
    {"version": "1", "amount_e8": "0"},
    {"version": "1", "amount_e8": "-5"},
    {"version": "1", "amount_e8": "9" * 30},
    {"version": "1", "amount_e8": "٣"},
    {"version": "x", "amount_e8": "5"},
    {"version": "1", "amount_e8": "5", "line": "\x00"},
)


async def test_a_form_that_is_not_ours_is_refused(caller, shop) -> None:
    """And nothing happens."""
    path = await captured(shop)
    for fields in NOT_OURS:
        assert (await caller.post(f"{path}/refund", fields, Role.OPERATOR)).status == 400
    assert (await shop.stored(STORED)).version == 1


async def test_a_line_of_another_payment_is_not_found(caller, shop) -> None:
    """In the address and in the form."""
    path = await captured(shop)
    for line in (str(STORED), "1", "9" * 19, "x"):
        for name in OF_LINE:
            assert (await caller.get(f"{path}/lines/{line}/{name}", Role.OPERATOR)).status == 404
        answer = await caller.get(f"{path}/refund?line={line}", Role.OPERATOR)
        assert answer.status == (400 if line == "x" else 404)


async def test_only_who_may_acts_and_only_on_the_own(caller, shop) -> None:
    """Viewers and developers are forbidden to, and to other merchants there is nothing."""
    path = await captured(shop)
    other = await shop.panel.add_merchant("Other")
    fields = {"version": "1", "amount_e8": str(UNIT)}
    for name in (*OF_PAYMENT, *(f"lines/{STORED + 1}/{x}" for x in OF_LINE)):
        for role in (Role.VIEWER, Role.DEVELOPER):
            assert (await caller.get(f"{path}/{name}", role)).status == 403
            assert (await caller.post(f"{path}/{name}", fields, role)).status == 403
        assert (await caller.get(f"{path}/{name}", Role.OWNER, merchant=other)).status == 404
        answer = await caller.post(f"{path}/{name}", fields, Role.OWNER, merchant=other)
        assert answer.status == 404
        assert (await caller.post(f"{path}/{name}", fields, Role.OWNER, csrf="")).status == 400
    assert (await shop.stored(STORED)).version == 1
