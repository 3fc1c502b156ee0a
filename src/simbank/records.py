"""What the bank writes down of an operation, and what a payment comes to by its operations."""

from collections.abc import Iterable
from typing import Final

import msgspec

from vezne.wire.simhost import FraudVerdict, Operation, Request

# PCI DSS v4.0.1 3.4.1: BIN and last four at most; eight digits of the BIN are for long numbers.
_LONG: Final = 16
_SHORT: Final = 13
_BIN_LONG: Final = 8
_BIN_SHORT: Final = 6


class Record(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """One operation of a merchant, named by its trace number, and what the bank answered.

    `payment_trace` is that of the authorization or sale that it is about: its own, or that of the
    approval that a follow-up named; 0 when the bank did not remember the approval any more.
    `refers_to` is the reference that a follow-up named, `bin` and `last4` are of the card of an
    authorization. A reversal of a trace that never came is a record of its own, without an answer.
    """

    merchant_id: int
    trace: int
    operation: Operation
    amount_e8: int
    currency: str
    code: str
    auth_code: str = ""
    reference: str = ""
    refers_to: str = ""
    payment_trace: int = 0
    installments: int = 1
    bin: str = ""
    last4: str = ""
    verdict: FraudVerdict | None = None
    is_test_card: bool | None = None
    is_reversed: bool = False

    @property
    def is_approved(self) -> bool:
        """Whether the bank said yes and has not undone it since. Only a yes has a reference."""
        return bool(self.reference) and not self.is_reversed

    def is_of(self, request: Request) -> bool:
        """Whether a request asks for the very same thing again.

        The CVV is not compared, since nobody keeps it, nor are the digits of the card between
        BIN and last four.
        """
        return (
            self.operation == request.operation
            and self.amount_e8 == request.amount_e8
            and self.currency == request.currency
            and self.installments == request.installments
            and self.refers_to == request.reference
            and (self.bin, self.last4) == shown_digits(request.pan)
        )


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Record)


def to_line(record: Record) -> bytes:
    """A record as it is written down and remembered, without the end of the line."""
    return _ENCODER.encode(record)


def from_line(line: bytes) -> Record:
    """What `to_line` made. Raises msgspec.MsgspecError and UnicodeDecodeError."""
    return _DECODER.decode(line)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a payment comes to. All amounts in 1e-8 of its currency. A sale holds nothing."""

    currency: str
    held_e8: int
    captured_e8: int
    refunded_e8: int
    is_undone: bool

    @property
    def net_e8(self) -> int:
        """What the cardholder has paid in the end."""
        return 0 if self.is_undone else self.captured_e8 - self.refunded_e8


def standing_of(payment: Record, follow_ups: Iterable[Record]) -> Standing:
    """The standing of an approved authorization or sale, after what was approved about it."""
    is_sale = payment.operation is Operation.SALE
    captured_e8 = payment.amount_e8 if is_sale else 0
    refunded_e8 = 0
    is_undone = payment.is_reversed
    for record in follow_ups:
        if not record.is_approved:
            continue
        if record.operation is Operation.CAPTURE:
            captured_e8 += record.amount_e8
        elif record.operation is Operation.REFUND:
            refunded_e8 += record.amount_e8
        else:
            is_undone = True
    return Standing(
        currency=payment.currency,
        held_e8=0 if is_sale else payment.amount_e8,
        captured_e8=captured_e8,
        refunded_e8=refunded_e8,
        is_undone=is_undone,
    )


def shown_digits(pan: str) -> tuple[str, str]:
    """The digits of a card number that may be written down: of its beginning, and the last four."""
    if len(pan) < _SHORT:
        return "", ""
    return pan[: _BIN_LONG if len(pan) >= _LONG else _BIN_SHORT], pan[-4:]
