"""What the domain needs from the world. Each port is passed in; none returns a PAN."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from vezne.core.acquirer import Acquirer
from vezne.core.audit import AuditEvent
from vezne.core.body import BodyKind, BodyShape, CardFields, SealedBody
from vezne.core.card import BinRecord, CardSlot, Owner, SealedCard, StoredCard
from vezne.core.changes import Change
from vezne.core.ledger import Balance, Booking
from vezne.core.merchant import Credential, HeldKey, Merchant
from vezne.core.once import OnceKey
from vezne.core.payment import Payment
from vezne.core.payout_books import PayoutBooks
from vezne.core.session import Session
from vezne.core.sub_merchant import CrossBooking, SubMerchant


class Clock(Protocol):
    """The time."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""


class Entropy(Protocol):
    """Randomness fit for secrets."""

    def take(self, count: int) -> bytes:
        """That many random bytes."""


class Numbers(Protocol):
    """The sequence that names payments, lines and attempts."""

    async def take(self, count: int) -> int:
        """The first of `count` consecutive numbers that nobody else gets."""


class Bins(Protocol):
    """The directory of issuers by BIN."""

    def find(self, bin: str) -> BinRecord | None:
        """The record of the longest known prefix; None for a foreign or unknown card."""


class Books(PayoutBooks, Protocol):
    """Everything that is stored except cards' numbers."""

    async def apply(self, changes: Sequence[Change]) -> None:
        """Write all changes or none, durably. Raises Conflict."""

    async def find_owner(self, merchant_id: int, key: bytes) -> Owner | None:
        """An owner by key."""

    async def find_owners(self, merchant_id: int, external_id: str) -> list[Owner]:
        """The owners that have the merchant's own name for a customer, oldest first."""

    async def find_card(
        self, merchant_id: int, owner_key: bytes, token: bytes
    ) -> StoredCard | None:
        """A stored card by owner and token."""

    async def list_cards(self, merchant_id: int, owner_key: bytes) -> list[StoredCard]:
        """An owner's cards, oldest first."""

    async def find_payment(self, merchant_id: int, number: int) -> Payment | None:
        """A payment by number."""

    async def find_payment_of_line(self, merchant_id: int, line_number: int) -> Payment | None:
        """The payment that has a line of this number."""

    async def find_payment_by_reference(
        self, merchant_id: int, conversation_id: str
    ) -> Payment | None:
        """The newest payment with the merchant's own reference."""

    async def list_payments(
        self, merchant_id: int, *, since_ms: int, until_ms: int, before: int | None, limit: int
    ) -> list[Payment]:
        """A merchant's payments made from `since_ms` on and before `until_ms`, newest first.

        `before` is a payment's number: only older payments than that one.
        """

    async def find_claim(self, merchant_id: int, reference: str) -> int | None:
        """The number of the payment that claimed a reference of the merchant's."""

    async def find_session(self, merchant_id: int, key: bytes) -> Session | None:
        """A session by key, its time over or not."""

    async def find_once_key(self, merchant_id: int, scope: str, key: bytes) -> OnceKey | None:
        """What became of the request that a merchant gave a key, its time over or not."""

    async def list_due_payments(
        self, merchant_id: int, *, until_ms: int, limit: int, after: tuple[int, int] = (0, 0)
    ) -> list[Payment]:
        """Payments that somebody has to look at by a time (`Payment.due_ms`), the oldest first.

        `after` is the time and the number of a payment: only those beyond it.
        """

    async def find_sub_merchant(self, merchant_id: int, key: str) -> SubMerchant | None:
        """A sub-merchant by key."""

    async def find_sub_merchant_named(
        self, merchant_id: int, external_id: str
    ) -> SubMerchant | None:
        """The sub-merchant that has the merchant's own name."""

    async def find_last_cross_booking(self, merchant_id: int) -> CrossBooking | None:
        """A merchant's cross booking that no other follows."""

    async def list_balances_of(self, merchant_id: int, currency: str, party: str) -> list[Balance]:
        """What is on the accounts of the merchant itself or a sub-merchant in a currency."""

    async def list_balances(self, merchant_id: int) -> list[Balance]:
        """What is on a merchant's accounts, and on those of its sub-merchants, by currency."""

    async def list_bookings(
        self, merchant_id: int, *, after: tuple[int, int], limit: int
    ) -> list[Booking]:
        """A merchant's bookings beyond a subject and version, in that order."""


class Merchants(Protocol):
    """Who may call."""

    async def find_credential(self, door: str, key: str) -> Credential | None:
        """The credential behind a public key of a door; None when unknown or revoked."""

    async def find_merchant(self, merchant_id: int) -> Merchant | None:
        """A merchant by number, as it stands now."""


class KeyRegister(Protocol):
    """Every key that works or did, for finding out in a sandbox why a caller was not believed."""

    async def find_key(self, door: str, key: str) -> HeldKey | None:
        """The key pair behind a public key of a door, revoked or not."""

    async def list_keys(self, merchant_id: int, limit: int) -> list[HeldKey]:
        """A merchant's key pairs for all doors, the newest first."""

    async def list_demo_keys(self, limit: int) -> list[HeldKey]:
        """Those of the merchants that the sandbox made by itself."""


class MerchantClocks(Protocol):
    """The merchants' clocks, which can be moved in sandbox mode."""

    async def find_merchant(self, merchant_id: int) -> Merchant | None:
        """A merchant by number, as it stands now."""

    async def change_clock(self, merchant_id: int, offset_ms: int, *, instead_of_ms: int) -> bool:
        """Say how far a merchant's time is ahead, if it is `instead_of_ms` ahead so far.

        False when somebody else has moved it meanwhile, or there is no such merchant.
        """


