"""What a bank answers. Silence is an answer of its own: unknown, never declined."""

import enum

import msgspec


class DeclineReason(enum.StrEnum):
    """Why the issuer or its network said no. The list is closed; acquirers map onto it."""

    DO_NOT_HONOUR = "do_not_honour"
    INVALID_TRANSACTION = "invalid_transaction"
    FRAUD_SUSPECT = "fraud_suspect"
    PICKUP_CARD = "pickup_card"
    LOST_CARD = "lost_card"
    STOLEN_CARD = "stolen_card"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    EXPIRED_CARD = "expired_card"
    NOT_PERMITTED_TO_CARDHOLDER = "not_permitted_to_cardholder"
    NOT_PERMITTED_TO_TERMINAL = "not_permitted_to_terminal"
    INVALID_CVV = "invalid_cvv"
    RESTRICTED_BY_LAW = "restricted_by_law"
    CARD_NOT_PERMITTED = "card_not_permitted"
    PROCESSING_ERROR = "processing_error"
    GENERAL_ERROR = "general_error"
    UNSPECIFIED_ERROR = "unspecified_error"
    ALREADY_APPROVED = "already_approved"
    INVALID_EMAIL_CHARACTERS = "invalid_email_characters"
    INVALID_CVV_LENGTH = "invalid_cvv_length"
    REFER_TO_ISSUER = "refer_to_issuer"
    INVALID_MERCHANT = "invalid_merchant"
    BLOCKED_CARD = "blocked_card"
    INVALID_CAVV = "invalid_cavv"
    INVALID_ECI = "invalid_eci"
    CVV_ATTEMPTS_EXCEEDED = "cvv_attempts_exceeded"
    BIN_NOT_FOUND = "bin_not_found"
    COMMUNICATION_ERROR = "communication_error"
    INVALID_CARD_NUMBER = "invalid_card_number"
    NO_SUCH_ISSUER = "no_such_issuer"
    DEBIT_NEEDS_AUTHENTICATION = "debit_needs_authentication"
    DEBIT_INSTALLMENTS_NOT_ALLOWED = "debit_installments_not_allowed"
    REQUEST_TIMEOUT = "request_timeout"
    DECLINED = "declined"
    FOREIGN_CARD_NOT_PERMITTED = "foreign_card_not_permitted"
    INSTALLMENTS_NOT_PERMITTED = "installments_not_permitted"
    NEEDS_DAY_END = "needs_day_end"
    WITHDRAWAL_LIMIT_EXCEEDED = "withdrawal_limit_exceeded"
    RESTRICTED_CARD = "restricted_card"
    PIN_ATTEMPTS_EXCEEDED = "pin_attempts_exceeded"
    INVALID_PIN = "invalid_pin"
    ISSUER_UNAVAILABLE = "issuer_unavailable"
    INVALID_EXPIRY = "invalid_expiry"
    BLOCKED_BY_BANK = "blocked_by_bank"
    AMOUNT_BELOW_AWARD = "amount_below_award"
    INVALID_AMOUNT = "invalid_amount"
    INVALID_CARD_TYPE = "invalid_card_type"
    INSUFFICIENT_AWARD = "insufficient_award"
    AMEX_ONLY_MEMBERSHIP_REWARDS = "amex_only_membership_rewards"
    DEBIT_REFUND_IMPOSSIBLE = "debit_refund_impossible"
    DEBIT_REFUND_INVALID = "debit_refund_invalid"
    CANCELLED_BY_USER = "cancelled_by_user"
    TIMEOUT = "timeout"
    REMOTE_ERROR = "remote_error"
    LOCAL_ERROR = "local_error"
    LOCAL_DECLINE = "local_decline"
    REMOTE_DECLINE = "remote_decline"
    LINE_REFUND_LIMIT_EXCEEDED = "line_refund_limit_exceeded"
    REFUND_DECLINED = "refund_declined"
    TRANSFER_NOT_MADE = "transfer_not_made"
    TRANSACTION_AMOUNT_EXCEEDED = "transaction_amount_exceeded"
    BALANCE_ERROR = "balance_error"
    AWARD_WITH_INSTALLMENTS = "award_with_installments"
    AWARD_LIMIT_EXCEEDED = "award_limit_exceeded"


class Risk(enum.StrEnum):
    """The verdict of the fraud filter on an approved payment."""

    ACCEPTED = "accepted"
    REVIEW = "review"
    REJECTED = "rejected"


class Approved(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The bank said yes. `reference` is the host's name for the operation."""

    auth_code: str
    reference: str
    risk: Risk = Risk.ACCEPTED
    is_test_card: bool = True


class Declined(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The bank said no, with a reason; `code` is its own word for it."""

    reason: DeclineReason
    code: str


class Reversed(msgspec.Struct, frozen=True):
    """The bank undid what it never answered, or made sure that it will not happen."""


class NotFound(msgspec.Struct, frozen=True):
    """The bank never heard of what it was asked about."""


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """The bank did not say. The operation may have happened; `why` is for people."""

    why: str


Answer = Approved | Declined | Unknown
