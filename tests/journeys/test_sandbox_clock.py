"""A merchant's time in a running sandbox: weeks of settlement, expiry and rotation in seconds."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from fakes.command import run_vezne
from fakes.control import Control, balances_e8
from fakes.doors import CALLERS, IyzicoCaller, PaynetCaller, PaywallCaller, unique
from fakes.server import wait_until
from fakes.visitor import Visitor
from vezne.core.ledger import Account

PAN = "5528790000000008"
CALLBACK_URL = "http://shop.example/callback"
RIGHT_CODE = "123456"


@pytest.fixture
def sandbox(tenant):
    """A merchant whose clock nobody else looks at."""
    return tenant


@pytest.fixture
def control(sandbox):
    return Control(sandbox)


def sum_of(balances, *accounts):
    return sum(balances[account] for account in accounts)


def test_money_is_released_and_paid_out_after_a_week(start):
    """What was pending and blocked is the merchant's, by the time that the clock has moved."""
    server = start()
    assert IyzicoCaller(server).ok(IyzicoCaller(server).pay(PAN, "order-1"))
    before = balances_e8(server)
    assert before[Account.PENDING] < 0
    assert before[Account.BLOCKED] < 0
    moved = Control(server).advance("21d")
    assert moved["looked_at"] >= 1
    assert moved["is_complete"]
    after = balances_e8(server)
    assert (after[Account.PENDING], after[Account.BLOCKED]) == (0, 0)
    due = sum_of(before, Account.PENDING, Account.BLOCKED)
    assert sum_of(after, Account.AVAILABLE, Account.PAYING, Account.BANK) == due
    assert sum(after.values()) == 0


def test_answers_tell_the_merchant_s_time(sandbox, control):
    """And a payment is dated by it; another merchant's clock stands where it was."""
    shop = IyzicoCaller(sandbox)
    real_ms = shop.find(unique("nothing"))["systemTime"]
    control.advance("8d")
    ahead_ms = shop.pay(PAN, unique("order"))["systemTime"]
    assert 0 <= ahead_ms - real_ms - 8 * 86_400_000 < 60_000


@pytest.mark.parametrize("kind", [IyzicoCaller, PaywallCaller], ids=lambda kind: kind.name)
def test_a_void_is_for_the_day_and_a_refund_for_later(sandbox, control, kind):
    """The bank's day has ended by tomorrow."""
    caller = kind(sandbox)
    voided, refunded = unique("order"), unique("order")
    for reference in (voided, refunded):
        assert caller.ok(caller.pay(PAN, reference))
    assert caller.ok(caller.void(voided))
    control.advance("1d")
    assert not caller.ok(caller.void(refunded))
    assert caller.ok(caller.refund(refunded, "0.5"))


class LateVisitor(Visitor):
    """Answers the bank's question when the merchant's time for it is over."""

    def __init__(self, server, control, duration):
        super().__init__(server, CALLBACK_URL)
        self._control = control
        self._duration = duration

    def answer(self, action="code", **typed):
        self._control.advance(self._duration)
        return super().answer(action, **typed)


@pytest.mark.parametrize(("duration", "in_time"), [("14m", True), ("15m", False)])
@pytest.mark.parametrize("kind", CALLERS, ids=lambda kind: kind.name)
def test_an_authentication_lasts_a_quarter_of_an_hour(sandbox, control, kind, duration, in_time):
    """The right code comes too late for a merchant whose clock was moved while the bank asked."""
    caller = kind(sandbox)
    visitor = LateVisitor(sandbox, control, duration)
    reference = unique("order")
    answer = caller.authenticate(visitor, reference, RIGHT_CODE)
    assert caller.ok(answer) is in_time, answer
    assert visitor.callback is not None
    if in_time:
        return
    if kind is IyzicoCaller:
        assert answer["errorCode"] == "5115"
        assert (visitor.callback["status"], visitor.callback["mdStatus"]) == ("failure", "7")
    if kind is PaynetCaller:
        assert (answer["code"], answer["is_succeed"]) == (16, False)


def test_the_page_that_leads_to_the_bank_ends_as_well(sandbox, control):
    """PayWall's redirect and Paynet's gate send a browser that comes too late to the merchant."""
    paywall = PaywallCaller(sandbox)
    urls = {"MerchantSuccessBackUrl": CALLBACK_URL, "MerchantFailBackUrl": CALLBACK_URL}
    body = paywall.payment(unique("order"), paywall.new_card(PAN), **urls)
    redirect = paywall.call("POST", "/api/paywall/payment/start3d", body)["Body"]["RedirectUrl"]
    paynet = PaynetCaller(sandbox)
    wish = paynet.new_card(PAN) | {"amount": "1,20", "reference_no": unique("order")}
    wish |= {"domain": "shop.example", "return_url": CALLBACK_URL}
    gate = paynet.call("/v2/transaction/tds_initial", wish)["post_url"]
    control.advance("15m")
    for url in (redirect, gate):
        visitor = Visitor(sandbox, CALLBACK_URL)
        visitor.visit(url)
        assert visitor.callback is not None, visitor.page


