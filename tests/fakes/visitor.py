"""A browser that runs no script: it reads pages, fills forms in, and goes where they lead."""

import base64
import ssl
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from fakes.html_forms import Form, Page

STEPS_MAX = 12


class Visitor:
    """Goes from `threeDSHtmlContent` through the bank to where the merchant would be called.

    `steps` has the path and the status of every page on the way, `page` is the last one. `moved`
    maps origins to those that stand in for them, as behind a proxy.
    """

    def __init__(self, server, callback_url):
        self.callback_url = callback_url
        self.steps = []
        self.page = None
        self.url = "about:blank"
        self.moved = {}
        self._context = ssl.create_default_context(cafile=str(server.data / "ca.pem"))

    def open(self, content):
        """Show the page of an answer to the first call."""
        self.page = Page(base64.b64decode(content, validate=True).decode())
        return self

    def visit(self, url):
        """Show the page at an address."""
        self.url = url
        self._show(urllib.request.Request(url))  # noqa: S310
        return self

    def submit(self, form, **typed):
        """Post a form and show what comes back."""
        self.url = form.target(self.url)
        for old, new in self.moved.items():
            self.url = self.url.replace(old, new)
        request = urllib.request.Request(self.url, form.encoded(**typed))  # noqa: S310
        request.add_header("Content-Type", "application/x-www-form-urlencoded")
        self._show(request)

    def _show(self, request):
        try:
            with urllib.request.urlopen(request, timeout=60, context=self._context) as response:  # noqa: S310
                status, text = response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        self.steps.append((urlsplit(self.url).path, status))
        self.page = Page(text)

    def form(self, action=None):
        """The form of the page for an action of the person; the only one that goes on, else."""
        if action is None and len(self.page.forms) == 1:
            return self.page.forms[0]
        return next((form for form in self.page.forms if form.fields.get("action") == action), None)

    @property
    def is_asked(self):
        """Whether the page asks for the code."""
        return self.form("code") is not None

    def go_on(self):
        """Press on until the bank asks something, the merchant is reached, or no way leads on."""
        for _ in range(STEPS_MAX):
            if self.is_asked or not self.page.forms or self.callback is not None:
                return self
            self.submit(self.form())
        raise AssertionError(f"no end in sight: {self.steps}")

    def answer(self, action="code", **typed):
        """Answer the bank's question, and go on."""
        self.submit(self.form(action), **typed)
        return self.go_on()

    @property
    def callback(self):
        """What the page brings to the merchant; None on any other page."""
        forms: list[Form] = self.page.forms
        if len(forms) == 1 and forms[0].target(self.url) == self.callback_url:
            return forms[0].fields
        return None
