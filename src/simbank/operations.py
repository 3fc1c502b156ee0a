"""The bank's business: each operation is done once, remembered, told about, and undone."""

from typing import Final

import msgspec

from simbank.cards import Rule
from simbank.memory import Memory
from simbank.proofs import is_proven
from simbank.records import Record, Standing, shown_digits
from simbank.references import FollowUps, Names
from simbank.rules import decide_follow_up, decide_payment
from vezne.wire.simhost import Found, Operation, Reply, Request, ResponseCode

PAYMENTS: Final = frozenset({Operation.AUTHORIZATION, Operation.SALE})

# Bound once: to look a member up in its enum costs as much as a call.
_APPROVED: Final = ResponseCode.APPROVED
_GRANTED: Final = FollowUps.GRANTED
_DECLINED: Final = FollowUps.DECLINED


class Operations:
    """What the bank does about money. `key` is that of its auth codes and references.

    The same request again under its trace number gets the same answer, and nothing is done twice.
    """

    def __init__(
        self, key: bytes, rules: dict[str, Rule], memory: Memory, *, only_test_cards: bool
    ) -> None:
        self._key = key
        self._names = Names(key)
        self._rules = rules
        self._memory = memory
        self._only_test_cards = only_test_cards

    def do(self, operation: Operation, request: Request, decline: str = "") -> Reply:
        """The answer to a payment or a follow-up; a new one is declined with a code if given."""
        with self._memory:
            known = self._memory.find(request.merchant_id, request.trace)
            if known is not None:
                return _answer_again(known, request)
            if decline:
                record = _record(operation, request, decline)
            elif operation in PAYMENTS:
                record = self._pay(operation, request)
            else:
                record = self._follow_up(operation, request)
            self._memory.keep(record)
            return _reply(record)

    def tell(self, request: Request) -> Reply:
        """The answer to an inquiry: what became of the request that had its trace number."""
        with self._memory:
            known = self._memory.find(request.merchant_id, request.trace)
        if known is None:
            return Reply(trace=request.trace, code=ResponseCode.RECORD_NOT_FOUND)
        if known.is_approved:
            found = Found(is_approved=True, code=known.code)
            return msgspec.structs.replace(_reply(known), found=found)
        code = ResponseCode.REVERSED if known.is_reversed else known.code
        return Reply(
            trace=request.trace,
            code=ResponseCode.APPROVED,
            found=Found(is_approved=False, code=code),
        )

    def undo(self, request: Request) -> Reply:
        """The answer to a reversal. What has not come yet is refused should it still come.

        What was followed up stays.
        """
        with self._memory:
            known = self._memory.find(request.merchant_id, request.trace)
            if known is None:
                never = _record(Operation.REVERSAL, request, ResponseCode.APPROVED)
                self._memory.keep(msgspec.structs.replace(never, is_reversed=True))
            elif known.is_approved:
                if self._memory.is_followed_up(known):
                    return Reply(trace=request.trace, code=ResponseCode.INVALID_TRANSACTION)
                self._memory.keep(msgspec.structs.replace(known, is_reversed=True))
        return Reply(trace=request.trace, code=ResponseCode.APPROVED)

    def card_of_named(self, request: Request) -> tuple[str, str]:
        """The digits that are known of the card behind the approval that a follow-up names."""
        with self._memory:
            named = self._named(request)
            payment = named and self._memory.find(named.merchant_id, named.payment_trace)
        return (payment.bin, payment.last4) if payment else ("", "")

    def records(self) -> list[Record]:
        """Every operation that is remembered, once, as it now stands; older ones first."""
        with self._memory:
            return list(self._memory.records())

    def standing(self, merchant_id: int, payment_trace: int) -> Standing | None:
        """What an approved authorization or sale comes to; None when none is remembered."""
        with self._memory:
            return self._memory.standing(merchant_id, payment_trace)

    def _pay(self, operation: Operation, request: Request) -> Record:
        rule, is_test_card = decide_payment(request, self._rules)
        if request.proof is not None and not is_proven(self._key, request, request.proof):
            return _record(operation, request, ResponseCode.INVALID_CAVV)
        if rule.code is not _APPROVED:
            return _record(operation, request, rule.code)
        if self._only_test_cards and not is_test_card:
            return _record(operation, request, ResponseCode.INVALID_CARD_NUMBER)
        follow_ups = _GRANTED if rule.can_follow_up else _DECLINED
        auth_code, reference = self._free_names(operation, request, follow_ups)
        bin, last4 = shown_digits(request.pan)
        return Record(
            merchant_id=request.merchant_id,
            trace=request.trace,
            operation=operation,
            amount_e8=request.amount_e8,
            currency=request.currency,
            code=rule.code,
            auth_code=auth_code,
            reference=reference,
            refers_to=request.reference,
            payment_trace=request.trace,
            installments=request.installments,
            bin=bin,
            last4=last4,
            verdict=rule.verdict,
            is_test_card=is_test_card,
        )

    def _follow_up(self, operation: Operation, request: Request) -> Record:
        named = self._named(request)
        payment_trace = 0 if named is None else named.payment_trace
        standing = self._memory.standing(request.merchant_id, payment_trace)
        code = decide_follow_up(request, named, standing)
        if code is not _APPROVED:
            return _record(operation, request, code)
        auth_code, reference = self._free_names(operation, request, _GRANTED)
        return msgspec.structs.replace(
            _record(operation, request, code),
            auth_code=auth_code,
            reference=reference,
            payment_trace=payment_trace,
        )

    def _named(self, request: Request) -> Record | None:
        return self._memory.find_approval(request.merchant_id, request.reference, request.auth_code)

    def _free_names(
        self, operation: Operation, request: Request, follow_ups: FollowUps
    ) -> tuple[str, str]:
        """Auth code and reference of an approval, such as no other of the merchant's has."""
        attempt = 0
        while True:
            auth_code, reference = self._names.of(operation, request.trace, attempt, follow_ups)
            if self._memory.find_approval(request.merchant_id, reference, auth_code) is None:
                return auth_code, reference
            attempt += 1


def _record(operation: Operation, request: Request, code: str) -> Record:
    bin, last4 = shown_digits(request.pan)
    return Record(
        merchant_id=request.merchant_id,
        trace=request.trace,
        operation=operation,
        amount_e8=request.amount_e8,
        currency=request.currency,
        code=code,
        refers_to=request.reference,
        installments=request.installments,
        bin=bin,
        last4=last4,
    )


def _answer_again(known: Record, request: Request) -> Reply:
    if known.is_reversed:
        return Reply(trace=request.trace, code=ResponseCode.REVERSED)
    if not known.is_of(request):
        return Reply(trace=request.trace, code=ResponseCode.DUPLICATE_TRANSMISSION)
    return _reply(known)


def _reply(record: Record) -> Reply:
    return Reply(
        trace=record.trace,
        code=record.code,
        auth_code=record.auth_code,
        reference=record.reference,
        verdict=record.verdict,
        is_test_card=record.is_test_card,
    )
