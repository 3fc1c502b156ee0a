"""Texts of the first page: Turkish, English."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "home.today": ("Bugün oluşturulan ödemeler, {day}", "Payments made today, {day}"),
    "home.counting": (
        "Sayılıyor; birazdan burada olacak.",
        "Counting; it will be here in a moment.",
    ),
    "home.volume_today": (
        "Bugün oluşturulan ödemelerden çekilen",
        "Charged of the payments made today",
    ),
    "home.success_today": (
        "Bugün oluşturulan ödemelerin başarı oranı",
        "Success rate of the payments made today",
    ),
    "home.success_hint": (
        "Belirsiz ve süren ödemeler bu orana girmez.",
        "Uncertain payments and those still under way do not count.",
    ),
    "home.waiting": ("Sonucu bekleyenler", "Waiting for an outcome"),
    "home.waiting.none": (
        "Belirsiz ya da incelemede ödeme yok.",
        "No payment is uncertain or under review.",
    ),
    "home.waiting.payment": ("Ödeme", "Payment"),
    "home.waiting.standing": ("Durum", "State"),
    "home.waiting.age": ("Ne zamandır", "For how long"),
    "home.waiting.amount": ("Tutar", "Amount"),
    "home.waiting.reference": ("conversationId", "conversationId"),
    "home.waiting.all_uncertain": ("Bütün belirsizler", "All uncertain ones"),
    "home.waiting.all_review": ("Bütün incelemedekiler", "All under review"),
    "home.age.minutes": ("{count} dk", "{count} min"),
    "home.age.hours": ("{count} saat", "{count} h"),
    "home.age.days": ("{count} gün", "{count} d"),
    "home.volume": (
        "Ödemelerin oluşturulduğu güne göre çekilen tutar ({currency})",
        "Charged, by the day the payment was made ({currency})",
    ),
    "home.volume.summary": (
        "Son {days} günde oluşturulan ödemelerden {total} çekildi; en çok {most}, {day} günü.",
        "{total} charged of the payments made in the last {days} days; {most} at most, on {day}.",
    ),
    "home.volume.hint": (
        "Provizyon, çekildiği gün değil, ödemenin oluşturulduğu gün sayılır; iadeler düşülmez.",
        (
            "What is captured later counts on the day its payment was made; refunds are not "
            "deducted."
        ),
    ),
    "home.volume.none": (
        "Son {days} günde oluşturulan ödemelerden bu para biriminde çekilen tutar yok.",
        "Nothing was charged in this currency of the payments made in the last {days} days.",
    ),
    "home.success": (
        "Ödemelerin oluşturulduğu güne göre başarı oranı",
        "Success rate, by the day the payment was made",
    ),
    "home.success.summary": (
        "Son {days} günde oluşturulup sonuçlanan ödemelerin {rate} kadarı onaylandı.",
        "{rate} of the payments made in the last {days} days and answered were approved.",
    ),
    "home.success.none": (
        "Son {days} günde oluşturulup sonuçlanan ödeme yok.",
        "No payment made in the last {days} days was answered.",
    ),
    "home.rate": ("%{whole},{rest}", "{whole}.{rest} %"),
    "home.rate.whole": ("%{whole}", "{whole} %"),
    "home.as_table": ("Tablo olarak", "As a table"),
    "home.day": ("Gün", "Day"),
    "home.amount": ("Çekilen", "Charged"),
    "home.payments": ("Ödeme sayısı", "Payments"),
    "home.success_rate": ("Başarı oranı", "Success rate"),
    "home.currency": ("Para birimi", "Currency"),
    "home.money": ("Bakiyeler", "Balances"),
    "home.money.none": (
        "Henüz bakiye yok: ilk başarılı ödemeyle oluşur.",
        "No balances yet: they begin with the first successful payment.",
    ),
    "home.money.available": ("Ödenebilir", "Available"),
    "home.money.pending": ("Vadesi gelmemiş", "Pending"),
    "home.money.blocked": ("Bloke", "Withheld"),
    "home.money.paying": ("Yolda", "On its way"),
    "home.money.sellers": ("Alt üye iş yerlerinin", "Sub-merchants'"),
    "home.money.negative": (
        "eksi bakiye: sonraki hak edişlerden düşülür",
        "negative: set off against later payouts",
    ),
    "home.releases": ("Bloke çözüm tarihleri ({currency})", "Release dates ({currency})"),
    "home.releases.unknown": (
        "Tarihler hesaplanıyor; birazdan burada olacak.",
        "The dates are being worked out; they will be here in a moment.",
    ),
    "home.releases.later": ("Daha sonra ya da inceleme bitince", "Later, or after a review"),
    "home.payout": ("Sonraki hak ediş", "Next payout"),
    "home.payout.on": ("{day} tarihinde", "On {day}"),
    "home.payout.so_far": (
        "Şu an ödenebilir olan {amount}; o güne kadar vadesi gelenler eklenir.",
        "{amount} is available now; what becomes due until then is added.",
    ),
    "home.payout.nothing": (
        "Şu an ödenebilir tutar yok; o güne kadar vadesi gelenler ödenir.",
        "Nothing is available now; what becomes due until then is paid.",
    ),
    "home.payout.last": ("Son hak ediş", "Last payout"),
    "home.payout.last_text": ("{day}: {amount}, {state}", "{day}: {amount}, {state}"),
    "home.payout.stopped": (
        "Son hak ediş hesaptan döndü. IBAN değişene kadar yenisi gönderilmez.",
        "The last payout came back. None is sent until the IBAN is another.",
    ),
    "home.payout.bounced": (
        "Son hak ediş eski hesaptan döndü. Sonraki, ayarlardaki yeni IBAN'a gönderilir.",
        "The last payout came back from the old account. The next goes to the new IBAN.",
    ),
    "home.payout.settings": ("Ayarlara git", "Go to the settings"),
}
