"""What this door says of a bank's decline: the code of ISO 8583 and a text in Turkish."""

from collections.abc import Mapping
from typing import Final

import msgspec

from vezne.core.answer import DeclineReason as Reason


class Decline(msgspec.Struct, frozen=True):
    """A response code (ISO 8583:1987, field 39, as Turkish hosts use it), and its text."""

    code: str
    text: str


DECLINES: Final[Mapping[Reason, Decline]] = {
    Reason.DO_NOT_HONOUR: Decline("05", "İşlem onaylanmadı"),
    Reason.INVALID_TRANSACTION: Decline("12", "Geçersiz işlem"),
    Reason.FRAUD_SUSPECT: Decline("59", "Sahtekarlık şüphesi"),
    Reason.PICKUP_CARD: Decline("04", "Karta el koyun"),
    Reason.LOST_CARD: Decline("41", "Kayıp kart"),
    Reason.STOLEN_CARD: Decline("43", "Çalıntı kart"),
    Reason.INSUFFICIENT_FUNDS: Decline("51", "Bakiye yetersiz"),
    Reason.EXPIRED_CARD: Decline("54", "Kartın son kullanma tarihi geçmiş"),
    Reason.NOT_PERMITTED_TO_CARDHOLDER: Decline("57", "Kart sahibi bu işlemi yapamaz"),
    Reason.NOT_PERMITTED_TO_TERMINAL: Decline("58", "Terminal bu işlemi yapamaz"),
    Reason.INVALID_CVV: Decline("82", "CVC kodu yanlış"),
    Reason.RESTRICTED_BY_LAW: Decline("93", "İşlem yasal nedenle yapılamaz"),
    Reason.CARD_NOT_PERMITTED: Decline("57", "Kart bu işlem için uygun değil"),
    Reason.PROCESSING_ERROR: Decline("96", "İşlem sırasında hata oluştu"),
    Reason.GENERAL_ERROR: Decline("06", "Genel hata"),
    Reason.UNSPECIFIED_ERROR: Decline("06", "Tanımlanamayan hata"),
    Reason.ALREADY_APPROVED: Decline("94", "İşlem daha önce onaylanmış"),
    Reason.INVALID_EMAIL_CHARACTERS: Decline("30", "E-posta geçersiz karakter içeriyor"),
    Reason.INVALID_CVV_LENGTH: Decline("82", "CVC kodunun uzunluğu yanlış"),
    Reason.REFER_TO_ISSUER: Decline("01", "Bankanızı arayın"),
    Reason.INVALID_MERCHANT: Decline("03", "Geçersiz üye işyeri"),
    Reason.BLOCKED_CARD: Decline("62", "Kart kullanıma kapalı"),
    Reason.INVALID_CAVV: Decline("82", "3D doğrulama değeri (CAVV) geçersiz"),
    Reason.INVALID_ECI: Decline("82", "3D doğrulama değeri (ECI) geçersiz"),
    Reason.CVV_ATTEMPTS_EXCEEDED: Decline("75", "CVC deneme sayısı aşıldı"),
    Reason.BIN_NOT_FOUND: Decline("15", "BIN bulunamadı"),
    Reason.COMMUNICATION_ERROR: Decline("91", "Banka ile iletişim kurulamadı"),
    Reason.INVALID_CARD_NUMBER: Decline("14", "Geçersiz kart numarası"),
    Reason.NO_SUCH_ISSUER: Decline("15", "Kartın bankası bulunamadı"),
    Reason.DEBIT_NEEDS_AUTHENTICATION: Decline("57", "Banka kartı ile 3D doğrulama zorunlu"),
    Reason.DEBIT_INSTALLMENTS_NOT_ALLOWED: Decline("57", "Banka kartı ile taksit yapılamaz"),
    Reason.REQUEST_TIMEOUT: Decline("68", "Bankanın cevabı gecikti"),
    Reason.DECLINED: Decline("05", "İşlem reddedildi"),
    Reason.FOREIGN_CARD_NOT_PERMITTED: Decline("57", "Yurt dışı kartı ile işlem yapılamaz"),
    Reason.INSTALLMENTS_NOT_PERMITTED: Decline("57", "Kart taksitli işlem yapamaz"),
    Reason.NEEDS_DAY_END: Decline("95", "Gün sonu alınmalı"),
    Reason.WITHDRAWAL_LIMIT_EXCEEDED: Decline("61", "Tutar limiti aşıldı"),
    Reason.RESTRICTED_CARD: Decline("62", "Kısıtlı kart"),
    Reason.PIN_ATTEMPTS_EXCEEDED: Decline("75", "Şifre deneme sayısı aşıldı"),
    Reason.INVALID_PIN: Decline("55", "Şifre yanlış"),
    Reason.ISSUER_UNAVAILABLE: Decline("91", "Kartın bankasına ulaşılamıyor"),
    Reason.INVALID_EXPIRY: Decline("54", "Son kullanma tarihi yanlış"),
    Reason.BLOCKED_BY_BANK: Decline("62", "Kart bankası tarafından kapatılmış"),
    Reason.AMOUNT_BELOW_AWARD: Decline("13", "Tutar kullanılan puandan az"),
    Reason.INVALID_AMOUNT: Decline("13", "Geçersiz tutar"),
    Reason.INVALID_CARD_TYPE: Decline("57", "Geçersiz kart tipi"),
    Reason.INSUFFICIENT_AWARD: Decline("51", "Puan yetersiz"),
    Reason.AMEX_ONLY_MEMBERSHIP_REWARDS: Decline("57", "American Express yalnız kendi puanıyla"),
    Reason.DEBIT_REFUND_IMPOSSIBLE: Decline("57", "Banka kartına iade yapılamaz"),
    Reason.DEBIT_REFUND_INVALID: Decline("57", "Banka kartına iade geçersiz"),
    Reason.CANCELLED_BY_USER: Decline("17", "İşlem kullanıcı tarafından iptal edildi"),
    Reason.TIMEOUT: Decline("68", "Zaman aşımı"),
    Reason.REMOTE_ERROR: Decline("96", "Banka sistem hatası"),
    Reason.LOCAL_ERROR: Decline("96", "Sistem hatası"),
    Reason.LOCAL_DECLINE: Decline("05", "İşlem sistem tarafından reddedildi"),
    Reason.REMOTE_DECLINE: Decline("05", "İşlem banka tarafından reddedildi"),
    Reason.LINE_REFUND_LIMIT_EXCEEDED: Decline("61", "İade limiti aşıldı"),
    Reason.REFUND_DECLINED: Decline("05", "İade reddedildi"),
    Reason.TRANSFER_NOT_MADE: Decline("06", "Aktarım yapılamadı"),
    Reason.TRANSACTION_AMOUNT_EXCEEDED: Decline("61", "İşlem tutarı limiti aşıldı"),
    Reason.BALANCE_ERROR: Decline("51", "Bakiye hatası"),
    Reason.AWARD_WITH_INSTALLMENTS: Decline("57", "Taksitli işlemde puan kullanılamaz"),
    Reason.AWARD_LIMIT_EXCEEDED: Decline("61", "Puan kullanım limiti aşıldı"),
}
