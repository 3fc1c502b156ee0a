"""A page as a browser without JavaScript sees it: its forms, its text, its elements."""

from html.parser import HTMLParser
from typing import NamedTuple


class HtmlForm(NamedTuple):
    """A form: where it goes, what it carries, and what is written on its button."""

    action: str
    method: str
    fields: dict[str, str]
    buttons: list[str]


class HtmlPage(HTMLParser):
    """Elements in document order, with attributes; forms with their hidden fields; the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.forms: list[HtmlForm] = []
        self.words = ""
        self._is_button = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.elements.append((tag, named))
        if tag == "form":
            self.forms.append(HtmlForm(named["action"], named["method"], {}, []))
        if tag == "input" and named.get("type") == "hidden":
            self.forms[-1].fields[named["name"]] = named["value"]
        self._is_button = tag == "button"

    def handle_data(self, data: str) -> None:
        self.words += data
        if self._is_button:
            self.forms[-1].buttons.append(data)
            self._is_button = False

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    def form(self, action: str) -> HtmlForm:
        """The form with that value in its field `action`."""
        (found,) = [form for form in self.forms if form.fields.get("action") == action]
        return found
