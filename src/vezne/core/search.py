"""What people look for among a merchant's payments, and what they find: page by page.

A search is bounded: it looks through so many payments, newest first, and says where it stopped.
"""

from typing import Final, Protocol

import msgspec

from vezne.core.payment import Payment
from vezne.core.standing import Standing

# How many payments are looked at for one page of those that pass a filter.
WALK_ROWS: Final = 50_000
BIN_LENGTHS: Final = range(6, 9)
LAST4_LENGTH: Final = 4
# The end of time, as a 64-bit column has it.
_EVER_MS: Final = 2**63 - 1


class Place(msgspec.Struct, frozen=True):
    """Where a payment stands in the order of time; those of one moment go by their numbers."""

    created_ms: int
    number: int


class PaymentQuery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which payments somebody looks for: all that fits, where something is said.

    Payments from `since_ms` on and before `until_ms`; of `least_e8` to `most_e8`, both included;
    with a card that begins with the six to eight digits of `bin`. `basket_id` is compared in its
    first 64 bytes.
    """

    standings: tuple[Standing, ...] = ()
    since_ms: int = 0
    until_ms: int = _EVER_MS
    least_e8: int | None = None
    most_e8: int | None = None
    bin: str | None = None
    last4: str | None = None
    door: str | None = None
    conversation_id: str | None = None
    basket_id: str | None = None

    @property
    def has_filter(self) -> bool:
        """Whether it leaves payments out that are in the time and have the reference."""
        named = msgspec.structs.replace(self, since_ms=0, until_ms=_EVER_MS, conversation_id=None)
        return named != PaymentQuery()

    @property
    def is_narrowed(self) -> bool:
        """Whether it leaves out payments that have the reference."""
        return msgspec.structs.replace(self, conversation_id=None) != PaymentQuery()


class FoundPayment(msgspec.Struct, frozen=True, kw_only=True):
    """What a list shows of a payment."""

    created_ms: int
    number: int
    standing: Standing
    door: str
    currency: str
    paid_e8: int
    bin: str
    last4: str
    basket_id: str | None = None

    @property
    def place(self) -> Place:
        """Where it stands in the order of time."""
        return Place(self.created_ms, self.number)


class PaymentPage(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, newest first. `next` is where to look on; None: there is no more.

    `is_cut` says that the page may lack some because the walk ended, at `next`.
    """

    rows: tuple[FoundPayment, ...]
    next: Place | None
    is_cut: bool


class PaymentSearch(Protocol):
    """Looks for payments. It knows those from before its time once it has been told of them."""

    async def find_page(
        self, merchant_id: int, query: PaymentQuery, before: Place | None, limit: int
    ) -> PaymentPage:
        """A merchant's payments that fit, older than the one at `before`, `limit` at most.

        In the order of time, newest first; those with one reference in that of their numbers.
        """

    async def list_payments(self, merchant_id: int, numbers: list[int]) -> list[Payment]:
        """Payments by number, those that there are, in that order."""

    async def find_unknown_ms(self, merchant_id: int) -> int | None:
        """When the newest payment was made that it does not know yet; None: it knows all."""
