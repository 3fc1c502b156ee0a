"""A merchant's terms in the panel: what is saved there counts for the next call at the doors."""

import pytest

from fakes.doors import unique
from fakes.panel_till import GOOD, Till

# Domestic cards do not pay in dollars.
FOREIGN = "5400010000000004"


@pytest.fixture(scope="module")
def till(office):
    return Till(office)


@pytest.fixture(params=[True, False], ids=["phone", "desk"])
def clerk(hire, request):
    """On a telephone in Turkish, at a desk in English."""
    return hire(has_phone=request.param)


def typed(clerk, number):
    """A number as the clerk's language writes it."""
    return number.replace(".", ",") if clerk.language == "tr" else number


def save(clerk, id_, number):
    """Type a number into a form's field and send it; what stood there."""
    field = clerk.page.locator(f"#{id_}")
    before = field.input_value()
    field.fill(typed(clerk, number))
    clerk.press("do.save", within=f"form:has(#{id_})")
    return before.replace(",", ".")


def test_the_commission_plan_is_changed(clerk, till):
    """The next payment's commission is the new plan's; what is no rate is refused."""
    clerk.open("/settings/terms")
    before = save(clerk, "commission_rate", "7.25")
    assert clerk.sees("settings.saved")
    assert clerk.page.locator("#commission_rate").input_value() == typed(clerk, "7.25")
    lines = till.iyzico.pay(GOOD, unique("plan"))["itemTransactions"]
    assert [line["iyziCommissionRateAmount"] for line in lines] == [0.0261, 0.0435, 0.0174]
    save(clerk, "commission_rate", "101")
    error = clerk.page.locator("#commission_rate-error").inner_text()
    assert error == clerk.text("settings.error.percent")
    save(clerk, "commission_rate", before)
    assert clerk.sees("settings.saved")


def test_an_exchange_rate_is_changed(clerk, till):
    """The next payment in dollars is worth the new rate's; nothing is worth nothing."""
    clerk.open("/settings/terms")
    before = save(clerk, "rate_USD", "50.25")
    assert clerk.sees("settings.saved")
    assert clerk.page.locator("#rate_USD").input_value() == typed(clerk, "50.25")
    answer = till.ask(FOREIGN, currency="USD")
    assert till.iyzico.ok(answer), answer
    lines = answer["itemTransactions"]
    assert [line["convertedPayout"]["paidPrice"] for line in lines] == [18.09, 30.15, 12.06]
    save(clerk, "rate_USD", "0")
    error = clerk.page.locator("#rate_USD-error").inner_text()
    assert error == clerk.text("settings.error.amount")
    save(clerk, "rate_USD", before)
    assert clerk.sees("settings.saved")


def test_an_instalment_table_is_changed(clerk, till):
    """A surcharge is another, a number of instalments is not offered any more; both come back."""
    for surcharge, third, prices in (("5", "", {2: 105}), ("3.22", "5.25", {2: 103.22, 3: 105.25})):
        clerk.open("/settings/terms")
        clerk.follow("settings.edit", within="tr:has-text('Paraf')")
        clerk.page.fill("#surcharge_3", typed(clerk, third))
        save(clerk, "surcharge_2", "101")
        error = clerk.page.locator("#surcharge_2-error").inner_text()
        assert error == clerk.text("settings.error.percent")
        assert clerk.page.locator("#surcharge_3").input_value() == typed(clerk, third)
        save(clerk, "surcharge_2", surcharge)
        assert clerk.sees("settings.saved")
        found = offered(till)
        assert {count: found[count] for count in (2, 3) if count in found} == prices


def offered(till):
    """What 100 lira cost in instalments on the Paraf card, by their number."""
    asked = {"binNumber": GOOD[:6], "price": "100"}
    (family,) = till.iyzico.call("/payment/iyzipos/installment", asked)["installmentDetails"]
    assert family["cardFamilyName"] == "Paraf"
    return {each["installmentNumber"]: each["totalPrice"] for each in family["installmentPrices"]}
