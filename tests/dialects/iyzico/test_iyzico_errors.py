"""Every error of the iyzico door: codes, texts, groups, and what leads to them."""

import re
from pathlib import Path

import pytest

from builders import SAMPLE_TIME_MS
from fakes.iyzico_door import IyzicoDoor, payment_request
from vezne.core.answer import Declined, DeclineReason
from vezne.core.refusal import Reason
from vezne.dialects.iyzico import errors
from vezne.dialects.iyzico.declines import DECLINES
from vezne.dialects.iyzico.envelope import message
from vezne.dialects.iyzico.errors import Error
from vezne.dialects.iyzico.refusals import (
    CANCEL_REFUSALS,
    ITEM_UPDATE_REFUSALS,
    MARKETPLACE_REFUSALS,
    POST_AUTH_REFUSALS,
    REFUSALS,
)
from vezne.dialects.iyzico.switches import SWITCHES

OWN = {name: value for name, value in vars(errors).items() if isinstance(value, Error)}
PAGE = Path(__file__).parents[3] / "docs" / "iyzico.md"

# The Turkish texts that iyzico publishes or that were recorded from its answers.
PUBLISHED = {
    "1": "Sistem hatası",
    "3": "email gönderilmesi zorunludur",
    "8": "identityNumber gönderilmesi zorunludur",
    "12": "Kart numarası geçersizdir",
    "1000": "Geçersiz imza",
    "1001": "Api bilgileri bulunamadı",
    "3003": "card bilgisi gönderilmesi zorunludur",
    "3005": "cardUserKey bulunamadı",
    "3006": "cardToken bulunamadı",
    "5002": "paymentId gönderilmesi zorunludur",
    "5004": "price gönderilmesi zorunludur",
    "5013": "PaymentCard gönderilmesi zorunludur",
    "5026": "buyerRegistrationAddress gönderilmesi zorunludur",
    "5062": "Gönderilen tutar tüm kırılımların toplam tutarına eşit olmalıdır",
    "5066": "Bin bulunamadı",
    "2000": "Bu servis sadece pazaryeri müşterilerine açıktır",
    "5077": (
        "Marketplace üye iş yeri için ürün ödemesinde bütün sepet kırılımlarında subMerchantKey"
        " gönderilmelidir"
    ),
    "5079": (
        "Marketplace üye işyeri için sadece ürün ödemesi yapılırken subMerchantKey veya"
        " subMerchantPrice gönderilmelidir"
    ),
    "5266": "Tutar bazlı iadeyi sadece standart işyeri kullanabilir.",
    "5078": "SubMerchantKeylere ait alt üye işyerleri sistemde bulunamadı",
    "5082": "Bu ödeme işleminin durumu POST_AUTH işlemi için uygun değildir",
    "5086": "Üye işyerine ait ödeme kaydı bulunamadı",
    "5087": "Üye işyerine ait ödeme kaydı bulunamadı",
    "5184": "Yerli kartlar ile döviz ödemesi yapılamaz",
    "8514": "Bu işlem önceden başlatıldı ve devam etmektedir",
}
# From the documentation's table of bank errors: code, group, Turkish text.
BANK = {
    DeclineReason.DO_NOT_HONOUR: ("10005", "DO_NOT_HONOUR", "İşlem onaylanmadı"),
    DeclineReason.INVALID_TRANSACTION: ("10012", "INVALID_TRANSACTION", "Geçersiz işlem"),
    DeclineReason.FRAUD_SUSPECT: ("10034", "FRAUD_SUSPECT", "Dolandırıcılık şüphesi"),
    DeclineReason.PICKUP_CARD: ("10041", "LOST_CARD", "Kayıp kart, karta el koyunuz"),
    DeclineReason.LOST_CARD: ("10041", "LOST_CARD", "Kayıp kart, karta el koyunuz"),
    DeclineReason.STOLEN_CARD: ("10043", "STOLEN_CARD", "Çalıntı kart, karta el koyunuz"),
    DeclineReason.INSUFFICIENT_FUNDS: (
        "10051",
        "NOT_SUFFICIENT_FUNDS",
        "Kart limiti yetersiz, yetersiz bakiye",
    ),
    DeclineReason.EXPIRED_CARD: ("10054", "EXPIRED_CARD", "Vadesi dolmuş kart"),
    DeclineReason.NOT_PERMITTED_TO_CARDHOLDER: (
        "10057",
        "NOT_PERMITTED_TO_CARDHOLDER",
        "Kart sahibi bu işlemi yapamaz",
    ),
    DeclineReason.NOT_PERMITTED_TO_TERMINAL: (
        "10058",
        "NOT_PERMITTED_TO_TERMINAL",
        "Terminalin bu işlemi yapmaya yetkisi yok",
    ),
    DeclineReason.INVALID_CVV: ("10084", "INVALID_CVC2", "CVC2 bilgisi hatalı"),
    DeclineReason.RESTRICTED_BY_LAW: (
        "10093",
        "RESTRICTED_BY_LAW",
        "Kartınız e-ticaret işlemlerine kapalıdır. Bankanızı arayınız.",
    ),
    DeclineReason.GENERAL_ERROR: (
        "10204",
        "UNKNOWN",
        "Ödeme işlemi esnasında genel bir hata oluştu",
    ),
    DeclineReason.REQUEST_TIMEOUT: (
        "10219",
        "REQUEST_TIMEOUT",
        "Bankaya gönderilen istek zaman aşımına uğradı",
    ),
}


