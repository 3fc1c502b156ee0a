"""The door: which path is which endpoint, and what is said where there is none."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from vezne.core.body import CardFields
from vezne.core.fault import FaultBoard
from vezne.core.ports import Merchants, NameBox, Ports
from vezne.dialects.paywall import blacklist, cardwall, errors, insurance, openapi, shapes
from vezne.dialects.paywall.auth import claimed_client
from vezne.dialects.paywall.binding import Shape
from vezne.dialects.paywall.callback import conclude
from vezne.dialects.paywall.endpoint import (
    CARDWALL,
    DOOR,
    Desk,
    Endpoint,
    failed,
    handler,
    locale_of,
)
from vezne.dialects.paywall.envelope import TURKISH, Style
from vezne.dialects.paywall.errors import Error, Failure
from vezne.dialects.paywall.payment_routes import payment_routes
from vezne.dialects.paywall.switches import Switches
from vezne.dialects.paywall.unique_code import Rotation
from vezne.edge.messages import BadRequest, Door, Outcome, Request, Response, Route

HEADERS: Final = ((b"content-type", b"application/json; charset=utf-8"),)

_CARDWALL_PATH: Final = "/paywall"
_CARD_PATH: Final = "/paywall/card"
_INSURANCE_PATH: Final = "/paywall/card/insurance"
_BLACKLIST_PATH: Final = "/paywall/blacklist/card"
_NUMBER_HEADER: Final = "cardnumber"

_STORED: Final = CardFields(("Card",), "Number", ignores_case=True)
_BLOCKED: Final = CardFields((), "CardNumber", ignores_case=True)


def door(
    ports: Ports,
    merchants: Merchants,
    names: NameBox,
    switches: Switches,
    rotation: Rotation,
    public_url: str | None = None,
    *,
    faults: FaultBoard | None = None,
) -> Door:
    """The PayWall door. Failures of its endpoints are HTTP 200, as the official client wants them.

    `names` seals UniqueCodes and other names of the door's; `rotation` says how long a UniqueCode
    is good. `public_url` is the origin at which browsers reach the house, without a slash at its
    end; None takes the one that a call was sent to. `faults` has those that were asked for.
    """
    desk = Desk(
        ports=ports,
        merchants=merchants,
        names=names,
        switches=switches,
        rotation=rotation,
        public_url=public_url,
        faults=faults,
    )
    return Door(
        name=DOOR,
        routes=(
            *_card_routes(desk),
            *_insurance_routes(desk),
            *_blacklist_routes(desk),
            *payment_routes(desk),
        ),
        headers=HEADERS,
        unknown_path=_failed(HTTPStatus.NOT_FOUND, errors.NOT_FOUND),
        wrong_method=_failed(HTTPStatus.METHOD_NOT_ALLOWED, errors.METHOD_NOT_ALLOWED),
        malformed=_failed(HTTPStatus.OK, errors.BODY_INVALID),
        too_large=_failed(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, errors.TOO_LARGE),
        fault=_failed(HTTPStatus.INTERNAL_SERVER_ERROR, errors.INTERNAL),
        too_many=_too_many,
        overloaded=_overloaded,
        conclude=conclude(desk),
        ignores_case=True,
        references=("MerchantUniqueCode",),
        claimed=claimed_client,
        describe=openapi.describe,
    )


def _route(
    desk: Desk, method: str, path: str, endpoint: Endpoint[Shape], card: CardFields | None = None
) -> Route:
    return Route(
        method=method,
        path=path,
        handle=handler(desk, endpoint),
        card=card,
        is_write=endpoint.is_write,
    )


def _card_routes(desk: Desk) -> tuple[Route, ...]:
    create = Endpoint(api=CARDWALL, shape=shapes.CreateCard, serve=cardwall.create_card)
    tokenize = Endpoint(
        api=CARDWALL, shape=shapes.CreateFromToken, serve=cardwall.create_from_token
    )
    listing = Endpoint(
        api=CARDWALL,
        shape=shapes.ListCards,
        serve=cardwall.list_cards,
        from_headers=True,
        is_write=False,
    )
    delete = Endpoint(api=CARDWALL, shape=shapes.NamedCard, serve=cardwall.delete_card)
    update = Endpoint(api=CARDWALL, shape=shapes.UpdateCard, serve=cardwall.update_card)
    return (
        _route(desk, "POST", _CARD_PATH, create, _STORED),
        _route(desk, "POST", f"{_CARD_PATH}/tokenization", tokenize),
        _route(desk, "GET", _CARD_PATH, listing),
        _route(desk, "DELETE", _CARD_PATH, delete),
        _route(desk, "PUT", _CARD_PATH, update),
    )


def _insurance_routes(desk: Desk) -> tuple[Route, ...]:
    create = Endpoint(api=CARDWALL, shape=shapes.CreateInsuranceCard, serve=insurance.create_card)
    listing = Endpoint(
        api=CARDWALL,
        shape=shapes.ListCards,
        serve=insurance.list_cards,
        from_headers=True,
        is_write=False,
    )
    delete = Endpoint(api=CARDWALL, shape=shapes.NamedCard, serve=insurance.delete_card)
    update = Endpoint(api=CARDWALL, shape=shapes.UpdateCard, serve=insurance.update_card)
    return (
        _route(desk, "POST", _INSURANCE_PATH, create),
        _route(desk, "GET", _INSURANCE_PATH, listing),
        _route(desk, "DELETE", _INSURANCE_PATH, delete),
        _route(desk, "PUT", _INSURANCE_PATH, update),
    )


def _blacklist_routes(desk: Desk) -> tuple[Route, ...]:
    block = Endpoint(api=CARDWALL, shape=shapes.Block, serve=blacklist.block_card)
    unblock = Endpoint(api=CARDWALL, shape=shapes.Blocked, serve=blacklist.unblock_card)
    find = Endpoint(
        api=CARDWALL,
        shape=shapes.Blocked,
        serve=blacklist.find_blocked,
        from_headers=True,
        is_write=False,
    )
    return (
        _route(desk, "POST", _BLACKLIST_PATH, block, _BLOCKED),
        _route(desk, "DELETE", _BLACKLIST_PATH, unblock, _BLOCKED),
        Route(
            method="GET",
            path=f"{_BLACKLIST_PATH}/inquiry",
            handle=handler(desk, find),
            card_header=_NUMBER_HEADER,
        ),
    )


def _failed(status: HTTPStatus, error: Error) -> Callable[[BadRequest], Response]:
    """An answer that no endpoint gave, in the envelope of the API that the path belongs to."""

    def answer(request: BadRequest) -> Response:
        style = _style_at(request.path)
        return failed(style, Failure(error), TURKISH, Outcome.REFUSED, status)

    return answer


def _too_many(request: Request) -> Response:
    failure = Failure(errors.TOO_MANY_REQUESTS)
    locale = locale_of(request.headers)
    status = HTTPStatus.TOO_MANY_REQUESTS
    return failed(_style_at(request.path), failure, locale, Outcome.TURNED_AWAY, status)


def _overloaded(request: BadRequest) -> Response:
    failure = Failure(errors.SERVER_BUSY)
    locale = locale_of(request.headers)
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return failed(_style_at(request.path), failure, locale, Outcome.OVERLOADED, status)


def _style_at(path: str) -> Style:
    is_cardwall = path.lower().startswith(_CARDWALL_PATH)
    return Style.CARDS if is_cardwall else Style.PAYMENTS
