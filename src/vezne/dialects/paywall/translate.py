"""From the house's cards to the bodies of CardWall's answers."""

import msgspec

from vezne.core.calendar import local_date
from vezne.core.card import StoredCard
from vezne.core.ports import Bins
from vezne.dialects.paywall.cards import code_of, masked_identity, masked_name, masked_number
from vezne.dialects.paywall.endpoint import Desk
from vezne.dialects.paywall.enums import (
    BRANDS,
    OTHER_SCHEME,
    SCHEMES,
    TYPES,
    UNKNOWN,
    bin_facts,
    brand_of,
)
from vezne.dialects.paywall.times import utc_text

# What an insurance card is for; 1 would be a payment.
INSURANCE_SCOPE = 2


class Details(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """What the BIN says: a number and a name of each; 0 and null where nothing is known."""

    card_bank_id: int
    card_bank: str | None
    card_brand_id: int
    card_brand: str | None
    card_family_id: int
    card_family: str | None
    card_kind_id: int
    card_kind: str | None
    card_type_id: int
    card_type: str | None


class CreatedCard(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """POST /paywall/card and /paywall/card/tokenization. `card_type` is the scheme."""

    name: str
    card_bin: str
    card_last_four: str
    card_holder_name: str
    card_number: str
    card_type_id: int
    card_type: str
    month: int
    year: int
    unique_code: str
    details: Details | None


class ListedCard(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """One card in GET /paywall/card."""

    name: str
    card_bin: str
    card_last_four: str
    card_holder_name: str
    card_number: str
    expired: bool
    card_type_id: int
    card_type: str
    month: int
    year: int
    unique_code: str
    details: Details | None
    insert_date_time_utc: str


class CreatedInsuranceCard(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """POST /paywall/card/insurance. `card_type` is the product here."""

    scope: int
    name: str
    identity: str
    card_bin: str
    card_last_four: str
    card_holder_name: str
    card_type_id: int
    card_type: str | None
    month: int
    year: int
    unique_code: str
    details: Details | None


class ListedInsuranceCard(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """One card in GET /paywall/card/insurance."""

    scope: int
    name: str
    identity: str
    card_bin: str
    card_last_four: str
    card_holder_name: str
    expired: bool
    card_type_id: int
    card_type: str | None
    month: int
    year: int
    unique_code: str
    details: Details | None


def details_of(bin: str, bins: Bins) -> Details:
    """What is known of a BIN; of a foreign card its scheme alone."""
    facts = bin_facts(bin, bins)
    brand = brand_of(bin) if facts is None else facts.brand
    shown_brand = UNKNOWN if brand is None else BRANDS[brand]
    bank, family, kind, product = (
        (UNKNOWN,) * 4
        if facts is None
        else (facts.bank, facts.family, facts.kind, TYPES[facts.product])
    )
    return Details(
        card_bank_id=bank.id,
        card_bank=bank.name,
        card_brand_id=shown_brand.id,
        card_brand=shown_brand.name,
        card_family_id=family.id,
        card_family=family.name,
        card_kind_id=kind.id,
        card_kind=kind.name,
        card_type_id=product.id,
        card_type=product.name,
    )


def created_card(card: StoredCard, holder: str, desk: Desk, *, is_detailed: bool) -> CreatedCard:
    """The answer to a card that was stored. The holder is masked."""
    brand = brand_of(card.bin)
    scheme = OTHER_SCHEME if brand is None else SCHEMES[brand]
    return CreatedCard(
        name=card.alias,
        card_bin=card.bin[: desk.switches.card_bin],
        card_last_four=card.last4,
        card_holder_name=masked_name(holder),
        card_number=masked_number(card),
        card_type_id=scheme.id,
        card_type=scheme.name or "",
        month=card.expiry.month,
        year=card.expiry.year,
        unique_code=code_of(card, desk),
        details=details_of(card.bin, desk.ports.bins) if is_detailed else None,
    )


def listed_card(card: StoredCard, holder: str, desk: Desk, *, is_detailed: bool) -> ListedCard:
    """A card in a list, with the holder's name as given."""
    created = created_card(card, holder, desk, is_detailed=is_detailed)
    fields = {name: getattr(created, name) for name in created.__struct_fields__}
    fields["card_holder_name"] = holder
    return ListedCard(
        **fields,
        expired=_is_expired(card, desk),
        insert_date_time_utc=utc_text(card.created_ms),
    )


def created_insurance_card(
    card: StoredCard, identity: str, desk: Desk, *, is_detailed: bool
) -> CreatedInsuranceCard:
    """The answer to an insurance card that was stored. The holder is not masked."""
    details = details_of(card.bin, desk.ports.bins)
    return CreatedInsuranceCard(
        scope=INSURANCE_SCOPE,
        name=card.alias,
        identity=masked_identity(identity),
        card_bin=card.bin,
        card_last_four=card.last4,
        card_holder_name=card.holder,
        card_type_id=details.card_type_id,
        card_type=details.card_type,
        month=card.expiry.month,
        year=card.expiry.year,
        unique_code=code_of(card, desk),
        details=details if is_detailed else None,
    )


def listed_insurance_card(
    card: StoredCard, identity: str, desk: Desk, *, is_detailed: bool
) -> ListedInsuranceCard:
    """An insurance card in a list."""
    created = created_insurance_card(card, identity, desk, is_detailed=is_detailed)
    fields = {name: getattr(created, name) for name in created.__struct_fields__}
    return ListedInsuranceCard(**fields, expired=_is_expired(card, desk))


def _is_expired(card: StoredCard, desk: Desk) -> bool:
    today = local_date(desk.ports.clock.now_ms())
    return card.expiry.is_past(today.year, today.month)
