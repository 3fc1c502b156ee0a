"""Every answer code of this door, in Turkish and English.

Numbers and names of the codes are those of the documentation, Dönüş Kodları, and of Paynet's own
PHP sample (22 to 26). Their texts are ours but for 0 and 100; so are the HTTP statuses. Several
errors share a code: their texts say which field is wrong.
"""

from http import HTTPStatus
from typing import Final

import msgspec

API_ERROR: Final = "api_error"
INVALID_REQUEST: Final = "invalid_request_error"
AUTHORIZATION: Final = "authorization_error"
NO_DATA: Final = "no_data_error"


class Error(msgspec.Struct, frozen=True):
    """One row: the code of the documentation, both texts, and how HTTP says it.

    `{0}` stands for a value, which is a field's name.
    """

    code: int
    turkish: str
    english: str
    status: HTTPStatus = HTTPStatus.BAD_REQUEST
    type: str = INVALID_REQUEST


class Failure(Exception):
    """An answer that is an error."""

    def __init__(self, error: Error, *values: object) -> None:
        super().__init__(error.code)
        self.error = error
        self.values = values


def message(error: Error, language: str, *values: object) -> str:
    """The text of an error in a language."""
    text = error.english if language == "en" else error.turkish
    return text.format(*values) if values else text


def _answer(code: int, turkish: str, english: str) -> Error:
    """A code that comes with HTTP 200."""
    return Error(code, turkish, english, HTTPStatus.OK, "")


def _card(turkish: str, english: str) -> Error:
    return Error(18, turkish, english)


def _denied(code: int, turkish: str, english: str) -> Error:
    return Error(code, turkish, english, HTTPStatus.FORBIDDEN, AUTHORIZATION)


def _bad(turkish: str, english: str) -> Error:
    return Error(11, turkish, english)


# The samples of PaynetJ print this text with a dotless capital, the others do not.
SUCCESSFUL_PAYNETJ: Final = _answer(0, "Başarılı Islem", "Successful")
SUCCESSFUL: Final = _answer(0, "Başarılı İşlem", "Successful")
UNSUCCESSFUL: Final = _answer(1, "İşlem başarısız", "The transaction failed")
THREEDS_FAILED: Final = _answer(16, "3D doğrulama başarısız", "3-D Secure failed")
ALREADY_SUCCESSFUL: Final = _answer(100, "Önceki Başarılı İşlem", "Successful before")

