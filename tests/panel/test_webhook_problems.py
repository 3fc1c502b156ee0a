"""What keeps webhooks from being delivered is said in both languages."""

import pytest

from vezne.panel.problems import say_problem

PROBLEMS = {
    "answered 503": "503 yanıtını verdi",
    "no answer within 10 s": "10 saniye içinde yanıt vermedi",
    "no connection: All attempts\nfailed": "bağlantı kurulamadı",
    "no connection: shop.example cannot be looked up": "shop.example adı için adres bulunamadı",
    "no connection: shop.example has no address": "shop.example adı için adres bulunamadı",
    "the answer is no HTTP": "yanıt HTTP değil",
    "shop.example has an address in a private network": (
        "shop.example özel bir ağda; canlı ortamda oraya gönderilmez"
    ),
    "in live mode a webhook goes over https only": (
        "canlı ortamda yalnızca https adreslerine gönderilir"
    ),
    "the URL has characters that must be escaped": "adreste kaçış gerektiren karakterler var",
    "there is no such payment": "böyle bir ödeme yok",
    "a fault of the gateway, which its log describes": (
        "bizim tarafımızda bir hata; günlüklere yazıldı"
    ),
    "the merchant has no webhook URL for this door any more": (
        "bu kapının bildirim adresi artık tanımlı değil"
    ),
    "the merchant has no key for this door that works": "bu kapının çalışan bir anahtarı yok",
}


@pytest.mark.parametrize(("problem", "turkish"), PROBLEMS.items())
def test_a_known_problem_is_said_in_turkish(problem, turkish) -> None:
    """With what it is about."""
    assert say_problem("tr", problem) == turkish
    assert say_problem("en", problem)


@pytest.mark.parametrize("problem", ["", "something new", "answered {status}"])
def test_another_problem_is_said_as_it_is(problem) -> None:
    """It is not lost."""
    assert say_problem("tr", problem) == problem
