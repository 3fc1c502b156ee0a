"""`vezne retention run`, as the trail sees it."""

import sqlite3

import pytest

from fakes.randomness import SeededEntropy
from fakes.trails import entries_in
from vezne.bootstrap.cannot_start import CannotStart
from vezne.commands.retention import run_sweep
from vezne.settings import Settings
from vezne.vault.masters.key_file import create_master_key


@pytest.fixture
def settings(tmp_path):
    """Of a house without merchants."""
    create_master_key(tmp_path / "master.key", SeededEntropy(1), is_sandbox=True)
    return Settings(mode="sandbox", data=tmp_path)


def sweep(settings, *, is_rehearsal=False):
    return run_sweep(
        settings, is_rehearsal=is_rehearsal, spares_many=True, on_progress=lambda _: None
    )


def commands_in(settings):
    entries = entries_in(settings.data / "audit")
    commands = [entry for entry in entries if entry.action == "operator.command"]
    return [(entry.subject, entry.outcome, entry.reason) for entry in commands]


def test_a_sweep_leaves_a_line(settings):
    """Before it deletes anything; a rehearsal changes nothing and leaves none."""
    sweep(settings, is_rehearsal=True)
    assert commands_in(settings) == []
    sweep(settings)
    assert commands_in(settings) == [("retention run", "success", "")]


def test_a_sweep_that_fails_leaves_another(settings):
    """Which says how it ended (PCI DSS v4.0.1 10.2.2)."""
    sweep(settings)
    with sqlite3.connect(settings.data / "books.db") as books:
        books.execute("ALTER TABLE once_keys RENAME TO lost")
    books.close()
    with pytest.raises(CannotStart):
        sweep(settings)
    assert commands_in(settings)[1:] == [
        ("retention run", "success", ""),
        ("retention run", "failure", "EngineFailure"),
    ]
