"""The bank's host: a message in, a message out."""

from typing import Final

from simbank.cards import card_rules
from simbank.references import FollowUps, key_from_seed, stamp
from simbank.rules import decide_follow_up, decide_payment
from vezne.wire.simhost import (
    MalformedMessage,
    Operation,
    Reply,
    Request,
    ResponseCode,
    decode_request,
    encode_reply,
)

_PAYMENTS: Final = frozenset({Operation.AUTHORIZATION, Operation.SALE})
_FOLLOW_UPS: Final = frozenset({Operation.CAPTURE, Operation.VOID, Operation.REFUND})


class Host:
    """Issuer and acquirer in one. The same seed and message always give the same reply.

    With `only_test_cards` a number that is not in the table of cards is declined.
    """

    def __init__(self, seed: str, *, only_test_cards: bool = False) -> None:
        self._only_test_cards = only_test_cards
        self._key = key_from_seed(seed)
        self._rules = card_rules()

    async def handle(self, message: bytes) -> bytes:
        """The reply to a message. What cannot be read gets a format error with trace 0."""
        try:
            request = decode_request(message)
        except MalformedMessage:
            return encode_reply(Reply(trace=0, code=ResponseCode.FORMAT_ERROR))
        return encode_reply(self._reply(request))

    def _reply(self, request: Request) -> Reply:
        if request.operation in _PAYMENTS:
            return self._reply_to_payment(request)
        if request.operation in _FOLLOW_UPS:
            return self._reply_to_follow_up(request)
        return Reply(trace=request.trace, code=ResponseCode.FUNCTION_NOT_SUPPORTED)

    def _reply_to_payment(self, request: Request) -> Reply:
        rule, is_test_card = decide_payment(request, self._rules)
        if rule.code is not ResponseCode.APPROVED:
            return Reply(trace=request.trace, code=rule.code)
        if self._only_test_cards and not is_test_card:
            return Reply(trace=request.trace, code=ResponseCode.INVALID_CARD_NUMBER)
        mark = stamp(self._key, request.operation, request.trace)
        return Reply(
            trace=request.trace,
            code=rule.code,
            auth_code=mark.auth_code,
            reference=mark.reference(
                FollowUps.GRANTED if rule.can_follow_up else FollowUps.DECLINED
            ),
            verdict=rule.verdict,
            is_test_card=is_test_card,
        )

    def _reply_to_follow_up(self, request: Request) -> Reply:
        code = decide_follow_up(request)
        if code is not ResponseCode.APPROVED:
            return Reply(trace=request.trace, code=code)
        mark = stamp(self._key, request.operation, request.trace)
        is_void = request.operation == Operation.VOID
        return Reply(
            trace=request.trace,
            code=code,
            auth_code=mark.auth_code,
            reference=mark.void_reference() if is_void else mark.reference(),
        )
