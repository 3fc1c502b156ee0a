"""The vault as the rest of the house meets it."""

from vezne.core.card import SealedCard
from vezne.core.ids import ENTROPY_BYTES, time_ordered_token
from vezne.core.ports import CardGone, Clock, Entropy
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.vault.egress import Egress, Transport
from vezne.vault.fingerprint import fingerprint
from vezne.vault.intake import VaultIntake
from vezne.vault.keyring import Keyring
from vezne.vault.master_key import MasterKey
from vezne.vault.records import SealedRow, VaultRecords
from vezne.vault.seal import OpenedCard, seal_card
from vezne.vault.secret_box import VaultSecretBox
from vezne.vault.transit import Transit


class VaultService:
    """Implements `vezne.core.ports.Vault`; made by `open_vault`.

    `intake` and `secrets` are its other doors, `transit` what it holds for requests under way.
    """

    def __init__(
        self,
        records: VaultRecords,
        keyring: Keyring,
        secrets: VaultSecretBox,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self.transit = Transit(clock)
        self.intake = VaultIntake(self.transit)
        self.secrets = secrets
        self._records = records
        self._keyring = keyring
        self._clock = clock
        self._entropy = entropy

    def line(self, transport: Transport, timeout_s: float) -> Egress:
        """The way to a bank: a `vezne.core.ports.CardLine` that waits so long for a reply."""
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

    async def block(self, merchant_id: int, card: SealedCard) -> None:
        """Put the card's number on the merchant's blocklist. Raises CardGone."""
        value = await self._fingerprint(merchant_id, card)
        await self._records.add_blocked(merchant_id, value, self._clock.now_ms())

    async def unblock(self, merchant_id: int, card: SealedCard) -> None:
        """Take the card's number off the blocklist. Raises CardGone."""
        await self._records.remove_blocked(merchant_id, await self._fingerprint(merchant_id, card))

    async def is_blocked(self, merchant_id: int, card: SealedCard) -> bool:
        """Whether the card's number is on the blocklist, in one read. Raises CardGone."""
        if card.token is None:
            value = await self._fingerprint(merchant_id, card)
            return await self._records.is_blocked(merchant_id, value)
        is_blocked = await self._records.is_card_blocked(merchant_id, card.token)
        if is_blocked is None:
            raise CardGone("no such stored card")
        return is_blocked

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
    return VaultService(records, keyring, secrets, clock, entropy)
