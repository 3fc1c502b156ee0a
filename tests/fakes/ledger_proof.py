"""A second opinion on the books: read with nothing but SQL, proven with nothing but sums."""

from collections import Counter, defaultdict
from pathlib import Path

import msgspec

from fakes.databases import query_together
from vezne.core.ledger import Account, Booking, position
from vezne.core.money import UNIT
from vezne.core.payment import Payment

_payments = msgspec.json.Decoder(Payment)
_bookings = msgspec.json.Decoder(Booking)


def prove_books(data: Path) -> list[Payment]:
    """Every payment in the books of a data directory, whose ledger adds up as of one moment.

    Each entry sums to zero, a payment's bookings sum to what its state says, and the balances are
    the sums of all bookings. Fails otherwise.
    """
    rows = query_together(
        data,
        "books",
        "SELECT document FROM payments",
        "SELECT document FROM ledger_bookings",
        "SELECT * FROM balances",
    )
    payments = [_payments.decode(row["document"]) for row in rows[0]]
    bookings = [_bookings.decode(row["document"]) for row in rows[1]]
    balances = _balances(rows[2])
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


def unanswered(data: Path) -> int:
    """How many payments wait for a bank's answer."""
    return sum(payment.open_attempt is not None for payment in prove_books(data))


def _balances(rows: list[dict]) -> Counter:
    sums = Counter()
    for row in rows:
        for account in Account:
            amount_e8 = row[f"{account}_units"] * UNIT + row[f"{account}_e8"]
            sums[row["merchant_id"], row["currency"], row["party"], account] += amount_e8
    return sums


def _nonzero(sums: Counter) -> dict:
    return {key: amount_e8 for key, amount_e8 in sums.items() if amount_e8}
