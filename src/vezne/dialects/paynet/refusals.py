"""What we refuse, in the words of this door."""

from collections.abc import Mapping
from typing import Final

from vezne.core.refusal import Reason
from vezne.dialects.paynet import errors
from vezne.dialects.paynet.errors import Error

REFUSALS: Final[Mapping[Reason, Error]] = {
    Reason.OWNER_NOT_FOUND: errors.OWNER_NOT_FOUND,
    Reason.CARD_NOT_FOUND: errors.CARD_NOT_FOUND,
    Reason.CARD_BLOCKED: errors.CARD_BLOCKED,
    Reason.CARD_EXPIRED: errors.CARD_EXPIRED,
    Reason.PAYMENT_NOT_FOUND: errors.NO_DATA_FOUND,
    Reason.LINE_NOT_FOUND: errors.NO_DATA_FOUND,
    Reason.STATE_UNSUITABLE: errors.NO_PROCESS,
    Reason.OPERATION_IN_FLIGHT: errors.IN_FLIGHT,
    Reason.VOID_TOO_LATE: errors.NO_PROCESS,
    Reason.REFUND_TOO_LATE: errors.NO_PROCESS,
    Reason.AMOUNT_EXCEEDS_REMAINDER: errors.NO_PROCESS,
    Reason.LINES_DO_NOT_SUM: errors.UNMATCHED,
    Reason.CURRENCY_NOT_ENABLED: errors.CURRENCY_NOT_ENABLED,
    Reason.CURRENCY_MISMATCH: errors.UNMATCHED,
    Reason.LOCAL_CARD_NEEDS_LOCAL_CURRENCY: errors.CURRENCY_NOT_ENABLED,
    Reason.INSTALLMENTS_NOT_FOR_DEBIT: errors.WRONG_RATIO,
    Reason.INSTALLMENTS_NOT_FOR_CARD: errors.WRONG_RATIO,
    Reason.BIN_NOT_FOUND: errors.WRONG_BIN,
    Reason.PAYMENT_DIFFERS: errors.UNMATCHED,
    Reason.AUTHENTICATION_UNSUITABLE: errors.UNMATCHED,
    Reason.AUTHENTICATION_EXPIRED: errors.EXPIRED,
    Reason.HELD_CARD_LOST: errors.HELD_CARD_LOST,
    Reason.SESSION_NOT_FOUND: errors.NO_SESSION,
    Reason.SESSION_EXPIRED: errors.EXPIRED,
    Reason.REFERENCE_TAKEN: errors.DUPLICATE,
    # This door knows no sub-merchants.
    Reason.SUB_MERCHANTS_NOT_ENABLED: errors.NO_PROCESS,
    Reason.SUB_MERCHANT_NOT_FOUND: errors.NO_DATA_FOUND,
    Reason.SUB_MERCHANT_EXISTS: errors.DUPLICATE,
    Reason.SUB_MERCHANT_NOT_PAYABLE: errors.NO_PROCESS,
    Reason.SUB_MERCHANT_PRICE_TOO_HIGH: errors.NO_PROCESS,
    Reason.BALANCE_TOO_LOW: errors.NO_PROCESS,
    Reason.ONCE_KEY_MALFORMED: errors.ONCE_KEY_MALFORMED,
    Reason.ONCE_KEY_REUSED: errors.ONCE_KEY_REUSED,
    Reason.ONCE_KEY_IN_FLIGHT: errors.ONCE_KEY_IN_FLIGHT,
    Reason.ONCE_OUTCOME_UNKNOWN: errors.ONCE_OUTCOME_UNKNOWN,
}
