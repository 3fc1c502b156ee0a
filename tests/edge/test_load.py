"""The gate before the doors: whom it refuses when the process falls behind, and whom it never does.

Time is a number here; nothing in these tests depends on how fast a machine is.
"""

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.audit import MemoryAudit
from fakes.guarded import plain_door
from fakes.intake import PlainIntake
from vezne.core.ports import AuditFailure
from vezne.edge.app import Dispatcher
from vezne.edge.load import FEW, INTERVAL_S, PATIENCE, SHARE_MAX, ControlLaw, LoadGate
from vezne.edge.messages import BadRequest, Outcome, Response
from vezne.edge.sites import Incoming

LIMIT_S = 0.25
BAD = BadRequest(method="POST", path="/pay", why="the server is behind")

waits = st.floats(0, 100, allow_nan=False)
steps = st.floats(0, 3, allow_nan=False)


class Hearing:
    """A control law, and a clock that it is told of."""

    def __init__(self, limit_s=LIMIT_S):
        self.law = ControlLaw(limit_s)
        self.now_s = 1000.0

    def wait(self, wait_s, seconds):
        """Waits of that length, ten an interval, for so long."""
        for _ in range(round(seconds * 10 / INTERVAL_S)):
            self.law.hear(wait_s, self.now_s)
            self.now_s += INTERVAL_S / 10
        return self.law.share


@given(st.lists(st.tuples(st.floats(0, LIMIT_S, allow_nan=False), steps)))
def test_nobody_is_refused_while_nobody_waits_too_long(heard):
    """Whatever the order of waits below the limit, and of silences between them."""
    law, now_s = ControlLaw(LIMIT_S), 0.0
    for wait_s, step_s in heard:
        now_s += step_s
        law.hear(wait_s, now_s)
        assert law.share == 0


@given(st.lists(st.tuples(waits, steps)))
def test_the_share_is_bounded(heard):
    """Some are always let in, or nobody would find out that the server has caught up."""
    law, now_s = ControlLaw(LIMIT_S), 0.0
    for wait_s, step_s in heard:
        now_s += step_s
        law.hear(wait_s, now_s)
        assert 0 <= law.share <= SHARE_MAX


@given(st.lists(st.tuples(waits, steps)))
def test_it_recovers(heard):
    """Half a minute in which nothing waits makes up for everything before."""
    hearing = Hearing()
    for wait_s, step_s in heard:
        hearing.now_s += step_s
        hearing.law.hear(wait_s, hearing.now_s)
    assert hearing.wait(0.0, 30) == 0


def test_a_queue_that_stands_is_refused_a_growing_share():
    """The longer it stands the more."""
    hearing = Hearing()
    shares = [hearing.wait(2 * LIMIT_S, INTERVAL_S) for _ in range(20)]
    assert shares == sorted(shares)
    assert shares[-1] > shares[5] > 0


def test_a_stall_is_not_a_queue():
    """One interval of terrible waits, a slow disk's or a long query's, refuses nobody."""
    hearing = Hearing()
    hearing.wait(0.0, 5)
    assert hearing.wait(40 * LIMIT_S, INTERVAL_S * 0.9) == 0
    assert hearing.wait(0.0, 5) == 0


def test_a_longer_queue_is_refused_sooner():
    """What grows fast is met fast."""
    assert Hearing().wait(3 * LIMIT_S, 1) > Hearing().wait(1.5 * LIMIT_S, 1)


def test_a_silence_is_forgiven():
    """When nobody has come for a while there is nothing left of the queue."""
    hearing = Hearing()
    assert hearing.wait(4 * LIMIT_S, 5) > 0
    hearing.now_s += 30
    assert hearing.wait(0.0, INTERVAL_S / 10) == 0


async def open_gate(behind_s=0.0, audit=None, lag_ms_max=250):
    """A gate that has seen a queue stand for a while, with many requests under way."""
    gate = LoadGate(lag_ms_max, [lambda: behind_s], audit or MemoryAudit())
    gate.under_way = FEW
    law = gate._law
    if law is not None and behind_s:
        now_s = asyncio.get_running_loop().time()
        for number in range(1000):
            law.hear(behind_s, now_s - 10 + number / 100)
    return gate


async def test_a_gate_without_a_limit_is_open():
    """Setting 0 never refuses, and measures nothing."""
    gate = await open_gate(60.0, lag_ms_max=0)
    assert all(gate.admits() for _ in range(1000))
    assert (gate.share, gate.lag_s) == (0.0, 0.0)


async def test_an_idle_server_measures_and_refuses_nobody():
    """What is measured is the wait of a call that is put in line."""
    gate = LoadGate(250, [], MemoryAudit())
    assert gate.admits()
    await asyncio.sleep(0)
    assert gate.admits()
    assert gate.share == 0


async def test_the_share_is_refused_evenly():
    """Within one of the share, over any stretch; callers who take turns share it alike."""
    gate = await open_gate(1.0)
    share = gate.share
    assert 0 < share <= SHARE_MAX
    admitted = [gate.admits() for _ in range(3000)]
    for part in (admitted, admitted[::2], admitted[1::2], admitted[::3]):
        assert abs(part.count(False) / len(part) - share) < 0.02


