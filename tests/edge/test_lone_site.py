"""A listener with one site sends everybody there, and answers nothing else."""

from fakes.audit import MemoryAudit
from vezne.edge.messages import Response
from vezne.edge.sites import Incoming, lone_site


async def _site(incoming):
    return Response(200, incoming.target.encode())


def _get(target):
    return Incoming("GET", "http", target, {}, b"")


async def test_the_site_answers_below_its_path():
    handle = lone_site("/panel", _site, MemoryAudit())
    assert (await handle(_get("/panel"))).body == b"/panel"
    assert (await handle(_get("/panel/x?y=1"))).body == b"/panel/x?y=1"


async def test_the_bare_address_leads_to_it():
    answer = await lone_site("/panel", _site, MemoryAudit())(_get("/"))
    assert answer.status == 302
    assert (b"location", b"/panel") in answer.headers


async def test_other_addresses_are_nowhere():
    handle = lone_site("/panel", _site, MemoryAudit())
    assert (await handle(_get("/payment/auth"))).status == 404
    assert (await handle(_get("/panels"))).status == 404
