"""The HTTP/1.1 protocol over real sockets: what clients may do, and what they may not."""

import asyncio
import io
import select
import time

import msgspec
import pytest

from fakes.listening import PATIENCE_S, QUICK, ListeningThread, RawClient, post
from vezne.edge.app import BODY_BYTES_MAX
from vezne.edge.http1_socket import address_of
from vezne.edge.http1_text import render_head
from vezne.edge.logs import configure_logs
from vezne.edge.messages import Response
from vezne.edge.service import Limits
from vezne.edge.sites import Incoming

# Limits that do not strike, however slow the machine is. A test of a limit has that one of QUICK.
_NEVER_S = 60.0
PATIENT = msgspec.structs.replace(
    QUICK,
    idle_s=_NEVER_S,
    head_s=_NEVER_S,
    body_s=_NEVER_S,
    take_s=_NEVER_S,
    linger_s=_NEVER_S,
    grace_s=PATIENCE_S / 2,
)


class Desk:
    """A handler that remembers its requests and never has two of a connection at once.

    One that is held answers nothing until `go_on` is set.
    """

    def __init__(
        self, *, delay_s: float = 0.0, answer: bytes = b'{"ok":1}', is_held: bool = False
    ) -> None:
        self.requests: list[Incoming] = []
        self.go_on = asyncio.Event()
        if not is_held:
            self.go_on.set()
        self.delay_s = delay_s
        self.answer = answer
        self.finished = 0
        self._at_work = 0
        self.at_work_max = 0

    async def handle(self, incoming: Incoming) -> Response:
        self.requests.append(incoming)
        self._at_work += 1
        self.at_work_max = max(self.at_work_max, self._at_work)
        await self.go_on.wait()
        await asyncio.sleep(self.delay_s)
        self._at_work -= 1
        self.finished += 1
        if incoming.body is None:
            return Response(413, b"too large")
        return Response(200, self.answer + incoming.target.encode(), ((b"x-desk", b"1"),))


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def limits():
    """The server's; a test may have others."""
    return PATIENT


@pytest.fixture
def server(desk, limits):
    with ListeningThread(desk.handle, limits=limits) as listening:
        yield listening


@pytest.fixture
def client(server):
    with server.connect() as connection:
        yield connection


def patient_but(name: str) -> Limits:
    """One limit strikes, and it alone."""
    return msgspec.structs.replace(PATIENT, **{name: getattr(QUICK, name)})


def quick(name: str):
    """The server of a test is patient in everything but this."""
    return pytest.mark.parametrize("limits", [patient_but(name)], ids=[name])


def wait_until(is_so) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def test_request_reaches_the_handler_as_sent(client, desk):
    """Method, target, body bytes and lower-case headers arrive; the answer goes back framed."""
    reply = client.ask(post("/a%20b?c=d&e", b'{"x": 1}', b"X-Thing: Value", b"x-thing: two"))
    assert (reply.status, reply.body) == (200, b'{"ok":1}/a%20b?c=d&e')
    assert reply.headers["server"] == "vezne"
    assert reply.headers["x-desk"] == "1"
    assert reply.headers["date"].endswith("GMT")
    (request,) = desk.requests
    assert request.method == "POST"
    assert request.scheme == "http"
    assert request.target == "/a%20b?c=d&e"
    assert request.headers["x-thing"] == "Value, two"
    assert request.headers["host"] == "desk"
    assert request.body == b'{"x": 1}'
    assert request.address == "127.0.0.1"


def test_request_in_single_bytes(client, desk):
    """Where packets are cut makes no difference."""
    message = post("/abc", b'{"long": "body"}', b"Some-Header: value")
    for index in range(len(message)):
        client.send(message[index : index + 1])
    assert client.read().status == 200
    assert desk.requests[0].body == b'{"long": "body"}'
    assert desk.requests[0].headers["some-header"] == "value"


