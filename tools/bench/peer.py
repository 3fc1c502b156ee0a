"""The peer: localstripe, a sandbox that users know, and the requests that it gets.

It is measured at its best. As it comes, it writes all it knows to a file at every change and a line
to its log for every request; here it does neither, so nothing of what it answers is kept. For every
charge in an answer it walks through all it holds, so every run begins with nothing.
"""

import contextlib
import http.client
import socket
import sys
from collections.abc import Iterator
from importlib.metadata import version
from itertools import cycle
from typing import Final
from urllib.parse import urlencode

from tools.bench.load import Follow

TITLE: Final = "payment method + confirmed payment intent"
# The one job of ours that does what this does.
COUNTERPART: Final = "pay_new_card"
_KEY: Final = "sk_test_bench"
# As long as the name that takes its place, so that the length of the body is known beforehand.
_PLACE: Final = "pm_00000000000000"
FOLLOW: Final = Follow(placeholder=_PLACE, pattern=r'"id": "(pm_\w{14})"')
EXPECT: Final = '"status": "succeeded"'
_CARDS: Final = ("4242424242424242", "5555555555554444", "4000056655665556", "5200828282828210")


def requests(host: str, port: int, count: int) -> Iterator[tuple[bytes, bytes]]:
    """Pairs of requests: one makes a payment method, the next pays with what that is called."""
    for number, pan in zip(range(count), cycle(_CARDS), strict=False):
        card = {"number": pan, "exp_month": 12, "exp_year": 2030, "cvc": "123"}
        method = {"type": "card"} | {f"card[{name}]": value for name, value in card.items()}
        method["billing_details[name]"] = "John Doe"
        intent = {
            "amount": 120,
            "currency": "try",
            "payment_method": _PLACE,
            "confirm": "true",
            "metadata[order]": f"bench-{number}",
        }
        where = f"{host}:{port}"
        yield (
            _post(where, "/v1/payment_methods", method),
            _post(where, "/v1/payment_intents", intent),
        )


def _post(where: str, path: str, form: dict[str, object]) -> bytes:
    content = urlencode(form).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {where}",
        "Accept: application/json",
        "Content-Type: application/x-www-form-urlencoded",
        f"Authorization: Bearer {_KEY}",
        f"Content-Length: {len(content)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + content


def empty(host: str, port: int) -> None:
    """Have a server forget everything."""
    connection = http.client.HTTPConnection(host, port, timeout=30)
    with contextlib.closing(connection):
        connection.request("DELETE", "/_config/data")
        connection.getresponse().read()


def words() -> str:
    """What was compared with."""
    return (
        f"localstripe {version('localstripe')} in memory, without the file that it writes at every "
        "change and without its log, empty before every run (it slows down with every payment): "
        "two calls a payment, no signature, no ledger, nothing kept"
    )


def main() -> None:
    """Serve on a free port and say which, as the product does."""
    from aiohttp import web  # noqa: PLC0415 - for this process only, and not everywhere installed
    from localstripe import resources, server  # noqa: PLC0415 - likewise

    resources.Store.dump_to_disk = lambda _: None
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)

    def ready(*_: object) -> None:
        sys.stdout.write(f"ready http://127.0.0.1:{listening.getsockname()[1]}\n")
        sys.stdout.flush()

    web.run_app(server.app, sock=listening, access_log=None, print=ready)


if __name__ == "__main__":
    main()
