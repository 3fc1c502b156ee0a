"""The test shop: goods, a door and a test card; then what was sent, and what came back."""

from collections.abc import Mapping
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import msgspec
from starlette.responses import HTMLResponse, Response

from vezne.core.audit import current_origin
from vezne.core.card import CardScope, StoredCard
from vezne.core.merchant import Merchant
from vezne.core.standing import standing_of
from vezne.core.web_address import is_origin, is_web_address
from vezne.flows.store_card import list_cards_of
from vezne.panel.paths import PANEL_PATH
from vezne.panel.permissions import Permission
from vezne.panel.routing import Page, Where
from vezne.panel.shop import iyzico
from vezne.panel.shop.checkout import ForgedReturn, check_out, come_back
from vezne.panel.shop.doors import NoAnswer
from vezne.panel.shop.exchange import Errand, Exchange
from vezne.panel.shop.form import (
    WAYS,
    Chosen,
    Unusable,
    card_value,
    chosen_from,
    first_choice,
)
from vezne.panel.shop.goods import CURRENCY, GOODS, QUANTITY_MAX, quantity_field
from vezne.panel.shop.orders import Order, Stage, is_name
from vezne.panel.shop.purchase import CUSTOMER, Purchase, expiry_at
from vezne.panel.shop.supplies import Shop
from vezne.panel.shop.tills import DOORS, Counter, NoKey, Till
from vezne.panel.visit import IllFormed, NotFound, Visit

_PATH: Final = f"{PANEL_PATH}/shop"
_REFERENCE_LETTERS: Final = 12
_NOWHERE: Final = "127.0.0.1"

