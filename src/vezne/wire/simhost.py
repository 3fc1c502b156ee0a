"""The messages that the built-in bank and its acquirer exchange: JSON, a request and a reply.

Both sides name an operation by the merchant and the trace number of its request. Nothing here
prints card data.
"""

import enum
import re
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from vezne.wire.simacs import Begin, Offer, Proof

_COUNT_MAX: Final = 2**63 - 1


class Operation(enum.StrEnum):
    """What the bank is asked for. A request may name another one, which the bank declines."""

    BEGIN = "begin"
    AUTHORIZATION = "authorization"
    SALE = "sale"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"
    INQUIRY = "inquiry"
    REVERSAL = "reversal"


class ResponseCode(enum.StrEnum):
    """The bank's own words for its decision.

    Numbers are the codes of ISO 8583:1987 field 39 and the networks' common additions to it (75,
    78, 82, 93). A letter and a digit are this bank's own, where the standard has no word.
    """

    APPROVED = "00"
    REFER_TO_ISSUER = "01"
    INVALID_MERCHANT = "03"
    PICKUP_CARD = "04"
    DO_NOT_HONOUR = "05"
    GENERAL_ERROR = "06"
    INVALID_TRANSACTION = "12"
    INVALID_AMOUNT = "13"
    INVALID_CARD_NUMBER = "14"
    NO_SUCH_ISSUER = "15"
    CANCELLED_BY_CUSTOMER = "17"
    RECORD_NOT_FOUND = "25"
    FORMAT_ERROR = "30"
    FRAUD_SUSPECT = "34"
    FUNCTION_NOT_SUPPORTED = "40"
    LOST_CARD = "41"
    STOLEN_CARD = "43"
    INSUFFICIENT_FUNDS = "51"
    EXPIRED_CARD = "54"
    INVALID_PIN = "55"
    NOT_PERMITTED_TO_CARDHOLDER = "57"
    NOT_PERMITTED_TO_TERMINAL = "58"
    WITHDRAWAL_LIMIT_EXCEEDED = "61"
    RESTRICTED_CARD = "62"
    RESPONSE_TOO_LATE = "68"
    PIN_ATTEMPTS_EXCEEDED = "75"
    BLOCKED_CARD = "78"
    INVALID_CVV = "82"
    ISSUER_UNAVAILABLE = "91"
    ROUTE_NOT_FOUND = "92"
    RESTRICTED_BY_LAW = "93"
    DUPLICATE_TRANSMISSION = "94"
    RECONCILE_ERROR = "95"
    SYSTEM_MALFUNCTION = "96"

    AMOUNT_BELOW_AWARD = "A1"
    INSUFFICIENT_AWARD = "A2"
    AMEX_ONLY_MEMBERSHIP_REWARDS = "A3"
    AWARD_WITH_INSTALLMENTS = "A4"
    AWARD_LIMIT_EXCEEDED = "A5"

    INVALID_CVV_LENGTH = "C1"
    CVV_ATTEMPTS_EXCEEDED = "C2"
    INVALID_CAVV = "C3"
    INVALID_ECI = "C4"
    INVALID_EXPIRY = "C5"
    INVALID_CARD_TYPE = "C6"

    DECLINED = "D1"
    BLOCKED_BY_BANK = "D2"
    LOCAL_DECLINE = "D3"
    REMOTE_DECLINE = "D4"
    REVERSED = "D5"

    PROCESSING_ERROR = "E1"
    UNSPECIFIED_ERROR = "E2"
    INVALID_EMAIL_CHARACTERS = "E3"
    TIMEOUT = "E4"
    REMOTE_ERROR = "E5"
    LOCAL_ERROR = "E6"
    BALANCE_ERROR = "E7"
    TRANSFER_NOT_MADE = "E8"

    CARD_NOT_PERMITTED = "P1"
    DEBIT_NEEDS_AUTHENTICATION = "P2"
    DEBIT_INSTALLMENTS_NOT_ALLOWED = "P3"
    FOREIGN_CARD_NOT_PERMITTED = "P4"
    INSTALLMENTS_NOT_PERMITTED = "P5"
    TRANSACTION_AMOUNT_EXCEEDED = "P6"

    DEBIT_REFUND_IMPOSSIBLE = "R1"
    DEBIT_REFUND_INVALID = "R2"
    LINE_REFUND_LIMIT_EXCEEDED = "R3"
    REFUND_DECLINED = "R4"


class FraudVerdict(enum.StrEnum):
    """What the bank's fraud filter thinks of an approved payment."""

    ACCEPTED = "accepted"
    REVIEW = "review"
    REJECTED = "rejected"


