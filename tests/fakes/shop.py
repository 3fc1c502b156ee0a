"""A merchant with 3-D Secure: the official client, a web site, and a customer at a browser."""

import hashlib
import hmac

from playwright.sync_api import Page

from fakes.browser import PATIENCE_MS
from fakes.iyzico_client import CARD, Client, payment_request
from fakes.merchant_site import Callback, MerchantSite

CODE = "123456"
FIELDS = ["status", "paymentId", "conversationData", "conversationId", "mdStatus", "signature"]
SIGNED = ["conversationData", "conversationId", "mdStatus", "paymentId", "status"]


class Shop:
    """One sale. `page` is the customer's; the site and the client are the merchant's."""

    def __init__(self, client: Client, site: MerchantSite, page: Page) -> None:
        self.client = client
        self.site = site
        self.page = page
        self.payment_id = ""

    def begin(self, pan=CARD["cardNumber"], *, path="/checkout", callback="/callback", **changes):
        """Initialize the payment and show the customer what came."""
        request = payment_request(callbackUrl=self.site.url(callback), **changes)
        if "paymentCard" not in changes:
            request["paymentCard"] = CARD | {"cardNumber": pan, "cvc": "123"}
        answer = self.client.call("ThreedsInitialize", "create", request)
        assert answer["status"] == "success", answer
        self.payment_id = answer["paymentId"]
        self.site.show(answer["threeDSHtmlContent"])
        # The page moves on by itself, perhaps before it is loaded.
        self.page.goto(self.site.url(path), wait_until="commit")

    def type_code(self, code=CODE, view=None):
        """What the customer does on the bank's page. `view` is the frame that it is in."""
        view = view or self.page
        view.get_by_label("Tek kullanımlık kod").fill(code)
        view.get_by_role("button", name="Onayla").click()

    def callback(self) -> Callback:
        """What the browser brought back, once it is there: one form, whole and signed."""
        self.page.get_by_role("heading", name="Thank you").wait_for(timeout=PATIENCE_MS)
        return self.brought()

    def brought(self) -> Callback:
        """The one form that came, whole and signed."""
        (callback,) = self.site.callbacks
        assert [name for name, _ in callback.fields] == FIELDS
        form = callback.form
        text = ":".join(form[name] for name in SIGNED)
        secret = self.client.options["secret_key"].encode()
        assert form["signature"] == hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
        assert form["paymentId"] == self.payment_id
        assert callback.headers["content-type"] == "application/x-www-form-urlencoded"
        return callback

    def complete(self):
        """The merchant's second call."""
        request = {"locale": "tr", "conversationId": "123456789", "paymentId": self.payment_id}
        return self.client.call("ThreedsPayment", "create", request)

    def detail(self):
        """What the gateway says of the payment."""
        return self.client.call("Payment", "retrieve", {"paymentId": self.payment_id})
