"""What the test shop is lent: cards that the bank knows, and the way to the doors."""

import asyncio

import msgspec
import pytest

from fakes.linked import linked, services
from fakes.panel import open_panel
from fakes.vault import MemoryVault
from simbank.cards import card_rules
from vezne.bootstrap.own_doors import OwnDoors
from vezne.bootstrap.shop import CARDS, ShopLine, doors_url, open_shop
from vezne.core.audit import Origin, begin_origin, current_origin
from vezne.core.card import is_luhn_valid
from vezne.edge.messages import Response
from vezne.edge.sites import Incoming
from vezne.link.failures import LinkFailure
from vezne.link.messages import CallDoor
from vezne.panel.shop.doors import DoorAnswer, DoorCall, NoAnswer
from vezne.panel.wording import TEXTS
from vezne.settings import load_settings

CALL = DoorCall(
    method="POST",
    scheme="https",
    target="/payment/auth",
    headers={"host": "pay.example"},
    body=b"{}",
    address="192.0.2.7",
)
INCOMING = Incoming("POST", "https", "/payment/auth", {"host": "pay.example"}, b"{}", "192.0.2.7")


async def test_the_shop_is_the_sandbox_s(tmp_path):
    """With the doors of this process or of the vault's; in live mode there is none."""
    async with open_panel(tmp_path / "data") as panel:
        house = panel.house
        settings = msgspec.structs.replace(house.settings, mode="live")
        assert open_shop(msgspec.structs.replace(house, settings=settings)) is None
        shop = open_shop(house)
        assert (await shop.line.send(CALL)).status == 200

        async def handle(_incoming):
            return Response(201, b"")

        async with linked(msgspec.structs.replace(services(MemoryVault()), call_door=handle)) as at:
            shop = open_shop(msgspec.structs.replace(house, room=None, uplink=at.uplink))
            assert (await shop.line.send(CALL)).status == 201


def test_every_card_is_the_bank_s_and_has_a_text():
    """No number of anybody's, and none twice."""
    assert set(CARDS.values()) <= set(card_rules())
    assert len(set(CARDS.values())) == len(CARDS)
    assert all(is_luhn_valid(number) for number in CARDS.values())
    assert {f"shop.card.{name}" for name in CARDS} <= set(TEXTS)


async def test_a_call_from_inside_has_an_origin_of_its_own():
    """What the door does is the API key's doing, and the panel stays the member's."""
    doors = OwnDoors()
    with pytest.raises(RuntimeError, match="not open"):
        await doors.handle(INCOMING)

    async def handle(incoming):
        begin_origin(Origin(door="iyzico"))
        return Response(200, incoming.target.encode())

    doors.open(handle)
    begin_origin(Origin(door="browser"))
    assert await ShopLine(doors.handle).send(CALL) == DoorAnswer(200, b"/payment/auth")
    assert current_origin().door == "browser"


async def test_a_call_crosses_the_socket_to_the_doors():
    """As it is, in sandbox mode."""
    came = []

    async def handle(incoming):
        came.append(incoming)
        return Response(201, b"done")

    served = msgspec.structs.replace(services(MemoryVault()), call_door=handle)
    async with linked(served) as link:
        response = await link.uplink.ask(CallDoor(INCOMING))
    assert (response.status, response.body) == (201, b"done")
    assert came == [INCOMING]


async def test_a_vault_in_live_mode_calls_no_doors():
    """A gateway that was taken over gains no way in by it."""
    async with linked(services(MemoryVault())) as link:
        with pytest.raises(LinkFailure):
            await link.uplink.ask(CallDoor(INCOMING))


async def test_a_broken_link_is_no_answer():
    """The order says so."""

    async def handle(_incoming):
        await asyncio.sleep(0)
        raise LinkFailure("away")

    with pytest.raises(NoAnswer):
        await ShopLine(handle).send(CALL)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, ""),
        ({"public_url": "https://pay.example"}, "https://pay.example"),
        ({"panel.listen": "127.0.0.1:9000"}, "http://127.0.0.1:8080"),
        ({"panel.listen": "127.0.0.1:9000", "listen": "[::1]:80"}, "http://[::1]:80"),
        ({"panel.listen": "127.0.0.1:9000", "listen": "0.0.0.0:80"}, "http://127.0.0.1:80"),
        ({"panel.listen": "127.0.0.1:9000", "listen": "off"}, "https://127.0.0.1:8443"),
    ],
)
def test_where_the_doors_are(given, url, tmp_path):
    """Beside the panel, or where the settings have them."""
    assert doors_url(load_settings(None, {"mode": "sandbox", "data": tmp_path, **given}, {})) == url
