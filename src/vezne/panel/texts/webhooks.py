"""Texts of the pages about webhooks: Turkish, English."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "webhooks.title": ("Webhook'lar", "Webhooks"),
    "webhooks.lead": (
        "Ödemelerinizde olan biteni sunucunuza bildiririz: hepsi en az bir kez ve sırayla.",
        "Your server is told what happens to your payments: each at least once, and in order.",
    ),
    "webhooks.urls": ("Bildirim adresleri", "Where they go"),
    "webhooks.urls.none": ("tanımlı değil", "not set"),
    "webhooks.urls.hint": (
        (
            "Adresi olmayan kapının ödemeleri bildirilmez; adres verildikten sonraki ödemeler "
            "bildirilir."
        ),
        "Payments of a door without a URL are not told; those taken after it is set are.",
    ),
    "webhooks.urls.set": ("Ayarlarda adres tanımla", "Set a URL in the settings"),
    "webhooks.any": ("Hepsi", "Any"),
    "webhooks.state": ("Durum", "State"),
    "webhooks.state.due": ("Bekliyor", "Waiting"),
    "webhooks.state.delivered": ("İletildi", "Delivered"),
    "webhooks.state.untold": ("Bildirimi yok", "Nothing to tell"),
    "webhooks.state.given_up": ("Vazgeçildi", "Given up"),
    "webhooks.untold.hint": (
        "Bu kapının protokolünde bu olay için bir bildirim yok.",
        "The door's protocol has no message for this.",
    ),
    "webhooks.door": ("Kapı", "Door"),
    "webhooks.kind": ("Olay", "Event"),
    "webhooks.kind.authentication_passed": ("3-D Secure başarılı", "3-D Secure passed"),
    "webhooks.kind.authentication_failed": ("3-D Secure başarısız", "3-D Secure failed"),
    "webhooks.kind.sale_approved": ("Ödeme alındı", "Payment approved"),
    "webhooks.kind.hold_approved": ("Ön provizyon alındı", "Pre-authorization approved"),
    "webhooks.kind.authorization_declined": ("Ödeme reddedildi", "Payment declined"),
    "webhooks.kind.capture_approved": ("Provizyon kapatıldı", "Captured"),
    "webhooks.kind.capture_failed": ("Provizyon kapatılamadı", "Capture failed"),
    "webhooks.kind.void_approved": ("İptal edildi", "Cancelled"),
    "webhooks.kind.void_failed": ("İptal edilemedi", "Cancel failed"),
    "webhooks.kind.refund_approved": ("İade edildi", "Refunded"),
    "webhooks.kind.refund_failed": ("İade edilemedi", "Refund failed"),
    "webhooks.late": ("geç gelen sonuç", "late result"),
    "webhooks.list": ("Bildirimler", "Webhooks sent and to be sent"),
    "webhooks.at": ("Zaman", "Time"),
    "webhooks.payment": ("Ödeme", "Payment"),
    "webhooks.tries": ("Deneme", "Tries"),
    "webhooks.next": ("Sonraki deneme", "Next try"),
    "webhooks.problem": ("Son sorun", "Last problem"),
    "webhooks.amount": ("Tutar", "Amount"),
    "webhooks.version": ("Ödeme sürümü", "Version of the payment"),
    "webhooks.url": ("Adres", "URL"),
    "webhooks.facts": ("Bilgiler", "Facts"),
    "webhooks.none": ("Bu süzgece uyan bildirim yok.", "No webhook fits this filter."),
    "webhooks.cut": (
        "Buraya kadar bulunanlar bunlar; daha eski bildirimlere henüz bakılmadı.",
        "This is what was found so far; older ones were not looked at yet.",
    ),
    "webhooks.further": ("Aramaya devam et", "Look further"),
    "webhooks.tries.title": ("Denemeler", "Every try"),
    "webhooks.tries.none": ("Henüz denenmedi.", "Not tried yet."),
    "webhooks.tries.cut": (
        "Bir bildirimin en çok ilk {first} ve son {last} denemesi saklanır.",
        "No more than the first {first} and the last {last} tries of a webhook are kept.",
    ),
    "webhooks.tries.duration": ("{ms} ms", "{ms} ms"),
    "webhooks.tries.status": ("Yanıt kodu", "Status"),
    "webhooks.tries.delivered": ("İletildi", "Delivered"),
    "webhooks.tries.failed": ("İletilemedi", "Not delivered"),
    "webhooks.tries.lost": (
        "İstenen arıza yüzünden gönderilmedi; iletilmiş sayıldı.",
        "Not sent, because a fault was asked for; counts as delivered.",
    ),
    "webhooks.tries.headers": ("Başlıklar", "Headers"),
    "webhooks.tries.body": ("Gönderilen gövde", "Body as sent"),
    "webhooks.tries.answer": ("Yanıtın başı", "Beginning of the answer"),
    "webhooks.tries.contents": ("Gönderilen ve yanıt", "What was sent and answered"),
    "webhooks.tries.live": (
        "Canlı ortamda gönderilenin ve yanıtın içeriği saklanmaz.",
        "In live mode the contents of messages and answers are not kept.",
    ),
    "webhooks.replay": ("Yeniden gönder", "Send again"),
    "webhooks.replay.done": (
        "Bildirim yeniden gönderilmek üzere sıraya alındı.",
        "The webhook waits to be sent again.",
    ),
    "webhooks.replay.changed": (
        "Bildirim bu arada değişti; durumuna bakıp gerekirse yeniden deneyin.",
        "The webhook has changed meanwhile; look at it and try again if need be.",
    ),
    "webhooks.replay_all": ("Vazgeçilenleri gönder", "Send those given up"),
    "webhooks.replay_all.title": (
        "Vazgeçilen bildirimler yeniden gönderilsin mi?",
        "Send again what was given up?",
    ),
    "webhooks.replay_all.count": (
        "Vazgeçilen bildirim sayısı: {count}.",
        "Webhooks that were given up: {count}.",
    ),
    "webhooks.replay_all.more": (
        "Bir seferde en çok {count} bildirim sıraya alınır; kalanlar için işlemi yineleyin.",
        "No more than {count} are sent at a time; repeat this for the others.",
    ),
    "webhooks.replay_all.what": (
        "Sunucunuz bunları bir kez daha alır; bildirimi tanıyıp ikinci kez işlememelidir.",
        "Your server gets them once more, and should know those again that it has seen.",
    ),
    "webhooks.replay_all.none": (
        "Vazgeçilen bildirim yok.",
        "Nothing was given up.",
    ),
    "webhooks.replay_all.done": (
        "{count} bildirim yeniden gönderilmek üzere sıraya alındı.",
        "{count} webhooks wait to be sent again.",
    ),
    "webhooks.replay_all.part": (
        "{count} bildirim sıraya alındı; vazgeçilen başka bildirimler de var.",
        "{count} webhooks wait to be sent again; there are more that were given up.",
    ),
    "webhooks.problem.answered": ("{status} yanıtını verdi", "answered {status}"),
    "webhooks.problem.silent": (
        "{seconds} saniye içinde yanıt vermedi",
        "no answer within {seconds} s",
    ),
    "webhooks.problem.no_connection": ("bağlantı kurulamadı", "no connection"),
    "webhooks.problem.no_name": (
        "{host} adı için adres bulunamadı",
        "the name {host} leads to no address",
    ),
    "webhooks.problem.no_http": ("yanıt HTTP değil", "the answer is no HTTP"),
    "webhooks.problem.no_url": (
        "bu kapının bildirim adresi artık tanımlı değil",
        "the URL of this door is not set any more",
    ),
    "webhooks.problem.no_key": (
        "bu kapının çalışan bir anahtarı yok",
        "there is no key for this door that works",
    ),
    "webhooks.problem.private": (
        "{host} özel bir ağda; canlı ortamda oraya gönderilmez",
        "{host} has an address in a private network; nothing is sent there in live mode",
    ),
    "webhooks.problem.no_tls": (
        "canlı ortamda yalnızca https adreslerine gönderilir",
        "in live mode a webhook goes over https only",
    ),
    "webhooks.problem.unescaped": (
        "adreste kaçış gerektiren karakterler var",
        "the URL has characters that must be escaped",
    ),
    "webhooks.problem.no_payment": ("böyle bir ödeme yok", "there is no such payment"),
    "webhooks.problem.fault": (
        "bizim tarafımızda bir hata; günlüklere yazıldı",
        "a fault of ours, which the log describes",
    ),
}
