"""What a merchant looks after in the panel: cards, webhooks, calls, keys, settings, sandbox."""

from datetime import datetime, timedelta

import pytest

from fakes.clerk import Clerk
from fakes.control import Control
from fakes.databases import query
from fakes.doors import IyzicoCaller, unique
from fakes.iyzico_client import CARD
from fakes.panel_till import GOOD, Till
from fakes.server import wait_until

# What iyzico's door answers to calls from elsewhere.
NOT_ALLOWED = "93302"


@pytest.fixture(scope="module")
def till(office):
    return Till(office)


@pytest.fixture(params=[True, False], ids=["with-scripts", "without-scripts"])
def clerk(hire, request):
    """At a desk with scripts, on a telephone without."""
    return hire(has_phone=not request.param, has_scripts=request.param)


def test_a_card_is_found_and_deleted(clerk, till):
    """By the customer's name; the door does not know it any more."""
    customer = unique("customer")
    assert till.iyzico.ok(till.iyzico.store(customer))
    clerk.open("/cards")
    clerk.fill("cards.search", customer)
    clerk.press("cards.search.do")
    clerk.page.locator("tbody th a").first.click()
    assert CARD["cardNumber"] not in clerk.page.content()
    clerk.page.locator("tbody th a").first.click()
    clerk.follow("cards.delete")
    clerk.press("cards.delete")
    assert clerk.sees("cards.delete.done", mask="552879******0008")
    assert till.iyzico.cards(customer) == []


def test_a_webhook_is_sent_again(clerk, till, office):
    """The merchant's server gets it once more."""
    number = till.take()
    came = office.receiver.received

    def of_payment():
        return [each for each in came if str(each.fields["iyziPaymentId"]) == str(number)]

    wait_until(lambda: len(of_payment()) == 1)
    link = clerk.page.locator(f'tbody th a[href*="/webhooks/{number}/"]')

    def is_delivered():
        clerk.open("/webhooks?state=delivered")
        return link.count() == 1

    wait_until(is_delivered)
    with clerk.page.expect_navigation():
        link.click()
    clerk.press("webhooks.replay")
    assert clerk.sees("webhooks.replay.done")
    wait_until(lambda: len(of_payment()) == 2)
    clerk.page.locator("ol.timeline li").first.wait_for()


@pytest.fixture
def receiver(office):
    """The merchant's server, which is mended in any case when the journey is over."""
    yield office.receiver
    office.receiver.answer = lambda _: 200


def test_what_was_given_up_is_sent_again(clerk, till, office, receiver):
    """All at once, once the merchant's server is mended."""
    # What others have to be told still would be given up as well.
    wait_until(lambda: waiting(office) == 0)
    receiver.answer = lambda _: 500
    control, number = Control(office), till.take()
    wait_until(lambda: number in told(receiver))
    control.advance("3d")
    link = clerk.page.locator(f'tbody th a[href*="/webhooks/{number}/"]')

    def is_given_up():
        clerk.open("/webhooks?state=given_up")
        return link.count() == 1

    wait_until(is_given_up)
    control.reset()
    receiver.answer = lambda _: 200
    tries = told(receiver).count(number)
    given_up = clerk.page.locator("tbody tr").count()
    clerk.follow("webhooks.replay_all")
    count = clerk.text("webhooks.replay_all.count", count=given_up)
    assert count in clerk.page.inner_text("main")
    clerk.press("webhooks.replay_all")
    assert clerk.sees("webhooks.replay_all.done", count=given_up)
    wait_until(lambda: told(receiver).count(number) == tries + 1)
    clerk.open("/webhooks/replay")
    assert clerk.text("webhooks.replay_all.none") in clerk.page.inner_text("main")


def waiting(server):
    """How many webhooks are to be sent, now or later."""
    sql = "SELECT count(*) AS n FROM notices WHERE next_try_ms IS NOT NULL"
    return query(server.data, "books", sql)[0]["n"]


def told(receiver):
    """The numbers of the payments that the merchant's server was told of, as often as it was."""
    return [int(each.fields["iyziPaymentId"]) for each in receiver.received]


