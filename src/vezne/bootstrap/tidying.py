"""What deletes what is past its time: by itself in a server, or when somebody asks."""

import time
from collections.abc import Sequence
from typing import Final

from vezne.bootstrap.house import House
from vezne.core.merchant import Merchant
from vezne.core.retention import ORPHANS_MAX, Retention
from vezne.event_log import EventLog
from vezne.flows.retention import Sweep, sweep_cards, sweep_records
from vezne.settings import Settings

# How often a server looks at all cards, in seconds: they expire with their month.
CARDS_EVERY_S: Final = 86_400.0
# For how many days an expired card is kept unless a setting says otherwise: refunds and disputes
# of its last payments are over by then.
EXPIRED_CARDS_DAYS: Final = 90

_log = EventLog(__name__)


def retention_of(settings: Settings, merchants: Sequence[Merchant]) -> Retention:
    """The times in force. A sandbox keeps expired cards: somebody may be testing with them."""
    is_sandbox = settings.mode == "sandbox" or any(merchant.is_demo for merchant in merchants)
    chosen = settings.retention
    days = chosen.expired_cards_days
    if days == "auto":
        days = None if is_sandbox else EXPIRED_CARDS_DAYS
    return Retention(
        expired_cards_days=days,
        sessions_days=chosen.sessions_days,
        notices_days=chosen.notices_days,
    )


def new_sweep(
    house: House,
    merchants: Sequence[Merchant],
    *,
    orphans_max: int | None,
    is_rehearsal: bool = False,
) -> Sweep:
    """A sweep of the house, by the times in force."""
    return Sweep(
        retention_of(house.settings, merchants),
        house.old_records,
        house.audit,
        house.ports,
        orphans_max=orphans_max,
        is_rehearsal=is_rehearsal,
    )


class Tidying:
    """Sweeps the house whenever it is called, and looks at the cards once a day."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._cards_s: float | None = None

    async def __call__(self) -> None:
        """Delete what is past its time. Raises what books, vault and trail raise."""
        merchants = await self._house.merchants.list_merchants()
        sweep = new_sweep(self._house, merchants, orphans_max=ORPHANS_MAX)
        await sweep_records(sweep, merchants)
        now_s = time.monotonic()
        if self._cards_s is not None and now_s - self._cards_s < CARDS_EVERY_S:
            return
        for merchant in merchants:
            for swept in await sweep_cards(sweep, merchant):
                if swept.left:
                    _log.warning(
                        "more numbers without a card than crashes leave: are these the vault's "
                        "books? see vezne retention run",
                        merchant=merchant.id,
                        count=swept.left,
                    )
        self._cards_s = now_s
