"""Every error of this door, in Turkish and English, and the HTTP status that goes with it."""

from http import HTTPStatus
from typing import Final

import msgspec

ENGLISH: Final = "en"
TURKISH: Final = "tr"


class Error(msgspec.Struct, frozen=True):
    """One row. `{0}` and `{1}` stand for values."""

    code: str
    status: HTTPStatus
    turkish: str
    english: str


class Failure(Exception):
    """An answer that is an error."""

    def __init__(self, error: Error, *values: object) -> None:
        super().__init__(error.code)
        self.error = error
        self.values = values


def message(error: Error, language: str, *values: object) -> str:
    """The text of an error in a language."""
    text = error.english if language == ENGLISH else error.turkish
    return text.format(*values)


UNAUTHORIZED: Final = Error(
    "unauthorized",
    HTTPStatus.UNAUTHORIZED,
    "HTTP Basic ile iyzico api key ve secret key gönderilmelidir.",
    "Send the merchant's iyzico API key and secret key by HTTP Basic.",
)
ADDRESS_NOT_ALLOWED: Final = Error(
    "address_not_allowed",
    HTTPStatus.FORBIDDEN,
    "Bu IP adresinden çağrı yapılmasına izin verilmemiştir.",
    "Calls from this IP address are not allowed.",
)
ONLY_DEMO: Final = Error(
    "only_demo_merchant",
    HTTPStatus.FORBIDDEN,
    "Bunu yalnızca sandbox.json dosyasındaki demo üye iş yeri yapabilir.",
    "Only the demo merchant, whose keys are in sandbox.json, may do this.",
)
NOT_DEMO: Final = Error(
    "not_demo_merchant",
    HTTPStatus.CONFLICT,
    "Demo üye iş yeri sıfırlanamaz; POST /sandbox/merchants yeni bir üye iş yeri açar.",
    "The demo merchant cannot be reset; POST /sandbox/merchants makes a new one.",
)
RESET_CONTESTED: Final = Error(
    "reset_contested",
    HTTPStatus.CONFLICT,
    "Üye iş yerini aynı anda başkası da sıfırlıyor.",
    "Somebody else resets the merchant at the same time.",
)
NAME_TAKEN: Final = Error(
    "name_taken",
    HTTPStatus.CONFLICT,
    "Bu isimde bir üye iş yeri var.",
    "There is a merchant of this name.",
)
BODY_INVALID: Final = Error(
    "body_invalid",
    HTTPStatus.BAD_REQUEST,
    "İstek gövdesi geçersiz: {0}",
    "The body is not valid: {0}",
)
QUERY_INVALID: Final = Error(
    "query_invalid",
    HTTPStatus.BAD_REQUEST,
    "Bu istek yalnızca id parametresini alır; değeri pozitif bir tam sayıdır.",
    "The query may only name an id, which is a positive whole number.",
)
DURATION_INVALID: Final = Error(
    "duration_invalid",
    HTTPStatus.BAD_REQUEST,
    "Süre 8d, 12h, 30m, 90s veya 1d12h gibi yazılmalıdır.",
    "A duration is written as 8d, 12h, 30m, 90s, or 1d12h.",
)
MOMENT_INVALID: Final = Error(
    "moment_invalid",
    HTTPStatus.BAD_REQUEST,
    "Zaman 2026-12-01T10:00 gibi, ISO 8601 ile yazılmalıdır.",
    "A moment is written as ISO 8601 has it, such as 2026-12-01T10:00.",
)
CLOCK_GOES_BACK: Final = Error(
    "clock_goes_back",
    HTTPStatus.CONFLICT,
    "Saat geri alınamaz; reset gerçek zamana döndürür.",
    "The clock does not go back; reset returns to the real time.",
)
CLOCK_TOO_FAR: Final = Error(
    "clock_too_far",
    HTTPStatus.BAD_REQUEST,
    "Saat en fazla on yıl ileri alınabilir.",
    "The clock may be ten years ahead at most.",
)
CLOCK_CONTESTED: Final = Error(
    "clock_contested",
    HTTPStatus.CONFLICT,
    "Saati aynı anda başkaları da değiştiriyor.",
    "Others keep moving the clock at the same time.",
)
FAULT_IMPOSSIBLE: Final = Error(
    "fault_impossible",
    HTTPStatus.BAD_REQUEST,
    "{0} alanı bu arızaya uymuyor: {1}",
    "{0} does not fit this fault: {1}",
)
BOARD_FULL: Final = Error(
    "board_full",
    HTTPStatus.CONFLICT,
    "Aynı anda en fazla {0} arıza tanımlanabilir.",
    "There may be {0} faults at a time.",
)
FAULT_NOT_FOUND: Final = Error(
    "fault_not_found",
    HTTPStatus.NOT_FOUND,
    "{0} numaralı bir arıza yok.",
    "There is no fault {0}.",
)
UNKNOWN_PATH: Final = Error(
    "unknown_path", HTTPStatus.NOT_FOUND, "Bu adreste bir hizmet yok.", "There is no such path."
)
WRONG_METHOD: Final = Error(
    "wrong_method",
    HTTPStatus.METHOD_NOT_ALLOWED,
    "Bu adres bu yöntemi desteklemez.",
    "The path does not support this method.",
)
MALFORMED: Final = Error(
    "malformed",
    HTTPStatus.BAD_REQUEST,
    "İstek gövdesi JSON olarak okunamadı.",
    "The body is not JSON.",
)
TOO_MANY_REQUESTS: Final = Error(
    "too_many_requests",
    HTTPStatus.TOO_MANY_REQUESTS,
    "Çok fazla istek gönderildi, daha sonra tekrar deneyin.",
    "Too many requests, try again later.",
)
TOO_LARGE: Final = Error(
    "too_large",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "İstek gövdesi çok büyük.",
    "The body is too large.",
)
SERVER_BUSY: Final = Error(
    "server_busy",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "Sunucu çok yoğun, işlem yapılmadı; birkaç saniye sonra tekrar deneyin.",
    "The server is very busy and nothing was done; try again in a few seconds.",
)
INTERNAL: Final = Error(
    "internal_error",
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "Beklenmeyen bir hata oluştu.",
    "An unexpected error occurred.",
)
