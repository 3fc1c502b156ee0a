"""The list of a database's servers, on every engine."""

import pytest

from vezne.core.servers import Server
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.servers import SqlServers


@pytest.fixture
async def servers(engine: Engine) -> SqlServers:
    await migrate(engine, load_migrations("vezne.storage"))
    return SqlServers(engine)


def server(id: str, *, started_ms: int = 5, seen_ms: int = 7, address: str = "a:1") -> Server:
    return Server(id=id, address=address, group="m:1", started_ms=started_ms, seen_ms=seen_ms)


async def test_who_shows_itself_is_listed(servers: SqlServers) -> None:
    """With everything that the others need, the longest-running first."""
    young, old = server("a", started_ms=9), server("b", started_ms=8, address="[::1]:2")
    for each in (young, old):
        await servers.show(each)
    assert await servers.list_servers() == [old, young]


async def test_a_sign_of_life_changes_the_time_only(servers: SqlServers) -> None:
    """Shown again and again, a server has one row; where it is does not change while it runs."""
    await servers.show(server("a"))
    await servers.show(server("a", seen_ms=9, address="elsewhere:2"))
    assert await servers.list_servers() == [server("a", seen_ms=9)]


async def test_removed_servers_are_gone_until_they_show_themselves(servers: SqlServers) -> None:
    """Those that are named, there or not; removing nobody is nothing."""
    for id in "abc":
        await servers.show(server(id))
    await servers.remove([])
    await servers.remove(["a", "c", "unknown"])
    assert await servers.list_servers() == [server("b")]
    await servers.show(server("a"))
    assert await servers.list_servers() == [server("a"), server("b")]


async def test_several_processes_share_the_list(open_engine, servers: SqlServers) -> None:
    """What one of them writes, the others read."""
    other = SqlServers(await open_engine())
    await servers.show(server("a"))
    await other.show(server("b"))
    assert await servers.list_servers() == await other.list_servers() != []
