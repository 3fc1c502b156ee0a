"""Whatever happens in whatever order: no money is lost, invented, or paid twice."""

import asyncio
from collections import Counter

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import SAMPLE_TIME_MS, basket, merchant, pay_command, ports
from fakes.acquirer import APPROVED, ScriptedAcquirer
from fakes.books import MemoryBooks
from fakes.ledger import checked
from fakes.vault import MemoryVault
from vezne.core.changes import AddSubMerchant, ChangeSubMerchant
from vezne.core.money import UNIT
from vezne.core.payout import PayoutState
from vezne.core.refusal import Refusal
from vezne.core.sub_merchant import Details, SubMerchant, SubMerchantKind
from vezne.flows.charge_back import ChargeBack, charge_back_payment
from vezne.flows.cross_book import CrossBook, cross_book
from vezne.flows.due import catch_up
from vezne.flows.marketplace import DecideOnLine, approve, disapprove
from vezne.flows.pay import NewCard, pay
from vezne.flows.payout import BOUNCING_IBAN
from vezne.flows.refund import RefundPayment, refund_payment

IBANS = (BOUNCING_IBAN, "TR980006200119000006670002", "")
SELLER = SubMerchant(
    merchant_id=7,
    key="seller",
    version=1,
    kind=SubMerchantKind.PERSONAL,
    external_id="S1",
    created_ms=SAMPLE_TIME_MS,
    details=Details(iban=IBANS[1], identity_number="74300864791", blockage_e8=UNIT // 3),
)

places = st.integers(0, 9)
amounts = st.integers(1, 30 * UNIT)
events = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), amounts, amounts, st.booleans()),
        st.tuples(st.just("pay"), amounts, amounts, st.just(True)),
        st.tuples(st.just("refund"), places, amounts),
        st.tuples(st.just("charge_back"), places, amounts),
        st.tuples(st.just("approve"), places, st.sampled_from([True, True, False])),
        st.tuples(st.just("cross_book"), st.booleans(), amounts),
        st.tuples(st.just("move"), st.sampled_from(IBANS), st.sampled_from(IBANS)),
        st.tuples(st.just("wait"), st.integers(1, 12)),
        st.tuples(st.just("fail"), st.integers(1, 4)),
    ),
    min_size=8,
    max_size=25,
)


class Approving(ScriptedAcquirer):
    """Says yes to everything."""

    async def authorize(self, _ask):
        return APPROVED

    async def refund(self, _ask):
        return APPROVED


class Story:
    """A merchant with a sub-merchant, and the fakes around them."""

    def __init__(self):
        self.books, self.vault = MemoryBooks(), MemoryVault()
        self.acquirer = Approving()
        self.ports = ports(books=self.books, vault=self.vault, acquirer=self.acquirer)
        self.merchant = merchant()
        self.numbers = []
        self.version = 1

    async def run(self, story):
        await self.books.apply([AddSubMerchant(SELLER)])
        await self.pay(UNIT, UNIT, is_sold=True)
        await self.approve(0, is_approved=True)
        for name, *details in story:
            await getattr(self, name)(*details)
        await self.wait(1)

    async def pay(self, price_e8, other_e8, is_sold):
        lines = basket(price_e8, other_e8)
        sellers = ()
        if is_sold:
            lines = (msgspec.structs.replace(lines[0], sub_merchant="seller"), lines[1])
            sellers = (price_e8 * 2 // 3, 0)
        command = pay_command(
            merchant=self.merchant,
            card=NewCard(card=self.vault.present(), holder="John Doe"),
            price_e8=price_e8 + other_e8,
            paid_e8=price_e8 + other_e8 + 7,
            lines=lines,
            sub_merchant_prices_e8=sellers,
        )
        self.numbers.append((await pay(command, self.ports)).number)

    def number(self, place):
        return self.numbers[place % len(self.numbers)] if self.numbers else 1

    async def refund(self, place, amount_e8):
        command = RefundPayment(
            merchant=self.merchant, number=self.number(place), amount_e8=amount_e8
        )
        try:
            await refund_payment(command, self.ports)
        except Refusal:
            return

    async def charge_back(self, place, amount_e8):
        command = ChargeBack(merchant=self.merchant, number=self.number(place), amount_e8=amount_e8)
        try:
            await charge_back_payment(command, self.ports)
        except Refusal:
            return

    async def approve(self, place, is_approved):
        command = DecideOnLine(merchant=self.merchant, line_number=self.number(place) + 1)
        try:
            await (approve if is_approved else disapprove)(command, self.ports)
        except Refusal:
            return

    async def cross_book(self, is_to_sub_merchant, amount_e8):
        command = CrossBook(
            merchant=self.merchant,
            sub_merchant="seller",
            is_to_sub_merchant=is_to_sub_merchant,
            amount_e8=amount_e8,
            currency="TRY",
            reason="",
        )
        try:
            await cross_book(command, self.ports)
        except Refusal:
            return

    async def move(self, own, sellers):
        changed = msgspec.structs.replace(self.merchant.settings, iban=own)
        self.merchant = msgspec.structs.replace(self.merchant, settings=changed)
        self.version += 1
        details = msgspec.structs.replace(SELLER.details, iban=sellers)
        moved = msgspec.structs.replace(SELLER, details=details, version=self.version)
        await self.books.apply([ChangeSubMerchant(moved)])

    async def wait(self, days):
        self.ports.clock.advance(days=days)
        await catch_up(self.merchant, self.ports)

    async def fail(self, nth):
        """A run that ends with its nth write: others will do the rest."""
        self.ports.clock.advance(days=1)
        apply, left = self.books.apply, [nth]

        async def cut(changes):
            left[0] -= 1
            if not left[0]:
                raise KeyboardInterrupt
            await apply(changes)

        self.books.apply = cut
        try:
            await catch_up(self.merchant, self.ports)
        except KeyboardInterrupt:
            pass
        finally:
            self.books.apply = apply


@settings(max_examples=60, deadline=None)
@given(events)
def test_no_money_is_lost_invented_or_paid_twice(story):
    """After any story the ledger is sound, and each party got what became available to it."""
    told = Story()
    asyncio.run(told.run(story))
    books = told.books
    assert asyncio.run(checked(books)) == []
    available, taken, paid = Counter(), Counter(), Counter()
    for key, payable in books.payables.items():
        available[payable.party] += payable.amount_e8
        if key in books.taken:
            taken[payable.party] += payable.amount_e8
    for payout in books.payouts.values():
        assert not payout.is_open
        if payout.state is PayoutState.COMPLETED:
            paid[payout.party] += payout.amount_e8
            assert payout.iban != BOUNCING_IBAN
    for party, paid_e8 in paid.items():
        assert 0 < paid_e8 <= taken[party]
