"""PayWall's redirect page with a real browser: to the bank, and back with a signed form."""

import hashlib

import pytest

from fakes.doors import PaywallCaller, unique
from fakes.shop import CODE

PAN = "5528790000000008"


def start(caller, site, **detail):
    """Start a payment with 3-D Secure; its reference and the address for the browser."""
    reference = unique("order")
    urls = {
        "MerchantSuccessBackUrl": site.url("/callback?ok=1"),
        "MerchantFailBackUrl": site.url("/callback?ok=0"),
    }
    body = caller.payment(reference, caller.new_card(PAN), **urls, **detail)
    started = caller.call("POST", "/api/paywall/payment/start3d", body)
    assert caller.ok(started), started
    return reference, started["Body"]["RedirectUrl"]


def test_a_payment_that_passes(server, site, page):
    """The code is typed, the merchant gets the form with its hash, and the money is taken."""
    caller = PaywallCaller(server)
    reference, url = start(caller, site)
    page.goto(url)
    page.get_by_label("Tek kullanımlık kod").fill(CODE)
    page.get_by_role("button", name="Onayla").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    form = site.callbacks[-1].form
    assert (form["status"], form["errorCode"], form["uniqueCode"]) == ("Success", "0", reference)
    parts = [caller.keys["public_key"], form["paymentId"], reference, form["amount"]]
    text = "###".join([*parts, form["installment"]])
    assert form["hash"] == hashlib.sha256(text.encode()).hexdigest()
    found = caller.find(reference)["Body"]["Paywall"]
    assert (found["StatusId"], found["IsThreeDSecure"]) == (4, True)


def test_a_payment_that_waits_for_provision(server, site, page):
    """With Half3D the money is reserved until the merchant closes the provision."""
    caller = PaywallCaller(server)
    reference, url = start(caller, site, Half3D=True)
    page.goto(url)
    page.get_by_label("Tek kullanımlık kod").fill(CODE)
    page.get_by_role("button", name="Onayla").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    assert caller.find(reference)["Body"]["Paywall"]["StatusId"] == 3
    body = {"Date": "2026-01-01", "MerchantUniqueCode": reference}
    assert caller.ok(caller.call("POST", "/api/paywall/payment/provision", body))
    assert caller.find(reference)["Body"]["Paywall"]["StatusId"] == 4


def test_a_payment_that_is_cancelled(server, site, page):
    """The cardholder gives up: the merchant's other address is called, and nothing was taken."""
    caller = PaywallCaller(server)
    reference, url = start(caller, site)
    page.goto(url)
    page.get_by_role("button", name="Vazgeç").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    form = site.callbacks[-1].form
    assert (form["status"], form["errorCode"]) == ("Unsuccessful", "1")
    assert caller.find(reference)["Body"]["Paywall"]["StatusId"] == 5


@pytest.mark.parametrize("name", ["", "?UniqueNumber=x", "?UniqueNumber=" + "0" * 32])
def test_an_address_that_leads_nowhere(server, page, name):
    """A page says so; nothing else happens."""
    response = page.goto(f"{server.http}/paywall/callback{name}")
    assert response.status in {400, 404}
