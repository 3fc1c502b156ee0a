"""Connections are taken many at a time, and no more than there may be."""

import asyncio
import errno
import socket
import ssl
import time

import msgspec
import pytest

from fakes.listening import PATIENCE_S, QUICK, ListeningThread, post
from vezne.edge.accepting import ACCEPTED_AT_ONCE, Acceptor
from vezne.edge.address import Address
from vezne.edge.messages import Response
from vezne.edge.server import Listeners
from vezne.edge.service import Limits, Service
from vezne.machine import SystemClock
from vezne.vault.certificates import ensure_certificates

# No time limit strikes, however slow the machine is.
PATIENT = msgspec.structs.replace(
    QUICK,
    idle_s=30.0,
    handshake_s=30.0,
    head_s=30.0,
    body_s=30.0,
    leave_s=PATIENCE_S,
    grace_s=PATIENCE_S,
)
FEW = msgspec.structs.replace(PATIENT, connections_max=3)


async def answer(_incoming):
    return Response(200, b"ok")


async def slow_answer(_incoming):
    await asyncio.sleep(0.2)
    return Response(200, b"ok")


def silent(url):
    """A client that connects and says nothing."""
    host, _, port = url.rpartition("://")[2].partition(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE_S)


def until(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_who_comes_when_there_are_enough_is_told_so():
    """503 and the end; whoever is in is served, and when one goes there is room again."""
    with ListeningThread(answer, limits=FEW) as server:
        inside = [server.connect() for _ in range(3)]
        assert [client.ask(post()).status for client in inside] == [200] * 3
        with server.connect() as late:
            assert late.read().status == 503
            assert late.is_ended()
        assert inside[0].ask(post()).status == 200
        inside.pop().__exit__()

        def has_room():
            with server.connect() as next_one:
                return next_one.ask(post()).status == 200

        until(has_room)
        for client in inside:
            client.__exit__()


def test_a_flood_leaves_the_server_as_it_was():
    """Many times as many as there may be, all at once."""
    with ListeningThread(answer, limits=FEW) as server:
        flood = [silent(server.url) for _ in range(10 * ACCEPTED_AT_ONCE)]
        for client in flood:
            client.close()

        def is_served():
            with server.connect() as client:
                return client.ask(post()).status == 200

        until(is_served)


def test_who_says_nothing_after_connecting_for_tls_counts_as_well(tmp_path):
    """Otherwise a few thousand such clients would take all the files there are."""
    files = ensure_certificates(tmp_path, SystemClock(), ())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.server)
    with ListeningThread(answer, limits=FEW, ssl_context=context) as server:
        mute = [silent(server.listeners.https_url) for _ in range(3)]
        with silent(server.listeners.https_url) as late:
            assert late.recv(1) == b""
        for client in mute:
            client.close()


def test_a_long_line_of_requests_is_cut_off():
    """Those that are in line are answered; what came on top is to be sent again elsewhere."""
    limits = msgspec.structs.replace(PATIENT, pipelined_max=4)
    with ListeningThread(slow_answer, limits=limits) as server, server.connect() as client:
        client.send(post() * 20)
        assert [client.read().status for _ in range(6)] == [200] * 5 + [503]
        assert client.is_ended()


class OutOfFiles:
    """A listening socket of a process that has no more files, at first."""

    def __init__(self, real):
        self._real = real
        self.refusals = 1

    def accept(self):
        if self.refusals:
            self.refusals -= 1
            raise OSError(errno.EMFILE, "too many open files")
        return self._real.accept()

    def __getattr__(self, name):
        return getattr(self._real, name)


async def test_without_files_connections_wait():
    """And are taken when there are some again; the process goes on meanwhile."""
    listening = socket.create_server(("127.0.0.1", 0))
    service = Service(answer, Limits())
    taken = asyncio.Event()

    class Taken(asyncio.Protocol):
        def connection_made(self, transport):
            taken.set()
            transport.close()

    acceptor = Acceptor(service, OutOfFiles(listening), Taken, None)
    with socket.create_connection(listening.getsockname()):
        async with asyncio.timeout(PATIENCE_S):
            await taken.wait()
    acceptor.close()
    await service.drain(0.0)


async def test_who_is_in_line_at_the_end_is_served():
    """Also those who are more than are taken at once: each has connected, as far as it knows."""
    listeners = await Listeners.open(answer, http=Address("127.0.0.1", 0), limits=PATIENT)
    clients = [silent(listeners.http_url) for _ in range(3 * ACCEPTED_AT_ONCE)]
    for client in clients:
        client.sendall(post())
    await listeners.close()
    for client in clients:
        assert client.recv(64).startswith(b"HTTP/1.1 200")
        client.close()


@pytest.mark.parametrize("is_aborted", [False, True])
async def test_a_handshake_has_time_where_another_process_goes_on(tmp_path, is_aborted):
    """As much as who rests has; when there is a hurry, none."""
    files = ensure_certificates(tmp_path, SystemClock(), ())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.server)
    limits = msgspec.structs.replace(FEW, leave_s=0.1, give_way_s=30.0)
    listeners = await Listeners.open(
        answer, http=None, tls=Address("127.0.0.1", 0), ssl_context=context, limits=limits
    )
    client = silent(listeners.https_url)
    await asyncio.sleep(0.05)
    closing = asyncio.create_task(listeners.close(gives_way=True))
    await asyncio.sleep(0.3)
    assert not closing.done()
    if is_aborted:
        listeners.abort()
    else:
        client.setblocking(False)
        trusting = ssl.create_default_context(cafile=files.authority)
        reader, writer = await asyncio.open_connection(
            sock=client, ssl=trusting, server_hostname="localhost"
        )
        writer.write(post())
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.close()
    client.close()
    async with asyncio.timeout(PATIENCE_S):
        await closing


@pytest.mark.parametrize("times", [1, 2])
async def test_listeners_close_once(times):
    """Closing again does no harm."""
    listeners = await Listeners.open(answer, http=Address("127.0.0.1", 0), limits=QUICK)
    for _ in range(times):
        await listeners.close()
