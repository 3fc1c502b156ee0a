"""Issuers of local cards, and what their BINs say. Foreign cards have no row.

From the iyzico documentation (test cards, BIN check) and the answers of its sandbox, and from the
Paynet documentation (test cards, samples). Families of
debit cards and of a few credit cards follow from the bank and the product. Bank names are those of
the older documentation; a dialect may print newer ones.
"""

from collections.abc import Mapping
from typing import Final

from vezne.core.card import BinRecord, Brand, Issuer, Product

ZIRAAT: Final = Issuer(10, "Ziraat Bankası")
HALK: Final = Issuer(12, "Halk Bankası")
VAKIF: Final = Issuer(15, "Vakıfbank")
TEB: Final = Issuer(32, "TEB")
AKBANK: Final = Issuer(46, "Akbank")
GARANTI: Final = Issuer(62, "Garanti Bankası")
IS: Final = Issuer(64, "İş Bankası")
YAPI_KREDI: Final = Issuer(67, "Yapı Kredi Bankası")
FINANSBANK: Final = Issuer(111, "Finansbank")
HSBC: Final = Issuer(123, "HSBC Bank")
DENIZBANK: Final = Issuer(134, "Denizbank")
IYZICO: Final = Issuer(864, "iyzico")

ISSUERS: Final[Mapping[int, Issuer]] = {
    issuer.code: issuer
    for issuer in (
        ZIRAAT,
        HALK,
        VAKIF,
        TEB,
        AKBANK,
        GARANTI,
        IS,
        YAPI_KREDI,
        FINANSBANK,
        HSBC,
        DENIZBANK,
        IYZICO,
    )
}

_ROWS: Final = (
    ("374427", GARANTI, Brand.AMEX, Product.CREDIT, "Bonus", False),
    ("402277", FINANSBANK, Brand.VISA, Product.CREDIT, "CardFinans", False),
    ("405903", HSBC, Brand.VISA, Product.DEBIT, "Advantage", False),
    ("409070", DENIZBANK, Brand.VISA, Product.CREDIT, "Denizbank CC", False),
    ("411979", VAKIF, Brand.VISA, Product.CREDIT, "World", False),
    ("415792", VAKIF, Brand.VISA, Product.CREDIT, "World", False),
    ("434678", AKBANK, Brand.VISA, Product.CREDIT, "Axess", False),
    ("435508", AKBANK, Brand.VISA, Product.CREDIT, "Axess", False),
    ("447505", HALK, Brand.VISA, Product.DEBIT, "Halkbank DC", False),
    ("450634", YAPI_KREDI, Brand.VISA, Product.CREDIT, "World", False),
    ("450803", IS, Brand.VISA, Product.CREDIT, "Maximum", False),
    ("453144", HALK, Brand.VISA, Product.CREDIT, "Paraf", False),
    ("454359", IS, Brand.VISA, Product.CREDIT, "Maximum", False),
    ("454360", IS, Brand.VISA, Product.CREDIT, "Maximum", False),
    ("454671", ZIRAAT, Brand.VISA, Product.CREDIT, "Ziraat Bankası CC", True),
    ("460345", DENIZBANK, Brand.VISA, Product.CREDIT, "Denizbank CC", False),
    ("472915", DENIZBANK, Brand.VISA, Product.CREDIT, "Bonus", False),
    ("476662", DENIZBANK, Brand.VISA, Product.DEBIT, "Denizbank DC", False),
    ("491005", VAKIF, Brand.VISA, Product.DEBIT, "Vakıfbank DC", False),
    ("498749", FINANSBANK, Brand.VISA, Product.DEBIT, "QNB DC", False),
    ("516888", YAPI_KREDI, Brand.MASTERCARD, Product.DEBIT, "Tlcard", False),
    ("517041", GARANTI, Brand.MASTERCARD, Product.DEBIT, "Paracard", False),
    ("531157", FINANSBANK, Brand.MASTERCARD, Product.CREDIT, "CardFinans", False),
    ("535805", IYZICO, Brand.MASTERCARD, Product.DEBIT, "iyzico DC", False),
    ("540036", GARANTI, Brand.MASTERCARD, Product.CREDIT, "Bonus", False),
    ("540061", YAPI_KREDI, Brand.MASTERCARD, Product.CREDIT, "World", False),
    ("54308100", HALK, Brand.MASTERCARD, Product.CREDIT, "Paraf", False),
    ("545103", YAPI_KREDI, Brand.MASTERCARD, Product.CREDIT, "World", False),
    ("545616", FINANSBANK, Brand.MASTERCARD, Product.CREDIT, "CardFinans", False),
    ("549997", GARANTI, Brand.MASTERCARD, Product.CREDIT, "Bonus", False),
    ("550472", HSBC, Brand.MASTERCARD, Product.CREDIT, "Advantage", False),
    # Newer documentation calls 552608 a commercial card; the older one and the sandbox did not.
    ("552608", AKBANK, Brand.MASTERCARD, Product.CREDIT, "Axess", False),
    ("552659", YAPI_KREDI, Brand.MASTERCARD, Product.CREDIT, "World", True),
    ("552879", HALK, Brand.MASTERCARD, Product.CREDIT, "Paraf", False),
    ("554960", GARANTI, Brand.MASTERCARD, Product.CREDIT, "Bonus", False),
    ("557023", GARANTI, Brand.MASTERCARD, Product.CREDIT, "Bonus", False),
    ("557113", AKBANK, Brand.MASTERCARD, Product.CREDIT, "Axess", False),
    ("589004", AKBANK, Brand.MASTERCARD, Product.DEBIT, "Neo", False),
    ("589283", IS, Brand.MASTERCARD, Product.DEBIT, "Bankamatik", False),
    ("650052", VAKIF, Brand.TROY, Product.DEBIT, "Vakıfbank DC", False),
    ("650170", VAKIF, Brand.TROY, Product.CREDIT, "World", False),
    ("979202", FINANSBANK, Brand.TROY, Product.DEBIT, "QNB DC", False),
    ("979203", FINANSBANK, Brand.TROY, Product.CREDIT, "CardFinans", False),
    ("979207", AKBANK, Brand.TROY, Product.CREDIT, "Axess", False),
)

BIN_TABLE: Final[Mapping[str, BinRecord]] = {
    bin: BinRecord(
        bin=bin,
        issuer=issuer,
        brand=brand,
        product=product,
        family=family,
        is_commercial=is_commercial,
    )
    for bin, issuer, brand, product, family, is_commercial in _ROWS
}
