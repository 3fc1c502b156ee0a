"""Addresses of merchants to which browsers are sent."""

from typing import Final

from vezne.core.card import holds_card_number
from vezne.core.web_address import is_web_address
from vezne.dialects.paynet import errors
from vezne.dialects.paynet.errors import Failure

LENGTH_MAX: Final = 256


def checked_return_url(text: str | None) -> str:
    """A `return_url`, or nothing when none was sent. Raises Failure."""
    if not text:
        return ""
    if len(text) > LENGTH_MAX:
        raise Failure(errors.TOO_LONG, "return_url")
    if not is_web_address(text) or holds_card_number(text):
        raise Failure(errors.MALFORMED, "return_url")
    return text
