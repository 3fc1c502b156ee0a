"""From the basket to the door, and from the bank back to the door."""

from collections.abc import Callable, Mapping

from vezne.panel.shop.doors import NoAnswer
from vezne.panel.shop.listed import ListedCard, find_listed
from vezne.panel.shop.orders import Order, Stage
from vezne.panel.shop.purchase import Purchase
from vezne.panel.shop.tills import Till

_NO_ANSWER = "shop.problem.no_answer"


class ForgedReturn(Exception):
    """What a browser brought is not the door's word on this order."""


async def check_out(order: Order, till: Till, token_of: Callable[[str], bytes | None]) -> None:
    """Pay for an order, or get as far as the bank's page. What went wrong stands in the order.

    `token_of` is which stored card a door means by a name; None: none.
    """
    purchase = order.purchase
    try:
        stored = await _stored_card(purchase, till, token_of)
        if purchase.stored is not None and stored is None:
            order.end("shop.problem.not_listed")
        elif purchase.is_secure:
            order.way = await till.begin(purchase, stored)
            if order.way is None:
                order.end()
            else:
                order.stage = Stage.AT_BANK
        else:
            await till.pay(purchase, stored)
            order.end()
    except NoAnswer:
        order.end(_NO_ANSWER)


async def come_back(order: Order, till: Till, form: Mapping[str, str]) -> None:
    """Complete an order whose browser is back from the bank. A second time does nothing.

    Raises ForgedReturn, and then nothing was done.
    """
    if order.way is None or order.stage is not Stage.AT_BANK:
        return
    if not till.is_genuine(order.way, form):
        raise ForgedReturn
    order.stage = Stage.WORKING
    order.brought = tuple(form.items())
    try:
        await till.complete(order.purchase, order.way, form)
        order.end()
    except NoAnswer:
        order.end(_NO_ANSWER)
    finally:
        order.end_if_left()


async def _stored_card(
    purchase: Purchase, till: Till, token_of: Callable[[str], bytes | None]
) -> ListedCard | None:
    if purchase.stored is None:
        return None
    return find_listed(await till.list_cards(), purchase.stored, token_of)
