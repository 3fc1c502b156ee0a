"""The dispatcher: which door answers what, and that nothing escapes it."""

import asyncio
import io

import msgspec
import pytest

from fakes.audit import MemoryAudit
from fakes.intake import PlainIntake
from vezne.core.audit import current_origin
from vezne.core.body import MalformedBody
from vezne.core.fault import FaultOnDemand
from vezne.core.refusal import Reason, Refusal
from vezne.edge.app import Dispatcher, dress
from vezne.edge.client_address import ClientAddresses, parse_network
from vezne.edge.logs import configure_logs
from vezne.edge.messages import BadRequest, Door, Outcome, Request, Response, Route
from vezne.edge.sites import Incoming


class Teller:
    """Answers every route of its door and remembers what it was asked."""

    def __init__(self, name: str, *routes: tuple[str, str], methods_status: int = 405) -> None:
        self.requests: list[Request] = []
        self.bad: list[BadRequest] = []
        self.error: Exception | None = None
        self.door = Door(
            name=name,
            routes=tuple(
                Route(method=method, path=path, handle=self.handle) for method, path in routes
            ),
            headers=((b"x-door", name.encode()),),
            unknown_path=self.refuse(404),
            wrong_method=self.refuse(methods_status),
            malformed=self.refuse(400),
            too_large=self.refuse(413),
            fault=self.refuse(500),
            too_many=self.refuse(429),
            overloaded=self.refuse(503),
        )

    async def handle(self, request: Request) -> Response:
        self.requests.append(request)
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return Response(200, b"done", ((b"x-own", b"1"),))

    def refuse(self, status: int):
        def answer(bad: BadRequest) -> Response:
            self.bad.append(bad)
            return Response(status, self.door.name.encode())

        return answer


class House:
    """Two doors, one of which owns a path below the other's prefix."""

    def __init__(self) -> None:
        self.intake = PlainIntake()
        self.first = Teller(
            "first", ("POST", "/pay/new"), ("GET", "/pay/list"), ("DELETE", "/pay/list")
        )
        self.second = Teller(
            "second", ("POST", "/pay/other/new"), ("GET", "/vault"), methods_status=200
        )
        self.dispatcher = Dispatcher(
            [self.first.door, self.second.door], self.intake, MemoryAudit()
        )

    def ask(
        self,
        method: str,
        target: str,
        body: bytes | None = b"",
        headers: dict[str, str] | None = None,
    ) -> Response:
        incoming = Incoming(method, "https", target, headers or {"host": "desk:1"}, body)
        return asyncio.run(self.dispatcher.handle(incoming))


@pytest.fixture
def house():
    return House()


def test_request_reaches_its_route(house):
    """The handler sees the request decoded, with what the signature needs as it was sent."""
    response = house.ask("POST", "/pay/n%65w?a=%20b", b'{"x": 1.50}')
    assert response == Response(200, b"done", ((b"x-door", b"first"), (b"x-own", b"1")))
    (request,) = house.first.requests
    assert (request.method, request.scheme, request.host) == ("POST", "https", "desk:1")
    assert (request.path, request.target, request.query) == (
        "/pay/new",
        "/pay/n%65w?a=%20b",
        "a=%20b",
    )
    assert str(request.body.payload["x"]) == "1.50"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/pay/new", 200),
        ("/pay/new/", 200),
        ("/pay/new/?x", 200),
        ("/pay/new//", 404),
        ("/Pay/new", 404),
    ],
)
def test_one_trailing_slash_is_tolerated(house, target, status):
    """A route is matched exactly, but for one slash at the end."""
    assert house.ask("POST", target).status == status


def test_head_goes_where_get_goes(house):
    """HEAD needs no route of its own."""
    assert house.ask("HEAD", "/pay/list").status == 200
    assert house.first.requests[0].method == "HEAD"


@pytest.mark.parametrize("target", ["/health", "/health/", "/health?x=1"])
def test_health(house, target):
    """Anyone may ask whether the server is up."""
    for method in ("GET", "HEAD"):
        response = house.ask(method, target)
        assert (response.status, response.body) == (200, b'{"status":"ok"}')
    assert house.ask("POST", "/health").status == 405
    assert house.intake.bodies == []


@pytest.mark.parametrize(
    ("target", "owner"),
    [
        ("/pay", "first"),
        ("/pay/nothing", "first"),
        ("/pay/new/deeper/and/deeper", "first"),
        ("/pay/other", "second"),
        ("/pay/other/nothing", "second"),
        ("/vault/nothing", "second"),
        ("/elsewhere", "first"),
        ("/", "first"),
        ("*", "first"),
        ("/vaults", "first"),
        ("/" + "a/" * 5000, "first"),
    ],
)
def test_unknown_path_is_answered_by_the_nearest_door(house, target, owner):
    """A caller who mistypes a path gets the error shape of the protocol that was meant."""
    response = house.ask("GET", target)
    assert (response.status, response.body) == (404, owner.encode())
    assert response.headers[0] == (b"x-door", owner.encode())


def test_wrong_method_is_told_what_is_right(house):
    """A 405 says which methods there are (RFC 9110, 15.5.6); a door may answer otherwise."""
    response = house.ask("PATCH", "/pay/list/")
    assert response.status == 405
    assert (b"allow", b"DELETE, GET, HEAD") in response.headers
    assert house.first.bad[0].method == "PATCH"
    other = house.ask("PUT", "/vault")
    assert (other.status, other.headers) == (200, ((b"x-door", b"second"),))


