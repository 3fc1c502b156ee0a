"""Webhooks on their way: what counts as delivered, and where nothing goes."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from fakes.receiver import Receiver
from vezne.core.webhook import Undelivered, WebhookMessage
from vezne.edge.courier import ANSWER_BYTES_MAX, REPLY_BYTES_MAX, HttpCourier, look_up
from vezne.edge.foreign_text import LEFT_OUT
from vezne.machine import SystemClock
from vezne.vault.certificates import ensure_certificates

PUBLIC = "93.184.216.34"


class Names:
    """Looks names up in a list of its own, and remembers what it was asked."""

    def __init__(self, **addresses: list[str]) -> None:
        self.addresses = addresses
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if host not in self.addresses:
            raise OSError("no such name")
        return self.addresses[host]


def message(url: str, **changes: object) -> WebhookMessage:
    return WebhookMessage(
        url=url, body=b'{"status":"SUCCESS"}', headers=(("X-Signature", "s"),), **changes
    )


@pytest.fixture
def receiver():
    with Receiver() as running:
        yield running


@pytest.fixture
async def courier():
    made = HttpCourier(is_live=False)
    yield made
    await made.close()


@asynccontextmanager
async def serving(
    handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    """The port of a server that handles one connection after the other, until the block ends."""
    tasks: set[asyncio.Task[None]] = set()

    async def attend(reader, writer):
        tasks.add(asyncio.current_task())
        with suppress(OSError, asyncio.CancelledError):
            try:
                await handle(reader, writer)
            finally:
                writer.close()
                await writer.wait_closed()

    server = await asyncio.start_server(attend, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def problem_of(courier: HttpCourier, url: str) -> str:
    with pytest.raises(Undelivered) as undelivered:
        await courier.deliver(message(url))
    return str(undelivered.value)


async def test_a_message_arrives_as_it_is(courier, receiver) -> None:
    """The body byte by byte, with its headers; several go over one connection."""
    for _ in range(3):
        await courier.deliver(message(receiver.url("/a?b=c")))
    assert len(receiver.received) == 3
    (request, *_) = receiver.received
    assert request.path == "/a?b=c"
    assert request.body == b'{"status":"SUCCESS"}'
    assert request.headers["x-signature"] == "s"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert request.headers["user-agent"] == "Vezne"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_delivered(courier, receiver, status) -> None:
    """Whatever the answer says."""
    receiver.answer = lambda _: status
    await courier.deliver(message(receiver.url()))


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 404, 410, 429, 500, 503])
async def test_anything_else_is_not(courier, receiver, status) -> None:
    """A redirect is followed nowhere."""
    receiver.answer = lambda _: status
    assert await problem_of(courier, receiver.url()) == f"answered {status}"
    assert [request.path for request in receiver.received] == ["/webhooks"]


async def test_what_a_receiver_says_comes_back(courier, receiver) -> None:
    """With the status, whether it counts as delivered or not."""
    reply = await courier.deliver(message(receiver.url()))
    assert (reply.status, reply.text) == (200, "ok")
    receiver.answer = lambda _: 503
    with pytest.raises(Undelivered) as refused:
        await courier.deliver(message(receiver.url()))
    assert (refused.value.reply.status, refused.value.reply.text) == (503, "ok")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (b"card 5528 7900 0000 0008 unknown", "card [masked] unknown"),
        (
            b"x " * (REPLY_BYTES_MAX // 2 - 6) + b"5528790000000008",
            "x " * (REPLY_BYTES_MAX // 2 - 6),
        ),
        (b"x " * 2_500, "x " * (REPLY_BYTES_MAX // 2)),
        (
            b"x " * (REPLY_BYTES_MAX // 2 - 9) + b"5528.7900.0000.0008",
            "x " * (REPLY_BYTES_MAX // 2 - 9),
        ),
        (b"NTUyODc5" * 500, LEFT_OUT),
        (b"\xff\xc3\xa7\x00", "\ufffdç\x00"),
    ],
)
async def test_of_an_answer_the_beginning_is_kept(courier, said, shown) -> None:
    """Without a card number, and without half of one."""

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + said)
        await writer.drain()

    async with serving(answer) as port:
        reply = await courier.deliver(message(f"http://127.0.0.1:{port}/"))
    assert reply.text == shown


async def test_nobody_listens(courier) -> None:
    """A port that takes no connection, and a name that there is not."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        assert "no connection" in await problem_of(courier, url)
    nowhere = HttpCourier(is_live=False, resolve=Names(shop=[]))
    assert "has no address" in await problem_of(nowhere, "http://shop/")
    assert "cannot be looked up" in await problem_of(nowhere, "http://other/")
    assert "cannot be looked up" in await problem_of(courier, f"http://{'a' * 64}.example/")
    assert "cannot be looked up" in await problem_of(courier, "http://shop.invalid/")
    assert "must be escaped" in await problem_of(courier, "http://shop.example/ödeme")
    await nowhere.close()


