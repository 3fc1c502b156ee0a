"""Libraries that block: their answers, their errors, and their silence."""

import asyncio
import threading

import pytest

from vezne.vault.master_key import UnusableMasterKey
from vezne.vault.masters.blocking import BlockingCalls, _call


async def test_answers_and_errors_come_back():
    """From another thread, so that the server goes on meanwhile."""
    calls = BlockingCalls("the device", 5)
    assert await calls.run(threading.current_thread) is not threading.current_thread()

    def fail():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await calls.run(fail)


async def test_a_silent_device_is_given_up():
    """After the time limit; and it is not asked again while the first question is open."""
    calls = BlockingCalls("the device", 0.05)
    go_on = threading.Event()
    with pytest.raises(UnusableMasterKey, match=r"the device did not answer within 0.05 s"):
        await calls.run(go_on.wait)
    with pytest.raises(UnusableMasterKey, match="still does not answer"):
        await calls.run(lambda: 1)
    go_on.set()
    calls._late.join()
    # From here on it is to answer, however slow the machine is.
    calls._timeout_s = 30.0
    assert await calls.run(lambda: 1) == 1


async def test_calls_take_turns():
    """A library that was opened without threads in mind sees one at a time."""
    calls = BlockingCalls("the device", 5)
    order = []
    gate = threading.Event()

    def slow():
        gate.wait(5)
        order.append("slow")

    first = asyncio.create_task(calls.run(slow))
    second = asyncio.create_task(calls.run(lambda: order.append("fast")))
    await asyncio.sleep(0.02)
    first.cancel()
    await asyncio.sleep(0.02)
    assert order == []
    gate.set()
    await second
    assert order == ["slow", "fast"]


def test_an_answer_after_the_end():
    """Nobody is left to hear it, which is no error."""
    loop = asyncio.new_event_loop()
    answer = loop.create_future()
    loop.close()
    _call(lambda: 1, answer)
    assert not answer.done()
