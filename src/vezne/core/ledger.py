"""The double-entry ledger: what the books must hold for a payment, and how it got there.

A payment's `position` is what its state means in money. A booking is the difference between two
positions, entry by entry, and every entry sums to zero: nothing can be booked that the payment's
state does not say, and nothing that it says can be forgotten.

Amounts are in 1e-8 of the booking's currency; debits are positive, credits negative. What we owe
somebody is therefore negative.
"""

import enum
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Final

import msgspec

from vezne.core.money import share
from vezne.core.payment import Chargeback, Payment, PaymentState, Refund
from vezne.core.pricing import PricedLine


class Account(enum.StrEnum):
    """The chart of accounts. The first two are a memorandum: money promised, not moved."""

    AUTHORIZED = "authorized"
    AUTHORIZATIONS = "authorizations"
    ACQUIRER = "acquirer"
    PENDING = "pending"
    AVAILABLE = "available"
    BLOCKED = "blocked"
    PAYING = "paying"
    BANK = "bank"
    COMMISSION = "commission"
    FEE = "fee"
    SHORTFALL = "shortfall"
    ROUNDING = "rounding"


class EntryKind(enum.StrEnum):
    """What an entry is about. One that takes money back has the kind of what it undoes."""

    HOLD = "hold"
    CAPTURE = "capture"
    COMMISSION = "commission"
    BLOCKAGE = "blockage"
    SHARE = "share"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    RELEASE = "release"
    MATURITY = "maturity"
    PAYOUT = "payout"
    PAYOUT_SENT = "payout_sent"
    CROSS_BOOKING = "cross_booking"


# The party of the merchant itself; any other is the key of a sub-merchant.
OWN: Final = ""


