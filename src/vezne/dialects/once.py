"""The header `Idempotency-Key`, the same at every door: a repetition gets the first answer.

Name and behaviour follow the IETF draft "The Idempotency-Key HTTP Header Field" (httpapi working
group). The value is taken as it is sent, quotes included.
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from vezne.core.merchant import Merchant
from vezne.core.once import KeptAnswer
from vezne.core.ports import Books, NameBox, Ports
from vezne.edge.messages import Request, Response
from vezne.flows.once import Once, Worked, once

KEY_HEADER: Final = "idempotency-key"
REPLAYED: Final = (b"idempotency-replayed", b"true")

_encoder: Final = msgspec.json.Encoder(decimal_format="string", order="sorted")


class Served(msgspec.Struct, frozen=True):
    """A response, and whether it is an error."""

    response: Response
    is_refused: bool = False


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """Whose key it is that came with a request.

    `scope` keeps callers apart who must not get in each other's way.
    """

    request: Request
    merchant: Merchant
    scope: str


async def serve_once(
    key: Key, serve: Callable[[Books], Awaitable[Served]], names: NameBox, ports: Ports
) -> Response:
    """The response of `serve`, or the one that the same request got before, marked as replayed.

    `serve` must use the books that it is given; `ports` have the machine's clock. Raises Refusal as
    `vezne.flows.once.once` does.
    """
    request = key.request
    fresh: Response | None = None

    async def work(books: Books) -> Worked:
        nonlocal fresh
        served = await serve(books)
        response = fresh = served.response
        kept = KeptAnswer(status=response.status, body=response.body, headers=response.headers)
        return Worked(answer=kept, is_refused=served.is_refused)

    command = Once(
        merchant=key.merchant,
        scope=key.scope,
        key=request.headers[KEY_HEADER],
        digest=_digest(request),
    )
    done = await once(command, work, names, ports)
    if fresh is not None:
        return fresh
    return Response(done.answer.status, done.answer.body, (*done.answer.headers, REPLAYED))


def _digest(request: Request) -> bytes:
    """What two requests have in common that say the same.

    Of a card that is what may be shown of it: neither its number nor its security code is in here,
    so no digest of them is stored (PCI DSS v4.0.1 3.3.1, 3.5.1.1).
    """
    card = request.body.card
    shown = "" if card is None else f"{card.bin} {card.last4}"
    front = f"{request.method} {request.path}\n{shown}\n".encode()
    return hashlib.sha256(front + _encoder.encode(request.body.payload)).digest()
