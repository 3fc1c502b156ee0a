"""The vault as the gateway's process has it: every port of it, over the link."""

import asyncio
from collections.abc import Sequence
from typing import Final

from vezne.core.audit import AuditEvent, current_origin
from vezne.core.body import Explained, LiftedCard, MaskedBody
from vezne.core.card import CardSlot, SealedCard
from vezne.core.masked_body import rebuilt
from vezne.core.ports import AuditFailure, HeldCard, LineFailure, NameBox
from vezne.core.trail import TrailPage, TrailQuery, TrailUnreadable
from vezne.link import messages
from vezne.link.failures import FrameTooLarge, LinkDown, LinkFailure
from vezne.link.messages import SLOTS
from vezne.link.peer import Peer
from vezne.link.uplink import Uplink

# Far below what fits into a frame.
LINES_MAX: Final = 1_000
# So many may wait while the vault is away or does not keep up.
WAITING_MAX: Final = 10_000


class RemoteVault:
    """Implements `vezne.core.ports.Vault`. `names` and `bank_key` are those of the vault.

    Whatever is asked raises LinkFailure while the vault is away.
    """

    def __init__(self, uplink: Uplink, names: NameBox, bank_key: bytes) -> None:
        self._uplink = uplink
        self.secrets = RemoteSecretBox(uplink)
        self.names = names
        self.bank_key = bank_key

    async def keep(self, merchant_id: int, card: SealedCard, holder: str) -> bytes:
        """Store the card in transit durably; returns its new token. Raises CardGone."""
        return await self._uplink.ask(messages.Keep(merchant_id, card, holder))

    async def forget(self, merchant_id: int, token: bytes) -> None:
        """Delete a stored card, if it is there."""
        await self._uplink.ask(messages.Forget(merchant_id, token))

    async def list_tokens(self, merchant_id: int, after: bytes, limit: int) -> list[bytes]:
        """The names of a merchant's stored cards beyond one, oldest first."""
        return await self._uplink.ask(messages.ListTokens(merchant_id, after, limit))

    async def holder_of(self, merchant_id: int, token: bytes) -> str:
        """The name on a stored card. Raises CardGone."""
        return await self._uplink.ask(messages.HolderOf(merchant_id, token))

    async def block(self, merchant_id: int, card: SealedCard) -> None:
        """Put the card's number on the merchant's blocklist. Raises CardGone."""
        await self._uplink.ask(messages.Block(merchant_id, card))

    async def unblock(self, merchant_id: int, card: SealedCard) -> None:
        """Take the card's number off the blocklist. Raises CardGone."""
        await self._uplink.ask(messages.Unblock(merchant_id, card))

    async def is_blocked(self, merchant_id: int, card: SealedCard) -> bool:
        """Whether the card's number is on the blocklist. Raises CardGone."""
        return await self._uplink.ask(messages.IsBlocked(merchant_id, card))

    async def blocked_since(self, merchant_id: int, card: SealedCard) -> int | None:
        """When the card's number was put on the blocklist, if it was. Raises CardGone."""
        return await self._uplink.ask(messages.BlockedSince(merchant_id, card))

    async def hold(
        self, merchant_id: int, payment_number: int, card: SealedCard, holder: str
    ) -> None:
        """Hold what is in transit of a card. Raises CardGone, HoldingFull."""
        await self._uplink.ask(messages.Hold(merchant_id, payment_number, card, holder))

    async def is_held(self, merchant_id: int, payment_number: int) -> bool:
        """Whether something is still held for a payment."""
        return await self._uplink.ask(messages.IsHeld(merchant_id, payment_number))

    async def open_held(self, merchant_id: int, payment_number: int) -> HeldCard:
        """What is held for a payment, in transit as well. Raises CardGone."""
        return await self._uplink.ask(messages.OpenHeld(merchant_id, payment_number))

    async def drop_held(self, merchant_id: int, payment_number: int) -> None:
        """Wipe what is held for a payment, if there is anything."""
        await self._uplink.ask(messages.DropHeld(merchant_id, payment_number))

    def release(self, transit_id: int) -> None:
        """Wipe what is in transit under an id. A vault that is away holds nothing any more."""
        self._uplink.tell(messages.Release(transit_id))


class RemoteSecretBox:
    """Implements `vezne.core.ports.SecretBox`."""

    def __init__(self, uplink: Uplink) -> None:
        self._uplink = uplink

    async def seal(self, secret: bytes, context: bytes) -> bytes:
        """The secret, encrypted and bound to its context."""
        return await self._uplink.ask(messages.SealSecret(secret, context))

    async def open(self, sealed: bytes, context: bytes) -> bytes:
        """Its inverse. Raises ValueError when the text was altered or the context differs."""
        return await self._uplink.ask(messages.OpenSecret(sealed, context))


