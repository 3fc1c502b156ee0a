"""The board for faults on demand, at several servers."""

import asyncio
import time

import pytest

from builders import SAMPLE_TIME_MS
from fakes.guarded import plain_door
from fakes.peer_servers import LOOPBACK, town
from vezne.core.fault import FAULTS_MAX, BankCall, Facts, Fault, FaultKind, Place
from vezne.edge.messages import Response
from vezne.peers.boards import SharedBoard
from vezne.peers.messages import PutFault
from vezne.peers.peers import ANSWER_MAX_S
from vezne.peers.settling import settled_doors, settled_site

MERCHANT = 7
SILENT = Fault(kind=FaultKind.SILENCE_AFTER, times=2)
BROKEN = Fault(kind=FaultKind.ANSWER_500_AFTER_COMMIT, times=None)
PAYING = Facts(operation=BankCall.AUTHORIZE)


@pytest.fixture
async def boards():
    """Opens servers with a board each."""
    async with town() as servers:

        async def open_board():
            peers = servers.make()
            board = SharedBoard(lambda: SAMPLE_TIME_MS)
            board.connect(peers)
            await peers.open(LOOPBACK, "one")
            await board.catch_up()
            board.peers = peers
            return board

        yield open_board


async def test_a_change_is_known_when_it_is_settled(boards):
    """What is put up, used, used up, removed and cleared at any server."""
    here, there = await boards(), await boards()
    placed = here.add(MERCHANT, SILENT)
    await here.peers.settled()
    assert there.list_faults(MERCHANT) == [placed]
    assert there.take(MERCHANT, Place.BANK, PAYING) == SILENT
    await there.peers.settled()
    assert [each.left for each in here.list_faults(MERCHANT)] == [1]
    assert here.take(MERCHANT, Place.BANK, PAYING) == SILENT
    await here.peers.settled()
    assert there.list_all() == here.list_all() == []

    lasting = there.add(MERCHANT, BROKEN)
    for _ in range(2):
        assert there.take(MERCHANT, Place.GATEWAY, Facts()) == BROKEN
    await there.peers.settled()
    assert here.list_faults(MERCHANT) == [lasting]
    assert here.remove(MERCHANT, lasting.id)
    assert not here.remove(MERCHANT, lasting.id)
    await here.peers.settled()
    assert there.list_all() == []

    for board in (here, there):
        board.add(MERCHANT, SILENT)
        await board.peers.settled()
    assert here.clear(MERCHANT) == 2
    assert here.clear(MERCHANT) == 0
    await here.peers.settled()
    assert there.list_all() == []


async def test_a_newcomer_has_the_board(boards):
    """In its order, and with what is left of each fault."""
    here = await boards()
    for fault in (SILENT, BROKEN):
        here.add(MERCHANT, fault)
    here.take(MERCHANT, Place.BANK, PAYING)
    there = await boards()
    assert sorted(there.list_all(), key=str) == sorted(here.list_all(), key=str)


async def test_ids_of_two_servers_differ(boards):
    """Even of the same millisecond; and a program that counts in doubles reads them exactly."""
    here, there = await boards(), await boards()
    ids = {here.add(MERCHANT, SILENT).id for _ in range(3)}
    ids |= {there.add(MERCHANT, SILENT).id for _ in range(3)}
    assert len(ids) == 6
    assert max(ids) < 2**53
    assert len(str(max(ids))) <= 18
    await here.peers.settled()
    await there.peers.settled()


async def test_no_two_ids_of_a_server_are_alike():
    """However many faults are put up in a millisecond: none takes the place of another."""
    board = SharedBoard(lambda: SAMPLE_TIME_MS)
    ids = [board.add(MERCHANT, SILENT).id for _ in range(FAULTS_MAX)]
    assert ids == sorted(set(ids))
    assert len(board.list_faults(MERCHANT)) == FAULTS_MAX


async def test_a_server_that_does_not_confirm_delays_for_a_second_at_most(boards):
    """Nothing else is lost by it."""
    here, there = await boards(), await boards()
    asked, never = [], asyncio.Event()

    async def say_nothing(question):
        asked.append(question)
        await never.wait()

    there.peers.answer_with(PutFault, say_nothing)
    since = time.monotonic()
    here.add(MERCHANT, SILENT)
    async with asyncio.timeout(10 * ANSWER_MAX_S):
        await here.peers.settled()
    assert time.monotonic() - since >= ANSWER_MAX_S
    # Once asked, it costs that once.
    assert len(asked) == 1
    never.set()


async def test_a_board_that_is_not_connected_is_one_of_its_own():
    """As in a command, which serves nobody."""
    board = SharedBoard(lambda: SAMPLE_TIME_MS)
    await board.catch_up()
    board.add(MERCHANT, SILENT)
    assert board.take(MERCHANT, Place.BANK, PAYING) == SILENT


async def test_answers_wait_until_others_know(boards):
    """Those of doors and of sites; also of a handler that fails after it has taken a fault."""
    here, there = await boards(), await boards()

    async def put_up(_):
        here.add(MERCHANT, SILENT)
        return Response(200, b"done")

    async def fail(_):
        here.clear(MERCHANT)
        raise RuntimeError("on demand")

    (door,) = settled_doors([plain_door(put_up)], here.peers)
    assert (await door.routes[0].handle(None)).status == 200
    assert len(there.list_faults(MERCHANT)) == 1
    (door,) = settled_doors([plain_door(fail)], here.peers)
    with pytest.raises(RuntimeError):
        await door.routes[0].handle(None)
    assert there.list_all() == []
    assert (await settled_site(put_up, here.peers)(None)).status == 200
    assert len(there.list_faults(MERCHANT)) == 1
