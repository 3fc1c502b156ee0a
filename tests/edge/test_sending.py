"""Answers of one turn of the event loop leave together, and none is lost by that."""

import asyncio

import pytest

from fakes.transport import Wire
from vezne.edge.http1 import Connection
from vezne.edge.messages import Response
from vezne.edge.service import Limits, Service

REQUEST = b"GET / HTTP/1.1\r\nhost: desk\r\n\r\n"


class Desk:
    """Connections to a service whose answers tell how much had been written by then."""

    def __init__(self) -> None:
        self.service = Service(self.handle, Limits())
        self.wires = []
        self.written_before = []

    async def handle(self, _incoming):
        self.written_before.append(sum(len(wire.written) for wire in self.wires))
        return Response(200, b"ok")

    def connect(self):
        connection, wire = Connection(self.service, "http"), Wire()
        connection.connection_made(wire)
        self.wires.append(wire)
        return connection, wire


@pytest.fixture
async def desk():
    desk = Desk()
    yield desk
    await desk.service.drain(0.0)


async def test_answers_of_a_turn_leave_together(desk):
    """Nobody is written to before everybody who asked in the turn was served."""
    pairs = [desk.connect() for _ in range(3)]
    for connection, _ in pairs:
        connection.data_received(REQUEST)
    await asyncio.sleep(0)
    assert desk.written_before == [0, 0, 0]
    await asyncio.sleep(0)
    for connection, wire in pairs:
        assert wire.written.endswith(b"ok")
        connection.connection_lost(None)


async def test_a_line_of_requests_waits_for_no_turn(desk):
    """Whoever sends many at once is answered one by one, so that a slow reader is noticed."""
    connection, wire = desk.connect()
    connection.data_received(3 * REQUEST)
    await asyncio.sleep(0)
    assert desk.written_before[0] == 0
    assert 0 < desk.written_before[1] < desk.written_before[2]
    await asyncio.sleep(0)
    assert wire.written.count(b"HTTP/1.1 200 OK") == 3
    connection.connection_lost(None)


@pytest.mark.parametrize("end", [Connection.eof_received, Connection.expire])
async def test_an_answer_leaves_before_the_end(desk, end):
    """A client that sends no more, or whose time is over, between its answer and the write."""
    connection, wire = desk.connect()
    connection.data_received(REQUEST)
    await asyncio.sleep(0)
    assert wire.written == b""
    end(connection)
    assert wire.written.endswith(b"ok")
    connection.connection_lost(None)


async def test_a_client_that_is_gone_is_not_written_to(desk):
    """Nor does it keep the others from their answers."""
    (gone, gone_wire), (other, other_wire) = desk.connect(), desk.connect()
    gone.data_received(REQUEST)
    other.data_received(REQUEST)
    await asyncio.sleep(0)
    gone.connection_lost(None)
    await asyncio.sleep(0)
    assert gone_wire.written == b""
    assert other_wire.written.endswith(b"ok")
    other.connection_lost(None)
