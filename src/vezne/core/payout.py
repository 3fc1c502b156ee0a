"""The payout: money on its way to the account of a merchant or of a sub-merchant.

A payout takes what is available to a party in a currency: at most so many payables, and another one
takes the next. Banks move whole kuruş, so what is below one is carried over to the party's next
payout. A balance that is not positive is not paid: it waits, and is set off against what becomes
available later.
"""

import enum
from typing import Final

import msgspec

from vezne.core.business_days import value_time_ms
from vezne.core.ledger import Account, Booking, EntryKind, Position, entries_between
from vezne.core.money import UNIT
from vezne.core.payable import Unpaid

# Bounds how long one transaction keeps all others waiting.
PAYABLES_MAX: Final = 10_000
_SMALLEST_E8: Final = UNIT // 100


class PayoutState(enum.StrEnum):
    """Where a payout stands. A bounced one has given its money back."""

    PLANNED = "planned"
    SENT = "sent"
    COMPLETED = "completed"
    BOUNCED = "bounced"


_NEXT: Final[dict[PayoutState, frozenset[PayoutState]]] = {
    PayoutState.PLANNED: frozenset({PayoutState.SENT}),
    PayoutState.SENT: frozenset({PayoutState.COMPLETED, PayoutState.BOUNCED}),
    PayoutState.COMPLETED: frozenset(),
    PayoutState.BOUNCED: frozenset(),
}


class Payout(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One transfer to a party's account. `party` is empty for the merchant itself.

    `sequence` counts the party's payouts in the currency: each begins where the one before it
    ended. `payables` is how many payables it took, `taken_e8` their sum; `carried_in_e8` is what
    the one before it left over. The value date is the day that begins at `value_ms` in Istanbul.
    """

    merchant_id: int
    number: int
    version: int
    state: PayoutState
    party: str
    currency: str
    sequence: int
    value_ms: int
    payables: int
    taken_e8: int
    carried_in_e8: int
    amount_e8: int
    iban: str
    planned_ms: int
    sent_ms: int | None = None
    closed_ms: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether the money is still on its way."""
        return bool(_NEXT[self.state])

    @property
    def carried_out_e8(self) -> int:
        """What is left for the party's next payout, beside payables that were given back."""
        if self.state is PayoutState.BOUNCED:
            return self.carried_in_e8
        return self.carried_in_e8 + self.taken_e8 - self.amount_e8

    @property
    def is_carrying(self) -> bool:
        """Whether it leaves over as much as can be paid, so that another may follow by itself."""
        return self.carried_out_e8 >= _SMALLEST_E8


class Payee(msgspec.Struct, frozen=True, kw_only=True):
    """Who is paid, in what, and into which account; how much of its money stays with us."""

    merchant_id: int
    party: str
    currency: str
    iban: str
    withheld_e8: int = 0


def next_payout_ms(paid_until_ms: int) -> int:
    """When the next payouts are due: 00:00 Istanbul time of the next business day, in epoch ms."""
    return value_time_ms(paid_until_ms, 1)


def is_payable(payee: Payee, last: Payout | None, held_e8: int) -> bool:
    """Whether a party may be paid, when `held_e8` stands on its `available` account.

    Not while the last payout is on its way, when less than the smallest amount is there, and after
    a payout to the same account came back: it would come back again.
    """
    if last is not None and (last.is_open or _would_bounce_again(payee, last)):
        return False
    return held_e8 - payee.withheld_e8 >= _SMALLEST_E8


def payout_amount_e8(payee: Payee, unpaid: Unpaid, last: Payout | None, held_e8: int) -> int | None:
    """What a payout that takes the unpaid payables pays; None when there is none to be made now.

    It pays what of them is still there: some of it may have been given away or taken back since.
    It pays nothing, and carries over what it takes, when there are more payables than one can take
    and the first of them come to nothing, for the others come to more.
    """
    if not is_payable(payee, last, held_e8):
        return None
    available_e8 = min(unpaid.amount_e8 + _carried_e8(last), held_e8) - payee.withheld_e8
    if available_e8 < _SMALLEST_E8:
        return 0 if unpaid.count >= PAYABLES_MAX else None
    return available_e8 // _SMALLEST_E8 * _SMALLEST_E8


def plan_payout(
    payee: Payee,
    unpaid: Unpaid,
    last: Payout | None,
    *,
    amount_e8: int,
    number: int,
    value_ms: int,
) -> Payout:
    """The payout of an amount (`payout_amount_e8`) that follows the last one."""
    return Payout(
        merchant_id=payee.merchant_id,
        number=number,
        version=1,
        state=PayoutState.PLANNED,
        party=payee.party,
        currency=payee.currency,
        sequence=1 if last is None else last.sequence + 1,
        value_ms=value_ms,
        payables=unpaid.count,
        taken_e8=unpaid.amount_e8,
        carried_in_e8=_carried_e8(last),
        amount_e8=amount_e8,
        iban=payee.iban,
        planned_ms=value_ms,
    )


def _carried_e8(last: Payout | None) -> int:
    return 0 if last is None else last.carried_out_e8


def _would_bounce_again(payee: Payee, last: Payout) -> bool:
    return last.state is PayoutState.BOUNCED and last.iban == payee.iban


def move_payout(payout: Payout, state: PayoutState, now_ms: int) -> Payout:
    """The payout in its next state. Raises ValueError for a state that does not follow."""
    if state not in _NEXT[payout.state]:
        raise ValueError(f"no payout goes from {payout.state} to {state}")
    moved = msgspec.structs.replace(payout, state=state, version=payout.version + 1)
    if state is PayoutState.SENT:
        return msgspec.structs.replace(moved, sent_ms=now_ms)
    return msgspec.structs.replace(moved, closed_ms=now_ms)


def payout_position(payout: Payout) -> Position:
    """What the books hold for a payout as it stands, by kind of entry."""
    if payout.state is PayoutState.BOUNCED:
        return {}
    party, amount_e8 = payout.party, payout.amount_e8
    planned = {(Account.AVAILABLE, party): amount_e8, (Account.PAYING, party): -amount_e8}
    if payout.state is PayoutState.PLANNED:
        return {EntryKind.PAYOUT: planned}
    sent = {(Account.PAYING, party): amount_e8, (Account.BANK, party): -amount_e8}
    return {EntryKind.PAYOUT: planned, EntryKind.PAYOUT_SENT: sent}


def payout_booking(before: Payout | None, after: Payout, booked_ms: int) -> Booking | None:
    """What moves the books from one version of a payout to another; None when nothing does."""
    old: Position = {} if before is None else payout_position(before)
    entries = entries_between(old, payout_position(after))
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