class Posting(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An amount on an account of a party."""

    account: Account
    party: str
    amount_e8: int


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Postings that belong together and sum to zero."""

    kind: EntryKind
    postings: tuple[Posting, ...]


class Booking(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The entries of one event of a subject: a payment's, by its version, or another's.

    There is at most one booking for a version of a subject.
    """

    merchant_id: int
    subject: int
    version: int
    currency: str
    booked_ms: int
    entries: tuple[Entry, ...]


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """What is on an account of a party in a currency."""

    currency: str
    party: str
    account: Account
    amount_e8: int


Amounts = Mapping[tuple[Account, str], int]
Position = Mapping[EntryKind, Amounts]

_NOTHING: Final[Position] = {}
_sub_merchant_of: Final = attrgetter("sub_merchant")
_NO_AMOUNTS: Final[Amounts] = {}

# What every captured payment needs, found once.
_CAPTURED: Final = PaymentState.CAPTURED
_AUTHORIZED: Final = PaymentState.AUTHORIZED
_CAPTURE: Final = EntryKind.CAPTURE
_CHARGES: Final = EntryKind.COMMISSION
_BLOCKAGE: Final = EntryKind.BLOCKAGE
_ACQUIRER: Final = Account.ACQUIRER
_PENDING: Final = Account.PENDING
_BLOCKED: Final = Account.BLOCKED
_COMMISSION: Final = Account.COMMISSION
_FEE: Final = Account.FEE
_SHORTFALL: Final = Account.SHORTFALL
_ROUNDING: Final = Account.ROUNDING


def position(payment: Payment) -> Position:
    """What the books hold for a payment as it stands, by kind of entry."""
    if payment.state is _CAPTURED:
        return _captured(payment)
    if payment.state is _AUTHORIZED:
        return {
            EntryKind.HOLD: {
                (Account.AUTHORIZED, OWN): payment.paid_e8,
                (Account.AUTHORIZATIONS, OWN): -payment.paid_e8,
            }
        }
    return _NOTHING


def booking_between(before: Payment, after: Payment, booked_ms: int) -> Booking | None:
    """What moves the books from one version of a payment to another; None when nothing does."""
    if before.state is not _CAPTURED and before.state is not _AUTHORIZED and _is_just_taken(after):
        # The way of every new payment.
        entries = tuple(_taken(after, 0))
    else:
        entries = entries_between(position(before), position(after))
    if not entries:
        return None
    return Booking(
        merchant_id=after.merchant_id,
        subject=after.number,
        version=after.version,
        currency=after.currency,
        booked_ms=booked_ms,
        entries=entries,
    )


def entries_between(old: Position, new: Position) -> tuple[Entry, ...]:
    """What moves the books from one position to another."""
    if old is new:
        return ()
    entries: list[Entry] = []
    for kind in EntryKind:
        if kind not in old and kind not in new:
            continue
        amounts = _difference(old.get(kind, _NO_AMOUNTS), new.get(kind, _NO_AMOUNTS))
        postings = [Posting(account, party, e8) for (account, party), e8 in amounts.items() if e8]
        if postings:
            entries.append(Entry(kind, tuple(postings)))
    return tuple(entries)


class Due(msgspec.Struct, frozen=True):
    """What of a line is payable to a party."""

    line_number: int
    party: str
    amount_e8: int


def due_amounts(payment: Payment) -> list[Due]:
    """What a payment has made payable so far, line by line: the money on `available`."""
    if payment.state is not PaymentState.CAPTURED or payment.matured_ms is None:
        return []
    is_released = payment.released_ms is not None
    return [
        Due(number, party, amount_e8)
        for number, line in zip(payment.line_numbers, _lines(payment), strict=True)
        if line.is_due
        for party, amount_e8 in _due_of(line, is_released=is_released)
    ]


def _difference(old: Amounts, new: Amounts) -> Amounts:
    return {key: new.get(key, 0) - old.get(key, 0) for key in {**old, **new}}


class _Line(msgspec.Struct, frozen=True):
    """What a line means for its parties. `is_due` says whether its money is payable."""

    figures: PricedLine
    seller: str
    refunded_e8: int
    charged_back_e8: int
    is_due: bool

    @property
    def seller_share_e8(self) -> int:
        """What of the line belongs to its sub-merchant, blocked money included."""
        if not self.seller:
            return 0
        return self.figures.sub_merchant_payout_e8 + self.figures.sub_merchant_blockage_e8

    @property
    def seller_refund_e8(self) -> int:
        """What of the refunds the sub-merchant bears: as much of them as of the line."""
        return self._borne_e8(self.refunded_e8)

    @property
    def taken_back_e8(self) -> int:
        """What was refunded and charged back."""
        return self.refunded_e8 + self.charged_back_e8

    @property
    def seller_taken_back_e8(self) -> int:
        """What of both the sub-merchant bears."""
        return self._borne_e8(self.taken_back_e8)

    def _borne_e8(self, amount_e8: int) -> int:
        if not amount_e8 or not self.seller:
            return 0
        return share(amount_e8, self.seller_share_e8, self.figures.paid_e8)


def _lines(payment: Payment) -> list[_Line]:
    is_mature = payment.matured_ms is not None
    if not (payment.refunds or payment.chargebacks or _has_sellers(payment)):
        return [_Line(figures, OWN, 0, 0, is_mature) for figures in payment.pricing.lines]
    refunded, charged_back = _by_line(payment.refunds), _by_line(payment.chargebacks)
    sellers = [line.sub_merchant or OWN for line in payment.lines] or [OWN]
    return [
        _Line(
            figures=figures,
            seller=seller,
            refunded_e8=refunded.get(number, 0),
            charged_back_e8=charged_back.get(number, 0),
            is_due=is_mature and (not seller or number in payment.approved_lines),
        )
        for number, figures, seller in zip(
            payment.line_numbers, payment.pricing.lines, sellers, strict=True
        )
    ]


def _has_sellers(payment: Payment) -> bool:
    return any(map(_sub_merchant_of, payment.lines))


def _by_line(items: Sequence[Refund | Chargeback]) -> dict[int, int]:
    amounts: dict[int, int] = {}
    for item in items:
        amounts[item.line_number] = amounts.get(item.line_number, 0) + item.amount_e8
    return amounts


def _captured(payment: Payment) -> Position:
    """A captured payment: what the acquirer owes us, and whom we owe it."""
    lines = _lines(payment)
    is_released, is_mature = payment.released_ms is not None, payment.matured_ms is not None
    amounts: dict[EntryKind, Amounts] = {
        entry.kind: {(item.account, item.party): item.amount_e8 for item in entry.postings}
        for entry in _taken(payment, sum(line.seller_share_e8 for line in lines))
    }
    if _has_sellers(payment):
        amounts[EntryKind.SHARE] = _shared(lines)
    if payment.refunds:
        amounts[EntryKind.REFUND] = _taken_back(
            (line.seller, line.refunded_e8, line.seller_refund_e8) for line in lines
        )
    if payment.chargebacks:
        amounts[EntryKind.CHARGEBACK] = _taken_back(
            (x.seller, x.charged_back_e8, x.seller_taken_back_e8 - x.seller_refund_e8)
            for x in lines
        )
    if is_released:
        amounts[EntryKind.RELEASE] = _released(lines)
    if is_mature:
        amounts[EntryKind.MATURITY] = _matured(lines, is_released=is_released)
    return amounts


def _is_just_taken(payment: Payment) -> bool:
    """Whether a payment is captured, and nothing was shared, due, released or taken back yet."""
    if payment.state is not _CAPTURED or payment.refunds or payment.chargebacks:
        return False
    return payment.matured_ms is None and payment.released_ms is None and not _has_sellers(payment)


def _taken(payment: Payment, sellers_e8: int) -> list[Entry]:
    """What was captured, what we charge for it, and what is withheld.

    `sellers_e8` is what belongs to sub-merchants. What commission and fee take beyond what a line
    has is our loss.
    """
    lines_e8 = commission_e8 = fee_e8 = payout_e8 = blockage_e8 = 0
    for line in payment.pricing.lines:
        lines_e8 += line.paid_e8
        commission_e8 += line.commission_e8
        fee_e8 += line.fee_e8
        payout_e8 += line.payout_e8
        blockage_e8 += line.blockage_e8
    collected_e8 = lines_e8 - payout_e8 - blockage_e8 - sellers_e8
    shortfall_e8 = commission_e8 + fee_e8 - collected_e8
    capture = [Posting(_ACQUIRER, OWN, payment.paid_e8), Posting(_PENDING, OWN, -lines_e8)]
    if lines_e8 != payment.paid_e8:
        capture.append(Posting(_ROUNDING, OWN, lines_e8 - payment.paid_e8))
    charges: list[Posting] = []
    if collected_e8:
        charges.append(Posting(_PENDING, OWN, collected_e8))
    if commission_e8:
        charges.append(Posting(_COMMISSION, OWN, -commission_e8))
    if fee_e8:
        charges.append(Posting(_FEE, OWN, -fee_e8))
    if shortfall_e8:
        charges.append(Posting(_SHORTFALL, OWN, shortfall_e8))
    entries = [Entry(_CAPTURE, tuple(capture))]
    if charges:
        entries.append(Entry(_CHARGES, tuple(charges)))
    if blockage_e8:
        withheld = (Posting(_PENDING, OWN, blockage_e8), Posting(_BLOCKED, OWN, -blockage_e8))
        entries.append(Entry(_BLOCKAGE, withheld))
    return entries


def _shared(lines: list[_Line]) -> Amounts:
    """The parts of sub-merchants, out of the merchant's."""
    amounts: dict[tuple[Account, str], int] = {}
    for line in lines:
        if line.seller:
            _add(amounts, Account.PENDING, OWN, line.seller_share_e8)
            _add(amounts, Account.PENDING, line.seller, -line.figures.sub_merchant_payout_e8)
            _add(amounts, Account.BLOCKED, line.seller, -line.figures.sub_merchant_blockage_e8)
    return amounts


def _taken_back(lines: Iterable[tuple[str, int, int]]) -> Amounts:
    """What was given back, by those who would have got it. Commission is not given back.

    Of each line its seller, the amount, and what of it the seller bears.
    """
    amounts: dict[tuple[Account, str], int] = {}
    for seller, amount_e8, borne_e8 in lines:
        _add(amounts, Account.ACQUIRER, OWN, -amount_e8)
        _add(amounts, Account.PENDING, OWN, amount_e8 - borne_e8)
        _add(amounts, Account.PENDING, seller, borne_e8)
    return amounts


def _released(lines: list[_Line]) -> Amounts:
    """Withheld money, back among what becomes due."""
    amounts: dict[tuple[Account, str], int] = {}
    for line in lines:
        figures = line.figures
        for party, amount_e8 in (
            (OWN, figures.blockage_e8),
            (line.seller, figures.sub_merchant_blockage_e8),
        ):
            _add(amounts, Account.BLOCKED, party, amount_e8)
            _add(amounts, Account.PENDING, party, -amount_e8)
    return amounts


def _matured(lines: list[_Line], *, is_released: bool) -> Amounts:
    """The money of the lines that are due, less what was given back of it."""
    amounts: dict[tuple[Account, str], int] = {}
    for line in lines:
        if not line.is_due:
            continue
        for party, amount_e8 in _due_of(line, is_released=is_released):
            _add(amounts, Account.PENDING, party, amount_e8)
            _add(amounts, Account.AVAILABLE, party, -amount_e8)
    return amounts


def _due_of(line: _Line, *, is_released: bool) -> list[tuple[str, int]]:
    """What of a line that is due belongs to whom, less what was given back of it."""
    own_e8 = line.figures.payout_e8 - line.taken_back_e8 + line.seller_taken_back_e8
    if is_released:
        own_e8 += line.figures.blockage_e8
    if not line.seller:
        return [(OWN, own_e8)]
    seller_e8 = line.figures.sub_merchant_payout_e8 - line.seller_taken_back_e8
    if is_released:
        seller_e8 += line.figures.sub_merchant_blockage_e8
    return [(OWN, own_e8), (line.seller, seller_e8)]


def _add(
    amounts: dict[tuple[Account, str], int], account: Account, party: str, amount_e8: int
) -> None:
    amounts[account, party] = amounts.get((account, party), 0) + amount_e8
