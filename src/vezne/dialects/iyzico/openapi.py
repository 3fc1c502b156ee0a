"""The door in words, for the description of the server."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import UNSET

from vezne.dialects.iyzico import (
    answers,
    envelope,
    marketplace_shapes,
    reporting_answers,
    reporting_shapes,
    shapes,
)
from vezne.dialects.iyzico.answers import Answer, Number, OptionalText
from vezne.edge.description import Description, Json, Operation, Place, Reply, merged

_SCHEME: Final = "iyzico"
_TEXT: Final = """\
The protocol of iyzico's card storage, payment, marketplace and reporting services. Every answer \
that an endpoint gives is HTTP 200; `status` says whether it is a success."""
_SIGNATURE: Final = """\
`IYZWSv2 base64(apiKey:KEY&randomKey:RANDOM&signature:SIGNATURE)`, where the signature is \
`hex(HMAC-SHA256(secret, RANDOM + path + body))`. The older scheme `IYZWS KEY:SIGNATURE` with the \
header `x-iyzi-rnd` is taken as well."""


class Payout(Answer, frozen=True, rename="camel", kw_only=True):
    """The payout of a line, in the currency in which the merchant is paid."""

    paid_price: Number
    iyzi_commission_rate_amount: Number
    iyzi_commission_fee: Number
    blockage_rate_amount_merchant: Number
    blockage_rate_amount_sub_merchant: Number
    sub_merchant_payout_amount: Number
    merchant_payout_amount: Number
    iyzi_conversion_rate: Number
    iyzi_conversion_rate_amount: Number
    currency: str


class PaymentLine(Answer, frozen=True, rename="camel", kw_only=True):
    """A line of a payment, as `lines` writes it."""

    item_id: OptionalText = UNSET
    payment_transaction_id: str
    transaction_status: int
    price: Number
    paid_price: Number
    merchant_commission_rate: Number
    merchant_commission_rate_amount: Number
    iyzi_commission_rate_amount: Number
    iyzi_commission_fee: Number
    blockage_rate: Number
    blockage_rate_amount_merchant: Number
    blockage_rate_amount_sub_merchant: Number
    blockage_resolved_date: str
    sub_merchant_key: OptionalText = UNSET
    sub_merchant_price: Number
    sub_merchant_payout_rate: Number
    sub_merchant_payout_amount: Number
    merchant_payout_amount: Number
    converted_payout: Payout


class PaymentLines(Answer, frozen=True, rename="camel", kw_only=True):
    """The lines of a payment."""

    item_transactions: list[PaymentLine]


class Nothing(Answer, frozen=True, rename="camel", kw_only=True):
    """No fields beyond the envelope."""


