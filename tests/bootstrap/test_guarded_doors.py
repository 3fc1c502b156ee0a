"""The guard that a server opens, and what it leaves when the server stops."""

from fakes.audit import MemoryAudit
from fakes.guarded import plain_door
from fakes.intake import PlainBody
from vezne.bootstrap.guarding import guard_doors
from vezne.core.audit import Origin, begin_origin
from vezne.edge.messages import Outcome, Request, Response
from vezne.settings import GuardSettings, Settings


async def no(_request):
    return Response(401, b"no", outcome=Outcome.UNAUTHENTICATED)


async def test_a_server_that_stops_tells_of_whom_it_turned_away():
    """The last line has what came after the one before; where there is no guard there is none."""
    audit, door = MemoryAudit(), plain_door(no)
    settings = Settings(mode="sandbox", guard=GuardSettings(mode="on", address_per_minute=1))
    request = Request(
        method="POST",
        scheme="https",
        host="desk",
        path="/pay",
        target="/pay",
        query="",
        headers={},
        body=PlainBody(b"", None),
    )
    with guard_doors([door], settings, audit) as (guarded,):
        for _ in range(10):
            begin_origin(Origin(address="198.51.100.7", door="desk", path="/pay"))
            await guarded.routes[0].handle(request)
        assert [event.count for event, _ in audit.lines] == [1]
    assert [event.count for event, _ in audit.lines] == [1, 8]
    with guard_doors([door], Settings(mode="sandbox"), audit) as (unguarded,):
        assert unguarded is door