class RemoteLine:
    """Implements `vezne.core.ports.CardLine`: the vault fills the message and carries it."""

    def __init__(self, uplink: Uplink) -> None:
        self._uplink = uplink

    async def send(
        self, merchant_id: int, template: Sequence[bytes | CardSlot], card: SealedCard | None
    ) -> bytes:
        """The bank's reply. Raises CardGone, LineFailure.

        Whenever the vault may have had the message, so may the bank.
        """
        segments = tuple(
            SLOTS.index(segment) if isinstance(segment, CardSlot) else segment
            for segment in template
        )
        try:
            return await self._uplink.ask(messages.Send(merchant_id, segments, card))
        except LinkDown as failure:
            raise LineFailure(str(failure), is_sent=failure.is_sent) from None
        except LinkFailure as failure:
            is_ours = isinstance(failure, FrameTooLarge) and failure.is_ours
            raise LineFailure(str(failure), is_sent=not is_ours) from None


class RemoteBody:
    """Implements `vezne.core.body.SealedBody` for a request that the vault has.

    It is of one connection: the vault at the end of the next one knows nothing of it.
    """

    record = None

    def __init__(self, visit: messages.Visit, request: int, peer: Peer) -> None:
        self.payload = visit.payload
        self.card: LiftedCard | None = visit.card
        self.is_empty = visit.is_empty
        self._request = request
        self._peer = peer

    async def is_hmac_sha256(self, signature: bytes, key: bytes, prefix: bytes) -> bool:
        """Whether it is HMAC-SHA256 over prefix and original bytes, as the header has it.

        Raises ValueError after the answer.
        """
        question = messages.IsHmacOfBody(self._request, signature, key, prefix)
        return await self._peer.ask(question)

    async def is_sha1(self, signature: bytes, segments: Sequence[str | CardSlot]) -> bool:
        """Whether it is SHA-1 over the segments. Raises ValueError after the answer."""
        plain = tuple(
            SLOTS.index(segment) if isinstance(segment, CardSlot) else segment
            for segment in segments
        )
        return await self._peer.ask(messages.IsSha1OfBody(self._request, signature, plain))

    async def explain_hmac(
        self, signature: bytes, keys: Sequence[bytes], prefixes: Sequence[bytes]
    ) -> Explained | None:
        """What a signature was made of. Raises ValueError after the answer."""
        question = messages.ExplainHmacOfBody(
            self._request, signature, tuple(keys), tuple(prefixes)
        )
        return await self._peer.ask(question)

    def masked(self) -> MaskedBody:
        """The body written anew: the original bytes are the vault's."""
        return rebuilt(self.payload, self.card)

    def release(self) -> None:
        """Nothing: the vault wipes what it holds when it has the answer."""


class RemoteTrail:
    """Implements `vezne.core.trail.TrailReader`: the trail's files are the vault's."""

    def __init__(self, uplink: Uplink) -> None:
        self._uplink = uplink

    async def read(self, query: TrailQuery) -> TrailPage:
        """The newest lines that are wanted. Raises TrailUnreadable."""
        try:
            return await self._uplink.ask(messages.ReadTrail(query))
        except LinkFailure as failure:
            raise TrailUnreadable(str(failure)) from failure


class RemoteAudit:
    """Implements `vezne.core.ports.Audit`: lines go to the vault's trail.

    A line is kept here until the vault says that it is durable. What was on its way when the link
    broke may stand there twice.
    """

    def __init__(self, uplink: Uplink) -> None:
        self._uplink = uplink
        self._waiting: list[messages.Line] = []
        self._recorded = 0
        self._durable = 0
        self._carrying: asyncio.Task[bool] | None = None

    def record(self, event: AuditEvent) -> None:
        """Put a line on its way, with the current origin.

        Raises AuditFailure when too many wait already.
        """
        if len(self._waiting) >= WAITING_MAX:
            raise AuditFailure("the vault has not taken lines for its trail for too long")
        self._waiting.append(messages.Line(event, messages.sender_from(current_origin())))
        self._recorded += 1
        self.carry()

    async def settled(self) -> None:
        """Return when every line recorded so far is durable. Raises AuditFailure."""
        wanted = self._recorded
        while self._durable < wanted:
            if not await asyncio.shield(self.carry()):
                raise AuditFailure("the vault does not take lines for its trail")

    def carry(self) -> "asyncio.Task[bool]":
        """The task that takes lines over, one batch at a time, and says whether it could."""
        if self._carrying is None:
            self._carrying = asyncio.get_running_loop().create_task(self._carry_batch())
        return self._carrying

    async def _carry_batch(self) -> bool:
        batch = tuple(self._waiting[:LINES_MAX])
        try:
            await self._uplink.ask(messages.Record(batch))
        except (LinkFailure, AuditFailure):
            # The lines stay, and go with the next ones.
            return False
        finally:
            self._carrying = None
        del self._waiting[: len(batch)]
        self._durable += len(batch)
        return True
