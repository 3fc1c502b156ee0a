"""The door in words, for the description of the server."""

from collections.abc import Mapping
from functools import cache
from typing import Final

import msgspec

from vezne.dialects.paynet import (
    answers,
    gate,
    shapes,
    tds,
    transaction_answers,
    transaction_shapes,
)
from vezne.edge.description import (
    HTML_MEDIA,
    JSON_MEDIA,
    Description,
    Json,
    Operation,
    Place,
    Reply,
    merged,
)

_TEXT: Final = """\
The protocol of Paynet: PaynetJ for pages, and the services for a merchant's server. JSON, forms \
and XML are taken alike, and whoever accepts XML first is answered in it. Field names may be \
written in any case. A code of 0 or 100 is a success. Preflights (OPTIONS) of the services that \
pages call are answered."""
_PUBLISHABLE: Final = ("paynetPublishable",)
_SECRET: Final = ("paynetSecret",)
_MEDIA: Final = (*JSON_MEDIA, "application/xml")
_LANGUAGE: Final[Json] = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "The language of messages: English when it comes first, Turkish otherwise.",
    "schema": {"type": "string", "enum": ["tr", "en"]},
}


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What follows the fields of a success."""

    object_name: str | None
    code: int
    message: str


class PageResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The same of PaynetJ, with one name in the spelling of the documentation's samples."""

    object_name: str | None
    obeject_name: str | msgspec.UnsetType = msgspec.UNSET
    code: int
    message: str


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """What is said instead. `code` is the HTTP status, `result_code` that of the documentation."""

    type: str
    message: str
    code: int
    result_code: int


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """No fields beyond the result."""


DetailRow: Final = merged(
    "DetailRow", transaction_answers.CheckItem, transaction_answers.DetailItem
)


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/transaction/check."""

    rows: list[transaction_answers.CheckItem] = msgspec.field(name="Data")


class Detailed(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/transaction/detail."""

    rows: list[DetailRow] = msgspec.field(name="Data")  # type: ignore[valid-type]


class ListedTransactions(transaction_answers.Listed, frozen=True, kw_only=True):
    """POST /v1/transaction/list."""

    rows: list[transaction_answers.ListItem] = msgspec.field(name="Data")


class ListedReversals(transaction_answers.Listed, frozen=True, kw_only=True):
    """POST /v1/transaction/reversal_list."""

    rows: list[transaction_answers.ReversalItem] = msgspec.field(name="Data")


_LIRA: Final[Json] = {
    "type": ["number", "string", "null"],
    "pattern": r"^[0-9]{1,9}([.,][0-9]{1,2})?$",
    "description": "Lira.",
    "examples": [10.37],
}
_KURUS: Final[Json] = {"description": "Kuruş.", "examples": [1037]}
_FACTS: Final[Mapping[str, Json]] = {
    "amount": _KURUS,
    "DirectPayment.amount": _LIRA,
    "DirectPayment.company_amount": _LIRA,
    "TdsInitial.amount": _LIRA,
    "TdsInitial.company_amount": _LIRA,
    "Charge.amount": {"description": "Lira or kuruş, as the session was opened with."},
    "token": {"description": "The publishable key once more."},
    "reference_no": {"description": "The caller's own name for a payment."},
    "card_hash": {"description": "A stored card."},
    "card_owner_id": {"description": "The owner of stored cards."},
    "user_unique_id": {"description": "The caller's own name for a customer."},
    "bin": {"examples": ["552879"]},
    "month": {"examples": [12]},
    "year": {"examples": [2030]},
    "expire_month": {"examples": [12]},
    "expire_year": {"examples": [2030]},
    "domain": {"examples": ["shop.example"]},
    "return_url": {"examples": ["https://shop.example/paid"]},
    "datab": {"description": "The first day.", "examples": ["2026-12-01"]},
    "datbi": {"description": "The last day.", "examples": ["2026-12-31"]},
}
_SESSION: Final = ("session_id",)
_PAYER: Final = ("amount", "reference_no", "card_holder", "pan", "month", "year", "cvc")
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "Auth": ("amount",),
    "AuthUpdate": _SESSION,
    "SaveCard": _SESSION,
    "CheckBin": (*_SESSION, "bin"),
    "CheckCardBin": (*_SESSION, "card_hash"),
    "CreateToken": (*_SESSION, "card_holder", "pan", "month", "year"),
    "CreateCardToken": (*_SESSION, "card_hash"),
    "Gate": (*_SESSION, "token_id", "publishable_key"),
    "Charge": (*_SESSION, "token_id"),
    "CardSave": ("card_number", "card_holder", "expire_month", "expire_year"),
    "CardName": ("card_hash",),
    "CardDescription": ("card_hash", "card_desc"),
    "ReversedRequest": ("xact_id",),
    "Reversal": ("xact_id",),
    "TransactionList": ("datab", "datbi"),
    "ReversalList": ("datab", "datbi"),
    "DirectPayment": _PAYER,
    "TdsInitial": (*_PAYER, "return_url"),
    "TdsCharge": (*_SESSION, "token_id"),
}

