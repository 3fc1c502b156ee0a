"""A request that is done once, however often its caller sends it under one key."""

import enum

import msgspec


class OnceState(enum.StrEnum):
    """How far a request has come.

    `CLAIMED` means that nothing of it is written yet, `BEGUN` that something is, and `DONE` that
    its answer is kept.
    """

    CLAIMED = "claimed"
    BEGUN = "begun"
    DONE = "done"


class KeptAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP answer, to be given again as it was. `headers` are those that are its own."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


class OnceKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that a merchant gave a request, and what has become of the request.

    `scope` says among which of the merchant's keys this one is unique. `key` and `request` are the
    caller's key and a digest of the request, both sealed: a request has a card number in it, of
    which not even a digest may be comparable by outsiders. Whoever works on the request is believed
    to be alive until `lease_ms`.
    """

    merchant_id: int
    scope: str
    key: bytes
    version: int
    state: OnceState
    request: bytes
    created_ms: int
    expires_ms: int
    lease_ms: int | None
    answer: KeptAnswer | None = None

    def is_over(self, now_ms: int) -> bool:
        """Whether the key may be used for another request."""
        return now_ms >= self.expires_ms

    def is_worked_on(self, now_ms: int) -> bool:
        """Whether somebody is believed to be working on the request."""
        return self.lease_ms is not None and now_ms < self.lease_ms
