"""The door in words, for the description of the server."""

from collections.abc import Mapping
from functools import cache
from typing import Final, Literal, Optional, get_args, get_origin

import msgspec

from vezne.dialects.paywall import (
    blacklist,
    follow_ups,
    lookups,
    payment_render,
    query_shapes,
    shapes,
    temp,
    threeds,
    translate,
)
from vezne.dialects.paywall import payment_shapes as asked
from vezne.edge.description import HTML_MEDIA, Description, Json, Operation, Place, Reply, merged

_TEXT: Final = """\
The protocol of PayWall: the card vault CardWall below `/paywall/card`, and the payment services \
below `/api/paywall`. Every answer that an endpoint gives is HTTP 200, unless a switch makes it \
401 for wrong keys; `Result` says whether it is a success. Field names may be written in any \
case."""
_PUBLIC: Final = ("paywallPublicKey", "paywallPublicClient")
_PRIVATE: Final = ("paywallPrivateKey", "paywallPrivateClient")
_TEMPORARY: Final = ("paywallTemporaryToken",)
_HEADERS: Final = {
    "paywallPublicKey": "apikeypublic",
    "paywallPublicClient": "apiclientpublic",
    "paywallPrivateKey": "apikeyprivate",
    "paywallPrivateClient": "apiclientprivate",
    "paywallTemporaryToken": temp.TOKEN_HEADER,
}
_LOCALE: Final[Json] = {
    "name": "locale",
    "in": "header",
    "required": False,
    "description": "The language of error messages.",
    "schema": {"type": "string", "enum": ["tr", "en"]},
}


class Outcome(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """What stands around a Body of CardWall's. A success has the code 0."""

    error_code: int
    result: bool
    message: str


class PaymentOutcome(Outcome, frozen=True, rename="pascal", kw_only=True):
    """What stands around a Body of the payment services'."""

    error_code_type: Literal[1]
    error_message: None


Query: Final = merged(
    "Query",
    query_shapes.Names,
    query_shapes.Flags,
    query_shapes.State,
    query_shapes.Terms,
    query_shapes.CardFacts,
    query_shapes.Amounts,
    query_shapes.Circumstances,
)


class Found(msgspec.Struct, frozen=True, rename="pascal"):
    """The Body of every query."""

    paywall: Query  # type: ignore[valid-type]


class VisitedPayment(msgspec.Struct, frozen=True, kw_only=True):
    """GET /paywall/callback."""

    number: str = msgspec.field(default="", name="UniqueNumber")


_FACTS: Final[Mapping[str, Json]] = {
    "RelationalId1": {"maxLength": 250, "description": "The caller's own name for a customer."},
    "RelationalId2": {"maxLength": 250},
    "RelationalId3": {"maxLength": 250},
    "Nickname": {"maxLength": 250},
    "HolderName": {"maxLength": 150},
    "Month": {"pattern": "^(0?[1-9]|1[0-2])$", "examples": ["12"]},
    "Year": {"pattern": "^20[0-9]{2}$", "examples": ["2030"]},
    "ExpireMonth": {"pattern": "^((0?[1-9]|1[0-2])?)$", "examples": ["12"]},
    "ExpireYear": {"pattern": "^((20[0-9]{2})?)$", "examples": ["2030"]},
    "UniqueCode": {"description": "A card's or a payment's name."},
    "MerchantUniqueCode": {"description": "The caller's own name for a payment."},
    "PartnerBased": {"const": False, "description": "Pools of partners do not exist here."},
    "CurrencyId": {"examples": [1]},
    "Amount": {"examples": [10.0]},
    "ClientIP": {"examples": ["85.34.78.112"]},
    "MerchantSuccessBackUrl": {"examples": ["https://shop.example/success"]},
    "MerchantFailBackUrl": {"examples": ["https://shop.example/fail"]},
    "BinNumber": {"examples": ["552879"]},
    "ProvisionAmount": {"description": "Nothing, or 0, is all that is held."},
}
_PAYMENT_CODE: Final = ("MerchantUniqueCode",)
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "CreateCard": ("RelationalId1", "Card"),
    "NewCard": ("Nickname", "HolderName", "Month", "Year"),
    "CreateFromToken": ("RelationalId1", "Card"),
    "CardFromToken": ("CardToken", "Nickname"),
    "ListCards": ("RelationalId1",),
    "NamedCard": ("RelationalId1", "UniqueCode"),
    "UpdateCard": ("RelationalId1", "UniqueCode", "Month", "Year"),
    "CreateInsuranceCard": ("RelationalId1", "Card"),
    "NewInsuranceCard": ("HolderName", "CardBin", "CardLastFour", "Identity"),
    "Block": ("RelationalId1",),
    "Start": ("PaymentDetail", "Card", "Customer", "Products"),
    "PaymentDetail": ("Amount", "MerchantUniqueCode", "CurrencyId", "ClientIP"),
    "MerchantCode": _PAYMENT_CODE,
    "Provision": _PAYMENT_CODE,
    "Refund": _PAYMENT_CODE,
    "PartialRefund": (*_PAYMENT_CODE, "Amount"),
    "QueryByMerchantCode": _PAYMENT_CODE,
    "QueryByUniqueCode": ("UniqueCode",),
    "QueryByPaymentId": ("PaymentId",),
    "BinInquiry": ("BinNumber",),
    "Installments": ("CurrencyId", "Amount"),
    "TempCard": ("CardOwnerName", "CardExpiryMonth", "CardExpiryYear"),
    "VisitedPayment": ("UniqueNumber",),
}

