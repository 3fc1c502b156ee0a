"""The command that writes what the program does for an assessment."""

from collections.abc import Mapping
from pathlib import Path

from vezne import __version__
from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.guarding import is_guarded
from vezne.bootstrap.house import own_room
from vezne.bootstrap.rotating import open_key_house
from vezne.bootstrap.start import run
from vezne.bootstrap.tidying import retention_of
from vezne.commands.rotation import key_rows
from vezne.core.calendar import local_time
from vezne.evidence.report import Evidence, gather, read_results
from vezne.evidence.state import State
from vezne.settings import Settings


def run_evidence(settings: Settings, results: Path | None) -> Evidence:
    """The report on what is in force. Raises CannotStart."""
    known = None if results is None else _results_of(results)
    return run(_evidence(settings, known))


def _results_of(path: Path) -> dict[str, str]:
    try:
        return read_results(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CannotStart(f"{path}: {error}") from error


async def _evidence(settings: Settings, results: Mapping[str, str] | None) -> Evidence:
    async with open_key_house(settings) as keys:
        rows = await key_rows(keys)
        newest = own_room(keys.house).audit.checkpoint
        state = State(
            version=__version__,
            written=local_time(keys.house.ports.clock.now_ms()).strftime("%Y-%m-%d %H:%M"),
            settings=settings,
            retention=retention_of(settings, await keys.house.merchants.list_merchants()),
            is_guarded=is_guarded(settings),
            keys=tuple(rows),
            checkpoint=0 if newest is None else newest.number,
        )
    return gather(state, results)
