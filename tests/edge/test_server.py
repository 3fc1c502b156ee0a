"""The listening process: both listeners, TLS, signals and errors at the start."""

import datetime as dt
import ipaddress
import os
import re
import signal
import socket
import ssl
import subprocess
import sys

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fakes.listening import PATIENCE_S, QUICK, ListeningThread, RawClient, post
from fakes.server import wait_until
from vezne.edge.address import Address
from vezne.edge.messages import Response
from vezne.edge.server import CannotListen, Listeners
from vezne.edge.sites import Incoming

# Limits that do not strike, however slow the machine is.
PATIENT = msgspec.structs.replace(
    QUICK,
    idle_s=30.0,
    handshake_s=30.0,
    head_s=30.0,
    body_s=30.0,
    linger_s=PATIENCE_S,
    grace_s=PATIENCE_S,
    leave_s=PATIENCE_S,
)

PROGRAM = """
import asyncio, os, ssl, sys
import uvloop
from vezne.edge.logs import configure_logs
from vezne.edge.messages import Response
from vezne.edge.address import Address
from vezne.edge.server import Front, serve

async def handle(incoming):
    if not incoming.body:
        return Response(200, b"answer")
    print("begun", flush=True)
    # The answer comes when the test says so, or never.
    while not os.path.exists(incoming.body):
        await asyncio.sleep(0.01)
    print("finished", flush=True)
    return Response(200, b"answer")

configure_logs()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
free = Address("127.0.0.1", 0)
uvloop.run(serve([Front(handle, free, free)], ssl_context=context,
                 on_ready=lambda urls: print("ready", *urls[0], flush=True)))
print("closed", flush=True)
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "desk")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def server_context(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def client_context(certificate):
    return ssl.create_default_context(cafile=str(certificate))


class Running:
    """The program above as a process of its own."""

    def __init__(self, certificate) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(certificate)],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        _, self.http, self.https = self.read().split()

    def read(self) -> str:
        return self.process.stdout.readline().strip()

    def is_open(self) -> bool:
        """Whether somebody new is let in."""
        try:
            RawClient(self.http).__exit__()
        except ConnectionError:
            return False
        return True

    def end(self) -> int:
        self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode


@pytest.fixture
def running(certificate):
    program = Running(certificate)
    yield program
    program.process.kill()
    program.end()


async def echo(incoming: Incoming) -> Response:
    return Response(200, incoming.scheme.encode() + (incoming.body or b""))


def test_one_handler_behind_both_listeners(server_context, client_context):
    """The plain and the TLS listener share handler and process; each says its scheme."""
    with ListeningThread(echo, limits=PATIENT, ssl_context=server_context) as server:
        assert re.fullmatch(r"http://127\.0\.0\.1:[1-9][0-9]*", server.listeners.http_url)
        with RawClient(server.url) as plain:
            assert plain.ask(post()).body == b"http{}"
        with RawClient(server.listeners.https_url, client_context) as tls:
            assert tls.ask(post()).body == b"https{}"
            assert tls.ask(post("/", b"a" * 500_000)).body == b"https" + b"a" * 500_000


def test_tls_connection_ends_properly(server_context, client_context):
    """`Connection: close` and a refusal end a TLS connection with a close, not a reset."""
    with ListeningThread(echo, limits=PATIENT, ssl_context=server_context) as server:
        url = server.listeners.https_url
        with RawClient(url, client_context) as client:
            assert client.ask(post("/", b"{}", b"Connection: close")).status == 200
            assert client.is_ended()
        with RawClient(url, client_context) as client:
            assert client.ask(b"nonsense\r\n\r\n").status == 400


def test_old_tls_is_refused(server_context, certificate):
    """Nothing below TLS 1.2 (PCI DSS v4.0.1, 4.2.1)."""
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(certificate)
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        ListeningThread(echo, limits=PATIENT, ssl_context=server_context) as server,
        pytest.raises(ssl.SSLError),
    ):
        RawClient(server.listeners.https_url, old)


def test_slow_handshake_is_cut_off(server_context):
    """A client that connects for TLS and says nothing, or nonsense, is disconnected."""
    limits = msgspec.structs.replace(PATIENT, handshake_s=QUICK.handshake_s)
    with ListeningThread(echo, limits=limits, ssl_context=server_context) as server:
        with RawClient(server.listeners.https_url) as silent:
            assert silent.is_ended()
        with RawClient(server.listeners.https_url) as plain:
            plain.send(post())
            plain.socket.settimeout(PATIENCE_S)
            while plain.socket.recv(1000):
                pass
        assert server.run(_count(server)) == 0


def test_who_is_about_to_connect_over_tls_is_served(server_context, client_context):
    """A handshake that had begun when the listeners closed is finished, and a request answered."""
    with ListeningThread(echo, limits=PATIENT, ssl_context=server_context) as server:
        port = int(server.listeners.https_url.rpartition(":")[2])
        raw = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        _, over_tls = server.listeners._servers
        wait_until(lambda: over_tls.beginning)
        server.begin_close()
        wait_until(lambda: not server.is_open())
        with client_context.wrap_socket(raw, server_hostname="127.0.0.1") as client:
            client.sendall(post("/", b"late"))
            answer = b""
            while piece := client.recv(1000):
                answer += piece
        assert b"connection: close" in answer
        assert answer.endswith(b"late")


async def _count(server: ListeningThread) -> int:
    return len(server.listeners._service.connections)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_finishes_the_request_in_flight(running, number, tmp_path):
    """At a signal the answer in flight still goes out, then the program goes on to its end."""
    go_on = tmp_path / "go on"
    with RawClient(running.http) as client:
        client.send(post("/", bytes(go_on)))
        assert running.read() == "begun"
        running.process.send_signal(number)
        wait_until(lambda: not running.is_open())
        go_on.touch()
        reply = client.read()
        assert (reply.status, reply.headers["connection"]) == (200, "close")
    assert [running.read(), running.read()] == ["finished", "closed"]
    assert running.end() == 0


def test_signal_closes_an_idle_server_at_once(running, client_context):
    """Idle connections, TLS included, do not hold a server up."""
    with RawClient(running.http) as plain, RawClient(running.https, client_context) as tls:
        assert plain.ask(post("/", b"")).status == tls.ask(post("/", b"")).status == 200
        running.process.send_signal(signal.SIGTERM)
        assert plain.is_ended()
        assert tls.is_ended()
    assert running.end() == 0


def test_second_signal_does_not_wait(running, tmp_path):
    """Who asks twice gets it now."""
    with RawClient(running.http) as client:
        client.send(post("/", bytes(tmp_path / "never")))
        assert running.read() == "begun"
        running.process.send_signal(signal.SIGTERM)
        # Two signals at once may be one: the first has been heard when nobody is let in any more.
        wait_until(lambda: not running.is_open())
        assert running.process.poll() is None
        running.process.send_signal(signal.SIGTERM)
        assert client.is_ended()
    assert running.read() == "closed"
    assert running.end() == 0


async def test_taken_address_is_named():
    """A port in use is an error that names it, and no listener is left behind."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=rf"127\.0\.0\.1:{port}: Address already in use"):
            await Listeners.open(echo, http=Address("127.0.0.1", port))


async def test_unknown_host_is_named():
    """So is a host that is not this machine's."""
    with pytest.raises(CannotListen, match=r"192\.0\.2\.1:0"):
        await Listeners.open(echo, http=Address("192.0.2.1", 0))


async def test_tls_needs_a_certificate():
    """A TLS listener without a context is a mistake of the caller."""
    with pytest.raises(ValueError, match="certificate"):
        await Listeners.open(echo, http=None, tls=Address("127.0.0.1", 0))


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
async def test_ipv6_address_is_bracketed():
    """The URL of an IPv6 listener can be used as it is."""
    try:
        listeners = await Listeners.open(echo, http=Address("::1", 0))
    except CannotListen:
        pytest.skip("this machine has no IPv6 loopback")
    assert re.fullmatch(r"http://\[::1\]:[0-9]+", listeners.http_url)
    await listeners.close()
