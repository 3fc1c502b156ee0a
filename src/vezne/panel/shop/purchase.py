"""A purchase as the shop knows it, before any door's protocol has a say."""

from typing import Final

import msgspec

from vezne.core.calendar import local_time
from vezne.core.money import plain_text
from vezne.panel.shop.goods import Line, total_e8

# The one customer of the shop, by the shop's own name: its stored cards belong to it.
CUSTOMER: Final = "vezne-test-shop"
EMAIL: Final = "customer@example.com"
FIRST_NAME: Final = "Deniz"
LAST_NAME: Final = "Örnek"
HOLDER: Final = "Deniz Ornek"
PHONE: Final = "+905350000000"
IDENTITY_NUMBER: Final = "74300864791"
CITY: Final = "İstanbul"
COUNTRY: Final = "Türkiye"
ADDRESS: Final = "Caferağa Mah. Moda Cad. No: 1"
CARD_ALIAS: Final = "Vezne test shop"

# A test card takes any expiry that is not past.
_GOOD_FOR_YEARS: Final = 3
_DECEMBER: Final = 12


class Expiry(msgspec.Struct, frozen=True):
    """The last month in which a card is good."""

    month: int
    year: int


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A stored card that was chosen: its ends, and the house's own name for it."""

    bin: str
    last4: str
    token: bytes


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """What is bought, and how it is paid.

    `stored` is the card on file that was chosen; None: a new one pays. `texts` are the names of the
    goods in the customer's language. `return_url` is where the bank sends the browser back to.
    `customer_key` is iyzico's name for the customer, which a shop notes down with the first card
    that it stores; empty before that.
    """

    reference: str
    lines: tuple[Line, ...]
    texts: tuple[str, ...]
    language: str
    address: str
    return_url: str
    expiry: Expiry
    is_secure: bool
    saves_card: bool
    customer_key: str = ""
    stored: Wanted | None = None

    @property
    def total_e8(self) -> int:
        """What is to be paid."""
        return total_e8(self.lines)

    @property
    def total(self) -> str:
        """What is to be paid, as most protocols write it."""
        return plain_text(self.total_e8)


def expiry_at(now_ms: int) -> Expiry:
    """The expiry that the shop gives a test card, whatever the merchant's clock says."""
    return Expiry(month=_DECEMBER, year=local_time(now_ms).year + _GOOD_FOR_YEARS)
