"""Exports: asked for by one, approved by two, written in parts that a crash cannot spoil."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vezne.core.audit import AuditAction, AuditEvent
from vezne.core.merchant import Merchant
from vezne.core.ports import Audit, Clock
from vezne.engines.engine import Conflict
from vezne.vault.portability.access import CardAccess
from vezne.vault.portability.age import check_recipient
from vezne.vault.portability.approvers import QUORUM, Approvers, Proof
from vezne.vault.portability.errors import ImpossibleExport, InvalidManifest
from vezne.vault.portability.folder import locked_folder, make_folder, read_part, remove_parts
from vezne.vault.portability.manifest import (
    Approval,
    ExportRequest,
    public_text,
    sign_approval,
)
from vezne.vault.portability.records import ExportRow, PartRow, PortabilityRecords
from vezne.vault.portability.writing import CardExport

# How long a request may wait for its approvals, and an approved one to be written.
LIFE_MS: Final = 24 * 3600 * 1000
PART_CARDS: Final = 1_000
PART_CARDS_MAX: Final = 10_000
# Enough of a digest to name a request among all that a vault ever sees.
NAME_LENGTH: Final = 12


class ExportState(msgspec.Struct, frozen=True, kw_only=True):
    """An export as people see it. `approvers` are those whose word counts now."""

    name: str
    request: ExportRequest
    approvers: list[str]
    started_ms: int | None
    written_ms: int | None


class Exports:
    """The requests, and what becomes of them."""

    def __init__(
        self,
        records: PortabilityRecords,
        approvers: Approvers,
        access: CardAccess,
        key: Ed25519PrivateKey,
        clock: Clock,
        audit: Audit,
    ) -> None:
        self._records = records
        self._approvers = approvers
        self._access = access
        self._key = key
        self._clock = clock
        self._audit = audit

    async def request(
        self,
        merchant: Merchant,
        recipient: str,
        folder: Path,
        *,
        requester: str,
        part_cards: int = PART_CARDS,
    ) -> ExportState:
        """Ask for a merchant's cards, to be written into a folder for a recipient's key.

        The path is absolute and printable: who approves must know which folder is meant.

        Raises InvalidRecipient, ImpossibleExport.
        """
        check_recipient(recipient)
        if not 1 <= part_cards <= PART_CARDS_MAX:
            raise ImpossibleExport(f"a part has 1 to {PART_CARDS_MAX} cards")
        if not str(folder).isprintable():
            raise ImpossibleExport("the folder's name has characters that cannot be shown")
        now_ms = self._clock.now_ms()
        request = ExportRequest(
            merchant_id=merchant.id,
            merchant=merchant.name,
            recipient=recipient,
            folder=str(folder),
            part_cards=part_cards,
            requester=requester,
            requested_ms=now_ms,
            expires_ms=now_ms + LIFE_MS,
        )
        try:
            await self._records.add_export(request)
        except Conflict:
            raise ImpossibleExport("the same was asked for this very moment") from None
        return await self.find(request.digest.hex())

    async def list_exports(self) -> list[ExportState]:
        """All exports, the newest request first."""
        return [await self._state(row) for row in await self._records.list_exports()]

    async def find(self, name: str) -> ExportState:
        """The export whose digest begins so. Raises ImpossibleExport."""
        return await self._state(await self._find(name))

    async def approve(self, name: str, proof: Proof) -> ExportState:
        """Give an approver's word for a request.

        Raises ImpossibleExport, InvalidApprover, NotProven.
        """
        row = await self._find(name)
        self._check_open(row)
        key = await self._approvers.prove(proof)
        approval = Approval(
            approver=proof.name,
            public_key=public_text(key),
            signature=sign_approval(key, row.digest),
            approved_ms=self._clock.now_ms(),
        )
        self._audit.record(
            AuditEvent(
                action=AuditAction.EXPORT_APPROVED,
                merchant_id=row.request.merchant_id,
                subject=f"export {row.digest.hex()}",
                reason=f"by {proof.name}",
            )
        )
        await self._audit.settled()
        await self._records.add_approval(row.digest, approval)
        return await self._state(row)

    @asynccontextmanager
    async def open(self, name: str) -> AsyncIterator[CardExport]:
        """Write an export, or go on with one that was cut off.

        Its folder is made, and nobody else writes to it meanwhile. Raises ImpossibleExport,
        UnusableFolder, InvalidApprover.
        """
        row = await self._find(name)
        self._check_open(row)
        approvals = await self._approvals(row.digest)
        if len(approvals) < QUORUM:
            raise ImpossibleExport(
                f"{len(approvals)} of {QUORUM} approvals: "
                f"vezne cards export approve {row.digest.hex()[:NAME_LENGTH]} --approver NAME"
            )
        folder = Path(row.request.folder)
        make_folder(folder, is_new=row.started_ms is None)
        with locked_folder(folder):
            intact = _intact(folder, await self._records.list_parts(row.digest))
            await self._records.keep_parts(row.digest, len(intact))
            remove_parts(folder, kept=len(intact))
            started_ms = row.started_ms
            if started_ms is None:
                started_ms = self._clock.now_ms()
                await self._records.start_export(row.digest, started_ms)
            yield CardExport(
                row.request,
                started_ms,
                approvals,
                intact,
                records=self._records,
                access=self._access,
                key=self._key,
                clock=self._clock,
                audit=self._audit,
            )

    async def _approvals(self, digest: bytes) -> list[Approval]:
        """The approvals that count: of approvers who still are, by the keys that they have."""
        circle = {each.name: each.public_key for each in await self._approvers.list_approvers()}
        return [
            approval
            for approval in await self._records.list_approvals(digest)
            if circle.get(approval.approver) == approval.public_key and approval.is_for(digest)
        ]

    async def _find(self, name: str) -> ExportRow:
        found = [
            row
            for row in await self._records.list_exports()
            if name and row.digest.hex().startswith(name) and row.digest == row.request.digest
        ]
        if len(found) != 1:
            raise ImpossibleExport(f"there is no export {name!r}; `vezne cards export list`")
        return found[0]

    def _check_open(self, row: ExportRow) -> None:
        if row.written_ms is not None:
            raise ImpossibleExport(f"the export is written: {row.request.folder}")
        if row.request.expires_ms <= self._clock.now_ms():
            raise ImpossibleExport("the request is older than 24 hours: ask again")

    async def _state(self, row: ExportRow) -> ExportState:
        return ExportState(
            name=row.digest.hex()[:NAME_LENGTH],
            request=row.request,
            approvers=[each.approver for each in await self._approvals(row.digest)],
            started_ms=row.started_ms,
            written_ms=row.written_ms,
        )


def _intact(folder: Path, parts: Sequence[PartRow]) -> list[PartRow]:
    """The parts up to the first whose file is missing or was changed."""
    intact: list[PartRow] = []
    for row in parts:
        try:
            read_part(folder, row.part)
        except InvalidManifest:
            break
        intact.append(row)
    return intact
