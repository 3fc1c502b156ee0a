"""The vault as the rest of the house meets it."""

from collections.abc import Coroutine
from typing import Final, TypeVar

import msgspec

from vezne.core.audit import AuditAction, AuditEvent
from vezne.core.card import SealedCard
from vezne.core.ids import ENTROPY_BYTES, time_ordered_token
from vezne.core.ports import (
    Audit,
    AuditFailure,
    CardGone,
    Clock,
    Entropy,
    HeldCard,
    HoldingFull,
)
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.vault.blocklist import Blocklist
from vezne.vault.egress import Egress, Opener, Transport, name_of
from vezne.vault.holding import Held, Holding
from vezne.vault.intake import VaultIntake
from vezne.vault.key_records import KeyRecords
from vezne.vault.keyring import Keyring, MasterSource
from vezne.vault.keys import CRYPTOPERIOD_DAYS
from vezne.vault.lending import Lending, Neighbours
from vezne.vault.master_key import MasterKey
from vezne.vault.name_box import VaultNameBox
from vezne.vault.records import VaultRecords
from vezne.vault.seal import OpenedCard
from vezne.vault.secret_box import VaultSecretBox
from vezne.vault.stored import keep_card, open_stored
from vezne.vault.transit import Transit

Result = TypeVar("Result")

# What every stored card is told of as; see `core/payment.py` on names for members.
_CARD_STORED: Final = AuditAction.CARD_STORED


