"""The control door: who may, how clocks are moved and faults put up, and what is refused."""

import asyncio
import base64
import json
from decimal import Decimal

import msgspec
import pytest

from builders import SAMPLE_TIME_MS, merchant, ports
from fakes import records
from fakes.acquirer import ScriptedAcquirer
from fakes.audit import MemoryAudit
from fakes.books import MemoryBooks
from fakes.clocks import MemoryClocks
from fakes.intake import PlainIntake
from fakes.sandbox_merchants import MemorySandboxMerchants
from fakes.vault import MemoryVault
from fakes.world import FixedClock
from vezne.core.fault import FAULTS_MAX, BankCall, Fault, FaultBoard, FaultKind
from vezne.core.money import UNIT
from vezne.core.payment import PaymentState
from vezne.dialects.sandbox.clock import LOOKED_AT_MAX
from vezne.dialects.sandbox.routes import door
from vezne.edge.app import Dispatcher
from vezne.edge.sites import Incoming
from vezne.flows.move_clock import TRIES_MAX

CLOCK, FAULTS = "/sandbox/clock", "/sandbox/faults"
DAY_MS = 86_400_000
SILENCE = {"kind": "silence_after"}
TOO_LARGE = object()


def basic(pair: str) -> str:
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


class ControlDoor:
    """Sends requests of the merchant as the edge reads them."""

    def __init__(self) -> None:
        self.clock = FixedClock(SAMPLE_TIME_MS)
        self.books = MemoryBooks()
        self.clocks = MemoryClocks(merchant())
        self.faults = FaultBoard()
        self.made = MemorySandboxMerchants()
        there = ports(
            books=self.books, vault=MemoryVault(), acquirer=ScriptedAcquirer(), clock=self.clock
        )
        opened = door(there, self.clocks, self.clocks, self.faults, self.made)
        self._dispatcher = Dispatcher((opened,), PlainIntake(), MemoryAudit())

    def ask(self, method, target, body=None, authorization=None, **headers):
        """Status, headers and answer; the body is JSON unless it is bytes."""
        raw: bytes | None = b"" if body is None else body
        if body is TOO_LARGE:
            raw = None
        elif raw is not None and not isinstance(raw, bytes):
            raw = json.dumps(body).encode()
        sent = {"authorization": authorization or basic("key:secret")}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        incoming = Incoming(method, "http", target, sent, raw)
        response = asyncio.run(self._dispatcher.handle(incoming))
        answer = json.loads(response.body, parse_float=Decimal)
        return response.status, dict(response.headers), answer

    def ok(self, method, target, body=None):
        status, _, answer = self.ask(method, target, body)
        assert status == 200, answer
        return answer

    def refused(self, method, target, body=None, **more):
        status, _, answer = self.ask(method, target, body, **more)
        assert set(answer) == {"error"}, answer
        assert answer["error"]["message"]
        return status, answer["error"]["code"]


