"""Keys of requests that are done once, kept in memory: a part of the books."""

import msgspec

from fakes.records import AT_MS
from vezne.core.changes import (
    AddOnceKey,
    Change,
    ChangeOnceKey,
    Conflict,
    EndOnceLeases,
    RemoveOnceKey,
)
from vezne.core.once import OnceKey, OnceState

KEY = b"sealed key"


def once_key(**changes: object) -> OnceKey:
    """A key that was claimed at `AT_MS` for a minute."""
    fields = {
        "merchant_id": 1,
        "scope": "iyzico",
        "key": KEY,
        "version": 1,
        "state": OnceState.CLAIMED,
        "request": b"sealed digest",
        "created_ms": AT_MS,
        "expires_ms": AT_MS + 86_400_000,
        "lease_ms": AT_MS + 60_000,
    }
    return OnceKey(**{**fields, **changes})


class OnceKeys:
    """The dictionary is open for tests to look into."""

    def __init__(self) -> None:
        super().__init__()
        self.once_keys: dict[tuple[int, str, bytes], OnceKey] = {}

    def apply_once(self, change: Change) -> None:
        """Write a change of keys. Raises Conflict."""
        match change:
            case AddOnceKey(once) | ChangeOnceKey(once) | RemoveOnceKey(once):
                self._write_once(change, once)
            case EndOnceLeases(now_ms):
                for name, once in self.once_keys.items():
                    if once.lease_ms is not None:
                        ended = msgspec.structs.replace(once, lease_ms=min(once.lease_ms, now_ms))
                        self.once_keys[name] = ended

    def _write_once(self, change: Change, once: OnceKey) -> None:
        name = (once.merchant_id, once.scope, once.key)
        stored = self.once_keys.get(name)
        wanted = {AddOnceKey: None, ChangeOnceKey: once.version - 1, RemoveOnceKey: once.version}
        if (stored and stored.version) != wanted[type(change)]:
            raise Conflict("another version of the key is stored")
        if isinstance(change, RemoveOnceKey):
            del self.once_keys[name]
        else:
            self.once_keys[name] = once

    async def find_once_key(self, merchant_id: int, scope: str, key: bytes) -> OnceKey | None:
        return self.once_keys.get((merchant_id, scope, key))
