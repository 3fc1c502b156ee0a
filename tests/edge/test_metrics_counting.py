"""Figures that are counted while requests are answered, and what is told of them."""

import asyncio

import pytest

from fakes.audit import MemoryAudit
from fakes.guarded import GuardedDoor
from fakes.intake import PlainIntake
from vezne.edge.app import Dispatcher
from vezne.edge.messages import Door, Outcome, Response, Route
from vezne.edge.metrics import CallFigures, Histogram, LoopLag, Sample
from vezne.edge.metrics_requests import RequestFigures
from vezne.edge.sites import Incoming


def refuse(_request):
    return Response(400, b"no", outcome=Outcome.REFUSED)


def fault(_request):
    # As the iyzico door says that something of ours is broken.
    return Response(200, b"broken")


async def serve(request):
    if request.query == "break":
        raise RuntimeError(request.query)
    outcome = Outcome.DECLINED if request.query == "decline" else Outcome.SERVED
    return Response(200, b"", outcome=outcome)


async def page(incoming):
    return Response(500 if incoming.target.endswith("broken") else 200, b"")


DOOR = Door(
    name="iyzico",
    routes=(
        Route(method="POST", path="/pay", handle=serve),
        Route(method="GET", path="/pay", handle=serve),
        Route(method="POST", path="/never", handle=serve),
    ),
    headers=(),
    unknown_path=refuse,
    wrong_method=refuse,
    malformed=refuse,
    too_large=refuse,
    fault=fault,
    too_many=refuse,
    overloaded=refuse,
)


class Desk:
    """A dispatcher whose requests are counted; every look at the clock is a tenth of a second."""

    def __init__(self):
        self.time_s = 0.0
        self.figures = RequestFigures(self.now_s)
        dispatcher = Dispatcher([DOOR], PlainIntake(), MemoryAudit(), {"/panel": page})
        dispatcher.count_by(self.figures)
        self.handle = dispatcher.handle

    def now_s(self):
        self.time_s += 0.1
        return self.time_s

    def ask(self, *requests):
        async def ask_all():
            # One after the other on one connection, as they come from a pipelining client.
            for method, target in requests:
                await self.handle(Incoming(method, "http", target, {}, b"{}"))

        asyncio.run(ask_all())
        return self

    def counts(self):
        family = self.figures.families()[0]
        return {sample.labels: sample.value for sample in family.samples if sample.value}


def test_requests_are_counted_by_door_operation_and_outcome():
    """A route is told apart from another of the same path, and HEAD is its GET."""
    desk = Desk().ask(
        ("POST", "/pay"),
        ("POST", "/pay/"),
        ("POST", "/pay?decline"),
        ("GET", "/pay"),
        ("HEAD", "/pay"),
    )
    assert desk.counts() == {
        ("iyzico", "POST /pay", "served"): 2,
        ("iyzico", "POST /pay", "declined"): 1,
        ("iyzico", "GET /pay", "served"): 2,
    }


def test_a_fault_is_a_failure_whatever_its_status():
    """The iyzico door answers 200 to everything; a page that breaks says 500."""
    desk = Desk().ask(("POST", "/pay?break"), ("GET", "/panel/broken"))
    assert desk.counts() == {
        ("iyzico", "POST /pay", "failed"): 1,
        ("browser", "/panel", "failed"): 1,
    }


def test_a_handler_that_is_cut_off_counts_as_failed():
    """Nobody was answered."""
    figures = RequestFigures()

    async def hang(_incoming):
        raise asyncio.CancelledError

    handle = figures.watch(hang, ())
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(handle(Incoming("POST", "http", "/pay", {}, b"")))
    counts, _, in_flight = figures.families()
    assert [each.labels for each in counts.samples if each.value] == [("server", "other", "failed")]
    assert in_flight.samples == [Sample("", (), 0)]


def test_nobody_makes_up_names_by_asking_for_them():
    """What is no operation of ours counts as `other`, however it is called."""
    strange = [("POST", f"/pay/4242424242424{number}") for number in range(100)]
    desk = Desk().ask(*strange, ("BREW", "/pay"), ("GET", "/panel/payments/17"), ("GET", "/panelx"))
    assert desk.counts() == {
        ("iyzico", "other", "refused"): 102,
        ("browser", "/panel", "served"): 1,
    }


def test_what_the_server_answers_itself_is_no_door():
    """Also when it comes over a connection on which a door was asked before."""
    desk = Desk().ask(("POST", "/pay"), ("GET", "/health"), ("GET", "/health/?x"))
    assert desk.counts() == {
        ("iyzico", "POST /pay", "served"): 1,
        ("server", "/health", "served"): 2,
    }


def test_durations_are_cumulative():
    """Two requests of a tenth of a second each, and nothing of what nobody asked for."""
    desk = Desk().ask(("POST", "/pay"), ("POST", "/pay"))
    durations = desk.figures.families()[1]
    buckets = {each.bound: each.value for each in durations.samples if each.suffix == "_bucket"}
    assert (buckets["0.05"], buckets["0.25"], buckets["+Inf"]) == (0, 2, 2)
    (total,) = (each.value for each in durations.samples if each.suffix == "_sum")
    assert total == pytest.approx(0.2)
    assert {each.labels for each in durations.samples} == {("iyzico", "POST /pay")}


def test_a_bound_belongs_to_its_bucket():
    """As Prometheus has it: less than or equal."""
    histogram = Histogram((1.0, 2.0))
    histogram.observe(1.0, times=3)
    histogram.observe(5.0)
    assert [each.value for each in histogram.samples()] == [3, 3, 4, 4, 8.0]


async def test_calls_are_counted_by_how_they_ended():
    """What is raised is a failure, and passes through."""
    figures = CallFigures(("delivered", "failed"))

    async def work(answer):
        if answer is None:
            raise RuntimeError("nobody is there")
        return answer

    def watched(door):
        return figures.watched((door,), work, lambda _: "delivered")

    watched("paywall")
    assert await watched("iyzico")("x") == "x"
    with pytest.raises(RuntimeError, match="nobody"):
        await watched("paynet")(None)
    counts, durations = figures.families("a_total", "a_seconds")
    assert {each.labels: each.value for each in counts.samples} == {
        ("iyzico", "delivered"): 1,
        ("iyzico", "failed"): 0,
        ("paynet", "delivered"): 0,
        ("paynet", "failed"): 1,
    }
    assert [each.value for each in durations.samples if each.suffix == "_count"] == [1, 1]


async def test_a_loop_that_is_kept_busy_is_late():
    """Whatever blocks the event loop shows, though nothing is asked."""
    lag = LoopLag()
    measuring = asyncio.create_task(lag.measure())
    await asyncio.sleep(0.6)
    measuring.cancel()
    (family,) = lag.families()
    assert family.samples[-2].value >= 1


def test_the_guard_s_own_words_are_labels():
    """They are few, and say why; whom it turned away is in the trail only."""
    guarded = GuardedDoor(address_per_minute=2)
    turned = guarded.statuses(9).count(429)
    assert turned > 4
    turned_away, locked_out = guarded.guard.figures.families()
    reason = ("too many requests from an address",)
    assert turned_away.samples == [Sample("", reason, turned)]
    assert locked_out.samples == []
