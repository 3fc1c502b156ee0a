"""Whether requests should come here, as a load balancer hears it."""

import asyncio

import pytest

from fakes.log_lines import capture_logs
from vezne.edge.departure import Departure
from vezne.edge.readiness import KEPT_S, Readiness
from vezne.edge.sites import Incoming


class Part:
    """Something that requests need."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.looks = 0

    async def look(self) -> None:
        self.looks += 1
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error


class Desk:
    """A readiness with two parts and a clock of its own."""

    def __init__(self) -> None:
        self.books, self.vault = Part(), Part()
        self.departure = Departure()
        self.now_s = 100.0
        parts = {"books": self.books.look, "vault": self.vault.look}
        self.readiness = Readiness(parts, self.departure, lambda: self.now_s)

    async def ask(self, method: str = "GET") -> tuple[int, bytes]:
        response = await self.readiness.site(Incoming(method, "http", "/ready", {}, b""))
        return response.status, response.body


async def test_ready_when_everything_answers():
    """For GET and HEAD, and nothing else."""
    desk = Desk()
    assert await desk.ask() == await desk.ask("HEAD") == (200, b'{"status":"ready"}')
    assert (await desk.ask("POST"))[0] == 405


async def test_what_is_missing_is_named_and_logged_once():
    """And no more of it is said than its name."""
    desk = Desk()
    desk.vault.error = OSError("secret address")
    with capture_logs() as logs:
        said = 503, b'{"status":"not ready","missing":["vault"]}'
        assert await desk.ask() == said
        desk.now_s += KEPT_S
        assert await desk.ask() == said
    assert [(line["event"], line["part"]) for line in logs] == [("not ready", "vault")]
    desk.vault.error = None
    desk.now_s += KEPT_S
    assert await desk.ask() == (200, b'{"status":"ready"}')


async def test_many_who_ask_are_one_look():
    """At the same time, and for a second."""
    desk = Desk()
    await asyncio.gather(*(desk.ask() for _ in range(10)))
    desk.now_s += KEPT_S - 0.1
    await desk.ask()
    assert (desk.books.looks, desk.vault.looks) == (1, 1)
    desk.now_s += 0.1
    await desk.ask()
    assert (desk.books.looks, desk.vault.looks) == (2, 2)


async def test_a_part_that_does_not_answer_is_missing():
    """Whoever asks is answered in time."""

    async def hang() -> None:
        await asyncio.sleep(60)

    late = Readiness({"books": hang}, Departure(), look_s_max=0.01)
    response = await late.site(Incoming("GET", "http", "/ready", {}, b""))
    assert (response.status, response.body) == (503, b'{"status":"not ready","missing":["books"]}')


@pytest.mark.parametrize("end", ["leave", "hurry", "leave_or_hurry"])
async def test_who_leaves_is_not_ready_at_once(end):
    """Without another look."""
    desk = Desk()
    await desk.ask()
    getattr(desk.departure, end)()
    assert await desk.ask() == (503, b'{"status":"leaving"}')
    assert desk.books.looks == 1


async def test_who_gives_way_stays_ready():
    """Another process has the same address, and is there already."""
    desk = Desk()
    desk.departure.give_way()
    assert desk.departure.told.is_set()
    assert await desk.ask() == (200, b'{"status":"ready"}')
    desk.departure.leave()
    assert await desk.ask() == (503, b'{"status":"leaving"}')
    desk.departure.give_way()
    assert await desk.ask() == (503, b'{"status":"leaving"}')