@pytest.fixture
def control() -> ControlDoor:
    return ControlDoor()


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        "Basic !!!",
        "Basic \u00fc",
        f"Basic {base64.b64encode(bytes([255])).decode()}",
        basic(""),
        basic("key"),
        basic("key:"),
        basic("key:wrong"),
        basic("other:secret"),
        basic("\x00:secret"),
        basic("key:secret").replace("Basic", "Bearer"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_only_a_merchant_with_its_keys_may(control, method, authorization):
    """Before anything is said about the body."""
    status, headers, answer = control.ask(method, CLOCK, b"[]", authorization or "x")
    assert (status, answer["error"]["code"]) == (401, "unauthorized")
    assert headers[b"www-authenticate"].startswith(b"Basic realm=")
    assert control.clocks.record.clock_offset_ms == 0


def test_the_scheme_may_be_spelled_in_any_case(control):
    """As RFC 9110 has it."""
    assert control.ask("GET", CLOCK, None, basic("key:secret").replace("B", "b", 1))[0] == 200


def test_errors_speak_the_caller_s_language(control):
    """Turkish unless English is asked for."""
    _, _, turkish = control.ask("POST", CLOCK, {"advance": "x"})
    _, _, english = control.ask("POST", CLOCK, {"advance": "x"}, accept_language="en-GB")
    assert turkish["error"]["message"].startswith("Süre")
    assert english["error"]["message"].startswith("A duration")


def test_the_clock_is_shown_advanced_set_and_reset(control):
    """Each answer says what time it is for the merchant."""
    assert control.ok("GET", CLOCK) == {
        "now": "2018-06-06T13:52:22.393+03:00",
        "now_ms": SAMPLE_TIME_MS,
        "offset_ms": 0,
    }
    moved = control.ok("POST", CLOCK, {"advance": "8d"})
    assert moved["offset_ms"] == 8 * DAY_MS
    assert (moved["looked_at"], moved["is_complete"]) == (0, True)
    assert control.ok("GET", CLOCK)["now"] == "2018-06-14T13:52:22.393+03:00"
    to = control.ok("POST", CLOCK, {"set": "2018-07-01T10:00"})
    assert to["now"] == "2018-07-01T10:00:00.000+03:00"
    assert control.ok("POST", CLOCK, {"reset": True})["offset_ms"] == 0


def test_an_answer_does_not_wait_for_more_than_it_can(control):
    """Ten thousand payments were looked at; the next one is left to the worker."""
    book = control.books.payments
    due = records.payment(
        merchant_id=7,
        state=PaymentState.CAPTURED,
        captured_ms=SAMPLE_TIME_MS,
        value_ms=SAMPLE_TIME_MS + DAY_MS,
        blockage_resolved_ms=SAMPLE_TIME_MS + 8 * DAY_MS,
    )
    for number in range(LOOKED_AT_MAX + 1):
        book[7, number] = msgspec.structs.replace(due, number=number)
    moved = control.ok("POST", CLOCK, {"advance": "2d"})
    assert (moved["looked_at"], moved["is_complete"]) == (LOOKED_AT_MAX, False)
    moved = control.ok("POST", CLOCK, {"advance": "1s"})
    assert (moved["looked_at"], moved["is_complete"]) == (1, True)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (None, (400, "body_invalid")),
        ([], (400, "body_invalid")),
        ({}, (400, "body_invalid")),
        ({"reset": False}, (400, "body_invalid")),
        ({"advance": "8d", "reset": True}, (400, "body_invalid")),
        ({"advance": 8}, (400, "body_invalid")),
        ({"forward": "8d"}, (400, "body_invalid")),
        ({"4111111111111111": "8d"}, (400, "body_invalid")),
        (b"{", (400, "malformed")),
        ({"advance": "8 days"}, (400, "duration_invalid")),
        ({"set": "tomorrow"}, (400, "moment_invalid")),
        ({"set": "2018-06-06"}, (409, "clock_goes_back")),
        ({"advance": "3654d"}, (400, "clock_too_far")),
        ({"set": "2100-01-01"}, (400, "clock_too_far")),
    ],
)
def test_a_move_that_makes_no_sense_is_refused(control, body, refusal):
    """The clock stays where it is, and no card number is repeated."""
    assert control.refused("POST", CLOCK, body) == refusal
    assert "4111" not in str(control.ask("POST", CLOCK, body))
    assert control.clocks.record.clock_offset_ms == 0


def test_a_clock_that_others_keep_moving(control):
    """Is given up with an error of its own."""
    control.clocks.contests = TRIES_MAX
    assert control.refused("POST", CLOCK, {"advance": "1d"}) == (409, "clock_contested")


def test_a_fault_is_put_up_shown_and_taken_away(control):
    """What was left out is not repeated; amounts are in units of the currency."""
    wish = {
        "kind": "decline",
        "operation": "authorize",
        "bin": "552879",
        "last4": "0008",
        "amount": "1.20",
        "currency": "TRY",
        "times": 2,
        "code": "51",
    }
    status, _, first = control.ask("POST", FAULTS, wish)
    assert status == 201
    rest = {name: value for name, value in wish.items() if name != "times"}
    assert first == rest | {"id": 1, "amount": "1.2", "left": 2}
    (placed,) = control.faults.list_faults(7)
    assert placed.fault == Fault(
        kind=FaultKind.DECLINE,
        operation=BankCall.AUTHORIZE,
        bin="552879",
        last4="0008",
        amount_e8=120_000_000,
        currency="TRY",
        times=2,
        code="51",
    )
    _, _, second = control.ask("POST", FAULTS, SILENCE | {"times": None})
    assert second == {"id": 2, "kind": "silence_after", "left": None}
    assert control.ok("GET", FAULTS) == {"faults": [first, second]}
    assert control.ok("DELETE", f"{FAULTS}?id=1") == {"removed": 1}
    assert control.refused("DELETE", f"{FAULTS}?id=1") == (404, "fault_not_found")
    assert control.ok("GET", FAULTS) == {"faults": [second]}
    assert control.ok("DELETE", FAULTS) == {"removed": 1}
    assert control.ok("DELETE", FAULTS) == {"removed": 0}


