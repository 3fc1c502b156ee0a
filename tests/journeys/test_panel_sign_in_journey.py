"""From the line that the server prints to the panel, as a newcomer goes, with a real browser."""

import json
import re
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pyotp

from fakes.browser import PATIENCE_MS, running_browser
from fakes.command import run_vezne
from fakes.panel_browser import hidden_fields
from fakes.server import Server, wait_until
from fakes.split_server import SplitServer


def test_a_newcomer_signs_in_and_invites_somebody(tmp_path):
    """The printed line is all it takes; the guest comes in by the link, on a telephone."""
    server = Server(tmp_path / "data", "--tls-listen", "off").start()
    try:
        wait_until(lambda: len(server.output) > 1)
        found = re.fullmatch(r"panel (\S+) \((\S+) / (\S+)\)\n", server.output[1])
        assert found is not None
        url, email, password = found.groups()
        assert url == f"{server.http}/panel"
        assert json.loads((server.data / "sandbox.json").read_text())["panel"]["url"] == url
        with running_browser() as browser:
            page = browser.new_context(locale="en-GB").new_page()
            page.set_default_timeout(PATIENCE_MS)
            problems: list[str] = []
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.goto(f"{url}/team")
            page.fill("#email", email)
            page.fill("#password", password)
            page.press("#password", "Enter")
            page.wait_for_url(f"{url}/team")
            page.fill("#email", "guest@example.com")
            page.get_by_role("button", name="Make an invitation link").click()
            link = page.locator(".copyable code").inner_text()
            guest = browser.new_context(
                locale="tr-TR", java_script_enabled=False, viewport={"width": 390, "height": 800}
            ).new_page()
            guest.goto(link)
            guest.fill("#new", "kirmizi 7 araba yolda")
            guest.fill("#again", "kirmizi 7 araba yolda")
            guest.click("button.primary")
            guest.wait_for_url(url)
            assert "Ana sayfa" in guest.inner_text("h1")
            wide = guest.evaluate("document.documentElement.scrollWidth")
            assert wide <= 390
            page.get_by_role("button", name="Sign out").first.click()
            page.wait_for_url(f"{url}/sign-in")
            assert problems == []
    finally:
        server.stop()


def test_members_sign_in_where_the_vault_has_a_process_of_its_own(tmp_path):
    """Their second factors are sealed over the link; tries are counted by the caller's address."""
    server = SplitServer(tmp_path / "data", "--tls-listen", "off").start()
    try:
        shown = json.loads((server.data / "sandbox.json").read_text())["panel"]
        visitor = Visitor(f"{server.http}/panel")
        sign_in = {"email": shown["email"], "password": shown["password"]}
        assert visitor.fill("/sign-in", sign_in).endswith("/panel")
        factor = "/account/second-factor"
        visitor.fill(factor, {"password": shown["password"]}, act=f"{factor}/begin")
        secret = re.search(r'data-copy="([A-Z2-7]+)"', visitor.read(factor))[1]
        code = pyotp.TOTP(secret)
        visitor.fill(factor, {"code": code.now()}, act=f"{factor}/confirm")
        codes = re.search(r"<pre[^>]*>(.*?)</pre>", visitor.page, re.DOTALL)[1].split()
        other = Visitor(f"{server.http}/panel")
        assert "/sign-in/code" in other.fill("/sign-in", sign_in)
        assert other.fill("/sign-in/code", {"code": codes[0]}).endswith("/panel")
        assert "127.0.0.1" in other.read("/account")
        listed = run_vezne("audit", "show", "--json", "--data", str(server.data)).stdout
        assert listed.count('"login.succeeded"') == 2
    finally:
        server.stop()


class Visitor:
    """A browser without scripts, over the network."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self.page = ""

    def read(self, path: str) -> str:
        with self._opener.open(self._base + path) as answer:
            self.page = answer.read().decode()
        return self.page

    def fill(self, path: str, fields: dict[str, str], act: str = "") -> str:
        """Send the form of a page; returns the address that it leads to."""
        action = f"/panel{act or path}"
        form = hidden_fields(self.read(path), action) | fields
        body = urlencode(form).encode()
        with self._opener.open(self._base.removesuffix("/panel") + action, body) as answer:
            self.page = answer.read().decode()
            return answer.url
