"""Servers of one register: how they find each other, and whom they ask."""

import asyncio
import socket
import time

import pytest

from fakes.peer_servers import LOOPBACK, eventually, town
from vezne.core.servers import Server
from vezne.edge.address import Address
from vezne.edge.server import CannotListen
from vezne.peers.messages import PROTOCOL, DropHeld, Greet, Greeted, IsHeld, ListFaults
from vezne.peers.peers import ANSWER_MAX_S, FORGOTTEN_LOOKS, LOOK_S, SILENT_LOOKS

# Much longer than anybody waits for an answer, also on a machine that stands still a while.
SILENT_S = 30.0


@pytest.fixture
async def servers():
    async with town() as running:
        yield running


def held_by(peers, *, is_held=True, wait_s=0.0):
    """Have a server answer a question."""
    asked = []

    async def answer(question):
        asked.append(question)
        await asyncio.sleep(wait_s)
        return is_held

    peers.answer_with(IsHeld, answer)
    return asked


async def test_servers_know_each_other_from_their_start(servers):
    """Whoever comes last is connected when it has opened, and the others ask it at once."""
    opened = [await servers.open() for _ in range(3)]
    for peers in opened:
        others = {each.id for each in opened} - {peers.id}
        assert set(peers.living()) == others
    for peers in opened:
        held_by(peers)
    answers = await opened[0].ask_all(IsHeld(1, 2))
    assert answers == [True, True]


async def test_a_connection_serves_both_ends(servers):
    """Nobody dials a server that has dialled already: looks change nothing."""
    first, second = await servers.open(), await servers.open()
    for _ in range(3):
        await first.look()
        await second.look()
    assert len(first._links) == len(second._links) == 1


async def test_only_a_group_is_asked_for_reports(servers):
    """Those of other machines are left out, and so is who knows nothing of the topic."""
    first, second = await servers.open("here"), await servers.open("here")
    silent, far = await servers.open("here"), await servers.open("there")
    for peers, text in ((first, b"1"), (second, b"2"), (far, b"4")):
        peers.report_with("figures", lambda text=text: text)
    assert await first.ask_group("figures") == [b"2"]
    assert sorted(await silent.ask_group("figures")) == [b"1", b"2"]
    assert await far.ask_group("figures") == []


async def test_the_first_good_answer_wins(servers):
    """Nobody waits for those who are slower."""
    first = await servers.open()
    slow, quick, empty = [await servers.open() for _ in range(3)]
    held_by(slow, wait_s=SILENT_S)
    held_by(quick)
    held_by(empty, is_held=False)
    assert await first.ask_until(IsHeld(1, 2), bool) is True


async def test_a_server_that_says_nothing_costs_a_second_at_most(servers):
    """However many of them there are; what the others say is there."""
    first = await servers.open()
    for _ in range(2):
        held_by(await servers.open(), wait_s=SILENT_S)
    held_by(await servers.open())
    ask, seen = first.ask, []

    async def watched(peer, question):
        seen.append("asked")
        answer = await ask(peer, question)
        seen.append("over")
        return answer

    first.ask = watched
    since = time.monotonic()
    assert await first.ask_all(IsHeld(1, 2)) == [True]
    assert ANSWER_MAX_S <= time.monotonic() - since < SILENT_S
    # One after the other they would cost a second each.
    assert seen == ["asked"] * 3 + ["over"] * 3


async def test_nothing_is_found_where_nobody_has_it(servers):
    """Neither without other servers nor with some that say no, or cannot answer."""
    first = await servers.open()
    assert await first.ask_until(IsHeld(1, 2), bool) is None
    held_by(await servers.open(), is_held=False)
    await servers.open()
    assert await first.ask_until(IsHeld(1, 2), bool) is None
    assert await first.ask_all(ListFaults()) == []


async def test_notices_reach_those_who_listen(servers):
    """The others lose nothing by them."""
    first, second, third = [await servers.open() for _ in range(3)]
    heard = []
    second.hear_with(DropHeld, heard.append)
    first.tell_all(DropHeld(7, 8))
    await eventually(lambda: heard)
    assert heard == [DropHeld(7, 8)]
    assert set(third.living()) == {first.id, second.id}


async def test_a_server_that_leaves_is_gone(servers):
    """Its row and its connections; it does not come back by looking once more."""
    first, second = await servers.open(), await servers.open()
    await second.leave()
    await second.look()
    assert list(servers.register.rows) == [first.id]
    await eventually(lambda: not first.living())
    assert second.living() == {}


async def test_a_silent_server_is_not_asked_and_then_forgotten(servers):
    """One whose row has stopped to change is cut off, and its row removed for all."""
    first, second = await servers.open(), await servers.open()
    await first.look()
    for _ in range(SILENT_LOOKS):
        assert second.id in first.living()
        await first.look()
    await eventually(lambda: not first.living())
    for _ in range(FORGOTTEN_LOOKS - SILENT_LOOKS - 1):
        await first.look()
        assert second.id in servers.register.rows
    await first.look()
    assert second.id not in servers.register.rows
    # It was only slow, and is back as soon as it shows itself.
    await second.look()
    await first.look()
    await eventually(lambda: first.living() and second.living())