@pytest.mark.parametrize(
    "query", ["id=", "id=x", "id=-1", "id=٣", "ID=1", "id=1&x=2", f"id={10**18}"]
)
def test_a_query_that_is_not_understood_removes_nothing(control, query):
    """A misspelt one must not mean all of them."""
    control.ask("POST", FAULTS, SILENCE)
    assert control.refused("DELETE", f"{FAULTS}?{query}") == (400, "query_invalid")
    assert control.faults.has_faults(7)


@pytest.mark.parametrize(
    ("amount", "amount_e8"),
    [(b"3", 3 * UNIT), (b"0.00000001", 1), (b'"1000.5"', 1000 * UNIT + UNIT // 2)],
)
def test_an_amount_may_be_a_number_or_a_text(control, amount, amount_e8):
    """It is exact in either form."""
    raw = b'{"kind": "silence_after", "amount": %b}' % amount
    assert control.ask("POST", FAULTS, raw)[0] == 201
    assert control.faults.list_faults(7)[0].fault.amount_e8 == amount_e8


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "earthquake"}, "body_invalid"),
        ({"kind": None}, "body_invalid"),
        ({"operation": "pay"}, "body_invalid"),
        ({"bin": "55287900000"}, "body_invalid"),
        ({"last4": "008"}, "body_invalid"),
        ({"amount": "0"}, "body_invalid"),
        ({"amount": "-1"}, "body_invalid"),
        ({"amount": "0.000000001"}, "body_invalid"),
        ({"amount": "1,20"}, "body_invalid"),
        ({"amount": "NaN"}, "body_invalid"),
        ({"amount": "1e30"}, "body_invalid"),
        ({"currency": "try"}, "body_invalid"),
        ({"path": "payment"}, "body_invalid"),
        ({"times": 0}, "body_invalid"),
        ({"delay_ms": -1}, "body_invalid"),
        ({"kind": "decline", "code": "512"}, "body_invalid"),
        ({"kind": "decline", "code": "00"}, "body_invalid"),
        ({"kind": "decline", "code": "51\n"}, "body_invalid"),
        ({"cardNumber": "5528790000000008"}, "body_invalid"),
        ({"path": "/payment/auth"}, "fault_impossible"),
        ({"kind": "webhook_lost", "amount": "1"}, "fault_impossible"),
        ({"kind": "latency"}, "fault_impossible"),
        ({"kind": "decline"}, "fault_impossible"),
        ({"operation": "refund", "bin": "552879"}, "fault_impossible"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(control, change, code):
    """Nothing is put up."""
    assert control.refused("POST", FAULTS, SILENCE | change) == (400, code)
    assert not control.faults.has_faults(7)


def test_an_impossible_fault_is_explained_by_the_names_of_the_request(control):
    """The caller knows nothing of how amounts are counted in the house."""
    wish = {"kind": "webhook_lost", "amount": "1"}
    _, _, answer = control.ask("POST", FAULTS, wish, accept_language="en")
    assert answer["error"]["message"].startswith("amount does not fit")


def test_a_board_that_is_full(control):
    """Refuses one more."""
    for _ in range(FAULTS_MAX):
        assert control.ask("POST", FAULTS, SILENCE)[0] == 201
    assert control.refused("POST", FAULTS, SILENCE) == (409, "board_full")


def test_a_path_of_a_fault_may_end_with_a_slash(control):
    """As that of a request may."""
    wish = {"kind": "answer_500_after_commit", "path": "/payment/auth/"}
    assert control.ask("POST", FAULTS, wish)[2]["path"] == "/payment/auth"


@pytest.mark.parametrize(
    ("method", "path", "refusal"),
    [
        ("GET", "/sandbox", (404, "unknown_path")),
        ("GET", "/sandbox/faults/1", (404, "unknown_path")),
        ("PUT", FAULTS, (405, "wrong_method")),
        ("DELETE", CLOCK, (405, "wrong_method")),
    ],
)
def test_what_fits_no_route(control, method, path, refusal):
    """Is answered in the door's own way."""
    assert control.refused(method, path) == refusal


def test_a_body_without_end_and_a_fault_of_the_house(control):
    """Have answers too."""
    assert control.refused("POST", CLOCK, TOO_LARGE) == (413, "too_large")
    control.clocks.record = None
    assert control.refused("GET", CLOCK)[0] == 500
