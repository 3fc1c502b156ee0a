"""Keep cards for an owner: store, list, change, delete."""

from typing import Final

import msgspec

from vezne.core.calendar import local_date
from vezne.core.card import CardScope, Expiry, Owner, SealedCard, StoredCard
from vezne.core.changes import AddCard, AddOwner, ChangeCard, Conflict, RemoveCard
from vezne.core.ids import ENTROPY_BYTES, time_ordered_token
from vezne.core.merchant import Merchant
from vezne.core.ports import Ports
from vezne.core.refusal import Reason, Refusal

# Asked for with every card; see `core/payment.py` on names for members.
_PAYMENT: Final = CardScope.PAYMENT


class StoreCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card to keep. Without `owner_key` a new owner is made.

    With `reuses_owner` that happens only when nobody has the `external_id` yet, the merchant's own
    name for a customer: the oldest owner of that name gets the card.
    """

    merchant: Merchant
    card: SealedCard
    holder: str
    alias: str
    owner_key: bytes | None = None
    email: str = ""
    external_id: str | None = None
    metadata: dict[str, str] = {}
    reuses_owner: bool = False


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
    now_ms = ports.clock.now_ms()
    check_not_past(command.card.expiry, now_ms)
    is_new_owner = command.owner_key is None and not command.reuses_owner
    if is_new_owner:
        # Most cards are an owner's first, and nobody has to be asked.
        owner = _new_owner(merchant_id, command.email, command.external_id, now_ms, ports)
    else:
        owner, is_new_owner = await find_or_make_owner(
            merchant_id,
            command.owner_key,
            command.email,
            command.external_id,
            ports,
            reuses=command.reuses_owner,
        )
    token = await ports.vault.keep(merchant_id, command.card, command.holder)
    card = stored_card(
        owner, token, command.card, alias=command.alias, metadata=command.metadata, now_ms=now_ms
    )
    add = AddCard(card)
    await ports.books.apply([AddOwner(owner), add] if is_new_owner else [add])
    return Stored(owner=owner, card=card, is_new_owner=is_new_owner)


class StoreInsuranceCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card to keep of which only the ends are known: it is recognised by them and pays nowhere.

    `identity` is the holder's identity number as the vault's name box sealed it.
    """

    merchant: Merchant
    bin: str
    last4: str
    expiry: Expiry
    holder: str
    identity: bytes
    alias: str
    external_id: str


async def store_insurance_card(command: StoreInsuranceCard, ports: Ports) -> Stored:
    """Keep what is known of an insurance card, in the books alone.

    The oldest owner of the `external_id` gets it, or a new one. Raises Refusal(CARD_EXPIRED).
    """
    now_ms = ports.clock.now_ms()
    check_not_past(command.expiry, now_ms)
    owner, is_new_owner = await find_or_make_owner(
        command.merchant.id, None, "", command.external_id, ports, reuses=True
    )
    card = StoredCard(
        merchant_id=owner.merchant_id,
        owner_key=owner.key,
        token=time_ordered_token(now_ms, ports.entropy.take(ENTROPY_BYTES)),
        alias=command.alias,
        bin=command.bin,
        last4=command.last4,
        expiry=command.expiry,
        created_ms=now_ms,
        scope=CardScope.INSURANCE,
        holder=command.holder,
        identity=command.identity,
    )
    add = AddCard(card)
    await ports.books.apply([AddOwner(owner), add] if is_new_owner else [add])
    return Stored(owner=owner, card=card, is_new_owner=is_new_owner)


async def find_or_make_owner(
    merchant_id: int,
    key: bytes | None,
    email: str,
    external_id: str | None,
    ports: Ports,
    *,
    reuses: bool,
) -> tuple[Owner, bool]:
    """The owner behind a key, or a new one; and whether it is new, which is not written yet.

    With `reuses` the oldest owner of the external id is taken before a new one is made. Two first
    cards at once may make two owners of one name; the customer's cards are those of both. Raises
    Refusal(OWNER_NOT_FOUND).
    """
    if key is not None:
        owner = await ports.books.find_owner(merchant_id, key)
        if owner is None:
            raise Refusal(Reason.OWNER_NOT_FOUND)
        return owner, False
    if reuses and external_id is not None:
        named = await ports.books.find_owners(merchant_id, external_id)
        if named:
            return named[0], False
    return _new_owner(merchant_id, email, external_id, ports.clock.now_ms(), ports), True


