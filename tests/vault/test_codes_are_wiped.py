"""A security code is overwritten as soon as it has served, whatever way a request takes."""

import asyncio
import contextlib

import pytest

from builders import sealed_card
from fakes.randomness import SeededEntropy
from vezne.core.card import CardSlot
from vezne.core.ports import CardGone
from vezne.vault.holding import Held, Holding
from vezne.vault.pan import Cvv, Pan

MERCHANT = 7
TEMPLATE = (b"<", CardSlot.PAN, b"|", CardSlot.CVV, b">")
CODE_ALONE = (b"<", CardSlot.CVV, b">")


class Slow:
    """A bank that takes the message and lets everybody wait."""

    def __init__(self):
        self.has_it = asyncio.Event()

    async def exchange(self, message):
        self.has_it.set()
        await asyncio.Event().wait()


@pytest.mark.parametrize("template", [TEMPLATE, CODE_ALONE])
async def test_a_request_that_is_cut_off_wipes_its_code(vault, present, template):
    """The client is gone while the bank has the message: nothing waits for the request's end."""
    bank, card = Slow(), present()
    code = vault.transit.cvv(card.transit_id)
    sending = asyncio.create_task(vault.line(bank, None).send(MERCHANT, template, card))
    await bank.has_it.wait()
    sending.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await sending
    assert not code._digits
    with pytest.raises(CardGone):
        vault.transit.cvv(card.transit_id)


async def test_a_message_without_a_code_leaves_it_alone(vault, present):
    """What has not served yet may still be needed."""
    bank, card = Slow(), present()
    sending = asyncio.create_task(vault.line(bank, None).send(MERCHANT, (CardSlot.PAN,), card))
    await bank.has_it.wait()
    sending.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await sending
    assert vault.transit.cvv(card.transit_id).reveal() == b"123"


async def test_a_code_beside_an_invalid_number_is_not_held(vault, present):
    """It is taken out of the body like any other, and forgotten at once."""
    card = present("5528790000000009", "123")
    assert not card.transit_id
    assert len(vault.transit) == 0


class Exhausted(SeededEntropy):
    """No randomness is left once the key is made."""

    def take(self, count):
        if count < 32:
            raise OSError("no randomness")
        return super().take(count)


def test_what_cannot_be_held_leaves_nothing(clock):
    """A seal that fails stops the request, and its copy of the code is overwritten."""
    holding = Holding(clock, Exhausted())
    held = Held(sealed_card(), Pan(bytearray(b"5528790000000008")), Cvv(bytearray(b"123")), "A")
    with pytest.raises(OSError, match="randomness") as failure:
        holding.hold(MERCHANT, 1, held)
    frames = []
    trace = failure.tb
    while trace is not None:
        frames.append(trace.tb_frame)
        trace = trace.tb_next
    plains = [frame.f_locals["plain"] for frame in frames if "plain" in frame.f_locals]
    assert plains
    assert not any(map(any, plains))
    assert len(holding) == 0
