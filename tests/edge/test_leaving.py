"""The end of a server: what clients notice of it, and what they do not."""

import asyncio
import contextlib
import os
import signal
import socket
import threading
import time

import msgspec
import pytest

from fakes.listening import PATIENCE_S, QUICK, ListeningThread, RawClient, post
from fakes.server import wait_until
from vezne.edge.address import Address
from vezne.edge.departure import Departure
from vezne.edge.http1_socket import has_unread
from vezne.edge.messages import Response
from vezne.edge.server import Front, Stage, serve
from vezne.edge.shared_sockets import shared_sockets
from vezne.edge.sites import Incoming

# Idle connections may rest long, so that nothing but the end closes them.
PATIENT = msgspec.structs.replace(
    QUICK,
    idle_s=PATIENCE_S,
    head_s=PATIENCE_S,
    body_s=PATIENCE_S,
    grace_s=PATIENCE_S,
    leave_s=0.6,
)
# Who is at the end of a server has time for a request also on a machine that stands still a while.
_SLOW_LEAVE_S = 3.0


async def echo(incoming: Incoming) -> Response:
    return Response(200, incoming.body or b"")


def test_every_answer_is_the_last_of_its_connection():
    """Clients leave by themselves, while the server still lets them in and waits for them."""
    with (
        ListeningThread(echo, limits=PATIENT) as server,
        server.connect() as kept,
        server.connect() as resting,
    ):
        assert kept.ask(post()).headers["connection"] == "keep-alive"
        server.call(server.listeners.leave)
        assert kept.ask(post()).headers["connection"] == "close"
        assert kept.is_ended()
        with server.connect() as late:
            assert late.ask(post()).headers["connection"] == "close"
        time.sleep(PATIENT.leave_s * 1.5)
        assert resting.ask(post()).headers["connection"] == "close"


def test_a_request_that_was_about_to_come_is_answered():
    """An idle connection is kept for a moment after the listeners have closed, then ended."""
    limits = msgspec.structs.replace(PATIENT, leave_s=_SLOW_LEAVE_S)
    with (
        ListeningThread(echo, limits=limits) as server,
        server.connect() as kept,
        server.connect() as idle,
    ):
        assert kept.ask(post()).status == idle.ask(post()).status == 200
        server.begin_close()
        wait_until(lambda: not server.is_open())
        reply = kept.ask(post("/", b"on its way"))
        assert (reply.body, reply.headers["connection"]) == (b"on its way", "close")
        assert idle.is_ended()


def test_a_request_that_lies_in_the_socket_is_answered():
    """Also when the event loop was busy for so long that it has not seen it yet."""
    is_busy, is_sent = threading.Event(), threading.Event()
    heard, call = socket.socketpair()
    with (
        heard,
        call,
        ListeningThread(echo, limits=PATIENT) as server,
        server.connect() as client,
    ):
        assert client.ask(post()).status == 200
        service = server.listeners._service

        def be_busy():
            service.loop.remove_reader(heard)
            is_busy.set()
            is_sent.wait(PATIENCE_S)
            time.sleep(PATIENT.leave_s * 2)

        def begin():
            if not service.is_leaving:
                server.call(begin)
                return
            # The client's time has begun. A timer strikes after this before a socket is looked at.
            service.loop.add_reader(heard, be_busy)
            call.send(b"x")

        server.begin_close()
        server.call(begin)
        assert is_busy.wait(PATIENCE_S)
        client.send(post("/", b"in the socket"))
        is_sent.set()
        reply = client.read()
        assert (reply.body, reply.headers["connection"]) == (b"in the socket", "close")


def test_what_is_unread_is_known():
    """Of a socket; nothing of what has none."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        transport = FakeTransport(ours)
        assert not has_unread(transport)
        theirs.send(b"x")
        assert has_unread(transport)
    assert not has_unread(FakeTransport(None))


class FakeTransport(asyncio.BaseTransport):
    """One that has a socket, or none."""

    def __init__(self, below: socket.socket | None) -> None:
        super().__init__({"socket": below})


class Serving:
    """`serve` as a task, told to end by the test."""

    def __init__(self, *, drain_s: float = 0.0, sockets=None, http=None) -> None:
        self.departure = Departure()
        ready = asyncio.get_running_loop().create_future()
        self.ready = ready
        stage = Stage(
            departure=self.departure,
            heed=lambda _: contextlib.nullcontext(),
            sockets=sockets or {},
            drain_s=drain_s,
        )
        front = Front(echo, http or Address("127.0.0.1", 0))
        self.task = asyncio.create_task(
            serve([front], on_ready=ready.set_result, stage=stage, limits=PATIENT)
        )

    async def ask(self) -> str:
        """The word about the connection in an answer over a new one."""
        return await asyncio.to_thread(_ask, (await self.ready)[0].http)


def _ask(url: str) -> str:
    with RawClient(url) as client:
        return client.ask(post()).headers["connection"]


async def test_new_requests_are_taken_for_a_while():
    """For `drain_s`, and no longer when somebody hurries."""
    serving = Serving(drain_s=PATIENCE_S)
    assert await serving.ask() == "keep-alive"
    serving.departure.leave()
    assert await serving.ask() == "close"
    assert not serving.task.done()
    serving.departure.leave_or_hurry()
    await asyncio.wait_for(serving.task, PATIENCE_S / 2)
    with pytest.raises(ConnectionRefusedError):
        await serving.ask()


async def test_who_gives_way_closes_its_listeners_at_once():
    """The socket stays open in whoever else has it, and what is queued there is not lost."""
    with shared_sockets(1) as sockets:
        real = sockets.bind(Address("127.0.0.1", 0))
        own = {real: sockets.of(0)[real].dup()}
        first = Serving(drain_s=PATIENCE_S, sockets=own, http=real)
        assert await first.ask() == "keep-alive"
        first.departure.give_way()
        await asyncio.wait_for(first.task, PATIENCE_S)
        waiting = asyncio.create_task(first.ask())
        await asyncio.sleep(0.1)
        assert not waiting.done()
        second = Serving(sockets={real: sockets.of(0)[real].dup()}, http=real)
        assert await waiting == "keep-alive"
        second.departure.leave()
        await second.task


async def test_a_single_process_leaves_at_a_signal():
    """And hurries at the second one."""
    departure = Departure()
    stage = Stage(departure=departure, drain_s=PATIENCE_S)
    ready = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(
        serve([Front(echo, Address("127.0.0.1", 0))], on_ready=ready.set_result, stage=stage)
    )
    await ready
    os.kill(os.getpid(), signal.SIGTERM)
    await departure.told.wait()
    assert not departure.hurried.is_set()
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.wait_for(task, PATIENCE_S / 2)
    assert departure.is_leaving
