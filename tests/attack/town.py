"""A town of cardholders: many cards and payments through the real doors, quickly."""

import asyncio
import base64
import itertools
import json
import random
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from secrets import token_hex
from typing import NamedTuple
from urllib.parse import urlsplit

from fakes.iyzico_client import card_request, payment_request
from fakes.server import Server
from fakes.signed import signed_headers

# Local and foreign issuers; of a town's cards a thief knows these and the last four digits.
BINS = ("55287900", "45438134", "52891210", "41111111", "51529100", "97920100", "37442700")
# Of the last one only six digits are shown: ten times as many tries a card, so there are few.
SHARES = (10, 10, 10, 10, 10, 9, 1)
CONNECTIONS = 12
# How many cards come by each of the other ways.
OTHERS = 12
NAMES = ("Ayşe Yılmaz", "Mehmet Demir", "Zeynep Kaya", "Can Öztürk", "Elif Şahin")

Keys = dict[str, str]


class Town(NamedTuple):
    """Whose cards are where. `stored` are in the vault still, `passing` paid without being kept.

    `signatures` are those of the requests that had a card in them.
    """

    stored: list[str]
    deleted: list[str]
    passing: list[str]
    signatures: list[str]

    @property
    def everybody(self) -> set[str]:
        """Every number that was ever presented."""
        return {*self.stored, *self.deleted, *self.passing}


def numbers(count: int, seed: int) -> list[str]:
    """Different valid card numbers."""
    chance = random.Random(seed)  # noqa: S311 - test data
    found: dict[str, None] = {}
    while len(found) < count:
        (bin,) = chance.choices(BINS, SHARES)
        length = 15 if bin.startswith("37") else 16
        body = bin + "".join(chance.choices("0123456789", k=length - len(bin) - 1))
        found[body + check_digit(body)] = None
    return list(found)


def check_digit(body: str) -> str:
    """The digit that makes a number valid (ISO/IEC 7812-1, annex B)."""
    total = 0
    for at, digit in enumerate(reversed(body)):
        doubled = int(digit) * 2 if at % 2 == 0 else int(digit)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def add_merchant(server: Server, name: str, *options: str) -> Keys:
    """Another merchant, by the command; its keys at the iyzico door."""
    command = [sys.executable, "-m", "vezne", "merchants", "add", name, "--data", str(server.data)]
    done = subprocess.run(
        [*command, *options],
        capture_output=True,
        text=True,
        check=True,
        env=server.environment,
    )
    keys: Keys = json.loads(done.stdout)["iyzico"]
    return keys


def settle(server: Server, merchants: Sequence[Keys], count: int, seed: int) -> Town:
    """Store that many cards, pay with some of them and with others, delete a few."""
    return asyncio.run(_settle(server, merchants, count, seed))


