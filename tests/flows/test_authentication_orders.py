"""3-D Secure in every order of events that hypothesis thinks of.

A machine begins payments, brings the bank's words back, completes, lets time pass and kills the
process, one event after the other or several at once, with every call to books and vault giving
way to the others at random. After each event the money and the states must add up.
"""

import asyncio
import random
from collections import Counter

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from builders import SAMPLE_TIME_MS, authenticate_command, complete_command, merchant, ports
from fakes.acquirer import APPROVED, challenge_for, returned_for
from fakes.books import MemoryBooks
from fakes.vault import MemoryVault
from fakes.world import FixedClock
from vezne.core.answer import Declined, DeclineReason, NotFound, Reversed, Risk, Unknown
from vezne.core.attempt import Operation, Outcome
from vezne.core.authentication import LIFE_MS, AuthenticationState
from vezne.core.payment import PaymentState
from vezne.core.refusal import Refusal
from vezne.flows.authenticate import begin, receive
from vezne.flows.complete import complete
from vezne.flows.due import look_at_due
from vezne.flows.pay import CardOnFile, NewCard
from vezne.flows.store_card import StoreCard, store_card

PAYMENTS_MAX = 4
PAUSES_MAX = 3
ANSWERS = (
    APPROVED,
    msgspec.structs.replace(APPROVED, risk=Risk.REJECTED),
    Declined(reason=DeclineReason.INSUFFICIENT_FUNDS, code="51"),
    Unknown(why="silence"),
)
AFTER_SPENDING = {
    PaymentState.AUTHORIZED,
    PaymentState.CAPTURED,
    PaymentState.DECLINED,
    PaymentState.PENDING,
    PaymentState.UNCERTAIN,
    PaymentState.VOIDED,
}
AGREEING = {
    AuthenticationState.OPEN: {PaymentState.AUTHENTICATING},
    AuthenticationState.PASSED: {PaymentState.AUTHENTICATING},
    AuthenticationState.FAILED: {PaymentState.UNAUTHENTICATED},
    AuthenticationState.EXPIRED: {PaymentState.UNAUTHENTICATED},
    AuthenticationState.LAPSED: {PaymentState.UNAUTHENTICATED},
    AuthenticationState.SPENT: AFTER_SPENDING,
}
ENDED = set(AuthenticationState) - {AuthenticationState.OPEN, AuthenticationState.PASSED}

which = st.integers(0, PAYMENTS_MAX - 1)
# For which payment, with which status, and whether about its own transaction or another one's.
words = st.tuples(which, st.sampled_from([1, 1, 0, 4]), st.sampled_from([True, True, False]))
seeds = st.integers(0, 2**16)


class Pauses:
    """Gives way to other tasks, for a number of turns that only the seed knows."""

    def __init__(self):
        self.random = random.Random(0)  # noqa: S311 - to be the same in every run

    async def take(self):
        for _ in range(self.random.randrange(PAUSES_MAX)):
            await asyncio.sleep(0)


def giving_way(methods, target, pauses):
    """Replace methods by ones that pause before and after."""

    def wrap(method):
        async def paused(*args, **kwargs):
            await pauses.take()
            result = await method(*args, **kwargs)
            await pauses.take()
            return result

        return paused

    for name in methods:
        setattr(target, name, wrap(getattr(target, name)))