@pytest.mark.parametrize("error", [*OWN.values(), *DECLINES.values()], ids=lambda row: row.code)
def test_iyzico_every_error_has_both_texts(error) -> None:
    """A code in digits, and two texts that ask for the same values."""
    assert error.code.isascii()
    assert error.code.isdigit()
    assert error.turkish
    assert error.english
    assert set(re.findall(r"\{\d\}", error.turkish)) == set(re.findall(r"\{\d\}", error.english))
    filled = message(error, "en", "field", 5)
    assert "{" not in filled


def test_iyzico_texts_are_the_published_ones() -> None:
    """Clients compare texts, so those that are known have to be exact."""
    texts = {error.code: error.turkish for error in OWN.values()}
    assert {code: texts[code] for code in PUBLISHED} == PUBLISHED
    assert errors.INVALID_REQUEST.turkish == "Geçersiz istek"
    assert errors.BIN_LENGTH.turkish == "binNumber 6 karakter olmalıdır"


@pytest.mark.parametrize("reason", BANK)
def test_iyzico_bank_errors_are_the_published_ones(reason) -> None:
    """Code, group and text of the documentation's test cards."""
    error = DECLINES[reason]
    assert (error.code, error.group, error.turkish) == BANK[reason]


@pytest.mark.parametrize("reason", DeclineReason)
async def test_iyzico_every_decline_reaches_the_caller(reason) -> None:
    """The map of bank answers is total, each has a group, in Turkish and in English."""
    door = IyzicoDoor()
    error = DECLINES[reason]
    for locale, text in (("tr", error.turkish), ("en", error.english)):
        door.acquirer.script(Declined(reason=reason, code="?"))
        answer = await door.call("/payment/auth", payment_request(locale=locale))
        assert answer == {
            "status": "failure",
            "errorCode": error.code,
            "errorMessage": text,
            "errorGroup": error.group,
            "locale": locale,
            "systemTime": SAMPLE_TIME_MS,
            "conversationId": "123456789",
        }


@pytest.mark.parametrize(
    "table",
    [
        REFUSALS,
        CANCEL_REFUSALS,
        POST_AUTH_REFUSALS,
        MARKETPLACE_REFUSALS,
        ITEM_UPDATE_REFUSALS,
    ],
)
def test_iyzico_every_refusal_has_an_error(table) -> None:
    """The maps of refusals are total."""
    assert set(table) == set(Reason)


def test_iyzico_codes_of_our_own_are_nobody_elses() -> None:
    """Private codes stand in ranges where iyzico has none, one for each kind of error."""
    published = {int(error.code) for error in [*OWN.values(), *DECLINES.values()]}
    private = [code for code in published if code >= 91_000]
    assert private
    assert all(code < 94_000 for code in private)
    rows = [error.code for error in OWN.values() if int(error.code) >= 91_000]
    assert len(rows) == len(set(rows))


def test_iyzico_page_lists_every_code_and_switch() -> None:
    """An error, a group or a switch that the documentation does not name fails the build."""
    page = PAGE.read_text(encoding="utf-8")
    words = set(re.findall(r"[\w-]+", page))
    for error in [*OWN.values(), *DECLINES.values()]:
        assert error.code in words
    for error in DECLINES.values():
        assert f"| {error.code} | `{error.group}` |" in page
    for switch in SWITCHES:
        assert f"| `{switch.name}` | `{switch.classic.name}` | `{switch.current.name}` |" in page
    door = IyzicoDoor()
    for route in door.door.routes:
        assert f"| `{route.method} {route.path}` |" in page
