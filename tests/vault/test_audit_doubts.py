"""The trail is held against the vault's anchor before anything of it is signed."""

import asyncio
import shutil

import pytest

from fakes.forgery import CLOSED, forge, words_in
from fakes.trails import (
    KEY,
    MemoryAnchors,
    entries_in,
    lines_in,
    open_trail,
    stored,
    verdict_on,
    what_is_wrong,
    write_trail,
)
from vezne.vault.audit.anchors import Anchor
from vezne.vault.audit.chain import SEGMENT_BYTES

ALL = ["trail.opened", "card.stored", "trail.signed"]


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


async def test_a_trail_that_was_cut_is_noticed_at_the_start(folder, anchors):
    """By the vault's anchor, which stays as it was for whoever verifies later."""
    await write_trail(folder, anchors)
    before = (folder / "000001.jsonl").read_bytes().splitlines(True)
    (folder / "000001.jsonl").write_bytes(b"".join(before[:2]))
    await write_trail(folder, anchors)
    (damage,) = [entry for entry in entries_in(folder) if entry.action == "trail.damaged"]
    assert "is missing, or is not as it was" in damage.reason
    assert len(anchors.known) == 2
    verdict = verdict_on(folder, await anchors.list_all())
    assert "of which the vault knows" in what_is_wrong(verdict)


async def test_a_trail_that_was_made_anew_is_noticed_at_the_start(folder, tmp_path, anchors):
    """With other lines of the same number."""
    await write_trail(folder, anchors)
    lines = (folder / "000001.jsonl").read_bytes()
    (folder / "000001.jsonl").write_bytes(lines.replace(b'"merchant":7', b'"merchant":8'))
    await write_trail(folder, anchors)
    assert what_is_wrong(verdict_on(folder, await anchors.list_all())) != ""


async def test_a_trail_that_is_gone_is_noticed_at_the_start(folder, anchors):
    """Unless the database is one that other machines anchor their trails in as well."""
    await write_trail(folder, anchors)
    lost = await anchors.list_all()
    shutil.rmtree(folder)
    trail = open_trail(folder, seed=2)
    trail.record(stored("01"))
    await trail.attest(KEY, anchors)
    assert trail.anchors_found == lost
    await trail.close()
    (damage,) = [entry for entry in entries_in(folder) if entry.action == "trail.damaged"]
    assert "is gone, which had 6 lines" in damage.reason
    anchors.is_shared = True
    shutil.rmtree(folder)
    assert not folder.with_name("audit.names").exists()
    third = open_trail(folder, seed=3)
    await third.attest(KEY, anchors)
    third.record(stored("01"))
    await third.close()
    assert [entry.action for entry in entries_in(folder)] == ALL
    assert third.anchors_found == []


@pytest.mark.parametrize("is_replaced", [True, False])
async def test_a_trail_that_is_gone_is_noticed_over_a_shared_database(folder, is_replaced):
    """By the names that stand beside the folder; other machines' trails are no affair of ours."""
    anchors = MemoryAnchors(is_shared=True)
    await anchors.drop(Anchor("of another machine", 0, 9, "hash"))
    for _ in range(2):
        await write_trail(folder, anchors)
    assert "trail.damaged" not in [entry.action for entry in entries_in(folder)]
    names = folder.with_name("audit.names")
    assert (len(names.read_text().split()), names.stat().st_mode & 0o077) == (1, 0)
    shutil.rmtree(folder)
    if is_replaced:
        other = open_trail(folder, seed=2)
        other.record(stored("01"))
        await other.close()
    for _ in range(2):
        trail = open_trail(folder, seed=3)
        await trail.attest(KEY, anchors)
        trail.record(stored("02"))
        await trail.close()
        wrong = what_is_wrong(verdict_on(folder, trail.anchors_found))
        assert "of which the vault knows" in wrong
        assert "line 9 " not in wrong
    (damage,) = [entry for entry in entries_in(folder) if entry.action == "trail.damaged"]
    assert "is gone, which had 11 lines" in damage.reason


async def test_a_trail_in_the_place_of_another_is_noticed_at_the_start(folder, tmp_path, anchors):
    """It has lines and is whole, but it is not the one that the vault knows."""
    await write_trail(folder, anchors)
    shutil.rmtree(folder)
    other = open_trail(folder, seed=2)
    await other.attest(KEY, MemoryAnchors())
    other.record(stored("01"))
    await other.close()
    await write_trail(folder, anchors)
    (damage,) = [entry for entry in entries_in(folder) if entry.action == "trail.damaged"]
    assert "is gone, which had 6 lines" in damage.reason


