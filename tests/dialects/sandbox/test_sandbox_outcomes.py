"""What the edge learns of the control door's answers besides their text."""

import base64

import pytest

from builders import SAMPLE_TIME_MS, merchant, ports
from fakes.acquirer import ScriptedAcquirer
from fakes.books import MemoryBooks
from fakes.clocks import MemoryClocks
from fakes.gate import OpenGate, come_in
from fakes.intake import PlainBody
from fakes.sandbox_merchants import MemorySandboxMerchants
from fakes.vault import MemoryVault
from fakes.world import FixedClock
from vezne.core.fault import FaultBoard
from vezne.dialects.sandbox.routes import CLOCK_PATH, door
from vezne.edge.messages import BadRequest, Outcome, Request


@pytest.fixture
def opened():
    """The door."""
    clocks = MemoryClocks(merchant())
    there = ports(
        books=MemoryBooks(),
        vault=MemoryVault(),
        acquirer=ScriptedAcquirer(),
        clock=FixedClock(SAMPLE_TIME_MS),
    )
    return door(there, clocks, clocks, FaultBoard(), MemorySandboxMerchants())


def request(pair=None, query="", **headers):
    """A request to show the clock."""
    if pair is not None:
        headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return Request(
        method="GET",
        scheme="http",
        host="localhost",
        path=CLOCK_PATH,
        target=CLOCK_PATH,
        query=query,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        body=PlainBody(b"", None),
    )


async def ask(opened, asked):
    (route,) = (each for each in opened.routes if (each.method, each.path) == ("GET", CLOCK_PATH))
    return await route.handle(asked)


@pytest.mark.parametrize(
    ("pair", "outcome", "reason", "seen"),
    [
        ("key:secret", Outcome.SERVED, "", [("claim", "key"), ("prove", "key")]),
        ("key:wrong", Outcome.UNAUTHENTICATED, "unauthorized", [("claim", "key")]),
        (None, Outcome.UNAUTHENTICATED, "unauthorized", []),
    ],
)
async def test_who_calls(opened, pair, outcome, reason, seen):
    """A key is claimed before it is proven, and nobody claims none."""
    gate = OpenGate()
    come_in(gate)
    response = await ask(opened, request(pair))
    assert (response.outcome, response.reason, gate.seen) == (outcome, reason, seen)


@pytest.mark.parametrize(
    ("language", "text"), [("en-GB", b"Too many requests"), ("tr", "Çok fazla istek".encode())]
)
async def test_who_is_turned_away_is_told_in_its_language(opened, language, text):
    """As any error of this door."""
    response = opened.too_many(request(accept_language=language))
    assert (response.status, response.reason) == (429, "too_many_requests")
    assert text in response.body


@pytest.mark.parametrize(
    ("language", "text"), [("en-GB", b"The server is very busy"), ("", "Sunucu çok".encode())]
)
async def test_a_busy_server_says_so(opened, language, text):
    """As any error of this door."""
    headers = {"accept-language": language}
    response = opened.overloaded(BadRequest(method="GET", path="/", why="x", headers=headers))
    assert (response.status, response.reason) == (503, "server_busy")
    assert text in response.body
