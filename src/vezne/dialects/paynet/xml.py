"""Answers as XML. The documentation names the format and shows none of it.

So the root is the answer's object, a field is an element of its name, and the rows of a list are
elements named `item`.
"""

import re
from collections.abc import Mapping
from html import escape
from typing import Final

DECLARATION: Final = '<?xml version="1.0" encoding="utf-8"?>'
ROOT: Final = "response"
ITEM: Final = "item"

# What XML 1.0, 2.2 does not allow in a document, however it is escaped.
_UNPRINTABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(root: str, fields: Mapping[str, object]) -> bytes:
    """A document with the fields of an answer below its root."""
    return f"{DECLARATION}{_element(root, fields)}".encode()


def _element(name: str, value: object) -> str:
    return f"<{name}>{_content(value)}</{name}>"


def _content(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "".join(_element(name, item) for name, item in value.items())
    if isinstance(value, list | tuple):
        return "".join(_element(ITEM, item) for item in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(_UNPRINTABLE.sub("\ufffd", str(value)), quote=False)
