"""Texts of the log of calls: Turkish, English."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "requests.title": ("İstekler", "Requests"),
    "requests.lead": (
        (
            "API'nize gelen her çağrı ve verilen yanıt. Kart numarası ve güvenlik kodu maskelenir, "
            "imzalar ve gizli anahtarlar saklanmaz."
        ),
        (
            "Every call to the API and its answer. Card numbers and security codes are masked, "
            "signatures and secrets are not kept."
        ),
    ),
    "requests.off": (
        "İstek kaydı kapalı (sandbox.request_log). Aşağıda yalnızca önceki kayıtlar var.",
        "The request log is switched off (sandbox.request_log). Only earlier calls are below.",
    ),
    "requests.lost": (
        "{count} çağrı, sunucu başladığından beri yetişilemediği için kaydedilemedi.",
        "{count} calls since the server started could not be logged: they came too fast.",
    ),
    "requests.list": ("Çağrılar", "Calls"),
    "requests.any": ("Hepsi", "All"),
    "requests.door": ("Protokol", "Protocol"),
    "requests.door.iyzico": ("iyzico", "iyzico"),
    "requests.door.paywall": ("PayWall", "PayWall"),
    "requests.door.paynet": ("Paynet", "Paynet"),
    "requests.door.sandbox": ("Deneme denetimi", "Sandbox control"),
    "requests.outcome": ("Sonuç", "Outcome"),
    "requests.outcome.served": ("Yerine getirildi", "Served"),
    "requests.outcome.declined": ("Banka reddetti", "Declined by the bank"),
    "requests.outcome.refused": ("Kabul edilmedi", "Refused"),
    "requests.outcome.unauthenticated": ("Kimlik doğrulanamadı", "Not authenticated"),
    "requests.outcome.turned_away": ("Geri çevrildi", "Turned away"),
    "requests.outcome.failed": ("Sunucu hatası", "Server error"),
    "requests.status": ("HTTP durumu", "HTTP status"),
    "requests.path": ("Adres içerir", "Path contains"),
    "requests.reference": ("Referans içerir", "Reference contains"),
    "requests.since": ("Bu andan itibaren", "From"),
    "requests.until": ("Bu ana kadar", "Until"),
    "requests.at": ("Zaman", "Time"),
    "requests.call": ("Çağrı", "Call"),
    "requests.duration": ("Süre", "Took"),
    "requests.ms": ("{ms} ms", "{ms} ms"),
    "requests.own_reference": ("Referans", "Reference"),
    "requests.payment": ("Ödeme", "Payment"),
    "requests.none": ("Bu koşullara uyan çağrı yok.", "No call matches."),
    "requests.none_yet": (
        (
            "Henüz çağrı gelmedi. Deneme mağazasında bir ödeme yapın ya da kendi kodunuzu "
            "bu sunucuya yönlendirin."
        ),
        "No calls yet. Pay in the test shop, or point your own code at this server.",
    ),
    "requests.partial": (
        "Şimdilik yalnızca en yeni çağrılara bakıldı.",
        "Only the newest calls were looked at so far.",
    ),
    "requests.further": ("Daha eskilere bak", "Look further back"),
    "requests.error.choice": ("Listeden birini seçin.", "Choose one of the list."),
    "requests.error.card": (
        "Buraya kart numarası yazmayın: aramalar adres çubuğunda kalır.",
        "Do not type a card number here: searches stay in the address bar.",
    ),
    "requests.error.text": (
        "En çok 200 görünür karakter yazın.",
        "Type at most 200 visible characters.",
    ),
    "requests.error.moment": (
        "Tarih ve saat yazın: 2026-05-31T14:30 gibi.",
        "Type a date and a time, such as 2026-05-31T14:30.",
    ),
    "requests.back": ("Tüm istekler", "All requests"),
    "requests.facts": ("Özet", "Summary"),
    "requests.address": ("İstemci adresi", "Client address"),
    "requests.caller": ("Çağıran anahtar", "Caller's key"),
    "requests.caller.proven": ("doğrulandı", "proven"),
    "requests.caller.unproven": ("doğrulanmadı", "not proven"),
    "requests.reason": ("Hata kodu", "Error code"),
    "requests.same_reference": (
        "Aynı referanslı çağrılar",
        "Calls with the same reference",
    ),
    "requests.request": ("İstek", "Request"),
    "requests.answer": ("Yanıt", "Answer"),
    "requests.headers": ("Başlıklar", "Headers"),
    "requests.body": ("Gövde", "Body"),
    "requests.raw": ("Gönderildiği gibi", "As sent"),
    "requests.empty": ("Gövde yok.", "No body."),
    "requests.rebuilt": (
        (
            "Gövde yeniden yazıldı: aslı, kart kesinlikle maskelenebilecek biçimde değildi. "
            "Değerler aynı, boşluklar ve sıra farklı olabilir."
        ),
        (
            "The body is written anew, as the original could not be masked for certain. Its values "
            "are the same; its spaces and their order may differ."
        ),
    ),
    "requests.page": ("Tarayıcı için bir sayfa.", "A page for a browser."),
    "requests.left_out": (
        "Gövde okunamadığı için saklanmadı.",
        "The body could not be read, and so it was not kept.",
    ),
    "requests.cut": (
        "Yalnızca başı saklandı; tamamı {length} bayt.",
        "Only the beginning was kept; all of it is {length} bytes.",
    ),
    "requests.curl": ("curl olarak", "As curl"),
    "requests.curl.about": (
        "Gizli bilgiler ve kart çıkarıldı; göndermeden önce doldurun.",
        "Secrets and the card are left out; fill them in before you send it.",
    ),
    "requests.curl.secret": ("imza", "signature"),
}
