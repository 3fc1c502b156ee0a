"""Who asks, and who watches: the gate hears what concerns the request that it watches."""

import asyncio

import pytest

from fakes.gate import OpenGate, come_in
from vezne.core.audit import (
    Origin,
    begin_origin,
    claim_caller,
    current_origin,
    hear_bank,
    name_payer,
    prove_caller,
    visitor,
)


def talk() -> Origin:
    claim_caller("key")
    prove_caller(7, "merchant")
    name_payer("203.0.113.9")
    hear_bank(b"token", is_approved=True)
    return current_origin()


async def test_the_gate_hears_everything():
    """What is claimed, what is proven, what a bank says."""
    gate = OpenGate()
    come_in(gate)
    origin = talk()
    assert origin is visitor()
    assert (origin.caller, origin.merchant_id) == ("merchant", 7)
    assert gate.seen == [
        ("claim", "key"),
        ("prove", "merchant"),
        ("pay", "203.0.113.9"),
        ("hear", True),
    ]


async def test_nobody_need_watch():
    """A server without a guard knows who called all the same."""
    begin_origin(Origin(door="desk"))
    assert talk().caller == "merchant"


async def test_the_house_itself_is_watched_by_nobody():
    """What it does unasked is nobody's visit, and proves nothing."""

    async def work():
        return talk()

    origin = await asyncio.create_task(work())
    assert (origin.door, origin.caller, origin.merchant_id) == ("house", "", 0)
    with pytest.raises(LookupError):
        visitor()
