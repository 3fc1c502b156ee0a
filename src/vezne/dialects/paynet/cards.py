"""Saved cards: how they are named, whose they are, and the services that keep them."""

from typing import TypeVar

import msgspec

from vezne.core.body import FieldState, LiftedCard
from vezne.core.card import CardScope, Expiry, Owner, SealedCard, StoredCard
from vezne.core.ports import CardGone
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.paynet import enums, errors, shapes
from vezne.dialects.paynet.answers import CardSaved, CardsListed, ListedCard
from vezne.dialects.paynet.endpoint import Call, origin
from vezne.dialects.paynet.envelope import Answer
from vezne.dialects.paynet.errors import Failure
from vezne.dialects.paynet.outward_ids import NotAName, guid_like, token_from_guid
from vezne.dialects.paynet.paging import page_of
from vezne.dialects.paynet.sessions import Terms
from vezne.flows import store_card as flow

HOLDER_LENGTH_MAX = 50
DESCRIPTION_LENGTH_MAX = 140
UNIQUE_ID_LENGTH_MAX = 256
_CENTURY = 2000
_YEAR_SHORT_MAX = 99
_DECEMBER = 12

Body = TypeVar("Body", bound=msgspec.Struct)


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer of the merchant: the owner that names them here, and the cards of all of theirs.

    The same person may have several owners, made through several doors, under one name.
    """

    owner: Owner
    cards: list[StoredCard]

    def find_card(self, card_hash: str | None) -> StoredCard:
        """The card that a `card_hash` names. Raises Failure(MISSING), Refusal(CARD_NOT_FOUND)."""
        if not card_hash:
            raise Failure(errors.MISSING, "card_hash")
        try:
            token = token_from_guid(card_hash)
        except NotAName:
            raise Refusal(Reason.CARD_NOT_FOUND) from None
        for card in self.cards:
            if card.token == token:
                return card
        raise Refusal(Reason.CARD_NOT_FOUND)


def new_card(lifted: LiftedCard, month: int | None, year: int | None) -> SealedCard:
    """The new card of a request. Raises Failure for its number, code, month or year.

    A code that is absent is no failure here.
    """
    if lifted.number is FieldState.ABSENT:
        raise Failure(errors.CARD_NUMBER_MISSING)
    if lifted.number is FieldState.INVALID:
        raise Failure(errors.CARD_NUMBER_WRONG)
    if lifted.cvv is FieldState.INVALID:
        raise Failure(errors.CVC_WRONG)
    return SealedCard(
        bin=lifted.bin,
        last4=lifted.last4,
        expiry=_expiry(month, year),
        transit_id=lifted.transit_id,
        has_cvv=lifted.cvv is FieldState.VALID,
    )


def _expiry(month: int | None, year: int | None) -> Expiry:
    """The last month of a card; a year of this century, in two digits or four."""
    if not month:
        raise Failure(errors.MONTH_MISSING)
    if not 1 <= month <= _DECEMBER:
        raise Failure(errors.MONTH_WRONG)
    if year is None:
        raise Failure(errors.YEAR_MISSING)
    full = year + _CENTURY if 0 <= year <= _YEAR_SHORT_MAX else year
    if not _CENTURY <= full <= _CENTURY + _YEAR_SHORT_MAX:
        raise Failure(errors.YEAR_WRONG)
    return Expiry(year=full, month=month)


def checked_holder(holder: str | None) -> str:
    """The mandatory name on a card. A name has no digits. Raises Failure."""
    if not holder:
        raise Failure(errors.HOLDER_MISSING)
    if len(holder) > HOLDER_LENGTH_MAX or any(letter.isdigit() for letter in holder):
        raise Failure(errors.HOLDER_WRONG)
    return holder


def owner_key_from_text(text: str) -> bytes:
    """The owner that a `card_owner_id` names. Raises Refusal(OWNER_NOT_FOUND)."""
    try:
        return token_from_guid(text)
    except NotAName:
        raise Refusal(Reason.OWNER_NOT_FOUND) from None


async def find_customer(
    call: Call[Body], card_owner_id: str | None, user_unique_id: str | None
) -> Customer:
    """The customer by Paynet's name or else by the merchant's own, which is good everywhere.

    Raises Failure(MISSING), Refusal(OWNER_NOT_FOUND).
    """
    books, merchant = call.desk.ports.books, call.merchant
    if card_owner_id:
        owner = await books.find_owner(merchant.id, owner_key_from_text(card_owner_id))
    elif user_unique_id:
        owner = next(iter(await books.find_owners(merchant.id, user_unique_id)), None)
    else:
        raise Failure(errors.MISSING, "card_owner_id")
    if owner is None:
        raise Refusal(Reason.OWNER_NOT_FOUND)
    if owner.external_id:
        cards = await flow.list_cards_of(merchant, owner.external_id, call.desk.ports)
    else:
        cards = await books.list_cards(merchant.id, owner.key)
    return Customer(owner=owner, cards=[card for card in cards if card.scope is CardScope.PAYMENT])


async def find_customer_of_session(
    call: Call[Body], terms: Terms, card_owner_id: str | None, user_unique_id: str | None
) -> Customer:
    """The customer that a session names, or else the request does. The request may say it again.

    Raises Failure: MISSING, UNMATCHED when it says another; Refusal(OWNER_NOT_FOUND).
    """
    if not (card_owner_id or user_unique_id):
        return await find_customer(call, terms.card_owner_id, terms.user_unique_id)
    customer = await find_customer(call, card_owner_id, user_unique_id)
    if terms.card_owner_id:
        owner = (await find_customer(call, terms.card_owner_id, None)).owner
        is_same = customer.owner.key == owner.key or (
            bool(owner.external_id) and customer.owner.external_id == owner.external_id
        )
    else:
        is_same = terms.user_unique_id in {"", customer.owner.external_id}
    if not is_same:
        raise Failure(errors.UNMATCHED)
    return customer


def logo_url(call: Call[Body], bank_id: str) -> str:
    """Where a bank's logo would be."""
    at = origin(call.desk, call.scheme, call.host)
    return f"{at}/img/banklogo/small/{bank_id}.png"


