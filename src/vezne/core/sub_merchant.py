"""Sub-merchants: the sellers beneath a marketplace, and money moved between the two."""

import binascii
import enum
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from stdnum import iban as iban_number

from vezne.core.ids import time_ordered_token
from vezne.core.ledger import OWN, Account, Balance, Booking, Entry, EntryKind, Posting


class SubMerchantKind(enum.StrEnum):
    """What a seller is before the law."""

    PERSONAL = "personal"
    PRIVATE_COMPANY = "private_company"
    LIMITED_OR_JOINT_STOCK_COMPANY = "limited_or_joint_stock_company"


class Details(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who a seller is and where its money goes. What is empty is not known.

    `blockage_e8` is what is kept of its money for as long as it sells.
    """

    email: str = ""
    address: str = ""
    name: str = ""
    gsm_number: str = ""
    contact_name: str = ""
    contact_surname: str = ""
    legal_title: str = ""
    tax_office: str = ""
    tax_number: str = ""
    identity_number: str = ""
    iban: str = ""
    swift_code: str = ""
    currency: str = "TRY"
    settlement_description: str = ""
    blockage_e8: int = 0


class SubMerchant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A seller of a merchant. `key` is our name for it, `external_id` the merchant's own."""

    merchant_id: int
    key: str
    version: int
    kind: SubMerchantKind
    external_id: str
    created_ms: int
    details: Details

    @property
    def is_payable(self) -> bool:
        """Whether we know whom to pay, and where: money may be approved only then."""
        details = self.details
        return bool(details.iban and (details.identity_number or details.tax_number))

    def withheld_e8(self, currency: str) -> int:
        """What is kept of its money in a currency."""
        return self.details.blockage_e8 if self.details.currency == currency else 0


class Flaw(enum.StrEnum):
    """What is wrong with a field."""

    MISSING = "missing"
    INVALID = "invalid"


class FlawedDetails(Exception):
    """The details of a sub-merchant lack a field, or one cannot be."""

    def __init__(self, field: str, flaw: Flaw) -> None:
        super().__init__(f"{field} is {flaw}")
        self.field = field
        self.flaw = flaw


# iyzico documentation, Alt üye işyeri oluşturma: what each kind must tell.
_COMPANY: Final = ("email", "address", "legal_title", "tax_office")
MANDATORY: Final[Mapping[SubMerchantKind, tuple[str, ...]]] = {
    SubMerchantKind.PERSONAL: ("email", "address", "contact_name", "contact_surname"),
    SubMerchantKind.PRIVATE_COMPANY: _COMPANY,
    SubMerchantKind.LIMITED_OR_JOINT_STOCK_COMPANY: (*_COMPANY, "tax_number"),
}


def checked_details(kind: SubMerchantKind, details: Details) -> Details:
    """The details with the IBAN as it is written without spaces. Raises FlawedDetails."""
    for field in MANDATORY[kind]:
        if not getattr(details, field):
            raise FlawedDetails(field, Flaw.MISSING)
    if not details.iban:
        return details
    iban = iban_number.compact(details.iban)
    # The check digits are those of ISO 13616.
    if not (iban.isascii() and iban_number.is_valid(iban)):
        raise FlawedDetails("iban", Flaw.INVALID)
    return msgspec.structs.replace(details, iban=iban)


def sub_merchant_key(now_ms: int, entropy: bytes) -> str:
    """A new name for a sub-merchant: 28 characters. Raises ValueError as `time_ordered_token`."""
    token = time_ordered_token(now_ms, entropy)
    return binascii.b2a_base64(token, newline=False).decode()


class CrossBooking(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An amount that a merchant gives a sub-merchant beside all payments, or takes from it.

    `number` is its subject in the ledger; `sequence` counts the merchant's cross bookings.
    """

    merchant_id: int
    number: int
    sequence: int
    sub_merchant: str
    is_to_sub_merchant: bool
    amount_e8: int
    currency: str
    reason: str
    booked_ms: int
    conversation_id: str | None = None

    @property
    def giver(self) -> str:
        """The party whose money it is so far."""
        return OWN if self.is_to_sub_merchant else self.sub_merchant


def booking_of(cross_booking: CrossBooking) -> Booking:
    """What a cross booking moves in the books: it is payable at once."""
    parties = (OWN, cross_booking.sub_merchant)
    giver, taker = parties if cross_booking.is_to_sub_merchant else reversed(parties)
    postings = (
        Posting(Account.AVAILABLE, giver, cross_booking.amount_e8),
        Posting(Account.AVAILABLE, taker, -cross_booking.amount_e8),
    )
    return Booking(
        merchant_id=cross_booking.merchant_id,
        subject=cross_booking.number,
        version=1,
        currency=cross_booking.currency,
        booked_ms=cross_booking.booked_ms,
        entries=(Entry(EntryKind.CROSS_BOOKING, postings),),
    )


class Holdings(msgspec.Struct, frozen=True, kw_only=True):
    """What we owe a party in a currency: in all, and without what is withheld."""

    all_e8: int
    free_e8: int


_FREE: Final = frozenset({Account.PENDING, Account.AVAILABLE})
_OWED: Final = _FREE | {Account.BLOCKED, Account.PAYING}


def holdings(balances: Iterable[Balance]) -> Holdings:
    """What a party's balances in a currency come to. Less than nothing when the party owes us."""
    all_e8 = free_e8 = 0
    for balance in balances:
        if balance.account in _OWED:
            all_e8 -= balance.amount_e8
        if balance.account in _FREE:
            free_e8 -= balance.amount_e8
    return Holdings(all_e8=all_e8, free_e8=free_e8)