def test_keep_alive_serves_many(client, desk):
    """A connection serves one request after the other."""
    for number in range(20):
        assert client.ask(post(f"/{number}")).body.endswith(f"/{number}".encode())
    assert len(desk.requests) == 20


def test_pipelined_requests_are_answered_in_order_and_alone():
    """Requests sent at once are answered in order, never two at a time."""
    desk = Desk(delay_s=0.02)
    with ListeningThread(desk.handle, limits=PATIENT) as server, server.connect() as client:
        client.send(b"".join(post(f"/{number}") for number in range(10)) + post("/last")[:-5])
        assert [client.read().body[-2:] for _ in range(10)] == [
            b"/%d" % number for number in range(10)
        ]
        client.send(post("/last")[-5:])
        assert client.read().body.endswith(b"/last")
    assert desk.at_work_max == 1


def test_pipelined_garbage_does_not_overtake_an_answer():
    """The answer to a whole request comes before the refusal of what follows it."""
    desk = Desk(delay_s=0.05)
    with (
        ListeningThread(desk.handle, limits=patient_but("linger_s")) as server,
        server.connect() as client,
    ):
        client.send(post("/good") + b"\x00garbage\r\n\r\n")
        assert client.read().body.endswith(b"/good")
        assert client.read().status == 400
        assert client.is_ended()


def test_nothing_is_answered_after_the_last_request(client, desk):
    """What follows a request with `Connection: close` is dropped."""
    client.send(post("/a", b"{}", b"Connection: close") + post("/b"))
    assert client.read().headers["connection"] == "close"
    assert client.is_ended()
    assert len(desk.requests) == 1


def test_head_has_the_length_but_no_body(client):
    """HEAD is answered like GET without the body, and the connection goes on."""
    reply = client.send(b"HEAD /h HTTP/1.1\r\nHost: desk\r\n\r\n").read(is_head=True)
    assert (reply.status, reply.headers["content-length"]) == (200, "10")
    assert client.ask(post()).status == 200


def test_http_1_0_needs_no_host_and_ends(client):
    """An HTTP/1.0 client gets its answer and then the end of the connection."""
    reply = client.ask(b"GET /old HTTP/1.0\r\n\r\n")
    assert (reply.status, reply.headers["connection"]) == (200, "close")
    assert client.is_ended()


def test_http_1_0_may_keep_alive(client):
    """An HTTP/1.0 client that asks for it keeps its connection."""
    asked = b"GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    assert client.ask(asked).headers["connection"] == "keep-alive"
    assert client.ask(asked).status == 200