class MalformedMessage(Exception):
    """The bytes are no message of this codec."""


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What the bank is asked.

    `expiry` is YYMM as in ISO 8583 field 14. Card data belongs to authorizations and sales,
    `reference` and `auth_code` (the bank's names for an earlier approval) to what follows them. An
    inquiry or a reversal has the trace of the request that it is about, and its amount. `begin` is
    what opens a 3-D Secure authentication, whose trace is the number of the payment; `proof` is
    what an authorization has of one. What may stand in texts is checked beside their lengths by
    `decode_request`.
    """

    operation: str
    merchant_id: Annotated[int, Meta(ge=0, le=_COUNT_MAX)]
    trace: Annotated[int, Meta(ge=1, le=_COUNT_MAX)]
    amount_e8: int
    currency: Annotated[str, Meta(min_length=3, max_length=3)]
    installments: Annotated[int, Meta(ge=1, le=99)] = 1
    pan: Annotated[str, Meta(max_length=19)] = ""
    cvv: Annotated[str, Meta(max_length=4)] = ""
    expiry: Annotated[str, Meta(max_length=4)] = ""
    reference: str = ""
    auth_code: str = ""
    begin: Begin | None = None
    proof: Proof | None = None

    def __repr__(self) -> str:
        return f"Request({self.operation!r}, trace={self.trace})"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What the bank knows of a request that it was asked about: its decision and the code for it.

    What was undone is not approved.
    """

    is_approved: bool
    code: str


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What the bank says.

    An approval has an `auth_code` and a `reference`; that of a payment also has the verdict of the
    fraud filter and says whether the card is one of the bank's test cards. A 3-D Secure
    authentication that was opened has an `offer` instead. An inquiry has `found`, and the rest of
    the approval where that was one; without a record its code is 25. The trace is 0 when the bank
    could not read the request.
    """

    trace: int
    code: Annotated[str, Meta(min_length=2, max_length=2)]
    auth_code: str = ""
    reference: str = ""
    verdict: FraudVerdict | None = None
    is_test_card: bool | None = None
    offer: Offer | None = None
    found: Found | None = None


_ENCODER = msgspec.json.Encoder()
_REQUESTS = msgspec.json.Decoder(Request)
_REPLIES = msgspec.json.Decoder(Reply)
# What the decoder raises over bad bytes: invalid UTF-8 and deep nesting have their own errors.
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_CVV_LENGTHS: Final = frozenset({0, 3, 4})
_MONTHS: Final = frozenset(f"{month:02d}" for month in range(1, 13))
_LISTED: Final = frozenset(ResponseCode)
_CODE: Final = re.compile("[0-9A-Z]{2}")


def encode_request(request: Request) -> bytes:
    """The message of a request."""
    return _ENCODER.encode(request)


def encode_around_card(request: Request) -> tuple[bytes, bytes, bytes]:
    """The message of a request that has no card data yet, cut where PAN and CVV belong.

    Putting digits, or nothing, into both cuts makes it whole.
    """
    return b'{"pan":"', b'","cvv":"', b'",' + _ENCODER.encode(request)[1:]


def encode_around_pan(request: Request) -> tuple[bytes, bytes]:
    """Likewise for a message without CVV, cut where the PAN belongs."""
    return b'{"pan":"', b'",' + _ENCODER.encode(request)[1:]


def decode_request(message: bytes) -> Request:
    """The request in a message. Raises MalformedMessage."""
    try:
        request = _REQUESTS.decode(message)
    except _UNREADABLE:
        # The cause would quote the message, which has a card number in it.
        raise MalformedMessage from None
    if not _is_sound(request):
        raise MalformedMessage
    return request


def encode_reply(reply: Reply) -> bytes:
    """The message of a reply."""
    return _ENCODER.encode(reply)


def decode_reply(message: bytes) -> Reply:
    """The reply in a message. Raises MalformedMessage."""
    try:
        reply = _REPLIES.decode(message)
    except _UNREADABLE:
        raise MalformedMessage from None
    if reply.code not in _LISTED and not _CODE.fullmatch(reply.code):
        raise MalformedMessage
    return reply


def _is_sound(request: Request) -> bool:
    """Whether texts of the right lengths are what they should be.

    The decoder could match patterns, and would take eight times as long for it.
    """
    digits = request.pan + request.cvv + request.expiry
    currency = request.currency
    return (
        (not digits or (digits.isascii() and digits.isdigit()))
        and len(request.cvv) in _CVV_LENGTHS
        and (not request.expiry or request.expiry[2:] in _MONTHS)
        and currency.isascii()
        and currency.isalpha()
        and currency.isupper()
    )
