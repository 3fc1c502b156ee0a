"""Who has no certificate of the vault's gets nothing from a server, and takes nothing from it."""

import asyncio
import ssl

import pytest

from fakes.peer_servers import AUTHORITY_KEY, LOOPBACK, eventually, town
from vezne.link import peer as link
from vezne.link.codec import encoder
from vezne.link.messages import Sender
from vezne.machine import SystemClock
from vezne.peers.messages import PROTOCOL, Greet
from vezne.peers.peers import FRAME_BYTES_MAX
from vezne.vault.certificates import ensure_certificates
from vezne.vault.peer_certificates import PeerCertificates

FOREIGN_KEY = bytes(32)
# An alert of TLS and its header.
ALERT_BYTES = 7


@pytest.fixture
async def servers():
    async with town() as running:
        yield running


@pytest.fixture
async def first(servers):
    return await servers.open()


def greeting():
    """The first thing that a server says, as it is on the wire."""
    frame = encoder.encode(link._Ask(1, Sender(), Greet(PROTOCOL, "stranger", "")))
    return len(frame).to_bytes(4, "big") + frame


def trusting_all(context=None):
    """The context of a client that takes any server's certificate."""
    context = context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def answer_to(where, sent, context=None):
    """What a server sends back before it hangs up, or a moment has passed; an error is nothing."""
    try:
        reader, writer = await asyncio.open_connection(*where, ssl=context)
    except (ssl.SSLError, ConnectionError):
        return b""
    try:
        writer.write(sent)
        async with asyncio.timeout(8):
            return await reader.read(100)
    except (ssl.SSLError, ConnectionError):
        return b""
    finally:
        writer.transport.abort()


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 4096, b"\x16\x03\x01\xff"])
async def test_plain_text_is_no_language_of_theirs(servers, first, sent):
    """HTTP, zeros, or the first bytes of a handshake: at most an alert comes back."""
    answer = await answer_to(servers.address(first), sent + b"\x00" * 70_000)
    assert len(answer) <= ALERT_BYTES
    assert len(await answer_to(servers.address(first), greeting())) <= ALERT_BYTES
    assert first.living() == {}


async def test_the_right_certificate_is_let_in(servers, first):
    """What keeps all others out is the certificate, and nothing else."""
    context = trusting_all(PeerCertificates(AUTHORITY_KEY, SystemClock()).dialling)
    assert first.id.encode() in await answer_to(servers.address(first), greeting(), context)


async def test_without_a_certificate_nothing_is_read(servers, first):
    """Whoever has none is thrown out before a frame of theirs is looked at."""
    assert await answer_to(servers.address(first), greeting(), trusting_all()) == b""
    assert first.living() == {}


async def test_a_foreign_certificate_is_none(servers, first, tmp_path):
    """Of another vault's servers, or of the authority that clients of the doors trust."""
    others = trusting_all(PeerCertificates(FOREIGN_KEY, SystemClock()).dialling)
    assert await answer_to(servers.address(first), greeting(), others) == b""
    served = trusting_all()
    served.load_cert_chain(ensure_certificates(tmp_path, SystemClock()).server)
    assert await answer_to(servers.address(first), greeting(), served) == b""
    assert first.living() == {}


async def test_an_older_tls_is_refused(servers, first):
    """Even with the right certificate."""
    context = trusting_all(PeerCertificates(AUTHORITY_KEY, SystemClock()).dialling)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert await answer_to(servers.address(first), greeting(), context) == b""


async def test_servers_of_two_vaults_do_not_speak(servers, first):
    """Though they share a register by mistake: neither takes the other."""
    second = servers.make(FOREIGN_KEY)
    await second.open(LOOPBACK, "one")
    await first.look()
    await eventually(lambda: not first._dialling and not second._dialling)
    assert (first.living(), second.living()) == ({}, {})


@pytest.mark.parametrize(
    "sent",
    [
        (FRAME_BYTES_MAX + 1).to_bytes(4, "big"),
        b"\x00\x00\x00\x02\xc1\xc1",
        b"\x00\x00\x00\x01\x90",
    ],
    ids=["too large", "no MessagePack", "an empty row"],
)
async def test_what_cannot_be_read_ends_the_connection(servers, first, sent):
    """Even of somebody who is let in; the server itself is as before."""
    context = trusting_all(PeerCertificates(AUTHORITY_KEY, SystemClock()).dialling)
    assert await answer_to(servers.address(first), sent + greeting(), context) == b""
    second = await servers.open()
    assert set(second.living()) == {first.id}
