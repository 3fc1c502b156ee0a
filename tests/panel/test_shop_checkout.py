"""An order comes to its end once, whatever the browser brings and however often."""

import asyncio

import pytest

from fakes.shop_line import order_of
from vezne.panel.shop.checkout import ForgedReturn, check_out, come_back
from vezne.panel.shop.doors import NoAnswer
from vezne.panel.shop.orders import Stage, Way


class ScriptedTill:
    """Begins at the bank, takes the form `{"proof": "door"}`, and may lose the line."""

    def __init__(self, *, is_away: bool = False) -> None:
        self.completed = 0
        self.is_away = is_away

    async def list_cards(self):
        return []

    async def pay(self, purchase, stored):
        raise NotImplementedError

    async def begin(self, purchase, stored):
        return Way(url="https://bank.example")

    def is_genuine(self, way, form):
        return form.get("proof") == "door"

    async def complete(self, purchase, way, form):
        self.completed += 1
        await asyncio.sleep(0)
        if self.is_away:
            raise NoAnswer


async def order_at_bank(till):
    order = order_of("name", is_secure=True)
    await check_out(order, till, str.encode)
    assert order.stage is Stage.AT_BANK
    return order


async def test_a_return_completes_once():
    """Though it comes twice at the same time."""
    till = ScriptedTill()
    order = await order_at_bank(till)
    await asyncio.gather(*(come_back(order, till, {"proof": "door"}) for _ in range(2)))
    await come_back(order, till, {"proof": "door"})
    assert till.completed == 1
    assert (order.stage, order.problem) == (Stage.DONE, "")
    assert order.brought == (("proof", "door"),)


async def test_a_forged_return_changes_nothing():
    """The genuine one may still come."""
    till = ScriptedTill()
    order = await order_at_bank(till)
    with pytest.raises(ForgedReturn):
        await come_back(order, till, {})
    assert (order.stage, order.brought) == (Stage.AT_BANK, ())


async def test_a_line_that_breaks_on_the_way_back():
    """The order says that nobody knows."""
    till = ScriptedTill(is_away=True)
    order = await order_at_bank(till)
    await come_back(order, till, {"proof": "door"})
    assert (order.stage, order.problem) == (Stage.DONE, "shop.problem.no_answer")
