"""What we refuse, in the words of CardWall and of the payment API. Both maps are total."""

from collections.abc import Mapping
from typing import Final

from vezne.core.refusal import Reason
from vezne.dialects.paywall import errors, payment_errors
from vezne.dialects.paywall.errors import Error

# CardWall takes no payments: the reasons that only they have are an error of its own making.
CARD_REFUSALS: Final[Mapping[Reason, Error]] = {
    Reason.OWNER_NOT_FOUND: errors.CARD_NOT_FOUND,
    Reason.CARD_NOT_FOUND: errors.CARD_NOT_FOUND,
    Reason.CARD_BLOCKED: errors.CARD_BLOCKED,
    Reason.CARD_EXPIRED: errors.CARD_EXPIRED,
    Reason.PAYMENT_NOT_FOUND: errors.CARDWALL,
    Reason.LINE_NOT_FOUND: errors.CARDWALL,
    Reason.STATE_UNSUITABLE: errors.CARDWALL,
    Reason.OPERATION_IN_FLIGHT: errors.SERVICE_BUSY,
    Reason.VOID_TOO_LATE: errors.CARDWALL,
    Reason.REFUND_TOO_LATE: errors.CARDWALL,
    Reason.AMOUNT_EXCEEDS_REMAINDER: errors.CARDWALL,
    Reason.LINES_DO_NOT_SUM: errors.CARDWALL,
    Reason.CURRENCY_NOT_ENABLED: errors.CARDWALL,
    Reason.CURRENCY_MISMATCH: errors.CARDWALL,
    Reason.LOCAL_CARD_NEEDS_LOCAL_CURRENCY: errors.CARDWALL,
    Reason.INSTALLMENTS_NOT_FOR_DEBIT: errors.CARDWALL,
    Reason.INSTALLMENTS_NOT_FOR_CARD: errors.CARDWALL,
    Reason.BIN_NOT_FOUND: errors.CARDWALL,
    Reason.PAYMENT_DIFFERS: errors.CARDWALL,
    Reason.AUTHENTICATION_UNSUITABLE: errors.CARDWALL,
    Reason.AUTHENTICATION_EXPIRED: errors.CARDWALL,
    Reason.HELD_CARD_LOST: errors.CARD_TOKEN_LOST,
    Reason.SESSION_NOT_FOUND: errors.CARD_TOKEN_INVALID,
    Reason.SESSION_EXPIRED: errors.CARD_TOKEN_INVALID,
    Reason.REFERENCE_TAKEN: errors.CARDWALL,
}

PAYMENT_REFUSALS: Final[Mapping[Reason, Error]] = {
    Reason.OWNER_NOT_FOUND: payment_errors.STORED_CARD_NOT_FOUND,
    Reason.CARD_NOT_FOUND: payment_errors.STORED_CARD_NOT_FOUND,
    Reason.CARD_BLOCKED: payment_errors.STORED_CARD_BLOCKED,
    Reason.CARD_EXPIRED: payment_errors.CARD_EXPIRED,
    Reason.PAYMENT_NOT_FOUND: payment_errors.PAYMENT_NOT_FOUND,
    Reason.LINE_NOT_FOUND: payment_errors.PAYMENT_NOT_FOUND,
    Reason.STATE_UNSUITABLE: payment_errors.ALREADY_CONCLUDED,
    Reason.OPERATION_IN_FLIGHT: payment_errors.REQUEST_NOT_PROCESSED,
    Reason.VOID_TOO_LATE: payment_errors.UNSUCCESSFUL,
    Reason.REFUND_TOO_LATE: payment_errors.UNSUCCESSFUL,
    Reason.AMOUNT_EXCEEDS_REMAINDER: payment_errors.AMOUNT_EXCEEDS,
    Reason.LINES_DO_NOT_SUM: payment_errors.PRODUCTS_DO_NOT_SUM,
    Reason.CURRENCY_NOT_ENABLED: payment_errors.CURRENCY_INVALID,
    Reason.CURRENCY_MISMATCH: payment_errors.CURRENCY_INVALID,
    Reason.LOCAL_CARD_NEEDS_LOCAL_CURRENCY: payment_errors.CURRENCY_INVALID,
    Reason.INSTALLMENTS_NOT_FOR_DEBIT: payment_errors.INSTALLMENT_INVALID,
    Reason.INSTALLMENTS_NOT_FOR_CARD: payment_errors.INSTALLMENT_INVALID,
    Reason.BIN_NOT_FOUND: payment_errors.NO_DATA,
    Reason.PAYMENT_DIFFERS: payment_errors.DETAIL_INVALID,
    Reason.AUTHENTICATION_UNSUITABLE: payment_errors.ALREADY_CONCLUDED,
    Reason.AUTHENTICATION_EXPIRED: payment_errors.UNSUCCESSFUL,
    Reason.HELD_CARD_LOST: payment_errors.TEMP_CARD_NOT_FOUND,
    Reason.SESSION_NOT_FOUND: payment_errors.TEMP_CARD_TOKEN_INVALID,
    Reason.SESSION_EXPIRED: payment_errors.TEMP_CARD_TOKEN_INVALID,
    Reason.REFERENCE_TAKEN: payment_errors.MERCHANT_CODE_TAKEN,
}