# The door's page has a script of its own and posts to the bank. It is kept in an origin of its own,
# where the panel's cookies and pages are out of its reach.
_BANK_PAGE_HEADERS: Final = {
    "Content-Security-Policy": (
        "sandbox allow-forms allow-scripts; default-src 'none'; script-src 'unsafe-inline'; "
        "style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "unsafe-none",
    "Referrer-Policy": "no-referrer",
}


async def show_shop(visit: Visit) -> Response:
    """The goods, the doors and the cards."""
    shop = _shop_of(visit)
    chosen = first_choice(shop.cards)
    chosen |= {name: visit.query[name] for name in ("door", "way") if name in visit.query}
    return await _form_page(visit, chosen, {})


async def buy(visit: Visit) -> Response:
    """Pay, or go as far as the bank's page. The same form a second time leads to the same order."""
    shop = _shop_of(visit)
    name = visit.form.get("order", "")
    if not is_name(name):
        raise IllFormed
    if shop.orders.find(visit.merchant.id, name) is None:
        paid = await visit.ports.books.find_payment_by_reference(
            visit.merchant.id, _reference_of(name)
        )
        if paid is not None:
            # The order itself is forgotten by now.
            return visit.go(f"{PANEL_PATH}/payments/{paid.number}")
        try:
            chosen = chosen_from(visit.form, shop.cards, await _stored_cards(visit))
        except Unusable as unusable:
            return await _form_page(visit, visit.form, unusable.errors)
        await _check_out(visit, name, chosen)
    return visit.go(f"{_PATH}/orders/{name}")


async def show_order(visit: Visit) -> Response:
    """What was sent for an order, what came back, and how its payment stands."""
    order = _order_of(visit)
    payment = await visit.ports.books.find_payment_by_reference(
        visit.merchant.id, order.purchase.reference
    )
    url = order.way.url if order.way is not None else ""
    return visit.page(
        "shop_order.html",
        order=order,
        purchase=order.purchase,
        payment=payment,
        card=_shop_of(visit).find_card(order.card_name),
        standing=None if payment is None else standing_of(payment),
        way_url=url if is_web_address(url) else f"{_PATH}/orders/{order.name}/bank",
        is_at_bank=order.stage is Stage.AT_BANK,
        is_working=order.stage is Stage.WORKING,
        currency=CURRENCY,
    )


async def show_bank_page(visit: Visit) -> Response:
    """The page that the door made, which takes the browser to the bank."""
    order = _order_of(visit)
    if order.stage is not Stage.AT_BANK or order.way is None or not order.way.page:
        raise NotFound
    return HTMLResponse(order.way.page, headers=_BANK_PAGE_HEADERS)


async def take_back(visit: Visit) -> Response:
    """Where the bank sends the browser: whatever session it has, the form is the proof."""
    shop = _shop_of(visit)
    order = shop.orders.find_returning(visit.path("name"))
    if order is None:
        raise NotFound
    if order.stage is Stage.AT_BANK:
        till = await _open_till(visit, shop, order)
        try:
            if till is not None:
                # Another order may have stored the customer's first card meanwhile.
                key = await _customer_key(visit, order.merchant)
                order.purchase = msgspec.structs.replace(order.purchase, customer_key=key)
                await come_back(order, till, visit.form)
        except ForgedReturn:
            raise IllFormed from None
    return visit.go(f"{_PATH}/orders/{order.name}")


async def show_cards(visit: Visit) -> Response:
    """The customer's stored cards, as each door names them."""
    shop = _shop_of(visit)
    door = visit.query.get("door", DOORS[0])
    if door not in DOORS:
        raise NotFound
    kept: list[Exchange] = []
    problem, cards = "", []
    errand = Errand(reference=CUSTOMER, origin=_doors_origin(visit, shop), address=_address())
    counter = Counter(shop, visit.desk.ports.entropy, visit.merchant, errand)
    try:
        till = await counter.open(door, visit.language, None, kept)
        cards = await till.list_cards()
    except NoKey:
        problem = "shop.problem.no_key"
    except NoAnswer:
        problem = "shop.problem.no_answer"
    return visit.page(
        "shop_cards.html",
        doors=DOORS,
        door=door,
        cards=cards,
        exchanges=kept,
        problem=problem,
        customer=CUSTOMER,
    )


async def _form_page(
    visit: Visit, chosen: Mapping[str, str], errors: Mapping[str, str]
) -> Response:
    shop = _shop_of(visit)
    stored = await _stored_cards(visit)
    name = visit.form.get("order", "")
    return visit.page(
        "shop.html",
        status=422 if errors else 200,
        goods=GOODS,
        quantity_field=quantity_field,
        quantity_max=QUANTITY_MAX,
        currency=CURRENCY,
        doors=DOORS,
        ways=WAYS,
        cards=shop.cards,
        stored=stored,
        card_value=card_value,
        chosen=chosen,
        errors=errors,
        order=name if is_name(name) else shop.orders.new_name(),
    )


def _reference_of(name: str) -> str:
    """What an order calls its payment."""
    return f"shop-{name[:_REFERENCE_LETTERS]}"


async def _check_out(visit: Visit, name: str, chosen: Chosen) -> None:
    """Open an order and pay it."""
    shop = _shop_of(visit)
    return_name = shop.orders.new_name()
    purchase = Purchase(
        reference=_reference_of(name),
        lines=chosen.lines,
        texts=tuple(visit.say(f"shop.good.{line.good.name}") for line in chosen.lines),
        language=visit.language,
        address=_address(),
        return_url=f"{_panel_origin(visit, shop)}{_PATH}/return/{return_name}",
        expiry=expiry_at(visit.ports.clock.now_ms()),
        is_secure=chosen.is_secure,
        saves_card=chosen.saves_card,
        customer_key=await _customer_key(visit, visit.merchant),
        stored=chosen.stored,
    )
    order = Order(
        name=name,
        return_name=return_name,
        merchant=visit.merchant,
        door=chosen.door,
        purchase=purchase,
        origin=_doors_origin(visit, shop),
        card_name="" if chosen.card is None else chosen.card.name,
    )
    if not shop.orders.add(order):
        return
    try:
        visit.record(f"shop order {purchase.reference}", reason=chosen.door)
        await visit.desk.audit.settled()
        till = await _open_till(visit, shop, order)
        if till is not None:
            await check_out(order, till, partial(_token_of, visit))
    finally:
        order.end_if_left()


async def _open_till(visit: Visit, shop: Shop, order: Order) -> Till | None:
    """The till of an order's door; None: the order has come to nothing for want of a key."""
    purchase = order.purchase
    errand = Errand(reference=purchase.reference, origin=order.origin, address=purchase.address)
    counter = Counter(shop, visit.desk.ports.entropy, order.merchant, errand)
    card = shop.find_card(order.card_name)
    try:
        return await counter.open(order.door, purchase.language, card, order.exchanges)
    except NoKey:
        order.end("shop.problem.no_key")
        return None


def _shop_of(visit: Visit) -> Shop:
    """The shop. Raises NotFound where there is none: in live mode."""
    if visit.desk.shop is None:
        raise NotFound
    return visit.desk.shop


def _order_of(visit: Visit) -> Order:
    """The merchant's order that the address names. Raises NotFound."""
    order = _shop_of(visit).orders.find(visit.merchant.id, visit.path("name"))
    if order is None:
        raise NotFound
    return order


async def _stored_cards(visit: Visit) -> list[StoredCard]:
    """The cards of the shop's customer that can pay, oldest first."""
    cards = await list_cards_of(visit.merchant, CUSTOMER, visit.ports)
    return [card for card in cards if card.scope is CardScope.PAYMENT]


async def _customer_key(visit: Visit, merchant: Merchant) -> str:
    """What iyzico's door calls the customer whose cards are stored; empty: nobody yet."""
    owners = await visit.desk.ports.books.find_owners(merchant.id, CUSTOMER)
    names = visit.desk.card_names.of_owner(owners[0]) if owners else []
    return next((name.value for name in names if name.door == iyzico.DOOR), "")


def _token_of(visit: Visit, name: str) -> bytes | None:
    """Which stored card a door means by a name."""
    meant = visit.desk.card_names.meaning_of(visit.merchant.id, name)
    return None if meant is None else meant.token


def _panel_origin(visit: Visit, shop: Shop) -> str:
    """Where this browser reaches the panel. Raises IllFormed for a host that is none.

    Behind a proxy that ends TLS, the address of the doors knows the scheme better.
    """
    host = visit.request.headers.get("host", "")
    if shop.url and urlsplit(shop.url).netloc == host:
        return shop.url
    origin = f"{visit.request.url.scheme}://{host}"
    if not is_origin(origin):
        raise IllFormed
    return origin


def _doors_origin(visit: Visit, shop: Shop) -> str:
    return shop.url or _panel_origin(visit, shop)


def _address() -> str:
    """The network address of whoever is at the panel."""
    return current_origin().address or _NOWHERE


_MAY: Final = Permission.USE_SANDBOX
_HERE: Final = Where.SANDBOX
PAGES: Final = (
    Page(method="GET", path="/shop", handle=show_shop, permission=_MAY, where=_HERE),
    Page(method="POST", path="/shop", handle=buy, permission=_MAY, where=_HERE),
    Page(method="GET", path="/shop/cards", handle=show_cards, permission=_MAY, where=_HERE),
    Page(method="GET", path="/shop/orders/{name}", handle=show_order, permission=_MAY, where=_HERE),
    Page(
        method="GET",
        path="/shop/orders/{name}/bank",
        handle=show_bank_page,
        permission=_MAY,
        where=_HERE,
    ),
    # The address is known to the door and the bank only, and the form has their proof.
    Page(
        method="POST",
        path="/shop/return/{name}",
        handle=take_back,
        permission=None,
        where=_HERE,
        takes_foreign_forms=True,
    ),
)
