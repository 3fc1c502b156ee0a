"""The Paynet door over the real vault, books and dispatcher, in databases of a test's own.

Only the bank, the clock and the directory of merchants are made up.
"""

import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode

import msgspec

from builders import SAMPLE_TIME_MS, merchant
from fakes.acquirer import APPROVED, ScriptedAcquirer, returned_for
from fakes.audit import MemoryAudit
from fakes.prepared import empty_databases, fill
from fakes.randomness import SeededEntropy
from fakes.world import CountingNumbers, FixedClock
from vezne.core.bin_table import BIN_TABLE
from vezne.core.bins import BinDirectory
from vezne.core.fault import FaultBoard
from vezne.core.installment_tables import INSTALLMENT_TABLES
from vezne.core.merchant import Credential, Merchant
from vezne.core.ports import Ports
from vezne.dialects.paynet.auth import PUBLISHABLE_DOOR, SECRET_DOOR, secret_name
from vezne.dialects.paynet.remarks import remarks_of
from vezne.dialects.paynet.routes import door
from vezne.dialects.paynet.switches import switches_for
from vezne.edge.app import Dispatcher
from vezne.edge.messages import Answer, Response
from vezne.edge.sites import Incoming
from vezne.engines.sqlite import open_sqlite
from vezne.flows.authenticate import receive
from vezne.storage.books import SqlBooks
from vezne.vault.master_key import LocalMasterKey
from vezne.vault.service import VaultService, open_vault

JsonObject = dict[str, object]

PUBLISHABLE_KEY = "pbk_demo/Key+1"
SECRET_KEY = "sck_pcs_jECRyoZq0khnsV9elaF/SIBVvxQI+bIW"
OTHER_PUBLISHABLE_KEY = "pbk_other"
OTHER_SECRET_KEY = "sck_other"

# The documentation's number has fifteen digits and a wrong check digit; this one is it with a right
# one behind it.
PAN = "4346786546546549"
AXESS_PAN = "4355084355084358"
RETURN_URL = "https://www.merchant.com/back"

# The documentation's create_token page, but for what the calls before it answer.
TOKEN_REQUEST: JsonObject = {
    "card_holder": "gokhan oztorun",
    "pan": PAN,
    "month": "12",
    "year": "2019",
    "cvc": "123",
    "do_3ds": "true",
    "ip": "21356455",
    "client_id": "123456789",
    "description": "deneme",
    "card_holder_phone": "5XXXXXXXXX",
    "card_holder_mail": "oxxxx@gmail.com",
}


class PaynetMerchants:
    """Implements `vezne.core.ports.Merchants` for a merchant with both keys and another one."""

    def __init__(self, vault: VaultService) -> None:
        record = merchant()
        self.record = msgspec.structs.replace(
            record,
            settings=msgspec.structs.replace(record.settings, installments=INSTALLMENT_TABLES),
        )
        self._names = vault.names
        self.asked: list[tuple[str, str]] = []

    async def find_credential(self, door: str, key: str) -> Credential | None:
        self.asked.append((door, key))
        other = merchant(id=8, name="Başka")
        for owner, publishable, secret in (
            (self.record, PUBLISHABLE_KEY, SECRET_KEY),
            (other, OTHER_PUBLISHABLE_KEY, OTHER_SECRET_KEY),
        ):
            if (door, key) == (PUBLISHABLE_DOOR, publishable):
                return _credential(owner, door, key, secret)
            if (door, key) == (SECRET_DOOR, secret_name(self._names, secret)):
                return _credential(owner, door, key, publishable)
        return None

    async def find_merchant(self, merchant_id: int) -> Merchant | None:
        return self.record if merchant_id == self.record.id else None


def _credential(owner: Merchant, door: str, key: str, secret: str) -> Credential:
    return Credential(merchant=owner, door=door, key=key, secret=secret.encode())


