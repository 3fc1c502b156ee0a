"""When each key was last used, so that nobody revokes one that is still in use."""

from collections.abc import Callable

import msgspec

from vezne.core.audit import current_origin
from vezne.edge.messages import Answer, Door, Handler, Request


class KeyUses:
    """Remembers it for keys that were proven, for as long as the process lives.

    `now_ms` is the real time. There are no more entries than keys.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._last_ms: dict[tuple[int, str], int] = {}

    def watch(self, door: Door) -> Door:
        """The door, whose callers are remembered."""
        routes = tuple(
            msgspec.structs.replace(route, handle=self._noting(route.handle))
            for route in door.routes
        )
        return msgspec.structs.replace(door, routes=routes)

    def last_ms(self, merchant_id: int, key: str) -> int | None:
        """When a merchant's key was last used here; None: not since the process began."""
        return self._last_ms.get((merchant_id, key))

    def _noting(self, handle: Handler) -> Handler:
        last_ms, now_ms = self._last_ms, self._now_ms

        async def note(request: Request) -> Answer:
            try:
                return await handle(request)
            finally:
                origin = current_origin()
                if origin.caller:
                    last_ms[origin.merchant_id, origin.caller] = now_ms()

        return note
