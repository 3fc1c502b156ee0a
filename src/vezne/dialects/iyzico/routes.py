"""The door: which path is which endpoint, and what is said where there is none."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from vezne.core.body import CardFields
from vezne.core.ports import Merchants, Ports
from vezne.dialects.iyzico import (
    cardstorage,
    envelope,
    errors,
    follow_ups,
    lookups,
    payments,
    shapes,
)
from vezne.dialects.iyzico.decimals import notation_for
from vezne.dialects.iyzico.endpoint import DOOR, Desk, Endpoint, handler
from vezne.dialects.iyzico.errors import Failure
from vezne.dialects.iyzico.refusals import CANCEL_REFUSALS, POST_AUTH_REFUSALS
from vezne.dialects.iyzico.switches import Switches
from vezne.edge.messages import BadRequest, Door, Handler, Request, Response, Route

HEADERS: Final = (
    (b"content-type", b"application/json;charset=UTF-8"),
    (b"cache-control", b"no-cache, no-store, max-age=0, must-revalidate"),
    (b"pragma", b"no-cache"),
    (b"expires", b"0"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-xss-protection", b"1; mode=block"),
)

_STORED: Final = CardFields(("card",), "cardNumber")
_PAYING: Final = CardFields(("paymentCard",), "cardNumber", "cvc")
_ASKED_ABOUT: Final = CardFields((), "cardNumber")


def door(ports: Ports, merchants: Merchants, switches: Switches) -> Door:
    """The iyzico door. Failures of its endpoints are HTTP 200, as the live service's are."""
    desk = Desk(
        ports=ports,
        merchants=merchants,
        switches=switches,
        notation=notation_for(switches.decimals),
    )
    return Door(
        name=DOOR,
        routes=(
            Route(method="GET", path="/payment/test", handle=_health(desk)),
            *_card_routes(desk),
            *_payment_routes(desk),
            *_follow_up_routes(desk),
            *_lookup_routes(desk),
        ),
        headers=HEADERS,
        unknown_path=_unrouted(desk, HTTPStatus.NOT_FOUND),
        wrong_method=_unrouted(desk, HTTPStatus.METHOD_NOT_ALLOWED),
        malformed=_failed(desk, HTTPStatus.OK, errors.INVALID_REQUEST),
        too_large=_failed(desk, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, errors.INVALID_REQUEST),
        fault=_failed(desk, HTTPStatus.INTERNAL_SERVER_ERROR, errors.SYSTEM),
    )


def _post(path: str, handle: Handler, card: CardFields | None = None) -> Route:
    return Route(method="POST", path=path, handle=handle, card=card)


def _card_routes(desk: Desk) -> tuple[Route, ...]:
    create = Endpoint(
        shape=shapes.CreateCard, serve=cardstorage.create_card, echo=cardstorage.create_card_echo
    )
    delete = Endpoint(shape=shapes.StoredCardName, serve=cardstorage.delete_card)
    listing = Endpoint(
        shape=shapes.CardOwner, serve=cardstorage.list_cards, echo=cardstorage.list_cards_echo
    )
    block = Endpoint(shape=shapes.StoredCardName, serve=cardstorage.block_card)
    unblock = Endpoint(shape=shapes.StoredCardName, serve=cardstorage.unblock_card)
    find = Endpoint(shape=shapes.Basic, serve=cardstorage.find_blocked)
    return (
        _post("/cardstorage/card", handler(desk, create), _STORED),
        Route(method="DELETE", path="/cardstorage/card", handle=handler(desk, delete)),
        _post("/cardstorage/cards", handler(desk, listing)),
        _post("/cardstorage/blacklist/card", handler(desk, block)),
        _post("/cardstorage/blacklist/card/inactive", handler(desk, unblock)),
        _post("/cardstorage/blacklist/card/retrieve", handler(desk, find), _ASKED_ABOUT),
    )


def _payment_routes(desk: Desk) -> tuple[Route, ...]:
    auth = Endpoint(shape=shapes.Payment, serve=payments.auth)
    preauth = Endpoint(shape=shapes.Payment, serve=payments.preauth)
    basic_auth = Endpoint(shape=shapes.BasicPayment, serve=payments.basic_auth)
    basic_preauth = Endpoint(shape=shapes.BasicPayment, serve=payments.basic_preauth)
    detail = Endpoint(shape=shapes.Detail, serve=payments.detail, echo=payments.detail_echo)
    return (
        _post("/payment/auth", handler(desk, auth), _PAYING),
        _post("/payment/preauth", handler(desk, preauth), _PAYING),
        _post("/payment/auth/basic", handler(desk, basic_auth), _PAYING),
        _post("/payment/preauth/basic", handler(desk, basic_preauth), _PAYING),
        _post("/payment/detail", handler(desk, detail)),
    )


def _follow_up_routes(desk: Desk) -> tuple[Route, ...]:
    postauth = Endpoint(
        shape=shapes.PostAuth,
        serve=follow_ups.postauth,
        refusals=POST_AUTH_REFUSALS,
        echo=follow_ups.postauth_echo,
    )
    basic_postauth = Endpoint(
        shape=shapes.PostAuth,
        serve=follow_ups.basic_postauth,
        refusals=POST_AUTH_REFUSALS,
        echo=follow_ups.postauth_echo,
    )
    cancel = Endpoint(
        shape=shapes.Cancel,
        serve=follow_ups.cancel,
        refusals=CANCEL_REFUSALS,
        echo=follow_ups.cancel_echo,
    )
    refund_of_line = Endpoint(
        shape=shapes.RefundOfLine,
        serve=follow_ups.refund_of_line,
        echo=follow_ups.refund_of_line_echo,
    )
    refund = Endpoint(shape=shapes.Refund, serve=follow_ups.refund, echo=follow_ups.refund_echo)
    return (
        _post("/payment/postauth", handler(desk, postauth)),
        _post("/payment/postauth/basic", handler(desk, basic_postauth)),
        _post("/payment/cancel", handler(desk, cancel)),
        _post("/payment/refund", handler(desk, refund_of_line)),
        _post("/v2/payment/refund", handler(desk, refund)),
    )


def _lookup_routes(desk: Desk) -> tuple[Route, ...]:
    bin_check = Endpoint(
        shape=shapes.BinCheck, serve=lookups.check_bin, echo=lookups.check_bin_echo
    )
    installments = Endpoint(shape=shapes.Installments, serve=lookups.installment_info)
    return (
        _post("/payment/bin/check", handler(desk, bin_check)),
        _post("/payment/iyzipos/installment", handler(desk, installments)),
    )


def _health(desk: Desk) -> Handler:
    """GET /payment/test asks for no signature: the SDKs send none."""

    async def handle(request: Request) -> Response:
        context = envelope.context_of(request.body)
        return Response(HTTPStatus.OK, envelope.success(context, desk.ports.clock.now_ms()))

    return handle


def _unrouted(desk: Desk, status: HTTPStatus) -> Callable[[BadRequest], Response]:
    def answer(request: BadRequest) -> Response:
        now_ms = desk.ports.clock.now_ms()
        body = envelope.http_error(now_ms, status, status.phrase, request.path)
        return Response(status, body)

    return answer


def _failed(
    desk: Desk, status: HTTPStatus, error: errors.Error
) -> Callable[[BadRequest], Response]:
    def answer(_request: BadRequest) -> Response:
        body = envelope.failure(envelope.Context(), desk.ports.clock.now_ms(), Failure(error))
        return Response(status, body)

    return answer
