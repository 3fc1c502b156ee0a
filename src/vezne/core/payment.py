"""The payment: one aggregate, its states, and the edges between them."""

import enum
from collections.abc import Sequence

import msgspec

from vezne.core.answer import Approved, DeclineReason, Risk
from vezne.core.attempt import Attempt
from vezne.core.authentication import Authentication, AuthenticationState
from vezne.core.calendar import local_date
from vezne.core.pricing import LineSplit, Pricing
from vezne.core.refusal import Reason, Refusal


class PaymentKind(enum.StrEnum):
    """A sale takes the money at once; a hold reserves it for a later capture."""

    SALE = "sale"
    HOLD = "hold"


class PaymentState(enum.StrEnum):
    """Where a payment stands."""

    AUTHENTICATING = "authenticating"
    UNAUTHENTICATED = "unauthenticated"
    PENDING = "pending"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    DECLINED = "declined"
    UNCERTAIN = "uncertain"
    VOIDED = "voided"


class Event(enum.StrEnum):
    """What moves a payment from state to state."""

    AUTHENTICATION_SPENT = "authentication_spent"
    AUTHENTICATION_FAILED = "authentication_failed"
    SALE_APPROVED = "sale_approved"
    HOLD_APPROVED = "hold_approved"
    AUTHORIZATION_DECLINED = "authorization_declined"
    AUTHORIZATION_UNANSWERED = "authorization_unanswered"
    CAPTURE_APPROVED = "capture_approved"
    VOID_APPROVED = "void_approved"
    REFUND_APPROVED = "refund_approved"


EDGES: dict[tuple[PaymentState, Event], PaymentState] = {
    (PaymentState.AUTHENTICATING, Event.AUTHENTICATION_SPENT): PaymentState.PENDING,
    (PaymentState.AUTHENTICATING, Event.AUTHENTICATION_FAILED): PaymentState.UNAUTHENTICATED,
    (PaymentState.PENDING, Event.SALE_APPROVED): PaymentState.CAPTURED,
    (PaymentState.PENDING, Event.HOLD_APPROVED): PaymentState.AUTHORIZED,
    (PaymentState.PENDING, Event.AUTHORIZATION_DECLINED): PaymentState.DECLINED,
    (PaymentState.PENDING, Event.AUTHORIZATION_UNANSWERED): PaymentState.UNCERTAIN,
    (PaymentState.AUTHORIZED, Event.CAPTURE_APPROVED): PaymentState.CAPTURED,
    (PaymentState.AUTHORIZED, Event.VOID_APPROVED): PaymentState.VOIDED,
    (PaymentState.CAPTURED, Event.VOID_APPROVED): PaymentState.VOIDED,
    (PaymentState.CAPTURED, Event.REFUND_APPROVED): PaymentState.CAPTURED,
}

# What an authentication's state means for its payment; the others leave it where it is.
_AUTHENTICATION_EVENTS = {
    AuthenticationState.SPENT: Event.AUTHENTICATION_SPENT,
    AuthenticationState.FAILED: Event.AUTHENTICATION_FAILED,
    AuthenticationState.EXPIRED: Event.AUTHENTICATION_FAILED,
    AuthenticationState.LAPSED: Event.AUTHENTICATION_FAILED,
}


class LineKind(enum.StrEnum):
    """Whether something has to be shipped."""

    PHYSICAL = "physical"
    VIRTUAL = "virtual"


class BasketLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the basket as the merchant sent it."""

    item_id: str
    name: str
    category: str
    kind: LineKind
    price_e8: int
    subcategory: str | None = None


class Refund(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Money given back: how much of which line, by which operation."""

    attempt: int
    line_number: int
    amount_e8: int
    reference: str
    auth_code: str
    refunded_ms: int
    conversation_id: str | None = None


