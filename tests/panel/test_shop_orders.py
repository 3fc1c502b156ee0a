"""Orders are kept for a while, for their merchant only, and never too many of them."""

from fakes.shop_line import MERCHANT, order_of
from fakes.world import FixedClock
from vezne.machine import SystemEntropy
from vezne.panel.shop.orders import LIFE_MS, ORDERS_MAX, OrderBook, is_name

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
    names = [orders.new_name() for _ in range(ORDERS_MAX + 1)]
    for name in names:
        orders.add(order_of(name))
    assert orders.find(MERCHANT.id, names[0]) is None
    assert orders.find(MERCHANT.id, names[1]) is not None
