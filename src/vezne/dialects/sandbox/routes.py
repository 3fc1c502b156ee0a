"""The door: which path is which endpoint, and what is said where there is none."""

from collections.abc import Callable
from typing import Final

from vezne.core.fault import FaultBoard
from vezne.core.ports import MerchantClocks, Merchants, Ports
from vezne.core.sandbox_merchants import SandboxMerchants
from vezne.dialects.sandbox import clock, errors, merchants, openapi
from vezne.dialects.sandbox import faults as board
from vezne.dialects.sandbox.endpoint import DOOR, Desk, Serve, failure, handler, language_of
from vezne.dialects.sandbox.errors import Error
from vezne.edge.messages import BadRequest, Door, Request, Response, Route

HEADERS: Final = (
    (b"content-type", b"application/json; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)
CLOCK_PATH: Final = "/sandbox/clock"
FAULTS_PATH: Final = "/sandbox/faults"
MERCHANTS_PATH: Final = "/sandbox/merchants"
RESET_PATH: Final = "/sandbox/reset"


def door(
    ports: Ports,
    callers: Merchants,
    clocks: MerchantClocks,
    faults: FaultBoard,
    sandbox_merchants: SandboxMerchants,
) -> Door:
    """The control door. `ports` have the real clock; `faults` is the board that all look at."""
    desk = Desk(
        ports=ports,
        merchants=callers,
        clocks=clocks,
        faults=faults,
        sandbox_merchants=sandbox_merchants,
    )

    def route(method: str, path: str, serve: Serve) -> Route:
        return Route(method=method, path=path, handle=handler(desk, serve))

    return Door(
        name=DOOR,
        routes=(
            route("GET", CLOCK_PATH, clock.show),
            route("POST", CLOCK_PATH, clock.move),
            route("GET", FAULTS_PATH, board.listing),
            route("POST", FAULTS_PATH, board.add),
            route("DELETE", FAULTS_PATH, board.remove),
            route("POST", MERCHANTS_PATH, merchants.add),
            route("POST", RESET_PATH, merchants.reset),
        ),
        headers=HEADERS,
        unknown_path=_failed(errors.UNKNOWN_PATH),
        wrong_method=_failed(errors.WRONG_METHOD),
        malformed=_failed(errors.MALFORMED),
        too_large=_failed(errors.TOO_LARGE),
        fault=_failed(errors.INTERNAL),
        too_many=_too_many,
        overloaded=_overloaded,
        describe=openapi.describe,
    )


def _too_many(request: Request) -> Response:
    language = language_of(request.headers.get("accept-language", ""))
    return failure(errors.TOO_MANY_REQUESTS, language)


def _overloaded(request: BadRequest) -> Response:
    language = language_of(request.headers.get("accept-language", ""))
    return failure(errors.SERVER_BUSY, language)


def _failed(error: Error) -> Callable[[BadRequest], Response]:
    def answer(_request: BadRequest) -> Response:
        return failure(error, errors.TURKISH)

    return answer
