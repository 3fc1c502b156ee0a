"""The HTTP reader takes whatever bytes there are, in whatever pieces they come."""

import asyncio
import itertools
from typing import NamedTuple

from hypothesis import example, given
from hypothesis import strategies as st

from fakes.transport import Wire
from vezne.edge.http1 import Connection
from vezne.edge.messages import Response
from vezne.edge.service import Limits, Service

TURNS_MAX = 50
TOKENS = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=12)
VALUES = st.text('abc 123;=,"/', max_size=20).map(str.strip)
NOT_OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "expect", "upgrade", "te"}
)


class Served(NamedTuple):
    """What came of some bytes: the requests that were read, and what was written."""

    requests: list
    written: bytes
    problems: list


def serve(pieces):
    """Send pieces over one connection, each once the one before it was taken."""

    async def run():
        requests, problems = [], []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: problems.append(context))

        async def handle(incoming):
            requests.append(incoming)
            return Response(200, b"ok")

        service = Service(handle, Limits())
        connection, wire = Connection(service, "http"), Wire()
        connection.connection_made(wire)
        for piece in pieces:
            if wire.is_closed:
                break
            connection.data_received(piece)
            for _ in range(TURNS_MAX):
                await asyncio.sleep(0)
                if not wire.is_paused:
                    break
        # Answers leave at the end of a turn.
        await asyncio.sleep(0)
        connection.connection_lost(None)
        await service.drain(0.0)
        return Served(requests, wire.written, problems)

    return asyncio.run(run())


def pieces_of(data, cuts):
    """Bytes cut at some places."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[first:last] for first, last in itertools.pairwise(places)]


class Sent(NamedTuple):
    """A request, and how its body is framed."""

    method: str
    target: str
    headers: dict
    body: bytes
    chunk_bytes: int

    def on_the_wire(self):
        lines = [f"{self.method} {self.target} HTTP/1.1", "host: desk"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if not self.chunk_bytes:
            lines.append(f"content-length: {len(self.body)}")
            return "\r\n".join([*lines, "", ""]).encode() + self.body
        lines.append("transfer-encoding: chunked")
        size = self.chunk_bytes
        parts = [self.body[at : at + size] for at in range(0, len(self.body), size)]
        chunks = [b"%x\r\n%b\r\n" % (len(part), part) for part in parts]
        return "\r\n".join([*lines, "", ""]).encode() + b"".join(chunks) + b"0\r\n\r\n"


REQUESTS = st.builds(
    Sent,
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"]),
    target=TOKENS.map("/{}".format),
    headers=st.dictionaries(TOKENS.filter(lambda name: name not in NOT_OURS), VALUES, max_size=4),
    body=st.binary(max_size=60),
    chunk_bytes=st.integers(0, 9),
)


@given(st.lists(st.binary(max_size=120), max_size=5))
@example([b"GET / HTTP/1.1\r\nhost: a\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n", b"\xff"])
def test_any_bytes_are_answered_or_not(pieces):
    """Nothing raises; what is written, if anything, is an answer."""
    served = serve(pieces)
    assert served.problems == []
    assert served.written == b"" or served.written.startswith(b"HTTP/1.1 ")


@given(st.lists(REQUESTS, min_size=1, max_size=4), st.lists(st.integers(0, 10_000), max_size=12))
def test_requests_are_read_however_they_are_cut(sent, cuts):
    """As many requests as were sent, in their order, each with one answer."""
    data = b"".join(request.on_the_wire() for request in sent)
    served = serve(pieces_of(data, cuts))
    assert served.problems == []
    assert [(read.method, read.target, read.body) for read in served.requests] == [
        (request.method, request.target, request.body) for request in sent
    ]
    for read, request in zip(served.requests, sent, strict=True):
        assert request.headers.items() <= dict(read.headers).items()
    assert served.written.count(b"HTTP/1.1 200 OK\r\n") == len(sent)


@given(REQUESTS, st.integers(0, 10_000), st.binary(min_size=1, max_size=3), st.booleans())
def test_a_damaged_request_is_no_fault(sent, place, noise, keeps):
    """Bytes that are put into a request, or in place of others, are refused or read; never both."""
    data = sent.on_the_wire()
    at = place % len(data)
    served = serve([data[:at] + noise + data[at + (0 if keeps else len(noise)) :]])
    assert served.problems == []
    assert b"HTTP/1.1 5" not in served.written
    assert served.written == b"" or served.written.startswith(b"HTTP/1.1 ")