class Payment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The merchant's intent for an amount, and what became of it.

    `number` names the payment and the numbers right after it its lines, in basket order.
    `open_attempt` is the follow-up that is on its way to the bank; no other may start meanwhile.
    `parties` is the merchant's description of buyer, addresses and the like, as JSON; only the door
    that took the payment reads it, and people.
    """

    merchant_id: int
    number: int
    version: int
    state: PaymentState
    kind: PaymentKind
    door: str
    price_e8: int
    paid_e8: int
    currency: str
    installments: int
    bin: str
    last4: str
    pricing: Pricing
    line_split: LineSplit
    settlement_currency: str
    created_ms: int
    blockage_resolved_ms: int
    lines: tuple[BasketLine, ...] = ()
    conversation_id: str | None = None
    basket_id: str | None = None
    channel: str | None = None
    group: str | None = None
    parties: dict[str, dict[str, str]] = {}
    owner_key: bytes | None = None
    card_token: bytes | None = None
    risk: Risk = Risk.ACCEPTED
    acquirer: str = ""
    auth_code: str = ""
    reference: str = ""
    decline_reason: DeclineReason | None = None
    captured_ms: int | None = None
    voided_ms: int | None = None
    open_attempt: int | None = None
    refunds: tuple[Refund, ...] = ()
    authentication: Authentication | None = None

    @property
    def line_numbers(self) -> range:
        """The numbers of the lines. A payment without a basket has one, for the whole amount."""
        return range(self.number + 1, self.number + 1 + len(self.pricing.lines))

    def line_index(self, line_number: int) -> int:
        """The place of a line in the basket. Raises Refusal(LINE_NOT_FOUND)."""
        if line_number not in self.line_numbers:
            raise Refusal(Reason.LINE_NOT_FOUND)
        return line_number - self.number - 1

    def refunded_e8(self, line_number: int) -> int:
        """What has been given back of a line so far."""
        return sum(item.amount_e8 for item in self.refunds if item.line_number == line_number)

    def refundable_e8(self, line_number: int) -> int:
        """What can still be given back of a line."""
        paid_e8 = self.pricing.lines[self.line_index(line_number)].paid_e8
        return paid_e8 - self.refunded_e8(line_number)


def after(state: PaymentState, event: Event) -> PaymentState:
    """The state that an event leads to. Raises Refusal(STATE_UNSUITABLE) where there is no edge."""
    try:
        return EDGES[state, event]
    except KeyError:
        raise Refusal(Reason.STATE_UNSUITABLE) from None


def follow_authentication(payment: Payment, authentication: Authentication) -> Payment:
    """The payment after its authentication moved on, or learned something where it stands.

    Raises Refusal(STATE_UNSUITABLE) where the payment's state has no such edge.
    """
    before = payment.authentication
    is_same = before is not None and before.state is authentication.state
    event = None if is_same else _AUTHENTICATION_EVENTS.get(authentication.state)
    return msgspec.structs.replace(
        payment,
        version=payment.version + 1,
        state=payment.state if event is None else after(payment.state, event),
        authentication=authentication,
    )


def approve(payment: Payment, answer: Approved, now_ms: int) -> Payment:
    """The payment after the bank approved its authorization."""
    is_sale = payment.kind is PaymentKind.SALE
    event = Event.SALE_APPROVED if is_sale else Event.HOLD_APPROVED
    return msgspec.structs.replace(
        payment,
        version=payment.version + 1,
        state=after(payment.state, event),
        auth_code=answer.auth_code,
        reference=answer.reference,
        risk=answer.risk,
        captured_ms=now_ms if is_sale else None,
    )


def decline(payment: Payment, reason: DeclineReason) -> Payment:
    """The payment after the bank declined its authorization."""
    return msgspec.structs.replace(
        payment,
        version=payment.version + 1,
        state=after(payment.state, Event.AUTHORIZATION_DECLINED),
        decline_reason=reason,
    )


def leave_uncertain(payment: Payment) -> Payment:
    """The payment whose authorization the bank never answered."""
    return msgspec.structs.replace(
        payment,
        version=payment.version + 1,
        state=after(payment.state, Event.AUTHORIZATION_UNANSWERED),
    )


def open_follow_up(payment: Payment, event: Event, attempt: int) -> Payment:
    """The payment with a capture, void or refund on its way to the bank.

    Raises Refusal: OPERATION_IN_FLIGHT while another one is open, STATE_UNSUITABLE where the state
    has no such edge.
    """
    if payment.open_attempt is not None:
        raise Refusal(Reason.OPERATION_IN_FLIGHT)
    after(payment.state, event)
    return msgspec.structs.replace(payment, version=payment.version + 1, open_attempt=attempt)


def close_follow_up(payment: Payment) -> Payment:
    """The payment after the bank declined a follow-up: as before it."""
    return msgspec.structs.replace(payment, version=payment.version + 1, open_attempt=None)


def capture(
    payment: Payment, answer: Approved, *, pricing: Pricing, paid_e8: int, now_ms: int
) -> Payment:
    """The payment after its hold was captured for `paid_e8`, which may differ from the hold."""
    return msgspec.structs.replace(
        close_follow_up(payment),
        state=after(payment.state, Event.CAPTURE_APPROVED),
        paid_e8=paid_e8,
        pricing=pricing,
        auth_code=answer.auth_code,
        reference=answer.reference,
        captured_ms=now_ms,
    )


def check_voidable(payment: Payment, now_ms: int) -> None:
    """Refuse a void that can no longer be one.

    Raises Refusal: STATE_UNSUITABLE once money was given back, VOID_TOO_LATE after the local
    calendar day of the payment.
    """
    if payment.refunds:
        raise Refusal(Reason.STATE_UNSUITABLE)
    if not is_void_in_time(payment, now_ms):
        raise Refusal(Reason.VOID_TOO_LATE)


def is_void_in_time(payment: Payment, now_ms: int) -> bool:
    """Whether the bank's day of the capture is still open; that of a mere hold always is."""
    if payment.captured_ms is None:
        return True
    return local_date(payment.captured_ms) == local_date(now_ms)


