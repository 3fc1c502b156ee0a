"""The iyzico door over ports in memory, a client that signs, and the documentation's requests."""

import base64
import hmac
import json
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from builders import SAMPLE_TIME_MS, merchant
from fakes.acquirer import APPROVED, ScriptedAcquirer, returned_for
from fakes.books import MemoryBooks
from fakes.vault import MemoryVault
from fakes.world import CountingEntropy, CountingNumbers, FixedClock
from vezne.core.bin_table import BIN_TABLE
from vezne.core.bins import BinDirectory
from vezne.core.body import MalformedBody
from vezne.core.fault import FaultBoard
from vezne.core.installment_tables import INSTALLMENT_TABLES
from vezne.core.merchant import Credential, Merchant, MerchantSettings
from vezne.core.ports import Ports
from vezne.dialects.iyzico.routes import door
from vezne.dialects.iyzico.switches import switches_for
from vezne.edge.messages import BadRequest, BrowserForm, Request, Response, Route
from vezne.flows.authenticate import receive
from vezne.vault.intake import VaultIntake
from vezne.vault.name_box import NAME_KEY_BYTES, VaultNameBox
from vezne.vault.transit import Transit

API_KEY = "demo-api-key"
SECRET = b"demo-secret-key"
PAN = "5528790000000008"
AKBANK_DEBIT_PAN = "5890040000000016"
DENIZBANK_CC_PAN = "4603450000000000"
FOREIGN_PAN = "5400010000000004"

CALLBACK_URL = "https://www.merchant.com/callback"

JsonObject = dict[str, object]


class OneMerchant:
    """Implements `vezne.core.ports.Merchants` for one merchant with one key.

    `is_revoked` says that the key works no more.
    """

    def __init__(self, record: Merchant) -> None:
        self.record = record
        self.is_revoked = False

    async def find_credential(self, door: str, key: str) -> Credential | None:
        if key != API_KEY or self.is_revoked:
            return None
        return Credential(merchant=self.record, door=door, key=key, secret=SECRET)

    async def find_merchant(self, merchant_id: int) -> Merchant | None:
        return self.record


class IyzicoDoor:
    """Calls the door's routes directly, with a real intake and everything else in memory.

    The attributes are open for tests to script and to look into.
    """

    def __init__(
        self,
        profile: str = "classic",
        overrides: Mapping[str, str] | None = None,
        public_url: str | None = None,
    ) -> None:
        self.host = "localhost"
        self.clock = FixedClock(SAMPLE_TIME_MS)
        self.books = MemoryBooks()
        self.vault = MemoryVault()
        self.acquirer = ScriptedAcquirer()
        self.merchants = OneMerchant(merchant())
        self.set(installments=INSTALLMENT_TABLES)
        self._transit = Transit(self.clock)
        self.intake = VaultIntake(self._transit)
        self.ports = Ports(
            books=self.books,
            vault=self.vault,
            acquirer=self.acquirer,
            bins=BinDirectory(BIN_TABLE),
            numbers=CountingNumbers(),
            clock=self.clock,
            entropy=CountingEntropy(),
        )
        self.switches = switches_for(profile, overrides or {})
        names = VaultNameBox(bytes(NAME_KEY_BYTES))
        self.faults = FaultBoard()
        self.door = door(
            self.ports, self.merchants, names, self.switches, public_url, faults=self.faults
        )
        self._routes = {(route.method, route.path): route for route in self.door.routes}

    @property
    def settings(self) -> MerchantSettings:
        """The merchant's settings."""
        return self.merchants.record.settings

    def set(self, **changes: object) -> None:
        """Change the merchant's settings."""
        settings = msgspec.structs.replace(self.settings, **changes)
        self.merchants.record = msgspec.structs.replace(self.merchants.record, settings=settings)

    def set_plan(self, **changes: object) -> None:
        """Change the merchant's commission plan."""
        self.set(plan=msgspec.structs.replace(self.settings.plan, **changes))

    def route(self, method: str, path: str) -> Route:
        """One of the door's routes."""
        return self._routes[method, path]

    async def pay(self, body: JsonObject, path: str = "/payment/auth") -> JsonObject:
        """The answer to a request whose payment the bank approves."""
        self.acquirer.script(APPROVED)
        return await self.call(path, body)

    async def begin(
        self, body: JsonObject, path: str = "/payment/3dsecure/initialize"
    ) -> JsonObject:
        """The answer to a request that begins a payment with 3-D Secure."""
        return await self.call(path, body)

    async def bring_back(self, payment_id: object, md_status: int = 1) -> BrowserForm:
        """What the browser takes to the merchant after the bank's word."""
        begun = self.books.payments[self.merchants.record.id, int(str(payment_id))]
        payment = await receive(returned_for(begun, md_status), self.ports)
        assert self.door.conclude is not None
        return await self.door.conclude(payment)

    async def authenticated(
        self, body: JsonObject, path: str = "/payment/3dsecure/initialize"
    ) -> str:
        """The paymentId of a payment that waits for the second call."""
        begun = await self.begin(body, path)
        await self.bring_back(begun["paymentId"])
        return str(begun["paymentId"])

    async def call(self, path: str, body: object, method: str = "POST") -> JsonObject:
        """The answer to a signed request, as Python reads it; fractions are Decimals."""
        return parsed(await self.send(path, json.dumps(body).encode(), method))

    async def send(
        self, path: str, raw: bytes, method: str = "POST", authorization: str | None = None
    ) -> Response:
        """The response to a request with the body as given, signed unless told otherwise.

        The path may have a query, which is not signed.
        """
        target, path = path, path.partition("?")[0]
        route = self.route(method, path)
        try:
            body = self.intake.lift(raw, route.card, route.shape)
        except MalformedBody as error:
            return self.door.malformed(BadRequest(method=method, path=path, why=str(error)))
        if body.card is not None and body.card.bin:
            number = self._transit.pan(body.card.transit_id).reveal().decode()
            self.vault.in_transit[body.card.transit_id] = number
        header = signed(path, raw) if authorization is None else authorization
        request = Request(
            method=method,
            scheme="http",
            host=self.host,
            path=path,
            target=target,
            query="",
            headers={"authorization": header} if header else {},
            body=body,
        )
        try:
            return await route.handle(request)
        finally:
            body.release()


