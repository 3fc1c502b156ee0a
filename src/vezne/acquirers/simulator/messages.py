"""Requests to the bank as templates with slots for the card, and its replies as answers."""

from collections.abc import Mapping, Sequence
from typing import Literal

from vezne.acquirers.simulator.codes import DECLINES, RISKS
from vezne.core.answer import Answer, Approved, Declined, Unknown
from vezne.core.authentication import AuthenticationResult
from vezne.core.card import CardSlot, Expiry
from vezne.core.ports import (
    AuthorizeAsk,
    BeginAsk,
    Challenge,
    FollowUpAsk,
    ForgedReturn,
    Returned,
)
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


def authorize_template(ask: AuthorizeAsk) -> Template:
    """The message of an authorization or sale, with slots for PAN and CVV."""
    head, middle, tail = encode_around_card(
        Request(
            operation=Operation.SALE if ask.is_capture else Operation.AUTHORIZATION,
            trace=ask.trace,
            amount_e8=ask.amount_e8,
            currency=ask.currency,
            installments=ask.installments,
            expiry=_to_yymm(ask.card.expiry),
            proof=_proof(ask),
        )
    )
    return (head, CardSlot.PAN, middle, CardSlot.CVV, tail)


def begin_template(ask: BeginAsk) -> Template:
    """The message that opens an authentication, with a slot for the PAN. The CVV stays here."""
    head, tail = encode_around_pan(
        Request(
            operation=Operation.BEGIN,
            trace=ask.payment_number,
            amount_e8=ask.amount_e8,
            currency=ask.currency,
            installments=ask.installments,
            expiry=_to_yymm(ask.card.expiry),
            begin=Begin(
                merchant_id=ask.merchant_id,
                merchant_name=ask.merchant_name,
                language=_language(ask.language),
                return_url=ask.return_url,
            ),
        )
    )
    return (head, CardSlot.PAN, tail)


def follow_up_template(operation: Operation, ask: FollowUpAsk) -> Template:
    """The message of a capture, void or refund. It has no slots."""
    request = Request(
        operation=operation,
        trace=ask.trace,
        amount_e8=ask.amount_e8,
        currency=ask.currency,
        reference=ask.reference,
    )
    return (encode_request(request),)


def answer_to_authorize(message: bytes, trace: int) -> Answer:
    """What the reply to an authorization or sale means."""
    reply = _reply_to(message, trace)
    if isinstance(reply, Reply):
        if not _has_names(reply) or reply.verdict is None or reply.is_test_card is None:
            return _INCOMPLETE
        return Approved(
            auth_code=reply.auth_code,
            reference=reply.reference,
            risk=RISKS[reply.verdict],
            is_test_card=reply.is_test_card,
        )
    return reply


def answer_to_follow_up(message: bytes, trace: int) -> Answer:
    """What the reply to a capture, void or refund means."""
    reply = _reply_to(message, trace)
    if isinstance(reply, Reply):
        if not _has_names(reply):
            return _INCOMPLETE
        return Approved(auth_code=reply.auth_code, reference=reply.reference)
    return reply


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
    try:
        reply = decode_reply(message)
    except MalformedMessage:
        return Unknown(why="unreadable reply")
    if reply.trace != trace:
        return Unknown(why="the reply belongs to another trace number")
    if reply.code != ResponseCode.APPROVED:
        reason = DECLINES.get(reply.code)
        if reason is None:
            return Unknown(why=f"unlisted response code {reply.code}")
        return Declined(reason=reason, code=reply.code)
    return reply


def _has_names(reply: Reply) -> bool:
    return bool(reply.auth_code and reply.reference)


def _proof(ask: AuthorizeAsk) -> Proof | None:
    """What the bank needs to know its own authentication again; None when there was none."""
    result = ask.authentication
    if result is None:
        return None
    return Proof(
        merchant_id=ask.merchant_id,
        transaction_id=result.transaction_id,
        eci=result.eci,
        cavv=result.cavv,
    )


def _language(language: str) -> Literal["tr", "en"]:
    return "en" if language == "en" else "tr"


def _to_yymm(expiry: Expiry) -> str:
    return f"{expiry.year % 100:02d}{expiry.month:02d}"
