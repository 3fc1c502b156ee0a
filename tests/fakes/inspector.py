"""A close look at pages in Chromium: what axe-core, the window and the console say of each."""

from pathlib import Path

import pytest

from fakes.browser import PATIENCE_MS

_AXE = Path(__file__).parents[1] / "journeys" / "node" / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN = """async rules => {
  const found = await axe.run(document, {resultTypes: ["violations"], runOnly: rules});
  return found.violations.flatMap(rule => rule.nodes.map(
    node => `${rule.impact} ${rule.id}: ${node.html.slice(0, 200)}`));
}"""
# What is folded away is read as well.
_SHAPE = """() => (document.querySelectorAll("main details").forEach(part => (part.open = true)), {
  language: document.documentElement.lang,
  headings: document.querySelectorAll("h1").length,
  excess: document.documentElement.scrollWidth - window.innerWidth,
})"""

needs_axe = pytest.mark.skipif(not _AXE.exists(), reason="axe-core comes with npm")


class Inspector:
    """A window of a browser in one language and one look; `findings` is all that is wrong.

    `titles` maps each kind of page, by its path's pattern, to the title that it was seen with.
    """

    def __init__(self, browser, server, *, language, look, width):
        self.context = browser.new_context(
            locale={"tr": "tr-TR", "en": "en-GB"}[language],
            color_scheme=look,
            viewport={"width": width, "height": 844},
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("pageerror", lambda error: self._note(f"error {error}"))
        self.page.on("console", lambda message: self._note(f"console {message.text}"))
        self.findings = []
        self.titles = {}
        self._language = language
        self._panel = f"{server.http}/panel"
        self._axe = _AXE.read_text(encoding="utf-8")

    @property
    def path(self):
        """The open page's, below the panel's."""
        return self.page.url.removeprefix(self._panel)

    def visit(self, pattern, path=None):
        """Open a page by its path below the panel's, and look at it."""
        response = self.page.goto(self._panel + (pattern if path is None else path))
        if response.status != 200:
            self._note(f"status {response.status}")
        self.look(pattern)

    def look(self, pattern):
        """Look at the page that is open. A page with an error in a form may be any other's."""
        shape = self.page.evaluate(_SHAPE)
        if shape["language"] != self._language:
            self._note(f"language {shape['language']}")
        if shape["headings"] != 1:
            self._note(f"{shape['headings']} first headings")
        if shape["excess"] > 0:
            self._note(f"{shape['excess']} px too wide")
        self.page.evaluate(self._axe)
        for violation in self.page.evaluate(_RUN, _RULES):
            self._note(violation)
        self.titles.setdefault(pattern, self.page.title())

    def follow(self, pattern, start):
        """Look at where the first link leads that begins so, in a table of the open page."""
        link = self.page.locator(f'main tbody a[href^="/panel{start}"]').first
        self.visit(pattern, link.get_attribute("href").removeprefix("/panel"))

    def press(self, pattern):
        """Press the main button of the open page's form, and look at what comes."""
        with self.page.expect_navigation():
            self.page.locator("main button.primary, main button.danger").first.click()
        self.look(pattern)

    def sign_in(self, email, password):
        """By the form that is open; to the page that asks for a code, where there is one."""
        self.page.fill("#email", email)
        self.page.fill("#password", password)
        self.page.locator("main button").click()
        self.page.wait_for_url(lambda url: not url.endswith("/sign-in"))

    def _note(self, what):
        self.findings.append(f"{self.path} ({self._language}) {what}")
