"""What is asked ahead of a payment: whose a BIN is, and in how many parts it may pay."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec

from vezne.core.installment import InstallmentPrice
from vezne.core.money import UNIT, divide_half_up
from vezne.dialects.paywall import payment_errors
from vezne.dialects.paywall.endpoint import Call
from vezne.dialects.paywall.enums import FAMILIES, LONG_BIN, SHORT_BIN, UNKNOWN, bin_facts
from vezne.dialects.paywall.errors import Failure
from vezne.dialects.paywall.payment_command import positive_e8
from vezne.dialects.paywall.payment_enums import CURRENCIES
from vezne.dialects.paywall.payment_render import GATEWAY_ID, amount
from vezne.dialects.paywall.payment_shapes import BinInquiry, Installments, Nothing
from vezne.dialects.paywall.translate import details_of
from vezne.flows.inquire import InstallmentOption, installment_options

VERSION: Final = "Always fresh, always ahead!"
_COUNTS: Final = tuple(range(1, 13))


class BinAnswer(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """The Body of GET bin/inquiry."""

    bin_number: str
    card_bank_id: int
    card_bank: str | None
    card_brand_id: int
    card_brand: str | None
    card_family_id: int | None
    card_family: str | None
    card_kind_id: int
    card_kind: str | None
    card_type_id: int
    card_type: str | None
    is_matched_by_eight_digit_bin: bool
    is_matched_by_six_digit_bin: bool


class Option(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """One way to pay. `interest_amount` is the whole price, surcharge included."""

    payment_gateway_id: int
    payment_gateway_name: str
    installment: int
    commission: Decimal
    interest: Decimal
    raw_amount: Decimal
    interest_amount: Decimal


class CardOptions(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """The Body of GET installment for the card of a BIN."""

    card_bank: str | None
    card_brand: str | None
    card_family: str | None
    card_kind: str | None
    card_type: str | None
    options: list[Option]


class FamilyOptions(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """One programme in the Body of GET installment without a BIN. `Option` is singular there."""

    card_family_id: int
    card_family: str | None
    option: list[Option]


async def version(_call: Call[Nothing]) -> str:
    """GET payment/version."""
    return VERSION


async def inquire_bin(call: Call[BinInquiry]) -> BinAnswer:
    """GET bin/inquiry. Raises Failure: UNEXPECTED_PARAMETERS, NO_DATA for an unknown BIN."""
    number = _checked_bin(call.body.bin_number)
    bins = call.desk.ports.bins
    facts = bin_facts(number, bins)
    if facts is None:
        raise Failure(payment_errors.NO_DATA)
    details = details_of(number, bins)
    is_long = facts.digits == LONG_BIN
    return BinAnswer(
        bin_number=number,
        card_bank_id=details.card_bank_id,
        card_bank=details.card_bank,
        card_brand_id=details.card_brand_id,
        card_brand=details.card_brand,
        card_family_id=details.card_family_id or None,
        card_family=details.card_family,
        card_kind_id=details.card_kind_id,
        card_kind=details.card_kind,
        card_type_id=details.card_type_id,
        card_type=details.card_type,
        is_matched_by_eight_digit_bin=is_long,
        is_matched_by_six_digit_bin=not is_long,
    )


async def installments(call: Call[Installments]) -> CardOptions | list[FamilyOptions]:
    """GET installment: an object for the card of a BIN, a list of programmes without one.

    Raises Failure: CURRENCY_INVALID, AMOUNT_NOT_POSITIVE, UNEXPECTED_PARAMETERS; Refusal.
    """
    body = call.body
    currency = CURRENCIES.get(body.currency_id or 0)
    if currency is None:
        raise Failure(payment_errors.CURRENCY_INVALID)
    price_e8 = positive_e8(body.amount)
    bin = _checked_bin(body.bin_number) if body.bin_number.strip() else None
    options = installment_options(
        call.merchant,
        price_e8=price_e8,
        bin=bin,
        currency=currency,
        counts=_COUNTS,
        bins=call.desk.ports.bins,
    )
    if bin is None:
        return _families(call, price_e8, options)
    details = details_of(bin, call.desk.ports.bins)
    return CardOptions(
        card_bank=details.card_bank,
        card_brand=details.card_brand,
        card_family=details.card_family,
        card_kind=details.card_kind,
        card_type=details.card_type,
        options=_rows(call, price_e8, options[0].prices),
    )


def _checked_bin(text: str) -> str:
    """Six or eight digits. Raises Failure."""
    number = text.strip()
    if not (number.isascii() and number.isdigit() and len(number) in {SHORT_BIN, LONG_BIN}):
        raise Failure(payment_errors.UNEXPECTED_PARAMETERS, "BinNumber")
    return number


def _families(
    call: Call[Installments], price_e8: int, options: Sequence[InstallmentOption]
) -> list[FamilyOptions]:
    """Every programme with the rows of all its tables; with DistinctDuplicates each count once.

    Of several rows for a count the cheapest stays.
    """
    by_family: dict[str, list[InstallmentPrice]] = {}
    for option in options:
        if option.table is not None:
            by_family.setdefault(option.table.family, []).extend(option.prices)
    families = []
    for family, prices in by_family.items():
        named = FAMILIES.get(family.lower(), UNKNOWN)
        ordered = sorted(prices, key=lambda price: (price.count, price.total_e8))
        if call.body.distinct_duplicates:
            cheapest: dict[int, InstallmentPrice] = {}
            for price in ordered:
                cheapest.setdefault(price.count, price)
            ordered = list(cheapest.values())
        rows = _rows(call, price_e8, ordered)
        families.append(
            FamilyOptions(card_family_id=named.id, card_family=named.name or family, option=rows)
        )
    return families


def _rows(
    call: Call[Installments], price_e8: int, prices: Sequence[InstallmentPrice]
) -> list[Option]:
    commission = amount(call.merchant.settings.plan.rate_e8 * 100)
    return [
        Option(
            payment_gateway_id=GATEWAY_ID,
            payment_gateway_name=call.desk.ports.acquirer.name,
            installment=price.count,
            commission=commission,
            interest=amount(
                divide_half_up((price.total_e8 - price_e8) * 10_000, price_e8) * (UNIT // 100)
            ),
            raw_amount=amount(price_e8),
            interest_amount=amount(price.total_e8),
        )
        for price in prices
    ]
