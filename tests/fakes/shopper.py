"""A newcomer at the panel: signs in, buys in the test shop, types the bank's code."""

from playwright.sync_api import Page

from fakes.browser import PATIENCE_MS
from fakes.server import Server

CODE = "123456"


class Shopper:
    """A person at a browser, in Turkish."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.server = server
        page.set_default_timeout(PATIENCE_MS)

    def sign_in(self) -> None:
        """By what the start-up line and sandbox.json say."""
        panel = self.server.keys["panel"]
        self.page.goto(f"{self.server.http or self.server.https}/panel")
        self.page.get_by_label("E-posta").fill(panel["email"])
        self.page.get_by_label("Parola").fill(panel["password"])
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="Giriş yap").click()

    def open_shop(self) -> None:
        """By the menu."""
        self.page.get_by_role("link", name="Deneme mağazası").last.click()
        self.page.get_by_role("heading", name="Deneme mağazası").wait_for()

    def buy(self, door: str, way: str, card: str, *, saves: bool = False) -> None:
        """Choose and press the button. `card` is a part of what its line in the list says."""
        self.page.get_by_label(door, exact=True).check()
        self.page.get_by_label(way, exact=True).check()
        line = self.page.locator("#card option", has_text=card).first
        self.page.get_by_label("Hangi kartla?").select_option(line.get_attribute("value"))
        if saves:
            self.page.get_by_label("Ödeme başarılı olursa").check()
        self.page.get_by_role("button", name="Öde", exact=True).click()
        self.page.get_by_role("heading", name="Sonuç").wait_for()

    def authenticate(self, code: str = CODE) -> None:
        """Go to the bank, type the code, come back."""
        self.page.get_by_role("link", name="Bankanın sayfasına git").click()
        self.page.get_by_label("Tek kullanımlık kod").fill(code)
        self.page.get_by_role("button", name="Onayla").click()

    def wait_for(self, standing: str) -> None:
        """Until the order's page says how the payment stands."""
        self.page.locator(".badge", has_text=standing).first.wait_for()
