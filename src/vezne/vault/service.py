"""The vault as the rest of the house meets it."""

from typing import Final

import msgspec

from vezne.core.card import SealedCard
from vezne.core.ids import ENTROPY_BYTES, time_ordered_token
from vezne.core.ports import CardGone, Clock, Entropy, HeldCard
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.vault.egress import Egress, Transport
from vezne.vault.fingerprint import fingerprint
from vezne.vault.holding import Held, Holding
from vezne.vault.intake import VaultIntake
from vezne.vault.keyring import Keyring
from vezne.vault.master_key import MasterKey
from vezne.vault.name_box import VaultNameBox
from vezne.vault.records import SealedRow, VaultRecords
from vezne.vault.seal import OpenedCard, seal_card
from vezne.vault.secret_box import VaultSecretBox
from vezne.vault.stored import open_stored
from vezne.vault.transit import Transit

# How long another process's first entry on a blocklist may go unnoticed here.
FRESH_MS: Final = 5_000


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
    ) -> None:
        self.transit = Transit(clock)
        self.intake = VaultIntake(self.transit)
        self.secrets = secrets
        self.names = names
        self.bank_key = bank_key
        self._holding = Holding(clock, entropy)
        self._records = records
        self._keyring = keyring
        self._clock = clock
        self._entropy = entropy
        # Merchants whose blocklist was seen empty, and when. Most never have one.
        self._nothing_blocked: dict[int, int] = {}
        self._blocks = 0

    def line(self, transport: Transport, timeout_s: float | None) -> Egress:
        """The way to a bank: a `vezne.core.ports.CardLine` that waits so long for a reply.

        None is for a bank within the process, which answers at once.
        """
        return Egress(transport, timeout_s, self.transit, self._records, self._keyring)

    async def keep(self, merchant_id: int, card: SealedCard, holder: str) -> bytes:
        """Store the card in transit durably; returns its new token. Raises CardGone."""
        keys = await self._keyring.of_merchant(merchant_id)
        pan = self.transit.pan(card.transit_id)
        token = time_ordered_token(self._clock.now_ms(), self._entropy.take(ENTROPY_BYTES))
        key = keys.card.active
        row = SealedRow(
            key_version=key.version,
            sealed=seal_card(key, merchant_id, token, OpenedCard(pan, holder)),
            fingerprint=fingerprint(keys.fingerprint, pan),
        )
        await self._records.add_card(merchant_id, token, row)
        return token

    async def forget(self, merchant_id: int, token: bytes) -> None:
        """Delete a stored card, if it is there."""
        await self._records.remove_card(merchant_id, token)

    async def holder_of(self, merchant_id: int, token: bytes) -> str:
        """The name on a stored card. Raises CardGone."""
        opened = await open_stored(self._records, self._keyring, merchant_id, token)
        opened.pan.wipe()
        return opened.holder

    async def block(self, merchant_id: int, card: SealedCard) -> None:
        """Put the card's number on the merchant's blocklist. Raises CardGone.

        It counts here at once, and within `FRESH_MS` in other processes.
        """
        value = await self._fingerprint(merchant_id, card)
        await self._records.add_blocked(merchant_id, value, self._clock.now_ms())
        self._blocks += 1
        self._nothing_blocked.pop(merchant_id, None)

    async def unblock(self, merchant_id: int, card: SealedCard) -> None:
        """Take the card's number off the blocklist. Raises CardGone."""
        await self._records.remove_blocked(merchant_id, await self._fingerprint(merchant_id, card))

    async def is_blocked(self, merchant_id: int, card: SealedCard) -> bool:
        """Whether the card's number is on the blocklist. Raises CardGone.

        A merchant who blocks nothing costs neither a fingerprint nor a read.
        """
        if await self._is_nothing_blocked(merchant_id):
            return False
        if card.token is None:
            value = await self._fingerprint(merchant_id, card)
            return await self._records.is_blocked(merchant_id, value)
        is_blocked = await self._records.is_card_blocked(merchant_id, card.token)
        if is_blocked is None:
            raise CardGone("no such stored card")
        return is_blocked

    async def blocked_since(self, merchant_id: int, card: SealedCard) -> int | None:
        """When the card's number was put on the blocklist; None: it is not there.

        Raises CardGone.
        """
        value = await self._fingerprint(merchant_id, card)
        return await self._records.blocked_since(merchant_id, value)

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
        """Whether something is still held for a payment."""
        return self._holding.is_held(merchant_id, payment_number)

    async def open_held(self, merchant_id: int, payment_number: int) -> HeldCard:
        """What is held for a payment, in transit as well, for the caller to release.

        Raises CardGone.
        """
        held = self._holding.open(merchant_id, payment_number)
        transit_id = self.transit.hold(held.pan, held.cvv)
        card = msgspec.structs.replace(held.card, transit_id=transit_id)
        return HeldCard(card=card, holder=held.holder)

    async def drop_held(self, merchant_id: int, payment_number: int) -> None:
        """Wipe what is held for a payment, if there is anything."""
        self._holding.drop(merchant_id, payment_number)

    def release(self, transit_id: int) -> None:
        """Wipe what is in transit under an id. Safe to call twice."""
        self.transit.release(transit_id)

    def sweep(self) -> None:
        """Wipe whatever has waited for too long, though nobody asks for it."""
        self.transit.sweep()
        self._holding.sweep()

    async def _is_nothing_blocked(self, merchant_id: int) -> bool:
        now_ms = self._clock.now_ms()
        if 0 <= now_ms - self._nothing_blocked.get(merchant_id, -FRESH_MS) < FRESH_MS:
            return True
        blocks = self._blocks
        if await self._records.has_blocked(merchant_id):
            return False
        # A block that came in during the read may not be in what was read.
        if blocks == self._blocks:
            self._nothing_blocked[merchant_id] = now_ms
        return True

    async def _fingerprint(self, merchant_id: int, card: SealedCard) -> bytes:
        if card.token is None:
            keys = await self._keyring.of_merchant(merchant_id)
            return fingerprint(keys.fingerprint, self.transit.pan(card.transit_id))
        row = await self._records.find_card(merchant_id, card.token)
        if row is None:
            raise CardGone("no such stored card")
        return row.fingerprint


async def open_vault(
    engine: Engine, master_key: MasterKey, clock: Clock, entropy: Entropy
) -> VaultService:
    """The vault over a database of its own, brought to the newest schema.

    Raises WrongMasterKey when its keys were wrapped by another master key, and what
    `vezne.engines.migrate.migrate` raises.
    """
    await migrate(engine, load_migrations("vezne.vault"))
    records = VaultRecords(engine)
    keyring = Keyring(records, master_key, clock, entropy)
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
    )