class PaynetHouse:
    """Sends requests as the edge reads them. The attributes are open for tests to look into."""

    def __init__(
        self,
        ports: Ports,
        vault: VaultService,
        *,
        profile: str,
        overrides: Mapping[str, str],
        public_url: str | None,
    ) -> None:
        self.ports = ports
        self.vault = vault
        self.clock: FixedClock = ports.clock
        self.acquirer: ScriptedAcquirer = ports.acquirer
        self.merchants = PaynetMerchants(vault)
        switches = switches_for(profile, overrides)
        self.faults = FaultBoard()
        self.door = door(
            ports, self.merchants, vault.names, switches, public_url, faults=self.faults
        )
        self.dispatcher = Dispatcher((self.door,), vault.intake, MemoryAudit())

    def restart(self) -> None:
        """Forget what only memory knows: the cards that the vault holds."""
        self.vault._holding._entries.clear()

    async def send(
        self,
        path: str,
        raw: bytes | None = b"",
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
    ) -> Response:
        """The response to a request with exactly these headers, and a host."""
        return await self.dispatcher.handle(
            Incoming(
                method=method,
                scheme="https",
                target=path,
                headers={"host": "pay.example", **(headers or {})},
                body=raw,
            )
        )

    async def post(
        self, path: str, body: object, key: str = SECRET_KEY, **headers: str
    ) -> tuple[int, JsonObject]:
        """The status of the answer to a JSON request, and the answer."""
        response = await self.send(
            path,
            json.dumps(body).encode(),
            {
                "authorization": f"Basic {key}",
                "content-type": "application/json; charset=UTF-8",
                **headers,
            },
        )
        return response.status, parsed(response)

    async def call(self, path: str, body: object, key: str = SECRET_KEY) -> JsonObject:
        """The answer to a JSON request, which is HTTP 200."""
        status, answer = await self.post(path, body, key)
        assert status == 200, answer
        return answer

    async def refused(self, path: str, body: object, key: str = SECRET_KEY) -> tuple[int, int]:
        """The HTTP status and the result code of an error."""
        status, answer = await self.post(path, body, key)
        assert status >= 400, answer
        assert answer["code"] == status
        assert answer["message"]
        return status, int(str(answer["result_code"]))

    async def open_session(self, **changes: object) -> str:
        """The id of a session for ten lira."""
        answer = await self.call("/v1/paynetj/auth", {"amount": "1000", **changes}, PUBLISHABLE_KEY)
        return str(answer["session_id"])

    async def offers(self, session_id: str, bin: str = PAN[:8]) -> dict[int, JsonObject]:
        """The ways to pay with the cards of a BIN, by their number of instalments."""
        answer = await self.call(
            "/v1/paynetj/check_bin", {"session_id": session_id, "bin": bin}, PUBLISHABLE_KEY
        )
        return {row["instalment"]: row for row in answer["data"]}  # type: ignore[index,union-attr]

    async def token_request(
        self, session_id: str, *, count: int = 0, **changes: object
    ) -> JsonObject:
        """A request for a token; None takes a field away."""
        pan = str(changes.get("pan") or PAN)
        row = (await self.offers(session_id, pan[:8]))[count]
        request = {
            "session_id": session_id,
            "instalment_key": row["instalment_key"],
            **TOKEN_REQUEST,
            **changes,
        }
        return {name: value for name, value in request.items() if value is not None}

    async def token(self, session_id: str, *, count: int = 0, **changes: object) -> str:
        """The id of a token of the documentation's card."""
        request = await self.token_request(session_id, count=count, **changes)
        answer = await self.call("/v1/paynetj/create_token", request, PUBLISHABLE_KEY)
        return str(answer["token_id"])

    async def charge(self, session_id: str, token_id: str, **changes: object) -> JsonObject:
        """The answer to a charge, which is HTTP 200."""
        names = {"session_id": session_id, "token_id": token_id}
        return await self.call("/v1/transaction/charge", {**names, **changes})

    async def pay(self, **changes: object) -> JsonObject:
        """The answer to a charge without 3-D Secure that the bank approves.

        `auth`, `token` and `charge` are more fields of those calls.
        """
        session_id = await self.open_session(**_part(changes, "auth"))
        token_id = await self.token(session_id, do_3ds=False, **_part(changes, "token"))
        self.acquirer.script(APPROVED)
        return await self.charge(session_id, token_id, **_part(changes, "charge"))

    async def gate(
        self, session_id: str, token_id: str, key: str = PUBLISHABLE_KEY, method: str = "GET"
    ) -> Response:
        """The page that a browser gets at the gate."""
        query = urlencode({"session_id": session_id, "token_id": token_id, "publishable_key": key})
        if method == "GET":
            return await self.send(f"/v1/paynetjgate/tds?{query}", method="GET")
        form = {"content-type": "application/x-www-form-urlencoded"}
        return await self.send("/v1/paynetjgate/tds", query.encode(), form)

    async def bring_back(self, session_id: str, md_status: int = 1) -> Answer:
        """What the browser takes on after the bank's word on the session's payment."""
        number = await self.payment_number(session_id)
        begun = await self.ports.books.find_payment(self.merchants.record.id, number)
        assert begun is not None
        payment = await receive(returned_for(begun, md_status), self.ports)
        assert self.door.conclude is not None
        return await self.door.conclude(payment)

    async def payment_number(self, session_id: str) -> int:
        """The number of the newest payment that was begun in a session."""
        key = self.session_key(session_id)
        for payment in await self.ports.books.list_payments(
            self.merchants.record.id, since_ms=0, until_ms=2**60, before=None, limit=100
        ):
            if remarks_of(payment).session == key.hex():
                return payment.number
        raise AssertionError("the session has no payment")

    def session_key(self, session_id: str) -> bytes:
        """The key of a session."""
        sealed = base64.b64decode(session_id.removeprefix("js_"))
        return self.vault.names.open(self.merchants.record.id, "paynet session", sealed)


def _part(changes: Mapping[str, object], name: str) -> dict[str, object]:
    part = changes.get(name, {})
    assert isinstance(part, dict)
    return part


def parsed(response: Response) -> JsonObject:
    """The JSON body of a response; numbers with a fraction as Decimals."""
    answer: JsonObject = json.loads(response.body, parse_float=Decimal)
    return answer


@asynccontextmanager
async def open_house(
    directory: Path, profile: str = "classic", public_url: str | None = None, **overrides: str
) -> AsyncIterator[PaynetHouse]:
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
        yield PaynetHouse(ports, vault, profile=profile, overrides=overrides, public_url=public_url)
    finally:
        await books.close()
        await records.close()
