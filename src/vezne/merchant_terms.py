"""A merchant's commercial terms as a person writes them on a command line."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

import msgspec
from stdnum import iban

from vezne.core.allowed_networks import NETWORKS_MAX, network_text
from vezne.core.merchant import InstallmentTable, Marketplace, MerchantSettings
from vezne.core.money import UNIT, e8_from_decimal
from vezne.webhook_urls import changed_urls

_PERCENT_MAX = 100
_DAYS_MAX = 365
_COUNT_MAX = 36


class InvalidTerms(ValueError):
    """A term is not a number, out of range, or about something unknown. The text says which."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What to change; None leaves a term as it is.

    Rates are in per cent, the fee in the settlement currency. `exchange_rates` are like `USD=40`,
    `installments` like `Paraf:3=5.25`: the surcharge in per cent of a count of a programme,
    `webhook_urls` like `iyzico=https://…`. `marketplace` is never, sometimes or always. `iban` is
    where payouts go, empty for nowhere in particular. `allowed_networks` are like `192.0.2.0/24`:
    from where the merchant's servers may call, none for anywhere.
    """

    commission_rate: str | None = None
    fee: str | None = None
    blockage_rate: str | None = None
    blockage_days: int | None = None
    exchange_rates: tuple[str, ...] = ()
    installments: tuple[str, ...] = ()
    webhook_urls: tuple[str, ...] = ()
    marketplace: str | None = None
    iban: str | None = None
    allowed_networks: tuple[str, ...] | None = None


def apply_terms(
    settings: MerchantSettings, terms: Terms, *, is_sandbox: bool = False
) -> MerchantSettings:
    """The settings under changed terms. Raises InvalidTerms, InvalidWebhookUrl."""
    plan: dict[str, int] = {}
    if terms.commission_rate is not None:
        plan["rate_e8"] = percent_e8(terms.commission_rate, "commission rate")
    if terms.fee is not None:
        plan["fee_e8"] = amount_e8(terms.fee, "fee")
    if terms.blockage_rate is not None:
        plan["blockage_rate_e8"] = percent_e8(terms.blockage_rate, "blockage rate")
    if terms.blockage_days is not None:
        if not 0 <= terms.blockage_days <= _DAYS_MAX:
            raise InvalidTerms(f"blockage days must be 0 to {_DAYS_MAX}")
        plan["blockage_days"] = terms.blockage_days
    return msgspec.structs.replace(
        settings,
        plan=msgspec.structs.replace(settings.plan, **plan),
        exchange_rates_e8=_exchange_rates(settings.exchange_rates_e8, terms.exchange_rates),
        installments=_installments(settings.installments, terms.installments),
        webhook_urls=changed_urls(settings.webhook_urls, terms.webhook_urls, is_sandbox=is_sandbox),
        marketplace=_marketplace(settings.marketplace, terms.marketplace),
        iban=_iban(settings.iban, terms.iban),
        allowed_networks=_networks(settings.allowed_networks, terms.allowed_networks),
    )


def _iban(known: str, text: str | None) -> str:
    if text is None:
        return known
    number = iban.compact(text)
    # The check digits are those of ISO 13616.
    if number and not (number.isascii() and iban.is_valid(number)):
        raise InvalidTerms(f"{text!r} is no IBAN")
    return number


def _networks(known: tuple[str, ...], texts: tuple[str, ...] | None) -> tuple[str, ...]:
    if texts is None:
        return known
    if len(texts) > NETWORKS_MAX:
        raise InvalidTerms(f"there may be {NETWORKS_MAX} allowed networks at most")
    networks: dict[str, None] = {}
    for text in texts:
        try:
            networks[network_text(text)] = None
        except ValueError as error:
            raise InvalidTerms(f"{text!r} is no network such as 192.0.2.0/24: {error}") from None
    return tuple(networks)


def _marketplace(known: Marketplace, text: str | None) -> Marketplace:
    if text is None:
        return known
    try:
        return Marketplace(text)
    except ValueError:
        raise InvalidTerms(f"marketplace is one of {', '.join(Marketplace)}") from None


def _exchange_rates(known: Mapping[str, int], changes: Iterable[str]) -> dict[str, int]:
    rates = dict(known)
    for change in changes:
        currency, _, text = change.partition("=")
        if currency not in rates:
            raise InvalidTerms(f"{currency!r} is none of {', '.join(sorted(rates))}")
        rates[currency] = amount_e8(text, f"worth of {currency}")
        if not rates[currency]:
            raise InvalidTerms(f"worth of {currency} must be more than 0")
    return rates


def _installments(
    tables: tuple[InstallmentTable, ...], changes: Iterable[str]
) -> tuple[InstallmentTable, ...]:
    for change in changes:
        place, _, text = change.partition("=")
        family, _, count = place.partition(":")
        if family not in {table.family for table in tables}:
            families = ", ".join(sorted({table.family for table in tables}))
            raise InvalidTerms(f"{family!r} is none of {families}")
        if not (count.isdecimal() and 1 < int(count) <= _COUNT_MAX):
            raise InvalidTerms(f"{count!r} is no number of instalments")
        surcharge = {int(count): percent_e8(text, f"surcharge of {place}")}
        tables = tuple(
            msgspec.structs.replace(table, surcharges_e8=table.surcharges_e8 | surcharge)
            if table.family == family
            else table
            for table in tables
        )
    return tables


def percent_e8(text: str, name: str) -> int:
    """A percentage as a fraction of 1. Raises InvalidTerms, which calls it by a name."""
    rate_e8 = amount_e8(text, name)
    if rate_e8 > _PERCENT_MAX * UNIT or rate_e8 % _PERCENT_MAX:
        raise InvalidTerms(f"{name} must be at most {_PERCENT_MAX}, with at most six decimals")
    return rate_e8 // _PERCENT_MAX


def amount_e8(text: str, name: str) -> int:
    """An amount that is not negative. Raises InvalidTerms, which calls it by a name."""
    try:
        found_e8 = e8_from_decimal(Decimal(text))
    except (ValueError, InvalidOperation) as error:
        raise InvalidTerms(f"{name} must be a number, not {text!r}") from error
    if found_e8 < 0:
        raise InvalidTerms(f"{name} must not be negative")
    return found_e8