async def save_card(call: Call[shapes.CardSave]) -> Answer:
    """POST /v1/card/save. A security code proves nothing here and is not kept."""
    body = call.body
    if not body.card_desc:
        raise Failure(errors.MISSING, "card_desc")
    check_length(body.card_desc, "card_desc", DESCRIPTION_LENGTH_MAX)
    if not (body.card_owner_id or body.user_unique_id):
        raise Failure(errors.MISSING, "user_unique_id")
    check_length(body.user_unique_id, "user_unique_id", UNIQUE_ID_LENGTH_MAX)
    holder = checked_holder(body.card_holder)
    card = new_card(call.card, body.expire_month, body.expire_year)
    owner_key = owner_key_from_text(body.card_owner_id) if body.card_owner_id else None
    try:
        stored = await flow.store_card(
            flow.StoreCard(
                merchant=call.merchant,
                card=card,
                holder=holder,
                alias=body.card_desc,
                owner_key=owner_key,
                external_id=body.user_unique_id,
                reuses_owner=True,
            ),
            call.desk.ports,
        )
    except CardGone:
        raise Refusal(Reason.HELD_CARD_LOST) from None
    record = call.desk.ports.bins.find(card.bin)
    bank = enums.bank_of(record)
    return Answer(
        fields=CardSaved(
            card_owner_id=guid_like(stored.owner.key),
            user_unique_id=stored.owner.external_id or "",
            card_desc=stored.card.alias,
            card_hash=guid_like(stored.card.token),
            card_no=enums.transaction_mask(card.bin, card.last4),
            card_bin=card.bin[:6],
            card_type=enums.card_type(record),
            card_bank_id=bank.id,
            card_bank_name=bank.name,
            card_logo_url=logo_url(call, bank.id),
            card_brand_name=enums.brand_name(record, card.bin),
        )
    )


async def list_cards(call: Call[shapes.CardList]) -> Answer:
    """POST /v1/card/list."""
    body = call.body
    customer = await find_customer(call, body.card_owner_id, body.user_unique_id)
    page = page_of(
        customer.cards,
        limit=body.limit,
        starting_after=body.starting_after,
        ending_before=body.ending_before,
    )
    return Answer(
        fields=CardsListed(
            total=len(page.rows),
            total_count=len(customer.cards),
            limit=page.limit,
            ending_before=page.ending_before,
            starting_after=page.starting_after,
            has_more=page.has_more,
            data=[await _listed(call, customer.owner, card) for card in page.rows],
        )
    )


async def _listed(call: Call[shapes.CardList], owner: Owner, card: StoredCard) -> ListedCard:
    ports = call.desk.ports
    record = ports.bins.find(card.bin)
    bank = enums.bank_of(record)
    number, bin = enums.listing_mask(card.bin, card.last4), card.bin[:6]
    try:
        holder = await ports.vault.holder_of(call.merchant.id, card.token)
    except CardGone:
        # Deleted since it was listed.
        holder = ""
    company = str(call.merchant.id)
    return ListedCard(
        company_code=company,
        agent_id=company,
        user_unique_id=owner.external_id or "",
        card_owner_id=guid_like(owner.key),
        card_hash=guid_like(card.token),
        card_desc=card.alias,
        card_holder=enums.holder_mask(holder),
        card_no=number,
        card_no_masked=number,
        card_bin=bin,
        card_bin_no=bin,
        card_type=enums.card_type(record),
        card_bank_id=bank.id,
        card_bank_name=bank.name,
        card_logo_url=logo_url(call, bank.id),
        card_brand_name=enums.brand_name(record, card.bin),
        expire_month=card.expiry.month,
        expire_year=card.expiry.year,
    )


async def update_description(call: Call[shapes.CardDescription]) -> Answer:
    """POST /v1/card/desc_update."""
    body = call.body
    if not body.card_desc:
        raise Failure(errors.MISSING, "card_desc")
    check_length(body.card_desc, "card_desc", DESCRIPTION_LENGTH_MAX)
    card = await _card_named(call, body)
    await flow.change_card(_of_owner(call, card), body.card_desc, None, call.desk.ports)
    return Answer()


async def delete_card(call: Call[shapes.CardName]) -> Answer:
    """POST /v1/card/delete."""
    card = await _card_named(call, call.body)
    await flow.delete_card(_of_owner(call, card), call.desk.ports)
    return Answer()


def check_length(text: str | None, name: str, length_max: int) -> None:
    """Raise Failure(TOO_LONG) for a text longer than its field."""
    if text and len(text) > length_max:
        raise Failure(errors.TOO_LONG, name)


async def _card_named(call: Call[Body], body: shapes.CardName) -> StoredCard:
    customer = await find_customer(call, body.card_owner_id, body.user_unique_id)
    return customer.find_card(body.card_hash)


def _of_owner(call: Call[Body], card: StoredCard) -> flow.CardOfOwner:
    return flow.CardOfOwner(merchant=call.merchant, owner_key=card.owner_key, token=card.token)