def test_the_doctor_names_the_cause(clerk, till):
    """From the refused call in the log to why its signature was wrong."""
    till.sign_wrongly()
    wait_until(lambda: has_refused_calls(clerk))
    clerk.page.locator("tbody th a").first.click()
    findings = clerk.page.locator(".findings")
    findings.wait_for()
    assert clerk.text("diagnosis.secret_is_key") in findings.inner_text()


def has_refused_calls(clerk):
    """By the filter; calls are logged a moment after their answer."""
    clerk.open("/requests")
    clerk.choose("requests.outcome", "unauthenticated")
    clerk.fill("requests.path", "/cardstorage/cards")
    clerk.press("do.filter")
    return clerk.page.locator("tbody tr").count() > 0


def test_a_key_is_replaced(clerk, office):
    """The new one works at once, the old one until it is revoked, and the secret shows once."""
    clerk.open("/keys")
    clerk.press("keys.issue")
    public, secret = clerk.page.locator("dl.facts .copyable code").all_inner_texts()
    new = IyzicoCaller(office, api_key=public, secret_key=secret)
    assert new.ok(new.store(unique("customer")))
    clerk.follow("keys.issued.kept")
    assert public in clerk.page.content()
    assert secret not in clerk.page.content()
    clerk.follow("keys.revoke", within=f"tr:has-text('{public}')")
    clerk.press("keys.revoke.do")
    assert clerk.sees("keys.revoked_note", key=public)
    assert new.is_authentication_error(new.store(unique("customer")))
    assert clerk.page.get_by_text(clerk.text("keys.revoked"), exact=True).first.is_visible()


def answers_of(caller):
    """What is answered to a key, by either of two workers: each request is a connection."""
    asked = [caller.call("/payment/bin/check", {"binNumber": "552879"}) for _ in range(12)]
    return {answer["status"] for answer in asked}


def test_a_key_that_is_revoked_opens_no_worker(start, browser):
    """In the panel, by whichever worker: the note is there when no other one takes the key."""
    server = start("--workers", "2")
    clerk = Clerk(browser, server)
    clerk.sign_in(server.keys["panel"]["email"], server.keys["panel"]["password"])
    clerk.open("/keys")
    clerk.press("keys.issue")
    public, secret = clerk.page.locator("dl.facts .copyable code").all_inner_texts()
    caller = IyzicoCaller(server, api_key=public, secret_key=secret)
    assert answers_of(caller) == {"success"}
    clerk.follow("keys.issued.kept")
    clerk.follow("keys.revoke", within=f"tr:has-text('{public}')")
    clerk.press("keys.revoke.do")
    assert clerk.sees("keys.revoked_note", key=public)
    assert answers_of(caller) == {"failure"}
    clerk.leave()


def test_settings_are_changed(clerk):
    """What is wrong is said beside the field; what was typed is still there."""
    number = "8" if clerk.language == "tr" else "9"
    clerk.open("/settings")
    before = clerk.page.locator("#iban").input_value()
    clerk.fill("settings.field.iban", "TR00")
    clerk.press("do.save", within="section:has(#iban)")
    assert clerk.page.locator("#iban").input_value() == "TR00"
    clerk.page.locator("#iban-error").wait_for()
    clerk.fill("settings.field.iban", before)
    clerk.choose("settings.field.marketplace", "always")
    clerk.press("do.save", within="section:has(#iban)")
    assert clerk.sees("settings.saved")
    clerk.choose("settings.field.marketplace", "sometimes")
    clerk.press("do.save", within="section:has(#iban)")
    clerk.follow("settings.terms")
    clerk.fill("settings.field.blockage_days", number)
    clerk.press("do.save", within="section:has(#blockage_days)")
    assert clerk.sees("settings.saved")
    clerk.follow("settings.edit")
    clerk.page.locator("main input[type=text]").first.fill(number)
    clerk.press("do.save", within="main")
    assert clerk.sees("settings.saved")


def test_calls_come_from_allowed_addresses_only(clerk, till):
    """The doors refuse others; whoever sits at the panel is not locked out."""
    for networks, is_let_in in (("192.0.2.0/24", False), ("", True)):
        clerk.open("/settings/access")
        clerk.fill("settings.field.networks", networks)
        clerk.press("do.save", within="main")
        assert clerk.sees("settings.saved")
        assert (till.iyzico.find(unique("nothing"))["errorCode"] == NOT_ALLOWED) is not is_let_in