Operations = dict[tuple[str, str], Operation]
_Struct = type[msgspec.Struct]


def describe() -> Description:
    """The door in words."""
    return Description(
        text=_TEXT,
        operations={
            **_card_operations(),
            **_insurance_operations(),
            **_blacklist_operations(),
            **_taking_operations(),
            **_following_operations(),
            **_looking_operations(),
        },
        schemes={
            name: {"type": "apiKey", "in": "header", "name": header}
            for name, header in _HEADERS.items()
        },
        headers=(_LOCALE,),
        facts=_FACTS,
        needs=_NEEDS,
    )


def _card_operations() -> Operations:
    card, created = "/paywall/card", translate.CreatedCard
    return {
        ("POST", card): _cards("Store a card", shapes.CreateCard, created),
        ("POST", f"{card}/tokenization"): _cards(
            "Store a temporary card", shapes.CreateFromToken, created
        ),
        ("GET", card): _cards(
            "List a customer's cards", shapes.ListCards, list[translate.ListedCard]
        ),
        ("DELETE", card): _cards("Delete a card", shapes.NamedCard),
        ("PUT", card): _cards("Change a card's name and expiry", shapes.UpdateCard),
    }


def _insurance_operations() -> Operations:
    card = "/paywall/card/insurance"
    return {
        ("POST", card): _cards(
            "Store a card of which the ends are known",
            shapes.CreateInsuranceCard,
            translate.CreatedInsuranceCard,
        ),
        ("GET", card): _cards(
            "List a customer's insurance cards",
            shapes.ListCards,
            list[translate.ListedInsuranceCard],
        ),
        ("DELETE", card): _cards("Delete an insurance card", shapes.NamedCard),
        ("PUT", card): _cards("Change an insurance card's expiry", shapes.UpdateCard),
    }


def _blacklist_operations() -> Operations:
    card = "/paywall/blacklist/card"
    return {
        ("POST", card): _cards("Put a card on the blocklist", shapes.Block, blacklist.BlockedCard),
        ("DELETE", card): _cards("Take a card off the blocklist", shapes.Blocked),
        ("GET", f"{card}/inquiry"): _cards(
            "Ask whether a card is on the blocklist",
            shapes.Blocked,
            blacklist.BlacklistEntry,
            in_headers=True,
        ),
    }


def _taking_operations() -> Operations:
    api = "/api/paywall"
    return {
        ("POST", f"{api}/payment/startdirect"): _pays(
            "Pay", asked.Start, payment_render.DirectAnswer
        ),
        ("POST", f"{api}/payment/start3d"): _pays(
            "Begin a payment with 3-D Secure", asked.Start, payment_render.RedirectAnswer
        ),
        ("POST", f"{api}/payment/end3d"): _pays(
            "Finish a payment with 3-D Secure", asked.MerchantCode
        ),
        ("POST", f"{api}/temptoken"): _pays(
            "Open a token with which a browser brings a card", asked.TempToken, temp.TempTokenAnswer
        ),
        ("POST", f"{api}/tempcard"): _pays(
            "Bring a card from a browser", asked.TempCard, temp.TempCardAnswer, _TEMPORARY
        ),
        ("GET", threeds.CALLBACK_PATH): Operation(
            summary="The page that takes a browser to the bank, and back to the merchant",
            asks=VisitedPayment,
            place=Place.QUERY,
            replies={
                200: Reply(text="A page that goes on by itself.", media_types=HTML_MEDIA),
                404: Reply(text="There is no such payment.", media_types=HTML_MEDIA),
                409: Reply(text="The payment is being processed.", media_types=HTML_MEDIA),
            },
        ),
    }


