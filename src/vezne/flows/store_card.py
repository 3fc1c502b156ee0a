"""Keep cards for an owner: store, list, delete."""

import msgspec

from vezne.core.calendar import local_date
from vezne.core.card import Owner, SealedCard, StoredCard
from vezne.core.changes import AddCard, AddOwner, Change, Conflict, RemoveCard
from vezne.core.ids import ENTROPY_BYTES, time_ordered_token
from vezne.core.merchant import Merchant
from vezne.core.ports import Ports
from vezne.core.refusal import Reason, Refusal


class StoreCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card to keep. Without `owner_key` a new owner is made, who then needs an `email`."""

    merchant: Merchant
    card: SealedCard
    holder: str
    alias: str
    owner_key: bytes | None = None
    email: str = ""
    external_id: str | None = None
    metadata: dict[str, str] = {}


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """The card as stored, and whose it is."""

    owner: Owner
    card: StoredCard
    is_new_owner: bool


async def store_card(command: StoreCard, ports: Ports) -> Stored:
    """Keep a card, durably on return. The same card twice is two stored cards.

    The vault writes first: a crash in between leaves a sealed number that no token names, never a
    token without a number. Raises Refusal: OWNER_NOT_FOUND, CARD_EXPIRED.
    """
    merchant_id = command.merchant.id
    check_not_expired(command.card, ports)
    owner = await find_or_make_owner(
        merchant_id, command.owner_key, command.email, command.external_id, ports
    )
    token = await ports.vault.keep(merchant_id, command.card, command.holder)
    card = stored_card(
        owner, token, command.card, alias=command.alias, metadata=command.metadata, ports=ports
    )
    is_new_owner = command.owner_key is None
    changes: list[Change] = [AddOwner(owner)] if is_new_owner else []
    await ports.books.apply([*changes, AddCard(card)])
    return Stored(owner=owner, card=card, is_new_owner=is_new_owner)


async def find_or_make_owner(
    merchant_id: int, key: bytes | None, email: str, external_id: str | None, ports: Ports
) -> Owner:
    """The owner behind a key, or a new one that is not written yet.

    Raises Refusal(OWNER_NOT_FOUND).
    """
    if key is not None:
        owner = await ports.books.find_owner(merchant_id, key)
        if owner is None:
            raise Refusal(Reason.OWNER_NOT_FOUND)
        return owner
    now_ms = ports.clock.now_ms()
    return Owner(
        merchant_id=merchant_id,
        key=time_ordered_token(now_ms, ports.entropy.take(ENTROPY_BYTES)),
        email=email,
        external_id=external_id,
        created_ms=now_ms,
    )


def stored_card(
    owner: Owner,
    token: bytes,
    card: SealedCard,
    *,
    alias: str,
    ports: Ports,
    metadata: dict[str, str] | None = None,
) -> StoredCard:
    """The books' record of a card that the vault keeps under a token."""
    return StoredCard(
        merchant_id=owner.merchant_id,
        owner_key=owner.key,
        token=token,
        alias=alias,
        bin=card.bin,
        last4=card.last4,
        expiry=card.expiry,
        metadata=metadata or {},
        created_ms=ports.clock.now_ms(),
    )


def check_not_expired(card: SealedCard, ports: Ports) -> None:
    """Raise Refusal(CARD_EXPIRED) after the last day of the card's last month, Istanbul time."""
    today = local_date(ports.clock.now_ms())
    if card.expiry.is_past(today.year, today.month):
        raise Refusal(Reason.CARD_EXPIRED)


class ListCards(msgspec.Struct, frozen=True, kw_only=True):
    """Whose cards to list."""

    merchant: Merchant
    owner_key: bytes


async def list_cards(command: ListCards, ports: Ports) -> list[StoredCard]:
    """An owner's cards, oldest first. Raises Refusal(OWNER_NOT_FOUND)."""
    cards = await ports.books.list_cards(command.merchant.id, command.owner_key)
    if not cards and await ports.books.find_owner(command.merchant.id, command.owner_key) is None:
        raise Refusal(Reason.OWNER_NOT_FOUND)
    return cards


class CardOfOwner(msgspec.Struct, frozen=True, kw_only=True):
    """One stored card, named by owner and token."""

    merchant: Merchant
    owner_key: bytes
    token: bytes


async def find_stored_card(command: CardOfOwner, ports: Ports) -> StoredCard:
    """The stored card. Raises Refusal: OWNER_NOT_FOUND, CARD_NOT_FOUND."""
    merchant_id = command.merchant.id
    card = await ports.books.find_card(merchant_id, command.owner_key, command.token)
    if card is not None:
        return card
    if await ports.books.find_owner(merchant_id, command.owner_key) is None:
        raise Refusal(Reason.OWNER_NOT_FOUND)
    raise Refusal(Reason.CARD_NOT_FOUND)


async def delete_card(command: CardOfOwner, ports: Ports) -> None:
    """Forget a card. The token is gone first, then the sealed number.

    Raises Refusal: OWNER_NOT_FOUND, CARD_NOT_FOUND.
    """
    card = await find_stored_card(command, ports)
    try:
        await ports.books.apply([RemoveCard(card)])
    except Conflict:
        raise Refusal(Reason.CARD_NOT_FOUND) from None
    await ports.vault.forget(command.merchant.id, card.token)


def sealed_from_stored(card: StoredCard) -> SealedCard:
    """A stored card as flows and acquirers hold it."""
    return SealedCard(bin=card.bin, last4=card.last4, expiry=card.expiry, token=card.token)
