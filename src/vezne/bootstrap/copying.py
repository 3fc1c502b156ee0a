"""Moving an installation from SQLite files to PostgreSQL, as one piece of work.

The data directory is closed by a note before the first row goes, and each schema of the target is
marked before anything else is in it. So nobody changes what is being copied or works with half of
it, whenever the copy is cut off, and whoever goes on knows that both ends are as they were.
"""

import gc
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Final

import msgspec

from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.copy_parts import (
    ComparedTable,
    Part,
    Watcher,
    compare,
    copy_rows,
    digest_of,
    open_parts,
    place_of,
    prepare,
    schema_of,
    told_apart,
)
from vezne.bootstrap.moved import NOTE_FILE, MoveNote, read_note, remove_note, write_note
from vezne.bootstrap.vault_room import TRAIL_FOLDER
from vezne.core.audit import AuditAction, AuditEvent
from vezne.core.ledger_check import Difference
from vezne.engines.copy_target import Mark
from vezne.engines.engine import EngineFailure
from vezne.engines.postgres import open_postgres
from vezne.flows.check_ledger import check_ledger
from vezne.machine import SystemClock, SystemEntropy
from vezne.settings import Settings
from vezne.storage.ledger_books import open_ledger
from vezne.vault.audit.names import names_of, note_name
from vezne.vault.audit.trail import Trail

