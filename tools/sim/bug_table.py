"""Money bugs that the simulator must find: mistakes of the kind that hurried edits make."""

from typing import Final

from tools.sim.mutant import Bug

BUGS: Final = (
    Bug(
        "the bank is asked before the payment is promised",
        "vezne.flows.pay",
        """    try:
        # Committed before a byte is sent.
        await promise(""",
        """    from vezne.core.acquirer import AuthorizeAsk

    await ports.acquirer.authorize(
        AuthorizeAsk(
            merchant_id=payment.merchant_id,
            trace=payment.attempts[-1].number,
            card=presented.card,
            amount_e8=payment.paid_e8,
            currency=payment.currency,
            installments=payment.installments,
            is_capture=payment.kind is PaymentKind.SALE,
        )
    )
    try:
        await promise(""",
    ),
    Bug(
        "a follow-up is sent before it is promised",
        "vezne.flows.follow_up",
        """    await ports.books.apply(changes_of(decision.payment, payment, now_ms))
""",
        """    await ask_bank(payment, ports)
    await ports.books.apply(changes_of(decision.payment, payment, now_ms))
""",
    ),
    Bug(
        "silence is a decline",
        "vezne.flows.authorize",
        "after = leave_unanswered(payment, inquire_ms=now_ms + INQUIRY_DELAYS_MS[0])",
        'after = decline(payment, Declined(reason=DeclineReason.TIMEOUT, code="68"), now_ms)',
    ),
    Bug(
        "a message that may have arrived is sent again, then counts as not sent",
        "vezne.acquirers.simulator.adapter",
        "                if failure.is_sent:\n",
        "                if failure.is_sent and not failure.args:\n",
    ),
    Bug(
        "an answer to another question is believed",
        "vezne.acquirers.simulator.messages",
        "    if reply.trace != trace:\n",
        "    if reply.trace < 0:\n",
        seed=5,
    ),
    Bug(
        "the last one to write a payment wins",
        "vezne.storage.payments",
        """_CHANGE = \"""UPDATE payments
SET version = ?, state = ?, due_ms = ?, document = ?, standing = ?, paid_e8 = ?
WHERE merchant_id = ? AND number = ? AND version = ?""",
        """_CHANGE = \"""UPDATE payments
SET version = ?, state = ?, due_ms = ?, document = ?, standing = ?, paid_e8 = ?
WHERE merchant_id = ? AND number = ? AND version >= ?""",
        seed=2,
    ),
    Bug(
        "nothing is booked",
        "vezne.flows.record",
        "        changes.append(AddBooking(booking))\n",
        "",
    ),
    Bug(
        "a refund is not booked",
        "vezne.core.ledger",
        "    if payment.refunds:\n",
        "    if payment.refunds and payment.voided_ms:\n",
    ),
    Bug(
        "a void leaves the money in the ledger",
        "vezne.core.ledger",
        """    if payment.state is _CAPTURED:
        return _captured(payment)
""",
        """    if payment.state in (PaymentState.CAPTURED, PaymentState.VOIDED):
        return _captured(payment)
""",
    ),
    Bug(
        "released money becomes due twice",
        "vezne.core.ledger",
        "        own_e8 += line.figures.blockage_e8\n",
        "        own_e8 += 2 * line.figures.blockage_e8\n",
    ),
    Bug(
        "withheld money is never released",
        "vezne.core.payment",
        "            return self.blockage_resolved_ms\n",
        "            return None\n",
    ),
    Bug(
        "a balance is overwritten instead of added to",
        "vezne.storage.ledger",
        '{", ".join(f"{name} = balances.{name} + excluded.{name}" for name in touched)}',
        '{", ".join(f"{name} = excluded.{name}" for name in touched)}',
    ),
    Bug(
        "a capture keeps the amount of the hold",
        "vezne.core.follow_ups",
        "        paid_e8=attempt.amount_e8,\n",
        "",
    ),
    Bug(
        "a payment's refunds forget what a line gave back before",
        "vezne.core.follow_ups",
        "part_e8 = min(left_e8, payment.refundable_e8(line_number))",
        "part_e8 = min(left_e8, payment.pricing.lines[payment.line_index(line_number)].paid_e8)",
        seed=3,
    ),
    Bug(
        "a line's refund has no limit",
        "vezne.flows.refund",
        "    if command.amount_e8 > payment.refundable_e8(command.line_number):\n",
        "    if command.amount_e8 > payment.paid_e8:\n",
    ),
    Bug(
        "all follow-ups of a payment have one trace number",
        "vezne.flows.follow_up",
        "        number=await ports.numbers.take(1),\n",
        "        number=decision.payment.line_numbers.stop + 7_000_000_000,\n",
    ),
    Bug(
        "a follow-up starts although another one is open",
        "vezne.core.follow_ups",
        """    after(payment.state, _EVENTS[attempt.operation])
    if payment.open_attempt is not None:
""",
        """    after(payment.state, _EVENTS[attempt.operation])
    if payment.open_attempt is not None and payment.voided_ms is not None:
""",
        seed=2,
    ),
    Bug(
        "a repetition does not see that its reference is taken",
        "vezne.flows.pay",
        "    if command.claims_reference:\n",
        "    if command.claims_reference and not command.conversation_id:\n",
    ),
    Bug(
        "a reference that is taken is taken over",
        "vezne.flows.inquire",
        "            raise Refusal(Reason.REFERENCE_TAKEN)\n",
        "            return payment.number\n",
    ),
    Bug(
        "what the bank never heard of is not reversed",
        "vezne.flows.recover",
        "    return payment, await ports.acquirer.reverse(ask)\n",
        "    return payment, Reversed()\n",
    ),
    Bug(
        "a reversal is sent before it is written down",
        "vezne.flows.recover",
        """        before, payment = payment, begin_reversal(payment)
        await ports.books.apply(changes_of(before, payment, ports.clock.now_ms()))
""",
        "",
        seed=2,
    ),
    Bug(
        "the bank's late no is not understood",
        "vezne.acquirers.simulator.messages",
        "    if not reply.found.is_approved:\n",
        "    if not reply.found.code:\n",
    ),
    Bug(
        "a follow-up that was found out is recorded once more",
        "vezne.flows.follow_up",
        "        after = stored or payment\n",
        """        after = stored or payment
        if isinstance(answer, Approved):
            stored, after = after, settle_follow_up(after, answer, now_ms)
            await ports.books.apply(changes_of(stored, after, now_ms))
""",
        seed=8,
    ),
    Bug(
        "a shop is told what the bank said and not what is recorded",
        "vezne.flows.follow_up",
        "answer=_recorded(attempt, answer)",
        "answer=answer",
        seed=8,
    ),
    Bug(
        "a payment that the fraud filter rejects is kept",
        "vezne.flows.authorize",
        " and answer.risk is _REJECTED:\n",
        " and answer.risk is _REJECTED and payment.voided_ms:\n",
    ),
    Bug(
        "a rejected payment is kept when its answer was late",
        "vezne.flows.recover",
        "        if is_authorization and answer.risk is Risk.REJECTED:\n",
        "        if is_authorization and answer.risk is Risk.REJECTED and payment.voided_ms:\n",
        seed=7,
    ),
    Bug(
        "the undoing of a rejected payment is given up when it cannot be sent",
        "vezne.flows.follow_up",
        "    if is_unsent and attempt.verdict is Risk.REJECTED:\n",
        "    if is_unsent and attempt.verdict is Risk.REVIEW:\n",
        seed=4,
    ),
    Bug(
        "the undoing of a rejected payment is promised too late",
        "vezne.flows.authorize",
        """    await ports.books.apply(changes_of(payment, rejected, now_ms))
""",
        """    await ports.books.apply(changes_of(payment, approved, now_ms))
    rejected = open_follow_up(approved, undo)
    await ports.books.apply(changes_of(approved, rejected, now_ms))
""",
        seed=58,
    ),
    Bug(
        "a card is stored after its payment instead of with it",
        "vezne.flows.authorize",
        """        await ports.books.apply(changes)
    except Conflict:
        # The""",
        """        await ports.books.apply(changes[:-1] if presented.new_card else changes)
        if presented.new_card:
            await ports.books.apply(changes[-1:])
    except Conflict:
        # The""",
        seed=3,
    ),
    Bug(
        "the number of a card is forgotten that was stored",
        "vezne.flows.authorize",
        """    if not isinstance(answer, Approved):
        await forget_unused(presented, ports)
    return after
""",
        """    await forget_unused(presented, ports)
    return after
""",
    ),
    Bug(
        "an idempotency key is not tied to the work",
        "vezne.flows.once",
        """            await books.apply([*changes, ChangeOnceKey(begun)])
""",
        """            await books.apply(changes)
            return
""",
    ),
    Bug(
        "work that had begun is begun again",
        "vezne.flows.once",
        "        if stored.state is OnceState.BEGUN:\n            raise",
        "        if stored.state is OnceState.DONE:\n            raise",
    ),
    Bug(
        "somebody who works on a request is not waited for",
        "vezne.flows.once",
        """        if stored.is_worked_on(now_ms):
            return None
        if stored.state is OnceState.BEGUN:
            raise Refusal(Reason.ONCE_OUTCOME_UNKNOWN)
""",
        "",
    ),
    Bug(
        "the journal leaves out what happened first",
        "vezne.flows.record",
        "    for entry in journal_between(before, after, now_ms):\n",
        "    for entry in journal_between(before, after, now_ms)[1:]:\n",
    ),
    Bug(
        "an event is not told",
        "vezne.flows.record",
        "        changes.append(AddNotice(notice))\n",
        "        changes += []\n",
    ),
    Bug(
        "a webhook that failed counts as told",
        "vezne.flows.notify",
        "        after = postpone(notice, str(problem), telling.now_ms)\n",
        "        after = deliver(notice)\n",
    ),
    Bug(
        "webhooks overtake each other",
        "vezne.storage.outbox",
        "    AND older.version < notice.version\n",
        "    AND older.version < 0\n",
    ),
    Bug(
        "a payout leaves what it pays to the next one",
        "vezne.storage.payouts",
        "    if change.last is None:\n        return writes\n",
        "    if change.last is None or payout.sequence % 2:\n        return writes\n",
    ),
    Bug(
        "what was paid is carried over",
        "vezne.core.payout",
        "        return self.carried_in_e8 + self.taken_e8 - self.amount_e8\n",
        "        return self.carried_in_e8 + self.taken_e8\n",
    ),
    Bug(
        "money becomes payable and no payout hears of it",
        "vezne.flows.record",
        "        changes += map(AddPayable, payables_between(",
        "        map(AddPayable, payables_between(",
    ),
    Bug(
        "an interrupted payout is never finished",
        "vezne.flows.payout",
        "        await _finish(payout, ports, value_ms)\n    for currency",
        "        continue\n    for currency",
        seed=6,
    ),
    Bug(
        "numbers are given out again after a restart",
        "vezne.storage.numbers",
        "await self._engine.apply([Write(_CLAIM, (start + count, start))])",
        "await self._engine.apply([Write(_CLAIM, (start, start))])",
        seed=2,
    ),
)
