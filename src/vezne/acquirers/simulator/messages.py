"""Requests to the bank as templates with slots for the card, and its replies as answers."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from vezne.acquirers.simulator.codes import DECLINES, RISKS
from vezne.core.acquirer import (
    AuthorizeAsk,
    BeginAsk,
    Challenge,
    FollowUpAsk,
    ForgedReturn,
    InquireAsk,
    Returned,
)
from vezne.core.answer import (
    Answer,
    Approved,
    Declined,
    DeclineReason,
    NotFound,
    Reversed,
    Unknown,
)
from vezne.core.attempt import Operation as Asked
from vezne.core.authentication import AuthenticationResult
from vezne.core.card import CardSlot, Expiry
from vezne.wire.simacs import Begin, ForgedForm, Proof, open_return
from vezne.wire.simhost import (
    MalformedMessage,
    Operation,
    Reply,
    Request,
    ResponseCode,
    decode_reply,
    encode_around_card,
    encode_around_pan,
    encode_request,
)

Template = Sequence[bytes | CardSlot]

# Bound once: to look a member up in its enum costs as much as a call.
_PAN: Final = CardSlot.PAN
_CVV: Final = CardSlot.CVV
_SALE: Final = Operation.SALE
_AUTHORIZATION: Final = Operation.AUTHORIZATION
_APPROVED: Final = ResponseCode.APPROVED
_TWO_DIGITS: Final = tuple(f"{number:02d}" for number in range(100))


def authorize_template(ask: AuthorizeAsk) -> Template:
    """The message of an authorization or sale, with slots for PAN and CVV."""
    head, middle, tail = encode_around_card(
        Request(
            operation=_SALE if ask.is_capture else _AUTHORIZATION,
            merchant_id=ask.merchant_id,
            trace=ask.trace,
            amount_e8=ask.amount_e8,
            currency=ask.currency,
            installments=ask.installments,
            expiry=_to_yymm(ask.card.expiry),
            proof=None if ask.authentication is None else _proof(ask.authentication),
        )
    )
    return (head, _PAN, middle, _CVV, tail)


def begin_template(ask: BeginAsk) -> Template:
    """The message that opens an authentication, with a slot for the PAN. The CVV stays here."""
    head, tail = encode_around_pan(
        Request(
            operation=Operation.BEGIN,
            merchant_id=ask.merchant_id,
            trace=ask.payment_number,
            amount_e8=ask.amount_e8,
            currency=ask.currency,
            installments=ask.installments,
            expiry=_to_yymm(ask.card.expiry),
            begin=Begin(
                merchant_name=ask.merchant_name,
                language=_language(ask.language),
                return_url=ask.return_url,
            ),
        )
    )
    return (head, _PAN, tail)


def follow_up_template(operation: Operation, ask: FollowUpAsk) -> Template:
    """The message of a capture, void or refund. It has no slots."""
    request = Request(
        operation=operation,
        merchant_id=ask.merchant_id,
        trace=ask.trace,
        amount_e8=ask.amount_e8,
        currency=ask.currency,
        reference=ask.reference,
        auth_code=ask.auth_code,
    )
    return (encode_request(request),)


def about_template(operation: Operation, ask: InquireAsk) -> Template:
    """The message of an inquiry or a reversal. It has no slots."""
    request = Request(
        operation=operation,
        merchant_id=ask.merchant_id,
        trace=ask.trace,
        amount_e8=ask.amount_e8,
        currency=ask.currency,
    )
    return (encode_request(request),)


def answer_to_authorize(message: bytes, trace: int) -> Answer:
    """What the reply to an authorization or sale means."""
    reply = _reply_to(message, trace)
    return _approved_payment(reply) if isinstance(reply, Reply) else reply


def answer_to_follow_up(message: bytes, trace: int) -> Answer:
    """What the reply to a capture, void or refund means."""
    reply = _reply_to(message, trace)
    return _approved_follow_up(reply) if isinstance(reply, Reply) else reply


def answer_to_inquiry(message: bytes, ask: InquireAsk) -> Approved | Declined | NotFound | Unknown:
    """What the reply to an inquiry means.

    The bank says beside the code whether it approved, so that a decline is one whatever its code.
    """
    reply = _read(message, ask.trace)
    if isinstance(reply, Unknown):
        return reply
    if reply.code == ResponseCode.RECORD_NOT_FOUND:
        return NotFound()
    if reply.code != ResponseCode.APPROVED or reply.found is None:
        return Unknown(why=f"response code {reply.code} to an inquiry")
    if not reply.found.is_approved:
        reason = DECLINES.get(reply.found.code, DeclineReason.UNSPECIFIED_ERROR)
        return Declined(reason=reason, code=reply.found.code)
    if ask.operation is Asked.AUTHORIZE:
        return _approved_payment(reply)
    return _approved_follow_up(reply)


def answer_to_reversal(message: bytes, trace: int) -> Reversed | Unknown:
    """What the reply to a reversal means: only an acknowledgement settles anything."""
    reply = _read(message, trace)
    if isinstance(reply, Unknown):
        return reply
    if reply.code == ResponseCode.APPROVED:
        return Reversed()
    return Unknown(why=f"response code {reply.code} to a reversal")


def answer_to_begin(message: bytes, trace: int) -> Challenge | Declined | Unknown:
    """What the reply to the opening of an authentication means."""
    reply = _reply_to(message, trace)
    if isinstance(reply, Reply):
        if reply.offer is None:
            return _INCOMPLETE
        return Challenge(
            url=reply.offer.url,
            fields={"token": reply.offer.token},
            transaction_id=reply.offer.transaction_id,
        )
    return reply


def returned_from(key: bytes, fields: Mapping[str, str]) -> Returned:
    """The bank's word in a form that a browser brought. Raises ForgedReturn."""
    try:
        outcome = open_return(key, fields)
    except ForgedForm:
        raise ForgedReturn from None
    return Returned(
        merchant_id=outcome.merchant_id,
        payment_number=outcome.payment_number,
        result=AuthenticationResult(
            md_status=outcome.md_status,
            transaction_id=outcome.transaction_id,
            eci=outcome.eci,
            cavv=outcome.cavv,
        ),
    )


