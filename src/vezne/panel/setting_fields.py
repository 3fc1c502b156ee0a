"""The fields of the settings' forms: what stands in them, and what a typed text changes."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from vezne.core.merchant import InstallmentTable, MerchantSettings
from vezne.core.money import plain_text
from vezne.merchant_terms import InvalidTerms, Terms, apply_terms, percent_e8
from vezne.webhook_urls import DOORS, InvalidWebhookUrl

# The plans that people are offered; a table may have others as well.
_USUAL_COUNTS: Final = range(2, 13)
_PERCENT: Final = 100
_NUMBER: Final = re.compile(r"[0-9]{1,12}([.,][0-9]{1,8})?", re.ASCII)
_DAYS: Final = re.compile(r"[0-9]{1,4}", re.ASCII)


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a form: how its text is read off the settings, and what a typed one changes.

    `terms` raises InvalidTerms; `error` is the name of the text about that.
    """

    name: str
    read: Callable[[MerchantSettings], str]
    terms: Callable[[str], Terms]
    error: str


class Outcome(msgspec.Struct, frozen=True):
    """The settings after a form, and the errors by field; with any of these nothing counts."""

    settings: MerchantSettings
    errors: Mapping[str, str]


def mark_of(settings: MerchantSettings) -> str:
    """What stands in a form, so that it changes nothing but what its sender has seen."""
    return hashlib.sha256(msgspec.json.encode(settings)).hexdigest()[:32]


def apply_form(
    fields: Iterable[Field],
    settings: MerchantSettings,
    form: Mapping[str, str],
    *,
    is_sandbox: bool,
) -> Outcome:
    """What becomes of the settings. A field that the form lacks counts as empty."""
    errors: dict[str, str] = {}
    for field in fields:
        try:
            typed = field.terms(form.get(field.name, "").strip())
            settings = apply_terms(settings, typed, is_sandbox=is_sandbox)
        except (InvalidTerms, InvalidWebhookUrl):
            errors[field.name] = field.error
    return Outcome(settings, errors)


def texts_of(fields: Iterable[Field], settings: MerchantSettings, language: str) -> dict[str, str]:
    """What stands in the fields before anything is typed."""
    return {field.name: localized(field.read(settings), field, language) for field in fields}


def localized(text: str, field: Field, language: str) -> str:
    """A number with the mark of the language; other texts as they are."""
    is_number = language == "tr" and field.error in _OF_NUMBERS
    return text.replace(".", ",") if is_number else text


def webhook_fields(*, is_sandbox: bool) -> list[Field]:
    """Where each door's webhooks go."""
    error = "settings.error.url" if is_sandbox else "settings.error.public_url"
    return [_webhook_field(door, error) for door in DOORS]


def _webhook_field(door: str, error: str) -> Field:
    return Field(
        name=f"webhook_{door}",
        read=lambda settings: settings.webhook_urls.get(door, ""),
        terms=lambda text: Terms(webhook_urls=(f"{door}={text}",)),
        error=error,
    )


IBAN: Final = Field(
    name="iban",
    read=lambda settings: settings.iban,
    terms=lambda text: Terms(iban=text),
    error="settings.error.iban",
)
MARKETPLACE: Final = Field(
    name="marketplace",
    read=lambda settings: settings.marketplace,
    terms=lambda text: Terms(marketplace=text),
    error="settings.error.choice",
)
NETWORKS: Final = Field(
    name="networks",
    read=lambda settings: "\n".join(settings.allowed_networks),
    terms=lambda text: Terms(allowed_networks=tuple(filter(None, re.split(r"[\s,;]+", text)))),
    error="settings.error.networks",
)
PLAN: Final = (
    Field(
        name="commission_rate",
        read=lambda settings: percent_text(settings.plan.rate_e8),
        terms=lambda text: Terms(commission_rate=_number(text)),
        error="settings.error.percent",
    ),
    Field(
        name="fee",
        read=lambda settings: plain_text(settings.plan.fee_e8),
        terms=lambda text: Terms(fee=_number(text)),
        error="settings.error.amount",
    ),
    Field(
        name="blockage_rate",
        read=lambda settings: percent_text(settings.plan.blockage_rate_e8),
        terms=lambda text: Terms(blockage_rate=_number(text)),
        error="settings.error.percent",
    ),
    Field(
        name="blockage_days",
        read=lambda settings: str(settings.plan.blockage_days),
        terms=lambda text: Terms(blockage_days=_days(text)),
        error="settings.error.days",
    ),
)
_OF_NUMBERS: Final = frozenset({"settings.error.percent", "settings.error.amount"})


def rate_fields(settings: MerchantSettings) -> list[Field]:
    """What a unit of each currency is worth."""
    return [_rate_field(currency) for currency in settings.exchange_rates_e8]


def _rate_field(currency: str) -> Field:
    return Field(
        name=f"rate_{currency}",
        read=lambda settings: plain_text(settings.exchange_rates_e8[currency]),
        terms=lambda text: Terms(exchange_rates=(f"{currency}={_number(text)}",)),
        error="settings.error.amount",
    )


def percent_text(rate_e8: int) -> str:
    """A fraction of 1 in per cent."""
    return plain_text(rate_e8 * _PERCENT)


def counts_of(table: InstallmentTable) -> list[int]:
    """The numbers of instalments that a table has or may have."""
    return sorted({*_USUAL_COUNTS, *table.surcharges_e8} - {1})


def changed_table(
    table: InstallmentTable, form: Mapping[str, str]
) -> tuple[InstallmentTable, Mapping[str, str]]:
    """A table with the surcharges of a form, and the errors by field.

    A field is named `surcharge_` and its count; an empty one is a plan that is not offered.
    """
    surcharges_e8: dict[int, int] = {}
    errors: dict[str, str] = {}
    for count in counts_of(table):
        name = f"surcharge_{count}"
        text = form.get(name, "").strip()
        if not text:
            continue
        try:
            surcharges_e8[count] = percent_e8(_number(text), name)
        except InvalidTerms:
            errors[name] = "settings.error.percent"
    return msgspec.structs.replace(table, surcharges_e8=surcharges_e8), errors


def changed_names(
    fields: Sequence[Field], before: MerchantSettings, after: MerchantSettings
) -> str:
    """The fields that a form has changed, for the audit trail."""
    return ", ".join(field.name for field in fields if field.read(before) != field.read(after))


def _number(text: str) -> str:
    """A number as a program writes it. Raises InvalidTerms."""
    if not _NUMBER.fullmatch(text):
        raise InvalidTerms("no number")
    return text.replace(",", ".")


def _days(text: str) -> int:
    """Raises InvalidTerms."""
    if not _DAYS.fullmatch(text):
        raise InvalidTerms("no number of days")
    return int(text)