_FACTS: Final[Mapping[str, Json]] = {
    "locale": {"enum": ["tr", "en", None], "description": "The language of error messages."},
    "conversationId": {
        "maxLength": 255,
        "description": "The caller's own reference, given back with the answer.",
    },
    "externalId": {"description": "The caller's own name for a customer."},
    "cardUserKey": {"description": "The owner of stored cards."},
    "cardToken": {"description": "A stored card."},
    "expireMonth": {"pattern": "^(0?[1-9]|1[0-2])$", "examples": ["12"]},
    "expireYear": {"pattern": "^(20)?[0-9]{2}$", "examples": ["2030"]},
    "email": {"examples": ["email@email.com"]},
    "currency": {"examples": ["TRY", "USD", "EUR", "GBP"]},
    "installment": {"examples": [1]},
    "price": {"examples": [1.0]},
    "paidPrice": {"examples": [1.2]},
    "paymentChannel": {"examples": ["WEB"]},
    "paymentGroup": {"examples": ["PRODUCT"]},
    "itemType": {"examples": ["PHYSICAL", "VIRTUAL"]},
    "binNumber": {"examples": ["552879"]},
    "ip": {"examples": ["85.34.78.112"]},
    "subMerchantType": {
        "examples": ["PERSONAL", "PRIVATE_COMPANY", "LIMITED_OR_JOINT_STOCK_COMPANY"]
    },
    "systemTime": {"description": "Milliseconds since 1970."},
    "signature": {"description": "HMAC-SHA256 over fields of the answer, in hex."},
    "SettlementDay.date": {"examples": ["2026-12-01 00:00:00"]},
    "transactionDate": {"examples": ["2026-12-01"]},
    "documentScrollVoSortingOrder": {"enum": ["ASC", "DESC"]},
}
_NEW_CARD: Final = ("cardNumber", "expireMonth", "expireYear")
_BASKET: Final = ("price", "paidPrice", "paymentCard", "buyer", "billingAddress", "basketItems")
_CHARGE: Final = ("price", "paidPrice", "paymentCard", "buyerEmail", "buyerId", "buyerIp")
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "CreateCard": ("card",),
    "NewCardFields": _NEW_CARD,
    "StoredCardName": ("cardUserKey", "cardToken"),
    "BlockedNumber": ("cardNumber",),
    "Payment": _BASKET,
    "ThreedsPayment": (*_BASKET, "callbackUrl"),
    "BasicPayment": _CHARGE,
    "BasicThreedsPayment": (*_CHARGE, "callbackUrl"),
    "BasketItem": ("id", "itemType", "name", "category1", "price"),
    "Address": ("address", "contactName", "city", "country"),
    "Buyer": (
        "id",
        "name",
        "surname",
        "identityNumber",
        "email",
        "registrationAddress",
        "city",
        "country",
        "ip",
    ),
    "ThreedsAuth": ("paymentId",),
    "ThreedsAuthV2": ("paymentId", "paidPrice", "basketId", "currency"),
    "PostAuth": ("paymentId", "paidPrice"),
    "Cancel": ("paymentId",),
    "Refund": ("paymentId", "price"),
    "RefundOfLine": ("paymentTransactionId", "price"),
    "BinCheck": ("binNumber",),
    "Installments": ("price",),
    "CreateSubMerchant": ("subMerchantExternalId", "subMerchantType", "email"),
    "UpdateSubMerchant": ("subMerchantKey", "iban"),
    "SubMerchantName": ("subMerchantExternalId",),
    "SubMerchantKey": ("subMerchantKey",),
    "Line": ("paymentTransactionId",),
    "PaymentItem": ("paymentTransactionId", "subMerchantKey", "subMerchantPrice"),
    "CrossBooking": ("subMerchantKey", "price"),
    "SettlementDay": ("date",),
    "ReportedDay": ("transactionDate",),
    "ScrolledDay": ("transactionDate",),
}


def describe() -> Description:
    """The door in words."""
    return Description(
        text=_TEXT,
        operations={
            ("GET", "/payment/test"): Operation(
                summary="Ask whether the service answers", replies=_replies(Nothing)
            ),
            **_card_operations(),
            **_payment_operations(),
            **_threeds_operations(),
            **_follow_up_operations(),
            **_marketplace_operations(),
            **_reporting_operations(),
        },
        schemes={
            _SCHEME: {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": _SIGNATURE,
            }
        },
        facts=_FACTS,
        needs=_NEEDS,
        schema_of=_schema_of,
    )


Operations = dict[tuple[str, str], Operation]
_Struct = type[msgspec.Struct]


def _card_operations() -> Operations:
    first = "/cardstorage"
    blocked = f"{first}/blacklist/card"
    name = shapes.StoredCardName
    return {
        ("POST", f"{first}/card"): _operation(
            "Store a card", shapes.CreateCard, answers.CreatedCard, answers.CreateCardEcho
        ),
        ("DELETE", f"{first}/card"): _operation("Delete a stored card", name),
        ("POST", f"{first}/cards"): _operation(
            "List a customer's cards", shapes.ListedOwner, answers.CardList, _CardOwnerEcho
        ),
        ("POST", blocked): _operation("Put a stored card on the blocklist", name),
        ("POST", f"{blocked}/inactive"): _operation("Take a card off the blocklist", name),
        ("POST", f"{blocked}/retrieve"): _operation(
            "Ask whether a number is on the blocklist", shapes.BlockedNumber, answers.BlocklistEntry
        ),
    }


