"""The command that moves an installation to PostgreSQL. No server may run beside it."""

from vezne.bootstrap.copy_parts import ComparedTable, Watcher
from vezne.bootstrap.copying import Copied, compare_installation, copy_installation
from vezne.bootstrap.start import run
from vezne.settings import Settings

__all__ = ["ComparedTable", "Copied", "Watcher", "run_compare", "run_copy"]


def run_copy(settings: Settings, watcher: Watcher, *, is_afresh: bool, is_sealing: bool) -> Copied:
    """Copy the SQLite files of the data directory to the databases of the settings.

    Raises CannotStart.
    """
    return run(copy_installation(settings, watcher, is_afresh=is_afresh, is_sealing=is_sealing))


def run_compare(settings: Settings, watcher: Watcher) -> Copied:
    """Compare both sides row by row. Raises CannotStart."""
    return run(compare_installation(settings, watcher))
