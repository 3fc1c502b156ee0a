"""Endpoints about insurance cards: known by their ends and the holder's identity number alone.

An insurer charges them without their full number, which is never sent. They are stored, listed,
changed and deleted; nothing in the house can be paid with one.
"""

import re
from typing import Final

from vezne.core.card import IDENTITY_PURPOSE, CardScope, StoredCard
from vezne.dialects.paywall import errors, shapes, translate
from vezne.dialects.paywall.cards import (
    checked_holder,
    checked_nickname,
    expiry_of,
    relation_of,
)
from vezne.dialects.paywall.cardwall import cards_of, delete_named, update_named
from vezne.dialects.paywall.endpoint import Call, Desk
from vezne.dialects.paywall.errors import Error, Failure
from vezne.flows.store_card import StoreInsuranceCard, store_insurance_card

_INSURANCE: Final = CardScope.INSURANCE
_BIN: Final = re.compile(r"[0-9]{6}(?:[0-9]{2})?")
_LAST_FOUR: Final = re.compile(r"[0-9]{4}")
# A person's identity number has eleven digits, a company's tax number ten.
_IDENTITY: Final = re.compile(r"[0-9]{10,11}")


async def create_card(
    call: Call[shapes.CreateInsuranceCard],
) -> translate.CreatedInsuranceCard:
    """POST /paywall/card/insurance."""
    body, desk = call.body, call.desk
    customer = relation_of(body)
    fields = body.card
    if fields is None:
        raise Failure(errors.CARD_MISSING)
    alias, holder = checked_nickname(fields.nickname), checked_holder(fields.holder_name)
    bin = _matching(_BIN, fields.card_bin, errors.CARD_NUMBER_INVALID)
    last4 = _matching(_LAST_FOUR, fields.card_last_four, errors.CARD_NUMBER_INVALID)
    identity = _matching(_IDENTITY, fields.identity, errors.IDENTITY_INVALID)
    command = StoreInsuranceCard(
        merchant=call.merchant,
        bin=bin,
        last4=last4,
        expiry=expiry_of(fields.month, fields.year),
        holder=holder,
        identity=desk.names.seal(call.merchant.id, IDENTITY_PURPOSE, identity.encode()),
        alias=alias,
        external_id=customer,
    )
    stored = await store_insurance_card(command, desk.ports)
    return translate.created_insurance_card(
        stored.card, identity, desk, is_detailed=body.include_details
    )


def _matching(pattern: re.Pattern[str], text: str, error: Error) -> str:
    digits = text.strip()
    if not pattern.fullmatch(digits):
        raise Failure(error)
    return digits


async def list_cards(call: Call[shapes.ListCards]) -> list[translate.ListedInsuranceCard]:
    """GET /paywall/card/insurance."""
    desk, is_detailed = call.desk, call.body.include_details
    return [
        translate.listed_insurance_card(card, _identity(card, desk), desk, is_detailed=is_detailed)
        for card in await cards_of(call, _INSURANCE)
    ]


def _identity(card: StoredCard, desk: Desk) -> str:
    return desk.names.open(card.merchant_id, IDENTITY_PURPOSE, card.identity).decode()


async def delete_card(call: Call[shapes.NamedCard]) -> None:
    """DELETE /paywall/card/insurance."""
    await delete_named(call, _INSURANCE)


async def update_card(call: Call[shapes.UpdateCard]) -> None:
    """PUT /paywall/card/insurance, which has no nickname: one that is sent is ignored."""
    await update_named(call, None, _INSURANCE)
