"""Merchants' servers that ask without a pause, each in a thread, and note what goes wrong."""

import http.client
import json
import ssl
import threading
import time
import traceback
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit

from fakes.doors import IyzicoCaller, unique
from fakes.iyzico_client import CARD, payment_request


class ConnectedCaller(IyzicoCaller):
    """Asks over one connection as long as the server keeps it, or over a new one each time."""

    def __init__(self, server, *, is_tls=False, is_kept=True):
        super().__init__(server)
        where = urlsplit(server.https if is_tls else server.http)
        if is_tls:
            context = ssl.create_default_context(cafile=str(server.data / "ca.pem"))
            self.connection = http.client.HTTPSConnection(
                where.hostname, where.port, context=context, timeout=60
            )
        else:
            self.connection = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
        self.is_kept = is_kept
        self.closed = 0

    def send(self, method, path, body=b"", headers=None, *, url=None):
        assert url is None
        self.connection.request(method, path, body or None, headers or {})
        response = self.connection.getresponse()
        answer = response.status, json.loads(response.read())
        self.closed += response.will_close
        if not self.is_kept:
            self.connection.close()
        return answer

    def get(self, path):
        """Status and content of a page."""
        return self.send("GET", path)

    def work(self):
        """Store a card, pay with it, list it."""
        customer = unique(f"load-{id(self)}")
        assert self.ok(self.store(customer))
        ((_, token, owner),) = self.cards(customer)
        stored = {"cardUserKey": owner, "cardToken": token}
        assert self.ok(self.call("/payment/auth", payment_request(paymentCard=stored)))

    def pay(self):
        """Pay with a new card."""
        card = CARD | {"cvc": "123", "registerCard": "0"}
        assert self.ok(self.call("/payment/auth", payment_request(paymentCard=card)))

    def look(self):
        """Ask for the least there is, at intervals: the connection rests in between."""
        assert self.get("/health") == (200, {"status": "ok"})
        time.sleep(0.3)


class Load:
    """Works that are done again and again, from `with` to the end of its block."""

    def __init__(self, *works: Callable[[], None]) -> None:
        self.failures: list[str] = []
        self.counts = [0] * len(works)
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(number, work))
            for number, work in enumerate(works)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Finish what is under way."""
        self._stop.set()
        for thread in self._threads:
            thread.join(120)

    def _run(self, number: int, work: Callable[[], None]) -> None:
        while not self._stop.is_set():
            try:
                work()
            except Exception:  # noqa: BLE001 - whatever it is, the test looks at it
                self.failures.append(traceback.format_exc())
                return
            self.counts[number] += 1
