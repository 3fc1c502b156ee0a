"""The audit trail as it is written: in order, by several, over crashes and failing disks."""

import asyncio
import os
import shutil
import time

import pytest

from fakes.trails import (
    KEY,
    MemoryAnchors,
    entries_in,
    files_limited_to,
    lines_in,
    open_trail,
    stored,
    subjects_in,
    verdict_on,
    what_is_wrong,
    write_trail,
)
from vezne.core.audit import AuditAction, AuditEvent, Origin, begin_origin
from vezne.core.ports import AuditFailure
from vezne.engines.engine import EngineFailure
from vezne.engines.migrate import load_migrations, migrate
from vezne.vault.audit.anchors import Anchor, Anchors
from vezne.vault.audit.chain import TAIL_BYTES, Chain
from vezne.vault.audit.lines import TEXT_MAX, link, peek_line
from vezne.vault.audit.segments import Turn


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "audit"


@pytest.fixture
def anchors():
    return MemoryAnchors()


async def until(condition):
    """Wait for something that happens by itself."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - nobody could set an event
            await asyncio.sleep(0.01)


async def test_a_line_says_who_and_where(folder):
    """And is on the disk once it has settled; what comes from outside is cut to a length."""
    trail = open_trail(folder)
    origin = Origin(address="192.0.2.7", door="iyzico", path="/payment/auth" + "x" * 300)
    begin_origin(origin)
    origin.caller, origin.merchant_id = "key", 7
    trail.record(AuditEvent(action=AuditAction.CARD_SENT, is_success=False, reason="no answer"))
    await trail.settled()
    opened, entry = entries_in(folder)
    assert (opened.n, opened.action, opened.door) == (1, "trail.opened", "house")
    assert (entry.n, entry.prev, entry.outcome) == (2, opened.hash, "failure")
    assert (entry.address, entry.door, entry.caller) == ("192.0.2.7", "iyzico", "key")
    assert (entry.merchant, entry.reason, entry.process) == (7, "no answer", os.getpid())
    assert len(entry.path) == TEXT_MAX
    await trail.close()


async def test_the_trail_is_private(folder):
    """Only its owner reads it."""
    trail = open_trail(folder)
    trail.record(stored("01"))
    await trail.close()
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "000001.jsonl").stat().st_mode & 0o077 == 0


async def test_whoever_has_no_line_does_not_wait(folder):
    """Neither do lines of others make anybody wait."""
    trail = open_trail(folder)
    trail.record(stored("01"))
    begin_origin(Origin())
    await trail.settled()
    assert lines_in(folder) == []
    await trail.close()
    assert subjects_in(folder) == ["01"]


async def test_lines_of_many_are_written_together_in_order(folder, anchors):
    """However many come at a time, and each waits for its own."""
    trail = open_trail(folder)
    await trail.attest(KEY, anchors)

    async def work(number):
        begin_origin(Origin(door="iyzico"))
        trail.record(stored(f"{number:03}"))
        await trail.settled()
        return number

    async with asyncio.timeout(30):
        for start in range(0, 300, 100):
            await asyncio.gather(*(work(start + each) for each in range(100)))
    await trail.close()
    assert subjects_in(folder) == [f"{number:03}" for number in range(300)]
    verdict = verdict_on(folder)
    assert (verdict.flaw_count, verdict.signed) == (0, verdict.newest)


async def test_what_comes_during_a_write_is_written_next(folder):
    """The line behind the one that waits for another process's turn needs no third to come."""
    trail = open_trail(folder)
    other = Turn(folder, is_new=False)
    assert other.take_now()
    trail.record(stored("01"))
    await asyncio.sleep(0.05)
    trail.record(stored("02"))
    assert subjects_in(folder) == []
    other.close()
    await trail.settled()
    assert subjects_in(folder) == ["01", "02"]
    await trail.close()


async def test_who_goes_away_leaves_the_line(folder):
    """A request that is cancelled while it waits takes nothing back, and hinders nobody."""
    trail = open_trail(folder)
    trail.record(stored("01"))
    waiting = asyncio.create_task(trail.settled())
    await asyncio.sleep(0)
    waiting.cancel()
    trail.record(stored("02"))
    await trail.settled()
    assert waiting.cancelled()
    assert subjects_in(folder) == ["01", "02"]
    await trail.close()


async def test_a_restart_goes_on_where_the_last_run_ended(folder, anchors):
    """With the same name, the next number and the hash before."""
    await write_trail(folder, anchors)
    await write_trail(folder, anchors)
    verdict = verdict_on(folder, await anchors.list_all())
    assert (verdict.flaw_count, verdict.signed) == (0, verdict.newest)
    assert subjects_in(folder) == ["00", "01", "02"] * 2
    assert len(anchors.known) == 1