class Bank:
    """An acquirer that keeps its own record of whom it was asked to charge, and with what proof."""

    name = "bank"

    def __init__(self, clock, pauses):
        self.charges = Counter()
        self.vouched = set()
        self.deadlines = {}
        self.answer = APPROVED
        self.truths = {}
        self.reversed = set()
        self._clock = clock
        self._pauses = pauses

    async def begin(self, ask):
        challenge = challenge_for(ask.payment_number)
        self.deadlines[challenge.transaction_id] = self._clock.now_ms() + LIFE_MS
        await self._pauses.take()
        return challenge

    async def authorize(self, ask):
        await self._pauses.take()
        proof = ask.authentication
        assert proof is not None
        assert proof.is_authenticated
        assert proof.transaction_id in self.vouched
        assert self._clock.now_ms() < self.deadlines[proof.transaction_id]
        if ask.trace in self.reversed:
            return Declined(reason=DeclineReason.GENERAL_ERROR, code="reversed")
        self.charges[proof.transaction_id] += 1
        answer = self.answer
        self.truths[ask.trace] = APPROVED if isinstance(answer, Unknown) else answer
        await self._pauses.take()
        return answer

    async def void(self, ask):
        await self._pauses.take()
        self.truths[ask.trace] = APPROVED
        return APPROVED

    async def inquire(self, ask):
        await self._pauses.take()
        return self.truths.get(ask.trace, NotFound())

    async def reverse(self, ask):
        assert ask.trace not in self.truths
        self.reversed.add(ask.trace)
        await self._pauses.take()
        return Reversed()

    async def capture(self, ask):
        raise AssertionError(ask)

    refund = capture