@pytest.mark.parametrize("segment_bytes", [1000, SEGMENT_BYTES])
async def test_an_anchor_that_is_far_back_is_walked_back_to(folder, anchors, segment_bytes):
    """A database that was out of reach for long has an old one, and nothing is wrong with it."""
    await write_trail(folder, anchors, count=10, segment_bytes=segment_bytes)
    second = entries_in(folder)[1]
    (place,) = anchors.known
    for own_hash, serials in ((second.hash, 1), ("not the hash", 2)):
        anchors.known = {place: Anchor(place[0], 0, 2, own_hash)}
        await write_trail(folder, anchors, count=1)
        damaged = "trail.damaged" in [entry.action for entry in entries_in(folder)]
        assert (damaged, len(anchors.known)) == (serials == 2, serials)


@pytest.mark.parametrize("does_keep_the_anchored_line", [True, False])
async def test_a_forgery_behind_a_new_segment_is_noticed_at_the_start(
    folder, anchors, does_keep_the_anchored_line
):
    """A line is gone, all hashes fit, and the anchored line is in no file that is appended to.

    Nor does it help to leave the anchored line in a file, before those that do not follow it.
    """
    await write_trail(folder, anchors, count=10)
    (anchor,) = await anchors.list_all()
    true = lines_in(folder)
    said = [words_in(line) for line in true if b"trail.signed" not in line]
    del said[3]
    forge(folder, [*said, *said[1:4], CLOSED], [said[0], said[1]])
    assert len(lines_in(folder)) > anchor.number
    if does_keep_the_anchored_line:
        path = folder / "000001.jsonl"
        path.write_bytes(true[-1] + path.read_bytes())
    await write_trail(folder, anchors, count=1)
    assert "trail.damaged" in [entry.action for entry in entries_in(folder)]
    known = await anchors.list_all()
    assert (known[0], len(known)) == (anchor, 2)
    assert verdict_on(folder, known).flaw_count > 0


async def test_a_forgery_may_not_stop_being_a_trail(folder, anchors):
    """The anchored line is there, and what follows it is none; or the files before are gone."""
    await write_trail(folder, anchors, count=10, segment_bytes=1000)
    place, anchor = next(iter(anchors.known.items()))
    second = entries_in(folder)[1]
    anchors.known[place] = Anchor(anchor.stream, 0, 2, second.hash)
    first = folder / "000001.jsonl"
    lines = first.read_bytes().splitlines(keepends=True)
    first.write_bytes(b"".join([*lines[:2], b"nonsense\n", *lines[3:]]))
    await write_trail(folder, anchors, count=1)
    assert len(anchors.known) == 2
    first.unlink()
    anchors.known = {place: anchors.known[place]}
    await write_trail(folder, anchors, count=1)
    assert len(anchors.known) == 2


async def test_what_is_in_doubt_moves_no_anchor(folder, anchors):
    """A server that runs on over a file that was taken away keeps what was anchored before."""
    trail = open_trail(folder)
    await trail.attest(KEY, anchors)
    trail.record(stored("01"))
    await trail.sign()
    await until(lambda: anchors.known)
    (before,) = await anchors.list_all()
    (folder / "000001.jsonl").unlink()
    for _ in range(2):
        trail.record(stored("02"))
        await trail.sign()
    await trail.close()
    known = await anchors.list_all()
    assert (known[0], len(known)) == (before, 2)


async def test_what_another_process_anchors_meanwhile_is_no_damage(folder, anchors):
    """A command opens the trail, the server goes on and anchors, then the command looks."""
    await write_trail(folder, anchors)
    command = open_trail(folder)
    await write_trail(folder, anchors)
    await command.attest(KEY, anchors)
    await command.close()
    assert "trail.damaged" not in [entry.action for entry in entries_in(folder)]
    assert len(anchors.known) == 1


async def test_a_torn_line_of_another_process_is_cut_at_the_second_look(folder, anchors):
    """And noted, as at the first."""
    trail = open_trail(folder)
    trail.record(stored("01"))
    await trail.settled()
    with (folder / "000001.jsonl").open("ab") as file:
        file.write(b"torn")
    await trail.attest(KEY, anchors)
    await trail.close()
    assert "trail.cut" in [entry.action for entry in entries_in(folder)]


async def test_an_anchored_line_that_was_changed_is_noticed_at_the_start(folder, anchors):
    """Though lines came after it which nobody has signed or anchored."""
    await write_trail(folder, anchors)
    unsigned = open_trail(folder)
    unsigned.record(stored("03"))
    await unsigned.close()
    path = folder / "000001.jsonl"
    lines = path.read_bytes().splitlines(True)
    lines[-2] = lines[-2].replace(b"success", b"failure")
    path.write_bytes(b"".join(lines))
    await write_trail(folder, anchors)
    assert "trail.damaged" in [entry.action for entry in entries_in(folder)]
    assert "was changed" in what_is_wrong(verdict_on(folder))
