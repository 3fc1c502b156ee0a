"""What a merchant has with us, by currency, and when it gets it."""

from collections.abc import Iterable
from functools import partial
from typing import Final

import msgspec

from vezne.core.ledger import OWN, Account, Balance
from vezne.core.payout import Payout, next_payout_ms
from vezne.panel.releases import Releases, find_releases
from vezne.panel.visit import Visit

# What the merchant is shown of the chart of accounts, in the order in which money moves.
_SHOWN: Final = (Account.PENDING, Account.BLOCKED, Account.AVAILABLE, Account.PAYING)
_FRESH_S: Final = 60.0
_NO_RELEASES: Final = Releases(days={})


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """What we owe a merchant in a currency; less than nothing where the merchant owes us.

    `sellers_e8` is what is its sub-merchants'. `releases` are days by their beginning, with what
    is released on them of `blocked_e8`; the rest, `later_e8`, comes later.
    """

    currency: str
    pending_e8: int
    blocked_e8: int
    available_e8: int
    paying_e8: int
    sellers_e8: int
    releases: list[tuple[int, int]]
    later_e8: int
    next_payout_ms: int
    last_payout: Payout | None


async def read_money(visit: Visit, now_ms: int) -> list[Money]:
    """The merchant's money in each currency that it has any in, or had."""
    books, merchant_id = visit.desk.ports.books, visit.merchant.id
    balances = await books.list_balances(merchant_id)
    currencies = sorted({item.currency for item in balances if item.account in _SHOWN})
    if not currencies:
        return []
    find = partial(find_releases, merchant_id, visit.desk.ports)
    # What is released is known by day: an hour ago or now makes no difference.
    releases = await visit.desk.releases.get(merchant_id, find, _FRESH_S) or _NO_RELEASES
    paid_until_ms = await books.find_paid_until(merchant_id)
    next_ms = next_payout_ms(max(paid_until_ms or 0, now_ms))
    return [
        _money(
            currency,
            [item for item in balances if item.currency == currency],
            releases,
            next_ms,
            await books.find_last_payout(merchant_id, currency, OWN),
        )
        for currency in currencies
    ]


def _money(
    currency: str,
    balances: Iterable[Balance],
    releases: Releases,
    next_ms: int,
    last_payout: Payout | None,
) -> Money:
    own = dict.fromkeys(_SHOWN, 0)
    sellers_e8 = 0
    for balance in balances:
        if balance.account not in own:
            continue
        # What we owe is a credit.
        if balance.party == OWN:
            own[balance.account] -= balance.amount_e8
        else:
            sellers_e8 -= balance.amount_e8
    return Money(
        currency=currency,
        pending_e8=own[Account.PENDING],
        blocked_e8=own[Account.BLOCKED],
        available_e8=own[Account.AVAILABLE],
        paying_e8=own[Account.PAYING],
        sellers_e8=sellers_e8,
        releases=releases.days.get(currency, []),
        later_e8=own[Account.BLOCKED] - releases.listed_e8(currency),
        next_payout_ms=next_ms,
        last_payout=last_payout,
    )
