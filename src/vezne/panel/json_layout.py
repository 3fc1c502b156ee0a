"""JSON laid out for people, its tokens as they were written.

A parser would lose what matters here: the order of fields, numbers such as `1.0`, and masked
numbers, which are no JSON.
"""

import re
from typing import Final

_TOKEN: Final = re.compile(r'\s*+("[^"\\]*+(?:\\.[^"\\]*+)*+"|[^\s{}\[\],:"]++|[{}\[\],:])')
_EMPTY: Final = re.compile(r"\s*+[}\]]")
_INDENT: Final = "  "
# What is nested deeper is not moved further to the right.
_DEPTH_MAX: Final = 40


def laid_out(text: str) -> str:
    """A JSON object or array with a line for each value; any other text as it is.

    A text that ends too early, or is none from some place on, stays as it is from there.
    """
    if not text.lstrip().startswith(("{", "[")):
        return text
    pieces: list[str] = []
    depth = at = 0
    while (match := _TOKEN.match(text, at)) is not None:
        sign, at = match[1], match.end()
        if sign in "{[":
            is_empty = _EMPTY.match(text, at) is not None
            depth += 1
            pieces.append(sign if is_empty else sign + _line(depth))
        elif sign in "}]":
            depth -= 1
            was_empty = bool(pieces) and pieces[-1] in {"{", "["}
            pieces.append(sign if was_empty else _line(depth) + sign)
        elif sign == ",":
            pieces.append(sign + _line(depth))
        else:
            pieces.append(": " if sign == ":" else sign)
    return "".join(pieces) + text[at:].rstrip()


def _line(depth: int) -> str:
    return "\n" + _INDENT * min(max(depth, 0), _DEPTH_MAX)
