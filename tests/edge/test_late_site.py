"""A site that is opened at its first visit."""

import asyncio
import threading

import pytest

from vezne.edge.late_site import late_site
from vezne.edge.messages import Response
from vezne.edge.sites import Incoming

VISIT = Incoming("GET", "http", "/", {}, b"")


class Loading:
    """Loads a site that answers 200; `threads` are those in which it was loaded."""

    def __init__(self, failures=0):
        self.threads = []
        self.opened = 0
        self._failures = failures

    def load(self):
        self.threads.append(threading.current_thread())
        if len(self.threads) <= self._failures:
            raise OSError("no file")
        return self._open

    def _open(self):
        self.opened += 1

        async def answer(incoming):
            return Response(200, incoming.method.encode())

        return answer


async def test_it_is_loaded_once_for_all_who_come_first():
    """Not before anybody comes, and away from the event loop; whoever comes meanwhile waits."""
    loading = Loading()
    site = late_site(loading.load)
    assert loading.threads == []
    answers = await asyncio.gather(*(site(VISIT) for _ in range(5)))
    answers.append(await site(VISIT))
    assert [answer.body for answer in answers] == [b"GET"] * 6
    assert loading.opened == 1
    (thread,) = loading.threads
    assert thread is not threading.main_thread()


async def test_a_site_that_could_not_be_loaded_is_tried_again():
    """A file that cannot be read for a moment does not close the site for good."""
    loading = Loading(failures=1)
    site = late_site(loading.load)
    with pytest.raises(OSError, match="no file"):
        await site(VISIT)
    assert (await site(VISIT)).status == 200