class VaultService:
    """Implements `vezne.core.ports.Vault`; made by `open_vault`.

    `intake`, `secrets` and `names` are its other doors, `transit` what it holds for requests under
    way.
    `bank_key` is for proofs between the house and the built-in bank: 32 bytes, the same after a
    restart.
    """

    def __init__(
        self,
        records: VaultRecords,
        keyring: Keyring,
        *,
        secrets: VaultSecretBox,
        names: VaultNameBox,
        bank_key: bytes,
        clock: Clock,
        entropy: Entropy,
        audit: Audit,
    ) -> None:
        self.transit = Transit(clock)
        self.intake = VaultIntake(self.transit)
        self.secrets = secrets
        self.names = names
        self.bank_key = bank_key
        self._holding = Holding(clock, entropy)
        self._lending: Lending | None = None
        self._neighbours: Neighbours | None = None
        self._records = records
        self._keyring = keyring
        self._clock = clock
        self._entropy = entropy
        self._audit = audit
        self._blocklist = Blocklist(records, keyring, self.transit, clock)

    @property
    def keyring(self) -> Keyring:
        """The keys, for those who work on stored cards beside the requests."""
        return self._keyring

    @property
    def held_count(self) -> int:
        """How many cards this process holds from one request to another."""
        return len(self._holding)

    def line(self, transport: Transport, timeout_s: float | None) -> Egress:
        """The way to a bank: a `vezne.core.ports.CardLine` that waits so long for a reply.

        None is for a bank within the process, which answers at once.
        """
        opener = Opener(self.transit, self._records, self._keyring)
        return Egress(transport, timeout_s, opener, self._audit)

    async def keep(self, merchant_id: int, card: SealedCard, holder: str) -> bytes:
        """Store the card in transit durably; returns its new token. Raises CardGone."""
        opened = OpenedCard(self.transit.pan(card.transit_id), holder)
        token = time_ordered_token(self._clock.now_ms(), self._entropy.take(ENTROPY_BYTES))
        keeping = keep_card(self._records, self._keyring, merchant_id, token, opened)
        await self._note(_CARD_STORED, merchant_id, token.hex(), keeping)
        return token

    async def forget(self, merchant_id: int, token: bytes) -> None:
        """Delete a stored card, if it is there."""
        removing = self._records.remove_card(merchant_id, token)
        await self._note(AuditAction.CARD_DELETED, merchant_id, token.hex(), removing)

    async def list_tokens(self, merchant_id: int, after: bytes, limit: int) -> list[bytes]:
        """The names of a merchant's stored cards beyond one, oldest first."""
        rows = await self._records.list_versions(merchant_id, after=after, limit=limit)
        return [token for token, _, _ in rows]

    async def erase(self) -> bool:
        """See to it that what was deleted is in no file of the database; False: ask again."""
        return await self._records.erase()

    async def holder_of(self, merchant_id: int, token: bytes) -> str:
        """The name on a stored card. Raises CardGone."""
        opening = open_stored(self._records, self._keyring, merchant_id, token)
        opened = await self._note(AuditAction.HOLDER_READ, merchant_id, token.hex(), opening)
        opened.pan.wipe()
        return opened.holder

    async def block(self, merchant_id: int, card: SealedCard) -> None:
        """Put the card's number on the merchant's blocklist. Raises CardGone.

        It counts here at once, at other servers as soon as they hear of it, and within five
        seconds everywhere.
        """
        blocking = self._blocklist.block(merchant_id, card)
        await self._note(AuditAction.CARD_BLOCKED, merchant_id, name_of(card), blocking)
        if self._neighbours is not None:
            self._neighbours.tell_blocked(merchant_id)

    def hear_blocked(self, merchant_id: int) -> None:
        """Another server's vault has put something on a merchant's blocklist."""
        self._blocklist.hear_blocked(merchant_id)

    async def unblock(self, merchant_id: int, card: SealedCard) -> None:
        """Take the card's number off the blocklist. Raises CardGone."""
        unblocking = self._blocklist.unblock(merchant_id, card)
        await self._note(AuditAction.CARD_UNBLOCKED, merchant_id, name_of(card), unblocking)

    async def is_blocked(self, merchant_id: int, card: SealedCard) -> bool:
        """Whether the card's number is on the blocklist. Raises CardGone.

        A merchant who blocks nothing costs neither a fingerprint nor a read.
        """
        return await self._blocklist.is_blocked(merchant_id, card)

    async def blocked_since(self, merchant_id: int, card: SealedCard) -> int | None:
        """When the card's number was put on the blocklist; None: it is not there.

        Raises CardGone.
        """
        return await self._blocklist.blocked_since(merchant_id, card)

    async def hold(
        self, merchant_id: int, payment_number: int, card: SealedCard, holder: str
    ) -> None:
        """Hold what is in transit of a card until a payment's holder is authenticated.

        Of a stored card that is the code. Raises CardGone, HoldingFull.
        """
        pan = self.transit.pan(card.transit_id) if card.token is None else None
        cvv = self.transit.cvv(card.transit_id) if card.has_cvv else None
        self._holding.hold(merchant_id, payment_number, Held(card, pan, cvv, holder))

    async def is_held(self, merchant_id: int, payment_number: int) -> bool:
        """Whether something is still held for a payment, here or by another server."""
        if self._holding.is_held(merchant_id, payment_number):
            return True
        neighbours = self._neighbours
        return neighbours is not None and await neighbours.is_held(merchant_id, payment_number)

    async def open_held(self, merchant_id: int, payment_number: int) -> HeldCard:
        """What is held for a payment, in transit as well, for the caller to release.

        It may be held by another server. Raises CardGone.
        """
        try:
            held = self._holding.open(merchant_id, payment_number)
        except CardGone:
            held = await self._borrow(merchant_id, payment_number)
        transit_id = self.transit.hold(held.pan, held.cvv)
        card = msgspec.structs.replace(held.card, transit_id=transit_id)
        return HeldCard(card=card, holder=held.holder)

    async def drop_held(self, merchant_id: int, payment_number: int) -> None:
        """Wipe what is held for a payment, if there is anything, wherever it is."""
        self._holding.drop(merchant_id, payment_number)
        if self._neighbours is not None:
            self._neighbours.drop_held(merchant_id, payment_number)

    def share(self, lending: Lending, neighbours: Neighbours | None) -> None:
        """From now on lend held cards to other servers' vaults, and borrow of these."""
        self._lending = lending
        self._neighbours = neighbours

    def list_held_here(self) -> list[tuple[int, int]]:
        """The merchants and payment numbers for which this process holds cards."""
        return self._holding.list_held()

    def is_held_here(self, merchant_id: int, payment_number: int) -> bool:
        """Whether this process holds something for a payment."""
        return self._holding.is_held(merchant_id, payment_number)

    def drop_held_here(self, merchant_id: int, payment_number: int) -> None:
        """Wipe what this process holds for a payment."""
        self._holding.drop(merchant_id, payment_number)

    def lend(self, merchant_id: int, payment_number: int) -> bytes | None:
        """What this process holds for a payment, sealed for another vault; None: nothing."""
        if self._lending is None:
            return None
        try:
            held = self._holding.open(merchant_id, payment_number)
        except CardGone:
            return None
        left_ms = self._holding.left_ms(merchant_id, payment_number)
        try:
            return self._lending.seal(merchant_id, payment_number, held, left_ms)
        finally:
            _wipe(held)

    def take_over(self, merchant_id: int, payment_number: int, sealed: bytes) -> bool:
        """Hold what another vault has held so far; False where there is no room for it."""
        try:
            held, left_ms = self._opened(merchant_id, payment_number, sealed)
        except CardGone:
            return False
        try:
            self._holding.take_over(merchant_id, payment_number, held, left_ms)
        except HoldingFull:
            return False
        finally:
            _wipe(held)
        return True

    async def _borrow(self, merchant_id: int, payment_number: int) -> Held:
        """A copy of what another server holds for a payment. Raises CardGone."""
        sealed = None
        if self._neighbours is not None:
            sealed = await self._neighbours.find_held(merchant_id, payment_number)
        if sealed is None:
            raise CardGone("no card is held for the payment")
        held, _ = self._opened(merchant_id, payment_number, sealed)
        return held

    def _opened(self, merchant_id: int, payment_number: int, sealed: bytes) -> tuple[Held, int]:
        if self._lending is None:
            raise CardGone("this vault shares no cards")
        return self._lending.open(merchant_id, payment_number, sealed)

    def release(self, transit_id: int) -> None:
        """Wipe what is in transit under an id. Safe to call twice."""
        self.transit.release(transit_id)

    def sweep(self) -> None:
        """Wipe whatever has waited for too long, though nobody asks for it."""
        self.transit.sweep()
        self._holding.sweep()

    async def forget_destroyed_keys(self) -> None:
        """Let go of keys that another process has destroyed meanwhile."""
        await self._keyring.forget_destroyed()

    async def _note(
        self,
        action: AuditAction,
        merchant_id: int,
        subject: str,
        work: Coroutine[object, object, Result],
    ) -> Result:
        """Do something to a card, with a line on its way meanwhile (PCI DSS v4.0.1 10.2.1.1).

        Whoever answers waits for the line. Raises AuditFailure when there can be none, and then
        does nothing; what the work raises.
        """
        event = AuditEvent(action=action, merchant_id=merchant_id, subject=subject)
        try:
            self._audit.record(event)
        except AuditFailure:
            work.close()
            raise
        try:
            return await work
        except Exception as error:
            why = type(error).__name__
            self._audit.record(msgspec.structs.replace(event, is_success=False, reason=why))
            raise