async def test_a_checkpoint_follows_by_itself(folder, anchors):
    """Within a second after a lone line, signed and anchored, while nobody does anything."""
    trail = open_trail(folder)
    await trail.attest(KEY, anchors)
    assert trail.checkpoint is None
    for subject in ("01", "02"):
        trail.record(stored(subject))
        await trail.settled()
        await until(lambda: verdict_on(folder).signed == verdict_on(folder).newest)
        await until(lambda: anchors.known)
    assert KEY.public.has_signed(trail.checkpoint)
    assert [entry.count for entry in entries_in(folder) if entry.key] == [2, 1]
    await trail.close()


async def test_sign_when_asked(folder, anchors):
    """A checkpoint of the newest line, though the last one is no second old; not of nothing."""
    trail = open_trail(folder)
    await trail.attest(KEY, anchors)
    assert await trail.sign() is None
    for number in (2, 4):
        trail.record(stored("01"))
        checkpoint = await trail.sign()
        assert checkpoint.number == number
        assert (await trail.sign()) is checkpoint
    await trail.close()


async def test_two_processes_write_one_trail(folder, anchors):
    """As two trails over one folder do: they take turns, and the chain is one."""
    first, second = open_trail(folder), open_trail(folder, seed=2)
    await first.attest(KEY, anchors)
    await second.attest(KEY, anchors)

    async def work(trail, name):
        for number in range(40):
            trail.record(stored(f"{name}{number:02}"))
            if number % 3:
                await trail.settled()

    await asyncio.gather(work(first, "a"), work(second, "b"))
    await first.close()
    await second.close()
    verdict = verdict_on(folder, await anchors.list_all())
    assert (what_is_wrong(verdict), verdict.segments) == ("", 1)
    assert len(subjects_in(folder)) == 80
    for name in "ab":
        own = [subject for subject in subjects_in(folder) if subject[0] == name]
        assert own == sorted(own)
        assert len(own) == 40


async def test_a_full_segment_is_closed(folder, anchors):
    """The chain goes on in the next file, for this process and for another one."""
    other = open_trail(folder, seed=2)
    await write_trail(folder, anchors, count=20, segment_bytes=2000)
    other.record(stored("ff"))
    await other.close()
    await write_trail(folder, anchors, count=1, segment_bytes=2000)
    verdict = verdict_on(folder, await anchors.list_all())
    assert what_is_wrong(verdict) == ""
    assert verdict.segments > 3
    assert len(subjects_in(folder)) == 22


@pytest.mark.parametrize("is_there", [True, False])
async def test_a_segment_without_lines_is_used(folder, anchors, is_there):
    """A crash between two files leaves an empty one behind, or none."""
    await write_trail(folder, anchors, count=3, segment_bytes=1)
    newest = max(folder.glob("*.jsonl"))
    newest.unlink()
    if is_there:
        newest.touch()
    await write_trail(folder, MemoryAnchors(), count=3, segment_bytes=1)
    assert what_is_wrong(verdict_on(folder)) == ""


async def test_the_first_file_may_be_empty(folder, anchors):
    """A crash may come before the first line of all."""
    folder.mkdir()
    (folder / "000001.jsonl").touch()
    await write_trail(folder, anchors)
    assert what_is_wrong(verdict_on(folder, await anchors.list_all())) == ""


async def test_a_torn_line_is_cut(folder, anchors):
    """Nobody was told that it was written. The cut leaves a line."""
    await write_trail(folder, anchors)
    with (folder / "000001.jsonl").open("ab") as file:
        file.write(b'{"n":99,"at":')
    await write_trail(folder, anchors)
    cut = [entry.reason for entry in entries_in(folder) if entry.action == "trail.cut"]
    assert cut == ["13 bytes of an unfinished line in 000001.jsonl"]
    assert what_is_wrong(verdict_on(folder, await anchors.list_all())) == ""


async def test_another_one_s_torn_line_is_cut(folder):
    """Also when the other process dies while this one runs."""
    trail = open_trail(folder)
    trail.record(stored("01"))
    await trail.settled()
    with (folder / "000001.jsonl").open("ab") as file:
        file.write(b"torn")
    trail.record(stored("02"))
    await trail.settled()
    await trail.close()
    assert [entry.action for entry in entries_in(folder)][2:] == ["trail.cut", "card.stored"]


