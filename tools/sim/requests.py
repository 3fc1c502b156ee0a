"""What the gateway's doors do with a request, without HTTP: find the merchant, run the flow."""

from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

import msgspec
from tools.sim.orders import Asked, Order, Receipt, receipt_of

from vezne.acquirers.simulator.adapter import SimulatorAcquirer
from vezne.core.acquirer import Challenge
from vezne.core.answer import Approved, Declined
from vezne.core.attempt import Operation, Outcome
from vezne.core.card import Expiry, SealedCard
from vezne.core.merchant import BlockageRelease, Merchant
from vezne.core.once import KeptAnswer
from vezne.core.payment import BasketLine, LineKind
from vezne.core.ports import Books, Ports
from vezne.core.pricing import LineSplit
from vezne.core.refusal import Reason, Refusal
from vezne.flows.authenticate import Authenticate, begin, receive
from vezne.flows.capture import CapturePayment, capture_payment
from vezne.flows.complete import Complete, complete
from vezne.flows.cross_book import CrossBook, cross_book
from vezne.flows.follow_up import FollowedUp
from vezne.flows.inquire import find_claimed_payment, find_payment
from vezne.flows.marketplace import DecideOnLine, approve
from vezne.flows.merchant_time import ports_at
from vezne.flows.move_clock import reset_clock
from vezne.flows.once import Once, Worked, once
from vezne.flows.pay import CardOnFile, NewCard, Pay, pay
from vezne.flows.refund import RefundLine, RefundPayment, refund_payment
from vezne.flows.review import ReviewPayment, accept_payment, reject_payment
from vezne.flows.store_card import CardOfOwner, StoreCard, delete_card, store_card
from vezne.flows.void import VoidPayment, void_payment
from vezne.storage.merchants import SqlMerchants
from vezne.vault.pan import parse_cvv, parse_pan
from vezne.vault.service import VaultService

DOOR = "shop"
EXPIRY = Expiry(2046, 12)
_RETURN_URL = "https://vezne.example/3ds"
_SCOPE = "shop"

_receipts = msgspec.json.Decoder(Receipt | None)
Answer = TypeVar("Answer", bound=Receipt | None)
Work = Callable[[Merchant, Ports], Awaitable[Answer]]


class FollowUpDeclined(Exception):
    """The bank declined what the shop asked for."""


class Begun(msgspec.Struct, frozen=True):
    """A payment whose cardholder is to be authenticated, and the bank's token for the browser."""

    number: int
    token: str


