"""Texts of the first page: Turkish, English."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "home.today": ("Bugünkü ödemeler, {day}", "Payments today, {day}"),
    "home.counting": (
        "Sayılıyor; birazdan burada olacak.",
        "Counting; it will be here in a moment.",
    ),
    "home.volume_today": ("Bugün çekilen", "Charged today"),
    "home.success_today": ("Bugünkü başarı oranı", "Success rate today"),
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
    "home.volume": ("Günlere göre çekilen tutar ({currency})", "Charged by day ({currency})"),
    "home.volume.summary": (
        "Son {days} günde {total} çekildi; en çok {most}, {day} günü.",
        "{total} charged in the last {days} days; {most} at most, on {day}.",
    ),
    "home.volume.none": (
        "Son {days} günde bu para biriminde çekilen tutar yok.",
        "Nothing was charged in this currency in the last {days} days.",
    ),
    "home.success": ("Günlere göre başarı oranı", "Success rate by day"),
    "home.success.summary": (
        "Son {days} günde sonuçlanan ödemelerin {rate} kadarı onaylandı.",
        "{rate} of the payments answered in the last {days} days were approved.",
    ),
    "home.success.none": (
        "Son {days} günde sonuçlanan ödeme yok.",
        "No payment was answered in the last {days} days.",
    ),
    "home.rate": ("%{whole},{rest}", "{whole}.{rest} %"),
    "home.rate.whole": ("%{whole}", "{whole} %"),
    "home.as_table": ("Tablo olarak", "As a table"),
    "home.day": ("Gün", "Day"),
    "home.amount": ("Tutar", "Amount"),
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
    "home.releases.day": ("Tarih", "Date"),
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
    "home.payout.bounced": (
        "Son hak ediş hesaptan döndü. IBAN değişene kadar yenisi gönderilmez.",
        "The last payout came back. None is sent until the IBAN is another.",
    ),
    "home.payout.settings": ("Ayarlara git", "Go to the settings"),
}
