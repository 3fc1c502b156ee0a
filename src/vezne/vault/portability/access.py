"""What exports and imports may do with cards: open one that is stored, and keep one that comes."""

from typing import NamedTuple

from vezne.core.audit import AuditAction, AuditEvent
from vezne.core.card import IDENTITY_PURPOSE, CardScope, StoredCard
from vezne.core.ports import Audit, CardGone, NameBox
from vezne.engines.engine import Conflict
from vezne.vault.keyring import Keyring
from vezne.vault.pan import Pan
from vezne.vault.records import VaultRecords
from vezne.vault.seal import OpenedCard
from vezne.vault.stored import keep_card, open_stored


class Opened(NamedTuple):
    """What the books do not say of a card. Whoever opened it wipes the number, if it has one."""

    pan: Pan | None
    holder: str
    identity: str


class CardAccess:
    """The vault's cards, as those who carry them in and out need them."""

    def __init__(
        self, records: VaultRecords, keyring: Keyring, names: NameBox, audit: Audit
    ) -> None:
        self._records = records
        self._keyring = keyring
        self._names = names
        self._audit = audit

    async def reveal(self, card: StoredCard, why: str) -> Opened:
        """What is sealed of a card, with a line in the audit trail. Raises CardGone."""
        if card.scope is CardScope.INSURANCE:
            opened = Opened(None, card.holder, self._identity_of(card))
        else:
            stored = await open_stored(self._records, self._keyring, card.merchant_id, card.token)
            opened = Opened(stored.pan, stored.holder, "")
        self._record(AuditAction.CARD_REVEALED, card.merchant_id, card.token, why)
        return opened

    async def keep(self, merchant_id: int, token: bytes, card: OpenedCard, why: str) -> None:
        """Store a card under a token, durably, unless it is stored under it already.

        A crash may have come between the card and its line, so there is a line in either case.
        """
        try:
            await keep_card(self._records, self._keyring, merchant_id, token, card)
        except Conflict:
            if await self._records.find_card(merchant_id, token) is None:
                raise
        self._record(AuditAction.CARD_STORED, merchant_id, token, why)

    def seal_identity(self, merchant_id: int, identity: str) -> bytes:
        """The identity number of an insurance card's holder, as the books hold it."""
        return self._names.seal(merchant_id, IDENTITY_PURPOSE, identity.encode())

    def _identity_of(self, card: StoredCard) -> str:
        try:
            return self._names.open(card.merchant_id, IDENTITY_PURPOSE, card.identity).decode()
        except ValueError:
            raise CardGone("the identity of its holder does not open") from None

    def _record(self, action: AuditAction, merchant_id: int, token: bytes, why: str) -> None:
        event = AuditEvent(action=action, merchant_id=merchant_id, subject=token.hex(), reason=why)
        self._audit.record(event)
