"""Every try to tell a merchant something: what was sent where, and what came back."""

from typing import Final

import msgspec

# Of one notice the first tries are kept, which say what went wrong, and the newest ones.
FIRST_KEPT: Final = 5
NEWEST_KEPT: Final = 45


class Delivery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One try to tell a notice, named by `id`, which sorts by real time.

    `at_ms` is the merchant's time of it. `status` and `answer`, the beginning of the answer's
    body, are the receiver's; there is no status when it said nothing that is HTTP. `problem` says
    why the notice does not count as delivered, and is empty when it does. Where contents are not
    kept, `headers`, `body` and `answer` are empty and `url` ends before its query. `is_lost` says
    that a fault that somebody asked for kept the message from being sent.
    """

    merchant_id: int
    payment_number: int
    version: int
    id: bytes
    at_ms: int
    duration_ms: int = 0
    url: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    status: int | None = None
    answer: str = ""
    problem: str = ""
    is_lost: bool = False
