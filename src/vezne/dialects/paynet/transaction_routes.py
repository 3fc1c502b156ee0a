"""Which path is which of the transaction and ratio services."""

from typing import Final

import msgspec

from vezne.core.body import CardFields
from vezne.dialects.paynet import direct, ratios, reversals, tds, transaction_list, transactions
from vezne.dialects.paynet.endpoint import KINDS, Access, Desk, Endpoint, post
from vezne.dialects.paynet.transaction_shapes import (
    Capture,
    DirectPayment,
    RatioGet,
    Reversal,
    ReversalList,
    ReversedRequest,
    TdsCharge,
    TdsInitial,
    TransactionList,
    TransactionName,
)
from vezne.edge.messages import Route

_TRANSACTION: Final = "transaction"
_PAYING: Final = CardFields((), "pan", "cvc", ignores_case=True)


def transaction_routes(desk: Desk) -> tuple[Route, ...]:
    """The routes of transactions, ratios, and payments in one call."""
    return (*_lookup_routes(desk), *_follow_up_routes(desk), *_payment_routes(desk))


def _lookup_routes(desk: Desk) -> tuple[Route, ...]:
    check = Endpoint(
        shape=TransactionName,
        serve=transactions.check,
        object_name=_TRANSACTION,
        is_write=False,
    )
    detail = Endpoint(
        shape=TransactionName,
        serve=transactions.detail,
        object_name=_TRANSACTION,
        is_write=False,
    )
    listing = Endpoint(
        shape=TransactionList,
        serve=transaction_list.list_transactions,
        object_name="transaction_list",
        is_write=False,
    )
    reversal_list = Endpoint(
        shape=ReversalList,
        serve=transaction_list.list_reversals,
        object_name="transaction_reversal_list",
        is_write=False,
    )
    ratio = Endpoint(
        shape=RatioGet, serve=ratios.get_ratios, object_name="ratio_get", is_write=False
    )
    ratio_public = Endpoint(
        shape=RatioGet,
        serve=ratios.get_ratios,
        object_name="ratio_get",
        access=Access.PUBLISHABLE,
        is_write=False,
    )
    return (
        post(desk, "/v1/transaction/check", check),
        post(desk, "/v1/transaction/detail", detail),
        post(desk, "/v1/transaction/list", listing),
        post(desk, "/v1/transaction/reversal_list", reversal_list),
        post(desk, "/v1/ratio/get", ratio),
        post(desk, "/v1/ratio/get_public", ratio_public),
    )


def _follow_up_routes(desk: Desk) -> tuple[Route, ...]:
    capture = Endpoint(shape=Capture, serve=transactions.capture, object_name=_TRANSACTION)
    reversal = Endpoint(
        shape=ReversedRequest,
        serve=reversals.request_reversal,
        object_name="transaction_reversed_request",
    )
    of_hold = Endpoint(
        shape=Reversal,
        serve=reversals.reverse_hold,
        object_name="transaction_preauth_reversed_request",
    )
    of_capture = Endpoint(shape=Reversal, serve=reversals.reverse_capture, object_name=_TRANSACTION)
    return (
        post(desk, "/v1/transaction/capture", capture),
        post(desk, "/v1/transaction/reversed_request", reversal),
        post(desk, "/v1/transaction/preauth_reversal", of_hold),
        post(desk, "/v1/transaction/capture_reversal", of_capture),
    )


def _payment_routes(desk: Desk) -> tuple[Route, ...]:
    payment = Endpoint(shape=DirectPayment, serve=direct.take_payment, object_name=_TRANSACTION)
    initial = Endpoint(shape=TdsInitial, serve=tds.initial, object_name="transaction_tds_initial")
    charge = Endpoint(shape=TdsCharge, serve=tds.charge, object_name=_TRANSACTION)
    gate = tds.tds_gate(desk)
    return (
        post(desk, "/v2/transaction/payment", payment, _PAYING),
        post(desk, "/v2/transaction/tds_initial", initial, _PAYING),
        # The cardholder has been at the bank, or is on the way there.
        msgspec.structs.replace(post(desk, "/v2/transaction/tds_charge", charge), is_last=True),
        Route(method="GET", path=tds.GATE_PATH, handle=gate, is_last=True),
        Route(method="POST", path=tds.GATE_PATH, handle=gate, kinds=KINDS, is_last=True),
    )
