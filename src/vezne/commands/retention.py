"""What `vezne retention` does: deletes what is past its time, whether a server runs or not."""

from collections.abc import Callable, Sequence

from vezne.bootstrap.house import open_house
from vezne.bootstrap.start import run
from vezne.bootstrap.tidying import new_sweep
from vezne.commands.operator import administering
from vezne.core.merchant import Merchant
from vezne.core.retention import ORPHANS_MAX, Swept
from vezne.flows.retention import Sweep, sweep_cards, sweep_records
from vezne.settings import Settings

# Is told how many more cards were looked at.
Progress = Callable[[int], None]


def run_sweep(
    settings: Settings, *, is_rehearsal: bool, spares_many: bool, on_progress: Progress
) -> list[Swept]:
    """Delete what is past its time, or count it; returns how much there was of what.

    With `spares_many` numbers without a card are left alone where there are more than crashes
    leave behind. Raises CannotStart.
    """
    return run(
        _sweep(
            settings,
            is_rehearsal=is_rehearsal,
            orphans_max=ORPHANS_MAX if spares_many else None,
            on_progress=on_progress,
        )
    )


async def _sweep(
    settings: Settings, *, is_rehearsal: bool, orphans_max: int | None, on_progress: Progress
) -> list[Swept]:
    async with open_house(settings) as house:
        merchants = await house.merchants.list_merchants()
        sweep = new_sweep(house, merchants, orphans_max=orphans_max, is_rehearsal=is_rehearsal)
        if is_rehearsal:
            return await _sweep_all(sweep, merchants, on_progress)
        async with administering(house.audit, "retention run"):
            swept = await _sweep_all(sweep, merchants, on_progress)
            if house.room is not None:
                await house.room.service.erase()
    return swept


async def _sweep_all(
    sweep: Sweep, merchants: Sequence[Merchant], on_progress: Progress
) -> list[Swept]:
    swept = await sweep_records(sweep, merchants)
    for merchant in merchants:
        swept += await sweep_cards(sweep, merchant, on_progress)
    return swept