class Orders(RuleBasedStateMachine):
    """Every rule is an event in the outside world."""

    def __init__(self):
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock, self.pauses = FixedClock(SAMPLE_TIME_MS), Pauses()
        self.books, self.vault = MemoryBooks(), MemoryVault()
        giving_way(("apply", "find_payment", "find_card"), self.books, self.pauses)
        giving_way(
            ("hold", "is_held", "open_held", "drop_held", "keep", "is_blocked"),
            self.vault,
            self.pauses,
        )
        self.bank = Bank(self.clock, self.pauses)
        self.ports = ports(books=self.books, vault=self.vault, acquirer=self.bank, clock=self.clock)
        self.payments = []
        self.results = {}
        self.ends = {}
        self.is_killed = False

    def teardown(self):
        self.runner.close()

    @initialize()
    def a_stored_card(self):
        command = StoreCard(
            merchant=merchant(),
            card=self.vault.present(),
            holder="John Doe",
            alias="",
            email="john@example.com",
        )
        stored = self.runner.run(store_card(command, self.ports))
        self.on_file = CardOnFile(owner_key=stored.owner.key, token=stored.card.token)
        self.vault.in_transit.clear()

    @precondition(lambda self: len(self.payments) < PAYMENTS_MAX)
    @rule(
        kind=st.sampled_from(["new", "registered", "stored", "stored with code"]),
        is_passed=st.booleans(),
    )
    def a_payment_begins(self, kind, is_passed):
        if kind == "stored":
            card = self.on_file
        elif kind == "stored with code":
            card = msgspec.structs.replace(self.on_file, transit_id=1)
        else:
            sealed = self.vault.present()
            card = NewCard(card=sealed, holder="John Doe", register=kind == "registered")
        begun = self.runner.run(begin(authenticate_command(card=card), self.ports))
        self.vault.in_transit.clear()
        self.payments.append(begun.payment)
        if is_passed:
            self.run([self.word(len(self.payments) - 1, 1, is_own=True)])

    @precondition(lambda self: self.payments)
    @rule(word=words)
    def a_word_comes_back(self, word):
        self.run([self.word(*word)])

    @precondition(lambda self: self.payments)
    @rule(number=which, answer=st.sampled_from(ANSWERS))
    def a_payment_is_completed(self, number, answer):
        self.bank.answer = answer
        self.run([self.completion(number)])

    @precondition(lambda self: self.payments)
    @rule(
        seed=seeds,
        words=st.lists(words, max_size=3),
        completions=st.lists(which, min_size=1, max_size=4),
        answer=st.sampled_from(ANSWERS),
    )
    def much_happens_at_once(self, seed, words, completions, answer):
        self.pauses.random.seed(seed)
        self.bank.answer = answer
        self.run(self.all_of(words, completions))

    @precondition(lambda self: self.payments)
    @rule(
        seed=seeds,
        words=st.lists(words, max_size=2),
        completions=st.lists(which, min_size=1, max_size=3),
        turns=st.integers(0, 40),
    )
    def the_process_is_killed(self, seed, words, completions, turns):
        """At a random moment of what was going on; then it starts again."""
        self.pauses.random.seed(seed)
        self.bank.answer = APPROVED
        self.check(self.runner.run(self.happen(self.all_of(words, completions), turns)))
        self.is_killed = True
        self.start_again()

    @rule()
    def the_process_is_restarted(self):
        self.start_again()

    @rule(seed=seeds, ms=st.sampled_from([0, 15_000]))
    def somebody_looks_at_what_is_due(self, seed, ms):
        self.pauses.random.seed(seed)
        self.clock.advance(ms=ms)
        self.run([look_at_due(merchant(), self.ports)])
        assert all(item.due_ms > self.clock.now_ms() for item in self.books.unanswered)

    @rule(ms=st.sampled_from([1, 60_000, LIFE_MS // 2, LIFE_MS]))
    def time_passes(self, ms):
        self.clock.advance(ms=ms)

    @invariant()
    def nobody_pays_twice(self):
        assert all(count == 1 for count in self.bank.charges.values())
        approved = Counter(
            number
            for number, payment in self.books.payments.items()
            for attempt in payment.attempts
            if attempt.operation is Operation.AUTHORIZE and attempt.outcome is Outcome.APPROVED
        )
        assert all(count == 1 for count in approved.values())

    @invariant()
    def states_agree(self):
        for payment in self.books.payments.values():
            assert payment.state in AGREEING[payment.authentication.state]

    @invariant()
    def the_first_word_stands_and_ends_are_final(self):
        for number, payment in self.books.payments.items():
            authentication = payment.authentication
            if authentication.result is not None:
                assert self.results.setdefault(number, authentication.result) == (
                    authentication.result
                )
            if authentication.state in ENDED:
                assert self.ends.setdefault(number, authentication.state) is authentication.state
            else:
                assert number not in self.ends

    @invariant()
    def who_pays_was_charged(self):
        """What the books call paid is what the bank was asked for, and nothing else is."""
        for payment in self.books.payments.values():
            charges = self.bank.charges[payment.authentication.transaction_id]
            outcome = payment.attempts[0].outcome if payment.attempts else None
            if outcome is Outcome.REVERSED:
                assert charges == 0
            elif outcome is None:
                assert charges <= 1
            else:
                assert charges == (payment.authentication.state is AuthenticationState.SPENT)

    @invariant()
    def no_card_is_left_behind(self):
        assert not self.vault.in_transit
        for number in self.vault.held:
            assert self.books.payments[number].state is PaymentState.AUTHENTICATING
        if not self.is_killed:
            stored = {(card.merchant_id, card.token) for card in self.books.cards.values()}
            assert set(self.vault.kept) == stored

    def all_of(self, words, completions):
        return [self.word(*word) for word in words] + [
            self.completion(number) for number in completions
        ]

    def payment(self, number):
        return self.payments[number % len(self.payments)]

    async def word(self, number, md_status, is_own):
        payment = self.payment(number)
        about = payment if is_own else self.payment(number + 1)
        if about is payment and md_status == 1:
            self.bank.vouched.add(payment.authentication.transaction_id)
        word = returned_for(payment, md_status, about.authentication.transaction_id)
        await receive(word, self.ports)

    async def completion(self, number):
        await complete(complete_command(self.payment(number)), self.ports)

    def run(self, events):
        """Several events at once. Only a refusal may come of them."""

        self.check(self.runner.run(self.happen(events, turns=None)))

    def check(self, outcomes):
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(
                outcome, Refusal | asyncio.CancelledError
            ):
                raise outcome

    async def happen(self, events, turns):
        """Start all events, and cut them off after so many turns of the loop."""
        tasks = [asyncio.ensure_future(event) for event in events]
        if turns is not None:
            for _ in range(turns):
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    def start_again(self):
        """Nothing of the memory is left."""
        self.vault.held.clear()
        self.vault.in_transit.clear()


TestOrders = Orders.TestCase
TestOrders.settings = settings(max_examples=200, stateful_step_count=30)
