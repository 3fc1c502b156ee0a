"""Every page of the panel looked at: narrow and wide, Turkish and English, dark and light."""

from collections import Counter

import pyotp
import pytest

from fakes.doors import unique
from fakes.inspector import Inspector, needs_axe
from fakes.panel_till import Till
from vezne.panel.app import PAGES

pytestmark = [needs_axe, pytest.mark.long]

PASSWORD = "kirmizi 7 araba yolda"
# A file, and the page of a door, whose own journeys look at it.
NO_PAGES = {"/payments/export/part", "/shop/orders/{name}/bank"}
LOOKS = [("tr", "dark", 390), ("en", "light", 1280)]


@pytest.fixture(params=LOOKS, ids=["phone", "desktop"])
def looks(request):
    language, look, width = request.param
    return {"language": language, "look": look, "width": width}


@pytest.fixture
def till(office):
    running = Till(office)
    running.take_all()
    yield running
    running.tidy_up()


def test_every_page(browser, office, till, looks):
    """No rule of axe-core is broken, nothing is too wide, no policy complains, titles differ."""
    owner = Inspector(browser, office, **looks)
    guest = Inspector(browser, office, **looks)
    owner.visit("/sign-in")
    owner.sign_in(office.keys["panel"]["email"], office.keys["panel"]["password"])
    see_settings(owner)
    see_lists(owner)
    see_payments(owner, till)
    see_shop(owner)
    see_team(owner, guest)
    owner.context.close()
    guest.context.close()
    findings = owner.findings + guest.findings
    assert not findings, "\n".join(findings)
    paths = {page.path for page in PAGES if page.method == "GET"} - NO_PAGES
    titles = {path: title for path, title in owner.titles.items() if path in paths}
    titles |= {path: title for path, title in guest.titles.items() if path in paths}
    assert set(titles) == paths
    counts = Counter(titles.values())
    assert {path: title for path, title in titles.items() if counts[title] > 1} == {}


def see_settings(owner):
    """What is set, and what the sandbox has."""
    for path in ("", "/sandbox", "/settings", "/settings/access", "/settings/protocols"):
        owner.visit(path)
    owner.visit("/settings/terms")
    owner.follow("/settings/installments/{place}", "/settings/installments/")
    owner.visit("/keys")
    owner.follow("/keys/revoke", "/keys/revoke?")


def see_lists(owner):
    """Cards, webhooks, requests and the trail, and one of each."""
    owner.visit("/audit")
    owner.visit("/cards")
    owner.follow("/cards/{owner}", "/cards/")
    owner.follow("/cards/{owner}/{token}", "/cards/")
    owner.visit("/cards/{owner}/{token}/delete", f"{owner.path}/delete")
    owner.visit("/webhooks/replay")
    owner.visit("/webhooks")
    owner.follow("/webhooks/{payment}/{version}", "/webhooks/")
    owner.visit("/requests", "/requests?outcome=served")
    owner.follow("/requests/{number}", "/requests/")
    owner.visit("/requests", "/requests?outcome=unauthenticated")
    owner.follow("/requests/{number}", "/requests/")


def see_payments(owner, till):
    """Payments of several standings, and the question before each act."""
    owner.visit("/payments")
    owner.visit("/payments", "/payments?standing=captured&least=0.5&door=iyzico")
    owner.visit("/payments/export")
    owner.press("/payments/export/parts")
    one = "/payments/{number}"
    paid, held, reviewed = till.partly_refunded(), till.held(), till.reviewed()
    sold = till.sold_for_others()
    for number in (paid, held, reviewed):
        owner.visit(one, f"/payments/{number}")
    owner.visit(f"{one}/cancel", f"/payments/{till.take()}/cancel")
    owner.visit(f"{one}/refund", f"/payments/{paid}/refund")
    owner.press(f"{one}/refund")
    owner.visit(f"{one}/capture", f"/payments/{held}/capture")
    for act in ("accept", "reject"):
        owner.visit(f"{one}/{act}", f"/payments/{reviewed}/{act}")
    lines = f"/payments/{sold}/lines/"
    owner.visit(one, f"/payments/{sold}")
    owner.follow(f"{one}/lines/{{line}}/approve", lines)
    owner.press(one)
    owner.page.goto(owner.page.url)
    owner.follow(f"{one}/lines/{{line}}/disapprove", lines)


def see_shop(owner):
    """The shop, and an order that waits at the bank."""
    owner.visit("/shop/cards")
    owner.visit("/shop")
    owner.page.check("[name=way][value=secure]")
    owner.press("/shop/orders/{name}")


def see_team(owner, guest):
    """The team, and the way of somebody who is invited: a password, a second factor, codes."""
    email = f"{unique('guest')}@example.com"
    owner.visit("/account")
    owner.visit("/team")
    owner.page.fill("#email", email)
    owner.press("/team/invitations")
    link = owner.page.locator(".copyable code").inner_text()
    guest.page.goto(link)
    guest.look("/join")
    guest.page.fill("#new", PASSWORD)
    guest.page.fill("#again", PASSWORD)
    guest.press("")
    guest.visit("/account/second-factor")
    guest.page.fill("[name=password]", PASSWORD)
    guest.press("/account/second-factor/begin")
    secret = guest.page.locator(".copyable code").inner_text()
    guest.page.fill("#code", pyotp.TOTP(secret).now())
    guest.press("/account/second-factor/confirm")
    guest.context.clear_cookies()
    guest.visit("/sign-in")
    guest.sign_in(email, PASSWORD)
    guest.look("/sign-in/code")
    owner.visit("/team")
    owner.page.locator("tr", has_text=email).get_by_role("link").click()
    owner.look("/team/{member}/remove")