async def test_few_requests_are_no_queue():
    """On a machine that is slow for other reasons, a handful of requests is let in."""
    gate = await open_gate(100.0)
    gate.under_way = FEW - 1
    assert all(gate.admits() for _ in range(100))


async def test_tests_side_by_side_are_no_overload():
    """A burst of 64 clients is served on the slowest machine."""
    gate = await open_gate(100.0)
    gate.under_way = 64
    assert all(gate.admits() for _ in range(100))


async def test_what_finishes_something_comes_last():
    """It is let in while new requests are refused, and refused only far behind."""
    behind = await open_gate(1.5 * LIMIT_S)
    assert not all(behind.admits() for _ in range(1000))
    assert all(behind.admits(is_last=True) for _ in range(1000))
    far_behind = await open_gate(1.1 * PATIENCE * LIMIT_S)
    assert not far_behind.admits(is_last=True)


async def test_the_answer_is_the_doors_with_a_time_to_wait():
    """Between one and three seconds, so that not everybody comes again at once."""
    gate = await open_gate()
    door = plain_door(None)
    answers = [await gate.refuse(door, BAD) for _ in range(30)]
    assert {answer.status for answer in answers} == {503}
    assert {answer.outcome for answer in answers} == {Outcome.OVERLOADED}
    assert {dict(answer.headers)[b"retry-after"] for answer in answers} == {b"1", b"2", b"3"}


async def test_the_trail_is_told_once_a_minute_of_each_door():
    """However many are refused: an attacker must not fill it."""
    audit = MemoryAudit()
    gate = await open_gate(audit=audit)
    for _ in range(500):
        await gate.refuse(plain_door(None), BAD)
    gate.refuse_page(Response(503, b"busy"))
    gate.tell_of_rest()
    said = [(event.subject, event.count) for event, _ in audit.lines]
    assert said == [("desk", 1), ("browser", 1), ("desk", 499)]
    assert all("the server is behind" in event.reason for event, _ in audit.lines)


async def test_a_trail_that_fails_keeps_nobody_waiting():
    """The caller is refused all the same; the count stays for later."""

    class Failing(MemoryAudit):
        def record(self, event):
            del event
            raise AuditFailure("the disk is full")

    gate = await open_gate(audit=Failing())
    assert (await gate.refuse(plain_door(None), BAD)).status == 503


class Closed(LoadGate):
    """Refuses whatever may be refused."""

    def __init__(self, audit, *, is_far_behind=False):
        super().__init__(0, (), audit)
        self.is_far_behind = is_far_behind

    def admits(self, *, is_last=False):
        return is_last and not self.is_far_behind


def incoming(path, method="POST"):
    return Incoming(method, "http", path, {"host": "desk"}, b"not even JSON")


async def site(_incoming):
    return Response(200, b"page")


def dispatcher(gate, audit):
    """A door whose handler must not be called, and sites."""

    async def handle(_request):
        raise AssertionError("it was to be refused")

    door = plain_door(handle)
    last = msgspec.structs.replace(door.routes[0], path="/finish", is_last=True)
    door = msgspec.structs.replace(door, routes=(*door.routes, last))
    sites = {"/3ds": site, "/ready": site, "/metrics": site}
    return Dispatcher([door], PlainIntake(), audit, sites, gate=gate), door.routes[0].path


async def test_a_refusal_looks_at_nothing():
    """Neither the body nor who sends it; and no line is written for it alone."""
    audit = MemoryAudit()
    desk, path = dispatcher(Closed(audit), audit)
    response = await desk.handle(incoming(path))
    assert (response.status, response.outcome) == (503, Outcome.OVERLOADED)
    assert len(audit.lines) == 1


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
async def test_whoever_watches_the_server_is_never_refused(path):
    """They are asked just when it is busy."""
    audit = MemoryAudit()
    desk, _ = dispatcher(Closed(audit, is_far_behind=True), audit)
    assert (await desk.handle(incoming(path, "GET"))).status == 200


@pytest.mark.parametrize(("is_far_behind", "status"), [(False, 200), (True, 503)])
async def test_browsers_on_their_way_back_are_refused_last(is_far_behind, status):
    """With a page that they can reload."""
    audit = MemoryAudit()
    desk, _ = dispatcher(Closed(audit, is_far_behind=is_far_behind), audit)
    response = await desk.handle(incoming("/3ds/return/simulator"))
    assert response.status == status
    assert (b"retry-after" in dict(response.headers)) is is_far_behind


async def test_who_is_let_in_is_under_way_until_the_answer():
    """Also where the handler fails."""
    audit = MemoryAudit()
    gate = LoadGate(250, [], audit)
    seen = []

    async def handle(_request):
        seen.append(gate.under_way)
        raise RuntimeError

    door = plain_door(handle)
    desk = Dispatcher([door], PlainIntake(), audit, gate=gate)
    request = Incoming("POST", "http", door.routes[0].path, {"host": "desk"}, b"{}")
    assert (await desk.handle(request)).status == 500
    assert (seen, gate.under_way) == ([1], 0)
