"""Payments found and exported by a person at a browser, with scripts and without them."""

import csv
from pathlib import Path

import pytest

from fakes.shopper import Shopper

PAN = "5528790000000008"


@pytest.fixture(params=[True, False], ids=["with-scripts", "without-scripts"])
def has_scripts(request):
    return request.param


@pytest.fixture
def basket(has_scripts):
    return f"basket-of-the-export-{has_scripts}"


@pytest.fixture
def numbers(client, basket):
    """Two payments of one basket, the newest first."""
    paid = [client.pay(basketId=basket) for _ in range(2)]
    return [answer["paymentId"] for answer in reversed(paid)]


@pytest.fixture
def clerk(has_scripts, browser, server):
    """Signed in; no page may break its own policy."""
    context = browser.new_context(locale="tr-TR", java_script_enabled=has_scripts)
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text))
    clerk = Shopper(page, server)
    clerk.sign_in()
    page.goto(f"{server.http}/panel/payments")
    yield clerk
    context.close()
    assert [text for text in complaints if "Policy" in text] == []


def test_a_search_is_exported(clerk, numbers, basket, has_scripts):
    """The file has what the list has, by one button with scripts and by a link without."""
    page = clerk.page
    page.get_by_label("Ödeme ara").fill(basket)
    page.get_by_role("button", name="Ara", exact=True).click()
    page.wait_for_url(f"**/payments?basket={basket}")
    assert page.locator("tbody th a").all_inner_texts() == numbers
    page.get_by_role("link", name="CSV olarak indir").click()
    begin = page.get_by_role("button", name="Dışa aktarmayı başlat")
    if not has_scripts:
        begin.click()
        begin = page.get_by_role("link", name="Bu parçayı indir")
    with page.expect_download() as download:
        begin.click()
    file = Path(download.value.path()).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(file.splitlines()))
    assert [row["payment_number"] for row in rows] == numbers
    assert {row["basket_id"] for row in rows} == {basket}
    assert download.value.suggested_filename.endswith(".csv")


def test_a_card_number_reaches_no_address(clerk):
    """Whoever pastes one into the box reads why not, and it is gone."""
    page = clerk.page
    page.get_by_label("Ödeme ara").fill(PAN)
    page.get_by_role("button", name="Ara", exact=True).click()
    page.get_by_role("alert").wait_for()
    assert PAN not in page.url
    assert PAN not in page.content()