def _following_operations() -> Operations:
    api = "/api/paywall"
    code = asked.MerchantCode
    return {
        ("POST", f"{api}/payment/provision"): _pays("Capture a hold", asked.Provision),
        ("POST", f"{api}/payment/provision/cancel"): _pays("Give up a hold", code),
        ("POST", f"{api}/private/cancel"): _pays("Void a payment", code, None, _PRIVATE),
        ("POST", f"{api}/private/refund"): _pays("Refund a payment", asked.Refund, None, _PRIVATE),
        ("POST", f"{api}/private/refund/partial"): _pays(
            "Refund a part of a payment", asked.PartialRefund, None, _PRIVATE
        ),
        ("POST", f"{api}/private/revert"): _pays(
            "Void or refund, whichever is possible", asked.Revert, None, _PRIVATE
        ),
    }


def _looking_operations() -> Operations:
    api = "/api/paywall"
    options = lookups.CardOptions | list[lookups.FamilyOptions]
    return {
        ("GET", f"{api}/payment/version"): _pays(
            "Ask whether the service answers", asked.Nothing, str
        ),
        ("GET", f"{api}/bin/inquiry"): _pays(
            "Ask about the first digits of a card", asked.BinInquiry, lookups.BinAnswer
        ),
        ("GET", f"{api}/installment"): _pays(
            "List the ways to pay in parts", asked.Installments, options
        ),
        ("GET", f"{api}/private/query"): _pays(
            "Look a payment up by the caller's name", asked.QueryByMerchantCode, Found, _PRIVATE
        ),
        ("GET", f"{api}/private/query/by/uniquecode"): _pays(
            "Look a payment up by its name", asked.QueryByUniqueCode, Found, _PRIVATE
        ),
        ("GET", f"{api}/private/query/by/paymentid"): _pays(
            "Look a payment up by its number", asked.QueryByPaymentId, Found, _PRIVATE
        ),
    }


_IN_HEADERS: Final = frozenset(
    {
        shapes.ListCards,
        asked.Nothing,
        asked.BinInquiry,
        asked.Installments,
        asked.QueryByMerchantCode,
        asked.QueryByUniqueCode,
        asked.QueryByPaymentId,
    }
)
_BANK_WORDS: Final = (payment_render.DirectAnswer, follow_ups.BankAnswer)


def _cards(
    summary: str, asks: _Struct, body: object = None, *, in_headers: bool = False
) -> Operation:
    place = Place.HEADER if in_headers or asks in _IN_HEADERS else Place.BODY
    return _operation(summary, asks, place, _PRIVATE, (_outcome(Outcome, body),))


def _pays(
    summary: str, asks: _Struct, body: object = None, keys: tuple[str, ...] = _PUBLIC
) -> Operation:
    place = Place.HEADER if asks in _IN_HEADERS else Place.BODY
    # An error may have the payment, or words of the bank's, as its Body.
    bodies = dict.fromkeys((body, *_BANK_WORDS)) if place is Place.BODY else (body,)
    records = tuple(_outcome(PaymentOutcome, body) for body in bodies)
    return _operation(summary, asks, place, keys, records)


def _operation(
    summary: str, asks: _Struct, place: Place, keys: tuple[str, ...], records: tuple[_Struct, ...]
) -> Operation:
    failed = records[:1]
    return Operation(
        summary=summary,
        asks=asks,
        place=place,
        keys=keys,
        replies={
            200: Reply(text="A success, or an error.", records=records),
            401: Reply(text="Wrong keys, where a switch says so.", records=failed),
            413: Reply(text="The body is larger than 1 MB.", records=failed),
            429: Reply(text="Too many requests; Retry-After says when.", records=failed),
            500: Reply(text="A fault of the server.", records=failed),
            503: Reply(text="The server is behind; Retry-After says when.", records=failed),
        },
    )


@cache
def _outcome(front: _Struct, body: object) -> _Struct:
    """The record of an answer, whose Body may be null."""
    kind = None if body is None else Optional[body]  # noqa: UP045 - body is no type to a checker
    name = f"{front.__name__}{_name_of(body)}"
    return merged(name, front, msgspec.defstruct(name, [("body", kind)], rename="pascal"))


def _name_of(body: object) -> str:
    if body is None:
        return ""
    if get_origin(body) is list:
        return f"{_name_of(get_args(body)[0])}s"
    parts = get_args(body)
    return "Or".join(map(_name_of, parts)) if parts else str(getattr(body, "__name__", ""))
