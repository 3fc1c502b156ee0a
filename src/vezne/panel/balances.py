"""What a merchant has with us, by currency, and when it gets it."""

from collections.abc import Iterable
from functools import partial
from typing import Final

import msgspec

from vezne.core.calendar import midnight_after_days
from vezne.core.ledger import OWN, Account, Balance
from vezne.core.merchant import Merchant
from vezne.core.payout import Payout, PayoutState, next_payout_ms
from vezne.panel.releases import Releases, find_releases
from vezne.panel.visit import Visit

# What the merchant is shown of the chart of accounts, in the order in which money moves.
_SHOWN: Final = (Account.PENDING, Account.BLOCKED, Account.AVAILABLE, Account.PAYING)
_FRESH_S: Final = 60.0


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """What we owe a merchant in a currency; less than nothing where the merchant owes us.

    `sellers_e8` is what is its sub-merchants'. `releases` are days by their beginning, with what
    is released on them of `blocked_e8`; the rest, `later_e8`, comes later. Releases are None where
    they are not known just now, `next_payout_ms` where nothing will be sent.
    """

    currency: str
    pending_e8: int
    blocked_e8: int
    available_e8: int
    paying_e8: int
    sellers_e8: int
    releases: list[tuple[int, int]] | None
    later_e8: int
    next_payout_ms: int | None = None
    last_payout: Payout | None = None


async def read_money(visit: Visit, now_ms: int) -> list[Money]:
    """The merchant's money in each currency that it has any in, or had."""
    books, merchant_id = visit.desk.ports.books, visit.merchant.id
    balances = await books.list_balances(merchant_id)
    currencies = sorted({item.currency for item in balances if item.account in _SHOWN})
    if not currencies:
        return []
    known = await _find_releases(visit, balances, now_ms)
    paid_until_ms = await books.find_paid_until(merchant_id)
    next_ms = next_payout_ms(max(paid_until_ms or 0, now_ms))
    rows = []
    for currency in currencies:
        last = await books.find_last_payout(merchant_id, currency, OWN)
        own = [item for item in balances if item.currency == currency]
        money = _money(currency, own, known, midnight_after_days(now_ms, 0))
        is_sent = last is None or not _would_come_back(last, visit.merchant)
        rows.append(
            msgspec.structs.replace(
                money, last_payout=last, next_payout_ms=next_ms if is_sent else None
            )
        )
    return rows


async def _find_releases(visit: Visit, balances: Iterable[Balance], now_ms: int) -> Releases | None:
    """The releases of what is withheld now; None: they are still being looked for."""
    merchant = visit.merchant
    withheld = sorted(
        (item.currency, item.amount_e8)
        for item in balances
        if item.account is Account.BLOCKED and item.party == OWN
    )
    # Found for these balances, on this day of this clock: dates of others would contradict them.
    key = (
        merchant.id,
        midnight_after_days(now_ms, 0),
        merchant.clock_offset_ms,
        tuple(withheld),
    )
    find = partial(find_releases, merchant.id, visit.desk.ports)
    return await visit.desk.releases.get(key, find, _FRESH_S)


def _would_come_back(last: Payout, merchant: Merchant) -> bool:
    """Whether the last payout came back from the account that is still the merchant's."""
    return last.state is PayoutState.BOUNCED and last.iban == merchant.settings.iban


def _money(
    currency: str, balances: Iterable[Balance], known: Releases | None, today_ms: int
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
    blocked_e8 = own[Account.BLOCKED]
    releases = None if known is None else known.fitting(currency, blocked_e8, today_ms)
    return Money(
        currency=currency,
        pending_e8=own[Account.PENDING],
        blocked_e8=blocked_e8,
        available_e8=own[Account.AVAILABLE],
        paying_e8=own[Account.PAYING],
        sellers_e8=sellers_e8,
        releases=releases,
        later_e8=blocked_e8 - sum(amount_e8 for _, amount_e8 in releases or []),
    )
