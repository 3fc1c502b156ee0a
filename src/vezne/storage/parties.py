"""Whose turn it is to spend a party's money, as rows."""

from typing import Final

import msgspec

from vezne.engines.engine import Queries, Write

_ADD = """INSERT INTO parties (merchant_id, currency, party, turn, is_carrying)
VALUES (?, ?, ?, 1, ?)"""

_SPEND = """UPDATE parties SET turn = ?
WHERE merchant_id = ? AND currency = ? AND party = ? AND turn = ?"""

_SPEND_AND_CARRY = """UPDATE parties SET turn = ?, is_carrying = ?
WHERE merchant_id = ? AND currency = ? AND party = ? AND turn = ?"""

_CARRY = """UPDATE parties SET is_carrying = ?
WHERE merchant_id = ? AND currency = ? AND party = ?"""

_FIND_TURN = "SELECT turn FROM parties WHERE merchant_id = ? AND currency = ? AND party = ?"

# A merchant, a currency and a party.
Key = tuple[int, str, str]

_FIRST: Final = 1


def take_turn(key: Key, turn: int, *, is_carrying: bool | None = None) -> Write:
    """The write by which a party's money is spent once more, if nobody else has taken the turn.

    `is_carrying` is whether its last payout leaves over as much as can be paid; None keeps that.
    """
    if turn == _FIRST:
        return Write(_ADD, (*key, int(is_carrying or False)))
    if is_carrying is None:
        return Write(_SPEND, (turn, *key, turn - 1))
    return Write(_SPEND_AND_CARRY, (turn, int(is_carrying), *key, turn - 1))


def change_carrying(key: Key, *, is_carrying: bool) -> Write:
    """The write that says whether a party's last payout leaves over as much as can be paid."""
    return Write(_CARRY, (int(is_carrying), *key))


async def find_turn(engine: Queries, key: Key) -> int:
    """How often a party's money was spent."""
    rows = await engine.fetch(_FIND_TURN, key)
    return msgspec.convert(rows[0][0], int) if rows else 0
