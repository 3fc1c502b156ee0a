"""Where webhooks go, as a person writes it on a command line: `iyzico=https://…`."""

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from vezne.core.card import holds_card_number
from vezne.core.web_address import is_web_address
from vezne.dialects.iyzico.endpoint import DOOR as IYZICO
from vezne.dialects.paynet.endpoint import DOOR as PAYNET
from vezne.dialects.paywall.endpoint import DOOR as PAYWALL
from vezne.edge.public_address import is_public

DOORS: Final = (IYZICO, PAYWALL, PAYNET)
LENGTH_MAX: Final = 2048


class InvalidWebhookUrl(ValueError):
    """A webhook URL is none, or leads where none may lead. The text says which and why."""


def changed_urls(
    known: Mapping[str, str], changes: Iterable[str], *, is_sandbox: bool
) -> dict[str, str]:
    """The URLs by door after changes like `door=url`; an empty URL removes one.

    Outside of a sandbox only https goes, and no address of a private network. A name's addresses
    are checked whenever something is sent. Raises InvalidWebhookUrl.
    """
    urls = dict(known)
    for change in changes:
        door, _, url = change.partition("=")
        if door not in DOORS:
            raise InvalidWebhookUrl(f"webhook URL: {door!r} is none of {', '.join(DOORS)}")
        if url:
            _check(url, is_sandbox=is_sandbox)
            urls[door] = url
        else:
            urls.pop(door, None)
    return urls


def _check(url: str, *, is_sandbox: bool) -> None:
    # A fragment would be sent nowhere; letters beyond ASCII are sent in more than one way.
    is_plain = url.isascii() and "#" not in url and len(url) <= LENGTH_MAX
    if not is_plain or not is_web_address(url) or holds_card_number(url):
        raise InvalidWebhookUrl(
            f"webhook URL {url!r} must be an absolute http or https address in ASCII, without user "
            f"name and fragment, of at most {LENGTH_MAX} characters"
        )
    if is_sandbox:
        return
    where = urlsplit(url)
    if where.scheme.lower() != "https":
        raise InvalidWebhookUrl(
            f"webhook URL {url!r} must be https; only a sandbox sends over http"
        )
    if _is_private(where.hostname or ""):
        raise InvalidWebhookUrl(
            f"webhook URL {url!r} leads into a private network; only a sandbox sends there"
        )


def _is_private(host: str) -> bool:
    """Whether a host is an address in a private network, or the machine's name for itself."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return not is_public(name)
