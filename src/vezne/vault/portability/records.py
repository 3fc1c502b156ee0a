"""The tables of exports and imports, and of those who approve them."""

from typing import Final, NamedTuple, cast

import msgspec

from vezne.engines.engine import ANY_ROWS, Engine, Write
from vezne.vault.portability.manifest import Approval, ExportRequest, LeftOut, Part

_INSERT_APPROVER: Final = """
INSERT INTO approvers (name, sealed, created_ms, failures, locked_until_ms) VALUES (?, ?, ?, 0, 0)
"""
_SELECT_APPROVERS: Final = """
SELECT name, sealed, created_ms, failures, locked_until_ms FROM approvers ORDER BY name
"""
_DELETE_APPROVER: Final = "DELETE FROM approvers WHERE name = ?"
_UPDATE_FAILURES: Final = """
UPDATE approvers SET failures = ?, locked_until_ms = ? WHERE name = ? AND failures = ?
"""
_INSERT_EXPORT: Final = "INSERT INTO card_exports (digest, request) VALUES (?, ?)"
_SELECT_EXPORTS: Final = "SELECT digest, request, started_ms, written_ms FROM card_exports"
_START_EXPORT: Final = """
UPDATE card_exports SET started_ms = ? WHERE digest = ? AND started_ms IS NULL
"""
_END_EXPORT: Final = "UPDATE card_exports SET written_ms = ? WHERE digest = ?"
_INSERT_APPROVAL: Final = """
INSERT INTO export_approvals (digest, approver, approval) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
"""
_SELECT_APPROVALS: Final = """
SELECT approval FROM export_approvals WHERE digest = ? ORDER BY approver
"""
_INSERT_PART: Final = """
INSERT INTO export_parts (digest, part, owner_key, token, document) VALUES (?, ?, ?, ?, ?)
"""
_SELECT_PARTS: Final = """
SELECT owner_key, token, document FROM export_parts WHERE digest = ? ORDER BY part
"""
_DELETE_PARTS: Final = "DELETE FROM export_parts WHERE digest = ? AND part > ?"
_INSERT_IMPORT: Final = """
INSERT INTO card_imports (merchant_id, manifest, secret, started_ms) VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""
_SELECT_IMPORT: Final = """
SELECT secret, started_ms, read_ms FROM card_imports WHERE merchant_id = ? AND manifest = ?
"""
_END_IMPORT: Final = "UPDATE card_imports SET read_ms = ? WHERE merchant_id = ? AND manifest = ?"


class ApproverRow(NamedTuple):
    """An approver as stored. Locked until a time; 0 for never."""

    name: str
    sealed: bytes
    created_ms: int
    failures: int
    locked_until_ms: int


class ExportRow(msgspec.Struct, frozen=True, kw_only=True):
    """An export and how far it is."""

    digest: bytes
    request: ExportRequest
    started_ms: int | None
    written_ms: int | None


class PartRow(msgspec.Struct, frozen=True, kw_only=True):
    """A part that is written: what the manifest will say of it, and the last card it covers."""

    owner_key: bytes
    token: bytes
    part: Part
    left_out: list[LeftOut]


class ImportRow(NamedTuple):
    """An import: the secret its tokens follow from, when it began and when it was through."""

    secret: bytes
    started_ms: int
    read_ms: int | None


class _PartDocument(msgspec.Struct, frozen=True):
    part: Part
    left_out: list[LeftOut]


_requests: Final = msgspec.json.Decoder(ExportRequest)
_approvals: Final = msgspec.json.Decoder(Approval)
_parts: Final = msgspec.json.Decoder(_PartDocument)


class PortabilityRecords:
    """Reads and writes over an engine; nothing is decided or decrypted here."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def list_approvers(self) -> list[ApproverRow]:
        """All approvers, by name."""
        rows = await self._engine.fetch(_SELECT_APPROVERS)
        return [ApproverRow(*cast("tuple[str, bytes, int, int, int]", row)) for row in rows]

    async def add_approver(self, name: str, sealed: bytes, now_ms: int) -> None:
        """Store an approver. Raises Conflict when the name is taken."""
        await self._engine.apply([Write(_INSERT_APPROVER, (name, sealed, now_ms))])

    async def remove_approver(self, name: str) -> None:
        """Forget an approver, who may be gone already."""
        await self._engine.apply([Write(_DELETE_APPROVER, (name,), ANY_ROWS)])

    async def count_failures(
        self, approver: ApproverRow, failures: int, locked_until_ms: int
    ) -> None:
        """Note how often in a row somebody failed to prove to be this approver.

        Raises Conflict when somebody else has just failed, or succeeded.
        """
        params = (failures, locked_until_ms, approver.name, approver.failures)
        await self._engine.apply([Write(_UPDATE_FAILURES, params)])

    async def add_export(self, request: ExportRequest) -> None:
        """Store a request. Raises Conflict when it is there."""
        params = (request.digest, msgspec.json.encode(request))
        await self._engine.apply([Write(_INSERT_EXPORT, params)])

    async def list_exports(self) -> list[ExportRow]:
        """All exports, the newest request first."""
        found = [
            ExportRow(
                digest=digest,
                request=_requests.decode(request),
                started_ms=started_ms,
                written_ms=written_ms,
            )
            for digest, request, started_ms, written_ms in cast(
                "list[tuple[bytes, bytes, int | None, int | None]]",
                await self._engine.fetch(_SELECT_EXPORTS),
            )
        ]
        return sorted(found, key=lambda row: row.request.requested_ms, reverse=True)

    async def start_export(self, digest: bytes, now_ms: int) -> None:
        """Note when an export began. Raises Conflict when it has."""
        await self._engine.apply([Write(_START_EXPORT, (now_ms, digest))])

    async def end_export(self, digest: bytes, now_ms: int) -> None:
        """Note when an export was written."""
        await self._engine.apply([Write(_END_EXPORT, (now_ms, digest))])

    async def add_approval(self, digest: bytes, approval: Approval) -> None:
        """Store an approver's word; the same approver's word counts once."""
        params = (digest, approval.approver, msgspec.json.encode(approval))
        await self._engine.apply([Write(_INSERT_APPROVAL, params, ANY_ROWS)])

    async def list_approvals(self, digest: bytes) -> list[Approval]:
        """The approvals of a request."""
        rows = await self._engine.fetch(_SELECT_APPROVALS, (digest,))
        return [_approvals.decode(cast("bytes", document)) for (document,) in rows]

    async def add_part(self, digest: bytes, number: int, row: PartRow) -> None:
        """Note a part whose file is durable."""
        document = msgspec.json.encode(_PartDocument(row.part, row.left_out))
        params = (digest, number, row.owner_key, row.token, document)
        await self._engine.apply([Write(_INSERT_PART, params)])

    async def list_parts(self, digest: bytes) -> list[PartRow]:
        """The parts of an export, in order."""
        rows = await self._engine.fetch(_SELECT_PARTS, (digest,))
        return [
            PartRow(owner_key=key, token=token, part=read.part, left_out=read.left_out)
            for key, token, document in cast("list[tuple[bytes, bytes, bytes]]", rows)
            for read in [_parts.decode(document)]
        ]

    async def keep_parts(self, digest: bytes, count: int) -> None:
        """Forget all parts of an export but the first ones."""
        await self._engine.apply([Write(_DELETE_PARTS, (digest, count), ANY_ROWS)])

    async def begin_import(
        self, merchant_id: int, manifest: bytes, secret: bytes, now_ms: int
    ) -> ImportRow:
        """The import of a manifest, as it was begun earlier or is now."""
        params = (merchant_id, manifest, secret, now_ms)
        await self._engine.apply([Write(_INSERT_IMPORT, params, ANY_ROWS)])
        rows = await self._engine.fetch(_SELECT_IMPORT, (merchant_id, manifest))
        return ImportRow(*cast("tuple[bytes, int, int | None]", rows[0]))

    async def end_import(self, merchant_id: int, manifest: bytes, now_ms: int) -> None:
        """Note that all cards of an export were read."""
        await self._engine.apply([Write(_END_IMPORT, (now_ms, merchant_id, manifest))])
