"""Nobody is answered before the other servers know what his request has changed."""

from collections.abc import Sequence

import msgspec

from vezne.edge.messages import Answer, Door, Request, Response, Route
from vezne.edge.sites import Incoming, Site
from vezne.peers.peers import Peers


def settled_doors(doors: Sequence[Door], peers: Peers) -> list[Door]:
    """The doors, each of whose answers waits until other servers know of changes."""
    return [
        msgspec.structs.replace(
            door, routes=tuple(_settled_route(route, peers) for route in door.routes)
        )
        for door in doors
    ]


def settled_site(site: Site, peers: Peers) -> Site:
    """The site, each of whose answers waits likewise."""

    async def visit(incoming: Incoming) -> Response:
        try:
            return await site(incoming)
        finally:
            await peers.settled()

    return visit


def _settled_route(route: Route, peers: Peers) -> Route:
    handle = route.handle

    async def settle(request: Request) -> Answer:
        try:
            return await handle(request)
        finally:
            await peers.settled()

    return msgspec.structs.replace(route, handle=settle)
