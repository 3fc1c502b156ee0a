"""Lines about refused requests, as the dispatcher writes them."""

import asyncio

import pytest

from fakes.audit import MemoryAudit
from fakes.intake import PlainIntake
from vezne.core.audit import AuditAction, AuditEvent, claim_caller, current_origin, prove_caller
from vezne.core.ports import AuditFailure
from vezne.edge import refusals
from vezne.edge.app import Dispatcher
from vezne.edge.messages import Door, Outcome, Response, Route
from vezne.edge.refusals import LINES_A_SECOND_MAX, show_claim
from vezne.edge.sites import Incoming

GROUPED = "-".join("5528790000000008")


class FailingTrail(MemoryAudit):
    """A trail whose disk is full."""

    failures = 1

    def record(self, event):
        if self.failures:
            self.failures -= 1
            raise AuditFailure("no space left")
        super().record(event)


class SlowTrail(MemoryAudit):
    """A trail that takes a line and then cannot write it."""

    def record(self, event):
        super().record(event)
        self.lines[-1][1].newest_line = 1

    async def settled(self):
        raise AuditFailure("no space left")


def dispatcher(audit, handle, sites=None):
    """One door with one route, over a trail."""

    def refuse(_bad):
        return Response(404, b"", outcome=Outcome.REFUSED, reason="404")

    door = Door(
        name="desk",
        routes=(Route(method="POST", path="/pay", handle=handle),),
        headers=(),
        unknown_path=refuse,
        wrong_method=refuse,
        malformed=refuse,
        too_large=refuse,
        fault=lambda _bad: Response(500, b"fault"),
        too_many=refuse,
        overloaded=refuse,
    )
    return Dispatcher([door], PlainIntake(), audit, sites)


async def ask(desk, target="/pay", body=b"{}"):
    return await desk.handle(Incoming("POST", "http", target, {}, body, "192.0.2.7"))


async def refused(_request):
    return Response(200, b"no", outcome=Outcome.REFUSED, reason="5001")


async def test_a_refusal_leaves_a_line():
    """Who, where and why; whoever has proven a key is named by it."""

    async def handle(_request):
        prove_caller(7, "key")
        return Response(200, b"no", outcome=Outcome.REFUSED, reason="5001")

    audit = MemoryAudit()
    await ask(dispatcher(audit, handle))
    ((event, origin),) = audit.lines
    assert (event.action, event.is_success) == (AuditAction.REQUEST_REFUSED, False)
    assert event.reason == "5001"
    assert (origin.address, origin.door, origin.path) == ("192.0.2.7", "desk", "/pay")
    assert (origin.caller, origin.merchant_id) == ("key", 7)


async def test_a_failed_login_leaves_a_line():
    """With the name that was claimed, cut and without what may be a card number."""

    async def handle(_request):
        claim_caller("5528790000000008" + "x" * 100)
        return Response(200, b"no", outcome=Outcome.UNAUTHENTICATED, reason="1001")

    audit = MemoryAudit()
    await ask(dispatcher(audit, handle))
    ((event, origin),) = audit.lines
    assert (event.action, event.reason) == (AuditAction.LOGIN_FAILED, "1001")
    assert "5528790000000008" not in event.subject
    assert len(event.subject) <= 64
    assert origin.caller == ""


@pytest.mark.parametrize("number", ["5528790000000008", "5528 7900 0000 0008", GROUPED])
def test_no_part_of_a_number_is_shown_wherever_it_stands(number):
    """Neither where the name is cut, nor where looking at it ends, nor behind other numbers."""
    for before in (
        "",
        "5528790000000008x",
        f"{GROUPED}x",
        "5528790000000008x" * 3,
        f"{GROUPED}x" * 3,
    ):
        for offset in range(150):
            shown = show_claim(before + "x" * offset + number + "x" * 300)
            assert not any(each.isdigit() for each in shown), (before, offset)
            assert len(shown) <= 64


