"""Endpoints about the merchant's blacklist of card numbers."""

import hashlib
import uuid
from typing import Final

import msgspec

from vezne.core.card import CardScope, SealedCard
from vezne.core.merchant import Merchant
from vezne.dialects.paywall import errors, shapes
from vezne.dialects.paywall.cards import named_card, relation_of, sealed_number
from vezne.dialects.paywall.cardwall import card_of_relation
from vezne.dialects.paywall.endpoint import Call, Desk
from vezne.dialects.paywall.envelope import Answered
from vezne.dialects.paywall.errors import Failure
from vezne.dialects.paywall.times import NEVER, utc_text
from vezne.flows.blocklist_number import block_number, blocked_since, unblock_number
from vezne.flows.store_card import CardOfOwner, find_stored_card, sealed_from_stored

_PURPOSE: Final = "paywall blacklist"
_GUID_BYTES: Final = 16
_NO_ID: Final = str(uuid.UUID(int=0))


class BlockedCard(msgspec.Struct, frozen=True, rename="pascal"):
    """POST /paywall/blacklist/card."""

    id: str


class BlacklistEntry(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """GET /paywall/blacklist/card/inquiry; the values of a number that is not listed."""

    id: str = _NO_ID
    insert_date_time_utc: str = NEVER
    update_date_time_utc: str = NEVER
    in_black_list: bool = False
    is_active: bool = False


async def block_card(call: Call[shapes.Block]) -> BlockedCard:
    """POST /paywall/blacklist/card."""
    body, desk = call.body, call.desk
    relation_of(body)
    if body.is_saved_card:
        named = await card_of_relation(
            desk, call.merchant, body, body.unique_code, CardScope.PAYMENT
        )
        card = await _stored_card(named, desk)
    else:
        card = sealed_number(call.card)
    since_ms = await block_number(call.merchant, card, desk.ports)
    if since_ms is None:
        raise Failure(errors.ALREADY_BLOCKED)
    return BlockedCard(_id_of(card, since_ms, call.merchant, desk))


async def unblock_card(call: Call[shapes.Blocked]) -> Answered:
    """DELETE /paywall/blacklist/card."""
    if not await unblock_number(call.merchant, await _card(call), call.desk.ports):
        raise Failure(errors.NOT_BLOCKED)
    return Answered(None, "Deleted from Blacklist")


async def find_blocked(call: Call[shapes.Blocked]) -> BlacklistEntry:
    """GET /paywall/blacklist/card/inquiry. A number that is not listed is no error."""
    card = await _card(call)
    since_ms = await blocked_since(call.merchant, card, call.desk.ports)
    if since_ms is None:
        return BlacklistEntry()
    return BlacklistEntry(
        id=_id_of(card, since_ms, call.merchant, call.desk),
        insert_date_time_utc=utc_text(since_ms),
        in_black_list=True,
        is_active=True,
    )


async def _card(call: Call[shapes.Blocked]) -> SealedCard:
    """The card that a request names, by UniqueCode or by number. Raises Failure, Refusal."""
    body = call.body
    if body.partner_based:
        raise Failure(errors.PARTNER_NOT_FOUND)
    if not body.is_saved_card:
        return sealed_number(call.card)
    name = named_card(call.desk, call.merchant, body.unique_code)
    named = CardOfOwner(merchant=call.merchant, owner_key=name.owner_key, token=name.token)
    return await _stored_card(named, call.desk)


async def _stored_card(named: CardOfOwner, desk: Desk) -> SealedCard:
    return sealed_from_stored(await find_stored_card(named, desk.ports))


def _id_of(card: SealedCard, since_ms: int, merchant: Merchant, desk: Desk) -> str:
    """The GUID of an entry. No call takes one, so it only has to be the same each time."""
    name = f"{card.bin}{card.last4}{since_ms}".encode()
    sealed = desk.names.seal(merchant.id, _PURPOSE, name)
    return str(uuid.UUID(bytes=hashlib.sha256(sealed).digest()[:_GUID_BYTES], version=4))
