"""The commands about the ledger: they work on the books, whether a server runs or not."""

import gc
from collections.abc import Callable
from typing import Final

import msgspec

from vezne.bootstrap.house import open_house
from vezne.bootstrap.start import run
from vezne.commands.merchants import choose_merchants
from vezne.core.ledger_check import Difference
from vezne.core.money import plain_text
from vezne.flows.check_ledger import check_ledger
from vezne.settings import Settings


class CheckedLedger(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a check: how much was checked, and what is wrong."""

    merchants: int
    payments: int
    differences: list[Difference]


class BalanceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A balance as people read it. What we owe is negative; no party is the merchant itself."""

    merchant: str
    party: str
    currency: str
    account: str
    amount: str


# Whole pages of records live at a time and none is part of a cycle: looking for cycles as often as
# by default takes a third of the time.
_COLLECT_AFTER: Final = 200_000

# Is told how many payments there are in all, and how many more of them were checked.
Progress = Callable[[int, int], None]


def run_check_ledger(
    settings: Settings, merchant: str | None, on_progress: Progress
) -> CheckedLedger:
    """Check the ledger of a merchant, or of all, as it stands now. Raises CannotStart."""
    return run(_check(settings, merchant, on_progress))


def run_list_balances(settings: Settings, merchant: str | None) -> list[BalanceRow]:
    """The balances of a merchant, or of all. Raises CannotStart."""
    return run(_balances(settings, merchant))


async def _check(settings: Settings, named: str | None, on_progress: Progress) -> CheckedLedger:
    differences: list[Difference] = []
    checked = 0
    gc.set_threshold(_COLLECT_AFTER)

    def advance(count: int) -> None:
        nonlocal checked
        checked += count
        on_progress(total, count)

    async with open_house(settings) as house:
        merchants = await choose_merchants(house, named)
        async with house.open_ledger() as books:
            total = sum([await books.count_payments(merchant.id) for merchant in merchants])
            for merchant in merchants:
                differences += await check_ledger(merchant.id, books, advance)
    return CheckedLedger(merchants=len(merchants), payments=checked, differences=differences)


async def _balances(settings: Settings, named: str | None) -> list[BalanceRow]:
    async with open_house(settings) as house:
        return [
            BalanceRow(
                merchant=merchant.name,
                party=balance.party,
                currency=balance.currency,
                account=balance.account,
                amount=plain_text(balance.amount_e8),
            )
            for merchant in await choose_merchants(house, named)
            for balance in await house.ports.books.list_balances(merchant.id)
        ]
