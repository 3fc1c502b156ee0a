"""What a worker makes of its supervisor's orders, and of its end."""

import asyncio
import os
import signal

import pytest

from vezne.bootstrap.worker import GIVE_WAY, HURRY, LEAVE, at_orders
from vezne.edge.departure import Departure


@pytest.fixture
def pipe():
    """Both ends, the second of which a test may close. SIGTERM is answered as before at the end."""
    before = signal.getsignal(signal.SIGTERM)
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    ends = [reader, writer]
    yield ends
    signal.signal(signal.SIGTERM, before)
    for file in ends:
        os.close(file)


async def told(departure: Departure) -> None:
    await asyncio.wait_for(departure.told.wait(), 5)


@pytest.mark.parametrize(
    ("orders", "is_replaced", "is_hurried"),
    [
        (LEAVE, False, False),
        (GIVE_WAY, True, False),
        (HURRY, False, True),
        (GIVE_WAY + LEAVE, False, False),
        (LEAVE + GIVE_WAY, False, False),
        (LEAVE + HURRY, False, True),
    ],
)
async def test_orders_are_obeyed(pipe, orders, is_replaced, is_hurried):
    """One after the other; who is to end does not give way any more."""
    departure = Departure()
    with at_orders(pipe[0], departure):
        os.write(pipe[1], orders)
        await told(departure)
    assert (departure.is_replaced, departure.hurried.is_set()) == (is_replaced, is_hurried)


async def test_the_end_of_the_supervisor_is_an_order(pipe):
    """To leave: nobody is there any more who would give another."""
    departure = Departure()
    with at_orders(pipe[0], departure):
        os.close(pipe.pop())
        await told(departure)
        await asyncio.sleep(0)
    assert departure.is_leaving


async def test_a_signal_is_an_order_however_often_it_comes(pipe):
    """A service manager sends its own to every process, beside what the supervisor says."""
    departure = Departure()
    with at_orders(pipe[0], departure):
        os.write(pipe[1], LEAVE)
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        await told(departure)
        await asyncio.sleep(0.05)
    assert departure.is_leaving
    assert not departure.hurried.is_set()


async def test_a_signal_that_is_late_ends_nothing(pipe):
    """What is left then is to close the databases and to write the last line of the trail."""
    with at_orders(pipe[0], Departure()):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