class HeldCard(msgspec.Struct, frozen=True, kw_only=True):
    """What the vault holds for a payment: the card, in transit again, and the holder's name."""

    card: SealedCard
    holder: str


class Vault(Protocol):
    """The only place where card numbers are kept and opened."""

    async def keep(self, merchant_id: int, card: SealedCard, holder: str) -> bytes:
        """Store the card in transit durably; returns its new token.

        Raises CardGone when the vault no longer holds the card of this request.
        """

    async def forget(self, merchant_id: int, token: bytes) -> None:
        """Delete a stored card. Deleting one that is gone is no error."""

    async def list_tokens(self, merchant_id: int, after: bytes, limit: int) -> list[bytes]:
        """The names of a merchant's stored cards beyond one, oldest first."""

    async def holder_of(self, merchant_id: int, token: bytes) -> str:
        """The name on a stored card. Raises CardGone."""

    async def block(self, merchant_id: int, card: SealedCard) -> None:
        """Put the number on the merchant's blocklist, however it is presented later.

        Raises CardGone.
        """

    async def unblock(self, merchant_id: int, card: SealedCard) -> None:
        """Take the number off the blocklist. Raises CardGone."""

    async def is_blocked(self, merchant_id: int, card: SealedCard) -> bool:
        """Whether the number is on the merchant's blocklist.

        Raises CardGone, unless the list is empty and there is nothing to compare.
        """

    async def blocked_since(self, merchant_id: int, card: SealedCard) -> int | None:
        """Since when the number is on the blocklist, in epoch milliseconds; None: it is not.

        Raises CardGone.
        """

    async def hold(
        self, merchant_id: int, payment_number: int, card: SealedCard, holder: str
    ) -> None:
        """Hold what is in transit of a card until a payment's holder is authenticated.

        Or from one call of a merchant to the next: then under a number that no payment has. Sealed,
        in memory only, for fifteen minutes at most. Raises CardGone, HoldingFull.
        """

    async def is_held(self, merchant_id: int, payment_number: int) -> bool:
        """Whether something is still held for a payment."""

    async def open_held(self, merchant_id: int, payment_number: int) -> HeldCard:
        """What is held for a payment, in transit as well. Raises CardGone.

        It is held on until `drop_held`: only whoever gets to authorize the payment may drop it.
        Whoever opens it calls `release` with its transit id in the end.
        """

    async def drop_held(self, merchant_id: int, payment_number: int) -> None:
        """Wipe what is held for a payment, if there is anything."""

    def release(self, transit_id: int) -> None:
        """Wipe what is in transit under an id. Safe to call twice."""


class NameBox(Protocol):
    """Seals names of ours, so that outsiders can neither read, guess nor make one.

    The same name under the same merchant and purpose is always sealed to the same bytes, sixteen
    more than it has.
    """

    def seal(self, merchant_id: int, purpose: str, name: bytes) -> bytes:
        """The sealed form of a name."""

    def open(self, merchant_id: int, purpose: str, sealed: bytes) -> bytes:
        """Its inverse. Raises ValueError for what was not sealed for this merchant and purpose."""


class SecretBox(Protocol):
    """Seals the secrets of merchants' API keys for storage."""

    async def seal(self, secret: bytes, context: bytes) -> bytes:
        """The secret, encrypted and bound to its context."""

    async def open(self, sealed: bytes, context: bytes) -> bytes:
        """Its inverse. Raises ValueError when the text was altered or the context differs."""


class Audit(Protocol):
    """The trail of what was done, which nobody can change unnoticed."""

    def record(self, event: AuditEvent) -> None:
        """Put a line on its way to the disk, with the time and the current origin.

        A line is recorded before what it tells of is done; should that fail, a second one says so.
        Raises AuditFailure when it is known already that no line reaches the disk.
        """

    async def settled(self) -> None:
        """Return when every line that the current origin has so far is durable.

        Raises AuditFailure.
        """


class AuditFailure(Exception):
    """The trail cannot be written. What it should hold must not go on (PCI DSS v4.0.1 10.7.2)."""


class CardGone(Exception):
    """The vault does not hold the card that a reference names."""


class HoldingFull(Exception):
    """The vault holds as many cards as it may, for this merchant or in all."""


class Intake(Protocol):
    """The vault's front door: lifts card data out of request bodies."""

    def lift(
        self,
        raw: bytes,
        fields: CardFields | None,
        shape: BodyShape | None = None,
        kind: BodyKind = BodyKind.JSON,
    ) -> SealedBody:
        """Seal a body. A shape is for JSON only. Raises MalformedBody."""


class LineFailure(Exception):
    """The line to a bank failed. `is_sent` says whether the bank may have seen the message."""

    def __init__(self, why: str, *, is_sent: bool) -> None:
        super().__init__(why)
        self.is_sent = is_sent


class CardLine(Protocol):
    """The vault's back door: fills card data into a message and carries it to a bank."""

    async def send(
        self, merchant_id: int, template: Sequence[bytes | CardSlot], card: SealedCard | None
    ) -> bytes:
        """The bank's reply. An absent CVV fills its slot with nothing.

        Raises LineFailure; CardGone when the card can no longer be opened.
        """


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a flow may use."""

    books: Books
    vault: Vault
    acquirer: Acquirer
    bins: Bins
    numbers: Numbers
    clock: Clock
    entropy: Entropy
