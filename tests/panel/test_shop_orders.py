"""Orders are kept for a while, for their merchant only, and never too many of them."""

import msgspec

from fakes.shop_line import MERCHANT, order_of
from fakes.world import FixedClock
from vezne.machine import SystemEntropy
from vezne.panel.shop.orders import (
    LIFE_MS,
    MERCHANT_ORDERS_MAX,
    ORDERS_MAX,
    OrderBook,
    Stage,
    is_name,
)

HOUR_MS = 3_600_000


def book(clock):
    return OrderBook(clock, SystemEntropy())


def test_an_order_is_found_by_its_merchant_and_name():
    """And by whoever comes back from the bank."""
    orders = book(FixedClock(HOUR_MS))
    name = orders.new_name()
    order = order_of(name)
    orders.add(order)
    assert orders.find(MERCHANT.id, name) is order
    assert orders.find(MERCHANT.id + 1, name) is None
    assert orders.find_returning(order.return_name) is order
    assert orders.find_returning(name) is None
    assert order.return_name != name
    assert not orders.add(order_of(name))
    assert orders.find(MERCHANT.id, name) is order


def test_names_are_letters_that_pass_for_no_card_number():
    """Doors refuse addresses in which they see one."""
    name = book(FixedClock(0)).new_name()
    assert is_name(name)
    assert name.isalpha()
    for other in ("", name[:-1], name.upper(), "1" + name[1:], "ş" + name[1:]):
        assert not is_name(other)


def test_an_order_is_forgotten_in_time():
    """The vault holds its card no longer either."""
    clock = FixedClock(HOUR_MS)
    orders = book(clock)
    order = order_of(orders.new_name())
    orders.add(order)
    clock.at_ms = HOUR_MS + LIFE_MS
    assert orders.find(MERCHANT.id, order.name) is order
    clock.advance(ms=1)
    assert orders.find(MERCHANT.id, order.name) is None
    assert orders.find_returning(order.return_name) is None


def test_the_oldest_goes_when_there_are_too_many():
    """Memory has an end."""
    orders = book(FixedClock(HOUR_MS))
    names = [orders.new_name() for _ in range(MERCHANT_ORDERS_MAX + 1)]
    for name in names:
        order = order_of(name)
        order.stage = Stage.DONE
        orders.add(order)
    assert orders.find(MERCHANT.id, names[0]) is None
    assert orders.find(MERCHANT.id, names[1]) is not None


def test_an_order_that_is_worked_on_is_not_the_first_to_go():
    """Its form would be taken for a new one."""
    orders = book(FixedClock(HOUR_MS))
    names = [orders.new_name() for _ in range(MERCHANT_ORDERS_MAX + 1)]
    for name in names:
        order = order_of(name)
        order.stage = Stage.WORKING if name == names[0] else Stage.DONE
        orders.add(order)
    assert orders.find(MERCHANT.id, names[0]) is not None
    assert orders.find(MERCHANT.id, names[1]) is None


def test_the_orders_of_a_merchant_push_out_nobody_else_s():
    """Whoever has the most loses one when there are too many of all."""
    orders = book(FixedClock(HOUR_MS))
    first = orders.new_name()
    orders.add(order_of(first))
    for number in range(2, 2 + ORDERS_MAX // MERCHANT_ORDERS_MAX + 1):
        for _ in range(MERCHANT_ORDERS_MAX):
            order = order_of(orders.new_name())
            order.merchant = msgspec.structs.replace(MERCHANT, id=number)
            orders.add(order)
    assert orders.find(MERCHANT.id, first) is not None
