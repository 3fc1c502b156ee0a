"""A merchant's server that takes webhooks, and hands them to the tests that they are for."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DOORS = ("iyzico", "paywall", "paynet")
_POLL_S = 0.02


@dataclass(frozen=True)
class Webhook:
    """A webhook as it came: by which door, with which headers (in lower case) and body."""

    door: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def fields(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Webhooks:
    """The webhooks of one merchant, in the order in which they came."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self.urls = dict(urls)
        self._received: list[Webhook] = []
        self._changed = threading.Condition()

    @property
    def received(self) -> list[Webhook]:
        """All that have come so far."""
        with self._changed:
            return list(self._received)

    def wait_for(
        self,
        where: Callable[[Webhook], bool] = lambda _: True,
        *,
        door: str | None = None,
        timeout_s: float = 10,
    ) -> Webhook:
        """The first webhook, of a door if one is named, that `where` holds for.

        Waits for it if need be. Raises TimeoutError, which names those that have come.
        """
        end_s = time.monotonic() + timeout_s
        with self._changed:
            while True:
                for each in self._received:
                    if door in (None, each.door) and where(each):
                        return each
                left_s = end_s - time.monotonic()
                if left_s <= 0 or not self._changed.wait(left_s):
                    came = [each.body.decode("utf-8", "replace") for each in self._received]
                    raise TimeoutError(f"no such webhook within {timeout_s:g} s; there came {came}")

    def add(self, webhook: Webhook) -> None:
        """Take one in."""
        with self._changed:
            self._received.append(webhook)
            self._changed.notify_all()


class Receiver:
    """On a free port of this machine, until it is closed."""

    def __init__(self) -> None:
        self._inboxes: dict[str, Webhooks] = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                name, _, door = self.path.strip("/").partition("/")
                inbox = receiver._inboxes.get(name)
                self.send_response(404 if inbox is None else 200)
                self.send_header("content-length", "0")
                self.end_headers()
                if inbox is not None:
                    inbox.add(Webhook(door, headers, body))

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_S,), daemon=True
        )
        self._thread.start()

    def open(self, name: str) -> Webhooks:
        """A merchant's webhooks, at addresses of their own."""
        at = f"http://127.0.0.1:{self._server.server_address[1]}/{name}"
        self._inboxes[name] = Webhooks({door: f"{at}/{door}" for door in DOORS})
        return self._inboxes[name]

    def forget(self, name: str) -> None:
        """Take no more of a merchant's webhooks."""
        self._inboxes.pop(name, None)

    def close(self) -> None:
        """Take none any more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
