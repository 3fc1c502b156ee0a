"""What must hold: the books with themselves, with the bank, and with what shops were told.

The bank's records are the truth about money, and the shops' memory the truth about what was
promised. Neither is asked for its opinion of the other.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tools.sim.catalogue import SERIALS
from tools.sim.ledger_checks import (
    Balances,
    check_final,
    check_gifts,
    check_ledger,
    check_payouts,
    check_with_program,
    debtors_of,
)
from tools.sim.mail import Letter
from tools.sim.orders import Told, refunds_of
from tools.sim.violation import require

from simbank.records import Record, Standing
from vezne.core.answer import Risk
from vezne.core.attempt import Operation
from vezne.core.ledger import Account
from vezne.core.merchant import Merchant
from vezne.core.notice import NoticeKind, NoticeState
from vezne.core.payment import Payment, PaymentState
from vezne.wire.simhost import Operation as BankOperation

if TYPE_CHECKING:
    from tools.sim.world import World

_PAYMENTS = frozenset({BankOperation.AUTHORIZATION, BankOperation.SALE})
_FRUITLESS = frozenset({PaymentState.DECLINED, PaymentState.UNAUTHENTICATED, PaymentState.VOIDED})
_TAKEN = frozenset({PaymentState.AUTHORIZED, PaymentState.CAPTURED})


async def check_told(world: "World", told: Sequence[Told]) -> None:
    """What a shop was told stays true: the books never forget nor take back an answer."""
    for item in told:
        order, receipt = item.order, item.receipt
        name = f"payment {receipt.number} of order {order.serial}"
        payment = await world.reading.books.find_payment(receipt.merchant_id, receipt.number)
        require(payment is not None, f"{name} was acknowledged and is not in the books")
        assert payment is not None  # noqa: S101
        require(payment.version >= receipt.version, f"{name} is older than it was told")
        if receipt.state in _FRUITLESS and not receipt.is_open:
            require(payment.state is receipt.state, f"{name} was told as {receipt.state}")
        if receipt.state in _TAKEN and receipt.risk is not Risk.REJECTED and not order.undo_asked:
            require(
                payment.state in _TAKEN and payment.risk is not Risk.REJECTED,
                f"{name} was told as {receipt.state} and is {payment.state}",
            )
        if receipt.state is PaymentState.CAPTURED and payment.state is PaymentState.CAPTURED:
            require(payment.paid_e8 == receipt.paid_e8, f"{name} has another amount than told")
        now = {refund.name: refund.amount_e8 for refund in refunds_of(payment)}
        for refund in receipt.refunds:
            require(
                now.get(refund.name, 0) >= refund.amount_e8,
                f"{refund.name} of {name} was told and is not in the books",
            )


async def check_world(world: "World", *, is_quiet: bool, is_final: bool) -> None:
    """Everything that can be checked at any time; more when nothing is under way any more.

    `is_final` says that all money is due by now.
    """
    _check_intents(world)
    for merchant in await world.reading.merchants.list_merchants():
        payments = world.reading.payments(merchant)
        payouts = world.reading.payouts(merchant)
        balances = await check_ledger(world, merchant, payments, payouts)
        await check_with_program(world, merchant, payments)
        check_gifts(world, merchant)
        _check_refunds(world, payments)
        check_payouts(world, merchant, payouts, balances)
        _check_notices(world, merchant, payments, is_final=is_final)
        if is_quiet:
            _check_bank(world, merchant, payments, balances)
        if is_final:
            check_final(payments, balances, debtors_of(world.reading.bookings(merchant)))
    _check_cards(world)
    if is_quiet:
        await _check_attempts(world)


def _check_intents(world: "World") -> None:
    """The bank charges no order twice, and none beyond its amount."""
    live: Counter[int] = Counter()
    for record, standing in _approvals(world):
        if not standing.is_undone:
            live[record.amount_e8 % SERIALS] += 1
    for order in world.orders:
        count = live[order.serial]
        require(count <= 1, f"order {order.serial} is charged {count} times")


def _approvals(world: "World") -> list[tuple[Record, Standing]]:
    """The bank's approved authorizations and sales, and what has become of each."""
    found = []
    for record in world.bank_records():
        if record.operation in _PAYMENTS and record.reference:
            standing = world.standing(record.merchant_id, record.trace)
            assert standing is not None, "what is listed is remembered"  # noqa: S101
            found.append((record, standing))
    return found


def _check_refunds(world: "World", payments: list[Payment]) -> None:
    """No line gives back more than was paid for it; no shop's refund is made twice."""
    asked = {name: e8 for order in world.orders for name, e8 in order.refunds_asked_e8.items()}
    for payment in payments:
        for number, line in zip(payment.line_numbers, payment.pricing.lines, strict=True):
            given_e8 = payment.refunded_e8(number)
            require(given_e8 <= line.paid_e8, f"line {number} gave back more than was paid")
        for refund in refunds_of(payment):
            most_e8 = asked.get(refund.name)
            require(most_e8 is None or refund.amount_e8 <= most_e8, f"{refund.name} was made twice")


