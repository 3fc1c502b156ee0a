"""Endpoints about stored cards and the blocklist."""

from json.encoder import encode_basestring as quoted
from typing import Final

import msgspec
from msgspec import UNSET

from vezne.core.body import FieldState
from vezne.core.card import CardScope, Expiry, SealedCard, StoredCard
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.iyzico import answers, checks, errors, shapes
from vezne.dialects.iyzico.bin_words import BinWords
from vezne.dialects.iyzico.cards import (
    checked_alias,
    checked_holder,
    owner_key_from_text,
    sealed_card,
    token_from_text,
    token_text,
)
from vezne.dialects.iyzico.endpoint import Call
from vezne.dialects.iyzico.errors import Failure
from vezne.dialects.iyzico.switches import Switches
from vezne.flows import blocklist, store_card
from vezne.flows.store_card import CardOfOwner, ListCards, StoreCard

METADATA_ENTRIES_MAX: Final = 20
METADATA_LENGTH_MAX: Final = 255

_encode: Final = msgspec.json.Encoder().encode
# The blocklist is about numbers; a number asked about has no expiry.
_NO_EXPIRY: Final = Expiry(9999, 12)
_EXTERNAL_ID: Final = checks.TextRule("external_id", "externalId")
_METADATA: Final = checks.TextRule("metadata", "metadata", METADATA_LENGTH_MAX, is_prose=True)


async def create_card(call: Call[shapes.CreateCard]) -> str:
    """POST /cardstorage/card. The answer is that of `answers.CreatedCard`."""
    stored = await store_card.store_card(_store_command(call), call.desk.ports)
    card, owner = stored.card, stored.owner
    # Written straight: only these four are texts of the customer's.
    external_id = call.body.external_id or owner.external_id
    named = f'"externalId":{quoted(external_id)},' if external_id else ""
    email = f'"email":{quoted(owner.email)},' if stored.is_new_owner else ""
    alias = f',"cardAlias":{quoted(card.alias)}' if card.alias else ""
    metadata = f',"metadata":{_encode(card.metadata).decode()}' if card.metadata else ""
    switches = call.desk.switches
    last_four = f',"lastFourDigits":"{card.last4}"' if switches.card_last_four else ""
    return (
        f'{named}{email}"cardUserKey":"{token_text(owner.key)}"'
        f',"cardToken":"{token_text(card.token)}"{alias}'
        f',"binNumber":"{card.bin[: switches.card_bin_digits]}"{last_four}'
        f"{call.desk.bin_words.of(card.bin)}{metadata}"
    )


async def create_card_echo(call: Call[shapes.CreateCard]) -> answers.CreateCardEcho:
    """What an error of POST /cardstorage/card repeats."""
    return answers.CreateCardEcho(
        external_id=call.body.external_id or UNSET, email=call.body.email or UNSET
    )


def _store_command(call: Call[shapes.CreateCard]) -> StoreCard:
    """The command behind the request: owner first, then the card."""
    body = call.body
    owner_key = None
    if body.card_user_key:
        owner_key = token_from_text(body.card_user_key, Reason.OWNER_NOT_FOUND)
    if owner_key is None or body.email:
        checks.check_email(body.email)
    checks.check_text(body.external_id, _EXTERNAL_ID)
    fields = body.card
    if fields is None:
        raise Failure(errors.CARD_MISSING)
    card = sealed_card(call.card, fields.expire_month, fields.expire_year)
    holder = checked_holder(fields.card_holder_name or fields.card_holdername)
    alias = checked_alias(fields.card_alias)
    if not alias and call.desk.switches.card_alias_required:
        raise Failure(errors.ALIAS_MISSING)
    return StoreCard(
        merchant=call.merchant,
        card=card,
        holder=holder,
        alias=alias,
        owner_key=owner_key,
        email=body.email or "",
        external_id=body.external_id or None,
        metadata=_metadata(fields.metadata) if fields.metadata else {},
    )


def _metadata(entries: dict[str, str]) -> dict[str, str]:
    """What the merchant noted on the card."""
    if len(entries) > METADATA_ENTRIES_MAX:
        raise Failure(errors.TOO_MANY, "metadata", METADATA_ENTRIES_MAX)
    for name, value in entries.items():
        checks.check_text(name, _METADATA)
        checks.check_text(value, _METADATA)
    return entries


