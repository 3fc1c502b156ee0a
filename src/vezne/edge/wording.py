"""What the pages of the edge say to cardholders, in Turkish and English."""

import enum
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec

LANGUAGES: Final = ("tr", "en")

# Accept-Language with more entries than this is no browser's.
_ENTRIES_MAX: Final = 20


class Problem(enum.Enum):
    """Why a browser is sent no further."""

    ILL_FORMED = "ill_formed"
    FORGED = "forged"
    UNKNOWN_PAYMENT = "unknown_payment"
    UNKNOWN_PATH = "unknown_path"
    WRONG_METHOD = "wrong_method"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    OVERLOADED = "overloaded"
    FAULT = "fault"


class Wording(msgspec.Struct, frozen=True):
    """A page's title and its text."""

    title: str
    text: str


STATUSES: Final[Mapping[Problem, HTTPStatus]] = {
    Problem.ILL_FORMED: HTTPStatus.BAD_REQUEST,
    Problem.FORGED: HTTPStatus.BAD_REQUEST,
    Problem.UNKNOWN_PAYMENT: HTTPStatus.NOT_FOUND,
    Problem.UNKNOWN_PATH: HTTPStatus.NOT_FOUND,
    Problem.WRONG_METHOD: HTTPStatus.METHOD_NOT_ALLOWED,
    Problem.CONFLICT: HTTPStatus.CONFLICT,
    Problem.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Problem.OVERLOADED: HTTPStatus.SERVICE_UNAVAILABLE,
    Problem.FAULT: HTTPStatus.INTERNAL_SERVER_ERROR,
}

PROBLEMS: Final[Mapping[str, Mapping[Problem, Wording]]] = {
    "tr": {
        Problem.ILL_FORMED: Wording(
            "İstek okunamadı", "Tarayıcınızın gönderdiği form eksik veya hatalı."
        ),
        Problem.FORGED: Wording(
            "Doğrulama kabul edilmedi",
            "Gelen yanıt bankanıza ait değil veya yolda değiştirilmiş.",
        ),
        Problem.UNKNOWN_PAYMENT: Wording("Ödeme bulunamadı", "Bu adrese ait bir ödeme yok."),
        Problem.UNKNOWN_PATH: Wording("Sayfa bulunamadı", "Bu adreste bir sayfa yok."),
        Problem.WRONG_METHOD: Wording(
            "Bu sayfa doğrudan açılamaz", "Buraya yalnızca bankanızın sayfasından gelinir."
        ),
        Problem.CONFLICT: Wording(
            "Bu doğrulama artık geçerli değil",
            "Ödemenin doğrulaması daha önce başka bir yanıtla sonuçlandı.",
        ),
        Problem.TOO_LARGE: Wording("İstek çok büyük", "Tarayıcınızın gönderdiği form çok büyük."),
        Problem.OVERLOADED: Wording(
            "Sunucu şu anda çok meşgul", "Birkaç saniye sonra bu sayfayı yenileyin."
        ),
        Problem.FAULT: Wording("Bir hata oluştu", "Sunucuda beklenmeyen bir hata oluştu."),
    },
    "en": {
        Problem.ILL_FORMED: Wording(
            "The request cannot be read", "The form that your browser sent is incomplete or broken."
        ),
        Problem.FORGED: Wording(
            "The verification was not accepted",
            "The answer is not your bank's, or it was changed on its way.",
        ),
        Problem.UNKNOWN_PAYMENT: Wording(
            "Payment not found", "There is no payment that belongs to this address."
        ),
        Problem.UNKNOWN_PATH: Wording("Page not found", "There is no page at this address."),
        Problem.WRONG_METHOD: Wording(
            "This page cannot be opened directly", "It is reached from your bank's page only."
        ),
        Problem.CONFLICT: Wording(
            "This verification is no longer valid",
            "The payment's verification has ended with another answer before.",
        ),
        Problem.TOO_LARGE: Wording(
            "The request is too large", "The form that your browser sent is too large."
        ),
        Problem.OVERLOADED: Wording(
            "The server is very busy", "Reload this page in a few seconds."
        ),
        Problem.FAULT: Wording("Something went wrong", "The server met an unexpected error."),
    },
}

ADVICE: Final[Mapping[str, str]] = {
    "tr": "Bu sayfa kartınızdan para çekmedi. Ödemenin durumunu görmek için mağazaya dönün.",
    "en": "This page has not charged your card. Go back to the shop to see where the payment "
    "stands.",
}

RETURNING: Final[Mapping[str, Wording]] = {
    "tr": Wording(
        "Mağazaya dönülüyor", "Sayfa birkaç saniye içinde ilerlemezse “Devam et”e basın."
    ),
    "en": Wording(
        "Returning to the shop", "If nothing happens within a few seconds, press “Continue”."
    ),
}
FORWARDING: Final[Mapping[str, Wording]] = {
    "tr": Wording("Yönlendiriliyorsunuz", RETURNING["tr"].text),
    "en": Wording("One moment, please", RETURNING["en"].text),
}
# By whether what the browser came for has succeeded.
ENDINGS: Final[Mapping[str, Mapping[bool, Wording]]] = {
    "tr": {
        True: Wording("Doğrulama tamamlandı", "Mağazanın sayfasına dönebilirsiniz."),
        False: Wording("Doğrulama tamamlanamadı", "Mağazanın sayfasına dönüp yeniden deneyin."),
    },
    "en": {
        True: Wording("Verification complete", "You can go back to the shop's page."),
        False: Wording("Verification failed", "Go back to the shop's page and try again."),
    },
}
CONTINUE: Final[Mapping[str, str]] = {"tr": "Devam et", "en": "Continue"}


def known_language(language: str) -> str:
    """The language of a page for somebody who is addressed in `language`: Turkish or English."""
    return language if language in LANGUAGES else LANGUAGES[0]


def preferred_language(accepted: str) -> str:
    """The language that an Accept-Language header (RFC 9110, 12.5.4) likes best; else Turkish."""
    best, best_weight = LANGUAGES[0], 0.0
    for entry in accepted.split(",")[:_ENTRIES_MAX]:
        tag, _, parameter = entry.partition(";")
        language = tag.strip().lower().partition("-")[0]
        weight = _weight(parameter)
        if language in LANGUAGES and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameter: str) -> float:
    """A quality value; 1 where none is given, 0 where it is none."""
    name, _, number = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(number) if name == "q" else 0.0
    except ValueError:
        return 0.0