def test_the_clock_is_moved(clerk):
    """Ahead by days, not back, and to the real time again."""
    clerk.open("/sandbox")
    clerk.fill("sandbox.clock.by", "3")
    clerk.choose("sandbox.clock.unit", "days")
    clerk.press("sandbox.clock.advance")
    clerk.page.locator(".note").wait_for()
    clerk.page.fill("#moment", "2020-01-01T10:00")
    clerk.press("sandbox.clock.set")
    assert clerk.page.locator("#moment-error").inner_text() == clerk.text("sandbox.error.goes_back")
    clerk.press("sandbox.clock.reset")
    assert clerk.sees("sandbox.clock.is_reset")


def test_the_clock_is_set(clerk):
    """To a time that lies ahead, from which on it goes."""
    clerk.open("/sandbox")
    field = clerk.page.locator("#moment")
    wanted = datetime.fromisoformat(field.input_value()) + timedelta(days=2, hours=1)
    field.fill(wanted.strftime("%Y-%m-%dT%H:%M"))
    clerk.press("sandbox.clock.set")
    said = clerk.page.locator(".note").first.inner_text()
    assert clerk.text("sandbox.clock.moved", count="").split(";")[0] in said
    ahead = datetime.fromisoformat(field.input_value()) - wanted
    assert timedelta(0) <= ahead < timedelta(minutes=5)
    clerk.press("sandbox.clock.reset")
    assert clerk.sees("sandbox.clock.is_reset")


def test_the_clock_is_moved_by_keyboard(hire):
    """The whole form without a mouse."""
    clerk = hire()
    clerk.open("/sandbox")
    clerk.tab_to_field("count")
    clerk.page.keyboard.press("Control+A")
    clerk.page.keyboard.type("5")
    clerk.page.keyboard.press("Tab")
    clerk.page.keyboard.type(clerk.text("sandbox.unit.minutes"))
    clerk.tab_to("sandbox.clock.advance")
    with clerk.page.expect_navigation():
        clerk.page.keyboard.press("Enter")
    clerk.page.locator(".note").wait_for()
    assert f"5 {clerk.text('sandbox.unit.minutes')}" in clerk.page.inner_text("main")
    clerk.press("sandbox.clock.reset")


def test_a_fault_happens_once(clerk, till):
    """Put on the board, met by the next payment with that card, gone; another is removed."""
    clerk.open("/sandbox")
    clerk.choose("sandbox.field.kind", "decline")
    clerk.press("sandbox.faults.add")
    clerk.page.locator("#code-error").wait_for()
    clerk.fill("sandbox.field.code", "51")
    clerk.fill("sandbox.field.last4", GOOD[-4:])
    clerk.press("sandbox.faults.add")
    assert clerk.sees("sandbox.fault.added")
    declined, paid = (till.iyzico.pay(GOOD, unique("order")) for _ in range(2))
    assert (declined["errorCode"], paid["status"]) == ("10051", "success")
    clerk.open("/sandbox")
    assert clerk.text("sandbox.faults.none") in clerk.page.inner_text("main")
    # One that nothing of what goes on takes off the board by itself.
    clerk.choose("sandbox.field.kind", "duplicate")
    clerk.press("sandbox.faults.add")
    clerk.press("sandbox.faults.remove", within="tbody")
    assert clerk.sees("sandbox.fault.removed")


def test_the_trail_is_searched(clerk, office):
    """What was done here is in it, under the name of who did it; what does not fit is left out."""
    clerk.open("/sandbox")
    clerk.press("sandbox.clock.advance")
    clerk.press("sandbox.clock.reset")
    clerk.open("/audit")
    clerk.choose("audit.action", "operator.command")
    clerk.fill("audit.caller", office.keys["panel"]["email"])
    clerk.press("do.filter", within="main")
    rows = clerk.page.locator("tbody tr")
    assert "clock" in "".join(rows.all_inner_texts()[:3])
    actions = clerk.page.locator("tbody td:nth-child(3) code").all_inner_texts()
    assert set(actions) == {"operator.command"}
    clerk.fill("audit.caller", "nobody@example.com")
    clerk.press("do.filter", within="main")
    assert clerk.text("audit.none") in clerk.page.inner_text("main")
