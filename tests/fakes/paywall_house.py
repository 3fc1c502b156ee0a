"""The PayWall door over the real vault, books and dispatcher, in databases of a test's own.

Only the bank, the clock and the directory of merchants are made up.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

from builders import SAMPLE_TIME_MS, merchant
from fakes.acquirer import ScriptedAcquirer
from fakes.audit import MemoryAudit
from fakes.prepared import empty_databases, fill
from fakes.randomness import SeededEntropy
from fakes.world import CountingNumbers, FixedClock
from vezne.core.bin_table import BIN_TABLE
from vezne.core.bins import BinDirectory
from vezne.core.fault import FaultBoard
from vezne.core.merchant import Credential, Merchant
from vezne.core.ports import Ports
from vezne.dialects.paywall.routes import door
from vezne.dialects.paywall.switches import switches_for
from vezne.dialects.paywall.unique_code import Rotation
from vezne.edge.app import Dispatcher
from vezne.edge.messages import Response
from vezne.edge.sites import Incoming
from vezne.engines.sqlite import open_sqlite
from vezne.storage.books import SqlBooks
from vezne.vault.master_key import LocalMasterKey
from vezne.vault.service import VaultService, open_vault

JsonObject = dict[str, object]

PUBLIC_CLIENT = "0f1d2c3b-public"
PUBLIC_KEY = "cHVibGljIGtleQ=="
PRIVATE_CLIENT = "0f1d2c3b-private"
PRIVATE_KEY = "cHJpdmF0ZSBrZXk="
OTHER_CLIENT = "another-private"
OTHER_KEY = "YW5vdGhlciBrZXk="

PRIVATE_PAIR = {"apiclientprivate": PRIVATE_CLIENT, "apikeyprivate": PRIVATE_KEY}
PUBLIC_PAIR = {"apiclientpublic": PUBLIC_CLIENT, "apikeypublic": PUBLIC_KEY}
OTHER_PAIR = {"apiclientprivate": OTHER_CLIENT, "apikeyprivate": OTHER_KEY}

DAY_MS = 86_400_000
ROTATION = Rotation(period_ms=DAY_MS, overlap_ms=DAY_MS)

NEW_CARD: JsonObject = {
    "RelationalId1": "1000923",
    "RelationalId2": "",
    "RelationalId3": "",
    "Card": {
        "Nickname": "İş bankası kartım",
        "HolderName": "Emir Selim Tütüncü",
        "Number": "4546711234567894",
        "Month": 12,
        "Year": 2026,
    },
    "IncludeDetails": True,
}


class TwoMerchants:
    """Implements `vezne.core.ports.Merchants` for a merchant with both pairs and another one."""

    def __init__(self) -> None:
        self._known = {
            ("paywall.public", PUBLIC_CLIENT): (merchant(), PUBLIC_KEY),
            ("paywall.private", PRIVATE_CLIENT): (merchant(), PRIVATE_KEY),
            ("paywall.private", OTHER_CLIENT): (merchant(id=8, name="Başka"), OTHER_KEY),
        }

    async def find_credential(self, door: str, key: str) -> Credential | None:
        found: tuple[Merchant, str] | None = self._known.get((door, key))
        if found is None:
            return None
        return Credential(merchant=found[0], door=door, key=key, secret=found[1].encode())

    async def find_merchant(self, merchant_id: int) -> Merchant | None:
        known = (record for record, _ in self._known.values() if record.id == merchant_id)
        return next(known, None)

    def put(self, record: Merchant) -> None:
        """Have a merchant stand otherwise from now on."""
        self._known = {
            name: (record if found.id == record.id else found, key)
            for name, (found, key) in self._known.items()
        }


class PayWallHouse:
    """Sends requests as the edge reads them. The attributes are open for tests to look into."""

    def __init__(
        self, ports: Ports, vault: VaultService, clock: FixedClock, overrides: Mapping[str, str]
    ) -> None:
        self.ports = ports
        self.vault = vault
        self.clock = clock
        self.merchants = TwoMerchants()
        switches = switches_for("classic", overrides)
        self.faults = FaultBoard()
        self.door = door(ports, self.merchants, vault.names, switches, ROTATION, faults=self.faults)
        self._dispatcher = Dispatcher((self.door,), vault.intake, MemoryAudit())

    async def send(
        self, method: str, target: str, raw: bytes | None, headers: Mapping[str, str]
    ) -> Response:
        """The response to a request with exactly these headers, whose names are lower case."""
        return await self._dispatcher.handle(
            Incoming(method=method, scheme="https", target=target, headers=headers, body=raw)
        )

    async def call(
        self,
        method: str,
        target: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> JsonObject:
        """The answer to a request of the merchant, which is HTTP 200."""
        raw = b"" if body is None else json.dumps(body).encode()
        response = await self.send(method, target, raw, {**PRIVATE_PAIR, **(headers or {})})
        assert response.status == 200
        return parsed(response)

    async def store(
        self, card: Mapping[str, object] | None = None, **changes: object
    ) -> JsonObject:
        """The Body of the answer to the sample request with other fields."""
        request = {**NEW_CARD, **changes, "Card": {**_card(), **(card or {})}}
        answer = await self.call("POST", "/paywall/card", request)
        assert answer["Result"] is True, answer
        body = answer["Body"]
        assert isinstance(body, dict)
        return body

    async def list(self, relation: str = "1000923", **headers: str) -> list[JsonObject]:
        """The Body of a list."""
        answer = await self.call(
            "GET", "/paywall/card", None, {"relationalid1": relation, **headers}
        )
        assert answer["Result"] is True, answer
        body = answer["Body"]
        assert isinstance(body, list)
        return body


def _card() -> JsonObject:
    card = NEW_CARD["Card"]
    assert isinstance(card, dict)
    return card


def new_card(**changes: object) -> JsonObject:
    """The sample request with other fields of the card; None takes one away."""
    card = {**_card(), **changes}
    return {**NEW_CARD, "Card": {name: value for name, value in card.items() if value is not None}}


def parsed(response: Response) -> JsonObject:
    """The body of a response."""
    answer: JsonObject = json.loads(response.body, parse_float=Decimal)
    return answer


@asynccontextmanager
async def open_house(directory: Path, **overrides: str) -> AsyncIterator[PayWallHouse]:
    """A door of its own over new databases in a directory."""
    clock = FixedClock(SAMPLE_TIME_MS)
    entropy = SeededEntropy()
    await fill(directory, empty_databases)
    books, records = open_sqlite(directory / "books.db"), open_sqlite(directory / "vault.db")
    try:
        master_key = LocalMasterKey(entropy.take(32), entropy)
        vault = await open_vault(records, master_key, clock, entropy, MemoryAudit())
        ports = Ports(
            books=SqlBooks(books),
            vault=vault,
            acquirer=ScriptedAcquirer(),
            bins=BinDirectory(BIN_TABLE),
            numbers=CountingNumbers(),
            clock=clock,
            entropy=entropy,
        )
        yield PayWallHouse(ports, vault, clock, overrides)
    finally:
        await books.close()
        await records.close()
