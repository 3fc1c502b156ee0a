"""The bank's host: a message in, a message out."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from simbank.acs.scenarios import Scenario
from simbank.acs.transactions import ENTRY_PATH, LIFE_MS, Transaction, seal
from simbank.cards import card_rules, card_scenarios
from simbank.faults import AMOUNT_FAULTS, BankFault, BankFaultKind, CallFacts, Faults
from simbank.journal import Journal
from simbank.memory import GENERATION_MAX, Memory
from simbank.operations import PAYMENTS, Operations
from simbank.proofs import mask_of, transaction_id
from simbank.records import Record, Standing, shown_digits
from simbank.references import key_from_seed
from simbank.rules import decide_begin
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

_OPERATIONS: Final = {operation.value: operation for operation in Operation}
_FOLLOW_UPS: Final = frozenset({Operation.CAPTURE, Operation.VOID, Operation.REFUND})
_MONEY: Final = PAYMENTS | _FOLLOW_UPS
# What a line brings when the bank says nothing.
_SILENCE: Final = b""
# What it brings in place of the answer to what happened.
_INSTEAD: Final[Mapping[BankFaultKind, bytes]] = {
    BankFaultKind.SILENCE_AFTER: _SILENCE,
    BankFaultKind.GARBAGE: b"<html>502 Bad Gateway</html>",
}


class Host:
    """Issuer and acquirer in one. It remembers what it did, in memory or in a journal.

    Two hosts of the same seed that hear the same messages give the same replies. With
    `only_test_cards` a number that is not in the table of cards is declined. `return_key` is the
    secret that the bank shares with its acquirer, and `clock` tells the epoch time in milliseconds;
    both serve 3-D Secure only.

    The last `generation_max` operations are remembered at least, and twice as many at most.
    `faults` tells what goes wrong with a merchant's message, if anything; it comes before the
    faults of cards and amounts. `sleep` waits that many seconds. Raises OSError and DamagedJournal
    when the journal cannot be used.
    """

    def __init__(
        self,
        seed: str,
        *,
        only_test_cards: bool = False,
        return_key: bytes,
        clock: Callable[[], int],
        journal: Path | None = None,
        generation_max: int = GENERATION_MAX,
        faults: Faults | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._only_test_cards = only_test_cards
        self._key = key_from_seed(seed)
        self._return_key = return_key
        self._clock = clock
        self._faults = faults
        self._sleep = sleep
        self._rules = card_rules()
        self._scenarios = card_scenarios()
        self._card_faults = {
            shown_digits(pan): rule.fault for pan, rule in self._rules.items() if rule.fault
        }
        self._memory = Memory(None if journal is None else Journal(journal), generation_max)
        self._operations = Operations(
            self._key, self._rules, self._memory, only_test_cards=only_test_cards
        )
        # Messages under way: nobody else holds on to them.
        self._late: set[asyncio.Future[bytes]] = set()

    async def handle(self, message: bytes) -> bytes:
        """The reply to a message, as `answer` gives it."""
        reply = self.answer(message)
        return reply if isinstance(reply, bytes) else await reply

    def answer(self, message: bytes) -> bytes | Awaitable[bytes]:
        """The reply to a message; to be waited for only when something goes wrong on purpose.

        It is empty when the bank is silent. What cannot be read gets a format error with trace 0.
        Who stops waiting does not stop what happens. Raises OSError when the journal cannot be
        written; then nothing happened.
        """
        try:
            request = decode_request(message)
        except MalformedMessage:
            return encode_reply(Reply(trace=0, code=ResponseCode.FORMAT_ERROR))
        operation = _OPERATIONS.get(request.operation)
        if operation is None:
            return _refuse(request, ResponseCode.FUNCTION_NOT_SUPPORTED)
        fault = self._fault_of(operation, request)
        if fault is None:
            return self._answer(operation, request)
        return self._misbehave(fault, operation, request)

    def operations(self) -> list[Record]:
        """Every operation that is remembered, once, as it now stands; older ones first."""
        return self._operations.records()

    def standing(self, merchant_id: int, payment_trace: int) -> Standing | None:
        """What an approved authorization or sale comes to; None when none is remembered."""
        return self._operations.standing(merchant_id, payment_trace)

    def close(self) -> None:
        """Close the journal, and forget messages that are under way."""
        for late in self._late:
            late.cancel()
        self._memory.close()

    def _fault_of(self, operation: Operation, request: Request) -> BankFault | None:
        """What goes wrong with a message; cards and amounts leave the finding out alone."""
        faults = self._faults
        if faults is not None and faults.has_faults(request.merchant_id):
            fault = faults.take(request.merchant_id, _facts_of(operation, request))
            if fault is not None:
                return fault
        if operation in PAYMENTS:
            rule = self._rules.get(request.pan)
            fault = None if rule is None else rule.fault
        elif operation in _FOLLOW_UPS:
            fault = self._card_faults.get(self._operations.card_of_named(request))
        else:
            return None
        return fault or AMOUNT_FAULTS.get(request.amount_e8)

    async def _misbehave(self, fault: BankFault, operation: Operation, request: Request) -> bytes:
        if fault.kind is BankFaultKind.SILENCE_BEFORE:
            return _SILENCE
        if fault.kind is BankFaultKind.DECLINE:
            return self._answer(operation, request, fault.code)
        if fault.kind is BankFaultKind.LATE:
            late = asyncio.ensure_future(self._answer_late(fault, operation, request))
            self._late.add(late)
            late.add_done_callback(self._late.discard)
            # Whoever waits may go; the message is under way.
            return await asyncio.shield(late)
        reply = self._answer(operation, request)
        if fault.kind is BankFaultKind.DUPLICATE:
            reply = self._answer(operation, request)
        if fault.kind is BankFaultKind.LATENCY:
            await self._sleep(fault.delay_ms / 1000)
        return _INSTEAD.get(fault.kind, reply)

    async def _answer_late(self, fault: BankFault, operation: Operation, request: Request) -> bytes:
        await self._sleep(fault.delay_ms / 1000)
        return self._answer(operation, request)

    def _answer(self, operation: Operation, request: Request, decline: str = "") -> bytes:
        """The reply to a message that came; new business is declined with a code if given."""
        if operation in _MONEY:
            return encode_reply(self._operations.do(operation, request, decline))
        if decline:
            return _refuse(request, decline)
        if operation is Operation.INQUIRY:
            return encode_reply(self._operations.tell(request))
        if operation is Operation.REVERSAL:
            return encode_reply(self._operations.undo(request))
        if request.begin is None:
            return _refuse(request, ResponseCode.FUNCTION_NOT_SUPPORTED)
        reply = self._reply_to_begin(request, request.begin)
        return _SILENCE if reply is None else encode_reply(reply)

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
        name = transaction_id(self._key, request.merchant_id, request.trace)
        transaction = Transaction(
            merchant_id=request.merchant_id,
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


def _facts_of(operation: Operation, request: Request) -> CallFacts:
    bin, last4 = shown_digits(request.pan)
    return CallFacts(
        operation=operation,
        amount_e8=request.amount_e8,
        currency=request.currency,
        bin=bin,
        last4=last4,
    )


def _refuse(request: Request, code: str) -> bytes:
    return encode_reply(Reply(trace=request.trace, code=code))