async def test_who_is_gone_without_a_word_is_dialled_again(servers, caplog):
    """Once it is said that somebody does not answer; looks go on."""
    first = await servers.open()
    gone = Server(id="gone", address="127.0.0.1:9", group="", started_ms=1, seen_ms=1)
    servers.register.rows["gone"] = gone
    for _ in range(2):
        await first.look()
        await eventually(lambda: not first._dialling)
    assert first._unreachable == {"gone"}
    assert first.living() == {}


async def test_another_server_at_the_address_is_not_taken_for_it(servers):
    """Two machines that both listen on their loopback device do not meet by mistake."""
    first, second = await servers.open(), await servers.open()
    wrong = Server(
        id="wrong",
        address=servers.register.rows[second.id].address,
        group="",
        started_ms=1,
        seen_ms=1,
    )
    servers.register.rows["wrong"] = wrong
    await first.look()
    await eventually(lambda: not first._dialling)
    assert set(first.living()) == {second.id}


async def test_a_server_does_not_meet_itself(servers):
    """Where one has ended without a word, the next may listen, and find its row."""
    first = await servers.open()
    address = servers.register.rows[first.id].address
    stale = Server(id="stale", address=address, group="", started_ms=1, seen_ms=1)
    servers.register.rows["stale"] = stale
    met = []
    know = first._know
    first._know = lambda peer, greeted: met.append(greeted) or know(peer, greeted)
    await first.look()
    await eventually(lambda: not first._dialling)
    assert first._unreachable == {"stale"}
    assert (met, first._links) == ([], {})
    # And of a row that is gone nothing is remembered.
    del servers.register.rows["stale"]
    await first.look()
    assert first._unreachable == set()


async def test_a_machine_that_is_unplugged_is_noticed(servers):
    """Both ends have the system ask whether the other one is there, and give up within seconds."""
    for peers in [await servers.open() for _ in range(2)]:
        (peer,) = peers.living().values()
        connected = peer._transport.get_extra_info("socket")
        assert connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        idle_s, every_s, times, unheard_ms = (
            connected.getsockopt(socket.IPPROTO_TCP, option)
            for option in (
                socket.TCP_KEEPIDLE,
                socket.TCP_KEEPINTVL,
                socket.TCP_KEEPCNT,
                socket.TCP_USER_TIMEOUT,
            )
        )
        silent_s = SILENT_LOOKS * LOOK_S
        assert idle_s + every_s * times <= silent_s
        assert unheard_ms / 1000 <= silent_s


async def test_servers_of_two_protocols_share_nothing(servers):
    """Each goes on alone, whichever of them is the newer one."""
    first = await servers.open()
    second = servers.make(protocol=PROTOCOL + 1)
    await second.open(LOOPBACK, "one")
    await eventually(lambda: not second._dialling)
    assert (first.living(), second.living()) == ({}, {})


async def test_nobody_is_answered_before_a_greeting(servers):
    """A connection that has not said whose it is gets no answer and is not heard."""
    first, second = await servers.open(), servers.make()
    held_by(first)
    heard = []
    first.hear_with(DropHeld, heard.append)
    peer = second._make_peer()
    await second._channel.dial("{}:{}".format(*servers.address(first)), lambda: peer)
    peer.tell(DropHeld(1, 2))
    assert await second.ask(peer, IsHeld(1, 2)) == []
    assert heard == []
    greeted = await second.ask(peer, Greet(PROTOCOL, "x", "g"))
    assert greeted == [Greeted(PROTOCOL, first.id, "one")]
    assert await second.ask(peer, IsHeld(1, 2)) == [True]
    peer.close()
    await eventually(lambda: not first.living())


async def test_a_taken_port_is_passed_over(servers):
    """Several workers may have one range of ports; without a free one nobody starts."""
    first = await servers.open()
    _, port = servers.address(first)
    second = servers.make()
    with pytest.raises(CannotListen, match=str(port)):
        await second.open(Address("127.0.0.1", port), "one")
    third = servers.make()
    await third.open(Address("127.0.0.1", port), "one", ports=20)
    assert servers.address(third)[1] > port


async def test_leaving_while_dialling(servers):
    """A server that is stopped at its start waits for nobody."""
    async with asyncio.timeout(5):
        first = await servers.open()
        listening = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        mute = Server(id="mute", address=f"127.0.0.1:{port}", group="", started_ms=1, seen_ms=1)
        servers.register.rows["mute"] = mute
        await first.look()
        await asyncio.sleep(0)
        assert first._dialling
        await first.leave()
        listening.close()
