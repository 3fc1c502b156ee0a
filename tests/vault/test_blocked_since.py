"""When a number was put on the blocklist."""

import msgspec
import pytest

from builders import SAMPLE_TIME_MS
from vezne.core.ports import CardGone


async def test_the_vault_says_since_when(vault, present, clock):
    """The first time counts, however the number is presented, and for one merchant only."""
    card = present()
    assert await vault.blocked_since(7, card) is None
    await vault.block(7, card)
    clock.advance(ms=60_000)
    await vault.block(7, card)
    token = await vault.keep(7, card, "John Doe")
    stored = msgspec.structs.replace(card, token=token, transit_id=None)
    assert await vault.blocked_since(7, card) == SAMPLE_TIME_MS
    assert await vault.blocked_since(7, stored) == SAMPLE_TIME_MS
    assert await vault.blocked_since(8, card) is None
    await vault.unblock(7, stored)
    assert await vault.blocked_since(7, present()) is None


async def test_a_stored_card_that_is_gone_cannot_be_asked_about(vault, present):
    """There is nothing left to compare."""
    stored = msgspec.structs.replace(present(), token=b"nothing", transit_id=None)
    with pytest.raises(CardGone):
        await vault.blocked_since(7, stored)
