"""Addresses that a browser may be sent to."""

import re
from typing import Final
from urllib.parse import urlsplit

# No user info: it would let an address show another host than the one that it leads to. No blank,
# control or backslash: browsers drop or change them, so they would post to another address.
_URL: Final = re.compile(
    r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?"
    r"(?:[/?#][^\x00-\x20\x7f-\xa0\\]*)?",
    re.IGNORECASE | re.ASCII,
)


def is_web_address(text: str) -> bool:
    """Whether a text is an absolute http or https URL with a host that can be looked up."""
    if not _URL.fullmatch(text):
        return False
    try:
        # Reading the port raises where it is no port at all.
        return urlsplit(text).port != 0
    except ValueError:
        return False


def is_origin(text: str) -> bool:
    """Whether a text is the scheme and host of a web address and nothing more."""
    return is_web_address(text) and text.count("/") == len("//") and not set("?#") & set(text)
