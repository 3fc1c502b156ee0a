"""One end of the link against another, or against bytes that no peer would send."""

import asyncio
import os
import socket
import struct
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fakes.linked import until
from vezne.core.audit import Origin, begin_origin, current_origin
from vezne.core.ports import CardGone
from vezne.edge.server import CannotListen
from vezne.link import peer as peers
from vezne.link.failures import FrameTooLarge, LinkDown, RemoteFault
from vezne.link.messages import (
    HolderOf,
    OpenSecret,
    Release,
    RequestOrigin,
    SealSecret,
    sender_from,
)
from vezne.link.peer import Office, Peer
from vezne.link.sockets import connect_to, listen_on


class Side:
    """What one end answers and hears; the answers are the test's."""

    def __init__(self):
        self.questions = []
        self.notices = []
        self.origins = []
        self.lost = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.made = []
        self.ended = []

    @property
    def peer(self):
        """The first connection's end."""
        return self.made[0]

    def make(self, timeout_s=5.0):
        office = Office(RequestOrigin, self.answer, self.hear, self.is_lost)
        self.made.append(Peer(office, timeout_s))
        return self.made[-1]

    async def answer(self, _, question):
        self.questions.append(question)
        self.origins.append(sender_from(current_origin()))
        await self.go_on.wait()
        if isinstance(question, HolderOf):
            raise (CardGone("gone") if question.merchant_id else KeyError("5528790000000008"))
        return question.secret * (1 if question.context else peers.FRAME_BYTES_MAX)

    def hear(self, _, notice):
        self.notices.append(notice)

    def is_lost(self, peer):
        self.ended.append(peer)
        self.lost.set()


@asynccontextmanager
async def pair(timeout_s=5.0):
    """A server's side, a client's, and the socket between them."""
    server, client = Side(), Side()
    with tempfile.TemporaryDirectory(prefix="link") as folder:
        path = Path(folder) / "s"
        listening = await listen_on(path, server.make)
        peer = await connect_to(path, lambda: client.make(timeout_s))
        try:
            yield server, client, path
        finally:
            server.go_on.set()
            for each in (peer, *server.made):
                each.close()
            await until(lambda: len(server.ended) == len(server.made) and client.ended)
            listening.close()


async def test_questions_go_both_ways_at_once():
    """Each gets its own answer, whichever is ready first."""
    async with pair() as (server, client, _):
        asked = [client.peer.ask(SealSecret(b"%d" % n, b"c")) for n in range(50)]
        assert await asyncio.gather(*asked) == [b"%d" % n for n in range(50)]
        assert await server.peer.ask(SealSecret(b"back", b"c")) == b"back"


async def test_a_question_is_answered_for_whoever_it_is_asked_for():
    """The origin of the asking task is that of the answering one."""
    async with pair() as (server, client, _):
        origin = Origin(address="192.0.2.7", door="iyzico", path="/payment/auth")
        origin.merchant_id, origin.caller = 7, "key"
        begin_origin(origin)
        await client.peer.ask(SealSecret(b"x", b"c"))
        assert server.origins == [sender_from(origin)]


async def test_what_is_raised_comes_back():
    """The ports' own exceptions as they are, anything else as a fault without its text."""
    async with pair() as (_, client, __):
        with pytest.raises(CardGone, match="gone"):
            await client.peer.ask(HolderOf(1, b"t"))
        with pytest.raises(RemoteFault) as raised:
            await client.peer.ask(HolderOf(0, b"t"))
        assert "5528" not in str(raised.value)


async def test_notices_and_questions_keep_their_order():
    """A notice has been heard before a question behind it is answered."""
    async with pair() as (server, client, _):
        for number in range(20):
            client.peer.tell(Release(number))
            await client.peer.ask(SealSecret(b"x", b"c"))
            assert server.notices[-1] == Release(number)


async def test_who_does_not_keep_up_is_asked_no_more():
    """What was not written certainly was not heard, and no memory fills up with it."""
    client, over = Side(), asyncio.Event()

    async def deaf(_, writer):
        await over.wait()
        writer.close()

    with tempfile.TemporaryDirectory(prefix="link") as folder:
        path = Path(folder) / "s"
        listening = await asyncio.start_unix_server(deaf, path)
        peer = await connect_to(path, client.make)
        large = bytes(peers.FRAME_BYTES_MAX // 2)
        asked = [asyncio.ensure_future(peer.ask(SealSecret(large, b"c"))) for _ in range(5)]
        await asyncio.sleep(0)
        with pytest.raises(LinkDown, match="keep up") as failed:
            await peer.ask(SealSecret(b"x", b"c"))
        assert failed.value.is_sent is False
        over.set()
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(outcome, LinkDown) for outcome in outcomes)
        listening.close()