def signed(path: str, raw: bytes, *, key: str = API_KEY, secret: bytes = SECRET) -> str:
    """The Authorization header of a request, as today's clients make it."""
    signature = hmac.digest(secret, f"rnd{path}".encode() + raw, "sha256").hex()
    token = f"apiKey:{key}&randomKey:rnd&signature:{signature}"
    return "IYZWSv2 " + base64.b64encode(token.encode()).decode()


def parsed(response: Response) -> JsonObject:
    """The body of a response."""
    answer: JsonObject = json.loads(response.body, parse_float=Decimal)
    return answer


def payment_request(**changes: object) -> JsonObject:
    """The sample request of the documentation's Ödeme page, as the clients' samples send it."""
    address = {
        "contactName": "Jane Doe",
        "city": "Istanbul",
        "country": "Turkey",
        "address": "Nidakule Göztepe, Merdivenköy Mah. Bora Sok. No:1",
        "zipCode": "34742",
    }
    request: JsonObject = {
        "locale": "TR",
        "conversationId": "123456789",
        "price": "1",
        "paidPrice": "1.2",
        "currency": "TRY",
        "installment": 1,
        "basketId": "B67832",
        "paymentChannel": "WEB",
        "paymentGroup": "PRODUCT",
        "paymentCard": card_fields(cvc="123", registerCard=0),
        "buyer": {
            "id": "BY789",
            "name": "John",
            "surname": "Doe",
            "identityNumber": "74300864791",
            "email": "email@email.com",
            "gsmNumber": "+905350000000",
            "registrationDate": "2013-04-21 15:12:09",
            "lastLoginDate": "2015-10-05 12:43:35",
            "registrationAddress": "Nidakule Göztepe, Merdivenköy Mah. Bora Sok. No:1",
            "city": "Istanbul",
            "country": "Turkey",
            "zipCode": "34732",
            "ip": "85.34.78.112",
        },
        "shippingAddress": dict(address),
        "billingAddress": dict(address),
        "basketItems": [
            item("BI101", "0.3", name="Binocular", category1="Collectibles"),
            item("BI102", "0.5", name="Game code", category1="Game", itemType="VIRTUAL"),
            item("BI103", "0.2", name="Usb", category1="Electronics"),
        ],
    }
    return {**request, **changes}


def card_fields(number: str = PAN, **changes: object) -> JsonObject:
    """A card as a payment carries it."""
    fields: JsonObject = {
        "cardHolderName": "John Doe",
        "cardNumber": number,
        "expireYear": "2030",
        "expireMonth": "12",
    }
    return {**fields, **changes}


def item(id: str, price: object, **changes: object) -> JsonObject:
    """A basket line."""
    fields: JsonObject = {
        "id": id,
        "name": "Usb",
        "category1": "Electronics",
        "category2": "Usb / Cable",
        "itemType": "PHYSICAL",
        "price": price,
    }
    return {**fields, **changes}


def card_request(**changes: object) -> JsonObject:
    """The sample request of the documentation's Kullanıcı ve Kart Oluşturma page."""
    request: JsonObject = {
        "locale": "tr",
        "conversationId": "123456789",
        "externalId": "external id",
        "email": "email@email.com",
        "card": card_fields(cardAlias="card alias"),
    }
    return {**request, **changes}


def basic_request(**changes: object) -> JsonObject:
    """A payment without a basket."""
    request: JsonObject = {
        "conversationId": "123456789",
        "price": "1",
        "paidPrice": "1.2",
        "installment": 1,
        "currency": "TRY",
        "buyerId": "B2323",
        "buyerEmail": "email@email.com",
        "buyerIp": "85.34.78.112",
        "connectorName": "connector name",
        "paymentCard": card_fields(cvc="123"),
    }
    return {**request, **changes}


def threeds_request(**changes: object) -> JsonObject:
    """The sample payment, with 3-D Secure."""
    return {**payment_request(callbackUrl=CALLBACK_URL), **changes}


def basic_threeds_request(**changes: object) -> JsonObject:
    """A payment without a basket, with 3-D Secure."""
    return {**basic_request(callbackUrl=CALLBACK_URL), **changes}


def without(request: JsonObject, path: str) -> JsonObject:
    """A request that lacks the field at a dotted path; a number is a place in a list."""
    copy, place, last = _at(request, path)
    del place[last]
    return copy


def replaced(request: JsonObject, path: str, value: object) -> JsonObject:
    """A request with another value at a dotted path."""
    copy, place, last = _at(request, path)
    place[last] = value
    return copy


def _at(request: JsonObject, path: str) -> tuple[JsonObject, JsonObject, str]:
    copy: JsonObject = json.loads(json.dumps(request))
    place: object = copy
    *steps, last = path.split(".")
    for step in steps:
        place = place[int(step)] if isinstance(place, list) else place[step]  # type: ignore[index]
    assert isinstance(place, dict)
    return copy, place, last