@pytest.mark.parametrize("is_gone", [True, False])
async def test_a_file_that_is_taken_away_while_in_use_is_noticed(folder, anchors, is_gone):
    """Or cut: the trail goes on in a new file, says so, and the gap is found."""
    trail = open_trail(folder)
    await trail.attest(KEY, anchors)
    trail.record(stored("01"))
    await trail.sign()
    path = folder / "000001.jsonl"
    if is_gone:
        path.rename(folder / "hidden")
    else:
        os.truncate(path, 100)
    trail.record(stored("02"))
    await trail.close()
    (damage,) = [entry for entry in entries_in(folder) if entry.action == "trail.damaged"]
    assert damage.reason == "000001.jsonl was cut or taken away while in use"
    assert subjects_in(folder) == ["02"]
    assert verdict_on(folder, await anchors.list_all()).flaw_count > 0


async def test_a_line_put_in_while_in_use_is_noticed(folder, anchors):
    """One that does not fit the chain, and one that is no line."""
    trail = open_trail(folder)
    await trail.attest(KEY, anchors)
    for forged in (lines_in(folder)[:1] or [b"nonsense\n"], [b"nonsense\n"]):
        trail.record(stored("01"))
        await trail.settled()
        with (folder / "000001.jsonl").open("ab") as file:
            file.writelines(forged or lines_in(folder)[:1])
    with (folder / "000001.jsonl").open("ab") as file:
        file.writelines(lines_in(folder)[:1])
    trail.record(stored("02"))
    await trail.close()
    damage = [entry.reason for entry in entries_in(folder) if entry.action == "trail.damaged"]
    assert any("no line of a trail" in each for each in damage)
    assert any("does not follow line" in each for each in damage)


async def test_who_comes_too_late_hears_of_it(folder, anchors):
    """What is recorded while the trail is being closed is written, or refused aloud."""
    trail = open_trail(folder)
    await trail.attest(KEY, anchors)
    trail.record(stored("01"))
    closing = asyncio.create_task(trail.close())
    trail.record(stored("02"))
    await asyncio.sleep(0)
    with pytest.raises(AuditFailure, match="the trail is closed"):
        trail.record(stored("03"))
    await closing
    assert subjects_in(folder) == ["01", "02"]
    verdict = verdict_on(folder, await anchors.list_all())
    assert (what_is_wrong(verdict), verdict.signed) == ("", verdict.newest)


@pytest.mark.parametrize("action", [AuditAction.STARTED, AuditAction.STOPPED])
async def test_start_and_stop_are_signed_at_once(folder, anchors, action):
    """However short a time ago the last signature was: nobody can leave it out."""
    trail = open_trail(folder)
    await trail.attest(KEY, anchors)
    trail.record(stored("01"))
    await trail.settled()
    # A short time ago, however long this test takes.
    trail._writer._signed_s = time.monotonic() + 3600
    trail.record(stored("02"))
    await trail.settled()
    assert entries_in(folder)[-1].subject == "02"
    trail.record(AuditEvent(action=action))
    await trail.settled()
    assert [entry.action for entry in entries_in(folder)][-2:] == [action, "trail.signed"]
    await trail.close()


async def test_a_failing_disk_is_told_at_once_and_loses_nothing(folder, anchors):
    """Whoever waits hears of it, nobody begins anything new, and the lines come later."""
    trail = open_trail(folder)
    await trail.attest(KEY, anchors)
    trail.record(stored("01"))
    await trail.settled()
    size = (folder / "000001.jsonl").stat().st_size
    with files_limited_to(size + 50):
        trail.record(stored("02"))
        with pytest.raises(AuditFailure, match="File too large"):
            await trail.settled()
        with pytest.raises(AuditFailure, match="File too large"):
            trail.record(stored("03"))
        with pytest.raises(AuditFailure, match="File too large"):
            await trail.settled()
        with pytest.raises(AuditFailure, match="File too large"):
            await trail.sign()
        assert (folder / "000001.jsonl").stat().st_size == size
    async with asyncio.timeout(10):
        while True:
            try:
                trail.record(stored("04"))
            except AuditFailure:
                await asyncio.sleep(0.05)
            else:
                break
    await trail.close()
    assert subjects_in(folder) == ["01", "02", "04"]
    (late,) = [entry for entry in entries_in(folder) if entry.action == "trail.failed"]
    assert (late.reason, late.count) == ("File too large", 1)
    assert what_is_wrong(verdict_on(folder, await anchors.list_all())) == ""


async def test_what_monitoring_sees_of_a_failing_disk(folder):
    """How many lines there were, how many of them wait, and whether the disk fails just now."""
    trail = open_trail(folder)
    trail.record(stored("01"))
    assert (trail.lines, trail.waiting, trail.is_failing) == (1, 1, False)
    await trail.settled()
    assert (trail.lines, trail.waiting, trail.is_failing) == (1, 0, False)
    with files_limited_to((folder / "000001.jsonl").stat().st_size):
        trail.record(stored("02"))
        with pytest.raises(AuditFailure):
            await trail.settled()
        assert (trail.lines, trail.waiting, trail.is_failing) == (2, 1, True)
    await until(lambda: not trail.is_failing)
    await until(lambda: not trail.waiting)
    await trail.close()
    assert subjects_in(folder) == ["01", "02"]