COMPANY_BLOCKED: Final = _denied(2, "Firma bloke", "The company is blocked")
AGENT_BLOCKED: Final = _denied(3, "Bayi bloke", "The agent is blocked")
AGENT_NOT_FOUND: Final = Error(4, "Bayi bulunamadı", "No such agent", HTTPStatus.NOT_FOUND, NO_DATA)
DUPLICATE: Final = Error(5, "Mükerrer kayıt", "The record exists already")
NO_PROCESS: Final = Error(6, "İşlem yapılamaz", "The operation is not possible")
UNAUTHORIZED: Final = Error(
    7, "Yetkisiz erişim", "Unauthorized", HTTPStatus.UNAUTHORIZED, AUTHORIZATION
)
FORBIDDEN: Final = _denied(
    7, "Bu anahtar bu servis için yetkili değil", "This key may not use this service"
)
ADDRESS_NOT_ALLOWED: Final = _denied(
    7,
    "Yetkisiz erişim: bu IP adresinden çağrı yapılmasına izin verilmemiştir",
    "Unauthorized: calls from this IP address are not allowed",
)
SERVER_ERROR: Final = Error(
    8, "Sunucu hatası", "Server error", HTTPStatus.INTERNAL_SERVER_ERROR, API_ERROR
)
NOT_IMPLEMENTED: Final = Error(9, "Desteklenmiyor", "Not supported")
TIMED_OUT: Final = Error(
    10,
    "Zaman aşımı: bankanın cevabı alınamadı",
    "Timeout: the bank did not answer",
    HTTPStatus.INTERNAL_SERVER_ERROR,
    API_ERROR,
)
IN_FLIGHT: Final = Error(
    10,
    "Zaman aşımı: işlem devam ediyor",
    "Timeout: the operation is in progress",
    HTTPStatus.INTERNAL_SERVER_ERROR,
    API_ERROR,
)
BAD_REQUEST: Final = _bad("Hatalı istek", "Bad request")
NO_SUCH_PATH: Final = Error(
    11, "Servis bulunamadı", "No such service", HTTPStatus.NOT_FOUND, INVALID_REQUEST
)
WRONG_METHOD: Final = Error(
    11, "Hatalı istek metodu", "Method not allowed", HTTPStatus.METHOD_NOT_ALLOWED
)
TOO_LARGE: Final = Error(
    11, "İstek çok büyük", "The request is too large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE
)
MISSING: Final = _bad("{0} zorunlu", "{0} is mandatory")
MALFORMED: Final = _bad("{0} hatalı", "{0} is malformed")
TOO_LONG: Final = _bad("{0} çok uzun", "{0} is too long")
CARD_NUMBER_ASTRAY: Final = _bad(
    "Kart numarası başka bir alanda gönderilemez",
    "The card number must not stand in another field",
)
HOST_INVALID: Final = _bad("Host başlığı hatalı", "The Host header is no address of a server")
CURRENCY_NOT_ENABLED: Final = _bad("Para birimi desteklenmiyor", "The currency is not enabled")
# The documentation has no code for callers that ask too often.
TOO_MANY_REQUESTS: Final = Error(
    6,
    "İşlem yapılamaz: çok fazla istek gönderildi, daha sonra tekrar deneyin",
    "The operation is not possible: too many requests, try again later",
    HTTPStatus.TOO_MANY_REQUESTS,
)
SERVER_BUSY: Final = Error(
    8,
    "Sunucu hatası: sunucu çok yoğun, işlem yapılmadı, birkaç saniye sonra tekrar deneyin",
    "Server error: the server is very busy, nothing was done, try again in a few seconds",
    HTTPStatus.SERVICE_UNAVAILABLE,
    API_ERROR,
)
NO_DATA_FOUND: Final = Error(
    12, "Kayıt bulunamadı", "No record found", HTTPStatus.NOT_FOUND, NO_DATA
)
NO_SESSION: Final = Error(13, "Oturum bulunamadı", "No such session")
WRONG_BIN: Final = Error(14, "BIN bulunamadı", "No such BIN")
UNMATCHED: Final = Error(15, "İşlem bilgileri uyuşmuyor", "The transaction's details do not match")
USED_SESSION: Final = Error(17, "Oturum daha önce kullanılmış", "The session was used before")
WRONG_CARD: Final = _card("Kart bilgileri hatalı", "The card's details are wrong")
CARD_NUMBER_MISSING: Final = _card("Kart numarası zorunlu", "The card number is mandatory")
CARD_NUMBER_WRONG: Final = _card("Kart numarası bilgisi yanlış", "The card number is wrong")
CVC_MISSING: Final = _card("CVC kodu zorunlu", "The CVC is mandatory")
CVC_WRONG: Final = _card("CVC kodu yanlış", "The CVC is wrong")
CVC_ASTRAY: Final = _card(
    "Güvenlik kodu bu serviste {0} olarak gönderilemez",
    "This service takes no security code as {0}",
)
MONTH_MISSING: Final = _card("Ay bilgisi zorunlu", "The month is mandatory")
MONTH_WRONG: Final = _card("Ay bilgisi yanlış", "The month is wrong")
YEAR_MISSING: Final = _card("Yıl bilgisi zorunlu", "The year is mandatory")
YEAR_WRONG: Final = _card("Yıl bilgisi yanlış", "The year is wrong")
HOLDER_MISSING: Final = _card("Kart sahibi bilgisi zorunlu", "The card holder is mandatory")
HOLDER_WRONG: Final = _card("Kart sahibi bilgisi yanlış", "The card holder is wrong")
CARD_EXPIRED: Final = _card("Kartın son kullanma tarihi geçmiş", "The card has expired")
CARD_BLOCKED: Final = _card("Kart kullanıma kapalı", "The card is blocked")
WRONG_TYPE: Final = Error(19, "İşlem tipi hatalı", "Wrong transaction type")
WRONG_POS: Final = Error(20, "POS tipi hatalı", "Wrong POS type")
INSTALMENT_MISSING: Final = Error(21, "Taksit bilgisi zorunlu", "The instalment is mandatory")
WRONG_RATIO: Final = Error(21, "Oran bulunamadı", "No such ratio")
EXPIRED: Final = Error(22, "Süre dolmuş", "The time is over")
HELD_CARD_LOST: Final = Error(
    22,
    "Kart bilgileri artık tutulmuyor, yeni token alın",
    "The card is no longer held: get a new token",
)
RATIO_CODE_NOT_FOUND: Final = Error(23, "Oran kodu bulunamadı", "No such ratio code")
INVOICE_NOT_FOUND: Final = Error(24, "Fatura bulunamadı", "No such invoice")
CARD_NOT_FOUND: Final = Error(25, "Kart bulunamadı", "No such card")
OWNER_NOT_FOUND: Final = Error(25, "Kart sahibi bulunamadı", "No such card owner")
CARD_KEY_UNDEFINED: Final = Error(26, "Kart anahtarı tanımsız", "Card storage is not enabled")
CARD_NOT_SAVED: Final = Error(
    26,
    "Kart saklanmadı: ödeme başarısız",
    "The card was not saved: the payment failed",
)

# With these the bank has said no, or nothing.
DECLINES: Final = frozenset({UNSUCCESSFUL, THREEDS_FAILED, TIMED_OUT})

# What is said of an Idempotency-Key.
ONCE_KEY_MALFORMED: Final = _bad(
    "Idempotency-Key 1 ile 255 arasında, boşluksuz ASCII karakterden oluşmalı",
    "Idempotency-Key must have 1 to 255 ASCII characters and no space",
)
ONCE_KEY_REUSED: Final = Error(
    5,
    "Idempotency-Key başka bir istek için kullanılmış, bu istek işlenmedi",
    "The Idempotency-Key was used for another request, this one was not executed",
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
ONCE_KEY_IN_FLIGHT: Final = Error(
    10,
    "Zaman aşımı: aynı Idempotency-Key ile gönderilen istek devam ediyor",
    "Timeout: the request with this Idempotency-Key is in progress",
    HTTPStatus.CONFLICT,
)
ONCE_OUTCOME_UNKNOWN: Final = Error(
    10,
    "Zaman aşımı: bu Idempotency-Key ile başlatılan işlem yarıda kaldı ve gerçekleşmiş olabilir,"
    " reference_no ile sorgulayın",
    "Timeout: the operation begun under this Idempotency-Key was cut off and may have happened,"
    " look it up by its reference_no",
    HTTPStatus.INTERNAL_SERVER_ERROR,
    API_ERROR,
)
