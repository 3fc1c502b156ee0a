"""The bank's host: a message in, a message out."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from simbank.acs.scenarios import Scenario
from simbank.acs.transactions import ENTRY_PATH, LIFE_MS, Transaction, seal
from simbank.cards import card_rules, card_scenarios
from simbank.proofs import is_proven, mask_of, transaction_id
from simbank.references import FollowUps, key_from_seed, stamp
from simbank.rules import decide_begin, decide_follow_up, decide_payment
from vezne.wire.simacs import Begin, Offer
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

    With `only_test_cards` a number that is not in the table of cards is declined. `return_key` is
    the secret that the bank shares with its acquirer, and `clock` tells the epoch time in
    milliseconds; both serve 3-D Secure only.
    """

    def __init__(
        self,
        seed: str,
        *,
        only_test_cards: bool = False,
        return_key: bytes,
        clock: Callable[[], int],
    ) -> None:
        self._only_test_cards = only_test_cards
        self._key = key_from_seed(seed)
        self._return_key = return_key
        self._clock = clock
        self._rules = card_rules()
        self._scenarios = card_scenarios()

    async def handle(self, message: bytes) -> bytes:
        """The reply to a message; nothing when the bank is silent.

        What cannot be read gets a format error with trace 0.
        """
        try:
            request = decode_request(message)
        except MalformedMessage:
            return encode_reply(Reply(trace=0, code=ResponseCode.FORMAT_ERROR))
        reply = self._reply(request)
        return b"" if reply is None else encode_reply(reply)

    def _reply(self, request: Request) -> Reply | None:
        if request.operation in _PAYMENTS:
            return self._reply_to_payment(request)
        if request.operation in _FOLLOW_UPS:
            return self._reply_to_follow_up(request)
        if request.operation == Operation.BEGIN and request.begin is not None:
            return self._reply_to_begin(request, request.begin)
        return Reply(trace=request.trace, code=ResponseCode.FUNCTION_NOT_SUPPORTED)

    def _reply_to_payment(self, request: Request) -> Reply | None:
        rule, is_test_card = decide_payment(request, self._rules)
        if rule.is_silent:
            return None
        if not is_proven(self._key, request):
            return Reply(trace=request.trace, code=ResponseCode.INVALID_CAVV)
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

    def _reply_to_begin(self, request: Request, begin: Begin) -> Reply | None:
        """An offer whatever the card's payments are answered with, or nothing at all."""
        code = decide_begin(request, self._rules, only_test_cards=self._only_test_cards)
        scenario = self._scenarios.get(request.pan, Scenario.CHALLENGE)
        if code is ResponseCode.APPROVED and scenario is Scenario.BEGIN_REFUSED:
            code = ResponseCode.GENERAL_ERROR
        if code is not ResponseCode.APPROVED:
            return Reply(trace=request.trace, code=code)
        if scenario is Scenario.BEGIN_UNANSWERED:
            return None
        return Reply(trace=request.trace, code=code, offer=self._offer(request, begin, scenario))

    def _offer(self, request: Request, begin: Begin, scenario: Scenario) -> Offer:
        now_ms = self._clock()
        name = transaction_id(self._key, begin.merchant_id, request.trace)
        transaction = Transaction(
            merchant_id=begin.merchant_id,
            payment_number=request.trace,
            transaction_id=name,
            scenario=scenario,
            mask=mask_of(request.pan),
            merchant_name=begin.merchant_name,
            amount_e8=request.amount_e8,
            currency=request.currency,
            installments=request.installments,
            language=begin.language,
            return_url=begin.return_url,
            begun_ms=now_ms,
            expires_ms=now_ms + LIFE_MS,
        )
        site = urlsplit(begin.return_url)
        return Offer(
            url=f"{site.scheme}://{site.netloc}{ENTRY_PATH}",
            token=seal(self._return_key, transaction),
            transaction_id=name,
        )
