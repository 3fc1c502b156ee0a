"""The header `Idempotency-Key`, the same at every door: a repetition gets the first answer.

Name and behaviour follow the IETF draft "The Idempotency-Key HTTP Header Field" (httpapi working
group). The value is taken as it is sent, quotes included.
"""

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

# The digest is sealed before it is stored; this only keeps it apart from other ones of the body.
_DIGEST_KEY: Final = b"vezne idempotency-key"


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

    async def work(books: Books) -> Worked:
        served = await serve(books)
        response = served.response
        kept = KeptAnswer(status=response.status, body=response.body, headers=response.headers)
        return Worked(answer=kept, is_refused=served.is_refused)

    place = f"{request.method} {request.path}\n".encode()
    command = Once(
        merchant=key.merchant,
        scope=key.scope,
        key=request.headers[KEY_HEADER],
        digest=await request.body.hmac_sha256(_DIGEST_KEY, place),
    )
    done = await once(command, work, names, ports)
    headers = (*done.answer.headers, REPLAYED) if done.is_replayed else done.answer.headers
    return Response(done.answer.status, done.answer.body, headers)
