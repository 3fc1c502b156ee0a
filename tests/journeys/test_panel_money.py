"""Payments in the panel: found, cancelled, refunded, captured and decided on by a person."""

import pytest

from fakes.panel_till import Till


@pytest.fixture(scope="module")
def till(office):
    return Till(office)


@pytest.fixture(params=[True, False], ids=["with-scripts", "without-scripts"])
def clerk(hire, request):
    """On a telephone with scripts, at a desk without."""
    return hire(has_phone=request.param, has_scripts=request.param)


def open_act(clerk, number, act):
    """From the payment's page to the question about an act."""
    clerk.open(f"/payments/{number}")
    clerk.follow(f"payment.act.{act}")


def test_cancel(clerk, till):
    """Asked once, done once; the page says so and offers it no more."""
    open_act(clerk, till.take(), "cancel")
    clerk.press("payment.act.cancel")
    assert clerk.sees("payment.done.cancel")
    assert clerk.sees_standing("voided")
    assert clerk.page.locator("main .button.danger").count() == 0


def test_cancel_by_keyboard(hire, till):
    """From the list to the end without a mouse."""
    number = till.take()
    clerk = hire()
    clerk.open(f"/payments/{number}")
    for _ in range(2):
        clerk.tab_to("payment.act.cancel")
        with clerk.page.expect_navigation():
            clerk.page.keyboard.press("Enter")
    assert clerk.sees("payment.done.cancel")
    assert clerk.sees_standing("voided")


def test_refund_the_whole(clerk, till):
    """The form has what is left; the question comes before the deed."""
    open_act(clerk, till.take(), "refund")
    clerk.press("payment.act.continue")
    clerk.press("payment.act.refund")
    assert clerk.sees("payment.done.refund")
    assert clerk.sees_standing("refunded")


def test_refund_a_line_and_an_amount(clerk, till):
    """What is too much or no number is said beside the field."""
    number = till.take()
    clerk.open(f"/payments/{number}")
    clerk.follow("payment.act.refund", within="tbody tr:first-child")
    clerk.press("payment.act.continue")
    clerk.press("payment.act.refund")
    assert clerk.sees("payment.done.refund")
    assert clerk.sees_standing("partly_refunded")
    open_act(clerk, number, "refund")
    for wrong, why in (("99", "too_high"), ("x", "mistyped")):
        clerk.page.fill("#amount", wrong)
        clerk.press("payment.act.continue")
        error = clerk.page.locator("#amount-error").inner_text()
        assert error == clerk.text(f"payment.amount.{why}")
    clerk.page.fill("#amount", "0,25" if clerk.language == "tr" else "0.25")
    clerk.press("payment.act.continue")
    clerk.press("payment.act.refund")
    assert clerk.sees("payment.done.refund")


def test_capture(clerk, till):
    """Less than what is held."""
    open_act(clerk, till.held(), "capture")
    clerk.page.fill("#amount", "1")
    clerk.press("payment.act.continue")
    clerk.press("payment.act.capture")
    assert clerk.sees("payment.done.capture")
    assert clerk.sees_standing("captured")


@pytest.mark.parametrize(("act", "standing"), [("accept", "captured"), ("reject", "rejected")])
def test_a_review_is_decided(clerk, till, act, standing):
    """The payment stands as was decided."""
    open_act(clerk, till.reviewed(), act)
    clerk.press(f"payment.act.{act}")
    assert clerk.sees(f"payment.done.{act}")
    assert clerk.sees_standing(standing)


def test_a_seller_s_line_is_approved(clerk, till):
    """And the approval is withdrawn again."""
    clerk.open(f"/payments/{till.sold_for_others()}")
    for act in ("approve", "disapprove"):
        clerk.follow("payment.act." + act, within="tbody tr:first-child")
        clerk.press("payment.act." + act)
        assert clerk.sees("payment.done." + act)


def test_somebody_was_faster(hire, till):
    """Two windows ask about the same payment; the later one is told, and nothing is done twice."""
    number = till.take()
    first, second = hire(), hire(has_phone=True)
    for clerk in (first, second):
        open_act(clerk, number, "refund")
        clerk.page.fill("#amount", "0,5" if clerk is second else "0.5")
        clerk.press("payment.act.continue")
    first.press("payment.act.refund")
    second.press("payment.act.refund")
    assert second.sees("payment.changed")
    assert second.sees_standing("partly_refunded")


def test_the_home_page_is_alive(hire, till):
    """A payment made meanwhile is counted without a reload."""
    clerk = hire()
    clerk.open("")
    clerk.page.evaluate("window.isSameDocument = true")
    stat = clerk.page.locator('a.stat[href*="standing=captured"]')
    before = int(stat.inner_text().split()[0])
    till.take()
    stat.filter(has_text=str(before + 1)).wait_for()
    assert clerk.page.evaluate("window.isSameDocument")


def test_filters_and_pages(clerk, till):
    """What was asked for is shown, can be gone through by pages, and cleared."""
    for _ in range(51):
        till.take(basketId=f"paged-{clerk.language}")
    clerk.open("/payments")
    clerk.page.locator("main summary").click()
    clerk.page.get_by_label(clerk.text("standing.captured")).check()
    clerk.page.fill("#basket", f"paged-{clerk.language}")
    clerk.page.fill("#least", "1")
    clerk.press("do.filter")
    assert clerk.page.locator("tbody tr").count() == 50
    clerk.follow("do.next")
    assert clerk.page.locator("tbody tr").count() == 1
    clerk.follow("do.first")
    assert clerk.page.locator("tbody tr").count() == 50
    clerk.follow("do.clear")
    assert "basket" not in clerk.page.url


def test_an_export_tells_how_far_it_is(hire, till):
    """On a telephone: one file, and a bar that is full when the file is there."""
    till.take(basketId="exported")
    clerk = hire(has_phone=True)
    clerk.open("/payments/export?basket=exported")
    with clerk.page.expect_download() as download:
        clerk.press("payments.export.begin")
    assert download.value.suggested_filename.endswith(".csv")
    state = clerk.page.locator("[data-export-state]").inner_text()
    assert state == clerk.text("payments.export.done", rows=1)
    assert clerk.page.evaluate("document.querySelector('progress').value") == 1000