Operations = dict[tuple[str, str], Operation]
_Struct = type[msgspec.Struct]


def describe() -> Description:
    """The door in words."""
    key = {"type": "apiKey", "in": "header", "name": "Authorization"}
    return Description(
        text=_TEXT,
        operations={
            **_page_operations(),
            **_browser_operations(),
            **_card_operations(),
            **_lookup_operations(),
            **_payment_operations(),
        },
        schemes={
            "paynetPublishable": {**key, "description": "`Basic` and the publishable key."},
            "paynetSecret": {**key, "description": "`Basic` and the secret key, good everywhere."},
        },
        headers=(_LANGUAGE,),
        facts=_FACTS,
        needs=_NEEDS,
    )


def _page_operations() -> Operations:
    api = "/v1/paynetj"
    named, checked, token = answers.SessionNamed, answers.BinChecked, answers.TokenCreated
    return {
        ("POST", f"{api}/auth"): _paynetj("Open a session", shapes.Auth, answers.SessionOpened),
        ("POST", f"{api}/auth_update"): _paynetj("Change a session", shapes.AuthUpdate, named),
        ("POST", f"{api}/save_card"): _paynetj(
            "Wish for the card to be stored", shapes.SaveCard, named
        ),
        ("POST", f"{api}/savecard"): _paynetj(
            "Wish for the card to be stored", shapes.SaveCard, named
        ),
        ("POST", f"{api}/check_bin"): _paynetj(
            "List the ways to pay with a card", shapes.CheckBin, checked
        ),
        ("POST", f"{api}/check_card_bin"): _paynetj(
            "List the ways to pay with a stored card", shapes.CheckCardBin, checked
        ),
        ("POST", f"{api}/create_token"): _paynetj("Bring a card", shapes.CreateToken, token),
        ("POST", f"{api}/create_card_token"): _paynetj(
            "Choose a stored card", shapes.CreateCardToken, token
        ),
    }


def _browser_operations() -> Operations:
    page = Reply(text="A page that goes on by itself.", media_types=HTML_MEDIA)

    def visit(place: Place) -> Operation:
        return Operation(
            summary="The page that takes a browser to the bank, and back to the merchant",
            asks=shapes.Gate,
            place=place,
            replies={200: page, **_failures()},
        )

    return {
        ("GET", gate.PATH): visit(Place.QUERY),
        ("POST", gate.PATH): visit(Place.BODY),
        ("GET", tds.GATE_PATH): visit(Place.QUERY),
        ("POST", tds.GATE_PATH): visit(Place.BODY),
    }


def _card_operations() -> Operations:
    return {
        ("POST", "/v1/card/list"): _server(
            "List a customer's cards", shapes.CardList, answers.CardsListed
        ),
        ("POST", "/v1/card/save"): _server("Store a card", shapes.CardSave, answers.CardSaved),
        ("POST", "/v1/card/desc_update"): _server(
            "Change what a card is called", shapes.CardDescription
        ),
        ("POST", "/v1/card/delete"): _server("Delete a card", shapes.CardName),
    }