_ID_BYTES: Final = 16
# As for `vezne ledger check`: pages of records, and no cycles among them.
_COLLECT_AFTER: Final = 200_000


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a copy. `digest` is of all tables; `tables` are those that were compared."""

    to: str
    rows: int
    digest: str
    tables: list[ComparedTable]

    @property
    def differing(self) -> list[ComparedTable]:
        """The tables that are not equal on both sides."""
        return [each for each in self.tables if not each.is_equal]


async def copy_installation(
    settings: Settings, watcher: Watcher, *, is_afresh: bool, is_sealing: bool
) -> Copied:
    """Copy everything to where the settings want the databases, and compare it there.

    Goes on with a copy that was cut off; `is_afresh` begins again whatever copy is there.
    `is_sealing` closes the data directory's SQLite files for good. Where tables differ, the result
    says so, and the target cannot be used. Raises CannotStart, and what `start.run` turns into it.
    """
    async with open_parts(settings) as parts, _trail(settings) as trail:
        moving = _Moving(settings, parts, watcher)
        with told_apart(), _going_on_later():
            await moving.check_places(is_afresh=is_afresh)
            await _tell(trail, AuditAction.ADMINISTERED, f"copy to {moving.to}")
            if not await moving.is_whole():
                await moving.begin(is_afresh=is_afresh)
                await copy_rows(parts, watcher)
            copied = moving.result(await compare(await moving.list_marked(), watcher))
            if copied.differing:
                return copied
            await _check_books(parts, watcher)
            # Nothing can stand in the way from here on; what is cut off now is ended next time.
            await parts[-1].target.end_rows()
            await _tell(trail, AuditAction.COPIED, moving.to, copied.rows, copied.digest)
            await _name_trails(settings, parts)
            await moving.end(is_sealing=is_sealing)
            return copied


async def compare_installation(settings: Settings, watcher: Watcher) -> Copied:
    """Compare all rows of both sides, and check the target's ledger, changing nothing.

    Raises as `copy_installation` does.
    """
    async with open_parts(settings) as parts, _trail(settings) as trail:
        with told_apart():
            moving = _Moving(settings, parts, watcher)
            await _tell(trail, AuditAction.ADMINISTERED, f"comparison with {moving.to}")
            for part in parts:
                if not await part.target.tables():
                    raise CannotStart(f"{part.place} has no tables: nothing was copied there")
            copied = moving.result(await compare(parts, watcher))
            if not copied.differing:
                await _check_books(parts, watcher)
            return copied


class _Moving:
    """One copy, from its note and its marks to their end."""

    def __init__(self, settings: Settings, parts: Sequence[Part], watcher: Watcher) -> None:
        self._data = settings.data
        self._parts = parts
        self._watcher = watcher
        self._note = read_note(settings.data)
        self._source = f"{socket.gethostname()}:{settings.data.absolute()}"
        self.to = ", vault at ".join(dict.fromkeys(place_of(part.url) for part in reversed(parts)))

    async def check_places(self, *, is_afresh: bool) -> None:
        """Whether the rows may go where they are to go. Raises CannotStart."""
        if await self.is_whole():
            return
        if self._note is not None and self._note.state == "moved":
            raise CannotStart(
                f"{self._data} was moved to {self._note.to} on {self._note.at}. To compare both, "
                f"add --verify-only; to copy it once more, remove {self._data / NOTE_FILE}"
            )
        for part in self._parts:
            mark = await part.target.mark()
            if mark is None and not await part.target.is_empty():
                raise CannotStart(
                    f"{part.place} holds something already, and no copy that could go on: name an "
                    "empty database, or drop that schema"
                )
            if mark is not None and not (is_afresh or self._is_ours(mark)):
                raise CannotStart(
                    f"{part.place} holds an unfinished copy of {mark.source} that this data "
                    "directory does not know, or has changed since: --afresh deletes it and begins "
                    "again"
                )

    async def is_whole(self) -> bool:
        """Whether all that is left to do of a copy is to end it."""
        mark = await self._parts[-1].target.mark()
        return mark is not None and mark.state == "whole" and self._is_ours(mark)

    async def begin(self, *, is_afresh: bool) -> None:
        """Close the data directory, and have all targets marked and ready for rows."""
        note = self._note
        if note is None or is_afresh:
            copy_id = SystemEntropy().take(_ID_BYTES).hex()
            note = MoveNote(state="copying", to=self.to, at=_now(), copy_id=copy_id)
            write_note(self._data, note)
        else:
            self._watcher.say(f"going on with the copy of {note.at}")
            if note.to != self.to:
                note = msgspec.structs.replace(note, to=self.to)
                write_note(self._data, note)
        self._note = note
        for part in self._parts:
            mark = await part.target.mark()
            if mark is None:
                await part.target.begin(note.copy_id, self._source)
            if mark is None or mark.state == "begun" or mark.copy_id != note.copy_id:
                await prepare(part, note.copy_id, self._source)

    async def list_marked(self) -> list[Part]:
        """Those that nobody can have worked with yet."""
        return [part for part in self._parts if await part.target.mark() is not None]

    def result(self, tables: Sequence[ComparedTable]) -> Copied:
        """What a comparison comes to."""
        rows = sum(each.rows for each in tables)
        return Copied(to=self.to, rows=rows, digest=digest_of(tables), tables=list(tables))

    async def end(self, *, is_sealing: bool) -> None:
        """Close the files for good or open them again, then open the target.

        In this order: nothing can be written on both sides, whenever this is cut off.
        """
        if is_sealing and self._note is not None:
            write_note(
                self._data,
                MoveNote(state="moved", to=self.to, at=_now(), copy_id=self._note.copy_id),
            )
        else:
            remove_note(self._data)
        for part in self._parts:
            await part.target.drop_mark()

    def _is_ours(self, mark: Mark) -> bool:
        return self._note is not None and mark.copy_id == self._note.copy_id


@asynccontextmanager
async def _trail(settings: Settings) -> AsyncIterator[Trail]:
    """The audit trail. The next server signs what this adds: the key for that is not opened."""
    trail = Trail(settings.data / TRAIL_FOLDER, SystemClock(), SystemEntropy())
    try:
        yield trail
    finally:
        await trail.close()


async def _tell(
    trail: Trail, action: AuditAction, subject: str, count: int = 0, reason: str = ""
) -> None:
    trail.record(AuditEvent(action=action, subject=subject, count=count, reason=reason))
    await trail.settled()


@contextmanager
def _going_on_later() -> Iterator[None]:
    """Whoever sees it fail is told that nothing is lost."""
    try:
        yield
    except EngineFailure as error:
        raise CannotStart(
            f"{error}. What was copied is kept: the same command goes on from there"
        ) from error


async def _check_books(parts: Sequence[Part], watcher: Watcher) -> None:
    """Prove the ledger of the target. Raises CannotStart."""
    part = parts[-1]
    if part.name != "books":
        return
    gc.set_threshold(_COLLECT_AFTER)
    found: list[Difference] = []
    engine = await open_postgres(part.url, schema_of(part.name))
    try:
        merchants = await engine.fetch("SELECT id FROM merchants ORDER BY id")
        async with open_ledger(engine) as books:
            ids = [int(id_ or 0) for (id_,) in merchants]
            total = sum([await books.count_payments(id_) for id_ in ids])
            watcher.begin("checking the ledger", total, 0)
            for id_ in ids:
                found += await check_ledger(id_, books, watcher.advance)
    finally:
        await engine.close()
    if found:
        first = found[0]
        raise CannotStart(
            f"the ledger has {len(found)} differences, and had them before, as all rows are equal: "
            f"merchant {first.merchant_id}, {first.where}: found {first.found}, expected "
            f"{first.expected}. `vezne ledger check` lists them, once {NOTE_FILE} is removed"
        )


async def _name_trails(settings: Settings, parts: Sequence[Part]) -> None:
    """Note which trails were this machine's: PostgreSQL may have those of several."""
    folder = settings.data / TRAIL_FOLDER
    for part in parts:
        if part.name == "vault":
            known = names_of(folder)
            for (stream,) in await part.source.fetch("SELECT DISTINCT stream FROM audit_anchors"):
                if stream not in known:
                    note_name(folder, str(stream))


def _now() -> str:
    seconds = SystemClock().now_ms() // 1000
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