def _wipe(held: Held) -> None:
    for secret in (held.pan, held.cvv):
        if secret is not None:
            secret.wipe()


async def open_vault(
    engine: Engine,
    master_key: MasterKey,
    clock: Clock,
    entropy: Entropy,
    audit: Audit,
    *,
    source: MasterSource | None = None,
    cryptoperiod_days: int = CRYPTOPERIOD_DAYS,
) -> VaultService:
    """The vault over a database of its own, brought to the newest schema.

    `source` is where the master key came from, `cryptoperiod_days` how long keys that are made now
    may seal.

    Raises WrongMasterKey when its keys were wrapped by another master key, and what
    `vezne.engines.migrate.migrate` raises.
    """
    await migrate(engine, load_migrations("vezne.vault"))
    records = VaultRecords(engine)
    keyring = Keyring(
        KeyRecords(engine),
        master_key,
        clock,
        entropy,
        audit,
        source=source,
        cryptoperiod_days=cryptoperiod_days,
    )
    secrets = VaultSecretBox(await keyring.secret_keys())
    names = VaultNameBox(await keyring.name_key())
    bank_key = await keyring.bank_key()
    return VaultService(
        records,
        keyring,
        secrets=secrets,
        names=names,
        bank_key=bank_key,
        clock=clock,
        entropy=entropy,
        audit=audit,
    )
