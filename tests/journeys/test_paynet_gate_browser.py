"""Paynet's gate with a real browser: in a frame as the browser library does, and with a return."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from fakes.doors import HOLDER, MONTH, YEAR, PaynetCaller
from fakes.iyzico_client import CARD
from fakes.shop import CODE

# What paynet-custom.js does: opens the gate in a frame and waits for its message.
SHOP_PAGE = """<!doctype html><title>shop</title><p id="told"></p>
<script>addEventListener("message", event => {
  document.getElementById("told").textContent = event.data;
});</script><iframe src="%s" width="600" height="900"></iframe>"""


def token(caller, **session):
    """The names of a new token with 3-D Secure, and the address of its gate."""
    key = "publishable_key"
    opened = caller.call("/v1/paynetj/auth", {"amount": "1000", **session}, key)
    named = {"session_id": opened["session_id"]}
    pan = CARD["cardNumber"]
    checked = caller.call("/v1/paynetj/check_bin", {**named, "bin": pan[:8]}, key)
    card = {"card_holder": HOLDER, "pan": pan, "cvc": "123", "month": MONTH, "year": YEAR}
    row = {"instalment_key": checked["data"][0]["instalment_key"], "do_3ds": True}
    created = caller.call("/v1/paynetj/create_token", {**named, **card, **row}, key)
    assert created["is_tds"] is True
    names = {**named, "token_id": created["token_id"]}
    query = urlencode({**names, "publishable_key": caller.keys["publishable_key"]})
    return names, f"{created['post_url']}?{query}"


def type_code(view):
    """What the cardholder does at the bank."""
    view.get_by_label("Tek kullanımlık kod").fill(CODE)
    view.get_by_role("button", name="Onayla").click()


def test_in_a_frame(server, site, page):
    """The message hands the ids to the page around; with them the merchant's server is paid."""
    caller = PaynetCaller(server)
    names, gate = token(caller)
    site.page = (SHOP_PAGE % gate.replace("&", "&amp;")).encode()
    page.goto(site.url("/checkout"))
    type_code(page.frame_locator("iframe").first)
    told = page.locator("#told")
    page.wait_for_function("document.getElementById('told').textContent !== ''")
    message = dict(parse_qsl(told.inner_text().replace("+", "%2B"), strict_parsing=True))
    assert message == {"command": "form-post", **names}
    paid = caller.call("/v1/transaction/charge", names)
    assert (paid["code"], paid["is_succeed"], paid["is_tds"]) == (0, True, True)
    assert caller.call("/v1/transaction/charge", names)["code"] == 100


def test_to_the_return_url(server, site, page):
    """A page of its own: the browser ends at the merchant with both ids."""
    caller = PaynetCaller(server)
    names, gate = token(caller, return_url=site.url("/callback"))
    page.goto(gate)
    type_code(page)
    page.get_by_role("heading", name="Thank you").wait_for()
    assert site.callbacks[-1].form == names
    assert caller.call("/v1/transaction/charge", names)["code"] == 0


def test_cancelled(server, site, page):
    """The cardholder who cancels is back as well; the charge says that 3-D Secure failed."""
    caller = PaynetCaller(server)
    names, gate = token(caller, return_url=site.url("/callback"))
    page.goto(gate)
    page.get_by_role("button", name="Vazgeç").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    failed = caller.call("/v1/transaction/charge", names)
    assert (failed["code"], failed["is_succeed"]) == (16, False)


def test_by_post_and_in_an_app(server, page):
    """The gate takes a form too; without a return_url a lone page ends on the house's own host."""
    caller = PaynetCaller(server)
    names, gate = token(caller)
    address, _, query = gate.partition("?")
    fields = "".join(f'<input name="{name}" value="{value}">' for name, value in parse_qsl(query))
    page.set_content(f'<form method="post" action="{address}">{fields}<button>go</button></form>')
    page.get_by_role("button", name="go").click()
    type_code(page)
    page.wait_for_url(re.compile("/3ds/return/"))
    page.locator("#message").wait_for()
    assert urlsplit(page.url).netloc == urlsplit(gate).netloc
    assert caller.call("/v1/transaction/charge", names)["code"] == 0