def test_a_unique_code_rotates_and_ends(sandbox, control):
    """A day old, a card has another code and both work; two days old, the first one is refused."""
    caller = PaywallCaller(sandbox)
    customer = unique("buyer")
    caller.store(customer)
    (first,) = caller.cards(customer)
    control.advance("24h")
    (second,) = caller.cards(customer)
    assert first[1] != second[1]
    for card in (first, second):
        assert caller.ok(caller.pay_stored(card, unique("order")))
    control.advance("24h")
    refused = caller.pay_stored(first, unique("order"))
    assert not caller.ok(refused)
    assert caller.ok(caller.pay_stored(second, unique("order")))


def test_a_session_of_paynetj_ends(sandbox, control):
    """Half an hour after it was opened."""
    caller = PaynetCaller(sandbox)
    opened = caller.call("/v1/paynetj/auth", {"amount": "1000"}, "publishable_key")
    asked = {"session_id": opened["session_id"], "bin": PAN[:8]}
    control.advance("29m")
    assert caller.ok(caller.call("/v1/paynetj/check_bin", asked, "publishable_key"))
    control.advance("1m")
    over = caller.call("/v1/paynetj/check_bin", asked, "publishable_key")
    assert (over["code"], over["result_code"]) == (400, 22)


def test_a_temporary_token_ends(sandbox, control):
    """A browser that brings its card too late is told so."""
    caller = PaywallCaller(sandbox)
    wish = {"ExpiryMin": 10, "ClientCardSave": True}
    opened = caller.call("POST", "/api/paywall/temptoken", wish)
    assert caller.ok(opened), opened
    card = {
        "CardOwnerName": "John Doe",
        "CardNumber": PAN,
        "CardExpiryMonth": "12",
        "CardExpiryYear": "2030",
        "CardCvv": "123",
        "CardType": 1,
        "ExpiryMin": 10,
    }
    headers = {"token": opened["Body"]["Token"], "Content-Type": "application/json"}

    def bring():
        return caller.send("POST", "/api/paywall/tempcard", json.dumps(card).encode(), headers)[1]

    assert caller.ok(bring())
    control.advance("10m")
    assert not caller.ok(bring())


def test_what_happened_ahead_stays_after_a_reset(sandbox, control):
    """A payment of next week is still there, and its money is given back today."""
    caller = IyzicoCaller(sandbox)
    reference = unique("order")
    control.advance("7d")
    assert caller.ok(caller.pay(PAN, reference))
    assert control.reset()["offset_ms"] == 0
    assert caller.ok(caller.find(reference))
    assert caller.ok(caller.refund(reference, "0.5"))


def test_the_books_are_right_after_a_way_ahead_and_back(sandbox, control):
    """Payments, refunds and voids on both sides of payouts and of a reset."""
    caller = IyzicoCaller(sandbox)
    for place, duration in enumerate(("3d", "21d", None)):
        assert caller.ok(caller.pay(PAN, f"paid-{place}"))
        assert caller.ok(caller.pay(PAN, f"voided-{place}"))
        assert caller.ok(caller.void(f"voided-{place}"))
        control.reset() if duration is None else control.advance(duration)
        assert caller.ok(caller.refund(f"paid-{place}", "0.4"))
    assert caller.ok(caller.refund("paid-0", "0.8"))
    control.advance("60d")
    checked = run_vezne("ledger", "check", "--data", str(sandbox.data))
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(("kind", "is_paid"), [("latency", True), ("late", False)])
def test_a_call_under_way_is_asked_about_when_the_clock_passes_it(sandbox, control, kind, is_paid):
    """What the bank has decided counts, what it has not seen is reversed; the caller hears it."""
    caller = IyzicoCaller(sandbox)
    control.fault(kind, operation="authorize", delay_ms=4_000)
    with ThreadPoolExecutor() as threads:
        paying = threads.submit(caller.pay, PAN, "order-1")
        # The fault is gone from the board once the bank has the call.
        wait_until(lambda: control.ask("GET", "faults")[1] == {"faults": []})
        assert control.advance("1m")["looked_at"] == 1
        paid = paying.result()
    assert caller.ok(paid) is is_paid, paid
    assert (caller.find("order-1").get("paymentStatus") == "SUCCESS") is is_paid
    checked = run_vezne("ledger", "check", "--data", str(sandbox.data))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_clock_is_its_merchant_s_and_outlives_the_server(start):
    """After a restart it is as far ahead as it was; another merchant has the real time."""
    server = start()
    Control(server).advance("8d")
    added = run_vezne("merchants", "add", "Kitapçı", "--data", str(server.data))
    keys = json.loads(added.stdout)["iyzico"]
    assert Control(server, keys).ask("GET", "clock")[1]["offset_ms"] == 0
    assert server.stop() == 0
    server.start()
    assert Control(server).ask("GET", "clock")[1]["offset_ms"] == 8 * 86_400_000


def test_years_pass_at_once(sandbox, control):
    """Every payout of five years is worked through; the card has expired, the server has not."""
    caller = IyzicoCaller(sandbox)
    assert caller.ok(caller.pay(PAN, "order-1"))
    assert control.advance("1827d")["is_complete"]
    late = caller.pay(PAN, "order-2")
    assert not caller.ok(late)
    assert control.ask("POST", "clock", {"advance": "1827d"})[0] == 400
