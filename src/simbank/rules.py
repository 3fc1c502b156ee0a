"""What the bank decides: pure functions of the request, the table of cards and what came before.

It looks at the card number, the amount and the reference, and at the payment that a follow-up names
where it remembers that. It does not check the CVV, the expiry or the instalments.
"""

from collections.abc import Mapping
from typing import Final

from stdnum import luhn

from simbank.cards import Rule
from simbank.records import Record, Standing
from simbank.references import FollowUps, follow_ups_of
from vezne.wire.simhost import Operation, Request, ResponseCode

# A capture may exceed the hold by fifteen percent, as tips and changed baskets need it to.
_CAPTURE_PERCENT_MAX: Final = 115
_PAN_LENGTH_MIN: Final = 12
_INVALID_AMOUNT: Final = Rule(code=ResponseCode.INVALID_AMOUNT)
_INVALID_NUMBER: Final = Rule(code=ResponseCode.INVALID_CARD_NUMBER)
_UNKNOWN_CARD: Final = Rule()
_BY_REFERENCE: Final[Mapping[FollowUps | None, ResponseCode]] = {
    FollowUps.GRANTED: ResponseCode.APPROVED,
    FollowUps.DECLINED: ResponseCode.GENERAL_ERROR,
    None: ResponseCode.RECORD_NOT_FOUND,
}


def decide_payment(request: Request, rules: Mapping[str, Rule]) -> tuple[Rule, bool]:
    """The rule for an authorization or sale, and whether the card is a test card.

    Any other number that passes the Luhn check is approved.
    """
    rule = rules.get(request.pan)
    is_test_card = rule is not None
    if rule is None:
        rule = _UNKNOWN_CARD if _is_card_number(request.pan) else _INVALID_NUMBER
    return (rule if request.amount_e8 > 0 else _INVALID_AMOUNT), is_test_card


def decide_begin(
    request: Request, rules: Mapping[str, Rule], *, only_test_cards: bool
) -> ResponseCode:
    """Whether a card's holder can be authenticated at all, for whatever payment."""
    if request.amount_e8 <= 0:
        return ResponseCode.INVALID_AMOUNT
    if request.pan in rules or (not only_test_cards and _is_card_number(request.pan)):
        return ResponseCode.APPROVED
    return ResponseCode.INVALID_CARD_NUMBER


def decide_follow_up(
    request: Request, named: Record | None, standing: Standing | None
) -> ResponseCode:
    """The answer to a capture, void or refund.

    `named` is the approval that it names, and `standing` what its payment has come to. Where the
    bank does not remember them, the reference decides alone.
    """
    if request.amount_e8 <= 0:
        return ResponseCode.INVALID_AMOUNT
    code = _BY_REFERENCE[follow_ups_of(request.reference)]
    if code is not ResponseCode.APPROVED or named is None or standing is None:
        return code
    if named.is_reversed or named.operation is Operation.REFUND:
        return ResponseCode.RECORD_NOT_FOUND
    if standing.is_undone or request.currency != standing.currency:
        return ResponseCode.INVALID_TRANSACTION
    return _check_amount(request, standing)


def _check_amount(request: Request, standing: Standing) -> ResponseCode:
    """Whether a payment has that much left to capture or to refund, or is untouched by refunds."""
    if request.operation == Operation.VOID:
        is_refunded = standing.refunded_e8 > 0
        return ResponseCode.INVALID_TRANSACTION if is_refunded else ResponseCode.APPROVED
    if request.operation == Operation.CAPTURE:
        left_e8 = standing.held_e8 * _CAPTURE_PERCENT_MAX // 100 - standing.captured_e8
    else:
        left_e8 = standing.captured_e8 - standing.refunded_e8
    return ResponseCode.APPROVED if request.amount_e8 <= left_e8 else ResponseCode.INVALID_AMOUNT


def _is_card_number(digits: str) -> bool:
    return len(digits) >= _PAN_LENGTH_MIN and bool(luhn.is_valid(digits))