def void(payment: Payment, now_ms: int) -> Payment:
    """The payment after it was voided."""
    return msgspec.structs.replace(
        close_follow_up(payment),
        state=after(payment.state, Event.VOID_APPROVED),
        voided_ms=now_ms,
    )


def plan_refund(payment: Payment, amount_e8: int) -> list[tuple[int, int]]:
    """Spread an amount over the lines, in basket order, each up to what it has left.

    Returns pairs of line number and amount. Raises Refusal(AMOUNT_EXCEEDS_REMAINDER).
    """
    parts: list[tuple[int, int]] = []
    left_e8 = amount_e8
    for line_number in payment.line_numbers:
        part_e8 = min(left_e8, payment.refundable_e8(line_number))
        if part_e8 > 0:
            parts.append((line_number, part_e8))
            left_e8 -= part_e8
    if left_e8:
        raise Refusal(Reason.AMOUNT_EXCEEDS_REMAINDER)
    return parts


def refunds_from(
    plan: Sequence[tuple[int, int]],
    attempt: Attempt,
    answer: Approved,
    *,
    now_ms: int,
    conversation_id: str | None = None,
) -> list[Refund]:
    """The refunds that an approved attempt made, one for each line of its plan."""
    return [
        Refund(
            attempt=attempt.number,
            line_number=line_number,
            amount_e8=amount_e8,
            reference=answer.reference,
            auth_code=answer.auth_code,
            refunded_ms=now_ms,
            conversation_id=conversation_id,
        )
        for line_number, amount_e8 in plan
    ]


def refund(payment: Payment, refunds: Sequence[Refund]) -> Payment:
    """The payment after money was given back."""
    return msgspec.structs.replace(
        close_follow_up(payment),
        state=after(payment.state, Event.REFUND_APPROVED),
        refunds=(*payment.refunds, *refunds),
    )


def decide_review(payment: Payment, verdict: Risk) -> Payment:
    """The payment after a person decided on its risk.

    Raises Refusal: OPERATION_IN_FLIGHT while a follow-up is open, STATE_UNSUITABLE when it is not
    under review.
    """
    if payment.open_attempt is not None:
        raise Refusal(Reason.OPERATION_IN_FLIGHT)
    if payment.risk is not Risk.REVIEW:
        raise Refusal(Reason.STATE_UNSUITABLE)
    return msgspec.structs.replace(payment, version=payment.version + 1, risk=verdict)
