"""The payment: one aggregate, its states, and the edges between them."""

import enum
from typing import Final

import msgspec

from vezne.core.answer import Approved, Declined, DeclineReason, Reversed, Risk
from vezne.core.attempt import Attempt, Outcome
from vezne.core.authentication import Authentication, AuthenticationState
from vezne.core.business_days import value_time_ms
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
    AUTHORIZATION_REVERSED = "authorization_reversed"
    CAPTURE_APPROVED = "capture_approved"
    VOID_APPROVED = "void_approved"
    REFUND_APPROVED = "refund_approved"


# In Python 3.11 finding a member in its class costs more than a call, so what every payment passes
# has names of its own.
_SALE: Final = PaymentKind.SALE
_CAPTURED: Final = PaymentState.CAPTURED
_SALE_APPROVED: Final = Event.SALE_APPROVED
_APPROVED: Final = Outcome.APPROVED
_ACCEPTED: Final = Risk.ACCEPTED

EDGES: dict[tuple[PaymentState, Event], PaymentState] = {
    (PaymentState.AUTHENTICATING, Event.AUTHENTICATION_SPENT): PaymentState.PENDING,
    (PaymentState.AUTHENTICATING, Event.AUTHENTICATION_FAILED): PaymentState.UNAUTHENTICATED,
    (PaymentState.PENDING, Event.SALE_APPROVED): PaymentState.CAPTURED,
    (PaymentState.PENDING, Event.HOLD_APPROVED): PaymentState.AUTHORIZED,
    (PaymentState.PENDING, Event.AUTHORIZATION_DECLINED): PaymentState.DECLINED,
    (PaymentState.PENDING, Event.AUTHORIZATION_UNANSWERED): PaymentState.UNCERTAIN,
    (PaymentState.PENDING, Event.AUTHORIZATION_REVERSED): PaymentState.DECLINED,
    (PaymentState.UNCERTAIN, Event.SALE_APPROVED): PaymentState.CAPTURED,
    (PaymentState.UNCERTAIN, Event.HOLD_APPROVED): PaymentState.AUTHORIZED,
    (PaymentState.UNCERTAIN, Event.AUTHORIZATION_DECLINED): PaymentState.DECLINED,
    (PaymentState.UNCERTAIN, Event.AUTHORIZATION_REVERSED): PaymentState.DECLINED,
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


class BasketLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One line of the basket as the merchant sent it. `sub_merchant` is the key of its seller."""

    item_id: str
    name: str
    category: str
    kind: LineKind
    price_e8: int
    subcategory: str | None = None
    sub_merchant: str | None = None


class Refund(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Money given back: how much of which line, by which operation."""

    attempt: int
    line_number: int
    amount_e8: int
    reference: str
    auth_code: str
    refunded_ms: int
    conversation_id: str | None = None


class Chargeback(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Money that the cardholder's bank took back: how much of which line, under which name."""

    line_number: int
    amount_e8: int
    reference: str
    charged_back_ms: int


class Payment(msgspec.Struct, frozen=True, omit_defaults=True):
    """The merchant's intent for an amount, and what became of it.

    `number` names the payment and the numbers right after it its lines, in basket order.
    `attempts` are its exchanges with the bank, oldest first; only the last one may be open.
    From `value_ms` on captured money is due to the merchant, `payout_days` business days after the
    capture. The money became due at `matured_ms`, what was withheld of it at `released_ms`; the
    lines of sub-merchants need an approval as well (`approved_lines`).
    With `notifies` the merchant is told of what happens to it by webhook.
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
    attempts: tuple[Attempt, ...] = ()
    refunds: tuple[Refund, ...] = ()
    chargebacks: tuple[Chargeback, ...] = ()
    authentication: Authentication | None = None
    payout_days: int = 1
    value_ms: int | None = None
    matured_ms: int | None = None
    released_ms: int | None = None
    approved_lines: tuple[int, ...] = ()
    notifies: bool = False

    @property
    def open_attempt(self) -> Attempt | None:
        """The attempt that the bank has not answered; no other may start meanwhile."""
        if self.attempts and self.attempts[-1].outcome is None:
            return self.attempts[-1]
        return None

    @property
    def due_ms(self) -> int | None:
        """When somebody has to look at the payment again; None when nothing is left to be done."""
        # As `open_attempt` has it, without a call.
        if self.attempts and self.attempts[-1].outcome is None:
            return self.attempts[-1].inquire_ms
        if self.state is not _CAPTURED or self.risk is not _ACCEPTED:
            return None
        if self.matured_ms is None:
            return self.value_ms
        if self.released_ms is None and self.pricing.blockage_rate_e8:
            return self.blockage_resolved_ms
        return None

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

    def charged_back_e8(self, line_number: int) -> int:
        """What the cardholder's bank has taken back of a line so far."""
        return sum(item.amount_e8 for item in self.chargebacks if item.line_number == line_number)

    def refundable_e8(self, line_number: int) -> int:
        """What can still be given back of a line; of all lines together no more than was paid."""
        paid_e8 = self.pricing.lines[self.line_index(line_number)].paid_e8
        taken_e8 = self.refunded_e8(line_number) + self.charged_back_e8(line_number)
        return min(paid_e8 - taken_e8, self.paid_e8 - self.taken_back_e8)

    @property
    def taken_back_e8(self) -> int:
        """What was given back and charged back of all lines."""
        refunded_e8 = sum(item.amount_e8 for item in self.refunds)
        return refunded_e8 + sum(item.amount_e8 for item in self.chargebacks)

    @property
    def still_charged_e8(self) -> int:
        """What can still be given back of the payment as a whole."""
        lines_e8 = sum(map(self.refundable_e8, self.line_numbers))
        return min(lines_e8, self.paid_e8 - self.taken_back_e8)


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


def open_authorization(payment: Payment, attempt: Attempt) -> Payment:
    """The payment with its authorization on its way to the bank."""
    return msgspec.structs.replace(payment, attempts=(*payment.attempts, attempt))


def approve(payment: Payment, answer: Approved, now_ms: int) -> Payment:
    """The payment after the bank approved its authorization."""
    is_sale = payment.kind is _SALE
    event = _SALE_APPROVED if is_sale else Event.HOLD_APPROVED
    return msgspec.structs.replace(
        payment,
        version=payment.version + 1,
        state=after(payment.state, event),
        auth_code=answer.auth_code,
        reference=answer.reference,
        risk=answer.risk,
        captured_ms=now_ms if is_sale else None,
        value_ms=value_time_ms(now_ms, payment.payout_days) if is_sale else None,
        attempts=close_attempt(payment, answer, now_ms),
    )


def decline(payment: Payment, answer: Declined, now_ms: int) -> Payment:
    """The payment after the bank declined its authorization."""
    return msgspec.structs.replace(
        payment,
        version=payment.version + 1,
        state=after(payment.state, Event.AUTHORIZATION_DECLINED),
        decline_reason=answer.reason,
        attempts=close_attempt(payment, answer, now_ms),
    )


def leave_unanswered(payment: Payment, *, inquire_ms: int, inquiries: int = 0) -> Payment:
    """The payment whose open attempt the bank did not answer; a new payment becomes uncertain.

    The bank is asked about it at `inquire_ms`, having been asked so many times already.
    """
    attempt = msgspec.structs.replace(
        payment.attempts[-1], inquire_ms=inquire_ms, inquiries=inquiries
    )
    state = payment.state
    if state is PaymentState.PENDING:
        state = after(state, Event.AUTHORIZATION_UNANSWERED)
    return msgspec.structs.replace(
        payment,
        version=payment.version + 1,
        state=state,
        attempts=(*payment.attempts[:-1], attempt),
    )


def begin_reversal(payment: Payment) -> Payment:
    """The payment whose open attempt is undone at the bank, and looked at until that is sure."""
    attempt = payment.attempts[-1]
    left = leave_unanswered(payment, inquire_ms=attempt.inquire_ms, inquiries=attempt.inquiries)
    reversing = msgspec.structs.replace(attempt, is_reversing=True)
    return msgspec.structs.replace(left, attempts=(*payment.attempts[:-1], reversing))


def close_attempt(
    payment: Payment, answer: Approved | Declined | Reversed, now_ms: int
) -> tuple[Attempt, ...]:
    """A payment's attempts after the bank answered the last one."""
    attempt = payment.attempts[-1]
    if isinstance(answer, Approved):
        closed = msgspec.structs.replace(
            attempt,
            outcome=_APPROVED,
            auth_code=answer.auth_code,
            reference=answer.reference,
            closed_ms=now_ms,
        )
    elif isinstance(answer, Declined):
        closed = msgspec.structs.replace(
            attempt, outcome=Outcome.DECLINED, detail=answer.code, closed_ms=now_ms
        )
    else:
        closed = msgspec.structs.replace(attempt, outcome=Outcome.REVERSED, closed_ms=now_ms)
    return (*payment.attempts[:-1], closed)


def reverse(payment: Payment, now_ms: int) -> Payment:
    """The payment after its unanswered authorization was undone at the bank."""
    return msgspec.structs.replace(
        payment,
        version=payment.version + 1,
        state=after(payment.state, Event.AUTHORIZATION_REVERSED),
        decline_reason=DeclineReason.TIMEOUT,
        attempts=close_attempt(payment, Reversed(), now_ms),
    )