async def _settle(server: Server, merchants: Sequence[Keys], count: int, seed: int) -> Town:
    passing_count = max(count // 20, 10)
    people = numbers(count + passing_count, seed)
    stored, passing = people[:count], people[count:]
    deleted = stored[:: max(count // 50, 7)]
    gone = set(deleted)

    async def live(caller: "Caller", at: int, pan: str) -> None:
        keys = merchants[at % len(merchants)]
        expiry = {"expireMonth": "12", "expireYear": "2031"}
        card = expiry | {"cardHolderName": NAMES[at % len(NAMES)], "cardNumber": pan}
        if at >= count:
            asked = payment_request(paymentCard=card | {"cvc": cvv_of(pan), "registerCard": "0"})
            assert (await caller.call(keys, "/payment/auth", asked))["status"] == "success"
            return
        email = f"person{at}@example.com"
        asked = card_request(card=card | {"cardAlias": "kart"}, email=email, externalId=f"c{at}")
        kept = await caller.call(keys, "/cardstorage/card", asked)
        assert kept["status"] == "success", kept
        names = {"cardUserKey": kept["cardUserKey"], "cardToken": kept["cardToken"]}
        if at % 40 == 0:
            charged = payment_request(paymentCard=names | {"cvc": cvv_of(pan)})
            paid = await caller.call(keys, "/payment/auth", charged)
            assert paid["status"] == "success", paid
        if pan in gone:
            answer = await caller.call(keys, "/cardstorage/card", names, method="DELETE")
            assert answer["status"] == "success", answer

    signatures = await crowd(server.http, list(enumerate(people)), live)
    kept, seen = await _visit_other_doors(server, people, signatures)
    staying = [pan for pan in stored if pan not in gone]
    return Town([*staying, *kept], deleted, [*passing, *seen], signatures)


async def _visit_other_doors(
    server: Server, known: list[str], signatures: list[str]
) -> tuple[list[str], list[str]]:
    """Some cards come by other ways; those that are stored afterwards, and those that are not."""
    taken = set(known)
    some = [pan for pan in numbers(len(known) + 8 * OTHERS, 99) if pan not in taken]
    plain = [pan for pan in some if not pan.startswith(("37", "9792"))]
    stored, paid, held, *misplaced = (plain[at::5][:OTHERS] for at in range(5))
    caller = await Caller.connect(server.http, signatures)
    wall, net = server.keys["paywall"], server.keys["paynet"]
    keys = server.keys["iyzico"]
    pair = {"apikeyprivate": wall["private_key"], "apiclientprivate": wall["private_client"]}
    for at, pan in enumerate(stored):
        card = {"Nickname": "kart", "HolderName": NAMES[0], "Number": pan, "Month": 12}
        body = {"RelationalId1": f"w{at}", "IncludeDetails": True, "Card": card | {"Year": 2031}}
        answer = await caller.send("/paywall/card", json.dumps(body).encode(), pair)
        assert answer["Result"] is True, answer
    basic = {"Authorization": f"Basic {net['secret_key']}"}
    for pan in paid:
        body = {"amount": "1,20", "domain": "shop.example", "pan": pan}
        body |= {"reference_no": token_hex(6)}
        body |= {"card_holder": NAMES[1], "month": 12, "year": 2031, "cvc": cvv_of(pan)}
        answer = await caller.send("/v2/transaction/payment", json.dumps(body).encode(), basic)
        assert answer["is_succeed"] is True, answer
    for pan in held:
        card = {"cardHolderName": NAMES[2], "cardNumber": pan, "cvc": cvv_of(pan)}
        card |= {"expireMonth": "12", "expireYear": "2031"}
        asked = payment_request(paymentCard=card, callbackUrl="https://shop.example/back")
        answer = await caller.call(keys, "/payment/3dsecure/initialize", asked)
        assert answer["status"] == "success", answer
    for pan in itertools.chain(*misplaced):
        wrong = [{"cardNumber": pan, "cvc": cvv_of(pan)}]
        answer = await caller.call(keys, "/payment/auth", payment_request(paymentCard=wrong))
        assert answer["status"] == "failure"
    caller.close()
    return stored, [*paid, *held, *itertools.chain(*misplaced)]


def cvv_of(pan: str) -> str:
    """What a card's holder types in."""
    return "9473" if pan.startswith("37") else "947"


async def crowd(
    http: str,
    people: list[tuple[int, str]],
    live: Callable[["Caller", int, str], Awaitable[None]],
) -> list[str]:
    """Everybody's turn, over a few connections at a time; the signatures over cards."""
    queue = iter(people)
    signatures: list[str] = []

    async def clerk() -> None:
        caller = await Caller.connect(http, signatures)
        try:
            for at, pan in queue:
                await live(caller, at, pan)
        finally:
            caller.close()

    async with asyncio.TaskGroup() as clerks:
        for _ in range(CONNECTIONS):
            clerks.create_task(clerk())
    return signatures


def signature_in(authorization: str) -> str:
    """The signature of a header as `fakes.signed` makes it."""
    token = base64.b64decode(authorization.partition(" ")[2]).decode()
    return token.rpartition("signature:")[2]


class Caller:
    """One connection that stays open, without the weight of a client library."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        signatures: list[str],
    ) -> None:
        self._signatures = signatures
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, http: str, signatures: list[str]) -> "Caller":
        """A connection to a server's plain address; signatures over cards are noted down."""
        where = urlsplit(http)
        return cls(*await asyncio.open_connection(where.hostname, where.port), signatures)

    async def call(
        self, keys: Keys, path: str, payload: dict[str, object], method: str = "POST"
    ) -> dict[str, str]:
        """The answer to a signed request."""
        body = json.dumps(payload, ensure_ascii=False).encode()
        headers = signed_headers(keys["api_key"], keys["secret_key"], path, body)
        if b"cardNumber" in body or b"cvc" in body:
            self._signatures.append(signature_in(headers["Authorization"]))
        return await self.send(path, body, headers, method)

    async def send(
        self, path: str, body: bytes, headers: dict[str, str], method: str = "POST"
    ) -> dict[str, str]:
        """The answer to a request as it is."""
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: desk",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        (length,) = (
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        )
        answer: dict[str, str] = json.loads(await self._reader.readexactly(length))
        return answer

    def close(self) -> None:
        """Hang up."""
        self._writer.close()