class Desk(msgspec.Struct, frozen=True):
    """What a life of the gateway answers requests with. `ports` have the machine's clock."""

    ports: Ports
    vault: VaultService
    merchants: SqlMerchants
    acquirer: SimulatorAcquirer

    async def take_payment(self, order: Order, key: str) -> Receipt:
        """Take an order's payment; `key` is the idempotency key, or empty."""

        async def work(merchant: Merchant, ports: Ports) -> Receipt:
            card, transit_id = self._present(order)
            try:
                return receipt_of(await pay(_pay(order, merchant, card), ports))
            finally:
                self.vault.release(transit_id)

        return await self._once(order.merchant_id, key, f"pay {order.serial}", work)

    async def begin(self, order: Order, reference: str) -> Begun | None:
        """Send an order's customer to the bank; None when the bank will not have it."""
        merchant, ports = await self._merchant(order.merchant_id)
        card, transit_id = self._present(order)
        command = msgspec.structs.replace(
            _pay(order, merchant, card), conversation_id=reference, claims_reference=True
        )
        try:
            begun = await begin(
                Authenticate(
                    pay=command,
                    success_url=_RETURN_URL,
                    failure_url=_RETURN_URL,
                    caller_key="",
                    language="tr",
                    return_url=_RETURN_URL,
                ),
                ports,
            )
        finally:
            self.vault.release(transit_id)
        if not isinstance(begun.challenge, Challenge):
            return None
        return Begun(begun.payment.number, begun.challenge.fields["token"])

    async def come_back(self, merchant_id: int, fields: dict[str, str]) -> None:
        """A browser brings the bank's word on a customer."""
        _, ports = await self._merchant(merchant_id)
        await receive(self.acquirer.read_return(fields), ports)

    async def complete(self, order: Order, number: int) -> Receipt:
        """Authorize the payment of a customer who was authenticated."""
        merchant, ports = await self._merchant(order.merchant_id)
        command = Complete(
            merchant=merchant, number=number, blockage_release=BlockageRelease.SAME_TIME
        )
        return receipt_of(await complete(command, ports))

    async def look_up(self, order: Order, number: int | None = None) -> Receipt:
        """A payment by its number, or by the order's reference."""
        merchant, ports = await self._merchant(order.merchant_id)
        if number is not None:
            return receipt_of(await find_payment(merchant, number, ports))
        return receipt_of(await find_claimed_payment(merchant, order.reference, ports))

    async def follow_up(self, merchant_id: int, asked: Asked, key: str) -> Receipt:
        """Do something with an approved payment. Raises FollowUpDeclined."""

        async def work(merchant: Merchant, ports: Ports) -> Receipt:
            if asked.is_verdict:
                return await _reject(asked.number, merchant, ports)
            done = await _follow_up(asked, merchant, ports)
            if isinstance(done.answer, Declined):
                raise FollowUpDeclined(done.answer.code)
            if isinstance(done.answer, Approved) and done.attempt.outcome is not Outcome.APPROVED:
                raise RuntimeError("the caller is told of what is not recorded")
            return receipt_of(done.payment)

        return await self._once(merchant_id, key, msgspec.json.encode(asked).decode(), work)

    async def accept(self, merchant_id: int, number: int) -> Receipt:
        """Accept a payment under review."""
        merchant, ports = await self._merchant(merchant_id)
        return receipt_of(
            await accept_payment(ReviewPayment(merchant=merchant, number=number), ports)
        )

    async def approve(self, merchant_id: int, line_number: int) -> Receipt:
        """Let a seller's line be paid out."""
        merchant, ports = await self._merchant(merchant_id)
        return receipt_of(
            await approve(DecideOnLine(merchant=merchant, line_number=line_number), ports)
        )

    async def give_seller(self, order: Order, key: str) -> None:
        """Move money of the marketplace to an order's seller."""

        async def work(merchant: Merchant, ports: Ports) -> Receipt | None:
            command = CrossBook(
                merchant=merchant,
                sub_merchant=order.seller or "",
                is_to_sub_merchant=True,
                amount_e8=order.gift_e8,
                currency="TRY",
                reason="",
                conversation_id=order.reference,
            )
            await cross_book(command, ports)
            return None

        await self._once(order.merchant_id, key, f"give {order.serial}", work)

    async def reset_clock(self, merchant_id: int) -> None:
        """Give a merchant the real time again."""
        await reset_clock(merchant_id, self.merchants, self.ports)

    async def store(self, order: Order) -> tuple[bytes, bytes]:
        """Store an order's card; returns owner and token."""
        merchant, ports = await self._merchant(order.merchant_id)
        card, transit_id = self._present(order)
        try:
            stored = await store_card(
                StoreCard(merchant=merchant, card=card, holder="Ada", alias="", email="a@b.co"),
                ports,
            )
        finally:
            self.vault.release(transit_id)
        return stored.owner.key, stored.card.token

    async def delete(self, merchant_id: int, on_file: tuple[bytes, bytes]) -> None:
        """Delete a stored card."""
        merchant, ports = await self._merchant(merchant_id)
        owner_key, token = on_file
        await delete_card(CardOfOwner(merchant=merchant, owner_key=owner_key, token=token), ports)

    async def _merchant(self, merchant_id: int) -> tuple[Merchant, Ports]:
        merchant = await self.merchants.find_merchant(merchant_id)
        assert merchant is not None, "merchants are never removed"  # noqa: S101
        return merchant, ports_at(merchant, self.ports)

    async def _once(self, merchant_id: int, key: str, digest: str, work: Work[Answer]) -> Answer:
        """Do it once under a key; without one, as often as it is asked for."""
        merchant, ports = await self._merchant(merchant_id)
        if not key:
            return await work(merchant, ports)

        async def worked(books: Books) -> Worked:
            try:
                receipt = await work(merchant, msgspec.structs.replace(ports, books=books))
            except (Refusal, FollowUpDeclined) as error:
                body = msgspec.json.encode([type(error).__name__, str(error)])
                return Worked(answer=KeptAnswer(status=400, body=body), is_refused=True)
            body = msgspec.json.encode(receipt)
            return Worked(answer=KeptAnswer(status=200, body=body), is_refused=False)

        command = Once(merchant=merchant, scope=_SCOPE, key=key, digest=digest.encode())
        done = await once(command, worked, self.vault.names, self.ports)
        if done.answer.status == 200:  # noqa: PLR2004
            return cast("Answer", _receipts.decode(done.answer.body))
        kind, text = msgspec.json.decode(done.answer.body)
        raise Refusal(Reason(text)) if kind == "Refusal" else FollowUpDeclined(text)

    def _present(self, order: Order) -> tuple[SealedCard, int]:
        """An order's card as the vault lifts it out of a request, and its transit id."""
        pan = parse_pan(order.pan)
        assert pan is not None, "test cards have valid numbers"  # noqa: S101
        cvv = parse_cvv("1234" if pan.is_amex else "123", pan)
        transit_id = self.vault.transit.hold(pan, cvv)
        card = SealedCard(
            bin=pan.bin, last4=pan.last4, expiry=EXPIRY, transit_id=transit_id, has_cvv=True
        )
        return card, transit_id


