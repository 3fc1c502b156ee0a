"""The door: which path is which endpoint, and what is said where there is none."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import msgspec

from vezne.core.body import BodyShape, CardFields
from vezne.core.fault import FaultBoard
from vezne.core.payment import Payment
from vezne.core.ports import Merchants, NameBox, Ports
from vezne.dialects.iyzico import (
    cardstorage,
    envelope,
    errors,
    follow_ups,
    lookups,
    marketplace,
    marketplace_shapes,
    openapi,
    payments,
    reporting,
    reporting_shapes,
    shapes,
    sub_merchants,
    threeds,
)
from vezne.dialects.iyzico.auth import claimed_key, conceal_proof
from vezne.dialects.iyzico.bin_words import BinWords
from vezne.dialects.iyzico.callback import callback_form
from vezne.dialects.iyzico.decimals import notation_for
from vezne.dialects.iyzico.endpoint import DOOR, Call, Desk, Endpoint, context_of, handler
from vezne.dialects.iyzico.errors import Failure
from vezne.dialects.iyzico.refusals import (
    CANCEL_REFUSALS,
    ITEM_UPDATE_REFUSALS,
    MARKETPLACE_REFUSALS,
    POST_AUTH_REFUSALS,
)
from vezne.dialects.iyzico.replay import RandomKeys
from vezne.dialects.iyzico.shapes import Shape
from vezne.dialects.iyzico.sound import SOUND_SHAPES
from vezne.dialects.iyzico.switches import Switches
from vezne.edge.messages import (
    BadRequest,
    BrowserForm,
    Door,
    Handler,
    Outcome,
    Request,
    Response,
    Route,
)

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


def door(
    ports: Ports,
    merchants: Merchants,
    names: NameBox,
    switches: Switches,
    public_url: str | None = None,
    *,
    faults: FaultBoard | None = None,
) -> Door:
    """The iyzico door. Failures of its endpoints are HTTP 200, as the live service's are.

    `names` seals the keys that callers give their requests. `public_url` is the origin at which
    browsers reach the house, without a slash at its end; None takes the one that a call was sent
    to. `faults` has those that were asked for.
    """

    async def conclude(payment: Payment) -> BrowserForm:
        return await callback_form(payment, merchants)

    minutes = switches.replay_minutes
    desk = Desk(
        ports=ports,
        merchants=merchants,
        names=names,
        switches=switches,
        notation=notation_for(switches.decimals),
        bin_words=BinWords(ports.bins, switches),
        public_url=public_url,
        faults=faults,
        spent=RandomKeys(minutes, ports.clock) if minutes else None,
    )
    return Door(
        name=DOOR,
        routes=(
            Route(method="GET", path="/payment/test", handle=_health(desk)),
            *_card_routes(desk),
            *_payment_routes(desk),
            *_threeds_routes(desk),
            *_follow_up_routes(desk),
            *_lookup_routes(desk),
            *_marketplace_routes(desk),
            *_reporting_routes(desk),
        ),
        headers=HEADERS,
        unknown_path=_unrouted(desk, HTTPStatus.NOT_FOUND),
        wrong_method=_unrouted(desk, HTTPStatus.METHOD_NOT_ALLOWED),
        malformed=_failed(desk, HTTPStatus.OK, errors.INVALID_REQUEST),
        too_large=_failed(desk, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, errors.INVALID_REQUEST),
        fault=_failed(desk, HTTPStatus.INTERNAL_SERVER_ERROR, errors.SYSTEM),
        too_many=_too_many(desk),
        overloaded=_overloaded(desk),
        conclude=conclude,
        conceal_proof=conceal_proof,
        references=("conversationId",),
        claimed=claimed_key,
        describe=openapi.describe,
    )


def _post(
    desk: Desk, path: str, endpoint: Endpoint[Shape], card: CardFields | None = None
) -> Route:
    return _route(desk, "POST", path, endpoint, card)


def _route(
    desk: Desk, method: str, path: str, endpoint: Endpoint[Shape], card: CardFields | None = None
) -> Route:
    return Route(
        method=method,
        path=path,
        handle=handler(desk, endpoint),
        card=card,
        shape=None
        if endpoint.is_query
        else BodyShape(SOUND_SHAPES.get(endpoint.shape, endpoint.shape), shapes.make),
        is_write=endpoint.is_write,
    )


def _card_routes(desk: Desk) -> tuple[Route, ...]:
    create = Endpoint(
        shape=shapes.CreateCard, serve=cardstorage.create_card, echo=cardstorage.create_card_echo
    )
    delete = Endpoint(shape=shapes.StoredCardName, serve=cardstorage.delete_card)
    listing = Endpoint(
        shape=shapes.ListedOwner,
        serve=cardstorage.list_cards,
        echo=cardstorage.list_cards_echo,
        is_write=False,
    )
    block = Endpoint(shape=shapes.StoredCardName, serve=cardstorage.block_card)
    unblock = Endpoint(shape=shapes.StoredCardName, serve=cardstorage.unblock_card)
    find = Endpoint(shape=shapes.BlockedNumber, serve=cardstorage.find_blocked, is_write=False)
    return (
        _post(desk, "/cardstorage/card", create, _STORED),
        _route(desk, "DELETE", "/cardstorage/card", delete),
        _post(desk, "/cardstorage/cards", listing),
        _post(desk, "/cardstorage/blacklist/card", block),
        _post(desk, "/cardstorage/blacklist/card/inactive", unblock),
        _post(desk, "/cardstorage/blacklist/card/retrieve", find, _ASKED_ABOUT),
    )


def _payment_routes(desk: Desk) -> tuple[Route, ...]:
    auth = Endpoint(shape=shapes.Payment, serve=payments.auth)
    preauth = Endpoint(shape=shapes.Payment, serve=payments.preauth)
    basic_auth = Endpoint(shape=shapes.BasicPayment, serve=payments.basic_auth)
    basic_preauth = Endpoint(shape=shapes.BasicPayment, serve=payments.basic_preauth)
    detail = Endpoint(
        shape=shapes.Detail, serve=payments.detail, echo=payments.detail_echo, is_write=False
    )
    return (
        _post(desk, "/payment/auth", auth, _PAYING),
        _post(desk, "/payment/preauth", preauth, _PAYING),
        _post(desk, "/payment/auth/basic", basic_auth, _PAYING),
        _post(desk, "/payment/preauth/basic", basic_preauth, _PAYING),
        _post(desk, "/payment/detail", detail),
    )


def _threeds_routes(desk: Desk) -> tuple[Route, ...]:
    initialize = Endpoint(shape=shapes.ThreedsPayment, serve=threeds.initialize)
    preauth = Endpoint(shape=shapes.ThreedsPayment, serve=threeds.initialize_preauth)
    basic_initialize = Endpoint(shape=shapes.BasicThreedsPayment, serve=threeds.basic_initialize)
    basic_preauth = Endpoint(
        shape=shapes.BasicThreedsPayment, serve=threeds.basic_initialize_preauth
    )
    auth = Endpoint(shape=shapes.ThreedsAuth, serve=threeds.auth, echo=threeds.auth_echo)
    auth_v2 = Endpoint(shape=shapes.ThreedsAuthV2, serve=threeds.auth_v2, echo=threeds.auth_echo)
    basic_auth = Endpoint(
        shape=shapes.ThreedsAuth, serve=threeds.basic_auth, echo=threeds.auth_echo
    )
    first = "/payment/3dsecure/initialize"
    return (
        _post(desk, first, initialize, _PAYING),
        _post(desk, f"{first}/preauth", preauth, _PAYING),
        _post(desk, f"{first}/basic", basic_initialize, _PAYING),
        _post(desk, f"{first}/preauth/basic", basic_preauth, _PAYING),
        _post(desk, "/payment/iyziconnect/initialize3ds/preauth", basic_preauth, _PAYING),
        _finishing(_post(desk, "/payment/3dsecure/auth", auth)),
        _finishing(_post(desk, "/payment/v2/3dsecure/auth", auth_v2)),
        _finishing(_post(desk, "/payment/3dsecure/auth/basic", basic_auth)),
    )


def _finishing(route: Route) -> Route:
    """A route by which a payment goes on whose cardholder has been at the bank."""
    return msgspec.structs.replace(route, is_last=True)


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
        _post(desk, "/payment/postauth", postauth),
        _post(desk, "/payment/postauth/basic", basic_postauth),
        _post(desk, "/payment/cancel", cancel),
        _post(desk, "/payment/refund", refund_of_line),
        _post(desk, "/v2/payment/refund", refund),
    )


def _lookup_routes(desk: Desk) -> tuple[Route, ...]:
    bin_check = Endpoint(
        shape=shapes.BinCheck,
        serve=lookups.check_bin,
        echo=lookups.check_bin_echo,
        is_write=False,
    )
    installments = Endpoint(
        shape=shapes.Installments, serve=lookups.installment_info, is_write=False
    )
    return (
        _post(desk, "/payment/bin/check", bin_check),
        _post(desk, "/payment/iyzipos/installment", installments),
    )


def _marketplace_routes(desk: Desk) -> tuple[Route, ...]:
    def endpoint(
        shape: type[Shape],
        serve: Callable[[Call[Shape]], Awaitable[msgspec.Struct | None]],
        *,
        is_write: bool = True,
    ) -> Endpoint[Shape]:
        return Endpoint(shape=shape, serve=serve, refusals=MARKETPLACE_REFUSALS, is_write=is_write)

    create = endpoint(marketplace_shapes.CreateSubMerchant, sub_merchants.create)
    update = endpoint(marketplace_shapes.UpdateSubMerchant, sub_merchants.update)
    detail = endpoint(marketplace_shapes.SubMerchantName, sub_merchants.detail, is_write=False)
    blockage = endpoint(marketplace_shapes.SubMerchantKey, sub_merchants.blockage, is_write=False)
    approve = endpoint(marketplace_shapes.Line, marketplace.approve)
    disapprove = endpoint(marketplace_shapes.Line, marketplace.disapprove)
    send = endpoint(marketplace_shapes.CrossBooking, marketplace.send)
    receive = endpoint(marketplace_shapes.CrossBooking, marketplace.receive)
    item = Endpoint(
        shape=marketplace_shapes.PaymentItem,
        serve=marketplace.update_item,
        refusals=ITEM_UPDATE_REFUSALS,
    )
    return (
        _post(desk, "/onboarding/submerchant", create),
        _route(desk, "PUT", "/onboarding/submerchant", update),
        _post(desk, "/onboarding/submerchant/detail", detail),
        _post(desk, "/blockage", blockage),
        _post(desk, "/payment/iyzipos/item/approve", approve),
        _post(desk, "/payment/iyzipos/item/disapprove", disapprove),
        _route(desk, "PUT", "/payment/item", item),
        _post(desk, "/crossbooking/send", send),
        _post(desk, "/crossbooking/receive", receive),
    )


def _reporting_routes(desk: Desk) -> tuple[Route, ...]:
    def query(
        shape: type[Shape], serve: Callable[[Call[Shape]], Awaitable[msgspec.Struct | None]]
    ) -> Endpoint[Shape]:
        return Endpoint(shape=shape, serve=serve, is_write=False, is_query=True)

    paid = Endpoint(
        shape=reporting_shapes.SettlementDay, serve=reporting.payout_completed, is_write=False
    )
    bounced = Endpoint(
        shape=reporting_shapes.SettlementDay, serve=reporting.bounced, is_write=False
    )
    details = query(reporting_shapes.ReportedPayment, reporting.details)
    transactions = query(reporting_shapes.ReportedDay, reporting.transactions)
    scrolled = query(reporting_shapes.ScrolledDay, reporting.scroll_transactions)
    first = "/v2/reporting/payment"
    return (
        _post(desk, "/reporting/settlement/payoutcompleted", paid),
        _post(desk, "/reporting/settlement/bounced", bounced),
        _route(desk, "GET", f"{first}/details", details),
        _route(desk, "GET", f"{first}/transactions", transactions),
        _route(desk, "GET", f"{first}/scroll-transactions", scrolled),
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
        return Response(status, body, outcome=Outcome.REFUSED, reason=str(status.value))

    return answer


def _failed(
    desk: Desk, status: HTTPStatus, error: errors.Error
) -> Callable[[BadRequest], Response]:
    def answer(_request: BadRequest) -> Response:
        body = envelope.failure(envelope.Context(), desk.ports.clock.now_ms(), Failure(error))
        return Response(status, body, outcome=Outcome.REFUSED, reason=error.code)

    return answer


def _overloaded(desk: Desk) -> Callable[[BadRequest], Response]:
    """The language is in the body, which nobody reads now: what the client accepts has to do."""

    def answer(request: BadRequest) -> Response:
        accepted = request.headers.get("accept-language", "")
        context = envelope.context_from({"locale": accepted[:2]})
        failure = Failure(errors.SERVER_BUSY)
        body = envelope.failure(context, desk.ports.clock.now_ms(), failure)
        return Response(
            HTTPStatus.SERVICE_UNAVAILABLE,
            body,
            outcome=Outcome.OVERLOADED,
            reason=failure.error.code,
        )

    return answer


def _too_many(desk: Desk) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        now_ms = desk.ports.clock.now_ms()
        failure = Failure(errors.TOO_MANY_REQUESTS)
        context = context_of(request, is_query=request.method == "GET")
        body = envelope.failure(context, now_ms, failure)
        return Response(
            HTTPStatus.TOO_MANY_REQUESTS,
            body,
            outcome=Outcome.TURNED_AWAY,
            reason=failure.error.code,
        )

    return answer
