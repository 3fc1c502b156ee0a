"""The blocklist by number, whether the card came with the request or is stored."""

import pytest

from builders import merchant
from fakes.vault import BLOCKED_MS
from vezne.core.refusal import Reason, Refusal
from vezne.flows.blocklist_number import block_number, blocked_since, unblock_number


async def test_each_call_says_what_it_found(world):
    """Blocking twice and releasing what is not blocked change nothing, and say so."""
    card = world.vault.present()
    assert await blocked_since(merchant(), card, world.ports) is None
    assert await unblock_number(merchant(), card, world.ports) is False
    assert await block_number(merchant(), card, world.ports) == BLOCKED_MS
    assert await block_number(merchant(), card, world.ports) is None
    assert await blocked_since(merchant(), world.vault.present(), world.ports) == BLOCKED_MS
    assert await blocked_since(merchant(id=8), card, world.ports) is None
    assert await unblock_number(merchant(), card, world.ports) is True
    assert await blocked_since(merchant(), card, world.ports) is None


@pytest.mark.parametrize("act", [block_number, unblock_number, blocked_since])
async def test_a_card_that_is_gone_is_not_found(world, act):
    """Its request is over, or it was deleted meanwhile."""
    card = world.vault.present()
    world.vault.release(card.transit_id)
    with pytest.raises(Refusal) as refusal:
        await act(merchant(), card, world.ports)
    assert refusal.value.reason is Reason.CARD_NOT_FOUND
