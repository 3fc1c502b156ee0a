"""Which path is which payment service."""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from vezne.core.body import CardFields
from vezne.dialects.paywall import follow_ups, lookups, query, temp, threeds
from vezne.dialects.paywall import payment_shapes as shapes
from vezne.dialects.paywall.binding import Shape
from vezne.dialects.paywall.endpoint import (
    PAYMENT,
    PAYMENT_PRIVATE,
    Api,
    Call,
    Desk,
    Endpoint,
    handler,
)
from vezne.dialects.paywall.envelope import Answered, Body
from vezne.dialects.paywall.follow_ups import PRIVATE_API, PUBLIC_API
from vezne.dialects.paywall.payments import start_direct
from vezne.edge.messages import Route

_PREFIX: Final = "/api/paywall"
_PAYING: Final = CardFields(("Card",), "Number", "Cvv", ignores_case=True)
_TEMPORARY: Final = CardFields((), "CardNumber", "CardCvv", ignores_case=True)


def payment_routes(desk: Desk) -> tuple[Route, ...]:
    """The routes of the payment services, and of the page that leads to the bank."""
    return (
        *_taking(desk),
        *_following(desk),
        *_looking(desk),
        *_temporary(desk),
        Route(
            method="GET",
            path=threeds.CALLBACK_PATH,
            handle=threeds.callback_page(desk),
            is_last=True,
        ),
    )


def _post(
    desk: Desk,
    path: str,
    api: Api,
    shape: type[Shape],
    serve: Callable[[Call[Shape]], Awaitable[Body | Answered]],
    card: CardFields | None = None,
) -> Route:
    endpoint = Endpoint(api=api, shape=shape, serve=serve)
    return Route(
        method="POST",
        path=f"{_PREFIX}/{path}",
        handle=handler(desk, endpoint),
        card=card,
        is_write=endpoint.is_write,
    )


def _get(
    desk: Desk,
    path: str,
    api: Api,
    shape: type[Shape],
    serve: Callable[[Call[Shape]], Awaitable[Body | Answered]],
) -> Route:
    endpoint = Endpoint(api=api, shape=shape, serve=serve, from_headers=True, is_write=False)
    return Route(method="GET", path=f"{_PREFIX}/{path}", handle=handler(desk, endpoint))


def _taking(desk: Desk) -> tuple[Route, ...]:
    return (
        _post(desk, "payment/startdirect", PAYMENT, shapes.Start, start_direct, _PAYING),
        _post(desk, "payment/start3d", PAYMENT, shapes.Start, threeds.start_3d, _PAYING),
        # The cardholder has been at the bank, or is on the way there.
        msgspec.structs.replace(
            _post(desk, "payment/end3d", PUBLIC_API, shapes.MerchantCode, threeds.end_3d),
            is_last=True,
        ),
    )


def _following(desk: Desk) -> tuple[Route, ...]:
    code = shapes.MerchantCode
    return (
        _post(desk, "payment/provision", PUBLIC_API, shapes.Provision, follow_ups.provision),
        _post(desk, "payment/provision/cancel", PUBLIC_API, code, follow_ups.cancel_provision),
        _post(desk, "private/cancel", PRIVATE_API, code, follow_ups.cancel),
        _post(desk, "private/refund", PRIVATE_API, shapes.Refund, follow_ups.refund),
        _post(
            desk,
            "private/refund/partial",
            PRIVATE_API,
            shapes.PartialRefund,
            follow_ups.refund_part,
        ),
        _post(desk, "private/revert", PRIVATE_API, shapes.Revert, follow_ups.revert),
    )


def _looking(desk: Desk) -> tuple[Route, ...]:
    private = PAYMENT_PRIVATE
    return (
        _get(desk, "payment/version", PAYMENT, shapes.Nothing, lookups.version),
        _get(desk, "bin/inquiry", PAYMENT, shapes.BinInquiry, lookups.inquire_bin),
        _get(desk, "installment", PAYMENT, shapes.Installments, lookups.installments),
        _get(desk, "private/query", private, shapes.QueryByMerchantCode, query.by_merchant_code),
        _get(
            desk,
            "private/query/by/uniquecode",
            private,
            shapes.QueryByUniqueCode,
            query.by_unique_code,
        ),
        _get(
            desk,
            "private/query/by/paymentid",
            private,
            shapes.QueryByPaymentId,
            query.by_payment_id,
        ),
    )


def _temporary(desk: Desk) -> tuple[Route, ...]:
    bringing = Endpoint(api=PAYMENT, shape=shapes.TempCard, serve=temp.hold, identify=temp.bringer)
    return (
        _post(desk, "temptoken", PAYMENT, shapes.TempToken, temp.open_token),
        Route(
            method="POST",
            path=f"{_PREFIX}/tempcard",
            handle=handler(desk, bringing),
            card=_TEMPORARY,
            is_write=bringing.is_write,
        ),
    )
