"""Sites: pages for browsers, beside the doors or behind a listener of their own."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final
from urllib.parse import unquote

import msgspec

from vezne.core.audit import Origin, begin_origin
from vezne.core.ports import Audit, AuditFailure
from vezne.edge.client_address import ClientAddresses
from vezne.edge.logs import describe_fault, mask_digits
from vezne.edge.messages import Response
from vezne.edge.pages import Pages
from vezne.edge.wording import Problem
from vezne.event_log import EventLog


class Incoming(msgspec.Struct, frozen=True):
    """A request as a server read it.

    `target` is the request target as sent, without the scheme and authority of an absolute form.
    Header names are lower case. `body` is None when it was larger than the server's limit, in which
    case the server read no further. `address` is the peer's, without its port.
    """

    method: str
    scheme: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None
    address: str = ""


# Answers everything at and below a path, without the help of the vault.
Site = Callable[[Incoming], Awaitable[Response]]
Handle = Callable[[Incoming], Awaitable[Response]]

# What the trail calls the door that browsers come in by.
BROWSER: Final = "browser"

_log = EventLog(__name__)


def begin_visit(incoming: Incoming, addresses: ClientAddresses, door: str, path: str) -> Origin:
    """Everything in this task is done for whoever sent a request, from here on."""
    # By position, as every request has one: names take more steps.
    origin = Origin(addresses.client_of(incoming.address, incoming.headers), door, path)
    begin_origin(origin)
    return origin


class Sites:
    """The sites of a listener, by the path at and below which each answers."""

    def __init__(
        self, sites: Mapping[str, Site], audit: Audit, addresses: ClientAddresses, pages: Pages
    ) -> None:
        self._sites = dict(sites)
        self._audit = audit
        self._addresses = addresses
        self._pages = pages

    @property
    def paths(self) -> Collection[str]:
        """At and below which there are some."""
        return self._sites

    def find(self, path: str) -> Site | None:
        """The site that a path belongs to; None: it is none's."""
        for prefix, site in self._sites.items():
            if path == prefix or path.startswith(f"{prefix}/"):
                return site
        return None

    async def visit(self, site: Site, incoming: Incoming, path: str) -> Response:
        """What a site answers, once the trail has every line about it for good."""
        origin = begin_visit(incoming, self._addresses, BROWSER, mask_digits(path))
        response = await site(incoming)
        try:
            if origin.newest_line:
                await self._audit.settled()
        except AuditFailure as failure:
            _log.error("fault", door=BROWSER, path=origin.path, **describe_fault(failure))
            return self._pages.problem(Problem.FAULT, incoming.headers.get("accept-language", ""))
        return response


def lone_site(
    prefix: str, site: Site, audit: Audit, addresses: ClientAddresses | None = None
) -> Handle:
    """The handler of a listener that has one site, to which every other address leads."""
    pages = Pages()
    sites = Sites({prefix: site}, audit, addresses or ClientAddresses((), ""), pages)
    moved = Response(302, b"", ((b"location", prefix.encode()), (b"cache-control", b"no-store")))

    async def handle(incoming: Incoming) -> Response:
        path = unquote(incoming.target.partition("?")[0])
        if sites.find(path) is not None:
            return await sites.visit(site, incoming, path)
        if path == "/" and incoming.method in {"GET", "HEAD"}:
            return moved
        return pages.problem(Problem.UNKNOWN_PATH, incoming.headers.get("accept-language", ""))

    return handle
