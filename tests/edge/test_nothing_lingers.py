"""A connection that waits for its next request remembers nothing of the one before."""

import asyncio
import gc
import weakref

from fakes.listening import ListeningThread, post
from vezne.edge.http1 import Connection
from vezne.edge.messages import Response
from vezne.edge.service import Limits, Service

BODY = b'{"cvc":"947"}'


class Held:
    """What a request's handler made of it, to be told from afar whether it is gone."""


def test_body_and_headers_are_gone_with_the_answer():
    """An idle connection may stay open for a minute; a card must not stay that long."""
    remembered = []

    async def handle(incoming):
        held = Held()
        incoming.headers["x-held"] = held
        remembered.append(weakref.ref(held))
        assert incoming.body == BODY
        await asyncio.sleep(0)
        return Response(200, b"ok")

    with ListeningThread(handle) as server, server.connect() as client:
        head = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(BODY)
        client.send(head + BODY)
        assert client.read().status == 200
        gc.collect()
        # Not among all objects: another test's server may live as long as the session.
        (connection,) = server.listeners._service.connections
        assert connection._body == []
        assert connection._headers == {}
        assert [reference() for reference in remembered] == [None]


class Wire(asyncio.Transport):
    """Takes what is written."""

    def __init__(self):
        super().__init__()
        self.answers = 0

    def write(self, data):
        self.answers += 1


async def test_one_task_answers_a_connection_and_ends_with_it():
    """It waits between requests; nothing is left of it once the client is gone."""
    tasks = []

    async def handle(_incoming):
        tasks.append(asyncio.current_task())
        return Response(200, b"ok")

    service = Service(handle, Limits())
    wire = Wire()
    connection = Connection(service, "http")
    connection.connection_made(wire)
    for _ in range(3):
        connection.data_received(post())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert wire.answers == 3
    assert len(tasks) == 3
    assert len(set(tasks)) == 1
    assert not tasks[0].done()
    connection.connection_lost(None)
    await asyncio.sleep(0)
    assert tasks[0].done()
    await service.drain(0)
