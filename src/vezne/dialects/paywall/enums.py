"""The numbers and names by which this door knows schemes, products, programmes and banks.

Of the numbers only those that stand in samples of the documentation are published; there is no
table. American Express, Troy and prepaid cards continue the known rows. A bank without a known
number has 0 beside its name.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from vezne.core.card import BinRecord, Brand, Product
from vezne.core.ports import Bins

LONG_BIN: Final = 8
SHORT_BIN: Final = 6


class Named(msgspec.Struct, frozen=True):
    """A number and its name. `UNKNOWN` has neither."""

    id: int
    name: str | None


UNKNOWN: Final = Named(0, None)

# CardTypeId and CardType beside a card; another scheme than these is `OTHER_SCHEME`.
SCHEMES: Final[Mapping[Brand, Named]] = {
    Brand.VISA: Named(0, "Visa"),
    Brand.MASTERCARD: Named(1, "MasterCard"),
    Brand.AMEX: Named(2, "Amex"),
    Brand.TROY: Named(3, "Troy"),
}
OTHER_SCHEME: Final = Named(4, "Other")

# The same schemes in the details of a BIN.
BRANDS: Final[Mapping[Brand, Named]] = {
    Brand.MASTERCARD: Named(1, "Master Card"),
    Brand.VISA: Named(2, "Visa"),
    Brand.AMEX: Named(3, "Amex"),
    Brand.TROY: Named(4, "Troy"),
}
TYPES: Final[Mapping[Product, Named]] = {
    Product.CREDIT: Named(1, "Credit"),
    Product.DEBIT: Named(2, "Debit"),
    Product.PREPAID: Named(3, "Prepaid"),
}
CONSUMER: Final = Named(1, "Bireysel Kart")
COMMERCIAL: Final = Named(2, "Ticari Kart")

_FAMILY_NAMES: Final = (
    "World",
    "Bonus",
    "Maximum",
    "Axess",
    "Paraf",
    "Cardfinans",
    "Combo",
    "Advantage",
    "Sağlam Kart",
)
FAMILIES: Final[Mapping[str, Named]] = {
    name.lower(): Named(place, name) for place, name in enumerate(_FAMILY_NAMES, 1)
}

_ZIRAAT: Final = Named(53, "T.C.ZİRAAT BANKASI A.Ş.")
_HALK: Final = Named(55, "T.HALK BANKASI A.Ş.")
_VAKIF: Final = Named(56, "T. VAKIFLAR BANKASI T.A.O.")
_AKBANK: Final = Named(58, "AKBANK T.A.Ş.")
_DENIZ: Final = Named(75, "DENİZBANK A.Ş.")
_AKTIF: Final = Named(77, "AKTİF YATIRIM BANKASI A.Ş.")

# By the national code of the bank.
BANKS: Final[Mapping[int, Named]] = {10: _ZIRAAT, 12: _HALK, 15: _VAKIF, 46: _AKBANK, 134: _DENIZ}


class BinFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a BIN says, in this door's words. `digits` is how many of them matched."""

    digits: int
    bank: Named
    brand: Brand
    family: Named
    kind: Named
    product: Product


def _row(
    bin: str,
    bank: Named,
    brand: Brand,
    family: str | None,
    *,
    product: Product = Product.CREDIT,
    kind: Named = CONSUMER,
) -> BinFacts:
    return BinFacts(
        digits=len(bin),
        bank=bank,
        brand=brand,
        family=FAMILIES[family] if family else UNKNOWN,
        kind=kind,
        product=product,
    )


# BINs as samples of the documentation print them.
DOCUMENTED: Final[Mapping[str, BinFacts]] = {
    "454671": _row("454671", _ZIRAAT, Brand.VISA, "combo"),
    "45467112": _row("45467112", _ZIRAAT, Brand.VISA, "combo"),
    "453144": _row("453144", _AKTIF, Brand.VISA, "paraf"),
    "552879": _row("552879", _HALK, Brand.MASTERCARD, "paraf", kind=COMMERCIAL),
    "41197901": _row("41197901", _VAKIF, Brand.VISA, "world"),
    "43550930": _row("43550930", _AKBANK, Brand.VISA, "axess"),
    "51691401": _row("51691401", _DENIZ, Brand.MASTERCARD, None, product=Product.DEBIT),
}


def bin_facts(bin: str, bins: Bins) -> BinFacts | None:
    """What is known of a BIN of six digits or more; None for a foreign or unknown one.

    The longest match wins; of two as long, what this door's documentation says.
    """
    documented = DOCUMENTED.get(bin[:LONG_BIN]) or DOCUMENTED.get(bin[:SHORT_BIN])
    if documented is not None and documented.digits == LONG_BIN:
        return documented
    record = bins.find(bin)
    if record is None or (documented is not None and len(record.bin) == SHORT_BIN):
        return documented
    return _facts_from_record(record)


def _facts_from_record(record: BinRecord) -> BinFacts:
    issuer = record.issuer
    return BinFacts(
        digits=len(record.bin),
        bank=BANKS.get(issuer.code, Named(0, issuer.name)),
        brand=record.brand,
        family=FAMILIES.get(record.family.lower(), UNKNOWN),
        kind=COMMERCIAL if record.is_commercial else CONSUMER,
        product=record.product,
    )


_TROY_PREFIXES: Final = ("9792", "65")
_AMEX_PREFIXES: Final = ("34", "37")
_MASTERCARD_PREFIXES: Final = ("5", "67")
_MASTERCARD_SERIES_2: Final = range(2221, 2721)


def brand_of(bin: str) -> Brand | None:
    """The network that a number's leading digits belong to; None for one without a row here."""
    if bin.startswith("4"):
        return Brand.VISA
    if bin.startswith(_AMEX_PREFIXES):
        return Brand.AMEX
    if bin.startswith(_TROY_PREFIXES):
        return Brand.TROY
    if bin.startswith(_MASTERCARD_PREFIXES) or int(bin[:4]) in _MASTERCARD_SERIES_2:
        return Brand.MASTERCARD
    return None