def _check_bank(
    world: "World", merchant: Merchant, payments: list[Payment], balances: Balances
) -> None:
    """What the bank holds for each payment is what the books say; nothing else is at the bank."""
    known = {}
    for payment in payments:
        for attempt in payment.attempts:
            if attempt.operation is Operation.AUTHORIZE:
                known[attempt.number] = payment
                standing = world.standing(merchant.id, attempt.number)
                _check_standing(payment, standing)
    net_e8 = 0
    for record, standing in _approvals(world):
        if record.merchant_id == merchant.id:
            net_e8 += standing.net_e8
            require(record.trace in known, f"the bank has {record.trace}, the books have not")
    acquirer_e8 = balances.get((Account.ACQUIRER, ""), 0)
    require(
        acquirer_e8 == net_e8,
        f"merchant {merchant.id}: the bank holds {net_e8}, the ledger {acquirer_e8}",
    )


def _check_standing(payment: Payment, standing: Standing | None) -> None:
    name = f"payment {payment.number} is {payment.state}"
    is_live = standing is not None and not standing.is_undone
    if payment.state not in _TAKEN:
        require(not is_live, f"{name}, but the bank holds it")
        return
    require(is_live, f"{name}, but the bank does not hold it")
    assert standing is not None  # noqa: S101
    if payment.state is PaymentState.AUTHORIZED:
        require(
            (standing.held_e8, standing.captured_e8) == (payment.paid_e8, 0),
            f"{name}, but the bank has taken {standing.captured_e8}",
        )
        return
    given_e8 = sum(refund.amount_e8 for refund in payment.refunds)
    require(
        standing.captured_e8 == payment.paid_e8,
        f"{name} with {payment.paid_e8}, the bank has taken {standing.captured_e8}",
    )
    require(
        standing.refunded_e8 == given_e8,
        f"{name} with {given_e8} given back, the bank gave back {standing.refunded_e8}",
    )
    # Lines that are rounded each on their own may miss the total, and so may giving them back.
    require(
        payment.risk is not Risk.REJECTED or standing.net_e8 < len(payment.pricing.lines),
        f"{name} and rejected, but the bank keeps {standing.net_e8}",
    )


def _check_notices(
    world: "World", merchant: Merchant, payments: list[Payment], *, is_final: bool
) -> None:
    """Every event is told, in order; what counts as told has arrived."""
    arrived = world.boxes.received
    for number in sorted(number for owner, number in arrived if owner == merchant.id):
        versions = list(dict.fromkeys(x.version for x in arrived[merchant.id, number]))
        require(versions == sorted(versions), f"webhooks of {number} overtook each other")
    # Whoever moves the clock makes us give up early.
    given_up = set()
    for notice in world.reading.notices(merchant):
        if notice.state is NoticeState.GIVEN_UP:
            given_up.add(notice.payment_number)
        if notice.state is NoticeState.DELIVERED:
            letters = arrived.get((merchant.id, notice.payment_number), [])
            require(
                any(letter.version == notice.version for letter in letters),
                f"{notice.kind} of {notice.payment_number} counts as told, it never arrived",
            )
    if is_final:
        for payment in payments:
            if payment.notifies:
                letters = arrived.get((merchant.id, payment.number), [])
                if payment.number not in given_up:
                    _check_heard(payment, letters)


def _check_heard(payment: Payment, letters: list[Letter]) -> None:
    """A shop has heard of all that its payment has come to."""
    heard = {letter.kind for letter in letters}
    wanted: set[NoticeKind] = set()
    if payment.state is PaymentState.DECLINED or payment.risk is Risk.REJECTED:
        return
    if payment.state is PaymentState.VOIDED:
        wanted.add(NoticeKind.VOID_APPROVED)
    if payment.captured_ms is not None:
        was_held = any(x.operation is Operation.CAPTURE for x in payment.attempts)
        wanted.add(NoticeKind.CAPTURE_APPROVED if was_held else NoticeKind.SALE_APPROVED)
    missing = wanted - heard
    require(not missing, f"nobody heard {sorted(missing)} of payment {payment.number}")
    told_e8 = {x.version: x.amount_e8 for x in letters if x.kind is NoticeKind.REFUND_APPROVED}
    given_e8 = sum(refund.amount_e8 for refund in payment.refunds)
    require(
        sum(told_e8.values()) == given_e8,
        f"payment {payment.number} gave back {given_e8}, its shop heard of {told_e8}",
    )


def _check_cards(world: "World") -> None:
    """A stored card can be charged: what the books name is in the vault."""
    cards, sealed = world.reading.cards(), world.reading.sealed_cards()
    require(cards <= sealed, "a stored card has no number in the vault")
    missing = world.stored_cards - cards - world.deleted_cards
    require(not missing, "a card that was told to be stored is not")
    for told in world.told:
        token = told.receipt.token
        if token is not None and told.receipt.state in _TAKEN and told.order.registers:
            is_there = token in cards or token in world.deleted_cards
            require(is_there, f"order {told.order.serial} was told a card that is not stored")


async def _check_attempts(world: "World") -> None:
    count = await world.reading.open_attempts()
    require(not count, f"{count} attempts are open although the bank has answered all")