async def _reject(number: int, merchant: Merchant, ports: Ports) -> Receipt:
    done = await reject_payment(ReviewPayment(merchant=merchant, number=number), ports)
    if not done.is_undone and done.payment.open_attempt is None:
        raise FollowUpDeclined("the money is not given back")
    return receipt_of(done.payment)


async def _follow_up(asked: Asked, merchant: Merchant, ports: Ports) -> FollowedUp:
    number = asked.number
    if asked.operation is Operation.VOID:
        return await void_payment(VoidPayment(merchant=merchant, number=number), ports)
    if asked.operation is Operation.CAPTURE:
        capture = CapturePayment(
            merchant=merchant,
            number=number,
            blockage_release=BlockageRelease.MIDNIGHT,
            paid_e8=asked.amount_e8,
        )
        return await capture_payment(capture, ports)
    if asked.line_number is None:
        refund: RefundLine | RefundPayment = RefundPayment(
            merchant=merchant, number=number, amount_e8=asked.amount_e8, conversation_id=asked.name
        )
    else:
        refund = RefundLine(
            merchant=merchant,
            line_number=asked.line_number,
            amount_e8=asked.amount_e8,
            conversation_id=asked.name,
        )
    return await refund_payment(refund, ports)


def _pay(order: Order, merchant: Merchant, card: SealedCard) -> Pay:
    """The command of an order's payment."""
    presented: NewCard | CardOnFile = NewCard(
        card=card,
        holder="Ada Lovelace",
        register=order.registers,
        email="ada@example.com",
        external_id=f"customer-{order.serial % 7}",
    )
    if order.on_file is not None:
        owner_key, token = order.on_file
        presented = CardOnFile(owner_key=owner_key, token=token, transit_id=card.transit_id)
    lines = tuple(
        BasketLine(
            item_id=f"{place}",
            name="Kitap",
            category="Kitap",
            kind=LineKind.PHYSICAL,
            price_e8=price_e8,
            sub_merchant=order.seller,
        )
        for place, price_e8 in enumerate(order.line_prices_e8)
    )
    return Pay(
        merchant=merchant,
        door=DOOR,
        kind=order.kind,
        card=presented,
        price_e8=sum(order.line_prices_e8),
        paid_e8=order.amount_e8,
        currency="TRY",
        installments=1,
        lines=lines,
        line_split=LineSplit.EXACT if order.serial % 2 else LineSplit.INDEPENDENT,
        blockage_release=BlockageRelease.SAME_TIME,
        conversation_id=order.reference,
        claims_reference=order.names_anew,
        sub_merchant_prices_e8=(order.seller_price_e8,) * len(lines) if order.seller else (),
    )