def _payment_operations() -> Operations:
    return {
        ("POST", "/payment/auth"): _operation("Pay", shapes.Payment, _Payment),
        ("POST", "/payment/preauth"): _operation(
            "Hold an amount, to be captured later", shapes.Payment, _Payment
        ),
        ("POST", "/payment/auth/basic"): _operation(
            "Pay without a basket", shapes.BasicPayment, answers.BasicPaymentAnswer
        ),
        ("POST", "/payment/preauth/basic"): _operation(
            "Hold an amount without a basket", shapes.BasicPayment, answers.BasicPaymentAnswer
        ),
        ("POST", "/payment/detail"): _operation(
            "Look a payment up", shapes.Detail, _Payment, answers.PaymentEcho
        ),
        ("POST", "/payment/bin/check"): _operation(
            "Ask about the first digits of a card",
            shapes.BinCheck,
            answers.BinAnswer,
            _BinEcho,
        ),
        ("POST", "/payment/iyzipos/installment"): _operation(
            "List the ways to pay in parts", shapes.Installments, answers.InstallmentInfo
        ),
    }


def _threeds_operations() -> Operations:
    begun = answers.ThreedsInitialized
    with_basket, basic = shapes.ThreedsPayment, shapes.BasicThreedsPayment
    first, echo = "/payment/3dsecure", answers.PaymentEcho
    begin = "Begin a payment with 3-D Secure"
    hold = "Begin a hold with 3-D Secure"
    finish = "Take the money of an authenticated payment"
    basic_paid = answers.BasicPaymentAnswer
    return {
        ("POST", f"{first}/initialize"): _operation(begin, with_basket, begun),
        ("POST", f"{first}/initialize/preauth"): _operation(hold, with_basket, begun),
        ("POST", f"{first}/initialize/basic"): _operation(begin, basic, begun),
        ("POST", f"{first}/initialize/preauth/basic"): _operation(hold, basic, begun),
        ("POST", "/payment/iyziconnect/initialize3ds/preauth"): _operation(hold, basic, begun),
        ("POST", f"{first}/auth"): _operation(finish, shapes.ThreedsAuth, _Payment, echo),
        ("POST", "/payment/v2/3dsecure/auth"): _operation(
            finish, shapes.ThreedsAuthV2, _Payment, echo
        ),
        ("POST", f"{first}/auth/basic"): _operation(finish, shapes.ThreedsAuth, basic_paid, echo),
    }


def _follow_up_operations() -> Operations:
    echo = answers.PaymentEcho
    refunded, refund_echo = answers.Refunded, answers.RefundEcho
    return {
        ("POST", "/payment/postauth"): _operation(
            "Capture a hold", shapes.PostAuth, _Payment, echo
        ),
        ("POST", "/payment/postauth/basic"): _operation(
            "Capture a hold without a basket", shapes.PostAuth, answers.BasicPaymentAnswer, echo
        ),
        ("POST", "/payment/cancel"): _operation(
            "Void a payment", shapes.Cancel, answers.Cancelled, echo
        ),
        ("POST", "/payment/refund"): _operation(
            "Refund a line", shapes.RefundOfLine, refunded, refund_echo
        ),
        ("POST", "/v2/payment/refund"): _operation(
            "Refund an amount of a payment", shapes.Refund, refunded, refund_echo
        ),
    }


