"""Whose the lines of a basket are: the rules of a marketplace's payment."""

from collections.abc import Sequence
from typing import Final

from vezne.core.merchant import Marketplace
from vezne.dialects.iyzico import errors
from vezne.dialects.iyzico.errors import Failure
from vezne.dialects.iyzico.shapes import Amount, BasketItem

PRODUCT: Final = "PRODUCT"
# What every payment passes by; see `core/payment.py` on names for members.
_ALWAYS: Final = Marketplace.ALWAYS


def sub_merchant_prices(
    items: Sequence[BasketItem], group: str, marketplace: Marketplace
) -> tuple[int, ...]:
    """What of each line is its sub-merchant's; nothing when no line has one.

    Either all lines of a product payment have a sub-merchant or none. Raises Failure.
    """
    for item in items:
        if item.sub_merchant_key or (item.sub_merchant_price and item.sub_merchant_price.e8):
            break
    else:
        if marketplace is _ALWAYS and group == PRODUCT:
            raise Failure(errors.SUB_MERCHANT_KEY_ON_EVERY_LINE)
        return ()
    if marketplace is Marketplace.NEVER:
        # A part for a sub-merchant is not dropped silently.
        raise Failure(errors.SUB_MERCHANTS_NOT_FOUND)
    if group != PRODUCT:
        raise Failure(errors.SUB_MERCHANT_NOT_OF_PRODUCT)
    if not all(item.sub_merchant_key for item in items):
        raise Failure(errors.SUB_MERCHANT_KEY_ON_EVERY_LINE)
    return tuple(checked_sub_merchant_price(item.sub_merchant_price) for item in items)


def checked_sub_merchant_price(price: Amount | None) -> int:
    """The mandatory `subMerchantPrice`, which may be nothing. Raises Failure."""
    if price is None:
        raise Failure(errors.SUB_MERCHANT_PRICE_MISSING)
    if price.e8 < 0:
        raise Failure(errors.VALUE_UNKNOWN, "subMerchantPrice")
    return price.e8
