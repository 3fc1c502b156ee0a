"""Stored cards, by the customers that they belong to. Of a number no page shows but its ends."""

import re
from typing import Final
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from vezne.core.calendar import local_date
from vezne.core.card import BinRecord, CardScope, Owner, StoredCard, holds_pan
from vezne.core.card_register import OwnerPage, OwnerRow
from vezne.core.refusal import Refusal
from vezne.core.retention import CardPlace
from vezne.flows.blocklist import is_card_blocked
from vezne.flows.store_card import CardOfOwner, delete_card, sealed_from_stored
from vezne.panel.card_names import NamedCard
from vezne.panel.card_numbers import is_card_number, plain_digits
from vezne.panel.permissions import Permission
from vezne.panel.routing import Page
from vezne.panel.visit import NotFound, Visit

OWNERS_A_PAGE: Final = 25
CARDS_A_PAGE: Final = 50
SEARCH_LENGTH_MAX: Final = 250
_PATH: Final = "/panel/cards"
_HEX: Final = re.compile(r"(?:[0-9a-f]{2}){1,64}")


class CardView(msgspec.Struct, frozen=True, kw_only=True):
    """A card as people may see it. `path` is its page's."""

    card: StoredCard
    path: str
    mask: str
    record: BinRecord | None
    is_expired: bool

    @property
    def is_insurance(self) -> bool:
        """Whether it is known by its ends only, and pays nowhere."""
        return self.card.scope is CardScope.INSURANCE

    @property
    def expiry(self) -> str:
        """The last month in which it is good."""
        return f"{self.card.expiry.month:02d}/{self.card.expiry.year}"


class OwnerView(msgspec.Struct, frozen=True, kw_only=True):
    """An owner with some cards. `path` is their page's."""

    owner: Owner
    path: str
    count: int
    cards: list[CardView]

    @property
    def more(self) -> int:
        """How many cards are not shown."""
        return self.count - len(self.cards)


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a list shows. `further` is what the address of its next part says."""

    rows: list[OwnerRow] = []
    further: str = ""
    is_cut: bool = False
    go: str = ""


async def find(visit: Visit) -> Response:
    """Go to what a text finds. It comes as a form, so that no address ever has a card's number."""
    text = visit.form.get("q", "").strip()
    error = _unfit(visit, text)
    if error:
        return _list(visit, "", Found(), error=error)
    return visit.go(f"{_PATH}?{urlencode({'q': text})}" if text else _PATH)


async def list_owners(visit: Visit) -> Response:
    """Customers with their cards, newest first; or those that a search finds."""
    text = visit.query.get("q", "").strip()
    error = _unfit(visit, text)
    if error:
        return visit.turn_back(_PATH, error)
    found = await (_search(visit, text) if text else _all(visit))
    return visit.go(found.go) if found.go else _list(visit, text, found)


def _unfit(visit: Visit, text: str) -> str:
    """Why a text is not looked for, as the name of what to say; empty: it is."""
    if len(text) > SEARCH_LENGTH_MAX:
        return "cards.search.long"
    named = visit.desk.card_names.meaning_of(visit.merchant.id, text)
    # The tokens of a door are digits for the most part.
    return "cards.search.number" if named is None and _is_number(text) else ""


def _is_number(text: str) -> bool:
    return is_card_number(text) or holds_pan(plain_digits(text))


def _list(visit: Visit, text: str, found: Found, error: str = "") -> Response:
    return visit.page(
        "cards.html",
        status=422 if error else 200,
        sought=text,
        owners=[_owner_view(visit, row) for row in found.rows],
        further=found.further,
        is_cut=found.is_cut,
        is_later="before" in visit.query,
        error=visit.say(error) if error else "",
    )


async def _all(visit: Visit) -> Found:
    before = _bytes_of(visit.query.get("before", ""))
    return _found(
        await visit.desk.cards.page_owners(visit.merchant.id, before=before, limit=OWNERS_A_PAGE)
    )


async def _search(visit: Visit, text: str) -> Found:
    """By what a door calls a card or an owner, the merchant's own name, or the e-mail address."""
    desk, merchant_id = visit.desk, visit.merchant.id
    named = desk.card_names.meaning_of(merchant_id, text)
    go = "" if named is None else await _direct(visit, named)
    if go:
        return Found(go=go)
    rows: list[OwnerRow] = []
    if "before" not in visit.query:
        owners = await desk.ports.books.find_owners(merchant_id, text)
        rows = await desk.cards.list_rows(
            merchant_id, [item.key for item in owners[:OWNERS_A_PAGE]]
        )
    if named is not None and not rows:
        return await _search_token(visit, named.token)
    before = _bytes_of(visit.query.get("before", ""))
    page = await desk.cards.search_email(merchant_id, text, before=before, limit=OWNERS_A_PAGE)
    known = {row.owner.key for row in rows}
    others = [row for row in page.rows if row.owner.key not in known]
    return _found(msgspec.structs.replace(page, rows=[*rows, *others]))


async def _direct(visit: Visit, named: NamedCard) -> str:
    """The page of what a text names, where that is found by its name alone; empty: it is not."""
    books, merchant_id = visit.desk.ports.books, visit.merchant.id
    if named.owner_key is not None:
        card = await books.find_card(merchant_id, named.owner_key, named.token)
        return "" if card is None else _path_of(card)
    owner = await books.find_owner(merchant_id, named.token)
    return "" if owner is None else _owner_path(owner.key)


async def _search_token(visit: Visit, token: bytes) -> Found:
    before = _place_of(visit.query.get("before", ""))
    search = await visit.desk.cards.search_token(visit.merchant.id, token, before=before)
    if search.card is not None:
        return Found(go=_path_of(search.card))
    if search.further is None:
        return Found()
    return Found(further="-".join(part.hex() for part in search.further), is_cut=True)