def _marketplace_operations() -> Operations:
    asked = marketplace_shapes
    first, item = "/onboarding/submerchant", "/payment/iyzipos/item"
    line = answers.DecidedLine
    return {
        ("POST", first): _operation(
            "Add a sub-merchant", asked.CreateSubMerchant, answers.CreatedSubMerchant
        ),
        ("PUT", first): _operation("Change a sub-merchant", asked.UpdateSubMerchant),
        ("POST", f"{first}/detail"): _operation(
            "Look a sub-merchant up", asked.SubMerchantName, answers.SubMerchantDetail
        ),
        ("POST", "/blockage"): _operation(
            "Ask for a sub-merchant's balance", asked.SubMerchantKey, answers.Blockage
        ),
        ("POST", f"{item}/approve"): _operation("Approve a line", asked.Line, line),
        ("POST", f"{item}/disapprove"): _operation(
            "Take the approval of a line back", asked.Line, line
        ),
        ("PUT", "/payment/item"): _operation(
            "Say whose a line is, and how much of it", asked.PaymentItem, PaymentLine
        ),
        ("POST", "/crossbooking/send"): _operation("Give a sub-merchant money", asked.CrossBooking),
        ("POST", "/crossbooking/receive"): _operation(
            "Take money from a sub-merchant", asked.CrossBooking
        ),
    }


def _reporting_operations() -> Operations:
    asked, said = reporting_shapes, reporting_answers
    first, settled = "/v2/reporting/payment", "/reporting/settlement"
    operations = said.ReportedOperations
    return {
        ("POST", f"{settled}/payoutcompleted"): _operation(
            "List the lines that were paid out on a day", asked.SettlementDay, said.PaidLines
        ),
        ("POST", f"{settled}/bounced"): _operation(
            "List the payouts that came back on a day", asked.SettlementDay, said.BouncedRows
        ),
        ("GET", f"{first}/details"): _operation(
            "Look payments up with all that became of them",
            asked.ReportedPayment,
            said.ReportedPayments,
        ),
        ("GET", f"{first}/transactions"): _operation(
            "List a day's journal by pages", asked.ReportedDay, operations
        ),
        ("GET", f"{first}/scroll-transactions"): _operation(
            "List a day's journal from an entry on", asked.ScrolledDay, operations
        ),
    }


class _CardOwnerEcho(Answer, frozen=True, rename="camel", kw_only=True):
    card_user_key: OptionalText = UNSET


class _BinEcho(Answer, frozen=True, rename="camel", kw_only=True):
    bin_number: OptionalText = UNSET


_Payment: Final = merged("PaymentAnswer", answers.PaymentAnswer, PaymentLines)
_QUERIES: Final = frozenset(
    {
        reporting_shapes.ReportedPayment,
        reporting_shapes.ReportedDay,
        reporting_shapes.ScrolledDay,
    }
)


def _operation(
    summary: str, asks: _Struct, answer: _Struct = Nothing, echo: _Struct = Nothing
) -> Operation:
    return Operation(
        summary=summary,
        asks=asks,
        place=Place.QUERY if asks in _QUERIES else Place.BODY,
        keys=(_SCHEME,),
        replies=_replies(answer, echo),
    )


def _replies(answer: _Struct, echo: _Struct = Nothing) -> Mapping[int, Reply]:
    failure = _enveloped(envelope.Failed, Nothing)
    # Who is not known is told nothing beyond the error.
    said = (_enveloped(envelope.Success, answer), _enveloped(envelope.Failed, echo), failure)
    return {
        200: Reply(text="A success, or an error.", records=tuple(dict.fromkeys(said))),
        413: Reply(text="The body is larger than 1 MB.", records=(failure,)),
        429: Reply(text="Too many requests; Retry-After says when.", records=(failure,)),
        500: Reply(text="A fault of the server.", records=(failure,)),
        503: Reply(text="The server is behind; Retry-After says when.", records=(failure,)),
    }


@cache
def _enveloped(front: _Struct, fields: _Struct) -> _Struct:
    """The record of an answer: the envelope, then the endpoint's own fields."""
    if fields is Nothing:
        return front
    return merged(f"{front.__name__}{fields.__name__.strip('_')}", front, fields)


def _schema_of(kind: type) -> dict[str, Any]:
    if kind is shapes.Amount:
        return {"type": ["number", "string"], "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,20})?$"}
    if kind is shapes.Count:
        return {"type": ["integer", "string"], "pattern": "^-?[0-9]{1,9}$"}
    raise NotImplementedError
