"""3-D Secure from the merchant's call to the merchant's call, with a real browser in between."""

import re
from urllib.parse import urlsplit

import pytest

from fakes.browser import PATIENCE_MS
from fakes.iyzico_client import CARD, Client
from fakes.ports import free_port
from fakes.shop import Shop
from simbank.cards import own_pan

FRICTIONLESS = own_pan(95001)
TIME_OUT = own_pan(95012)
BROWSER_CLOSED = own_pan(95013)
NOT_AUTHENTICATED = "4131111111111117"

FORM = "application/x-www-form-urlencoded"
ERROR_PAGE = "Doğrulama kabul edilmedi"


class Customer:
    """A fresh browser profile, and what went over its lines."""

    def __init__(self, browser, **options):
        self.context = browser.new_context(ignore_https_errors=True, **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints = []
        self.sent = []
        self.page.on("console", self._listen)
        self.page.on("pageerror", self._fail)
        self.page.on("request", self._note)

    def _note(self, request):
        self.sent.append(request)

    def _listen(self, message):
        if "Content Security Policy" in message.text or "Mixed Content" in message.text:
            self.complaints.append(message.text)

    def _fail(self, error):
        self.complaints.append(str(error))


@pytest.fixture
def visit(browser):
    """Open browsers; none may have broken a policy or a script, got a cookie, asked a stranger."""
    customers = []

    def open_browser(**options):
        customers.append(Customer(browser, **options))
        return customers[-1]

    yield open_browser
    for customer in customers:
        cookies = customer.context.cookies()
        hosts = {urlsplit(request.url).hostname for request in customer.sent}
        customer.context.close()
        assert cookies == []
        assert customer.complaints == []
        assert hosts <= {"localhost", "127.0.0.1"}


@pytest.fixture
def customer(visit):
    return visit(locale="tr-TR")


@pytest.fixture
def shop(client, site, customer):
    return Shop(client, site, customer.page)


def test_the_right_code_pays(shop, customer):
    """Begin, type the code, come back, complete: paid once, and no card number in the browser."""
    shop.begin()
    customer.page.wait_for_url(f"https://{shop.client.options['base_url']}/bank/3ds/challenge")
    shop.type_code()
    callback = shop.callback()
    assert callback.form | {"signature": ""} == {
        "status": "success",
        "paymentId": shop.payment_id,
        "conversationData": "",
        "conversationId": "123456789",
        "mdStatus": "1",
        "signature": "",
    }
    assert callback.headers["origin"] == f"https://{shop.client.options['base_url']}"
    assert shop.detail()["paymentStatus"] == "CALLBACK_THREEDS"
    paid = shop.complete()
    assert (paid["status"], paid["mdStatus"], paid["phase"]) == ("success", 1, "AUTH")
    assert shop.complete()["errorCode"] == "5115"
    assert shop.detail()["paymentStatus"] == "SUCCESS"
    for request in customer.sent:
        assert CARD["cardNumber"] not in f"{request.url} {request.post_data or ''}"


def test_three_wrong_codes_fail(shop):
    """Each wrong code is told; the third ends the authentication and nothing can be paid."""
    shop.begin()
    for left in (2, 1):
        shop.type_code("000000")
        # Until the next page is there, the one before says how many were left then.
        shop.page.get_by_role("alert").filter(has_text=f": {left}").wait_for()
    shop.type_code("000000")
    form = shop.callback().form
    assert (form["status"], form["mdStatus"]) == ("failure", "0")
    assert shop.complete()["errorCode"] == "5115"
    assert shop.detail()["paymentStatus"] == "FAILURE"


def test_cancel(shop):
    """The customer who cancels is back at the merchant, with nothing paid."""
    shop.begin()
    shop.page.get_by_role("button", name="Vazgeç").click()
    form = shop.callback().form
    assert (form["status"], form["mdStatus"]) == ("failure", "0")
    assert shop.complete()["errorCode"] == "5115"


def test_time_out(shop):
    """A page that is left alone goes back by itself when its time is over."""
    shop.begin(TIME_OUT)
    form = shop.callback().form
    assert (form["status"], form["mdStatus"]) == ("failure", "0")
    assert shop.complete()["errorCode"] == "5115"


def test_frictionless(shop):
    """A card whose issuer asks nothing comes back at once, and pays."""
    shop.begin(FRICTIONLESS)
    assert shop.callback().form["mdStatus"] == "1"
    assert shop.complete()["status"] == "success"


def test_a_browser_that_is_closed(shop):
    """The payment waits, and nothing is paid."""
    shop.begin(BROWSER_CLOSED)
    shop.page.get_by_role("heading", name="Tarayıcı kapandı").wait_for()
    assert shop.site.callbacks == []
    assert shop.complete()["errorCode"] == "5115"
    assert shop.detail()["paymentStatus"] == "INIT_THREEDS"


def test_without_javascript(client, site, visit):
    """Every step has a button."""
    page = visit(locale="tr-TR", java_script_enabled=False).page
    shop = Shop(client, site, page)
    shop.begin()
    page.get_by_role("button", name="Bankama devam et").click()
    page.get_by_role("button", name="Devam et").click()
    shop.type_code()
    page.get_by_role("button", name="İş yerine dön").click()
    page.get_by_role("button", name="Devam et").click()
    assert shop.callback().form["status"] == "success"
    assert shop.complete()["status"] == "success"


def test_in_a_frame(shop):
    """The bank's page and the way back work within the merchant's page."""
    shop.begin(path="/framed")
    frame = shop.page.frame_locator("iframe").first
    shop.type_code(view=frame)
    frame.get_by_role("heading", name="Thank you").wait_for()
    assert shop.brought().form["status"] == "success"
    assert shop.complete()["status"] == "success"


def test_over_plain_http_on_localhost(start, site, customer, monkeypatch):
    """With `public_url` the browser's way is another one than the client's."""
    port = free_port()
    monkeypatch.setenv("VEZNE_PUBLIC_URL", f"http://localhost:{port}")
    server = start("--listen", f"127.0.0.1:{port}")
    shop = Shop(Client(server), site, customer.page)
    shop.begin()
    shop.type_code()
    assert shop.callback().headers["origin"] == f"http://localhost:{port}"
    assert shop.complete()["status"] == "success"
    assert {urlsplit(request.url).scheme for request in customer.sent} == {"http"}


def test_a_callback_that_redirects(shop):
    """A merchant may send the browser on to a site of another origin."""
    shop.begin(FRICTIONLESS, callback="/redirecting")
    assert shop.callback().form["status"] == "success"
    assert urlsplit(shop.page.url).netloc == f"127.0.0.1:{shop.site.port}"


def test_a_stored_card(shop, site, client, visit):
    """A card is stored when its first payment is completed, and authenticated again later."""
    shop.begin(paymentCard=CARD | {"cvc": "123", "registerCard": "1"})
    shop.type_code()
    shop.callback()
    paid = shop.complete()
    names = {name: paid[name] for name in ("cardUserKey", "cardToken")}
    site.callbacks.clear()
    again = Shop(client, site, visit(locale="tr-TR").page)
    again.begin(paymentCard=names)
    again.type_code()
    assert again.callback().form["status"] == "success"
    assert again.complete()["status"] == "success"


def test_an_altered_word_is_refused(shop, customer):
    """Three wrong codes, and mdStatus 0 turned into 1 on the way: the signature does not fit."""

    def alter(route):
        assert "mdStatus=0" in route.request.post_data
        route.continue_(post_data=route.request.post_data.replace("mdStatus=0", "mdStatus=1"))

    customer.page.route(re.compile("/3ds/return/"), alter)
    shop.begin(NOT_AUTHENTICATED)
    customer.page.get_by_role("heading", name=ERROR_PAGE).wait_for()
    assert shop.site.callbacks == []
    assert shop.detail()["paymentStatus"] == "INIT_THREEDS"
    assert shop.complete()["errorCode"] == "5115"


def test_a_forged_callback_completes_nothing(shop, customer):
    """Whoever tells the merchant of a success that never was gains nothing."""
    shop.begin()
    forged = {"status": "success", "paymentId": shop.payment_id, "mdStatus": "1"}
    customer.context.request.post(shop.site.url("/callback"), form=forged)
    assert shop.complete()["errorCode"] == "5115"
    assert shop.detail()["paymentStatus"] == "INIT_THREEDS"


def test_a_word_that_is_brought_again(shop, customer):
    """The same page comes again, before and after the payment is completed; it is paid once."""
    shop.begin(FRICTIONLESS)
    first = shop.callback()
    (returned,) = [request for request in customer.sent if "/3ds/return/" in request.url]

    def bring_again():
        page = customer.context.request.post(
            returned.url, data=returned.post_data, headers={"content-type": FORM}
        )
        assert page.status == 200
        return page.text()

    page = bring_again()
    assert first.form["signature"] in page
    paid = shop.complete()
    detail = shop.detail()
    assert bring_again() == page
    assert shop.complete()["errorCode"] == "5115"
    again = shop.detail()
    assert (again["paymentStatus"], again["hostReference"]) == ("SUCCESS", paid["hostReference"])
    assert again["itemTransactions"] == detail["itemTransactions"]


def test_a_restart_during_the_challenge(start, site, customer):
    """The card is gone with the memory it was in: the merchant is told, and nothing is charged."""
    server = start("--listen", "off", "--tls-listen", f"127.0.0.1:{free_port()}")
    shop = Shop(Client(server), site, customer.page)
    shop.begin()
    customer.page.wait_for_url("**/bank/3ds/challenge")
    server.kill()
    server.start()
    shop.type_code()
    form = shop.callback().form
    assert (form["status"], form["mdStatus"]) == ("failure", "7")
    refused = shop.complete()
    assert refused["errorCode"] == "93006"
    assert shop.detail()["paymentStatus"] == "FAILURE"


def test_in_english(client, site, visit):
    """The merchant's locale decides about the pages of a payment, the browser's about errors."""
    page = visit(locale="en-GB").page
    shop = Shop(client, site, page)
    shop.begin(locale="en")
    page.get_by_label("One-time code").fill("123456")
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("button", name="Confirm").click()
    assert shop.callback().form["status"] == "success"
    page.goto(f"https://{client.options['base_url']}/3ds/nothing")
    assert page.get_by_role("heading").inner_text() == "Page not found"
