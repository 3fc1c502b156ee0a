"""An export while it is written: part after part, each durable before the next begins."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vezne.core.audit import AuditAction, AuditEvent
from vezne.core.card import Owner, StoredCard
from vezne.core.ids import last_token_of
from vezne.core.ports import Audit, CardGone, Clock
from vezne.vault.files import PRIVATE, replace_file
from vezne.vault.portability.access import CardAccess
from vezne.vault.portability.age import encrypt, wipe
from vezne.vault.portability.lines import facts_of, write_line
from vezne.vault.portability.manifest import (
    FORMAT,
    Approval,
    ExportRequest,
    LeftOut,
    Manifest,
    Part,
    part_file,
    public_text,
    write_manifest,
)
from vezne.vault.portability.records import PartRow, PortabilityRecords


class CardExport:
    """An approved export under way. Cards come in the order of their owners' keys and tokens."""

    def __init__(
        self,
        request: ExportRequest,
        started_ms: int,
        approvals: Sequence[Approval],
        parts: Sequence[PartRow],
        *,
        records: PortabilityRecords,
        access: CardAccess,
        key: Ed25519PrivateKey,
        clock: Clock,
        audit: Audit,
    ) -> None:
        self.request = request
        self._digest = request.digest
        self._folder = Path(request.folder)
        self._started_ms = started_ms
        self._approvals = approvals
        self._parts = list(parts)
        self._records = records
        self._access = access
        self._key = key
        self._clock = clock
        self._audit = audit

    @property
    def after(self) -> tuple[bytes, bytes]:
        """Owner key and token of the last card that is written; empty at the beginning."""
        return (self._parts[-1].owner_key, self._parts[-1].token) if self._parts else (b"", b"")

    @property
    def until(self) -> bytes:
        """The greatest token of a card that was stored before the export began."""
        return last_token_of(self._started_ms)

    @property
    def done(self) -> int:
        """How many cards are covered by what is written."""
        return sum(row.part.cards + len(row.left_out) for row in self._parts)

    async def write_part(self, cards: Sequence[tuple[Owner, StoredCard]]) -> None:
        """Write the next cards as a part, at least one.

        Each card that is revealed has its line in the audit trail before the file is there. Cards
        that the vault cannot open are left out, and the manifest names them.
        """
        number = len(self._parts) + 1
        lines: list[bytearray] = []
        left_out: list[LeftOut] = []
        try:
            for owner, card in cards:
                try:
                    lines.append(await self._line(owner, card))
                except CardGone as gone:
                    left_out.append(LeftOut(card.token.hex(), str(gone)))
            await self._audit.settled()
            content = encrypt(lines, self.request.recipient)
        finally:
            for line in lines:
                wipe(line)
        part = Part(
            file=part_file(number),
            cards=len(lines),
            size_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )
        replace_file(self._folder / part.file, content, PRIVATE)
        _, last = cards[-1]
        row = PartRow(owner_key=last.owner_key, token=last.token, part=part, left_out=left_out)
        await self._records.add_part(self._digest, number, row)
        self._parts.append(row)

    async def finish(self) -> Manifest:
        """Write the manifest, by which the export is whole."""
        manifest = Manifest(
            format=FORMAT,
            digest=self._digest.hex(),
            request=self.request,
            approvals=list(self._approvals),
            started_ms=self._started_ms,
            written_ms=self._clock.now_ms(),
            cards=sum(row.part.cards for row in self._parts),
            left_out=[each for row in self._parts for each in row.left_out],
            parts=[row.part for row in self._parts],
            signer=public_text(self._key),
        )
        self._audit.record(
            AuditEvent(
                action=AuditAction.EXPORT_WRITTEN,
                merchant_id=self.request.merchant_id,
                subject=f"export {manifest.digest}",
                reason=f"to {self.request.recipient}",
                count=manifest.cards,
            )
        )
        await self._audit.settled()
        write_manifest(self._folder, manifest, self._key)
        await self._records.end_export(self._digest, manifest.written_ms)
        return manifest

    async def _line(self, owner: Owner, card: StoredCard) -> bytearray:
        why = f"export {self._digest.hex()}"
        pan, holder, identity = await self._access.reveal(card, why)
        try:
            return write_line(facts_of(owner, card, holder, identity), pan)
        finally:
            if pan is not None:
                pan.wipe()
