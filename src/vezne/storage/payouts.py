"""Payouts as rows, and the payables that they take."""

from typing import Final

import msgspec

from vezne.core.changes import AddPayable, AddPayout, ChangePayout, MarkPaid
from vezne.core.money import UNIT
from vezne.core.payable import Batch, Payable, Unpaid
from vezne.core.payout import Payout, PayoutState
from vezne.engines.engine import Queries, Row, Write
from vezne.storage.documents import Documents
from vezne.storage.parties import change_carrying, take_turn

_ADD_PAYABLE = """INSERT INTO payables
(merchant_id, subject, version, party, currency, available_ms, amount_e8, document)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""

_TAKE = """UPDATE payables SET payout_number = ?
WHERE merchant_id = ? AND currency = ? AND party = ? AND payout_number IS NULL
AND (available_ms, subject, version) <= (?, ?, ?)"""

_GIVE_BACK = """UPDATE payables SET payout_number = NULL
WHERE merchant_id = ? AND payout_number = ?"""

_LIST_PAYABLES = """SELECT document FROM payables
WHERE merchant_id = ? AND payout_number = ? ORDER BY subject, version, party"""

_LIST_PAYABLES_AFTER = """SELECT subject, version, party, currency, document FROM payables
WHERE merchant_id = ? AND (subject, version, party) > (?, ?, ?)
ORDER BY subject, version, party LIMIT ?"""

# From one party to the next, beyond any time, because a party may have very many payables.
_NEXT: Final = f"""FROM payables WHERE merchant_id = ? AND payout_number IS NULL
AND (currency, party, available_ms) > (unpaid.currency, unpaid.party, {2**63 - 1})
ORDER BY currency, party LIMIT 1"""

_LIST_UNPAID_PARTIES: Final = f"""WITH RECURSIVE unpaid (currency, party) AS (
SELECT '', '' UNION ALL SELECT (SELECT currency {_NEXT}), (SELECT party {_NEXT})
FROM unpaid WHERE currency IS NOT NULL)
SELECT currency, party FROM unpaid WHERE (SELECT min(available_ms) FROM payables
WHERE merchant_id = ? AND currency = unpaid.currency AND party = unpaid.party
AND payout_number IS NULL) <= ?
UNION SELECT currency, party FROM parties WHERE merchant_id = ? AND is_carrying = 1
ORDER BY currency, party"""  # noqa: S608 - a constant of ours

_LIST_BATCH = """SELECT available_ms, subject, version, amount_e8 FROM payables
WHERE merchant_id = ? AND currency = ? AND party = ? AND available_ms <= ?
AND payout_number IS NULL ORDER BY available_ms, subject, version LIMIT ?"""

# Whole units apart from the rest, because a 64-bit sum of 1e-8 could overflow.
_SUM: Final = f"""SELECT count(*), CAST(coalesce(sum(amount_e8 / {UNIT}), 0) AS BIGINT),
CAST(coalesce(sum(amount_e8 % {UNIT}), 0) AS BIGINT) FROM payables WHERE merchant_id = ?"""  # noqa: S608 - a constant of ours

_SUM_UNPAID: Final = f"""{_SUM}
AND currency = ? AND party = ? AND available_ms <= ? AND payout_number IS NULL"""

_SUM_TAKEN: Final = f"{_SUM} AND payout_number = ?"

_ADD = """INSERT INTO payouts
(merchant_id, number, version, is_open, currency, party, sequence, value_ms, document)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""

_CHANGE = """UPDATE payouts SET version = ?, is_open = ?, document = ?
WHERE merchant_id = ? AND number = ? AND version = ?"""

_FIND_LAST = """SELECT document FROM payouts
WHERE merchant_id = ? AND currency = ? AND party = ? ORDER BY sequence DESC LIMIT 1"""

_LIST_OPEN = """SELECT document FROM payouts
WHERE merchant_id = ? AND is_open = 1 ORDER BY number"""

_LIST = """SELECT document FROM payouts
WHERE merchant_id = ? AND value_ms >= ? AND value_ms < ? ORDER BY value_ms, number"""

_LIST_AFTER = """SELECT number, document FROM payouts
WHERE merchant_id = ? AND number > ? ORDER BY number LIMIT ?"""

_LIST_IN_SEQUENCE = """SELECT document FROM payouts
WHERE merchant_id = ? AND (currency, party, sequence) > (?, ?, ?)
ORDER BY currency, party, sequence LIMIT ?"""

_FIRST_MARK = "INSERT INTO payout_days (merchant_id, paid_until_ms) VALUES (?, ?)"

_MARK = "UPDATE payout_days SET paid_until_ms = ? WHERE merchant_id = ? AND paid_until_ms = ?"

_FIND_MARK = "SELECT paid_until_ms FROM payout_days WHERE merchant_id = ?"

_payables: Final = Documents(Payable)
_payouts: Final = Documents(Payout)


def add_payable(change: AddPayable) -> Write:
    """The write that stores what a payout may take."""
    payable = change.payable
    return Write(
        _ADD_PAYABLE,
        (
            payable.merchant_id,
            payable.subject,
            payable.version,
            payable.party,
            payable.currency,
            payable.available_ms,
            payable.amount_e8,
            _payables.write(payable),
        ),
    )


def add_payout(change: AddPayout) -> tuple[Write, ...]:
    """The writes that store a payout and take its payables and its party's turn."""
    payout = change.payout
    row = (
        payout.merchant_id,
        payout.number,
        payout.version,
        int(payout.is_open),
        payout.currency,
        payout.party,
        payout.sequence,
        payout.value_ms,
        _payouts.write(payout),
    )
    key = (payout.merchant_id, payout.currency, payout.party)
    writes = (Write(_ADD, row), take_turn(key, change.turn, is_carrying=payout.is_carrying))
    if change.last is None:
        return writes
    return (*writes, Write(_TAKE, (payout.number, *key, *change.last), payout.payables))