def _found(page: OwnerPage) -> Found:
    further = "" if page.further is None else page.further.hex()
    return Found(rows=page.rows, further=further, is_cut=page.is_cut)


async def show_owner(visit: Visit) -> Response:
    """A customer's cards, newest first."""
    owner = await _owner(visit)
    before = _bytes_of(visit.query.get("before", ""))
    page = await visit.desk.cards.page_cards(
        visit.merchant.id, owner.key, before=before, limit=CARDS_A_PAGE
    )
    return visit.page(
        "card_owner.html",
        owner=owner,
        owner_path=_owner_path(owner.key),
        names=visit.desk.card_names.of_owner(owner),
        cards=[_card_view(visit, card) for card in page.cards],
        further="" if page.further is None else page.further.hex(),
        is_later=before is not None,
    )


async def show_card(visit: Visit) -> Response:
    """A card: what each door calls it, what the merchant noted, whether it can pay."""
    owner = await _owner(visit)
    card = await _card(visit, owner)
    now_ms = visit.ports.clock.now_ms()
    return visit.page(
        "card.html",
        owner=owner,
        owner_path=_owner_path(owner.key),
        view=_card_view(visit, card),
        names=visit.desk.card_names.of_card(owner, card, now_ms),
        is_blocked=await _is_blocked(visit, card),
    )


async def ask_delete(visit: Visit) -> Response:
    """What deleting a card means, before it is done."""
    owner = await _owner(visit)
    view = _card_view(visit, await _card(visit, owner))
    return visit.page("card_delete.html", owner=owner, view=view, owner_path=_owner_path(owner.key))


async def delete(visit: Visit) -> Response:
    """Forget a card. One that is gone already stays gone."""
    owner = await _owner(visit)
    back = _owner_path(owner.key)
    try:
        card = await _card(visit, owner)
    except NotFound:
        return visit.turn_back(back, "cards.delete.gone")
    subject = f"delete card {card.token.hex()}"
    visit.record(subject)
    # It cannot be undone, so that it is on record first.
    await visit.desk.audit.settled()
    command = CardOfOwner(
        merchant=visit.merchant, owner_key=owner.key, token=card.token, scope=card.scope
    )
    try:
        await delete_card(command, visit.ports)
    except Refusal as refusal:
        visit.record(subject, reason=refusal.reason, is_success=False)
        return visit.turn_back(back, "cards.delete.gone")
    return visit.go(back, "cards.delete.done", mask=sealed_from_stored(card).mask)


async def _owner(visit: Visit) -> Owner:
    """The merchant's owner that the address names. Raises NotFound."""
    key = _bytes_of(visit.path("owner"))
    owner = None
    if key is not None:
        owner = await visit.desk.ports.books.find_owner(visit.merchant.id, key)
    if owner is None:
        raise NotFound
    return owner


async def _card(visit: Visit, owner: Owner) -> StoredCard:
    """The owner's card that the address names. Raises NotFound."""
    token = _bytes_of(visit.path("token"))
    card = None
    if token is not None:
        card = await visit.desk.ports.books.find_card(visit.merchant.id, owner.key, token)
    if card is None:
        raise NotFound
    return card


async def _is_blocked(visit: Visit, card: StoredCard) -> bool:
    if card.scope is CardScope.INSURANCE:
        return False
    try:
        return await is_card_blocked(visit.merchant, sealed_from_stored(card), visit.ports)
    except Refusal:
        # It was deleted this moment.
        raise NotFound from None


def _owner_view(visit: Visit, row: OwnerRow) -> OwnerView:
    return OwnerView(
        owner=row.owner,
        path=_owner_path(row.owner.key),
        count=row.count,
        cards=[_card_view(visit, card) for card in row.newest],
    )


def _card_view(visit: Visit, card: StoredCard) -> CardView:
    today = local_date(visit.ports.clock.now_ms())
    return CardView(
        card=card,
        path=_path_of(card),
        mask=sealed_from_stored(card).mask,
        record=visit.desk.ports.bins.find(card.bin),
        is_expired=card.expiry.is_past(today.year, today.month),
    )


def _owner_path(key: bytes) -> str:
    return f"{_PATH}/{key.hex()}"


def _path_of(card: StoredCard) -> str:
    return f"{_owner_path(card.owner_key)}/{card.token.hex()}"


def _bytes_of(text: str) -> bytes | None:
    """A key or token as addresses have it; None: the text is none."""
    return bytes.fromhex(text) if _HEX.fullmatch(text) else None


def _place_of(text: str) -> CardPlace | None:
    """An owner's key and a token as addresses have them; None: the text is none."""
    first, _, second = text.partition("-")
    key, token = _bytes_of(first), _bytes_of(second)
    return None if key is None or token is None else (key, token)


_VIEW: Final = Permission.VIEW
_DELETE: Final = Permission.DELETE_CARDS

PAGES: Final = (
    # A door's name for a card may look like a number.
    Page(
        method="GET",
        path="/cards",
        handle=list_owners,
        permission=_VIEW,
        minds_card_numbers=True,
    ),
    Page(
        method="POST",
        path="/cards/find",
        handle=find,
        permission=_VIEW,
        minds_card_numbers=True,
    ),
    Page(method="GET", path="/cards/{owner}", handle=show_owner, permission=_VIEW),
    Page(method="GET", path="/cards/{owner}/{token}", handle=show_card, permission=_VIEW),
    Page(method="GET", path="/cards/{owner}/{token}/delete", handle=ask_delete, permission=_DELETE),
    Page(method="POST", path="/cards/{owner}/{token}/delete", handle=delete, permission=_DELETE),
)
