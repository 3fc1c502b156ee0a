"""What the bank decides: pure functions of the request and the table of cards.

It looks at the card number, the amount and the reference only. It does not check the CVV, the
expiry, the currency, the instalments, or whether a follow-up fits what was approved before.
"""

from collections.abc import Mapping
from typing import Final

from stdnum import luhn

from simbank.cards import Rule
from simbank.references import FollowUps, follow_ups_of
from vezne.wire.simhost import Request, ResponseCode

_PAN_LENGTH_MIN: Final = 12
_INVALID_AMOUNT: Final = Rule(code=ResponseCode.INVALID_AMOUNT)
_INVALID_NUMBER: Final = Rule(code=ResponseCode.INVALID_CARD_NUMBER)
_UNKNOWN_CARD: Final = Rule()


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


def decide_follow_up(request: Request) -> ResponseCode:
    """The answer to a capture, void or refund."""
    if request.amount_e8 <= 0:
        return ResponseCode.INVALID_AMOUNT
    match follow_ups_of(request.reference):
        case FollowUps.GRANTED:
            return ResponseCode.APPROVED
        case FollowUps.DECLINED:
            return ResponseCode.GENERAL_ERROR
        case None:
            return ResponseCode.RECORD_NOT_FOUND


def _is_card_number(digits: str) -> bool:
    return len(digits) >= _PAN_LENGTH_MIN and bool(luhn.is_valid(digits))
