"""Values that take long to find: kept for a while, and found anew while the old one is shown."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

import msgspec

from vezne.edge.logs import describe_fault
from vezne.event_log import EventLog

# A page waits so long for a value that there is none of yet, or only an old one.
PATIENCE_S: Final = 0.05
# What takes long is not looked for all the time: it may take a twentieth of it.
_REST_FACTOR: Final = 20
_VALUES_MAX: Final = 4_096

_log = EventLog(__name__)

Value = TypeVar("Value")


class _Kept(msgspec.Struct, Generic[Value]):
    """A value, and until when nothing newer is looked for."""

    value: Value
    fresh_until_s: float


class Recent(Generic[Value]):
    """Keeps the values that were asked for last, for one event loop."""

    def __init__(
        self, patience_s: float = PATIENCE_S, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._patience_s = patience_s
        self._now_s = now_s
        self._kept: OrderedDict[Hashable, _Kept[Value]] = OrderedDict()
        self._searches: dict[Hashable, asyncio.Task[Value]] = {}

    async def get(
        self, key: Hashable, find: Callable[[], Awaitable[Value]], fresh_s: float
    ) -> Value | None:
        """The value of a key, at least as new as `fresh_s` unless finding it takes long.

        Then it is the one before it, or None where there is none yet: whoever asks again a moment
        later gets it. Raises what `find` raises.
        """
        kept = self._kept.get(key)
        if kept is not None and self._now_s() < kept.fresh_until_s:
            return kept.value
        search = self._searches.get(key)
        if search is None:
            search = asyncio.create_task(self._search(key, find, fresh_s))
            self._searches[key] = search
            search.add_done_callback(lambda done: self._end(key, done))
        done, _ = await asyncio.wait({search}, timeout=self._patience_s)
        if done:
            return search.result()
        return None if kept is None else kept.value

    async def _search(
        self, key: Hashable, find: Callable[[], Awaitable[Value]], fresh_s: float
    ) -> Value:
        began_s = self._now_s()
        value = await find()
        ended_s = self._now_s()
        rest_s = max(fresh_s, (ended_s - began_s) * _REST_FACTOR)
        self._kept[key] = _Kept(value, ended_s + rest_s)
        self._kept.move_to_end(key)
        if len(self._kept) > _VALUES_MAX:
            self._kept.popitem(last=False)
        return value

    def _end(self, key: Hashable, search: asyncio.Task[Value]) -> None:
        del self._searches[key]
        if not search.cancelled() and (error := search.exception()) is not None:
            # Perhaps nobody waits for it any more.
            _log.warning("search_failed", **describe_fault(error))
