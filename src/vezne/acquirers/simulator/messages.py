"""Requests to the bank as templates with slots for the card, and its replies as answers."""

from collections.abc import Sequence

from vezne.acquirers.simulator.codes import DECLINES, RISKS
from vezne.core.answer import Answer, Approved, Declined, Unknown
from vezne.core.card import CardSlot, Expiry
from vezne.core.ports import AuthorizeAsk, FollowUpAsk
from vezne.wire.simhost import (
    MalformedMessage,
    Operation,
    Reply,
    Request,
    ResponseCode,
    decode_reply,
    encode_around_card,
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
        )
    )
    return (head, CardSlot.PAN, middle, CardSlot.CVV, tail)


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
        if reply.verdict is None or reply.is_test_card is None:
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
        return Approved(auth_code=reply.auth_code, reference=reply.reference)
    return reply


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
    return reply if reply.auth_code and reply.reference else _INCOMPLETE


def _to_yymm(expiry: Expiry) -> str:
    return f"{expiry.year % 100:02d}{expiry.month:02d}"
