"""Both ends of the link in one process, over a real socket."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from fakes.audit import MemoryAudit
from fakes.card_line import FilledLine
from vezne.core.ports import Audit, CardLine, SecretBox, Vault
from vezne.core.trail import TrailPage, TrailQuery, TrailReader
from vezne.edge.messages import BadRequest, Door, Response, Route
from vezne.link.boards import BankBoard
from vezne.link.counter import Counter, Services
from vezne.link.messages import Welcome
from vezne.link.sockets import listen_on
from vezne.link.uplink import Uplink

WELCOME = Welcome(b"n" * 64, b"b" * 32)


class PlainSecretBox:
    """Implements `vezne.core.ports.SecretBox`: what is sealed is the secret behind its context."""

    async def seal(self, secret: bytes, context: bytes) -> bytes:
        return context + b"|" + secret

    async def open(self, sealed: bytes, context: bytes) -> bytes:
        if not sealed.startswith(context + b"|"):
            raise ValueError(f"{sealed!r} does not open")
        return sealed.removeprefix(context + b"|")


class NoTrail:
    """Implements `vezne.core.trail.TrailReader`: nothing was ever done."""

    async def read(self, query: TrailQuery) -> TrailPage:
        return TrailPage(lines=[], signed_number=query.limit)


async def no_bank(message: bytes) -> bytes:
    """A bank that repeats what it is told."""
    return message


def services(
    vault: Vault,
    *,
    line: CardLine | None = None,
    secrets: SecretBox | None = None,
    audit: Audit | None = None,
    board: BankBoard | None = None,
    trail: TrailReader | None = None,
) -> Services:
    """What a counter serves with: the given parts, and fakes for the rest."""
    return Services(
        vault=vault,
        secrets=secrets or PlainSecretBox(),
        line=line or FilledLine(no_bank),
        audit=audit or MemoryAudit(),
        trail=trail or NoTrail(),
        welcome=WELCOME,
        mode="sandbox",
        board=board,
    )


class Linked(NamedTuple):
    """The two ends, connected."""

    counter: Counter
    uplink: Uplink
    path: Path


@asynccontextmanager
async def linked(served: Services) -> AsyncIterator[Linked]:
    """A vault's counter and a gateway's uplink; nobody takes requests yet."""
    with tempfile.TemporaryDirectory(prefix="link") as folder:
        path = Path(folder) / "vault.sock"
        counter = Counter(served)
        server = await listen_on(path, counter.make_peer)
        uplink = Uplink(path, served.mode)
        await uplink.open()
        try:
            yield Linked(counter, uplink, path)
        finally:
            uplink.close()
            counter.close()
            await until(lambda: not counter._peers)
            server.close()


async def until(condition: Callable[[], object]) -> None:
    """Wait for what the loop does by and by; not for ever."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - whatever it is, nobody sets an event for it
            await asyncio.sleep(0.001)


def door_of(*routes: Route) -> Door:
    """A door that answers what it refuses with the bare status."""

    def refuse(status: int):
        def answer(_: BadRequest) -> Response:
            return Response(status, b"")

        return answer

    return Door(
        name="desk",
        routes=routes,
        headers=((b"x-door", b"desk"),),
        unknown_path=refuse(404),
        wrong_method=refuse(405),
        malformed=refuse(400),
        too_large=refuse(413),
        fault=refuse(500),
        too_many=refuse(429),
        overloaded=refuse(503),
    )