def test_a_name_without_a_number_is_shown_as_it_is():
    """But for its length."""
    assert show_claim("sandbox-12345") == "sandbox-12345"
    assert show_claim("y" * 300) == "y" * 64


@pytest.mark.parametrize("outcome", [Outcome.SERVED, Outcome.DECLINED, Outcome.TURNED_AWAY])
async def test_other_answers_leave_none(outcome):
    """A decline is the bank's; whoever is turned away is the guard's to tell of."""

    async def handle(_request):
        return Response(200, b"", outcome=outcome)

    audit = MemoryAudit()
    await ask(dispatcher(audit, handle))
    assert audit.lines == []


async def test_what_fits_no_route_leaves_a_line():
    """And a body that is too large; a card number in a path does not get into it."""
    audit = MemoryAudit()
    desk = dispatcher(audit, refused)
    await ask(desk, "/cards/5528790000000008")
    await ask(desk, body=None)
    paths = [origin.path for _, origin in audit.lines]
    assert len(paths) == 2
    assert paths[1] == "/pay"
    assert "5528790000000008" not in paths[0]


async def test_nobody_fills_the_disk_with_refusals():
    """What goes beyond a hundred a second is counted; a proven caller has a line each."""
    audit = MemoryAudit()
    desk = dispatcher(audit, refused)
    for _ in range(LINES_A_SECOND_MAX + 50):
        await ask(desk)
    assert len(audit.lines) == LINES_A_SECOND_MAX
    async with asyncio.timeout(10):
        while len(audit.lines) == LINES_A_SECOND_MAX:  # noqa: ASYNC110 - it comes by itself
            await asyncio.sleep(0.02)
    event, origin = audit.lines[-1]
    assert (event.action, event.count) == (AuditAction.REQUEST_REFUSED, 50)
    # It is of many, so it names none of them.
    assert (origin.door, origin.address, origin.path) == ("house", "", "")
    await ask(desk)
    assert len(audit.lines) == LINES_A_SECOND_MAX + 2


async def test_what_was_counted_waits_for_the_trail(caplog):
    """A trail that fails when the second is over gets the count with the next one."""
    audit = FailingTrail()
    audit.failures = 0
    keeper = refusals.Refusals(audit)
    origin = refusals.Origin()
    answer = await refused(None)
    for _ in range(LINES_A_SECOND_MAX + 1):
        keeper.note(origin, answer)
    audit.failures = 1
    keeper._end_second()
    keeper._end_second()
    assert [event.count for event, _ in audit.lines][-1] == 1
    keeper._end_second()
    assert len(audit.lines) == LINES_A_SECOND_MAX + 1


@pytest.mark.parametrize("audit", [FailingTrail(), SlowTrail()])
async def test_without_a_trail_the_answer_is_a_fault(audit):
    """In the protocol's own words: nothing that should be in the trail goes on without it."""
    response = await ask(dispatcher(audit, refused))
    assert (response.status, response.body) == (500, b"fault")


async def test_a_site_answers_once_its_lines_are_durable():
    """A browser brings the bank's word, and a card is charged: no page before that is written."""

    async def site(_incoming):
        audit.record(AuditEvent(action=AuditAction.CARD_SENT))
        return Response(200, b"paid", bare=True)

    audit = SlowTrail()
    response = await ask(dispatcher(audit, refused, {"/3ds": site}), "/3ds/return/bank")
    assert response.status == 500
    assert b"paid" not in response.body
    assert audit.lines[-1][1].door == "browser"

    async def settled():
        waited.append(current_origin())

    waited = []
    audit.settled = settled
    response = await ask(dispatcher(audit, refused, {"/3ds": site}), "/3ds/return/bank")
    assert (response.body, len(waited)) == (b"paid", 1)


async def test_a_site_without_lines_waits_for_nothing():
    """A style sheet is served though the trail fails."""

    async def site(_incoming):
        return Response(200, b"style", bare=True)

    response = await ask(dispatcher(SlowTrail(), refused, {"/3ds": site}), "/3ds/static/a.css")
    assert response.body == b"style"
