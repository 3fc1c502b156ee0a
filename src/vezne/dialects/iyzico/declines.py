"""What a bank said, in the words of this door: code, group and both texts for every reason.

Codes, groups and Turkish texts are those of the iyzico documentation, error codes, in its older
reading where its generations differ (lost and stolen cards). Where it publishes none, the English
text is a plain translation and the group says what the code is about.
"""

from collections.abc import Mapping
from typing import Final

from vezne.core.answer import DeclineReason
from vezne.dialects.iyzico.errors import Error

_UNKNOWN_TURKISH: Final = "Ödeme işlemi esnasında genel bir hata oluştu"
_UNKNOWN_ENGLISH: Final = "An error occurred while processing payment"
_LOST_CARD: Final = Error("10041", "Kayıp kart, karta el koyunuz", "Lost card", "LOST_CARD")

DECLINES: Final[Mapping[DeclineReason, Error]] = {
    DeclineReason.DO_NOT_HONOUR: Error(
        "10005", "İşlem onaylanmadı", "Operation not approved", "DO_NOT_HONOUR"
    ),
    DeclineReason.INVALID_TRANSACTION: Error(
        "10012", "Geçersiz işlem", "Invalid transaction", "INVALID_TRANSACTION"
    ),
    DeclineReason.FRAUD_SUSPECT: Error(
        "10034", "Dolandırıcılık şüphesi", "Fraud suspect", "FRAUD_SUSPECT"
    ),
    # The documentation's test card for a card to be picked up answers like the lost one.
    DeclineReason.PICKUP_CARD: _LOST_CARD,
    DeclineReason.LOST_CARD: _LOST_CARD,
    DeclineReason.STOLEN_CARD: Error(
        "10043", "Çalıntı kart, karta el koyunuz", "Stolen card", "STOLEN_CARD"
    ),
    DeclineReason.INSUFFICIENT_FUNDS: Error(
        "10051",
        "Kart limiti yetersiz, yetersiz bakiye",
        "Insufficient funds",
        "NOT_SUFFICIENT_FUNDS",
    ),
    DeclineReason.EXPIRED_CARD: Error(
        "10054", "Vadesi dolmuş kart", "Expired card", "EXPIRED_CARD"
    ),
    DeclineReason.NOT_PERMITTED_TO_CARDHOLDER: Error(
        "10057",
        "Kart sahibi bu işlemi yapamaz",
        "Operation not permitted to card holder",
        "NOT_PERMITTED_TO_CARDHOLDER",
    ),
    DeclineReason.NOT_PERMITTED_TO_TERMINAL: Error(
        "10058",
        "Terminalin bu işlemi yapmaya yetkisi yok",
        "Operation not permitted to terminal",
        "NOT_PERMITTED_TO_TERMINAL",
    ),
    DeclineReason.INVALID_CVV: Error(
        "10084", "CVC2 bilgisi hatalı", "Invalid CVC2", "INVALID_CVC2"
    ),
    DeclineReason.RESTRICTED_BY_LAW: Error(
        "10093",
        "Kartınız e-ticaret işlemlerine kapalıdır. Bankanızı arayınız.",
        "Your card is closed to e-commerce. Call your bank.",
        "RESTRICTED_BY_LAW",
    ),
    DeclineReason.CARD_NOT_PERMITTED: Error(
        "10201",
        "Kart, işleme izin vermedi",
        "Operation not permitted by card",
        "CARD_NOT_PERMITTED",
    ),
    DeclineReason.PROCESSING_ERROR: Error("10202", _UNKNOWN_TURKISH, _UNKNOWN_ENGLISH, "UNKNOWN"),
    DeclineReason.ALREADY_APPROVED: Error(
        "10203", "Önceden onaylanan işlem", "Operation approved before", "APPROVED_COMPLETED"
    ),
    DeclineReason.GENERAL_ERROR: Error("10204", _UNKNOWN_TURKISH, _UNKNOWN_ENGLISH, "UNKNOWN"),
    DeclineReason.INVALID_EMAIL_CHARACTERS: Error(
        "10205",
        "E-posta geçerli formata değil",
        "The e-mail address is not in a valid format",
        "INVALID_CHARS_IN_EMAIL",
    ),
    DeclineReason.INVALID_CVV_LENGTH: Error(
        "10206", "CVC uzunluğu geçersiz", "Invalid CVC length", "INVALID_CVC2_LENGTH"
    ),
    DeclineReason.REFER_TO_ISSUER: Error(
        "10207",
        "Bankanızdan onay alınız",
        "Need to receive approval by bank",
        "REFER_TO_CARD_ISSUER",
    ),
    DeclineReason.INVALID_MERCHANT: Error(
        "10208",
        "Üye işyeri kategori kodu hatalı",
        "Invalid bank merchant category",
        "INVALID_MERCHANT_OR_SP",
    ),
    DeclineReason.BLOCKED_CARD: Error(
        "10209", "Bloke statülü kart", "Blocked card", "BLOCKED_CARD"
    ),
    DeclineReason.INVALID_CAVV: Error(
        "10210", "Hatalı CAVV bilgisi", "Invalid CAVV", "INVALID_CAVV"
    ),
    DeclineReason.INVALID_ECI: Error("10211", "Hatalı ECI bilgisi", "Invalid ECI", "INVALID_ECI"),
    DeclineReason.CVV_ATTEMPTS_EXCEEDED: Error(
        "10212",
        "CVC2 yanlış girme deneme sayısı aşıldı",
        "Too many attempts with a wrong CVC2",
        "CVC2_MAX_ATTEMPT",
    ),
    DeclineReason.BIN_NOT_FOUND: Error(
        "10213", "BIN bulunamadı", "Bin is not found", "BIN_NOT_FOUND"
    ),
    DeclineReason.COMMUNICATION_ERROR: Error(
        "10214",
        "İletişim veya sistem hatası",
        "Communication or system error",
        "COMMUNICATION_OR_SYSTEM_ERROR",
    ),
    DeclineReason.INVALID_CARD_NUMBER: Error(
        "10215", "Geçersiz kart numarası", "Invalid card number", "INVALID_CARD_NUMBER"
    ),
    DeclineReason.NO_SUCH_ISSUER: Error(
        "10216", "Bankası bulunamadı", "Issuer not found", "NO_SUCH_ISSUER"
    ),
    DeclineReason.DEBIT_NEEDS_AUTHENTICATION: Error(
        "10217",
        "Banka kartları sadece 3D Secure işleminde kullanılabilir",
        "Debit cards require 3D-Secure",
        "DEBIT_CARDS_REQUIRES_3DS",
    ),
    DeclineReason.DEBIT_INSTALLMENTS_NOT_ALLOWED: Error(
        "10218",
        "Banka kartları ile taksit yapılamaz",
        "Debit cards cannot pay in instalments",
        "DEBIT_CARDS_INSTALLMENT_NOT_ALLOWED",
    ),
    DeclineReason.REQUEST_TIMEOUT: Error(
        "10219",
        "Bankaya gönderilen istek zaman aşımına uğradı",
        "Request timeout",
        "REQUEST_TIMEOUT",
    ),
    DeclineReason.DECLINED: Error(
        "10220", "Ödeme alınamadı", "The payment could not be taken", "DECLINED"
    ),
    DeclineReason.FOREIGN_CARD_NOT_PERMITTED: Error(
        "10221",
        "Terminal yurtdışı kartlara kapalı",
        "The terminal is closed to foreign cards",
        "NOT_PERMITTED_TO_FOREIGN_CARD",
    ),
    DeclineReason.INSTALLMENTS_NOT_PERMITTED: Error(
        "10222",
        "Terminal taksitli işleme kapalı",
        "The terminal is closed to instalments",
        "NOT_PERMITTED_TO_INSTALLMENT",
    ),
    DeclineReason.NEEDS_DAY_END: Error(
        "10223", "Gün sonu yapılmalı", "The day has to be closed first", "REQUIRES_DAY_END"
    ),
    DeclineReason.WITHDRAWAL_LIMIT_EXCEEDED: Error(
        "10224",
        "Para çekme limiti aşılmış",
        "Withdrawal limit exceeded",
        "EXCEEDS_WITHDRAWAL_AMOUNT_LIMIT",
    ),
    DeclineReason.RESTRICTED_CARD: Error(
        "10225", "Kısıtlı kart", "Restricted card", "RESTRICTED_CARD"
    ),
    DeclineReason.PIN_ATTEMPTS_EXCEEDED: Error(
        "10226",
        "İzin verilen PIN giriş sayısı aşılmış",
        "Too many attempts with a wrong PIN",
        "EXCEEDS_ALLOWABLE_PIN_TRIES",
    ),
    DeclineReason.INVALID_PIN: Error("10227", "Geçersiz PIN", "Invalid PIN", "INVALID_PIN"),
    DeclineReason.ISSUER_UNAVAILABLE: Error(
        "10228",
        "Banka veya terminal işlem yapamıyor",
        "The bank or the terminal is out of order",
        "ISSUER_OR_SWITCH_INOPERATIVE",
    ),
    DeclineReason.INVALID_EXPIRY: Error(
        "10229",
        "Son kullanma tarihi geçersiz",
        "Invalid expiration date",
        "INVALID_EXPIRE_YEAR_MONTH",
    ),
    DeclineReason.BLOCKED_BY_BANK: Error(
        "10230",
        "İstek bankadan hata aldı",
        "The bank refused the request",
        "REQUEST_BLOCKED_BY_BANK",
    ),
    DeclineReason.AMOUNT_BELOW_AWARD: Error(
        "10231",
        "Satış tutarı ödül puanından düşük olamaz",
        "The amount must not be less than the award",
        "SALES_AMOUNT_LESS_THAN_AWARD",
    ),
    DeclineReason.INVALID_AMOUNT: Error(
        "10232", "Geçersiz tutar", "Invalid amount", "INVALID_AMOUNT"
    ),
    DeclineReason.INVALID_CARD_TYPE: Error(
        "10233", "Geçersiz kart tipi", "Invalid card type", "INVALID_CARD_TYPE"
    ),
    DeclineReason.INSUFFICIENT_AWARD: Error(
        "10234", "Yetersiz ödül puanı", "Insufficient award", "NOT_SUFFICIENT_AWARD"
    ),
    DeclineReason.AMEX_ONLY_MEMBERSHIP_REWARDS: Error(
        "10235",
        "American Express kart hatası",
        "American Express card error",
        "AMEX_CAN_USE_ONLY_MR",
    ),
    DeclineReason.UNSPECIFIED_ERROR: Error("10236", _UNKNOWN_TURKISH, _UNKNOWN_ENGLISH, "UNKNOWN"),
    DeclineReason.DEBIT_REFUND_IMPOSSIBLE: Error(
        "10237",
        "Banka kartına iade yapılamaz",
        "Refund to a debit card is impossible",
        "DEBIT_REFUND_IMPOSSIBLE",
    ),
    DeclineReason.DEBIT_REFUND_INVALID: Error(
        "10238",
        "Banka kartına iade geçersiz",
        "Refund to a debit card is invalid",
        "DEBIT_REFUND_INVALID",
    ),
    DeclineReason.CANCELLED_BY_USER: Error(
        "10239",
        "İşlem kullanıcı tarafından iptal edildi",
        "Operation cancelled by the user",
        "CANCELLED_BY_USER",
    ),
    DeclineReason.TIMEOUT: Error("10240", "Zaman aşımı", "Timeout", "TIMEOUT"),
    DeclineReason.REMOTE_ERROR: Error(
        "10241", "Karşı sistem hatası", "Remote error", "REMOTE_ERROR"
    ),
    DeclineReason.LOCAL_ERROR: Error("10242", "Yerel sistem hatası", "Local error", "LOCAL_ERROR"),
    DeclineReason.LOCAL_DECLINE: Error(
        "10243", "İşlem yerel sistemce reddedildi", "Local decline", "LOCAL_DECLINE"
    ),
    DeclineReason.REMOTE_DECLINE: Error(
        "10244", "İşlem karşı sistemce reddedildi", "Remote decline", "REMOTE_DECLINE"
    ),
    DeclineReason.LINE_REFUND_LIMIT_EXCEEDED: Error(
        "10245",
        "Ödeme kırılımına ait iade tutarı limiti aşıldı",
        "The refund limit of the payment line is exceeded",
        "LINE_REFUND_LIMIT_EXCEEDED",
    ),
    DeclineReason.REFUND_DECLINED: Error(
        "10246", "İade reddedildi", "Refund declined", "REFUND_DECLINE"
    ),
    DeclineReason.TRANSFER_NOT_MADE: Error(
        "10247", "Havale yapılmadı", "The bank transfer was not made", "TRANSFER_NOT_MADE"
    ),
    DeclineReason.TRANSACTION_AMOUNT_EXCEEDED: Error(
        "10248",
        "İşlem tutarı sınırı aşıldı",
        "Transaction amount exceeded",
        "EXCEEDED_TRANSACTION_AMOUNT",
    ),
    DeclineReason.BALANCE_ERROR: Error("10249", "Bakiye hatası", "Balance error", "BALANCE_ERROR"),
    DeclineReason.AWARD_WITH_INSTALLMENTS: Error(
        "10250",
        "Taksitli işlemde ödül puanı kullanılamaz",
        "An award cannot be used with instalments",
        "AWARD_WITH_INSTALLMENTS",
    ),
    DeclineReason.AWARD_LIMIT_EXCEEDED: Error(
        "10251",
        "Ödül puanı sınırı aşıldı",
        "The award limit is exceeded",
        "AWARD_LIMIT_EXCEEDED",
    ),
}