def _lookup_operations() -> Operations:
    asked = transaction_shapes
    ratios = transaction_answers.Ratios
    return {
        ("POST", "/v1/transaction/check"): _server(
            "Ask what became of a transaction", asked.TransactionName, Checked
        ),
        ("POST", "/v1/transaction/detail"): _server(
            "Look a transaction up", asked.TransactionName, Detailed
        ),
        ("POST", "/v1/transaction/list"): _server(
            "List transactions", asked.TransactionList, ListedTransactions
        ),
        ("POST", "/v1/transaction/reversal_list"): _server(
            "List voids and refunds", asked.ReversalList, ListedReversals
        ),
        ("POST", "/v1/ratio/get"): _server("List the ways to pay", asked.RatioGet, ratios),
        ("POST", "/v1/ratio/get_public"): _operation(
            "List the ways to pay, for pages", asked.RatioGet, _PUBLISHABLE, (ratios, Result)
        ),
    }


def _payment_operations() -> Operations:
    asked, paid = transaction_shapes, transaction_answers.DirectPaid
    charged = answers.Charged
    return {
        ("POST", "/v1/transaction/charge"): _server(
            "Take the money of a token", shapes.Charge, charged
        ),
        ("POST", "/v1/transaction/capture"): _server("Capture a hold", asked.Capture, charged),
        ("POST", "/v1/transaction/reversed_request"): _server(
            "Void or refund a payment", asked.ReversedRequest
        ),
        ("POST", "/v1/transaction/preauth_reversal"): _server("Give up a hold", asked.Reversal),
        ("POST", "/v1/transaction/capture_reversal"): _server(
            "Undo a capture", asked.Reversal, charged
        ),
        ("POST", "/v2/transaction/payment"): _server("Pay", asked.DirectPayment, paid),
        ("POST", "/v2/transaction/tds_initial"): _server(
            "Begin a payment with 3-D Secure", asked.TdsInitial, transaction_answers.TdsBegun
        ),
        ("POST", "/v2/transaction/tds_charge"): _server(
            "Take the money of an authenticated payment", asked.TdsCharge, paid
        ),
    }


def _server(summary: str, asks: _Struct, fields: _Struct = Nothing) -> Operation:
    return _operation(summary, asks, _SECRET, (fields, Result))


def _paynetj(summary: str, asks: _Struct, fields: _Struct) -> Operation:
    return _operation(summary, asks, _PUBLISHABLE, (fields, PageResult))


def _operation(
    summary: str, asks: _Struct, keys: tuple[str, ...], parts: tuple[_Struct, _Struct]
) -> Operation:
    fields, result = parts
    # What the bank declines may have no fields.
    records = tuple(dict.fromkeys((_answered(fields, result), result)))
    return Operation(
        summary=summary,
        asks=asks,
        keys=keys,
        replies={
            200: Reply(text="The outcome.", records=(*records, Error), media_types=_MEDIA),
            **_failures(),
        },
    )


def _failures() -> dict[int, Reply]:
    words = {
        400: "The request is wrong.",
        401: "Nobody has that key.",
        403: "The key is not good for this.",
        404: "There is no such thing.",
        409: "Something else happens to it just now.",
        413: "The body is larger than 1 MB.",
        422: "The key of this request belongs to another one.",
        429: "Too many requests; Retry-After says when.",
        500: "A fault of the server, or the bank did not answer.",
        503: "The server is behind; Retry-After says when.",
    }
    return {
        status: Reply(text=text, records=(Error,), media_types=_MEDIA)
        for status, text in words.items()
    }


@cache
def _answered(fields: _Struct, result: _Struct) -> _Struct:
    """The record of a success: the endpoint's fields, then the result."""
    if fields is Nothing:
        return result
    return merged(f"{fields.__name__}Answer", fields, result)
