"""Vaults of several processes over one database, and the cards that are brought to them."""

import json

from builders import SAMPLE_TIME_MS
from fakes.audit import MemoryAudit
from fakes.randomness import SeededEntropy
from fakes.vault import CARD_FIELDS, TEST_EXPIRY
from fakes.world import FixedClock
from vezne.core.card import SealedCard
from vezne.core.ports import CardGone
from vezne.engines.engine import Engine
from vezne.vault.key_records import KeyRecords
from vezne.vault.keyring import Keyring
from vezne.vault.master_key import LocalMasterKey
from vezne.vault.pan import parse_pan
from vezne.vault.records import VaultRecords
from vezne.vault.rotation import Rotation
from vezne.vault.service import VaultService, open_vault
from vezne.vault.stored import open_stored

MASTER_KEY = bytes(range(32))


class Process:
    """A process with the vault open. What it makes is unlike what others make."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self.engine = engine
        self.clock = FixedClock(SAMPLE_TIME_MS)
        self.entropy = SeededEntropy(seed)
        self.audit = MemoryAudit()
        self.master_key = LocalMasterKey(MASTER_KEY, self.entropy)
        self.vault: VaultService | None = None

    async def open(self) -> "Process":
        self.vault = await open_vault(
            self.engine, self.master_key, self.clock, self.entropy, self.audit
        )
        return self

    def keyring(self, engine: Engine | None = None) -> Keyring:
        records = KeyRecords(engine or self.engine)
        return Keyring(records, self.master_key, self.clock, self.entropy, self.audit)

    def rotation(self, engine: Engine | None = None) -> Rotation:
        chosen = engine or self.engine
        return Rotation(chosen, self.keyring(chosen), self.clock, self.audit, rest=0.0)

    def present(self, number: str) -> SealedCard:
        """A card that came with a request."""
        raw = json.dumps({"paymentCard": {"cardNumber": number}}).encode()
        card = self.vault.intake.lift(raw, CARD_FIELDS).card
        return SealedCard(
            bin=card.bin, last4=card.last4, expiry=TEST_EXPIRY, transit_id=card.transit_id
        )

    async def keep(self, merchant_id: int, number: str) -> bytes:
        """Store a card; its token."""
        return await self.vault.keep(merchant_id, self.present(number), "Ayşe Öztürk")

    async def number_of(self, merchant_id: int, token: bytes) -> str:
        """The number of a stored card, or "gone"."""
        records = VaultRecords(self.engine)
        try:
            opened = await open_stored(records, self.vault._keyring, merchant_id, token)
        except CardGone:
            return "gone"
        return opened.pan.reveal().decode()


def numbers(count: int) -> list[str]:
    """Valid card numbers, all different."""
    found = []
    for each in range(count):
        stem = f"5528790{each:08d}"
        found += [stem + digit for digit in "0123456789" if parse_pan(stem + digit) is not None]
    return found