async def list_cards(call: Call[shapes.ListedOwner]) -> str:
    """POST /cardstorage/cards, by cardUserKey or, as an addition of ours, by externalId.

    The second is how a customer whose cards came through another door is found here. The answer is
    that of `answers.CardList`.
    """
    if not call.body.card_user_key and call.body.external_id:
        owner_key = await _owner_named(call, call.body.external_id)
    else:
        owner_key = owner_key_from_text(call.body.card_user_key)
    command = ListCards(merchant=call.merchant, owner_key=owner_key)
    cards = await store_card.list_cards(command, call.desk.ports)
    switches, bin_words = call.desk.switches, call.desk.bin_words
    details = ",".join([_card_detail(card, switches, bin_words) for card in cards])
    return f'"cardUserKey":"{token_text(owner_key)}","cardDetails":[{details}]'


async def _owner_named(call: Call[shapes.ListedOwner], external_id: str) -> bytes:
    """The customer's oldest owner that has a card. Raises Refusal(OWNER_NOT_FOUND)."""
    checks.check_text(external_id, _EXTERNAL_ID)
    cards = await store_card.list_cards_of(call.merchant, external_id, call.desk.ports)
    for card in cards:
        if card.scope is CardScope.PAYMENT:
            return card.owner_key
    raise Refusal(Reason.OWNER_NOT_FOUND)


async def list_cards_echo(call: Call[shapes.ListedOwner]) -> answers.CardList:
    """What an error of POST /cardstorage/cards repeats."""
    return answers.CardList(card_user_key=call.body.card_user_key or UNSET)


def _card_detail(card: StoredCard, switches: Switches, bin_words: BinWords) -> str:
    """A card of the list as `answers.CardDetail` has it, written straight.

    Only the alias is a text of the customer's; all else is digits and words of ours.
    """
    alias = f',"cardAlias":{quoted(card.alias)}' if card.alias else ""
    last_four = until = ""
    if switches.list_details:
        expiry = card.expiry
        last_four = f',"lastFourDigits":"{card.last4}"'
        until = f',"expireMonth":"{expiry.month:02d}","expireYear":"{expiry.year}"'
    return (
        f'{{"cardToken":"{token_text(card.token)}"{alias}'
        f',"binNumber":"{card.bin[: switches.card_bin_digits]}"{last_four}'
        f"{bin_words.of(card.bin)}{until}}}"
    )


async def delete_card(call: Call[shapes.StoredCardName]) -> None:
    """DELETE /cardstorage/card."""
    await store_card.delete_card(_card_of_owner(call), call.desk.ports)


async def block_card(call: Call[shapes.StoredCardName]) -> None:
    """POST /cardstorage/blacklist/card."""
    await blocklist.block_card(_card_of_owner(call), call.desk.ports)


async def unblock_card(call: Call[shapes.StoredCardName]) -> None:
    """POST /cardstorage/blacklist/card/inactive."""
    await blocklist.unblock_card(_card_of_owner(call), call.desk.ports)


def _card_of_owner(call: Call[shapes.StoredCardName]) -> CardOfOwner:
    body = call.body
    owner_key = owner_key_from_text(body.card_user_key)
    if not body.card_token:
        raise Failure(errors.CARD_TOKEN_MISSING)
    token = token_from_text(body.card_token, Reason.CARD_NOT_FOUND)
    return CardOfOwner(merchant=call.merchant, owner_key=owner_key, token=token)


async def find_blocked(call: Call[shapes.BlockedNumber]) -> answers.BlocklistEntry:
    """POST /cardstorage/blacklist/card/retrieve. The number comes back masked."""
    lifted = call.card
    if lifted.number is not FieldState.VALID:
        raise Failure(errors.CARD_NUMBER_INVALID)
    card = SealedCard(
        bin=lifted.bin, last4=lifted.last4, expiry=_NO_EXPIRY, transit_id=lifted.transit_id
    )
    is_blocked = await blocklist.is_card_blocked(call.merchant, card, call.desk.ports)
    return answers.BlocklistEntry(card_number=card.mask, blacklisted=is_blocked)
