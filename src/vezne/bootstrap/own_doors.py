"""The doors of this process, for requests that begin inside it."""

import asyncio

from vezne.edge.messages import Response
from vezne.edge.sites import Handle, Incoming


class OwnDoors:
    """The way in for what does not come over the network: the sandbox's test shop."""

    def __init__(self) -> None:
        self._handle: Handle | None = None

    def open(self, handle: Handle) -> None:
        """From now on requests are handled."""
        self._handle = handle

    async def handle(self, incoming: Incoming) -> Response:
        """The response to a request. Raises RuntimeError before the doors are open.

        The request has an origin of its own: whoever makes it keeps theirs.
        """
        if self._handle is None:
            raise RuntimeError("the doors are not open yet")
        return await asyncio.create_task(_handled(self._handle, incoming))


async def _handled(handle: Handle, incoming: Incoming) -> Response:
    return await handle(incoming)
