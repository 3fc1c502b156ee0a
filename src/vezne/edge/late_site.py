"""A site that is opened at its first visit: most processes show nobody their pages."""

import asyncio
from collections.abc import Callable

from vezne.edge.messages import Response
from vezne.edge.sites import Incoming, Site


def late_site(load: Callable[[], Callable[[], Site]]) -> Site:
    """The site that is opened by what `load` returns.

    `load` imports what the site needs, in a thread: requests at the doors do not wait for that.
    """
    site: Site | None = None
    opening = asyncio.Lock()

    async def visit(incoming: Incoming) -> Response:
        nonlocal site
        if site is None:
            async with opening:
                if site is None:
                    site = (await asyncio.to_thread(load))()
        return await site(incoming)

    return visit
