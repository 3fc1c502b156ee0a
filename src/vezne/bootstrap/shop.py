"""What the panel's test shop is lent: the bank's test cards, newest keys, a line to the doors."""

from typing import Final

from simbank.cards import own_pan
from vezne.bootstrap.house import House, own_room
from vezne.edge.messages import Response
from vezne.edge.sites import Handle, Incoming
from vezne.link.failures import LinkFailure
from vezne.link.messages import CallDoor
from vezne.link.uplink import Uplink
from vezne.panel.shop.doors import DoorAnswer, DoorCall, NoAnswer, ShopCard
from vezne.panel.shop.orders import OrderBook
from vezne.panel.shop.supplies import Shop
from vezne.settings import Settings

# By what the bank does with them; the panel has a text for each. Those of docs/test-cards.md that
# a newcomer looks for first.
CARDS: Final = {
    "credit": "5528790000000008",
    "debit": "4766620000000001",
    "troy": "9792030000000000",
    "amex": "374427000000003",
    "foreign": "5400010000000004",
    "insufficient_funds": "4111111111111129",
    "do_not_honour": "4129111111111111",
    "expired_card": "4125111111111115",
    "stolen_card": "4126111111111114",
    "invalid_cvv": "4124111111111116",
    "review": own_pan(90000),
    "rejected": own_pan(90001),
    "slow": own_pan(90005),
    "silent": own_pan(90003),
    "frictionless": own_pan(95001),
    "not_authenticated": "4131111111111117",
    "wrong_code": own_pan(95011),
    "time_out": own_pan(95012),
    "begin_refused": "4151111111111112",
}
_CODE: Final = "123"
_AMEX_CODE: Final = "1234"
_AMEX_LENGTH: Final = 15

_EVERY_HOST: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - no address to listen on
_OWN_HOST: Final = "127.0.0.1"


class ShopLine:
    """Implements `vezne.panel.shop.doors.DoorLine`: `handle` answers, here or over the link."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    async def send(self, call: DoorCall) -> DoorAnswer:
        """The door's answer. Raises NoAnswer."""
        incoming = Incoming(
            call.method, call.scheme, call.target, call.headers, call.body, call.address
        )
        try:
            response = await self._handle(incoming)
        except LinkFailure as failure:
            raise NoAnswer(str(failure)) from None
        return DoorAnswer(response.status, response.body)


def open_shop(house: House) -> Shop | None:
    """The shop of a sandbox; None in live mode."""
    if house.settings.mode != "sandbox":
        return None
    return Shop(
        cards=tuple(_card(name, number) for name, number in CARDS.items()),
        keys=house.merchants,
        line=ShopLine(_handle_of(house)),
        orders=OrderBook(house.ports.clock, house.ports.entropy),
        url=doors_url(house.settings),
    )


def _card(name: str, number: str) -> ShopCard:
    code = _AMEX_CODE if len(number) == _AMEX_LENGTH else _CODE
    return ShopCard(name=name, number=number, code=code)


def _handle_of(house: House) -> Handle:
    """What answers requests: this process, or the vault's."""
    if house.uplink is not None:
        return _remote(house.uplink)
    return own_room(house).own_doors.handle


def _remote(uplink: Uplink) -> Handle:
    async def handle(incoming: Incoming) -> Response:
        return await uplink.ask(CallDoor(incoming))

    return handle


def doors_url(settings: Settings) -> str:
    """The origin of the doors; empty where they have the panel's."""
    if settings.public_url is not None:
        return settings.public_url
    if settings.panel.is_with_doors:
        return ""
    for scheme, address in (("http", settings.listen), ("https", settings.tls_listen)):
        if address is not None:
            host = _OWN_HOST if address.host in _EVERY_HOST else address.host
            return f"{scheme}://{f'[{host}]' if ':' in host else host}:{address.port}"
    raise ValueError("the doors are nowhere")
