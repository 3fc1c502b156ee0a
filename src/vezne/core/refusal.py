"""What we say no to. The catalogue is closed and knows no HTTP; each dialect has words for it."""

import enum


class Reason(enum.StrEnum):
    """Every refusal of the house. A dialect maps all of them; a test asserts it."""

    OWNER_NOT_FOUND = "owner_not_found"
    CARD_NOT_FOUND = "card_not_found"
    CARD_BLOCKED = "card_blocked"
    CARD_EXPIRED = "card_expired"
    PAYMENT_NOT_FOUND = "payment_not_found"
    LINE_NOT_FOUND = "line_not_found"
    STATE_UNSUITABLE = "state_unsuitable"
    OPERATION_IN_FLIGHT = "operation_in_flight"
    VOID_TOO_LATE = "void_too_late"
    REFUND_TOO_LATE = "refund_too_late"
    AMOUNT_EXCEEDS_REMAINDER = "amount_exceeds_remainder"
    LINES_DO_NOT_SUM = "lines_do_not_sum"
    CURRENCY_NOT_ENABLED = "currency_not_enabled"
    CURRENCY_MISMATCH = "currency_mismatch"
    LOCAL_CARD_NEEDS_LOCAL_CURRENCY = "local_card_needs_local_currency"
    INSTALLMENTS_NOT_FOR_DEBIT = "installments_not_for_debit"
    INSTALLMENTS_NOT_FOR_CARD = "installments_not_for_card"
    BIN_NOT_FOUND = "bin_not_found"
    PAYMENT_DIFFERS = "payment_differs"
    AUTHENTICATION_UNSUITABLE = "authentication_unsuitable"
    AUTHENTICATION_EXPIRED = "authentication_expired"
    HELD_CARD_LOST = "held_card_lost"
    SESSION_NOT_FOUND = "session_not_found"
    SESSION_EXPIRED = "session_expired"
    REFERENCE_TAKEN = "reference_taken"
    ONCE_KEY_MALFORMED = "once_key_malformed"
    ONCE_KEY_REUSED = "once_key_reused"
    ONCE_KEY_IN_FLIGHT = "once_key_in_flight"
    ONCE_OUTCOME_UNKNOWN = "once_outcome_unknown"
    SUB_MERCHANTS_NOT_ENABLED = "sub_merchants_not_enabled"
    SUB_MERCHANT_NOT_FOUND = "sub_merchant_not_found"
    SUB_MERCHANT_EXISTS = "sub_merchant_exists"
    SUB_MERCHANT_NOT_PAYABLE = "sub_merchant_not_payable"
    SUB_MERCHANT_PRICE_TOO_HIGH = "sub_merchant_price_too_high"
    BALANCE_TOO_LOW = "balance_too_low"


class Refusal(Exception):
    """We refuse a well-formed command. Nothing was written, but that something has ended."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
