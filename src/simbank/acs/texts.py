"""What the pages say, in Turkish and in English."""

from collections.abc import Mapping
from typing import Final

import msgspec

from simbank.acs.challenge import Notice
from simbank.acs.transactions import Language


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """Every sentence of the pages in one language. Braces are filled in by `str.format`."""

    bank: str
    sandbox: str
    other_language: str
    waiting_title: str
    waiting: str
    go_on: str
    title: str
    lead: str
    merchant: str
    amount: str
    installments: str
    card: str
    card_ending: str
    date: str
    code: str
    code_hint: str
    sandbox_code: str
    confirm: str
    resend: str
    resends_left: str
    cancel: str
    deadline: str
    time_left: str
    seconds_left: str
    error_title: str
    passed_title: str
    passed: str
    failed_title: str
    failed: str
    back: str
    closed_title: str
    closed: str
    closed_why: str
    bad_link_title: str
    bad_link: str
    wrong_address_title: str
    wrong_address: str
    notices: Mapping[Notice, str]


TURKISH: Final = Texts(
    bank="Deneme Bankası",
    sandbox="Sandbox",
    other_language="English",
    waiting_title="Kart doğrulanıyor",
    waiting="Bankanız işlemi hazırlıyor. Sayfa kendiliğinden ilerlemezse düğmeye basın.",
    go_on="Devam et",
    title="Ödemeyi onaylayın",
    lead="Bu ödemeyi yapanın siz olduğunuzu doğrulamak için tek kullanımlık kodu girin.",
    merchant="İş yeri",
    amount="Tutar",
    installments="Taksit",
    card="Kart",
    card_ending="sonu {last4} olan kart",
    date="Tarih",
    code="Tek kullanımlık kod",
    code_hint="Altı rakam",
    sandbox_code="Sandbox: SMS gönderilmez. Bütün kartların kodu:",
    confirm="Onayla",
    resend="Kodu yeniden gönder",
    resends_left="Kalan gönderme hakkı: {count}",
    cancel="Vazgeç ve iş yerine dön",
    deadline="Kodu şu saate kadar girin:",
    time_left="Kalan süre",
    seconds_left="{count} saniye kaldı.",
    error_title="Hata",
    passed_title="Doğrulama tamamlandı",
    passed="İş yerine dönüyorsunuz. Sayfa kendiliğinden ilerlemezse düğmeye basın.",
    failed_title="Doğrulama yapılamadı",
    failed="Kartınızdan para çekilmedi. İş yerine dönüyorsunuz. Sayfa kendiliğinden ilerlemezse "
    "düğmeye basın.",
    back="İş yerine dön",
    closed_title="Tarayıcı kapandı",
    closed="Bu sayfa iş yerine dönmez.",
    closed_why="Bu kart, doğrulama sırasında tarayıcısını kapatan birini canlandırır: iş yerine "
    "hiçbir sonuç ulaşmaz.",
    bad_link_title="Bu doğrulama sürdürülemiyor",
    bad_link="Bağlantı eksik veya değiştirilmiş. İş yerine dönüp ödemeyi yeniden başlatın.",
    wrong_address_title="Burada bir sayfa yok",
    wrong_address="Bu adres yalnızca bir ödeme sırasında açılır. İş yerine dönüp yeniden başlatın.",
    notices={
        Notice.WRONG_CODE: "Kod hatalı. Kalan deneme hakkı: {left}",
        Notice.CODE_MISSING: "Kodu girin.",
        Notice.CODE_SENT: "Yeni kod gönderildi.",
        Notice.NO_MORE_CODES: "Yeni kod gönderilemez.",
    },
)

ENGLISH: Final = Texts(
    bank="Sandbox Bank",
    sandbox="Sandbox",
    other_language="Türkçe",
    waiting_title="Checking your card",
    waiting="Your bank is preparing the payment. If this page does not move on by itself, "
    "press the button.",
    go_on="Continue",
    title="Confirm your payment",
    lead="Enter your one-time code to show that it is you who makes this payment.",
    merchant="Merchant",
    amount="Amount",
    installments="Instalments",
    card="Card",
    card_ending="card ending in {last4}",
    date="Date",
    code="One-time code",
    code_hint="Six digits",
    sandbox_code="Sandbox: no message is sent. The code of every card is",
    confirm="Confirm",
    resend="Send the code again",
    resends_left="Times left: {count}",
    cancel="Cancel and return to the merchant",
    deadline="Enter the code before",
    time_left="Time left",
    seconds_left="{count} seconds left.",
    error_title="Error",
    passed_title="Confirmed",
    passed="You are going back to the merchant. If this page does not move on by itself, "
    "press the button.",
    failed_title="Not confirmed",
    failed="Nothing was charged to your card. You are going back to the merchant. If this page "
    "does not move on by itself, press the button.",
    back="Return to the merchant",
    closed_title="The browser is closed",
    closed="This page does not return to the merchant.",
    closed_why="This card plays somebody who closes the browser while the bank asks for the code: "
    "no result ever reaches the merchant.",
    bad_link_title="This confirmation cannot go on",
    bad_link="The link is incomplete or was altered. Go back to the merchant and start the "
    "payment again.",
    wrong_address_title="There is no page here",
    wrong_address="This address opens during a payment only. Go back to the merchant and start "
    "again.",
    notices={
        Notice.WRONG_CODE: "That code is wrong. Tries left: {left}",
        Notice.CODE_MISSING: "Enter the code.",
        Notice.CODE_SENT: "A new code was sent.",
        Notice.NO_MORE_CODES: "No further code can be sent.",
    },
)

TEXTS: Final[Mapping[Language, Texts]] = {"tr": TURKISH, "en": ENGLISH}


def preferred_language(accept_language: str) -> Language:
    """The first of our languages in an Accept-Language header; Turkish when it names neither.

    Weights are not looked at: browsers send their languages in order.
    """
    for part in accept_language.split(","):
        language = part.split(";")[0].strip().lower()[:2]
        if language == "tr":
            return "tr"
        if language == "en":
            return "en"
    return "tr"
