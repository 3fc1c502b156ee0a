"""An import while it is read: part after part, each safe to be read again after a crash.

The token of a card follows from the import's secret and the token that it had, so whoever reads a
part again stores nothing twice. A part whose piece of the token map is written is done.
"""

import asyncio
import hmac
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from vezne.core.audit import AuditAction, AuditEvent
from vezne.core.card import Owner, StoredCard
from vezne.core.ids import ENTROPY_BYTES, time_ordered_token
from vezne.core.ports import Audit, Clock
from vezne.vault.portability.access import CardAccess
from vezne.vault.portability.age import Identities, Undecipherable, wipe
from vezne.vault.portability.errors import InvalidManifest
from vezne.vault.portability.folder import read_part
from vezne.vault.portability.lines import (
    CardLine,
    InvalidLine,
    card_from,
    owner_from,
    read_lines,
)
from vezne.vault.portability.manifest import Part, ReadManifest
from vezne.vault.portability.records import ImportRow, PortabilityRecords
from vezne.vault.portability.token_map import MapRow, TokenMap
from vezne.vault.seal import OpenedCard

# How many cards wait for one commit together.
_TOGETHER: Final = 64


class Imported(NamedTuple):
    """A card that the vault has, for the books, and the token that it had where it came from."""

    owner: Owner
    card: StoredCard
    old_token: bytes


class CardImport:
    """The import of one export for one merchant under way."""

    def __init__(
        self,
        read: ReadManifest,
        folder: Path,
        identities: Identities,
        merchant_id: int,
        row: ImportRow,
        *,
        token_map: TokenMap,
        records: PortabilityRecords,
        access: CardAccess,
        clock: Clock,
        audit: Audit,
    ) -> None:
        self.manifest = read.manifest
        self.is_done = row.read_ms is not None
        self._digest = read.digest
        self._folder = folder
        self._identities = identities
        self._merchant_id = merchant_id
        self._row = row
        self._map = token_map
        self._records = records
        self._access = access
        self._clock = clock
        self._audit = audit
        # In which part the tokens stand that were looked at.
        self._parts: dict[bytes, int] = {}

    def check_part(self, number: int) -> int:
        """How many cards a part has, counted from 0, each of them as it must be.

        No token may be there twice, in this part or another one: of two cards by one name the
        second would be lost. Raises InvalidManifest.
        """
        lines = self._lines(number)
        _wipe_all(lines)
        tokens = {bytes.fromhex(line.facts.token) for line in lines}
        is_new = all(self._parts.get(token, number) == number for token in tokens)
        if len(tokens) < len(lines) or not is_new:
            file = self.manifest.parts[number].file
            raise InvalidManifest(f"{file}: a token stands there for the second time")
        self._parts.update(dict.fromkeys(tokens, number))
        return len(lines)

    def is_stored(self, number: int) -> bool:
        """Whether a part, counted from 0, is done."""
        return self._map.has_piece(number)

    async def store_part(self, number: int) -> list[Imported]:
        """Keep a part's cards in the vault, where they are not kept yet. Raises InvalidManifest.

        The books have to know them before `note_part` says that the part is done.
        """
        lines = self._lines(number)
        try:
            stored: list[Imported] = []
            for first in range(0, len(lines), _TOGETHER):
                stored += await self._keep(lines[first : first + _TOGETHER], number)
        finally:
            _wipe_all(lines)
        await self._audit.settled()
        return stored

    def note_part(self, number: int, stored: Sequence[Imported]) -> None:
        """A part is done: its cards are in the books as well."""
        self._map.write_piece(
            number,
            [MapRow(each.card.owner_key, each.old_token, each.card.token) for each in stored],
        )

    async def finish(self) -> Path:
        """All parts are done; returns where the token map is."""
        self._audit.record(
            AuditEvent(
                action=AuditAction.IMPORT_READ,
                merchant_id=self._merchant_id,
                subject=f"export {self.manifest.digest}",
                reason=f"signed by {self.manifest.signer}",
                count=self.manifest.cards,
            )
        )
        await self._audit.settled()
        path = self._map.join(len(self.manifest.parts))
        now_ms = self._clock.now_ms()
        await self._records.end_import(self._merchant_id, self._digest, now_ms)
        self._map.remove_pieces(len(self.manifest.parts))
        return path

    async def _keep(self, lines: Sequence[CardLine], number: int) -> list[Imported]:
        """Keep some cards at once. When one fails, the others end before it is raised."""
        kept = await asyncio.gather(
            *(self._keep_one(line, number) for line in lines), return_exceptions=True
        )
        stored: list[Imported] = []
        for each in kept:
            if isinstance(each, BaseException):
                raise each
            stored.append(each)
        return stored

    async def _keep_one(self, line: CardLine, number: int) -> Imported:
        facts, pan = line
        old_token = bytes.fromhex(facts.token)
        token = self._token(number, old_token)
        identity = b""
        if pan is None:
            identity = self._access.seal_identity(self._merchant_id, facts.identity)
        else:
            why = f"export {self.manifest.digest}"
            card = OpenedCard(pan, facts.holder)
            await self._access.keep(self._merchant_id, token, card, why)
        return Imported(
            owner_from(facts, self._merchant_id),
            card_from(facts, self._merchant_id, token, identity),
            old_token,
        )

    def _token(self, number: int, old_token: bytes) -> bytes:
        """The token that a card gets: later parts have later times, as inserts like it."""
        entropy = hmac.digest(self._row.secret, old_token, "sha256")[:ENTROPY_BYTES]
        return time_ordered_token(self._row.started_ms + number, entropy)

    def _lines(self, number: int) -> list[CardLine]:
        """The cards of a part, whose numbers the caller wipes."""
        part = self.manifest.parts[number]
        try:
            content = self._identities.decrypt(read_part(self._folder, part))
        except Undecipherable as error:
            raise InvalidManifest(f"{part.file}: {error}") from None
        lines: list[CardLine] = []
        try:
            lines.extend(read_lines(content))
            _check_count(part, lines)
        except InvalidLine as error:
            _wipe_all(lines)
            raise InvalidManifest(f"{part.file}: {error}") from None
        finally:
            wipe(content)
        return lines


def _check_count(part: Part, lines: Sequence[CardLine]) -> None:
    if len(lines) != part.cards:
        raise InvalidLine(f"{len(lines)} cards instead of {part.cards}")


def _wipe_all(lines: Sequence[CardLine]) -> None:
    for line in lines:
        if line.pan is not None:
            line.pan.wipe()
