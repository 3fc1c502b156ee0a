"""What customers of the simulated shops want, and what the gateway has told them so far."""

import msgspec

from vezne.core.answer import Risk
from vezne.core.attempt import Operation
from vezne.core.payment import Payment, PaymentKind, PaymentState


class Order(msgspec.Struct, kw_only=True):
    """An amount to be paid once. `serial` stands in the last digits of the amount.

    So that the bank's records say by themselves which order they are about. `names_anew` orders are
    of a shop that names every payment anew and asks for it by that name, the others of one that
    sends an idempotency key. The last fields are what the shop has done and heard.
    """

    serial: int
    merchant_id: int
    kind: PaymentKind
    amount_e8: int
    line_prices_e8: tuple[int, ...]
    pan: str
    names_anew: bool
    is_authenticated: bool = False
    registers: bool = False
    stores_first: bool = False
    seller: str | None = None
    seller_price_e8: int = 0
    on_file: tuple[bytes, bytes] | None = None
    tries: int = 0
    undo_asked: bool = False
    refunds_asked_e8: dict[str, int] = {}
    gift_e8: int = 0

    @property
    def reference(self) -> str:
        """The shop's name for its payment; one that sends keys has another for each card."""
        if self.names_anew or not self.tries:
            return f"order-{self.serial}"
        return f"order-{self.serial}.{self.tries}"


class RefundTold(msgspec.Struct, frozen=True):
    """A refund that the shop has heard of, by its own name for it."""

    name: str
    amount_e8: int


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer tells a shop about a payment."""

    merchant_id: int
    number: int
    version: int
    state: PaymentState
    risk: Risk
    paid_e8: int
    is_open: bool
    owner_key: bytes | None = None
    token: bytes | None = None
    line_numbers: tuple[int, ...] = ()
    refunds: tuple[RefundTold, ...] = ()

    @property
    def is_settled(self) -> bool:
        """Whether the bank has answered whatever it was asked."""
        return not self.is_open and self.state is not PaymentState.AUTHENTICATING


def receipt_of(payment: Payment) -> Receipt:
    """What the answer about a payment says."""
    return Receipt(
        merchant_id=payment.merchant_id,
        number=payment.number,
        version=payment.version,
        state=payment.state,
        risk=payment.risk,
        paid_e8=payment.paid_e8,
        is_open=payment.open_attempt is not None,
        owner_key=payment.owner_key,
        token=payment.card_token,
        line_numbers=tuple(payment.line_numbers),
        refunds=refunds_of(payment),
    )


def refunds_of(payment: Payment) -> tuple[RefundTold, ...]:
    """A payment's refunds, each with all its lines; those of a rejection have no name."""
    sums: dict[str, int] = {}
    for refund in payment.refunds:
        name = refund.conversation_id or ""
        sums[name] = sums.get(name, 0) + refund.amount_e8
    return tuple(RefundTold(name, amount_e8) for name, amount_e8 in sums.items())


class Told(msgspec.Struct, frozen=True):
    """An answer that a shop has got, which must stay true."""

    order: Order
    receipt: Receipt


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be done with a payment that was approved."""

    number: int
    operation: Operation
    amount_e8: int = 0
    line_number: int | None = None
    name: str = ""
    is_verdict: bool = False
