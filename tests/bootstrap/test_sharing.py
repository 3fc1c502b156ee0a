"""Whether a process has other servers beside it, and what it does then."""

import socket
from contextlib import AsyncExitStack

import pytest
from msgspec.structs import replace

from fakes.guarded import plain_door
from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.house import open_house
from vezne.bootstrap.master import open_serving_master_key
from vezne.bootstrap.peers import open_peers, shared_doors, shared_sites
from vezne.bootstrap.sharing import is_shared, new_board, tag_key
from vezne.core.fault import FaultBoard
from vezne.edge.address import Address
from vezne.edge.server import CannotListen
from vezne.machine import SystemEntropy
from vezne.peers.boards import SharedBoard
from vezne.settings import PeersSettings, Settings
from vezne.storage.servers import SqlServers

URL = "postgresql://somewhere/vezne"


@pytest.fixture
def settings(tmp_path):
    """The settings of a sandbox, with changes."""

    def make(**changes):
        return Settings(mode="sandbox", data=tmp_path / "data", **changes)

    return make


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"workers": 2}, True),
        ({"database": URL}, True),
        ({"database": URL, "peers": PeersSettings(listen=None)}, False),
        ({"peers": PeersSettings(listen=Address("10.0.0.5", 7443))}, True),
        ({"database": URL, "vault_socket": "v.sock"}, False),
    ],
)
def test_who_may_have_neighbours(settings, changes, expected):
    """Workers, and servers on PostgreSQL, unless that is off or the vault is elsewhere."""
    chosen = settings(**changes)
    assert is_shared(chosen) is expected
    assert type(new_board(chosen)) is (SharedBoard if expected else FaultBoard)
    assert new_board(Settings(**changes)) is None


async def house_of(stack, settings):
    master_key = await open_serving_master_key(settings)
    return await stack.enter_async_context(open_house(settings, master_key))


@pytest.fixture
async def stack():
    async with AsyncExitStack() as opened:
        yield opened


async def test_a_lone_server_opens_nothing(settings, stack):
    """Neither a listener nor a row; what its doors and sites are stays as it is."""
    house = await house_of(stack, settings())
    async with open_peers(house) as peers:
        assert peers is None
        assert await SqlServers(house.engine).list_servers() == []
        doors, sites = [object()], {"/": object()}
        assert shared_doors(house.settings, doors, peers) is doors
        assert shared_sites(sites, peers) == sites
    keyring, entropy = house.room.service.keyring, SystemEntropy()
    keys = {await tag_key(house.settings, keyring, entropy) for _ in range(2)}
    assert len(keys) == 2


async def test_workers_of_one_house_find_each_other(settings, stack):
    """They are one group, tag cards alike, and are gone from the list in the end."""
    chosen = settings(workers=2)
    first, second = await house_of(stack, chosen), await house_of(stack, chosen)
    async with open_peers(first) as here, open_peers(second) as there:
        assert set(here.living()) == {there.id}
        here.report_with("t", lambda: b"here")
        assert await there.ask_group("t") == [b"here"]
        tags = {
            await tag_key(chosen, house.room.service.keyring, SystemEntropy())
            for house in (first, second)
        }
        assert len(tags) == 1
    assert await SqlServers(first.engine).list_servers() == []


@pytest.mark.parametrize("mode", ["sandbox", "live"])
async def test_what_waits_for_the_others(settings, stack, mode):
    """Pages in any mode, since keys are revoked there; doors where they change what others know."""
    house = await house_of(stack, settings(workers=2))
    told = []

    async def visit(_):
        house.merchants._tell()
        told.append(len(here._announcing))

    async with open_peers(house) as here:
        (door,) = shared_doors(replace(house.settings, mode=mode), [plain_door(visit)], here)
        await door.routes[0].handle(None)
        assert bool(here._announcing) is (mode == "live")
        await here.settled()
        await shared_sites({"/": visit}, here)["/"](None)
        assert (told, here._announcing) == ([1, 1], set())


async def test_workers_share_a_range_of_ports(settings, stack):
    """Each takes the first that is free; a server alone has the one that is named or none."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = Address("127.0.0.1", taken.getsockname()[1])
        chosen = settings(workers=2, peers=PeersSettings(listen=address))
        house = await house_of(stack, chosen)
        async with open_peers(house):
            (row,) = await SqlServers(house.engine).list_servers()
            port = int(row.address.rpartition(":")[2])
            assert address.port < port < address.port + 4
        alone = await house_of(stack, settings(peers=PeersSettings(listen=address)))
        with pytest.raises(CannotListen):
            async with open_peers(alone):
                pass


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 - nobody listens there
async def test_an_address_that_leads_nowhere_is_refused(settings, stack, host):
    """Others could not connect to it, and would not know why."""
    listen = PeersSettings(listen=Address(host, 0))
    house = await house_of(stack, settings(peers=listen))
    with pytest.raises(CannotStart, match=r"peers\.listen"):
        async with open_peers(house):
            pass


async def test_a_name_is_an_address(settings, stack):
    """Such as one that the network's name service knows."""
    listen = PeersSettings(listen=Address("localhost", 0))
    house = await house_of(stack, settings(peers=listen))
    async with open_peers(house):
        (row,) = await SqlServers(house.engine).list_servers()
        assert row.address.startswith("localhost:")
