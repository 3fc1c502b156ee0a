"""The words for banks, cards, transactions and times (documentation, Genel Bilgiler)."""

from collections.abc import Mapping
from typing import Final

import msgspec

from vezne.core.calendar import local_time
from vezne.core.card import BinRecord, Brand, Product
from vezne.core.payment import PaymentKind

SALE: Final = "1"
PRE_AUTHORIZATION: Final = "3"
KINDS: Final[Mapping[str, PaymentKind]] = {
    "": PaymentKind.SALE,
    SALE: PaymentKind.SALE,
    PRE_AUTHORIZATION: PaymentKind.HOLD,
}
TYPES: Final[Mapping[PaymentKind, str]] = {
    PaymentKind.SALE: SALE,
    PaymentKind.HOLD: PRE_AUTHORIZATION,
}

PAYNET_POS: Final = "5"
COMPANY_POS: Final = "1"
POS_TYPES: Final = frozenset({"", PAYNET_POS, COMPANY_POS})

CURRENCY: Final = "TRY"

BRANDS: Final[Mapping[Brand, str]] = {
    Brand.VISA: "VISA",
    Brand.MASTERCARD: "MASTERCARD",
    Brand.AMEX: "AMEX",
    Brand.TROY: "TROY",
}
# First digits of the networks (ISO/IEC 7812), for cards of no known issuer.
_NETWORKS: Final = (
    ("34", Brand.AMEX),
    ("37", Brand.AMEX),
    ("9792", Brand.TROY),
    ("65", Brand.TROY),
    ("4", Brand.VISA),
    ("2", Brand.MASTERCARD),
    ("5", Brand.MASTERCARD),
)

_CARD_TYPES: Final[Mapping[Product, str]] = {
    Product.CREDIT: "cc",
    Product.DEBIT: "dc",
    Product.PREPAID: "dc",
}
_COMMERCIAL: Final = "bc"


class Bank(msgspec.Struct, frozen=True):
    """A bank as this door calls it: mostly by its card programme."""

    id: str
    name: str


_ADVANTAGE: Final = Bank("ADVT", "Advantage")
_AXESS: Final = Bank("AXSS", "Axess")
_BONUS: Final = Bank("BONS", "Bonus")
_DENIZBANK: Final = Bank("DENZ", "Denizbank")
_CARDFINANS: Final = Bank("FINS", "CardFinans")
_MAXIMUM: Final = Bank("MAXM", "Maximum")
_PARAF: Final = Bank("PARF", "Paraf")
_VAKIFBANK: Final = Bank("VAKF", "Vakıfbank")
_WORLD: Final = Bank("WRLD", "WorldCard")
_ZIRAAT: Final = Bank("ZRTB", "Ziraat Bankası")
OTHER_BANK: Final = Bank("ZDGR", "Diğer Banka")

BANKS: Final = (
    _ADVANTAGE,
    _AXESS,
    _BONUS,
    _DENIZBANK,
    _CARDFINANS,
    Bank("KVYT", "Kuveyt Türk"),
    _MAXIMUM,
    Bank("ODEA", "Odea"),
    _PARAF,
    _VAKIFBANK,
    _WORLD,
    OTHER_BANK,
    _ZIRAAT,
)
_BY_PROGRAMME: Final[Mapping[str, Bank]] = {
    "Advantage": _ADVANTAGE,
    "Axess": _AXESS,
    "Bonus": _BONUS,
    "CardFinans": _CARDFINANS,
    "Maximum": _MAXIMUM,
    "Paraf": _PARAF,
    "World": _WORLD,
}
# By national bank code, for cards outside of the programmes.
_BY_ISSUER: Final[Mapping[int, Bank]] = {
    10: _ZIRAAT,
    12: _PARAF,
    15: _VAKIFBANK,
    32: _BONUS,
    46: _AXESS,
    62: _BONUS,
    64: _MAXIMUM,
    67: _WORLD,
    111: _CARDFINANS,
    123: _ADVANTAGE,
    134: _DENIZBANK,
}


def bank_of(record: BinRecord | None) -> Bank:
    """The bank of a card: its programme's, else its issuer's, else any other."""
    if record is None:
        return OTHER_BANK
    issuer = _BY_ISSUER.get(record.issuer.code, OTHER_BANK)
    return _BY_PROGRAMME.get(record.family, issuer)


def programme_bank(family: str) -> Bank:
    """The bank of a card programme."""
    return _BY_PROGRAMME.get(family, OTHER_BANK)


def card_type(record: BinRecord | None) -> str:
    """Personal credit, commercial, or debit; a card of no known issuer counts as credit."""
    if record is None:
        return _CARD_TYPES[Product.CREDIT]
    return _COMMERCIAL if record.is_commercial else _CARD_TYPES[record.product]


def network_of(bin: str) -> Brand | None:
    """The network that a card's first digits belong to; None for digits of no card."""
    return next((brand for prefix, brand in _NETWORKS if bin.startswith(prefix)), None)


def brand_name(record: BinRecord | None, bin: str) -> str:
    """The network of a card by its issuer, else by its first digits; empty for neither."""
    brand = network_of(bin) if record is None else record.brand
    return "" if brand is None else BRANDS[brand]


def transaction_mask(bin: str, last4: str) -> str:
    """A card's number in transactions: six asterisks."""
    return f"{bin[:6]}******{last4}"


def listing_mask(bin: str, last4: str) -> str:
    """A card's number in card lists: eight asterisks."""
    return f"{bin[:6]}********{last4}"


def holder_mask(holder: str) -> str:
    """A name in card lists: `RQ*****QR`, its first and last two letters, none of a short one."""
    shown = 2
    return f"{holder[:shown]}*****{holder[-shown:]}" if len(holder) > 2 * shown else "*****"


def timestamp(at_ms: int) -> str:
    """A moment as answers write it: ISO 8601, Istanbul time, seven decimals of a second."""
    moment = local_time(at_ms)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}0000+03:00"
