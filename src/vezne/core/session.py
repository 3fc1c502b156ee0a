"""A session: what a door has agreed with a caller ahead of a payment, for a limited time."""

import msgspec


class Session(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A session of a merchant, named by a time-ordered key.

    `terms` are the door's own, in its own words; nothing but the door reads them. `held_number` is
    the number under which the vault holds a card for it, `payment_number` the payment that was
    begun in it.
    """

    merchant_id: int
    key: bytes
    version: int
    door: str
    created_ms: int
    expires_ms: int
    terms: dict[str, str] = {}
    held_number: int | None = None
    payment_number: int | None = None

    def is_over(self, now_ms: int) -> bool:
        """Whether its time is over."""
        return now_ms >= self.expires_ms