async def test_nobody_waits_for_ever():
    """A question without an answer fails after its time, and may have been heard."""
    async with pair(timeout_s=0.1) as (server, client, _):
        server.go_on.clear()
        with pytest.raises(LinkDown, match="in time") as failed:
            await client.peer.ask(SealSecret(b"x", b"c"))
        assert failed.value.is_sent
        server.go_on.set()
        # This one is answered, however slow the machine is.
        client.peer._timeout_s = 30.0
        assert await client.peer.ask(SealSecret(b"y", b"c")) == b"y"


async def test_a_lost_link_fails_what_was_asked_and_what_is_asked_next():
    """The first may have been heard, the second certainly was not. Notices fall on deaf ears."""
    async with pair() as (server, client, _):
        server.go_on.clear()
        asked = asyncio.ensure_future(client.peer.ask(SealSecret(b"x", b"c")))
        await until(lambda: server.questions)
        server.peer.close()
        with pytest.raises(LinkDown, match="lost") as failed:
            await asked
        assert failed.value.is_sent
        assert not client.peer.is_open
        with pytest.raises(LinkDown, match="down") as failed:
            await client.peer.ask(SealSecret(b"x", b"c"))
        assert not failed.value.is_sent
        client.peer.tell(Release(1))
        await client.lost.wait()
        assert not server.notices


async def test_what_does_not_fit_is_not_sent():
    """Neither a question nor an answer; the link goes on."""
    async with pair() as (server, client, _):
        with pytest.raises(FrameTooLarge):
            await client.peer.ask(OpenSecret(bytes(peers.FRAME_BYTES_MAX), b""))
        assert server.questions == []
        with pytest.raises(RemoteFault, match="FrameTooLarge"):
            await client.peer.ask(SealSecret(b"xx", b""))
        assert await client.peer.ask(SealSecret(b"y", b"c")) == b"y"


@pytest.mark.parametrize(
    "raw",
    [
        (peers.FRAME_BYTES_MAX + 1).to_bytes(4, "big"),
        b"\0\0\0\1\xc1",
        b"\0\0\0\5hello",
        b"\0\0\0\2\x91\x01",
    ],
    ids=["too long", "no value", "no row", "no such row"],
)
async def test_what_no_peer_sends_ends_the_connection(raw):
    """A frame that is too large, is none, or holds something else."""
    async with pair() as (_, __, path):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(raw)
        assert await reader.read() == b""
        writer.close()


async def test_frames_may_come_in_pieces():
    """The socket cuts where it likes."""
    async with pair() as (server, client, path):
        client.peer.tell(Release(1))
        frame = b"\0\0\0\x0c\x92\xa5_Tell\x92\xa7Release\x02"
        frame = (len(frame) - 4).to_bytes(4, "big") + frame[4:]
        _, writer = await asyncio.open_unix_connection(path)
        for at in range(len(frame)):
            writer.write(frame[at : at + 1])
            await writer.drain()
        await until(lambda: Release(2) in server.notices)
        writer.close()


async def test_answers_under_way_are_waited_for():
    """Who ends its side in good order lets them finish, within limits."""
    async with pair() as (server, client, _):
        server.go_on.clear()
        asked = asyncio.ensure_future(client.peer.ask(SealSecret(b"x", b"c")))
        await until(lambda: server.questions)
        await server.peer.finish(0.01)
        assert not asked.done()
        asyncio.get_running_loop().call_later(0.01, server.go_on.set)
        await server.peer.finish(5)
        assert await asked == b"x"
        await server.peer.finish(5)


async def test_the_socket_is_private_and_stale_files_are_replaced():
    """Only its user may connect; a killed vault's file is no obstacle, a living one is."""
    async with pair() as (server, _, path):
        assert path.stat().st_mode & 0o777 == 0o600
        with pytest.raises(CannotListen, match="another vault"):
            await listen_on(path, Side().make)
        # Whoever looked is gone again.
        await until(lambda: (len(server.made), len(server.ended)) == (2, 1))
    with tempfile.TemporaryDirectory(prefix="link") as folder:
        path = Path(folder) / "s"
        path.write_bytes(b"")
        (await listen_on(path, Side().make)).close()
        with pytest.raises(CannotListen, match="No such file"):
            await listen_on(Path(folder) / "nowhere" / "s", Side().make)


class ForeignTransport(asyncio.Transport):
    """A connection from another user's process."""

    def __init__(self):
        super().__init__({"socket": self})
        self.is_aborted = False

    def getsockopt(self, level, option, size):
        assert (level, option) == (socket.SOL_SOCKET, socket.SO_PEERCRED)
        return struct.pack("3i", 1, os.geteuid() + 1, 1)[:size]

    def abort(self):
        self.is_aborted = True


async def test_another_user_s_process_is_refused():
    """Whatever the mode of the file: the kernel says who is at the other end."""
    transport = ForeignTransport()
    Side().make().connection_made(transport)
    assert transport.is_aborted
