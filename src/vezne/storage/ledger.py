"""The ledger as rows: bookings, which are only ever added, and the balances that they sum to.

A balance has two columns for each account: whole units and the rest in 1e-8, both of which are
only added to. Their sum cannot overflow within any merchant's lifetime.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import msgspec

from vezne.core.ledger import Account, Balance, Booking
from vezne.core.money import UNIT
from vezne.engines.engine import Queries, Row, Value, Write
from vezne.storage.documents import Documents

_ADD = """INSERT INTO ledger_bookings (merchant_id, subject, version, document)
VALUES (?, ?, ?, ?)"""

_LIST = """SELECT subject, version, document FROM ledger_bookings
WHERE merchant_id = ? AND (subject, version) > (?, ?) ORDER BY subject, version LIMIT ?"""

# The statements for the last sets of accounts that bookings were about; there are few.
STATEMENTS_MAX: Final = 64


def _columns(accounts: Iterable[Account]) -> list[str]:
    """The names of their columns, which are those of the accounts, no caller's."""
    return [f"{account}_{part}" for account in accounts for part in ("units", "e8")]


_BALANCES: Final = f"""SELECT currency, party, {", ".join(_columns(Account))} FROM balances
WHERE merchant_id = ?"""  # noqa: S608

_BALANCES_OF: Final = f"{_BALANCES} AND currency = ? AND party = ?"

_documents: Final = Documents(Booking)


def add_booking(booking: Booking, shard: int) -> list[Write]:
    """The writes that store a booking and add it to its merchant's balances."""
    merchant_id = booking.merchant_id
    row = (merchant_id, booking.subject, booking.version, _documents.write(booking))
    writes = [Write(_ADD, row)]
    sums: dict[str, dict[Account, int]] = {}
    party, amounts = None, {}
    for entry in booking.entries:
        for posting in entry.postings:
            if posting.party != party:
                party = posting.party
                amounts = sums.setdefault(party, {})
            account = posting.account
            amounts[account] = amounts.get(account, 0) + posting.amount_e8
    for party, amounts in sums.items():
        params: list[Value] = [merchant_id, booking.currency, party, shard]
        for amount_e8 in amounts.values():
            params += divmod(amount_e8, UNIT)
        writes.append(Write(_add_to_balance(tuple(amounts)), tuple(params)))
    return writes


@lru_cache(maxsize=STATEMENTS_MAX)
def _add_to_balance(accounts: tuple[Account, ...]) -> str:
    """The statement that adds to these accounts of a party, and makes its row where it has none."""
    touched = _columns(accounts)
    others = _columns(account for account in Account if account not in accounts)
    return f"""INSERT INTO balances
(merchant_id, currency, party, shard, {", ".join(touched + others)})
VALUES (?, ?, ?, ?{", ?" * len(touched)}{", 0" * len(others)})
ON CONFLICT (merchant_id, currency, party, shard) DO UPDATE SET
{", ".join(f"{name} = balances.{name} + excluded.{name}" for name in touched)}"""  # noqa: S608


async def list_bookings(
    engine: Queries, merchant_id: int, after: tuple[int, int], limit: int
) -> list[Booking]:
    """A merchant's bookings beyond a subject and version, in that order."""
    rows = await engine.fetch(_LIST, (merchant_id, *after, limit))
    return [
        _documents.read_as(document, {"subject": subject, "version": version})
        for subject, version, document in rows
    ]


async def list_balances(engine: Queries, merchant_id: int) -> list[Balance]:
    """What is on a merchant's accounts, and on those of its sub-merchants, by currency."""
    return _summed(await engine.fetch(_BALANCES, (merchant_id,)))


async def list_balances_of(
    engine: Queries, merchant_id: int, currency: str, party: str
) -> list[Balance]:
    """What is on the accounts of the merchant itself or a sub-merchant in a currency."""
    return _summed(await engine.fetch(_BALANCES_OF, (merchant_id, currency, party)))


def _summed(rows: Iterable[Row]) -> list[Balance]:
    """The rows of all shards, added up."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * len(Account))
    for currency, party, *amounts in rows:
        row = sums[str(currency), str(party)]
        numbers = msgspec.convert(amounts, list[int])
        for place, (units, rest_e8) in enumerate(zip(numbers[::2], numbers[1::2], strict=True)):
            row[place] += units * UNIT + rest_e8
    return [
        Balance(currency=currency, party=party, account=account, amount_e8=amount_e8)
        for (currency, party), row in sorted(sums.items())
        for account, amount_e8 in zip(Account, row, strict=True)
        if amount_e8
    ]
