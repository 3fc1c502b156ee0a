"""What lets pages of other origins call this door: the browser library does (Fetch, 3.2)."""

from http import HTTPStatus
from typing import Final

import msgspec

from vezne.edge.messages import Answer, Handler, Request, Response

# Keys travel in a header that the page sets itself, so no credentials of the browser are involved.
HEADERS: Final = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Idempotency-Replayed"),
)

# The services that pages call. The others want the secret key, which no page may know.
_CALLED_BY_PAGES: Final = ("/v1/paynetj/", "/v1/ratio/get_public")
_PREFLIGHT: Final = (
    *HEADERS,
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, Accept, Idempotency-Key"),
    (b"access-control-max-age", b"86400"),
)


def is_called_by_pages(path: str) -> bool:
    """Whether pages of other origins may call a path, in whatever case it is written."""
    return path.lower().startswith(_CALLED_BY_PAGES)


def readable(response: Response) -> Response:
    """The response as pages of other origins can read it."""
    return msgspec.structs.replace(response, headers=(*response.headers, *HEADERS))


def readable_by_pages(handle: Handler) -> Handler:
    """The handler with answers that pages of other origins can read."""

    async def answer(request: Request) -> Answer:
        answered = await handle(request)
        return readable(answered) if isinstance(answered, Response) else answered

    return answer


async def preflight(_request: Request) -> Response:
    """The answer to a browser that asks before it calls."""
    return Response(HTTPStatus.NO_CONTENT, b"", _PREFLIGHT)
