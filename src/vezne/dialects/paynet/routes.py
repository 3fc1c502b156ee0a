"""The door: which path is which endpoint, and what is said where there is none."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import msgspec

from vezne.core.body import CardFields
from vezne.core.fault import FaultBoard
from vezne.core.payment import Payment
from vezne.core.ports import Merchants, NameBox, Ports
from vezne.dialects.paynet import (
    cards,
    charge,
    cors,
    envelope,
    errors,
    gate,
    openapi,
    paynetj,
    shapes,
    tokens,
)
from vezne.dialects.paynet.endpoint import (
    DOOR,
    KINDS,
    Access,
    Call,
    Desk,
    Endpoint,
    post,
)
from vezne.dialects.paynet.envelope import Answer
from vezne.dialects.paynet.errors import Error
from vezne.dialects.paynet.shapes import Shape
from vezne.dialects.paynet.switches import Switches
from vezne.dialects.paynet.transaction_routes import transaction_routes
from vezne.edge import messages
from vezne.edge.messages import BadRequest, Door, Outcome, Request, Response, Route

HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)

_PAYING: Final = CardFields((), "pan", "cvc", ignores_case=True)
_STORED: Final = CardFields((), "card_number", "cvv", ignores_case=True)


def door(
    ports: Ports,
    merchants: Merchants,
    names: NameBox,
    switches: Switches,
    public_url: str | None = None,
    *,
    faults: FaultBoard | None = None,
) -> Door:
    """The Paynet door.

    `public_url` is the origin at which browsers reach the house, without a slash at its end; None
    takes the one that a call was sent to. `faults` has those that were asked for.
    """
    desk = Desk(
        ports=ports,
        merchants=merchants,
        names=names,
        switches=switches,
        public_url=public_url,
        faults=faults,
    )

    async def conclude(payment: Payment) -> messages.Answer:
        return gate.conclude(desk, payment)

    routes = (*_paynetj_routes(desk), *_server_routes(desk), *transaction_routes(desk))
    return Door(
        name=DOOR,
        routes=(*map(_opened_to_pages, routes), *_preflights(routes)),
        headers=HEADERS,
        unknown_path=_failed(errors.NO_SUCH_PATH),
        wrong_method=_failed(errors.WRONG_METHOD),
        malformed=_failed(errors.BAD_REQUEST),
        too_large=_failed(errors.TOO_LARGE),
        fault=_failed(errors.SERVER_ERROR),
        too_many=_too_many,
        overloaded=_overloaded,
        conclude=conclude,
        ignores_case=True,
        references=("reference_no", "referance_no"),
        describe=openapi.describe,
    )


def _paynetj_routes(desk: Desk) -> tuple[Route, ...]:
    auth = _paynetj(shapes.Auth, paynetj.auth, "paynetj_auth")
    update = _paynetj(shapes.AuthUpdate, paynetj.auth_update, "paynetj_auth")
    save_card = _paynetj(shapes.SaveCard, paynetj.save_card, "paynetj_save_card")
    check_bin = _paynetj(shapes.CheckBin, paynetj.check_bin, "paynetj_bin", is_write=False)
    check_card = _paynetj(
        shapes.CheckCardBin, paynetj.check_card_bin, "paynetj_bin", is_write=False
    )
    token = _paynetj(shapes.CreateToken, tokens.create_token, "paynetj_token")
    card_token = _paynetj(shapes.CreateCardToken, tokens.create_card_token, "paynetj_token")
    open_gate = gate.gate(desk)
    return (
        post(desk, "/v1/paynetj/auth", auth),
        post(desk, "/v1/paynetj/auth_update", update),
        post(desk, "/v1/paynetj/save_card", save_card),
        post(desk, "/v1/paynetj/savecard", save_card),
        post(desk, "/v1/paynetj/check_bin", check_bin),
        post(desk, "/v1/paynetj/check_card_bin", check_card),
        post(desk, "/v1/paynetj/create_token", token, _PAYING),
        post(desk, "/v1/paynetj/create_card_token", card_token, _PAYING),
        Route(method="GET", path=gate.PATH, handle=open_gate, is_last=True),
        Route(method="POST", path=gate.PATH, handle=open_gate, kinds=KINDS, is_last=True),
    )


def _server_routes(desk: Desk) -> tuple[Route, ...]:
    take = Endpoint(shape=shapes.Charge, serve=charge.charge, object_name="transaction")
    listing = Endpoint(
        shape=shapes.CardList, serve=cards.list_cards, object_name="card_list", is_write=False
    )
    save = Endpoint(shape=shapes.CardSave, serve=cards.save_card, object_name="card_save")
    describe = Endpoint(
        shape=shapes.CardDescription, serve=cards.update_description, object_name="card_desc_update"
    )
    delete = Endpoint(shape=shapes.CardName, serve=cards.delete_card, object_name="card_delete")
    return (
        post(desk, "/v1/transaction/charge", take),
        post(desk, "/v1/card/list", listing),
        post(desk, "/v1/card/save", save, _STORED),
        post(desk, "/v1/card/desc_update", describe),
        post(desk, "/v1/card/delete", delete),
    )


def _paynetj(
    shape: type[Shape],
    serve: Callable[[Call[Shape]], Awaitable[Answer]],
    object_name: str,
    *,
    is_write: bool = True,
) -> Endpoint[Shape]:
    return Endpoint(
        shape=shape,
        serve=serve,
        object_name=object_name,
        access=Access.PUBLISHABLE,
        success=errors.SUCCESSFUL_PAYNETJ,
        is_paynetj=True,
        is_write=is_write,
    )


def _opened_to_pages(route: Route) -> Route:
    if not cors.is_called_by_pages(route.path):
        return route
    return msgspec.structs.replace(route, handle=cors.readable_by_pages(route.handle))


def _preflights(routes: Iterable[Route]) -> tuple[Route, ...]:
    """What browsers ask before they call the services that pages call."""
    paths = sorted({route.path for route in routes if cors.is_called_by_pages(route.path)})
    return tuple(Route(method="OPTIONS", path=path, handle=cors.preflight) for path in paths)


def _too_many(request: Request) -> Response:
    context = envelope.context_of(request)
    error = errors.TOO_MANY_REQUESTS
    response = envelope.failure(context, error, outcome=Outcome.TURNED_AWAY)
    return cors.readable(response) if cors.is_called_by_pages(request.path) else response


def _overloaded(request: BadRequest) -> Response:
    context = envelope.context_from(request.headers)
    response = envelope.failure(context, errors.SERVER_BUSY, outcome=Outcome.OVERLOADED)
    return cors.readable(response) if cors.is_called_by_pages(request.path) else response


def _failed(error: Error) -> Callable[[BadRequest], Response]:
    def answer(request: BadRequest) -> Response:
        response = envelope.failure(envelope.Context(), error)
        return cors.readable(response) if cors.is_called_by_pages(request.path) else response

    return answer
