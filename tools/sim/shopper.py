"""Impatient shops: they hang up, ask again, look things up, and remember what they were told."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from tools.sim.catalogue import good_pan
from tools.sim.dice import Dice
from tools.sim.orders import Asked, Order, Receipt
from tools.sim.requests import Begun, Desk, FollowUpDeclined

from simbank.acs.scenarios import DECIDED, right_code_status
from simbank.acs.transactions import unseal
from simbank.proofs import conclude
from simbank.references import key_from_seed
from vezne.core.answer import Risk
from vezne.core.attempt import Operation
from vezne.core.changes import Conflict
from vezne.core.payment import PaymentState
from vezne.core.refusal import Reason, Refusal
from vezne.wire.simacs import sign_return

if TYPE_CHECKING:
    from tools.sim.world import World

Result = TypeVar("Result")
Call = Callable[[Desk], Awaitable[Result]]

# A shop gives an order up after so many calls. Nobody then knows what became of it but the books.
CALLS_MAX = 60
# How often the same call comes twice at once.
TWICE = 0.05
# A customer tries so many other cards.
CARDS_MAX = 2
# It stops asking what has become of a payment after some minutes.
LOOK_UPS_S = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0)
_COME_TO_NOTHING = frozenset({PaymentState.DECLINED, PaymentState.UNAUTHENTICATED})
_ASK_AGAIN = frozenset({Reason.OPERATION_IN_FLIGHT, Reason.ONCE_KEY_IN_FLIGHT})
_ASK_LATER = _ASK_AGAIN | {Reason.ONCE_OUTCOME_UNKNOWN}


class NoAnswer(Exception):
    """The gateway did not answer: it is down, it died, or the shop hung up."""


class GivenUp(Exception):
    """The shop has had enough."""


class Shopper:
    """A shop's program with one order."""

    def __init__(self, world: "World", order: Order, dice: Dice) -> None:
        self._world = world
        self._order = order
        self._dice = dice
        self._calls_left = CALLS_MAX
        # In the order in which they set out.
        self._twins: dict[asyncio.Task[None], None] = {}

    async def shop(self) -> None:
        """Have the order paid, then do what shops do with payments."""
        try:
            if self._order.stores_first:
                await self._store_card()
            receipt = await self._have_it_paid()
            if receipt is not None:
                await self._go_on(receipt)
        except GivenUp:
            self._world.given_up += 1
        await asyncio.gather(*self._twins)

    async def _store_card(self) -> None:
        """Have the card stored, and pay with that; after some failures pay without."""
        order = self._order
        for _ in range(3):
            try:
                order.on_file = await self._call(lambda desk: desk.store(order))
            except (NoAnswer, Refusal):
                await self._pause()
            else:
                self._world.stored_cards.add(order.on_file[1])
                return

    async def _have_it_paid(self) -> Receipt | None:
        """The receipt of a payment that has got somewhere; None when the order came to nothing."""
        order = self._order
        if order.is_authenticated:
            receipt = await self._pay_authenticated()
        else:
            receipt = await self._pay()
        if receipt is not None:
            receipt = await self._wait_until_settled(receipt)
        is_good = receipt is not None and receipt.state not in _COME_TO_NOTHING
        if not is_good and order.tries < CARDS_MAX and self._dice.hits(0.5):
            # The customer has another card.
            order.tries += 1
            order.pan = good_pan(self._dice)
            order.on_file = None
            order.is_authenticated = False
            return await self._have_it_paid()
        return receipt if is_good else None

    async def _pay(self) -> Receipt | None:
        order = self._order
        key = "" if order.names_anew else f"pay-{order.serial}-{order.tries}"
        while True:
            try:
                return await self._call(lambda desk: desk.take_payment(order, key))
            except NoAnswer:
                await self._pause()
            except Refusal as refusal:
                if refusal.reason in (Reason.REFERENCE_TAKEN, Reason.ONCE_OUTCOME_UNKNOWN):
                    receipt = await self._look_up()
                    if receipt is not None and receipt.state not in _COME_TO_NOTHING:
                        return receipt
                    if refusal.reason is Reason.ONCE_OUTCOME_UNKNOWN:
                        return receipt
                elif refusal.reason not in _ASK_AGAIN:
                    # The stored card was deleted, say.
                    return None
                await self._pause()

    async def _pay_authenticated(self) -> Receipt | None:
        """With 3-D Secure: begin until the browser gets to the bank, come back, complete."""
        order = self._order
        for visit in range(4):
            begun = await self._begin(f"{order.reference}.{order.tries}.{visit}")
            if begun is None or not await self._visit_bank(begun):
                continue
            receipt = await self._complete(begun.number)
            if receipt is not None:
                return receipt
        return None

    async def _begin(self, reference: str) -> Begun | None:
        try:
            return await self._call(lambda desk: desk.begin(self._order, reference))
        except (NoAnswer, Refusal):
            # Nothing can have been charged: the next visit has another reference.
            await self._pause()
            return None

    async def _visit_bank(self, begun: Begun) -> bool:
        """The customer at the bank's page; whether the browser got back to the gateway."""
        world = self._world
        transaction = unseal(world.bank_key, begun.token)
        await asyncio.sleep(self._dice.uniform(1.0, 60.0))
        scenario = transaction.scenario
        md_status = DECIDED.get(scenario, right_code_status(scenario))
        outcome = conclude(key_from_seed(world.bank_seed), transaction, md_status)
        fields = sign_return(world.bank_key, outcome)
        for _ in range(3):
            try:
                await self._call(lambda desk: desk.come_back(self._order.merchant_id, fields))
            except NoAnswer:
                await self._pause()
            except (Refusal, Conflict):
                return False
            else:
                return True
        return False

    async def _complete(self, number: int) -> Receipt | None:
        """Complete a payment, however often it takes; None when it can no longer be charged."""
        order = self._order
        while True:
            try:
                return await self._call(lambda desk: desk.complete(order, number))
            except NoAnswer:
                await self._pause()
            except Refusal as refusal:
                receipt = await self._look_up(number)
                if receipt is not None and receipt.state is not PaymentState.AUTHENTICATING:
                    return receipt if receipt.state is not PaymentState.UNAUTHENTICATED else None
                if refusal.reason is not Reason.AUTHENTICATION_UNSUITABLE:
                    # It is still open to be completed; nobody will.
                    return None
                await self._pause()

    async def _go_on(self, receipt: Receipt) -> None:
        """What a shop does with a payment: capture, review, approve, void, refund, or nothing."""
        if receipt.risk is Risk.REVIEW:
            settled = await self._decide(receipt)
            if settled is None:
                return
            receipt = settled
        if receipt.state is PaymentState.AUTHORIZED:
            wish = self._dice.pick({"undo": 0.15, "leave": 0.15, "capture": 0.7})
            if wish == "undo":
                await self._undo(receipt.number)
            if wish != "capture":
                return
            captured = await self._capture(receipt)
            if captured is None:
                return
            receipt = captured
        if receipt.state is PaymentState.CAPTURED:
            await self._go_on_with_money(receipt)

    async def _go_on_with_money(self, receipt: Receipt) -> None:
        """What a shop does with a payment that was captured."""
        order = self._order
        if order.seller is not None:
            await self._approve(receipt)
            if self._dice.hits(0.2):
                order.gift_e8 = order.amount_e8 // 50
                key = f"gift-{order.serial}"
                await self._try_once(lambda desk: desk.give_seller(order, key))
                await self._try_once(lambda desk: desk.give_seller(order, key))
        if order.registers and self._dice.hits(0.3):
            await self._delete_card(receipt)
        wish = self._dice.pick({"undo": 0.12, "refund": 0.33, "leave": 0.55})
        if wish == "undo":
            await self._undo(receipt.number)
        elif wish == "refund":
            await self._refund_some(receipt)

    async def _decide(self, receipt: Receipt) -> Receipt | None:
        """Accept or reject a payment under review; None unless it may be used then."""
        number = receipt.number
        if self._dice.hits(0.4):
            self._order.undo_asked = True
            asked = Asked(number=number, operation=Operation.VOID, is_verdict=True)
            await self._follow_up(asked)
            return None
        while True:
            try:
                return await self._call(lambda desk: desk.accept(receipt.merchant_id, number))
            except (NoAnswer, Conflict):
                await self._pause()
            except Refusal:
                found = await self._look_up(number)
                if found is not None and found.risk is not Risk.REVIEW:
                    return found
                await self._pause()

    async def _capture(self, receipt: Receipt) -> Receipt | None:
        percent = self._dice.choice((100, 100, 60, 110))
        amount_e8 = receipt.paid_e8 * percent // 100
        asked = Asked(number=receipt.number, operation=Operation.CAPTURE, amount_e8=amount_e8)
        return await self._follow_up(asked)

    async def _undo(self, number: int) -> None:
        self._order.undo_asked = True
        await self._follow_up(Asked(number=number, operation=Operation.VOID))

    async def _refund_some(self, receipt: Receipt) -> None:
        """Give something back, once or more often: of the payment or of a line."""
        for turn in range(self._dice.choice((1, 2, 3))):
            line_number = None
            amount_e8 = receipt.paid_e8 * self._dice.choice((10, 35, 50, 100)) // 100
            if self._dice.hits(0.5):
                line_number = self._dice.choice(receipt.line_numbers)
                amount_e8 //= len(receipt.line_numbers)
            await asyncio.sleep(self._dice.choice((0.0, 1.0, 30.0)))
            name = f"refund-{self._order.serial}-{turn}"
            self._order.refunds_asked_e8[name] = amount_e8
            await self._follow_up(
                Asked(
                    number=receipt.number,
                    operation=Operation.REFUND,
                    amount_e8=amount_e8,
                    line_number=line_number,
                    name=name,
                )
            )

    async def _follow_up(self, asked: Asked) -> Receipt | None:
        """Have it done, whatever happens; the settled receipt, None when it was refused.

        Repetitions have the same key, unless the gateway has said that nothing was done.
        """
        order = self._order
        key_turn = 0
        while True:
            name = asked.name or asked.operation
            # A void and a capture can be done once anyway.
            key = f"{name}-{asked.number}-{key_turn}"
            if asked.operation is not Operation.REFUND and order.names_anew:
                key = ""
            try:
                done = await self._call(_following_up(order.merchant_id, asked, key))
            except NoAnswer:
                await self._pause()
                continue
            except FollowUpDeclined:
                return None
            except Conflict:
                await self._pause()
                continue
            except Refusal as refusal:
                found = await self._look_up(asked.number)
                if found is None:
                    return None
                found = await self._wait_until_settled(found)
                if _is_done(asked, found):
                    return found
                if refusal.reason not in _ASK_LATER:
                    return None
                # Whoever worked on it is gone, or it was somebody else's turn.
                key_turn += refusal.reason is not Reason.ONCE_KEY_IN_FLIGHT
                await self._pause()
                continue
            return await self._wait_until_settled(done)

    async def _approve(self, receipt: Receipt) -> None:
        for number in receipt.line_numbers:
            if self._dice.hits(0.8):
                await self._try_once(_approving(receipt.merchant_id, number))

    async def _delete_card(self, receipt: Receipt) -> None:
        if receipt.owner_key is None or receipt.token is None:
            return
        on_file = (receipt.owner_key, receipt.token)
        self._world.deleted_cards.add(on_file[1])
        await self._try_once(lambda desk: desk.delete(receipt.merchant_id, on_file))

    async def _try_once(self, call: "Call[object]") -> None:
        try:
            await self._call(call)
        except (NoAnswer, Refusal, Conflict, FollowUpDeclined):
            await self._pause()

    async def _wait_until_settled(self, receipt: Receipt) -> Receipt:
        """Look a payment up until the bank has answered whatever is open."""
        for pause_s in LOOK_UPS_S:
            if not receipt.is_open:
                return receipt
            await asyncio.sleep(pause_s)
            receipt = await self._look_up(receipt.number) or receipt
        if receipt.is_open:
            raise GivenUp
        return receipt

    async def _look_up(self, number: int | None = None) -> Receipt | None:
        """The payment as the gateway has it; None when there is none."""
        while True:
            try:
                return await self._call(lambda desk: desk.look_up(self._order, number))
            except NoAnswer:
                await self._pause()
            except Refusal:
                return None

    async def _call(self, call: "Call[Result]") -> Result:
        """One call of the gateway. Raises NoAnswer, GivenUp, and what the gateway refuses."""
        if not self._calls_left:
            raise GivenUp
        self._calls_left -= 1
        if self._dice.hits(TWICE):
            twin = asyncio.create_task(self._call_again(call))
            self._twins[twin] = None
        answer = await self._world.call(call, self._dice)
        if isinstance(answer, Receipt):
            self._world.remember(self._order, answer)
        return answer

    async def _call_again(self, call: "Call[Result]") -> None:
        """The same call at almost the same time: somebody has clicked twice."""
        await asyncio.sleep(self._dice.choice((0.0, 0.001, 0.02, 0.5)))
        try:
            answer = await self._world.call(call, self._dice)
        except (NoAnswer, Refusal, Conflict, FollowUpDeclined):
            return
        if isinstance(answer, Receipt):
            self._world.remember(self._order, answer)

    async def _pause(self) -> None:
        await asyncio.sleep(self._dice.uniform(0.1, 5.0))


def _is_done(asked: Asked, receipt: Receipt) -> bool:
    """Whether what was asked for has happened to a settled payment."""
    if asked.is_verdict:
        return receipt.risk is Risk.REJECTED
    if asked.operation is Operation.VOID:
        return receipt.state is PaymentState.VOIDED
    if asked.operation is Operation.CAPTURE:
        return receipt.state in (PaymentState.CAPTURED, PaymentState.VOIDED)
    return any(refund.name == asked.name for refund in receipt.refunds)


def _following_up(merchant_id: int, asked: Asked, key: str) -> Call[Receipt]:
    return lambda desk: desk.follow_up(merchant_id, asked, key)


def _approving(merchant_id: int, line_number: int) -> Call[Receipt]:
    return lambda desk: desk.approve(merchant_id, line_number)
