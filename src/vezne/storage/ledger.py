"""The ledger as rows: bookings, which are only ever added, and the balances that they sum to.

A balance has two columns for each account: whole units and the rest in 1e-8, both of which are
only added to. Their sum cannot overflow within any merchant's lifetime.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import msgspec

from vezne.core.ledger import Account, Balance, Booking
from vezne.core.money import UNIT
from vezne.engines.engine import Queries, Row, Write
from vezne.storage.documents import Documents

_ADD = """INSERT INTO ledger_bookings (merchant_id, subject, version, document)
VALUES (?, ?, ?, ?)"""

_LIST = """SELECT subject, version, document FROM ledger_bookings
WHERE merchant_id = ? AND (subject, version) > (?, ?) ORDER BY subject, version LIMIT ?"""

_COLUMNS: Final = [f"{account}_{part}" for account in Account for part in ("units", "e8")]
_PLACES: Final = {account: 2 * place for place, account in enumerate(Account)}

# The names are those of the accounts, no caller's.
_ADD_TO_BALANCE: Final = f"""INSERT INTO balances
(merchant_id, currency, party, shard, {", ".join(_COLUMNS)})
VALUES (?, ?, ?, ?{", ?" * len(_COLUMNS)})
ON CONFLICT (merchant_id, currency, party, shard) DO UPDATE SET
{", ".join(f"{name} = balances.{name} + excluded.{name}" for name in _COLUMNS)}"""  # noqa: S608

_BALANCES: Final = f"""SELECT currency, party, {", ".join(_COLUMNS)} FROM balances
WHERE merchant_id = ?"""  # noqa: S608

_BALANCES_OF: Final = f"{_BALANCES} AND currency = ? AND party = ?"

_documents: Final = Documents(Booking)


def add_booking(booking: Booking, shard: int) -> tuple[Write, ...]:
    """The writes that store a booking and add it to its merchant's balances."""
    key = (booking.merchant_id, booking.subject, booking.version)
    columns: dict[str, list[int]] = {}
    for entry in booking.entries:
        for posting in entry.postings:
            row = columns.setdefault(posting.party, [0] * len(_COLUMNS))
            units, rest_e8 = divmod(posting.amount_e8, UNIT)
            place = _PLACES[posting.account]
            row[place] += units
            row[place + 1] += rest_e8
    return (
        Write(_ADD, (*key, _documents.write(booking))),
        *(
            Write(_ADD_TO_BALANCE, (booking.merchant_id, booking.currency, party, shard, *row))
            for party, row in columns.items()
        ),
    )


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
