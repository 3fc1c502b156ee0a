"""What a shop's traffic is made of: five kinds of calls, in shares."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from tools.bench.jobs import JOBS, Caller, Owner

# How many of a hundred calls are of each kind. A refund is of a payment that was made before.
REFUND: Final = "refund"
SHARES: Final = {
    "store_card": 20,
    "pay_new_card": 30,
    "pay_stored_card": 25,
    "list_cards": 15,
    REFUND: 10,
}
# So many different calls, again and again.
CALLS: Final = 8_000
_LINE: Final = re.compile(rb'"itemTransactions":.*?"paymentTransactionId":"([0-9]+)"')
_REFUND_PATH: Final = "/payment/refund"
# A part of the cheapest line of a payment, which can be taken back but once.
_REFUND_PRICE: Final = "0.1"
_LINES_KEPT: Final = 10_000
# What this test card has paid for cannot be given back.
_KEEPS: Final = b'"binNumber":"540667'


def write_calls(path: Path, caller: Caller, owners: list[Owner]) -> None:
    """Make and sign the calls of a mix, and put them into a file; a refund has no bytes yet."""
    bodies = {job.name: job.bodies(owners) for job in JOBS}
    paths = {job.name: job.path for job in JOBS}
    calls = [
        b"" if kind == REFUND else caller.make(paths[kind], next(bodies[kind]))
        for kind in itertools.islice(_kinds(), CALLS)
    ]
    path.write_bytes(msgspec.msgpack.encode(calls))


def _kinds() -> Iterator[str]:
    """The kinds, spread evenly: after every call comes the kind that is furthest behind."""
    made = dict.fromkeys(SHARES, 0)
    for number in itertools.count(1):
        kind = max(SHARES, key=lambda name: SHARES[name] * number / 100 - made[name])
        made[kind] += 1
        yield kind


class Calls:
    """The calls of a file in a circle. Refunds are made of what was paid a moment ago."""

    def __init__(self, path: Path, caller: Caller) -> None:
        self._calls = itertools.cycle(msgspec.msgpack.decode(path.read_bytes(), type=list[bytes]))
        self._caller = caller
        self._lines: list[str] = []

    def next(self) -> bytes:
        """The next call; where nothing is left to refund, the one after."""
        call = next(self._calls)
        while not call:
            if self._lines:
                return self._refund(self._lines.pop())
            call = next(self._calls)
        return call

    def learn(self, response: bytes) -> None:
        """Remember what a payment can be refunded by."""
        if len(self._lines) < _LINES_KEPT:
            found = _LINE.search(response)
            if found is not None and _KEEPS not in response:
                self._lines.append(found[1].decode())

    def _refund(self, line: str) -> bytes:
        body = {"locale": "tr", "paymentTransactionId": line, "price": _REFUND_PRICE}
        return self._caller.make(_REFUND_PATH, body | {"currency": "TRY", "ip": "85.34.78.112"})