def test_chunked_body(client, desk):
    """Chunks are put together; extensions and trailers are dropped."""
    client.send(b"POST /c HTTP/1.1\r\nHost: desk\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.send(b"3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nAuthorization: forged\r\n\r\n")
    assert client.read().status == 200
    assert desk.requests[0].body == b"abcde"
    assert "authorization" not in desk.requests[0].headers


def test_expect_100_continue(client, desk):
    """A client that asks first is told to go on, then answered."""
    client.send(post("/e", b"12345", b"Expect: 100-continue")[:-5])
    assert client.read().status == 100
    assert client.ask(b"12345").status == 200
    assert desk.requests[0].body == b"12345"


def test_expect_100_continue_waits_for_the_answer_before():
    """The go-ahead for a pipelined request does not overtake the answer before it."""
    desk = Desk(delay_s=0.05)
    with ListeningThread(desk.handle, limits=PATIENT) as server, server.connect() as client:
        client.send(post("/first") + post("/second", b"12345", b"Expect: 100-continue")[:-5])
        assert client.read().body.endswith(b"/first")
        assert client.read().status == 100
        assert client.ask(b"12345").body.endswith(b"/second")


def test_upgrade_offer_is_ignored(client, desk):
    """A client that offers another protocol, as Java's HttpClient does, is served in this one."""
    offer = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk")
    reply = client.ask(post("/u", b'{"a":1}', *offer, b"X-Other: kept"))
    assert (reply.status, reply.headers["connection"]) == (200, "close")
    assert desk.requests[0].body == b'{"a":1}'
    assert desk.requests[0].headers["x-other"] == "kept"
    assert client.is_ended()


def test_absolute_form_of_the_target(client, desk):
    """A target with scheme and authority, as sent to proxies, counts from its path on."""
    assert client.ask(b"GET http://desk:80/p?q HTTP/1.1\r\nHost: desk\r\n\r\n").status == 200
    assert client.ask(b"GET http://desk HTTP/1.1\r\nHost: desk\r\n\r\n").status == 200
    assert [request.target for request in desk.requests] == ["/p?q", "/"]


@pytest.mark.parametrize(
    "message",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/2.7\r\nHost: desk\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: desk\r\nHost: other\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: desk\r\nBad Name: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: desk\r\nX: a\x00b\r\n\r\n",
        b"CONNECT desk:443 HTTP/1.1\r\nHost: desk\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: desk\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: desk\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: desk\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: desk\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: desk\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    ],
)
def test_malformed_request_is_refused(client, desk, message):
    """What is no unambiguous HTTP/1.1 request gets a 400 and the end, and reaches no handler."""
    assert client.ask(message).status == 400
    assert client.is_ended()
    assert desk.requests == []


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 17_000 + b" HTTP/1.1\r\nHost: desk\r\n",
        b"GET / HTTP/1.1\r\nHost: desk\r\nX: " + b"a" * 17_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: desk\r\n" + b"A:\r\n" * 5_000,
    ],
)
@pytest.mark.parametrize("is_ended", [True, False])
@pytest.mark.parametrize("piece_bytes", [1_000, 1_000_000])
def test_large_head_is_refused(client, desk, head, is_ended, piece_bytes):
    """A head of more than 16 KB gets a 431, whole or not, however it is cut."""
    message = head + b"\r\n" if is_ended else head
    for start in range(0, len(message), piece_bytes):
        client.send(message[start : start + piece_bytes])
        time.sleep(0.001)
    assert client.read().status == 431
    assert client.is_ended()
    assert desk.requests == []


def test_head_just_below_the_limit_is_served(client):
    """Sixteen kilobytes of head are fine, and a large body does not count as head."""
    head = b"X: " + b"a" * 15_000
    assert client.ask(post("/a", b"b" * 900_000, head)).status == 200
    assert client.ask(post("/a", b"", head) + post("/b"[:2])).status == 200


def test_announced_large_body_is_refused_unread(client, desk):
    """A Content-Length over the limit is refused before the body is sent, without a 100."""
    announced = post("/l", b"", b"Expect: 100-continue").replace(
        b"Content-Length: 0", b"Content-Length: %d" % (BODY_BYTES_MAX + 1)
    )
    reply = client.ask(announced)
    assert (reply.status, reply.body) == (413, b"too large")
    assert client.is_ended()
    assert desk.requests[0].body is None


def test_largest_body_is_served(client, desk):
    """Exactly the limit is not too large."""
    assert client.ask(post("/l", b"a" * BODY_BYTES_MAX)).status == 200
    assert len(desk.requests[0].body) == BODY_BYTES_MAX


