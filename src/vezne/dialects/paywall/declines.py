"""What a bank said, in the words of this door: its code and both texts for every reason.

The codes are those of ISO 8583, field 39, where it has one for the reason. PayWall passes on what
the provider and the bank behind it said; here both are the one bank that was asked.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from vezne.core.answer import DeclineReason


class Decline(msgspec.Struct, frozen=True):
    """One reason: the bank's code, empty where there is none, and both texts."""

    bank_code: str
    turkish: str
    english: str


DECLINES: Final[Mapping[DeclineReason, Decline]] = {
    DeclineReason.DO_NOT_HONOUR: Decline("05", "İşlem onaylanmadı", "Operation not approved"),
    DeclineReason.INVALID_TRANSACTION: Decline("12", "Geçersiz işlem", "Invalid transaction"),
    DeclineReason.FRAUD_SUSPECT: Decline("34", "Dolandırıcılık şüphesi", "Fraud suspect"),
    DeclineReason.PICKUP_CARD: Decline("04", "Kayıp kart, karta el koyunuz", "Lost card"),
    DeclineReason.LOST_CARD: Decline("41", "Kayıp kart, karta el koyunuz", "Lost card"),
    DeclineReason.STOLEN_CARD: Decline("43", "Çalıntı kart, karta el koyunuz", "Stolen card"),
    DeclineReason.INSUFFICIENT_FUNDS: Decline(
        "51", "Kart limiti yetersiz, yetersiz bakiye", "Insufficient funds"
    ),
    DeclineReason.EXPIRED_CARD: Decline("54", "Vadesi dolmuş kart", "Expired card"),
    DeclineReason.NOT_PERMITTED_TO_CARDHOLDER: Decline(
        "57", "Kart sahibi bu işlemi yapamaz", "Operation not permitted to card holder"
    ),
    DeclineReason.NOT_PERMITTED_TO_TERMINAL: Decline(
        "58", "Terminalin bu işlemi yapmaya yetkisi yok", "Operation not permitted to terminal"
    ),
    DeclineReason.INVALID_CVV: Decline("82", "CVC2 bilgisi hatalı", "Invalid CVC2"),
    DeclineReason.RESTRICTED_BY_LAW: Decline(
        "93",
        "Kartınız e-ticaret işlemlerine kapalıdır. Bankanızı arayınız.",
        "Your card is closed to e-commerce. Call your bank.",
    ),
    DeclineReason.CARD_NOT_PERMITTED: Decline(
        "", "Kart, işleme izin vermedi", "Operation not permitted by card"
    ),
    DeclineReason.PROCESSING_ERROR: Decline(
        "30",
        "Ödeme işlemi esnasında genel bir hata oluştu",
        "An error occurred while processing payment",
    ),
    DeclineReason.GENERAL_ERROR: Decline(
        "06",
        "Ödeme işlemi esnasında genel bir hata oluştu",
        "An error occurred while processing payment",
    ),
    DeclineReason.UNSPECIFIED_ERROR: Decline(
        "",
        "Ödeme işlemi esnasında genel bir hata oluştu",
        "An error occurred while processing payment",
    ),
    DeclineReason.ALREADY_APPROVED: Decline(
        "94", "Önceden onaylanan işlem", "Operation approved before"
    ),
    DeclineReason.INVALID_EMAIL_CHARACTERS: Decline(
        "", "E-posta geçerli formata değil", "The e-mail address is not in a valid format"
    ),
    DeclineReason.INVALID_CVV_LENGTH: Decline("", "CVC uzunluğu geçersiz", "Invalid CVC length"),
    DeclineReason.REFER_TO_ISSUER: Decline(
        "01", "Bankanızdan onay alınız", "Need to receive approval by bank"
    ),
    DeclineReason.INVALID_MERCHANT: Decline(
        "03", "Üye işyeri kategori kodu hatalı", "Invalid bank merchant category"
    ),
    DeclineReason.BLOCKED_CARD: Decline("78", "Bloke statülü kart", "Blocked card"),
    DeclineReason.INVALID_CAVV: Decline("", "Hatalı CAVV bilgisi", "Invalid CAVV"),
    DeclineReason.INVALID_ECI: Decline("", "Hatalı ECI bilgisi", "Invalid ECI"),
    DeclineReason.CVV_ATTEMPTS_EXCEEDED: Decline(
        "", "CVC2 yanlış girme deneme sayısı aşıldı", "Too many attempts with a wrong CVC2"
    ),
    DeclineReason.BIN_NOT_FOUND: Decline("92", "BIN bulunamadı", "Bin is not found"),
    DeclineReason.COMMUNICATION_ERROR: Decline(
        "96", "İletişim veya sistem hatası", "Communication or system error"
    ),
    DeclineReason.INVALID_CARD_NUMBER: Decline(
        "14", "Geçersiz kart numarası", "Invalid card number"
    ),
    DeclineReason.NO_SUCH_ISSUER: Decline("15", "Bankası bulunamadı", "Issuer not found"),
    DeclineReason.DEBIT_NEEDS_AUTHENTICATION: Decline(
        "",
        "Banka kartları sadece 3D Secure işleminde kullanılabilir",
        "Debit cards require 3D-Secure",
    ),
    DeclineReason.DEBIT_INSTALLMENTS_NOT_ALLOWED: Decline(
        "", "Banka kartları ile taksit yapılamaz", "Debit cards cannot pay in instalments"
    ),
    DeclineReason.REQUEST_TIMEOUT: Decline(
        "68", "Bankaya gönderilen istek zaman aşımına uğradı", "Request timeout"
    ),
    DeclineReason.DECLINED: Decline("", "Ödeme alınamadı", "The payment could not be taken"),
    DeclineReason.FOREIGN_CARD_NOT_PERMITTED: Decline(
        "", "Terminal yurtdışı kartlara kapalı", "The terminal is closed to foreign cards"
    ),
    DeclineReason.INSTALLMENTS_NOT_PERMITTED: Decline(
        "", "Terminal taksitli işleme kapalı", "The terminal is closed to instalments"
    ),
    DeclineReason.NEEDS_DAY_END: Decline(
        "95", "Gün sonu yapılmalı", "The day has to be closed first"
    ),
    DeclineReason.WITHDRAWAL_LIMIT_EXCEEDED: Decline(
        "61", "Para çekme limiti aşılmış", "Withdrawal limit exceeded"
    ),
    DeclineReason.RESTRICTED_CARD: Decline("62", "Kısıtlı kart", "Restricted card"),
    DeclineReason.PIN_ATTEMPTS_EXCEEDED: Decline(
        "75", "İzin verilen PIN giriş sayısı aşılmış", "Too many attempts with a wrong PIN"
    ),
    DeclineReason.INVALID_PIN: Decline("55", "Geçersiz PIN", "Invalid PIN"),
    DeclineReason.ISSUER_UNAVAILABLE: Decline(
        "91", "Banka veya terminal işlem yapamıyor", "The bank or the terminal is out of order"
    ),
    DeclineReason.INVALID_EXPIRY: Decline(
        "", "Son kullanma tarihi geçersiz", "Invalid expiration date"
    ),
    DeclineReason.BLOCKED_BY_BANK: Decline(
        "", "İstek bankadan hata aldı", "The bank refused the request"
    ),
    DeclineReason.AMOUNT_BELOW_AWARD: Decline(
        "", "Satış tutarı ödül puanından düşük olamaz", "The amount must not be less than the award"
    ),
    DeclineReason.INVALID_AMOUNT: Decline("13", "Geçersiz tutar", "Invalid amount"),
    DeclineReason.INVALID_CARD_TYPE: Decline("", "Geçersiz kart tipi", "Invalid card type"),
    DeclineReason.INSUFFICIENT_AWARD: Decline("", "Yetersiz ödül puanı", "Insufficient award"),
    DeclineReason.AMEX_ONLY_MEMBERSHIP_REWARDS: Decline(
        "", "American Express kart hatası", "American Express card error"
    ),
    DeclineReason.DEBIT_REFUND_IMPOSSIBLE: Decline(
        "", "Banka kartına iade yapılamaz", "Refund to a debit card is impossible"
    ),
    DeclineReason.DEBIT_REFUND_INVALID: Decline(
        "", "Banka kartına iade geçersiz", "Refund to a debit card is invalid"
    ),
    DeclineReason.CANCELLED_BY_USER: Decline(
        "17", "İşlem kullanıcı tarafından iptal edildi", "Operation cancelled by the user"
    ),
    DeclineReason.TIMEOUT: Decline("", "Zaman aşımı", "Timeout"),
    DeclineReason.REMOTE_ERROR: Decline("", "Karşı sistem hatası", "Remote error"),
    DeclineReason.LOCAL_ERROR: Decline("", "Yerel sistem hatası", "Local error"),
    DeclineReason.LOCAL_DECLINE: Decline("", "İşlem yerel sistemce reddedildi", "Local decline"),
    DeclineReason.REMOTE_DECLINE: Decline("", "İşlem karşı sistemce reddedildi", "Remote decline"),
    DeclineReason.LINE_REFUND_LIMIT_EXCEEDED: Decline(
        "",
        "Ödeme kırılımına ait iade tutarı limiti aşıldı",
        "The refund limit of the payment line is exceeded",
    ),
    DeclineReason.REFUND_DECLINED: Decline("", "İade reddedildi", "Refund declined"),
    DeclineReason.TRANSFER_NOT_MADE: Decline(
        "", "Havale yapılmadı", "The bank transfer was not made"
    ),
    DeclineReason.TRANSACTION_AMOUNT_EXCEEDED: Decline(
        "", "İşlem tutarı sınırı aşıldı", "Transaction amount exceeded"
    ),
    DeclineReason.BALANCE_ERROR: Decline("", "Bakiye hatası", "Balance error"),
    DeclineReason.AWARD_WITH_INSTALLMENTS: Decline(
        "", "Taksitli işlemde ödül puanı kullanılamaz", "An award cannot be used with instalments"
    ),
    DeclineReason.AWARD_LIMIT_EXCEEDED: Decline(
        "", "Ödül puanı sınırı aşıldı", "The award limit is exceeded"
    ),
}
