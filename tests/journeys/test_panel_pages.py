"""Every page of the panel, narrow and wide, Turkish and English, dark and light, looked at closely."""

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
def till(server):
    running = Till(server)
    running.take_all()
    yield running
    running.tidy_up()


def test_every_page(browser, server, till, looks):
    """No rule of axe-core is broken, nothing is too wide, no policy complains, titles differ."""
    owner = Inspector(browser, server, **looks)
    sign_in(owner, server.keys["panel"])
    see_lists(owner)
    see_payments(owner, till)
    see_the_rest(owner)
    guest = Inspector(browser, server, **looks)
    see_entrance(guest, owner)
    owner.context.close()
    guest.context.close()
    assert owner.findings + guest.findings == []
    seen = guest.titles | owner.titles
    assert set(seen) == {page.path for page in PAGES if page.method == "GET"} - NO_PAGES
    assert [title for title, count in Counter(seen.values()).items() if count > 1] == []


def sign_in(inspector, keys, path="/sign-in"):
    """By the form of the page that is asked for."""
    page = inspector.page
    page.goto(f"{inspector.panel}{path}")
    page.fill("#email", keys["email"])
    page.fill("#password", keys["password"])
    page.locator("main button").click()
    page.wait_for_url(lambda url: "/sign-in" not in url or url.endswith("/code"))


def see_lists(owner):
    """The pages of the menu, and one of each thing that they list."""
    for path in ("", "/payments", "/payments/export", "/shop", "/shop/cards", "/keys", "/sandbox"):
        owner.visit(path)
    owner.visit("/keys/revoke", owner_path(owner, "/keys", "/keys/revoke?"))
    for path in ("", "/terms", "/access", "/protocols"):
        owner.visit(f"/settings{path}")
    owner.visit("/settings/installments/{place}", "/settings/installments/0")
    owner.visit("/webhooks")
    owner.visit("/webhooks/{payment}/{version}", owner_path(owner, "/webhooks", "/webhooks/1"))
    owner.visit("/webhooks/replay")
    owner.visit("/requests")
    owner.visit("/requests/{number}", owner_path(owner, "/requests", "/requests/"))
    refused = owner_path(owner, "/requests?outcome=unauthenticated", "/requests/")
    owner.visit("/requests/{number}", refused)
    owner.visit("/cards")
    owner.visit("/cards/{owner}", owner_path(owner, "/cards", "/cards/"))


def see_payments(owner, till):
    """Payments of every standing, and what is asked before each act."""
    owner.visit("/payments", "/payments?standing=captured&least=0.5&door=iyzico")