def change_payout(change: ChangePayout) -> tuple[Write, ...]:
    """The writes that store a payout's next version."""
    payout = change.payout
    new = (payout.version, int(payout.is_open), _payouts.write(payout))
    old = (payout.merchant_id, payout.number, payout.version - 1)
    change_row = Write(_CHANGE, (*new, *old))
    if payout.state is not PayoutState.BOUNCED:
        return (change_row,)
    key = (payout.merchant_id, payout.currency, payout.party)
    return (
        change_row,
        change_carrying(key, is_carrying=payout.is_carrying),
        Write(_GIVE_BACK, (payout.merchant_id, payout.number), payout.payables),
    )


def mark_paid(change: MarkPaid) -> Write:
    """The write that says until when a merchant's payouts are made."""
    if change.instead_of_ms is None:
        return Write(_FIRST_MARK, (change.merchant_id, change.paid_until_ms))
    return Write(_MARK, (change.paid_until_ms, change.merchant_id, change.instead_of_ms))


async def find_last_payout(
    engine: Queries, merchant_id: int, currency: str, party: str
) -> Payout | None:
    """A party's payout in a currency that no other follows."""
    rows = await engine.fetch(_FIND_LAST, (merchant_id, currency, party))
    return _payouts.read(rows[0][0]) if rows else None


async def list_open_payouts(engine: Queries, merchant_id: int) -> list[Payout]:
    """A merchant's payouts that are on their way, oldest first."""
    rows = await engine.fetch(_LIST_OPEN, (merchant_id,))
    return [_payouts.read(document) for (document,) in rows]


async def list_payouts(
    engine: Queries, merchant_id: int, since_ms: int, until_ms: int
) -> list[Payout]:
    """A merchant's payouts whose value date lies between two times, in that order."""
    rows = await engine.fetch(_LIST, (merchant_id, since_ms, until_ms))
    return [_payouts.read(document) for (document,) in rows]


async def list_payouts_after(
    engine: Queries, merchant_id: int, number: int, limit: int
) -> list[Payout]:
    """A merchant's payouts beyond a number, in the order of their numbers."""
    rows = await engine.fetch(_LIST_AFTER, (merchant_id, number, limit))
    return [_payouts.read_as(document, {"number": number}) for number, document in rows]


async def list_payables(engine: Queries, merchant_id: int, payout_number: int) -> list[Payable]:
    """What a payout has taken, in the order of the subjects that it comes from."""
    rows = await engine.fetch(_LIST_PAYABLES, (merchant_id, payout_number))
    return [_payables.read(document) for (document,) in rows]


async def list_unpaid_parties(
    engine: Queries, merchant_id: int, until_ms: int
) -> list[tuple[str, str]]:
    """The currencies and parties that something may be paid to."""
    rows = await engine.fetch(
        _LIST_UNPAID_PARTIES, (merchant_id, merchant_id, merchant_id, until_ms, merchant_id)
    )
    return msgspec.convert(rows, list[tuple[str, str]])


async def find_batch(
    engine: Queries, merchant_id: int, party: tuple[str, str], until_ms: int, limit: int
) -> Batch:
    """The first of the payables of a party, named by currency and key, that no payout has taken."""
    rows = await engine.fetch(_LIST_BATCH, (merchant_id, *party, until_ms, limit))
    found = msgspec.convert(rows, list[tuple[int, int, int, int]])
    return Batch(len(found), sum(row[-1] for row in found), found[-1][:3] if found else None)


async def sum_unpaid(
    engine: Queries, merchant_id: int, party: tuple[str, str], until_ms: int
) -> Unpaid:
    """The payables of a party, named by currency and key, that no payout has taken."""
    return _unpaid_from(await engine.fetch(_SUM_UNPAID, (merchant_id, *party, until_ms)))


async def sum_taken(engine: Queries, merchant_id: int, payout_number: int) -> Unpaid:
    """The payables that a payout has taken."""
    return _unpaid_from(await engine.fetch(_SUM_TAKEN, (merchant_id, payout_number)))


async def list_payouts_in_sequence(
    engine: Queries, merchant_id: int, after: tuple[str, str, int], limit: int
) -> list[Payout]:
    """A merchant's payouts by currency, party and sequence, beyond one of them."""
    rows = await engine.fetch(_LIST_IN_SEQUENCE, (merchant_id, *after, limit))
    return [_payouts.read(document) for (document,) in rows]


async def list_payables_after(
    engine: Queries, merchant_id: int, after: tuple[int, int, str], limit: int
) -> list[Payable]:
    """A merchant's payables by subject, version and party, beyond one of them."""
    rows = await engine.fetch(_LIST_PAYABLES_AFTER, (merchant_id, *after, limit))
    names = ("subject", "version", "party", "currency")
    return [_payables.read_as(row[-1], dict(zip(names, row, strict=False))) for row in rows]


async def find_paid_until(engine: Queries, merchant_id: int) -> int | None:
    """Until when a merchant's payouts are made."""
    rows = await engine.fetch(_FIND_MARK, (merchant_id,))
    return msgspec.convert(rows[0][0], int) if rows else None


def _unpaid_from(rows: list[Row]) -> Unpaid:
    ((count, units, rest_e8),) = msgspec.convert(rows, list[tuple[int, int, int]])
    return Unpaid(count, units * UNIT + rest_e8)
