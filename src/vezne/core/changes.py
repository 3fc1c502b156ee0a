"""A transaction as a value: what a flow hands the books to write, all or nothing."""

import msgspec

from vezne.core.card import Owner, StoredCard
from vezne.core.delivery import Delivery
from vezne.core.journal import JournalEntry
from vezne.core.ledger import Booking
from vezne.core.notice import Notice
from vezne.core.once import OnceKey
from vezne.core.payable import Payable, Place
from vezne.core.payment import Payment
from vezne.core.payout import Payout
from vezne.core.session import Session
from vezne.core.sub_merchant import CrossBooking, SubMerchant


class Conflict(Exception):
    """Something the decision was based on has changed meanwhile. Read again, decide again."""


class AddOwner(msgspec.Struct, frozen=True):
    """A new owner."""

    owner: Owner


class AddCard(msgspec.Struct, frozen=True):
    """A card that the vault keeps now belongs to an owner."""

    card: StoredCard


class ChangeCard(msgspec.Struct, frozen=True):
    """A card's alias or expiry is another now. Conflicts when the card is gone."""

    card: StoredCard


class RemoveCard(msgspec.Struct, frozen=True):
    """The card is gone. Conflicts when it already was."""

    card: StoredCard


class AddPayment(msgspec.Struct, frozen=True):
    """A new payment."""

    payment: Payment


class ChangePayment(msgspec.Struct, frozen=True):
    """A payment's next version. Conflicts unless the version before it is what is stored.

    `is_renamed` says that it has another `conversation_id` than before.
    """

    payment: Payment
    is_renamed: bool = False


class AddBooking(msgspec.Struct, frozen=True):
    """Entries for the ledger. Conflicts when the subject's version is booked already."""

    booking: Booking


class AddJournalEntry(msgspec.Struct, frozen=True):
    """Something that the bank approved."""

    merchant_id: int
    entry: JournalEntry


class AddPayable(msgspec.Struct, frozen=True):
    """Money that a payout may take. Goes with its booking."""

    payable: Payable


class AddPayout(msgspec.Struct, frozen=True):
    """A new payout, which takes its party's payables up to the place `last`, or none.

    Conflicts unless they are as many as it says, and when the party has one of its sequence or
    has taken its `turn` already.
    """

    payout: Payout
    last: Place | None
    turn: int


class ChangePayout(msgspec.Struct, frozen=True):
    """A payout's next version. Conflicts unless the version before it is what is stored.

    One that bounced gives its payables back, to be taken by another.
    """

    payout: Payout


class MarkPaid(msgspec.Struct, frozen=True):
    """A merchant's payouts are made until a time. Conflicts when that was not `instead_of_ms`."""

    merchant_id: int
    paid_until_ms: int
    instead_of_ms: int | None


class AddNotice(msgspec.Struct, frozen=True):
    """Something that a merchant is to be told. Conflicts when that version of the payment is."""

    notice: Notice


class ChangeNotice(msgspec.Struct, frozen=True):
    """A notice's next revision. Conflicts unless the revision before it is what is stored."""

    notice: Notice


class AddDelivery(msgspec.Struct, frozen=True):
    """A try to tell a notice was made."""

    delivery: Delivery


class HastenNotices(msgspec.Struct, frozen=True):
    """A merchant's notices that wait for a later time are due at this one."""

    merchant_id: int
    now_ms: int


class ClaimReference(msgspec.Struct, frozen=True):
    """A payment is the one that the merchant's reference names.

    Conflicts when another payment is; `instead_of` says which one it replaces, if any.
    """

    merchant_id: int
    reference: str
    payment_number: int
    instead_of: int | None = None


class AddSubMerchant(msgspec.Struct, frozen=True):
    """A new sub-merchant. Conflicts when the merchant has given its name to another one."""

    sub_merchant: SubMerchant


class ChangeSubMerchant(msgspec.Struct, frozen=True):
    """A sub-merchant's next version. Conflicts unless the one before it is what is stored."""

    sub_merchant: SubMerchant


class AddCrossBooking(msgspec.Struct, frozen=True):
    """A new cross booking, to go with its booking in the ledger.

    Conflicts when the merchant has one of its sequence, or the giver has taken its `turn` already.
    """

    cross_booking: CrossBooking
    turn: int


class AddSession(msgspec.Struct, frozen=True):
    """A new session."""

    session: Session


class ChangeSession(msgspec.Struct, frozen=True):
    """A session's next version. Conflicts unless the version before it is what is stored."""

    session: Session


class AddOnceKey(msgspec.Struct, frozen=True):
    """A key that a merchant gave a request. Conflicts when the key is there already."""

    once: OnceKey


class ChangeOnceKey(msgspec.Struct, frozen=True):
    """A key's next version. Conflicts unless the version before it is what is stored."""

    once: OnceKey


class RemoveOnceKey(msgspec.Struct, frozen=True):
    """A key is given back. Conflicts unless this version is what is stored."""

    once: OnceKey


class EndOnceLeases(msgspec.Struct, frozen=True):
    """Nobody works on a request any more, from now on."""

    now_ms: int


Change = (
    AddOwner
    | AddCard
    | ChangeCard
    | RemoveCard
    | AddPayment
    | ChangePayment
    | AddBooking
    | AddJournalEntry
    | AddPayable
    | AddPayout
    | ChangePayout
    | MarkPaid
    | AddNotice
    | ChangeNotice
    | AddDelivery
    | HastenNotices
    | ClaimReference
    | AddSession
    | ChangeSession
    | AddOnceKey
    | ChangeOnceKey
    | RemoveOnceKey
    | EndOnceLeases
    | AddSubMerchant
    | ChangeSubMerchant
    | AddCrossBooking
)