_INCOMPLETE = Unknown(why="the approval lacks a field")


def _reply_to(message: bytes, trace: int) -> Reply | Declined | Unknown:
    """The approval in a message, or the answer when it is none.

    Success and decline must both be explicit; everything else is unknown.
    """
    reply = _read(message, trace)
    if isinstance(reply, Unknown) or reply.code == _APPROVED:
        return reply
    reason = DECLINES.get(reply.code)
    if reason is None:
        return Unknown(why=f"unlisted response code {reply.code}")
    return Declined(reason=reason, code=reply.code)


def _read(message: bytes, trace: int) -> Reply | Unknown:
    """The reply in a message, if it is one to this trace number."""
    try:
        reply = decode_reply(message)
    except MalformedMessage:
        return Unknown(why="unreadable reply")
    if reply.trace != trace:
        return Unknown(why="the reply belongs to another trace number")
    return reply


def _approved_payment(reply: Reply) -> Approved | Unknown:
    if not (reply.auth_code and reply.reference):
        return _INCOMPLETE
    if reply.verdict is None or reply.is_test_card is None:
        return _INCOMPLETE
    return Approved(
        auth_code=reply.auth_code,
        reference=reply.reference,
        risk=RISKS[reply.verdict],
        is_test_card=reply.is_test_card,
    )


def _approved_follow_up(reply: Reply) -> Approved | Unknown:
    if not (reply.auth_code and reply.reference):
        return _INCOMPLETE
    return Approved(auth_code=reply.auth_code, reference=reply.reference)


def _proof(result: AuthenticationResult) -> Proof:
    """What the bank needs to know its own authentication again."""
    return Proof(
        transaction_id=result.transaction_id,
        eci=result.eci,
        cavv=result.cavv,
    )


def _language(language: str) -> Literal["tr", "en"]:
    return "en" if language == "en" else "tr"


def _to_yymm(expiry: Expiry) -> str:
    return _TWO_DIGITS[expiry.year % 100] + _TWO_DIGITS[expiry.month]
