"""The forms of a page, as a browser would read them."""

from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin


class Form:
    """A form: where it goes, its fields with their values, and its buttons that carry one."""

    def __init__(self, attributes: dict[str, str]) -> None:
        self.attributes = attributes
        self.action = attributes.get("action", "")
        self.method = attributes.get("method", "get").lower()
        self.fields: dict[str, str] = {}
        self.types: dict[str, str] = {}
        self.buttons: list[dict[str, str]] = []

    def target(self, page_url: str) -> str:
        """Where the form goes from a page."""
        return urljoin(page_url, self.action)

    def encoded(self, **typed: str) -> bytes:
        """The body that a browser sends, with what a person typed or pressed."""
        return urlencode({**self.fields, **typed}).encode()


class Page(HTMLParser):
    """A page: its forms, its texts, and the attributes of every element by tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.elements: dict[str, list[dict[str, str]]] = {}
        self.doctype = ""
        self.parents: list[tuple[str, str]] = []
        self._open: list[str] = []
        self._form: Form | None = None
        self.feed(text)
        self.close()

    def handle_decl(self, decl: str) -> None:
        self.doctype = decl

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.setdefault(tag, []).append(attributes)
        self.parents.append((tag, self._open[-1] if self._open else ""))
        if tag not in {"meta", "input", "link", "img", "br"}:
            self._open.append(tag)
        if tag == "form":
            self._form = Form(attributes)
            self.forms.append(self._form)
        elif self._form is not None and tag == "input":
            self._form.types[attributes.get("name", "")] = attributes.get("type", "text")
            self._form.fields[attributes.get("name", "")] = attributes.get("value", "")
        elif self._form is not None and tag == "button":
            self._form.buttons.append(attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if tag == "form":
            self._form = None