def _new_owner(
    merchant_id: int, email: str, external_id: str | None, now_ms: int, ports: Ports
) -> Owner:
    """An owner who is not written yet."""
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
    now_ms: int,
    metadata: dict[str, str] | None = None,
) -> StoredCard:
    """The books' record of a card that the vault keeps under a token from now on."""
    return StoredCard(
        merchant_id=owner.merchant_id,
        owner_key=owner.key,
        token=token,
        alias=alias,
        bin=card.bin,
        last4=card.last4,
        expiry=card.expiry,
        metadata=metadata or {},
        created_ms=now_ms,
    )


def check_not_expired(card: SealedCard, ports: Ports) -> None:
    """Raise Refusal(CARD_EXPIRED) after the last day of the card's last month, Istanbul time."""
    check_not_past(card.expiry, ports.clock.now_ms())


def check_not_past(expiry: Expiry, now_ms: int) -> None:
    """Raise Refusal(CARD_EXPIRED) after the last day of the month, Istanbul time."""
    today = local_date(now_ms)
    # Most cards are good beyond this year.
    if expiry.year <= today.year and expiry.is_past(today.year, today.month):
        raise Refusal(Reason.CARD_EXPIRED)


class ListCards(msgspec.Struct, frozen=True, kw_only=True):
    """Whose cards to list."""

    merchant: Merchant
    owner_key: bytes


async def list_cards(command: ListCards, ports: Ports) -> list[StoredCard]:
    """An owner's cards to pay with, oldest first. Raises Refusal(OWNER_NOT_FOUND)."""
    cards = await ports.books.list_cards(command.merchant.id, command.owner_key)
    if not cards and await ports.books.find_owner(command.merchant.id, command.owner_key) is None:
        raise Refusal(Reason.OWNER_NOT_FOUND)
    return [card for card in cards if card.scope is _PAYMENT]


async def list_cards_of(merchant: Merchant, external_id: str, ports: Ports) -> list[StoredCard]:
    """A customer's cards by the merchant's own name for them: to pay with, and for insurance.

    Oldest first, of all owners of that name. Nobody has it: no cards.
    """
    cards = [
        card
        for owner in await ports.books.find_owners(merchant.id, external_id)
        for card in await ports.books.list_cards(merchant.id, owner.key)
    ]
    return sorted(cards, key=lambda card: (card.created_ms, card.token))


class CardOfOwner(msgspec.Struct, frozen=True, kw_only=True):
    """One stored card, named by owner and token. A card of another scope is not meant."""

    merchant: Merchant
    owner_key: bytes
    token: bytes
    scope: CardScope = CardScope.PAYMENT


async def find_stored_card(command: CardOfOwner, ports: Ports) -> StoredCard:
    """The stored card. Raises Refusal: OWNER_NOT_FOUND, CARD_NOT_FOUND."""
    merchant_id = command.merchant.id
    card = await ports.books.find_card(merchant_id, command.owner_key, command.token)
    if card is not None and card.scope is command.scope:
        return card
    if card is None and await ports.books.find_owner(merchant_id, command.owner_key) is None:
        raise Refusal(Reason.OWNER_NOT_FOUND)
    raise Refusal(Reason.CARD_NOT_FOUND)


async def change_card(
    command: CardOfOwner, alias: str | None, expiry: Expiry | None, ports: Ports
) -> StoredCard:
    """Give a card another alias or expiry, where one is given; returns the card as it is now.

    Raises Refusal: OWNER_NOT_FOUND, CARD_NOT_FOUND, CARD_EXPIRED.
    """
    card = await find_stored_card(command, ports)
    if expiry is not None:
        check_not_past(expiry, ports.clock.now_ms())
    changed = msgspec.structs.replace(
        card,
        alias=card.alias if alias is None else alias,
        expiry=card.expiry if expiry is None else expiry,
    )
    try:
        await ports.books.apply([ChangeCard(changed)])
    except Conflict:
        raise Refusal(Reason.CARD_NOT_FOUND) from None
    return changed


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


def sealed_from_stored(card: StoredCard, transit_id: int | None = None) -> SealedCard:
    """A stored card as flows and acquirers hold it; with its CVV, where one is in transit."""
    return SealedCard(
        bin=card.bin,
        last4=card.last4,
        expiry=card.expiry,
        transit_id=transit_id,
        token=card.token,
        has_cvv=transit_id is not None,
    )
