"""The test shop as a newcomer meets it: sign in, pay through each door in each way, in Chromium."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from fakes.shopper import Shopper
from fakes.split_server import SplitServer

DOORS = ("iyzico", "PayWall", "Paynet")
DIRECT, SECURE = "3-D Secure olmadan", "3-D Secure ile"
NEW, STORED = "Kredi kartı, ödeme başarılı", "Vezne test shop"
SECRETS = {
    "IYZICO_SECRET_KEY": ("iyzico", "secret_key"),
    "PAYWALL_PUBLIC_KEY": ("paywall", "public_key"),
    "PAYWALL_PRIVATE_KEY": ("paywall", "private_key"),
    "PAYNET_SECRET_KEY": ("paynet", "secret_key"),
}


@pytest.fixture(scope="module")
def shopper(browser, server):
    """Signed in once for all of this module; no policy of any page may be broken."""
    context = browser.new_context(locale="tr-TR")
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text))
    shopper = Shopper(page, server)
    shopper.sign_in()
    yield shopper
    context.close()
    assert [text for text in complaints if "Policy" in text or "Error" in text] == []


@pytest.mark.parametrize("door", DOORS)
def test_without_3d_secure(shopper, door):
    """The payment is in the panel, and the card is stored for the next one."""
    shopper.open_shop()
    shopper.buy(door, DIRECT, NEW, saves=True)
    shopper.wait_for("Başarılı")
    shopper.page.get_by_role("link", name="Ödemeyi aç").click()
    shopper.page.wait_for_url(re.compile("/panel/payments/[0-9]+$"))


@pytest.mark.parametrize("door", DOORS)
def test_with_3d_secure(shopper, door):
    """Through the bank's pages in the same browser, and back to the order."""
    shopper.open_shop()
    shopper.buy(door, SECURE, NEW)
    shopper.authenticate()
    shopper.wait_for("Başarılı")
    assert "/panel/shop/orders/" in shopper.page.url


@pytest.mark.parametrize("door", DOORS)
def test_with_a_stored_card(shopper, door):
    """Under the name that the door gives the card, without its number."""
    shopper.open_shop()
    shopper.buy(door, DIRECT, NEW, saves=True)
    shopper.wait_for("Başarılı")
    shopper.open_shop()
    shopper.buy(door, DIRECT, STORED)
    shopper.wait_for("Başarılı")


def test_a_customer_who_gives_up_at_the_bank(shopper):
    """Three wrong codes: nothing is paid, and the order says so."""
    shopper.open_shop()
    shopper.buy("Paynet", SECURE, NEW)
    shopper.authenticate("000000")
    for left in (2, 1):
        # Until the next page is there, the one before says how many were left then.
        shopper.page.get_by_role("alert").filter(has_text=f": {left}").wait_for()
        shopper.page.get_by_label("Tek kullanımlık kod").fill("000000")
        shopper.page.get_by_role("button", name="Onayla").click()
    shopper.wait_for("3-D Secure başarısız")


@pytest.mark.parametrize("door", DOORS)
def test_the_samples_make_the_same_call(shopper, server, door):
    """As they stand on the page, with the secrets in the environment: paid by curl and Python."""
    shopper.open_shop()
    shopper.buy(door, DIRECT, NEW)
    shopper.page.get_by_text("Aynı çağrının kodu").first.click()
    curl, python = shopper.page.locator("details pre").all_text_contents()[:2]
    keys = {name: server.keys[door][key] for name, (door, key) in SECRETS.items()}
    environment = {**os.environ, **keys}
    if shutil.which("curl") and shutil.which("openssl"):
        run = subprocess.run(
            ["bash", "-c", curl],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert is_paid(run.stdout), run
        python = python.replace("-copy", "-copy-2")
    run = subprocess.run(
        [sys.executable, "-c", python], env=environment, capture_output=True, text=True, check=True
    )
    assert is_paid(run.stdout), run


def test_without_javascript(browser, server):
    """Every step has a button, the way to the bank and back included."""
    context = browser.new_context(locale="tr-TR", java_script_enabled=False)
    shopper = Shopper(context.new_page(), server)
    shopper.sign_in()
    shopper.open_shop()
    shopper.buy("iyzico", SECURE, NEW)
    page = shopper.page
    page.get_by_role("link", name="Bankanın sayfasına git").click()
    page.get_by_role("button", name="Bankama devam et").click()
    page.get_by_role("button", name="Devam et").click()
    page.get_by_label("Tek kullanımlık kod").fill("123456")
    page.get_by_role("button", name="Onayla").click()
    page.get_by_role("button", name="İş yerine dön").click()
    page.get_by_role("button", name="Devam et").click()
    shopper.wait_for("Başarılı")
    context.close()


def test_in_two_processes(browser, tmp_path):
    """The shop is the gateway's and the doors are the vault's: calls cross the socket."""
    server = SplitServer(tmp_path / "data").start()
    try:
        context = browser.new_context(locale="tr-TR")
        shopper = Shopper(context.new_page(), server)
        shopper.sign_in()
        shopper.open_shop()
        shopper.buy("iyzico", SECURE, NEW, saves=True)
        shopper.authenticate()
        shopper.wait_for("Başarılı")
        context.close()
        assert server.stop() == 0
    finally:
        server.kill()


def is_paid(answer):
    """What each door says of a payment that is paid."""
    return any(
        said in answer.replace(" ", "")
        for said in ('"status":"success"', '"Result":true', '"is_succeed":true')
    )