async def test_a_receiver_that_hangs_is_left() -> None:
    """Whether it says nothing at all or never comes to an end."""

    async def hang(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsome")
        await writer.drain()
        await asyncio.sleep(5)

    courier = HttpCourier(is_live=False, timeout_s=0.2)
    async with serving(hang) as port:
        assert await problem_of(courier, f"http://127.0.0.1:{port}/") == "no answer within 0.2 s"
        await courier.close()


async def test_an_endless_answer_is_not_read(courier) -> None:
    """The status counts; the rest is nobody's business."""

    async def gush(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    async with serving(gush) as port:
        await courier.deliver(message(f"http://127.0.0.1:{port}/"))


@pytest.mark.parametrize(
    "more",
    [
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\nX-Filler: " + b"x" * 1_000 + b"\r\n\r\n",
    ],
)
@pytest.mark.parametrize("is_tls", [False, True])
async def test_an_answer_that_never_begins_is_left(tmp_path, monkeypatch, more, is_tls) -> None:
    """Nobody reads answers that announce another one for ever, whichever way they come."""
    sent = 0
    context = None
    if is_tls:
        files = ensure_certificates(tmp_path, SystemClock(), ("shop.example",))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.server)

    async def announce(reader, writer):
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        while True:
            writer.write(more * 40)
            sent += len(more) * 40
            await writer.drain()
            # The courier runs in the same thread.
            await asyncio.sleep(0)

    courier = HttpCourier(
        is_live=False, resolve=Names(**{"shop.example": ["127.0.0.1"]}), timeout_s=5
    )
    async with serving(announce, context) as port:
        scheme = "https" if is_tls else "http"
        problem = await problem_of(courier, f"{scheme}://shop.example:{port}/")
        await courier.close()
    assert problem == "the answer is too long"
    assert sent < 64 * ANSWER_BYTES_MAX


async def test_chunks_that_say_too_much_are_not_read(courier) -> None:
    """A body that is nothing but its own packing ends nothing; the status counts."""

    async def pack(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write((b"1;" + b"x" * 1_000 + b"\r\ny\r\n") * 40)
            await writer.drain()

    async with serving(pack) as port:
        await courier.deliver(message(f"http://127.0.0.1:{port}/"))


async def test_each_answer_on_a_connection_may_be_as_long(courier) -> None:
    """What is read is counted for each message anew."""
    connections = 0

    async def answer(reader, writer):
        nonlocal connections
        connections += 1
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split()[0]))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 80000\r\n\r\n" + b"x" * 80_000)
            await writer.drain()

    async with serving(answer) as port:
        for _ in range(3):
            await courier.deliver(message(f"http://127.0.0.1:{port}/"))
        await courier.close()
    assert connections == 1


async def test_garbage_is_no_answer(courier) -> None:
    """A server that speaks something else, or closes at once."""
    for answer in (b"220 mail.shop.example ESMTP\r\n\r\n", b""):

        async def speak(reader, writer, answer=answer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)

        async with serving(speak) as port:
            problem = await problem_of(courier, f"http://127.0.0.1:{port}/")
            assert problem == "the answer is no HTTP"


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["::ffff:127.0.0.1"],
        [PUBLIC, "127.0.0.1"],
    ],
)
async def test_live_mode_sends_into_no_private_network(receiver, addresses) -> None:
    """Not even when only one of a name's addresses leads there; no connection is made."""
    names = Names(**{"shop.example": addresses})
    courier = HttpCourier(is_live=True, resolve=names)
    url = f"https://shop.example:{receiver.port}/webhooks"
    assert "private network" in await problem_of(courier, url)
    assert names.asked == ["shop.example"]
    await courier.close()
    assert receiver.received == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0", "2130706433", "127.1"])
async def test_live_mode_sends_to_no_spelling_of_this_machine(receiver, host) -> None:
    """What the system resolves is what is judged."""
    courier = HttpCourier(is_live=True)
    problem = await problem_of(courier, f"https://{host}:{receiver.port}/")
    assert "private network" in problem or "no connection" in problem
    await courier.close()
    assert receiver.received == []


async def test_live_mode_sends_over_tls_only(receiver) -> None:
    """A message about money is for the merchant alone."""
    courier = HttpCourier(is_live=True)
    assert "https only" in await problem_of(courier, receiver.url())
    await courier.close()
    assert receiver.received == []


async def test_the_connection_goes_to_the_address_that_was_checked(tmp_path, monkeypatch) -> None:
    """A name is looked up once a connection, and the certificate is still that of the name."""
    files = ensure_certificates(tmp_path, SystemClock(), ("shop.example",))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.server)
    shown: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: shown.append(name)
    heads: list[bytes] = []

    async def answer(reader, writer):
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    names = Names(**{"shop.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]})
    courier = HttpCourier(is_live=False, resolve=names)
    async with serving(answer, context) as port:
        await courier.deliver(message(f"https://shop.example:{port}/"))
        assert names.asked == shown == ["shop.example"]
        assert f"Host: shop.example:{port}".encode() in heads[0]
        assert "certificate" in await problem_of(courier, f"https://other.example:{port}/")
        await courier.close()


async def test_another_address_is_tried() -> None:
    """A name's second address, when nobody listens at its first."""
    with Receiver() as receiver:
        names = Names(shop=["127.0.0.9", "127.0.0.1"])
        courier = HttpCourier(is_live=False, resolve=names)
        await courier.deliver(message(f"http://shop:{receiver.port}/webhooks"))
        await courier.close()
    assert len(receiver.received) == 1


async def test_the_system_looks_names_up() -> None:
    """Each address once."""
    assert await look_up("127.0.0.1", 80) == ["127.0.0.1"]
    assert "127.0.0.1" in await look_up("localhost", 80)


async def test_a_look_up_that_nobody_waits_for_harms_nobody() -> None:
    """It was given up before it began, or ends later."""
    waiting = asyncio.create_task(look_up("localhost", 80))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await look_up("::1", 80) == ["::1"]


async def test_a_courier_without_work_closes() -> None:
    """It made no connection."""
    await HttpCourier(is_live=True).close()
