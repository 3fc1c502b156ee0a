"""Whether new requests should come here: what a load balancer asks, time and again.

`/health` says that the process lives and needs no restart; `/ready` that it has all it needs, and
is not about to leave.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final

import msgspec

from vezne.edge.departure import Departure
from vezne.edge.logs import describe_fault
from vezne.edge.messages import Response
from vezne.edge.sites import Incoming
from vezne.event_log import EventLog

READY_PATH: Final = "/ready"
# How long what was found counts: many may ask, and each look is a query.
KEPT_S: Final = 1.0
# Whoever asks gives up after a few seconds.
LOOK_MAX_S: Final = 2.0

_JSON: Final = (b"content-type", b"application/json")
_NO_STORE: Final = (b"cache-control", b"no-store")
_ALLOW: Final = (b"allow", b"GET, HEAD")

_log = EventLog(__name__)

# Looks at something that requests need. Raises when it is not there.
Look = Callable[[], Awaitable[object]]


class Readiness:
    """Answers whether this process is ready. `parts` is what it needs, by name."""

    def __init__(
        self,
        parts: Mapping[str, Look],
        departure: Departure,
        monotonic_s: Callable[[], float] = time.monotonic,
        *,
        look_s_max: float = LOOK_MAX_S,
    ) -> None:
        self._parts = dict(parts)
        self._departure = departure
        self._monotonic_s = monotonic_s
        self._look_s_max = look_s_max
        self._missing: list[str] = []
        self._looked_s: float | None = None
        self._looking = asyncio.Lock()

    async def site(self, incoming: Incoming) -> Response:
        """200 when ready; 503, and what is missing, when not."""
        if incoming.method not in {"GET", "HEAD"}:
            return _said(HTTPStatus.METHOD_NOT_ALLOWED, {"status": "method not allowed"}, _ALLOW)
        if self._departure.is_leaving:
            return _said(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "leaving"})
        missing = await self._look()
        if missing:
            said = {"status": "not ready", "missing": missing}
            return _said(HTTPStatus.SERVICE_UNAVAILABLE, said)
        return _said(HTTPStatus.OK, {"status": "ready"})

    async def _look(self) -> list[str]:
        """What is missing, as of a moment ago."""
        async with self._looking:
            now_s = self._monotonic_s()
            if self._looked_s is None or now_s - self._looked_s >= KEPT_S:
                looks = [self._look_at(name, look) for name, look in self._parts.items()]
                found = await asyncio.gather(*looks)
                self._missing = [name for name in found if name]
                self._looked_s = self._monotonic_s()
            return self._missing

    async def _look_at(self, name: str, look: Look) -> str:
        """The name of a part that is missing."""
        try:
            async with asyncio.timeout(self._look_s_max):
                await look()
        except Exception as error:  # noqa: BLE001 - whatever it is, requests would meet it too
            if name not in self._missing:
                _log.warning("not ready", part=name, **describe_fault(error))
            return name
        return ""


def _said(status: HTTPStatus, said: object, *headers: tuple[bytes, bytes]) -> Response:
    return Response(status, msgspec.json.encode(said), (_JSON, _NO_STORE, *headers))
