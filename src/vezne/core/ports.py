"""What the domain needs from the world. Each port is passed in; none returns a PAN."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from vezne.core.answer import Answer, Declined, Unknown
from vezne.core.attempt import Attempt
from vezne.core.authentication import AuthenticationResult
from vezne.core.body import BodyKind, BodyShape, CardFields, SealedBody
from vezne.core.card import BinRecord, CardSlot, Owner, SealedCard, StoredCard
from vezne.core.changes import Change
from vezne.core.merchant import Credential
from vezne.core.payment import Payment
from vezne.core.session import Session


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


class Books(Protocol):
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

    async def list_open_attempts(self) -> list[Attempt]:
        """Attempts without an outcome, oldest first."""


class Merchants(Protocol):
    """Who may call."""

    async def find_credential(self, door: str, key: str) -> Credential | None:
        """The credential behind a public key of a door; None when unknown or revoked."""


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

    def seal(self, secret: bytes, context: bytes) -> bytes:
        """The secret, encrypted and bound to its context."""

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Its inverse. Raises ValueError when the text was altered or the context differs."""


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


class AuthorizeAsk(msgspec.Struct, frozen=True, kw_only=True):
    """What an acquirer is told about an authorization."""

    merchant_id: int
    trace: int
    card: SealedCard
    amount_e8: int
    currency: str
    installments: int
    is_capture: bool
    authentication: AuthenticationResult | None = None


class BeginAsk(msgspec.Struct, frozen=True, kw_only=True):
    """What an acquirer is told to have a cardholder authenticated.

    `return_url` is where the browser brings the bank's word; `language` is `tr` or `en`.
    """

    merchant_id: int
    merchant_name: str
    payment_number: int
    card: SealedCard
    amount_e8: int
    currency: str
    installments: int
    language: str
    return_url: str


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """Where the browser goes to have its owner authenticated: a form to post, and to which URL."""

    url: str
    fields: dict[str, str]
    transaction_id: str


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """The bank's word on an authentication, as the browser brought it, proven to be the bank's."""

    merchant_id: int
    payment_number: int
    result: AuthenticationResult


class ForgedReturn(Exception):
    """What the browser brought is not the bank's word, or was altered on the way."""


class FollowUpAsk(msgspec.Struct, frozen=True, kw_only=True):
    """What an acquirer is told about a capture, void or refund of an earlier approval."""

    merchant_id: int
    trace: int
    reference: str
    auth_code: str
    amount_e8: int
    currency: str


class Acquirer(Protocol):
    """A bank or PSP that we send to. Stateless; silence and garbage come back as Unknown."""

    @property
    def name(self) -> str:
        """The name under which attempts are recorded."""

    async def begin(self, ask: BeginAsk) -> Challenge | Declined | Unknown:
        """Ask for the cardholder's authentication. No money moves. Raises CardGone."""

    def read_return(self, fields: Mapping[str, str]) -> Returned:
        """The bank's word in the form that a browser brought. Raises ForgedReturn."""

    async def authorize(self, ask: AuthorizeAsk) -> Answer:
        """Reserve money, and take it at once when `is_capture`."""

    async def capture(self, ask: FollowUpAsk) -> Answer:
        """Take reserved money."""

    async def void(self, ask: FollowUpAsk) -> Answer:
        """Undo before settlement."""

    async def refund(self, ask: FollowUpAsk) -> Answer:
        """Give captured money back, whole or in part."""


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a flow may use."""

    books: Books
    vault: Vault
    acquirer: Acquirer
    bins: Bins
    numbers: Numbers
    clock: Clock
    entropy: Entropy
