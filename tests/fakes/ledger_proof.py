"""A second opinion on the books: read with nothing but sqlite3, proven with nothing but sums."""

import sqlite3
from collections import Counter, defaultdict
from pathlib import Path

import msgspec

from vezne.core.ledger import Account, Booking, position
from vezne.core.money import UNIT
from vezne.core.payment import Payment

_payments = msgspec.json.Decoder(Payment)
_bookings = msgspec.json.Decoder(Booking)


def prove_books(database: Path) -> list[Payment]:
    """Every payment of a books database, whose ledger adds up as of one moment.

    Each entry sums to zero, a payment's bookings sum to what its state says, and the balances are
    the sums of all bookings. Fails otherwise.
    """
    connection = sqlite3.connect(database)
    try:
        connection.execute("BEGIN")
        payments = [
            _payments.decode(row[0]) for row in connection.execute("SELECT document FROM payments")
        ]
        bookings = [
            _bookings.decode(row[0])
            for row in connection.execute("SELECT document FROM ledger_bookings")
        ]
        balances = _balances(connection)
    finally:
        connection.close()
    by_subject, by_party = defaultdict(Counter), Counter()
    for booking in bookings:
        for entry in booking.entries:
            assert sum(posting.amount_e8 for posting in entry.postings) == 0
            for posting in entry.postings:
                key = (entry.kind, posting.account, posting.party)
                by_subject[booking.merchant_id, booking.subject][key] += posting.amount_e8
                place = (booking.merchant_id, booking.currency, posting.party, posting.account)
                by_party[place] += posting.amount_e8
    for payment in payments:
        held = Counter(
            {
                (kind, account, party): amount_e8
                for kind, amounts in position(payment).items()
                for (account, party), amount_e8 in amounts.items()
            }
        )
        assert _nonzero(held) == _nonzero(by_subject[payment.merchant_id, payment.number])
    assert _nonzero(balances) == _nonzero(by_party)
    return payments


def unanswered(database: Path) -> int:
    """How many payments wait for a bank's answer."""
    return sum(payment.open_attempt is not None for payment in prove_books(database))


def _balances(connection: sqlite3.Connection) -> Counter:
    connection.row_factory = sqlite3.Row
    sums = Counter()
    for row in connection.execute("SELECT * FROM balances"):
        for account in Account:
            amount_e8 = row[f"{account}_units"] * UNIT + row[f"{account}_e8"]
            sums[row["merchant_id"], row["currency"], row["party"], account] += amount_e8
    return sums


def _nonzero(sums: Counter) -> dict:
    return {key: amount_e8 for key, amount_e8 in sums.items() if amount_e8}
