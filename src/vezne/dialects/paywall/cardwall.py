"""Endpoints about stored cards to pay with."""

from typing import Final

from vezne.core.card import CardScope, StoredCard
from vezne.core.merchant import Merchant
from vezne.core.ports import CardGone
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.paywall import errors, shapes, translate
from vezne.dialects.paywall.cards import (
    checked_holder,
    checked_nickname,
    expiry_of,
    masked_name,
    named_card,
    relation_of,
    sealed_card,
)
from vezne.dialects.paywall.endpoint import Call, Desk
from vezne.dialects.paywall.errors import Failure
from vezne.dialects.paywall.switches import HolderShown
from vezne.dialects.paywall.temp import borrow
from vezne.flows import store_card
from vezne.flows.store_card import CardOfOwner, StoreCard

_PAYMENT: Final = CardScope.PAYMENT


async def create_card(call: Call[shapes.CreateCard]) -> translate.CreatedCard:
    """POST /paywall/card."""
    body, desk = call.body, call.desk
    customer = relation_of(body)
    fields = body.card
    if fields is None:
        raise Failure(errors.CARD_MISSING)
    command = StoreCard(
        merchant=call.merchant,
        alias=checked_nickname(fields.nickname),
        holder=checked_holder(fields.holder_name),
        card=sealed_card(call.card, fields.month, fields.year),
        external_id=customer,
        reuses_owner=True,
    )
    stored = await store_card.store_card(command, desk.ports)
    return translate.created_card(
        stored.card, command.holder, desk, is_detailed=body.include_details
    )


async def create_from_token(call: Call[shapes.CreateFromToken]) -> translate.CreatedCard:
    """POST /paywall/card/tokenization: the temporary card becomes a stored one."""
    body, desk = call.body, call.desk
    customer = relation_of(body)
    fields = body.card
    if fields is None:
        raise Failure(errors.CARD_MISSING)
    nickname = checked_nickname(fields.nickname)
    async with borrow(call.merchant, fields.card_token, desk.ports) as temporary:
        command = StoreCard(
            merchant=call.merchant,
            alias=nickname,
            holder=temporary.held.holder,
            card=temporary.held.card,
            external_id=customer,
            reuses_owner=True,
        )
        stored = await store_card.store_card(command, desk.ports)
        temporary.spend()
    return translate.created_card(
        stored.card, command.holder, desk, is_detailed=body.include_details
    )


async def list_cards(call: Call[shapes.ListCards]) -> list[translate.ListedCard]:
    """GET /paywall/card."""
    desk, is_detailed = call.desk, call.body.include_details
    listed = []
    for card in await cards_of(call, _PAYMENT):
        try:
            holder = await desk.ports.vault.holder_of(call.merchant.id, card.token)
        except CardGone:
            # It was deleted while the list was read.
            continue
        shown = holder if desk.switches.list_holder is HolderShown.CLEAR else masked_name(holder)
        listed.append(translate.listed_card(card, shown, desk, is_detailed=is_detailed))
    return listed


async def delete_card(call: Call[shapes.NamedCard]) -> None:
    """DELETE /paywall/card."""
    await delete_named(call, _PAYMENT)


async def update_card(call: Call[shapes.UpdateCard]) -> None:
    """PUT /paywall/card. Without a nickname the card keeps the one it has."""
    nickname = None
    if call.body.nickname.strip() or call.desk.switches.update_nickname_required:
        nickname = checked_nickname(call.body.nickname)
    await update_named(call, nickname, _PAYMENT)


async def cards_of(call: Call[shapes.ListCards], scope: CardScope) -> list[StoredCard]:
    """The cards of one scope of the customer that a request is about. Raises Failure."""
    customer = relation_of(call.body)
    cards = await store_card.list_cards_of(call.merchant, customer, call.desk.ports)
    found = [card for card in cards if card.scope is scope]
    if not found and not call.desk.switches.empty_list:
        raise Failure(errors.NO_DATA)
    return found


async def delete_named(call: Call[shapes.NamedCard], scope: CardScope) -> None:
    """Forget the card that a request names. Raises Failure, Refusal(CARD_NOT_FOUND)."""
    body = call.body
    named = await card_of_relation(call.desk, call.merchant, body, body.unique_code, scope)
    await store_card.delete_card(named, call.desk.ports)


async def update_named(
    call: Call[shapes.UpdateCard], nickname: str | None, scope: CardScope
) -> None:
    """Change the card that a request names. Its UniqueCode stays good.

    Raises Failure; Refusal: CARD_NOT_FOUND, CARD_EXPIRED.
    """
    body = call.body
    named = await card_of_relation(call.desk, call.merchant, body, body.unique_code, scope)
    expiry = expiry_of(body.month, body.year)
    await store_card.change_card(named, nickname, expiry, call.desk.ports)


async def card_of_relation(
    desk: Desk, merchant: Merchant, body: shapes.Relation, code: str, scope: CardScope
) -> CardOfOwner:
    """The card of a UniqueCode, if it is the named customer's.

    Raises Failure, Refusal(CARD_NOT_FOUND).
    """
    customer = relation_of(body)
    name = named_card(desk, merchant, code)
    owner = await desk.ports.books.find_owner(merchant.id, name.owner_key)
    if owner is None or owner.external_id != customer:
        raise Refusal(Reason.CARD_NOT_FOUND)
    return CardOfOwner(merchant=merchant, owner_key=name.owner_key, token=name.token, scope=scope)
