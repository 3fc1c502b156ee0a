"""The commands about the trail, over a real vault whose files somebody has written to."""

import asyncio

import pytest

from fakes.forgery import CLOSED, forge, words_in
from fakes.randomness import SeededEntropy
from fakes.trails import entries_in, lines_in, what_is_wrong
from vezne.bootstrap.trail import public_key, show_trail, verify_copy, verify_trail
from vezne.bootstrap.vault_room import open_vault_room
from vezne.settings import Settings
from vezne.vault.audit.reading import Wanted
from vezne.vault.masters.key_file import create_master_key


@pytest.fixture
def settings(tmp_path):
    """Of a vault that was opened a few times."""
    create_master_key(tmp_path / "master.key", SeededEntropy(1), is_sandbox=True)
    found = Settings(mode="sandbox", data=tmp_path)
    for _ in range(3):
        assert verify(found).flaw_count == 0
    return found


def verify(settings):
    return asyncio.run(verify_trail(settings, [], lambda *_: None))


async def start_and_stop(settings):
    """As a server does, as far as the trail sees it."""
    async with open_vault_room(settings, None):
        pass


def forge_without_a_line(folder):
    """Leave out a line and all signatures, and let the newest file not reach back to the anchor."""
    count = len(lines_in(folder))
    said = [words_in(line) for line in lines_in(folder) if b"trail.signed" not in line]
    del said[2]
    said += [said[1]] * (count - len(said))
    forge(folder, [*said, CLOSED], [said[0]])


@pytest.mark.parametrize("does_start_first", [True, False])
def test_a_forgery_is_neither_signed_nor_anchored_unnoticed(settings, does_start_first):
    """Neither by a start nor by a verification: the old anchor stays, and is found every time."""
    folder = settings.data / "audit"
    forge_without_a_line(folder)
    if does_start_first:
        asyncio.run(start_and_stop(settings))
    for _ in range(2):
        assert "of which the vault knows" in what_is_wrong(verify(settings))
    damaged = [entry for entry in entries_in(folder) if entry.action == "trail.damaged"]
    assert len(damaged) == 1


def test_a_history_that_nobody_signed_is_found_before_it_is_signed(settings):
    """A verification signs what it finds only after it has looked at it as it was."""
    folder = settings.data / "audit"
    (folder / "checkpoint.json").unlink()
    said = [words_in(line) for line in lines_in(folder)]
    stop = CLOSED.replace(b"trail.closed", b"process.stopped")
    forge(folder, [*said, stop])
    wrong = what_is_wrong(verify(settings))
    assert "is one that is signed at once, and nobody signed it" in wrong


def test_a_checkpoint_that_is_missing_is_a_flaw(settings, tmp_path):
    """Here, and in a copy: it is written with the first signature of all."""
    folder = settings.data / "audit"
    key = asyncio.run(public_key(settings)).text
    assert verify_copy(folder, key, [], lambda *_: None).flaw_count == 0
    (folder / "checkpoint.json").unlink()
    (flaw,) = verify_copy(folder, key, [], lambda *_: None).flaws
    assert (flaw.file, flaw.what) == ("checkpoint.json", "it is missing")
    (flaw,) = verify(settings).flaws
    assert (flaw.file, flaw.what) == ("checkpoint.json", "it is missing")


def test_looking_at_the_trail_leaves_a_line(settings):
    """Each time (PCI DSS v4.0.1 10.2.1.3)."""

    def looks():
        entries = entries_in(settings.data / "audit")
        return [entry.subject for entry in entries if entry.action == "operator.command"]

    before = len(looks())
    verify(settings)
    asyncio.run(show_trail(settings, Wanted(), 10))
    assert looks()[before:] == ["audit trail"] * 2
