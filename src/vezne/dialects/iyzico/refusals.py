"""What we refuse, in the words of this door. Few refusals depend on what was asked for."""

from collections.abc import Mapping
from typing import Final

from vezne.core.answer import DeclineReason
from vezne.core.refusal import Reason
from vezne.dialects.iyzico import errors
from vezne.dialects.iyzico.declines import DECLINES
from vezne.dialects.iyzico.errors import Error

REFUSALS: Final[Mapping[Reason, Error]] = {
    Reason.OWNER_NOT_FOUND: errors.USER_KEY_NOT_FOUND,
    Reason.CARD_NOT_FOUND: errors.CARD_TOKEN_NOT_FOUND,
    Reason.CARD_BLOCKED: DECLINES[DeclineReason.BLOCKED_CARD],
    Reason.CARD_EXPIRED: errors.CARD_EXPIRED,
    Reason.PAYMENT_NOT_FOUND: errors.PAYMENT_NOT_FOUND,
    Reason.LINE_NOT_FOUND: errors.LINE_NOT_FOUND,
    Reason.STATE_UNSUITABLE: errors.OPERATION_IN_FLIGHT,
    Reason.OPERATION_IN_FLIGHT: errors.OPERATION_IN_FLIGHT,
    Reason.VOID_TOO_LATE: errors.VOID_TOO_LATE,
    Reason.REFUND_TOO_LATE: errors.REFUND_TOO_LATE,
    Reason.AMOUNT_EXCEEDS_REMAINDER: errors.AMOUNT_EXCEEDS_REMAINDER,
    Reason.LINES_DO_NOT_SUM: errors.LINES_DO_NOT_SUM,
    Reason.CURRENCY_NOT_ENABLED: errors.CURRENCY_NOT_ENABLED,
    Reason.CURRENCY_MISMATCH: errors.CURRENCY_MISMATCH,
    Reason.LOCAL_CARD_NEEDS_LOCAL_CURRENCY: errors.LOCAL_CARD_FOREIGN_CURRENCY,
    Reason.INSTALLMENTS_NOT_FOR_DEBIT: DECLINES[DeclineReason.DEBIT_INSTALLMENTS_NOT_ALLOWED],
    Reason.INSTALLMENTS_NOT_FOR_CARD: DECLINES[DeclineReason.INSTALLMENTS_NOT_PERMITTED],
    Reason.BIN_NOT_FOUND: errors.BIN_NOT_FOUND,
    Reason.PAYMENT_DIFFERS: errors.PAYMENT_DIFFERS,
    Reason.AUTHENTICATION_UNSUITABLE: errors.UNSUITABLE_FOR_THREEDS,
    Reason.AUTHENTICATION_EXPIRED: errors.UNSUITABLE_FOR_THREEDS,
    Reason.HELD_CARD_LOST: errors.HELD_CARD_LOST,
    # This door opens no sessions and lets references repeat.
    Reason.SESSION_NOT_FOUND: errors.PAYMENT_NOT_FOUND,
    Reason.SESSION_EXPIRED: errors.AUTHENTICATION_EXPIRED,
    Reason.REFERENCE_TAKEN: errors.OPERATION_IN_FLIGHT,
    Reason.SUB_MERCHANTS_NOT_ENABLED: errors.SUB_MERCHANTS_NOT_ENABLED,
    Reason.SUB_MERCHANT_NOT_FOUND: errors.SUB_MERCHANTS_NOT_FOUND,
    Reason.SUB_MERCHANT_EXISTS: errors.SUB_MERCHANT_EXISTS,
    Reason.SUB_MERCHANT_NOT_PAYABLE: errors.SUB_MERCHANT_NOT_PAYABLE,
    Reason.SUB_MERCHANT_PRICE_TOO_HIGH: errors.SUB_MERCHANT_PRICE_TOO_HIGH,
    Reason.BALANCE_TOO_LOW: errors.BALANCE_TOO_LOW,
    Reason.ONCE_KEY_MALFORMED: errors.ONCE_KEY_MALFORMED,
    Reason.ONCE_KEY_REUSED: errors.ONCE_KEY_REUSED,
    Reason.ONCE_KEY_IN_FLIGHT: errors.ONCE_KEY_IN_FLIGHT,
    Reason.ONCE_OUTCOME_UNKNOWN: errors.ONCE_OUTCOME_UNKNOWN,
}

CANCEL_REFUSALS: Final[Mapping[Reason, Error]] = {
    **REFUSALS,
    Reason.PAYMENT_NOT_FOUND: errors.CANCEL_NOT_FOUND,
}

POST_AUTH_REFUSALS: Final[Mapping[Reason, Error]] = {
    **REFUSALS,
    Reason.STATE_UNSUITABLE: errors.UNSUITABLE_FOR_POST_AUTH,
}

MARKETPLACE_REFUSALS: Final[Mapping[Reason, Error]] = {
    **REFUSALS,
    Reason.SUB_MERCHANT_NOT_FOUND: errors.SUB_MERCHANT_NOT_FOUND,
    Reason.STATE_UNSUITABLE: errors.UNSUITABLE_FOR_APPROVAL,
}

ITEM_UPDATE_REFUSALS: Final[Mapping[Reason, Error]] = {
    **MARKETPLACE_REFUSALS,
    Reason.STATE_UNSUITABLE: errors.UNSUITABLE_FOR_ITEM_UPDATE,
}
