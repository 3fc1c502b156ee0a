import msgspec
import pytest

from builders import SAMPLE_TIME_MS, merchant
from vezne.core.ids import TOKEN_BYTES
from vezne.core.refusal import Reason, Refusal
from vezne.flows.session import (
    change_session,
    find_session,
    open_session,
)

LIFE_MS = 30 * 60 * 1000
TERMS = {"amount": "1000", "domain": "shop.example"}


async def opened(world):
    return await open_session(merchant(), "paynet", TERMS, LIFE_MS, world.ports)


async def test_a_session_is_found_by_its_key(world):
    """It is written at once, and its merchant finds it as it was agreed."""
    session = await opened(world)
    assert (session.merchant_id, session.door, session.version) == (7, "paynet", 1)
    assert (session.created_ms, session.expires_ms) == (SAMPLE_TIME_MS, SAMPLE_TIME_MS + LIFE_MS)
    assert (session.terms, len(session.key)) == (TERMS, TOKEN_BYTES)
    assert await find_session(merchant(), session.key, world.ports) == session
    assert (await opened(world)).key != session.key


@pytest.mark.parametrize(("merchant_id", "key"), [(8, None), (7, b""), (7, bytes(TOKEN_BYTES))])
async def test_another_s_session_is_not_found(world, merchant_id, key):
    """Neither with another merchant's key nor with one that was made up."""
    session = await opened(world)
    with pytest.raises(Refusal) as refusal:
        await find_session(
            merchant(id=merchant_id), session.key if key is None else key, world.ports
        )
    assert refusal.value.reason is Reason.SESSION_NOT_FOUND


async def test_a_session_ends_with_its_time(world):
    """Its last millisecond still counts."""
    session = await opened(world)
    world.clock.advance(ms=LIFE_MS - 1)
    assert await find_session(merchant(), session.key, world.ports) == session
    world.clock.advance(ms=1)
    with pytest.raises(Refusal) as refusal:
        await find_session(merchant(), session.key, world.ports)
    assert refusal.value.reason is Reason.SESSION_EXPIRED


async def test_a_session_changes(world):
    """What was changed is written as the next version."""
    session = await opened(world)
    changed = await change_session(
        msgspec.structs.replace(session, held_number=5, terms=TERMS | {"card": "x"}), world.ports
    )
    assert (changed.version, changed.held_number, changed.key) == (2, 5, session.key)
    assert await find_session(merchant(), session.key, world.ports) == changed
    again = await change_session(
        msgspec.structs.replace(changed, held_number=None, payment_number=9), world.ports
    )
    assert await find_session(merchant(), session.key, world.ports) == again


async def test_of_two_changes_one_is_written(world):
    """Whoever decided on what is no longer so is told."""
    session = await opened(world)
    changed = await change_session(session, world.ports)
    with pytest.raises(Refusal) as refusal:
        await change_session(msgspec.structs.replace(session, payment_number=9), world.ports)
    assert refusal.value.reason is Reason.OPERATION_IN_FLIGHT
    assert await find_session(merchant(), session.key, world.ports) == changed
