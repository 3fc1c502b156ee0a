"""The errors of CardWall and of the whole door, in Turkish and English.

Numbers and names are those of the general codes in the official client, PayWall.NetCore 0.0.9;
Turkish texts are those of the documentation's list. The blocklist has two numbers of its own. What
the payment API says by itself is in `payment_errors`, where the same numbers mean something else.
`{0}` stands for a field's name.
"""

from typing import Final

import msgspec


class Error(msgspec.Struct, frozen=True):
    """One row: the number on the wire and both texts."""

    code: int
    turkish: str
    english: str

    def text(self, locale: str, *values: object) -> str:
        """The message in a language, `tr` or `en`."""
        text = self.english if locale == "en" else self.turkish
        return text.format(*values) if values else text


class Failure(Exception):
    """An answer that is an error. `body` is the detail that goes with it, if any."""

    def __init__(self, error: Error, *values: object, body: msgspec.Struct | None = None) -> None:
        super().__init__(error.code)
        self.error = error
        self.values = values
        self.body = body


INVALID_DATA: Final = Error(2, "Geçersiz Veri: {0}", "Invalid data: {0}")
BODY_INVALID: Final = Error(
    2, "Geçersiz Veri: istek bir JSON nesnesi olmalıdır", "Invalid data: send a JSON object"
)
NO_DATA: Final = Error(3, "Veri Yok", "No data")
HEADER_MISSING: Final = Error(4, "Başlık Eksik: {0}", "Header missing: {0}")
ALREADY_BLOCKED: Final = Error(4, "Kart zaten kara listede", "Card already in Blacklist")
NOT_BLOCKED: Final = Error(5, "Kart kara listede bulunamadı", "Card not found in BlackList")
IDENTITY_INVALID: Final = Error(23, "Geçersiz Kimlik Numarası", "Invalid identity number")
CARD_NUMBER_INVALID: Final = Error(50, "Geçersiz Kart Numarası", "Invalid card number")
# The documentation of the payment API has these two; those of CardWall do not speak of tokens.
CARD_TOKEN_INVALID: Final = Error(
    74,
    "Geçici kart token’ı geçersiz veya süresi dolmuş.",
    "The temporary card token is invalid or has expired.",
)
CARD_TOKEN_LOST: Final = Error(
    75,
    "Geçici kart bulunamadı.",
    "The temporary card was not found; it is kept in memory and does not outlive a restart.",
)
HOLDER_INVALID: Final = Error(104, "Beklenmeyen Kart Sahibi", "Unexpected card owner")
CARD_NUMBER_ASTRAY: Final = Error(
    105,
    "Beklenmeyen Kart Numarası: kart numarası başka bir alanda da gönderilmiştir",
    "Unexpected card number: it was sent in another field as well",
)
CARD_EXPIRED: Final = Error(106, "Beklenmeyen Kart Süresi Dolmuş", "Unexpected: card expired")
MONTH_INVALID: Final = Error(
    107, "Beklenmeyen Kart Süre Sonu Ayı", "Unexpected month of the card's expiry"
)
YEAR_INVALID: Final = Error(
    108, "Beklenmeyen Kart Süre Sonu Yılı", "Unexpected year of the card's expiry"
)
CARD_MISSING: Final = Error(110, "Beklenmeyen Kart", "Unexpected card")
CARD_NOT_FOUND: Final = Error(
    115, "Kart Duvarında Kart Bulunamadı", "The card was not found in CardWall"
)
CARD_BLOCKED: Final = Error(
    116, "Kart Duvarında Kart Mevcut Değil", "The card is not available in CardWall"
)
CARDWALL: Final = Error(117, "Kart Duvarı Hatası", "CardWall failed")
UNIQUE_CODE_INVALID: Final = Error(
    118,
    "Kart Duvarı İçin Kart Benzersiz Kodu Geçersiz",
    "The card's UniqueCode is invalid in CardWall",
)
# No number is published for it. Whoever handles 118 lists the cards anew, which is what it takes.
UNIQUE_CODE_EXPIRED: Final = Error(
    118,
    "Kart Benzersiz Kodunun süresi dolmuş; kodlar düzenli olarak değişir, kartları yeniden "
    "listeleyin",
    "The card's UniqueCode has expired; codes change at intervals, list the cards again",
)
PARTNER_NOT_FOUND: Final = Error(397, "İş Ortağı Bulunamadı", "Partner not found")
UNAUTHORIZED: Final = Error(401, "Yetkisiz", "Unauthorized")
ADDRESS_NOT_ALLOWED: Final = Error(
    401,
    "Yetkisiz: bu IP adresinden çağrı yapılmasına izin verilmemiştir",
    "Unauthorized: calls from this IP address are not allowed",
)
NOT_FOUND: Final = Error(404, "Bulunamadı", "Not found")
METHOD_NOT_ALLOWED: Final = Error(405, "İzin verilmeyen yöntem", "Method not allowed")
TOO_MANY_REQUESTS: Final = Error(
    429,
    "Çok fazla istek gönderildi, daha sonra tekrar deneyin",
    "Too many requests, try again later",
)
TOO_LARGE: Final = Error(413, "İstek çok büyük", "The request is too large")
INTERNAL: Final = Error(500, "Dahili Hata", "Internal error")
SERVICE_BUSY: Final = Error(503, "Hizmet Kullanılamıyor", "Service unavailable")
SERVER_BUSY: Final = Error(
    503,
    "Hizmet Kullanılamıyor: sunucu çok yoğun, işlem yapılmadı, birkaç saniye sonra tekrar deneyin",
    "Service unavailable: the server is very busy, nothing was done, try again in a few seconds",
)

# The numbers of HTTP, of which the official client knows several: the same in both APIs.
ONCE_KEY_MALFORMED: Final = Error(
    400,
    "Idempotency-Key 1 ile 255 arasında, boşluksuz ASCII karakterden oluşmalıdır",
    "Idempotency-Key must have 1 to 255 ASCII characters and no space",
)
ONCE_KEY_IN_FLIGHT: Final = Error(
    409,
    "Aynı Idempotency-Key ile gönderilen istek devam ediyor, daha sonra tekrar deneyin",
    "The request with this Idempotency-Key is in progress, try again later",
)
ONCE_KEY_REUSED: Final = Error(
    422,
    "Idempotency-Key başka bir istek için kullanılmış, bu istek işlenmedi",
    "The Idempotency-Key was used for another request, this one was not executed",
)
ONCE_OUTCOME_UNKNOWN: Final = Error(
    504,
    "Bu Idempotency-Key ile başlatılan işlem yarıda kaldı ve gerçekleşmiş olabilir, "
    "MerchantUniqueCode ile sorgulayın",
    "The operation begun under this Idempotency-Key was cut off and may have happened, "
    "look it up by its MerchantUniqueCode",
)
