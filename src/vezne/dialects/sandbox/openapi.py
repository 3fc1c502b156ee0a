"""The door in words, for the description of the server."""

from http import HTTPStatus
from typing import Final

import msgspec

from vezne.dialects.sandbox.clock import ClockAnswer, ClockMove
from vezne.dialects.sandbox.endpoint import Failed
from vezne.dialects.sandbox.faults import FaultAnswer, FaultList, FaultWish, Removed
from vezne.dialects.sandbox.merchants import (
    MerchantAnswer,
    MerchantWish,
    ResetAnswer,
    ResetWish,
)
from vezne.edge.description import Description, Json, Operation, Place, Reply

_SCHEME: Final = "sandbox"
_TEXT: Final = "Merchants for tests, their clocks, and faults on demand. In sandbox mode only."
_LANGUAGE: Final[Json] = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "The language of error messages.",
    "schema": {"type": "string", "enum": ["tr", "en"]},
}


class FaultName(msgspec.Struct, frozen=True, kw_only=True):
    """DELETE /sandbox/faults. Without an id all are meant."""

    id: int | None = None


def describe() -> Description:
    """The door in words."""
    clock, faults = "/sandbox/clock", "/sandbox/faults"
    return Description(
        text=_TEXT,
        operations={
            ("GET", clock): _operation("Ask what time it is", None, ClockAnswer),
            ("POST", clock): _operation("Move the clock", ClockMove, ClockAnswer),
            ("GET", faults): _operation("List the faults to come", None, FaultList),
            ("POST", faults): _operation("Put a fault up", FaultWish, FaultAnswer),
            ("DELETE", faults): _operation("Take faults away", FaultName, Removed),
            ("POST", "/sandbox/merchants"): _operation(
                "Make a merchant", MerchantWish, MerchantAnswer
            ),
            ("POST", "/sandbox/reset"): _operation("Begin anew", ResetWish, ResetAnswer),
        },
        schemes={
            _SCHEME: {
                "type": "http",
                "scheme": "basic",
                "description": "The merchant's iyzico API key and secret key.",
            }
        },
        headers=(_LANGUAGE,),
        facts={
            "advance": {"examples": ["8d", "12h", "30m", "90s", "1d12h"]},
            "set": {"examples": ["2035-01-02T10:00"]},
            "amount": {"examples": ["1.2"]},
            "id": {"minimum": 0, "maximum": 10**18 - 1},
        },
        needs={"FaultWish": ("kind",), "MerchantWish": ("name",)},
    )


# What is answered with 201.
_MAKES: Final = (FaultWish, MerchantWish)


def _operation(
    summary: str, asks: type[msgspec.Struct] | None, answer: type[msgspec.Struct]
) -> Operation:
    good = HTTPStatus.CREATED if asks in _MAKES else HTTPStatus.OK
    words = {
        400: "The request is wrong.",
        401: "Wrong keys.",
        403: "Not for this caller.",
        404: "There is no such fault.",
        409: "It cannot be done now.",
        413: "The body is larger than 1 MB.",
        429: "Too many requests; Retry-After says when.",
        500: "A fault of the server.",
        503: "The server is behind; Retry-After says when.",
    }
    failures = {status: Reply(text=text, records=(Failed,)) for status, text in words.items()}
    return Operation(
        summary=summary,
        asks=asks,
        place=Place.QUERY if asks is FaultName else Place.BODY,
        keys=(_SCHEME,),
        replies={good: Reply(text="Done.", records=(answer,)), **failures},
    )