async def test_a_stop_with_a_failing_disk_says_what_is_lost(folder):
    """Nothing is lost silently."""
    trail = open_trail(folder)
    with files_limited_to(10):
        trail.record(stored("01"))
        with pytest.raises(AuditFailure, match="1 lines were not written: File too large"):
            await trail.close()


async def test_a_folder_that_is_gone_fails(folder):
    """The trail is not begun somewhere else, nor left out."""
    trail = open_trail(folder)
    trail.record(stored("01"))
    await trail.settled()
    shutil.rmtree(folder)
    trail.record(stored("02"))
    with pytest.raises(AuditFailure, match="No such file"):
        await trail.settled()
    with pytest.raises(AuditFailure):
        await trail.close()


async def test_a_folder_that_cannot_be_looked_at_fails(folder):
    """So does one that became a file."""
    trail = open_trail(folder)
    trail.record(stored("01"))
    await trail.settled()
    shutil.rmtree(folder)
    folder.write_text("")
    trail.record(stored("02"))
    with pytest.raises(AuditFailure, match="Not a directory"):
        await trail.settled()
    with pytest.raises(AuditFailure):
        await trail.close()


async def test_anchors_move_forward_only(engine):
    """In the database: one that is late moves nothing, and a new serial begins another."""
    await migrate(engine, load_migrations("vezne.vault"))
    anchors = Anchors(engine)
    assert not anchors.is_shared
    for number in (5, 9, 7):
        await anchors.drop(Anchor("s", 0, number, f"hash {number}"))
    await anchors.drop(Anchor("s", 1, 3, "hash 3"))
    assert await anchors.list_all() == [
        Anchor("s", 0, 9, "hash 9"),
        Anchor("s", 1, 3, "hash 3"),
    ]


async def test_a_failing_database_does_not_stop_the_trail(folder):
    """The next checkpoint brings the next anchor."""

    class Failing(MemoryAnchors):
        failures = 1

        async def drop(self, anchor):
            if self.failures:
                self.failures -= 1
                raise EngineFailure("out of reach")
            await super().drop(anchor)

    anchors = Failing()
    trail = open_trail(folder)
    assert trail.anchors_found == []
    await trail.attest(KEY, anchors)
    for _ in range(2):
        trail.record(stored("01"))
        await trail.sign()
    await trail.close()
    (anchor,) = await anchors.list_all()
    assert anchor.number == verdict_on(folder).newest


async def test_anchors_come_one_after_another(folder):
    """A database that is slow gets the newest one when it is done with the one before."""

    class Slow(MemoryAnchors):
        def __init__(self):
            super().__init__()
            self.may_go_on = asyncio.Event()
            self.numbers = []

        async def drop(self, anchor):
            self.numbers.append(anchor.number)
            await self.may_go_on.wait()

    anchors = Slow()
    trail = open_trail(folder)
    await trail.attest(KEY, anchors)
    for _ in range(3):
        trail.record(stored("01"))
        await trail.sign()
    anchors.may_go_on.set()
    await trail.close()
    assert anchors.numbers == [3, 7]


async def test_a_long_trail_is_read_from_near_its_end(folder, anchors):
    """A start takes no longer the longer the trail is."""
    trail = open_trail(folder)
    await trail.attest(KEY, anchors)
    for number in range(TAIL_BYTES // 250):
        trail.record(stored(f"{number:040x}"))
    await trail.close()
    assert (folder / "000001.jsonl").stat().st_size > TAIL_BYTES
    await write_trail(folder, anchors)
    assert what_is_wrong(verdict_on(folder, await anchors.list_all())) == ""


async def test_a_forged_checkpoint_that_is_no_line_is_noticed(folder):
    """All hashes fit, yet nothing can be read there."""
    trail = open_trail(folder)
    trail.record(stored("01"))
    await trail.settled()
    newest = peek_line(lines_in(folder)[-1])
    line, _ = link(b'"action":"trail.signed"', newest.n + 1, newest.hash)
    with (folder / "000001.jsonl").open("ab") as file:
        file.write(line)
    trail.record(stored("02"))
    await trail.close()
    (damage,) = [entry for entry in entries_in(folder) if entry.action == "trail.damaged"]
    assert damage.reason == "line 3 cannot be read"


def test_a_chain_writes_into_a_segment_only(tmp_path):
    """Whoever forgot to begin one hears of it."""
    chain = Chain(tmp_path, 1000)
    with pytest.raises(ValueError, match="no segment"):
        chain.write(chain.grow())
