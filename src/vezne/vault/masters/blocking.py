"""Calls into libraries that block, under a time limit.

A device or a network may never answer. Each call has a thread of its own, which is abandoned when
the time is over: a pool's threads would be waited for at the end of the process.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

from vezne.vault.master_key import UnusableMasterKey

Result = TypeVar("Result")


class BlockingCalls:
    """Runs calls one after the other. `whose` names who should answer, for people."""

    def __init__(self, whose: str, timeout_s: float) -> None:
        self._whose: Final = whose
        self._timeout_s: Final = timeout_s
        self._turn = asyncio.Lock()
        self._late: threading.Thread | None = None

    async def run(self, work: Callable[[], Result]) -> Result:
        """What the call returns or raises. Raises UnusableMasterKey when it takes too long.

        While a call that took too long is still under way no other is begun. Whoever gives up
        waiting does not end the call, and the next one waits for it.
        """
        return await asyncio.shield(asyncio.ensure_future(self._run(work)))

    async def _run(self, work: Callable[[], Result]) -> Result:
        async with self._turn:
            if self._late is not None and self._late.is_alive():
                raise UnusableMasterKey(f"{self._whose} still does not answer")
            answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
            thread = threading.Thread(target=_call, args=(work, answer), daemon=True)
            thread.start()
            done, _ = await asyncio.wait({answer}, timeout=self._timeout_s)
            if not done:
                self._late = thread
                # Nobody asks any more how it ended.
                answer.cancel()
                raise UnusableMasterKey(
                    f"{self._whose} did not answer within {self._timeout_s:g} s"
                )
            return answer.result()


def _call(work: Callable[[], Result], answer: "asyncio.Future[Result]") -> None:
    try:
        settle = partial(answer.set_result, work())
    except Exception as error:  # noqa: BLE001 - whoever waits for the answer gets it
        settle = partial(answer.set_exception, error)
    # The loop is closed when the process ends while a call is under way.
    with contextlib.suppress(RuntimeError):
        answer.get_loop().call_soon_threadsafe(_settle, answer, settle)


def _settle(answer: "asyncio.Future[Result]", settle: Callable[[], None]) -> None:
    if not answer.cancelled():
        settle()