def test_chunked_large_body_is_refused(client):
    """A body that hides its length is cut off at the limit, and the client reads why."""
    client.send(b"POST /l HTTP/1.1\r\nHost: desk\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    for _ in range(17):
        client.send(chunk)
    assert client.read().status == 413
    assert client.is_ended()


def test_body_in_tiny_chunks_is_refused(client):
    """Framing counts too: megabytes of chunk sizes around a small body are cut off."""
    client.send(b"POST /l HTTP/1.1\r\nHost: desk\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"1;" + b"x" * 4096 + b"\r\na\r\n"
    for _ in range(BODY_BYTES_MAX // 2048 + 20):
        client.send(chunk)
    assert client.read().status == 413


@quick("linger_s")
def test_flood_after_a_refusal_is_not_read_for_ever(client):
    """A client that goes on sending after its refusal is disconnected."""
    client.send(b"POST /l HTTP/1.1\r\nHost: desk\r\nContent-Length: 99999999\r\n\r\n")
    started = time.monotonic()
    with pytest.raises(ConnectionError):
        _send_for_ever(client, started + PATIENCE_S)


def _send_for_ever(client: RawClient, until: float) -> None:
    while time.monotonic() < until:
        client.send(b"a" * 10_000)
        time.sleep(0.005)


def dribble_until_answered(client: RawClient) -> None:
    """Send a byte now and then, for ever but for an answer."""
    deadline = time.monotonic() + PATIENCE_S
    while not select.select([client.socket], [], [], 0.05)[0]:
        assert time.monotonic() < deadline, "the server is too patient"
        client.send(b"X")


@quick("head_s")
def test_slow_head_is_cut_off(client, desk):
    """A byte now and then does not prolong the time for a head."""
    client.send(b"GET / HTTP/1.1\r\n")
    dribble_until_answered(client)
    assert client.read().status == 408
    assert client.is_ended()
    assert desk.requests == []


@quick("body_s")
def test_slow_body_is_cut_off(client, desk):
    """A byte now and then does not prolong the time for a body."""
    client.send(post("/s", b"a" * 1000)[:-1000])
    dribble_until_answered(client)
    assert client.read().status == 408
    assert client.is_ended()
    assert desk.requests == []


def test_idle_connection_is_closed_in_silence(server, client):
    """A connection that is not used any more ends without a word, used or not before."""
    assert client.ask(post()).status == 200
    # From here on: the connection may rest until it is asked once more, however long that takes.
    server.listeners._service.idle_s = QUICK.idle_s
    assert client.ask(post()).status == 200
    assert client.is_ended()
    with server.connect() as unused:
        assert unused.is_ended()


@quick("head_s")
def test_slow_second_request_is_cut_off(client):
    """A request that starts behind another one has a deadline as well."""
    client.send(post("/one") + post("/two")[:20])
    assert client.read().status == 200
    assert client.read().status == 408


def test_connection_limit():
    """Beyond the limit a client is told so; when another leaves there is room again."""
    limits = msgspec.structs.replace(PATIENT, connections_max=2)
    with ListeningThread(Desk().handle, limits=limits) as server:
        with server.connect() as one, server.connect() as two:
            assert one.ask(post()).status == two.ask(post()).status == 200
            with server.connect() as three:
                assert three.read().status == 503
                assert three.is_ended()
        wait_until(lambda: _status_of_one_request(server) == 200)


def _status_of_one_request(server: ListeningThread) -> int:
    with server.connect() as client:
        return client.ask(post()).status


def test_fault_of_the_handler_is_a_500_without_its_words():
    """Whatever a handler raises, the client gets an answer and the log no message."""

    async def fail(incoming: Incoming) -> Response:
        raise ValueError(f"choked on {incoming.body!r}")

    lines = io.StringIO()
    configure_logs(stream=lines)
    with ListeningThread(fail, limits=PATIENT) as server, server.connect() as client:
        reply = client.ask(post("/f", b"very private"))
        assert (reply.status, reply.body) == (500, b"Internal Server Error")
        assert client.is_ended()
    assert "ValueError" in lines.getvalue()
    assert "private" not in lines.getvalue()


@pytest.mark.parametrize(
    "header", [(b"x-a", b"1\r\nset-cookie: b"), (b"x a", b"1"), (b"x-a\r\n", b"1"), (b"", b"1")]
)
def test_response_headers_cannot_be_split(header):
    """A header that would not be one line is a fault, not two headers."""
    with pytest.raises(ValueError, match="no header"):
        render_head(200, (header,))


def test_client_that_does_not_read_is_not_served_further():
    """Answers are not piled up for a client that takes none, and it is disconnected."""
    desk = Desk(answer=b"a" * 200_000)
    with (
        ListeningThread(desk.handle, limits=patient_but("take_s")) as server,
        server.connect() as client,
    ):
        client.socket.setblocking(False)
        sent = 0
        started = time.monotonic()
        message = post() * 100
        while time.monotonic() < started + PATIENCE_S:
            try:
                sent += client.socket.send(message)
            except BlockingIOError:
                time.sleep(0.01)
            except OSError:
                break
        else:
            pytest.fail("still connected")
        assert len(desk.requests) < 100


def test_request_outlives_its_client():
    """What was begun is finished although the client has gone, and shutdown waits for it."""
    desk = Desk(delay_s=0.3)
    with ListeningThread(desk.handle, limits=PATIENT) as server:
        with server.connect() as client:
            client.send(post())
            wait_until(lambda: desk.requests)
        server.close()
        assert desk.finished == 1


def test_half_closed_client_gets_its_answer():
    """A client that has ended its side still reads the answer."""
    desk = Desk(delay_s=0.05)
    with ListeningThread(desk.handle, limits=PATIENT) as server, server.connect() as client:
        client.send(post())
        client.socket.shutdown(1)
        assert client.read().status == 200
        assert client.is_ended()


def test_half_sent_request_of_a_gone_client_is_dropped(server, desk):
    """A client that leaves in the middle of a request leaves nothing behind."""
    with server.connect() as client:
        client.send(post()[:-1])
        client.socket.shutdown(1)
        assert client.is_ended()
    assert desk.requests == []


def test_default_limits_are_those_of_the_documentation():
    """The figures that users are told."""
    limits = Limits()
    assert (limits.head_bytes_max, limits.body_bytes_max) == (16_384, 1_048_576)
    assert (limits.head_s, limits.body_s, limits.idle_s) == (10.0, 30.0, 75.0)


def test_shutdown_finishes_what_is_in_flight():
    """A request in flight is answered, idle connections end, new ones are refused."""
    desk = Desk(is_held=True)
    with (
        ListeningThread(desk.handle, limits=PATIENT) as server,
        server.connect() as busy,
        server.connect() as idle,
        server.connect() as half,
    ):
        half.send(post()[:-1])
        busy.send(post())
        wait_until(lambda: desk.requests)
        server.begin_close()
        assert idle.is_ended()
        server.call(desk.go_on.set)
        reply = busy.read()
        assert (reply.status, reply.headers["connection"]) == (200, "close")
        assert busy.is_ended()
        assert half.ask(post()[-1:]).headers["connection"] == "close"
        with pytest.raises(ConnectionRefusedError):
            RawClient(server.url)


def test_shutdown_does_not_wait_for_ever():
    """After the time of grace a request in flight is cancelled and its connection cut."""
    desk = Desk(is_held=True)
    with (
        ListeningThread(desk.handle, limits=patient_but("grace_s")) as server,
        server.connect() as client,
    ):
        client.send(post())
        wait_until(lambda: desk.requests)
        server.close()
        assert client.is_ended()
    assert desk.finished == 0


def test_shutdown_can_be_hurried():
    """Requests in flight can be given up before the time of grace."""
    desk = Desk(is_held=True)
    with ListeningThread(desk.handle) as server, server.connect() as client:
        client.send(post())
        wait_until(lambda: desk.requests)
        server.begin_close()
        server.abort()
        server.close()
        assert client.is_ended()


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        (("198.51.100.7", 4711), "198.51.100.7"),
        (("fe80::1%eth0", 4711, 0, 2), "fe80::1"),
        (b"", ""),
        (None, ""),
    ],
)
def test_a_peer_is_known_by_its_address_alone(peer, address):
    """Not by its port, nor by an interface of ours; a Unix socket has no address."""

    class Transport(asyncio.BaseTransport):
        def get_extra_info(self, name, default=None):
            return peer if name == "peername" else default

    assert address_of(Transport()) == address
