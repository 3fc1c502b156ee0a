"""A person at the panel in Chromium, who looks for what the panel's pages say in their language."""

from fakes.browser import PATIENCE_MS
from vezne.panel.wording import TEXTS

_LANGUAGES = ("tr", "en")
_LOCALES = {"tr": "tr-TR", "en": "en-GB"}
_TABS_MAX = 150
_FOCUSED = """() => ({
  id: document.activeElement.id,
  text: document.activeElement.innerText ?? "",
})"""


class Clerk:
    """One window: at a desk in English, or a telephone in Turkish at night.

    `keeps` are cookies of an earlier window; without scripts nothing of ours runs in the browser.
    """

    def __init__(self, browser, server, *, has_phone=False, has_scripts=True, keeps=()):
        self.language = "tr" if has_phone else "en"
        self.context = browser.new_context(
            locale=_LOCALES[self.language],
            color_scheme="dark" if has_phone else "light",
            viewport={"width": 390 if has_phone else 1280, "height": 844},
            java_script_enabled=has_scripts,
        )
        self.context.add_cookies(list(keeps))
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.url = f"{server.http}/panel"
        self._complaints = []
        self.page.on("pageerror", lambda error: self._complaints.append(str(error)))
        self.page.on("console", lambda message: self._complaints.append(message.text))

    def sign_in(self, email, password):
        """From the panel's address on; an answer is there when this returns."""
        self.open("")
        self.fill("sign_in.email", email)
        self.fill("sign_in.password", password)
        self.press("sign_in.do")

    def leave(self):
        """Close the window. No policy of a page may have been broken."""
        self.context.close()
        assert [text for text in self._complaints if "Policy" in text or "Error" in text] == []

    def text(self, name, **values):
        """A text of the panel, as this person reads it."""
        return TEXTS[name][_LANGUAGES.index(self.language)].format(**values)

    def open(self, path):
        """A page by its path below the panel's."""
        self.page.goto(self.url + path)

    def press(self, name, *, within="body", nth=0):
        """The button that says so, and wait for the page that it leads to."""
        part = self.page.locator(within)
        button = part.get_by_role("button", name=self.text(name)).nth(nth)
        with self.page.expect_navigation():
            button.click()

    def follow(self, name, *, within="main", nth=0, **values):
        """The link that says so."""
        part = self.page.locator(within)
        with self.page.expect_navigation():
            part.get_by_role("link", name=self.text(name, **values)).nth(nth).click()

    def fill(self, label, text, *, within="main"):
        """The field that is labelled so."""
        self.page.locator(within).get_by_label(self.text(label)).first.fill(text)

    def choose(self, label, value, *, within="main"):
        """The value in the list that is labelled so."""
        self.page.locator(within).get_by_label(self.text(label)).first.select_option(value)

    def sees(self, name, **values):
        """Whether the page's note says so, which tells what was done."""
        note = self.page.locator(".note", has_text=self.text(name, **values)).first
        note.wait_for()
        return True

    def sees_standing(self, standing):
        """Whether the payment whose page is open stands so."""
        self.page.locator("h1 .badge", has_text=self.text(f"standing.{standing}")).wait_for()
        return True

    def tab_to(self, name):
        """Go by the keyboard to what says so."""
        self._tab_until(lambda focused: focused["text"].startswith(self.text(name)))

    def tab_to_field(self, id_):
        """Go by the keyboard to a field."""
        self._tab_until(lambda focused: focused["id"] == id_)

    def _tab_until(self, is_there):
        for _ in range(_TABS_MAX):
            self.page.keyboard.press("Tab")
            if is_there(self.page.evaluate(_FOCUSED)):
                return
        raise AssertionError("the keyboard does not reach it")
