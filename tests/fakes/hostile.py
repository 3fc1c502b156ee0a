"""Texts that would like to be more than text, and a reader of pages that finds where one is."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

# Stands in every hostile text, as the name of the function that it would call.
MARK = "hxs"

TEXTS = (
    f"<script>{MARK}()</script>",
    f'"><img src=x onerror={MARK}()>',
    f"'><svg onload={MARK}()>",
    f'" autofocus onfocus={MARK}() x="',
    f"' onmouseover={MARK}() x='",
    f"</textarea></title></style></script><script>{MARK}()</script>",
    f"--><script>{MARK}()</script><!-- ]]>",
    f"{{{{7*7}}}}{MARK}{{% print(7*7) %}}${{7*7}}",
    f"javascript:{MARK}()//",
    f"data:text/html,<script>{MARK}()</script>",
    f"&lt;script&gt;{MARK}()&#x3c;/script&#x3e;&amp;quot;",
    f"{MARK}\u202etxt.exe\u2066\u200f",
    f"{MARK}\x00\x01\x08\x1b[31m\u2028",
    f'=HYPERLINK("http://evil.example","{MARK}")',
    f"+{MARK}",
    f"@{MARK}",
    f"{MARK}" + "ü<" * 5000,
)
# What spreadsheets take for the beginning of a formula.
FORMULAS = tuple("=+-@\t\r")

_URLS = {"action", "formaction", "href", "src", "xlink:href", "poster", "data", "ping", "srcset"}
_FORBIDDEN = {
    *("applet", "audio", "base", "embed", "frame", "iframe", "link-import", "math", "noscript"),
    *("object", "portal", "style", "template", "video", "foreignobject", "animate", "use"),
}
_METAS = {"viewport", "color-scheme"}


class Witness(HTMLParser):
    """Reads a page. `found` says what is on it that only a hostile text can have put there."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self._is_script = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name.lower(): value or "" for name, value in attrs}
        if tag in _FORBIDDEN or MARK in tag:
            self._tell(tag, attributes)
        if len(attributes) != len(attrs):
            self._tell(tag, dict(attrs))
        for name, value in attributes.items():
            is_code = name.startswith("on") or name in {"style", "srcdoc", "background", "is"}
            if is_code or MARK in name:
                self._tell(tag, attributes)
            if name in _URLS and not _is_ours(value):
                self._tell(tag, attributes)
        self._check(tag, attributes)
        self._is_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._is_script = False

    def handle_data(self, data: str) -> None:
        if self._is_script and data.strip():
            self.found.append(f"a script: {data}")
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        if MARK in data:
            self.found.append(f"a comment: {data}")

    def handle_pi(self, data: str) -> None:
        self.found.append(f"an instruction: {data}")

    def unknown_decl(self, data: str) -> None:
        self.found.append(f"a declaration: {data}")

    def _check(self, tag: str, attributes: dict[str, str]) -> None:
        """Elements that load something load ours only."""
        source = attributes.get("src", "") or attributes.get("href", "")
        is_static = source.startswith("/panel/static/")
        if tag in {"script", "link", "img"} and not is_static:
            self._tell(tag, attributes)
        if tag == "meta" and attributes.get("name") not in _METAS and "charset" not in attributes:
            self._tell(tag, attributes)
        if tag == "a":
            self.links.append(attributes.get("href", ""))
        if "data-live" in attributes:
            self.links.append(attributes["data-live"])
            if not attributes["data-live"].startswith("/panel"):
                self._tell(tag, attributes)

    def _tell(self, tag: str, attributes: dict[str, object]) -> None:
        self.found.append(f"<{tag} {attributes}>")


def _is_ours(address: str) -> bool:
    """Whether an address stays with the house: a path, a place on the page, a query."""
    if address.startswith(("/panel", "#", "?")) and not address.startswith("//"):
        return not {"\\", "\n", "\t"} & set(address)
    parts = urlsplit(address)
    return parts.scheme in {"http", "https"} and parts.netloc == "127.0.0.1:8080"