@pytest.mark.parametrize("target", ["/pay/new", "/pay/nothing"])
def test_body_too_large(house, target):
    """A body that the server did not read is refused in the door's own words."""
    assert house.ask("POST", target, None).status == 413
    assert house.intake.bodies == []


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b"[" * 40 + b"]" * 40])
def test_malformed_body(house, body):
    """Bad JSON, bad encoding and deep nesting are the client's mistakes, not faults."""
    assert house.ask("POST", "/pay/new", body).status == 400
    assert house.first.requests == []
    assert house.first.bad[0].path == "/pay/new"


@pytest.mark.parametrize("error", [ValueError("4111 is in here"), Refusal(Reason.CARD_BLOCKED)])
def test_fault_is_answered_and_logged_without_its_words(house, error):
    """An exception that a handler does not know becomes the door's fault; its text stays inside."""
    lines = io.StringIO()
    configure_logs(style="json", stream=lines)
    house.first.error = error
    assert house.ask("POST", "/pay/new").status == 500
    logged = lines.getvalue()
    assert type(error).__name__ in logged
    assert "handle" in logged
    assert "4111" not in logged


def test_a_fault_on_demand_is_answered_like_any_other_and_is_no_error(house):
    """The caller cannot tell it from a real one; who reads the log can."""
    lines = io.StringIO()
    configure_logs(style="json", stream=lines)
    house.first.error = FaultOnDemand()
    assert house.ask("POST", "/pay/new").status == 500
    (line,) = lines.getvalue().splitlines()
    assert '"event":"fault on demand"' in line.replace(": ", ":")
    assert '"level":"warning"' in line.replace(": ", ":")


@pytest.mark.parametrize("error", [None, RuntimeError("fault")])
def test_the_body_is_always_released(house, error):
    """Whatever happens, what the vault holds for a request is wiped at its end."""
    house.first.error = error
    house.ask("POST", "/pay/new", b"{}")
    assert [body.is_released for body in house.intake.bodies] == [True]


@pytest.mark.parametrize(
    ("target", "by"),
    [
        ("/bank", "site"),
        ("/bank/", "site"),
        ("/bank/3ds?token=1", "site"),
        ("/b%61nk/3ds", "site"),
        ("/banks", "first"),
        ("/pay/bank", "first"),
        ("/pay/new", "first"),
        ("/health", '{"status":"ok"}'),
    ],
)
def test_a_site_answers_below_its_path(house, target, by):
    """Pages for browsers stand beside the doors; no card is looked for in what they are sent."""
    seen = []

    async def site(incoming: Incoming) -> Response:
        seen.append(incoming)
        return Response(200, b"site")

    doors = [house.first.door, house.second.door]
    house.dispatcher = Dispatcher(doors, house.intake, MemoryAudit(), {"/bank": site})
    assert house.ask("GET", target).body == by.encode()
    assert [incoming.target for incoming in seen] == ([target] if by == "site" else [])
    assert house.intake.bodies == []


def test_a_door_cannot_claim_a_path_of_a_site():
    """A path belongs to one or the other."""

    async def site(_: Incoming) -> Response:
        return Response(200, b"")

    teller = Teller("one", ("POST", "/bank/3ds"))
    with pytest.raises(ValueError, match="/bank/3ds"):
        Dispatcher([teller.door], PlainIntake(), MemoryAudit(), {"/bank": site})


def test_two_doors_cannot_claim_one_route():
    """A route belongs to one door, and there must be a door."""
    one, two = Teller("one", ("GET", "/a")), Teller("two", ("GET", "/a"))
    with pytest.raises(ValueError, match="GET /a"):
        Dispatcher([one.door, two.door], PlainIntake(), MemoryAudit())
    with pytest.raises(ValueError, match="at least one"):
        Dispatcher([], PlainIntake(), MemoryAudit())


def test_a_body_that_turns_out_malformed_later_is_malformed(house):
    """A handler may be the first to read all of it."""
    house.first.error = MalformedBody("no valid JSON")
    response = house.ask("POST", "/pay/new", b"{}")
    assert (response.status, house.first.bad[-1].why) == (400, "no valid JSON")
    assert house.intake.bodies[-1].is_released


def test_an_origin_has_the_address_of_the_client(house):
    """That of the peer, or what a trusted proxy says of it."""
    seen = []

    async def handle(request):
        seen.append((current_origin().address, current_origin().path))
        return Response(200, b"done")

    teller = Teller("one", ("POST", "/pay"))
    door = msgspec.structs.replace(
        teller.door, routes=(Route(method="POST", path="/pay", handle=handle),)
    )
    addresses = ClientAddresses([parse_network("10.0.0.1")], "x-forwarded-for")
    house.dispatcher = Dispatcher([door], house.intake, MemoryAudit(), addresses=addresses)
    headers = {"host": "desk:1", "x-forwarded-for": "198.51.100.7"}
    for peer in ("10.0.0.1", "203.0.113.9"):
        incoming = Incoming("POST", "https", "/pay", headers, b"{}", peer)
        asyncio.run(house.dispatcher.handle(incoming))
    assert seen == [("198.51.100.7", "/pay"), ("203.0.113.9", "/pay")]


def test_an_answer_keeps_what_became_of_the_request(house):
    """Its door's headers come on top, and the edge hears of outcome and reason all the same."""
    refused = Response(200, b"no", (), outcome=Outcome.REFUSED, reason="11")
    dressed = dress(house.first.door, refused)
    assert (dressed.outcome, dressed.reason) == (Outcome.REFUSED, "11")
    assert dressed.headers == ((b"x-door", b"first"),)
