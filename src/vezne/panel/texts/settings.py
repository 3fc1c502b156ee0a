"""Texts of the settings: Turkish, English."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "settings.general": ("Genel", "General"),
    "settings.terms": ("Koşullar", "Terms"),
    "settings.access": ("Erişim", "Access"),
    "settings.protocols": ("Protokoller", "Protocols"),
    "settings.saved": ("Ayarlar kaydedildi.", "The settings are saved."),
    "settings.unchanged": ("Değişen bir şey yok.", "Nothing has changed."),
    "settings.changed_meanwhile": (
        (
            "Ayarlar bu arada başkası tarafından değiştirildi; sizinki kaydedilmedi. Yeni hâline "
            "bakıp tekrar deneyin."
        ),
        (
            "Somebody else has changed the settings meanwhile, and yours were not saved. Look at "
            "them as they are now, and try again."
        ),
    ),
    "settings.webhooks": ("Webhook adresleri", "Webhook addresses"),
    "settings.webhooks.about": (
        (
            "Her kapının bildirimleri kendi adresine gider. Boş bırakılan kapıdan bildirim "
            "gönderilmez."
        ),
        "Each door's notices go to its own address. Nothing is sent for a door without one.",
    ),
    "settings.account": ("Hesap", "Account"),
    "settings.field.iban": ("IBAN", "IBAN"),
    "settings.iban.about": (
        "Hak edişlerin yatacağı hesap.",
        "The account that payouts go to.",
    ),
    "settings.field.marketplace": ("Pazaryeri", "Marketplace"),
    "settings.marketplace.never": (
        "Hayır: yalnızca kendi adına satar",
        "No: sells for itself only",
    ),
    "settings.marketplace.sometimes": (
        "Bazen: sepette alt üye işyeri olabilir",
        "Sometimes: baskets may name sub-merchants",
    ),
    "settings.marketplace.always": (
        "Her zaman: her sepette alt üye işyeri vardır",
        "Always: every basket names sub-merchants",
    ),
    "settings.terms.house": (
        "Koşulları ödeme kuruluşu belirler; buradan yalnızca görüntülenir.",
        "The house decides about the terms; here they can be read only.",
    ),
    "settings.plan": ("Komisyon planı", "Commission plan"),
    "settings.plan.about": (
        "Bundan sonraki ödemeler için geçerlidir.",
        "Counts for payments from now on.",
    ),
    "settings.field.commission_rate": ("Komisyon oranı (%)", "Commission rate (%)"),
    "settings.field.fee": ("İşlem ücreti", "Fee for a payment"),
    "settings.field.blockage_rate": ("Bloke oranı (%)", "Blockage rate (%)"),
    "settings.field.blockage_days": ("Bloke süresi (gün)", "Blockage (days)"),
    "settings.blockage.about": (
        "Ödemenin bu kadarı, süre dolana kadar ödenmez.",
        "This much of a payment is withheld until the time is over.",
    ),
    "settings.rates": ("Döviz kurları", "Exchange rates"),
    "settings.rates.about": (
        "Bir birimin {currency} karşılığı.",
        "What one unit is worth in {currency}.",
    ),
    "settings.installments": ("Taksit tabloları", "Instalment tables"),
    "settings.installments.about": (
        "Taksit sayısına göre fiyata eklenen vade farkı.",
        "What is added to the price for each number of instalments.",
    ),
    "settings.no_tables": ("Taksit tablosu yok.", "There are no instalment tables."),
    "settings.programme": ("Kart programı", "Programme"),
    "settings.issuer": ("Banka", "Bank"),
    "settings.surcharges": ("Taksit ve vade farkı", "Instalments and surcharge"),
    "settings.surcharge": ("{count} taksit %{percent}", "{count} × {percent}%"),
    "settings.edit": ("Düzenle", "Edit"),
    "settings.table": ("{family} taksitleri ({issuer})", "{family} instalments ({issuer})"),
    "settings.table.legend": ("Vade farkları (%)", "Surcharges (%)"),
    "settings.table.about": (
        "Boş bırakılan taksit sayısı sunulmaz; 0 vade farksız demektir.",
        "A number of instalments that is left empty is not offered; 0 means no surcharge.",
    ),
    "settings.parts": ("{count} taksit", "{count} instalments"),
    "settings.networks": ("Çağrı yapılabilecek adresler", "Who may call from where"),
    "settings.networks.about": (
        (
            "Sunucularınızın anahtarları yalnızca bu adreslerden çalışır; başka yerden gelen "
            "çağrı, imzası doğru olsa da reddedilir. Tarayıcıların kullandığı açık anahtarlar ve "
            "bu panel etkilenmez."
        ),
        (
            "Your servers' keys work from these addresses only: a call from elsewhere is refused, "
            "however well it is signed. Publishable keys, which browsers use, and this panel are "
            "not affected."
        ),
    ),
    "settings.field.networks": ("İzinli adresler", "Allowed addresses"),
    "settings.networks.hint": (
        (
            "Her satıra bir adres ya da ağ: 192.0.2.7 veya 192.0.2.0/24. Boşsa her yerden çağrı "
            "yapılabilir."
        ),
        "An address or a network a line: 192.0.2.7 or 192.0.2.0/24. Empty: from anywhere.",
    ),
    "settings.networks.anywhere": (
        "Her yerden çağrı yapılabilir.",
        "Calls may come from anywhere.",
    ),
    "settings.guard": ("Koruma sınırları", "The guard's limits"),
    "settings.guard.on": (
        "Kapılarda koruma açık. Bu sınırları aşan çağrılar bir süre geri çevrilir.",
        "A guard stands at the doors. Calls beyond these limits are turned away for a while.",
    ),
    "settings.guard.off": (
        "Kapılarda koruma kapalı; açık olsaydı sınırlar bunlar olurdu.",
        "No guard stands at the doors. These would be the limits if it did.",
    ),
    "settings.limit": ("Sınır", "Limit"),
    "settings.limit.value": ("Değer", "Value"),
    "settings.limit.none": ("yok", "none"),
    "settings.limit.address_per_minute": (
        "Bir adresten dakikada istek",
        "Requests a minute from an address",
    ),
    "settings.limit.key_per_minute": (
        "Bir anahtarla dakikada istek",
        "Requests a minute with a key",
    ),
    "settings.limit.card_per_hour": (
        "Bir kartla saatte deneme",
        "Attempts an hour on a card",
    ),
    "settings.limit.card_declines_per_day": (
        "Bir karta günde ret",
        "Declines a day of a card",
    ),
    "settings.limit.declined_cards": (
        "Aynı müşteriden reddedilen kart",
        "Declined cards of one customer",
    ),
    "settings.limit.failed_logins": (
        "Kilitlenmeden önce hatalı kimlik doğrulama",
        "Failed authentications before a lock-out",
    ),
    "settings.limit.lockout_minutes_max": (
        "En uzun kilit (dakika)",
        "Longest lock-out (minutes)",
    ),
    "settings.protocols.about": (
        (
            "Protokollerin kaynakları her konuda anlaşmaz. Her soru için okumalar, kaynakları ve "
            "geçerli olan burada; seçimi sunucunun ayar dosyası yapar."
        ),
        (
            "The sources of the protocols do not agree on everything. For each question here are "
            "the readings, who says so, and the one in force; the server's settings file chooses."
        ),
    ),
    "settings.switch": ("Soru", "Question"),
    "settings.in_force": ("Geçerli", "In force"),
    "settings.readings": ("Okumalar ve kaynakları", "Readings and their sources"),
    "settings.error.url": (
        "Kullanıcı adı ve # içermeyen, tam bir http veya https adresi yazın.",
        "Write a whole http or https address, without user name and #.",
    ),
    "settings.error.public_url": (
        "İnternetten ulaşılabilen, tam bir https adresi yazın.",
        "Write a whole https address that can be reached from the internet.",
    ),
    "settings.error.iban": ("Bu bir IBAN değil.", "This is no IBAN."),
    "settings.error.choice": ("Listeden seçin.", "Choose from the list."),
    "settings.error.percent": (
        "0 ile 100 arasında, en çok altı ondalıklı bir sayı yazın.",
        "Write a number from 0 to 100, with at most six decimals.",
    ),
    "settings.error.amount": (
        "Sıfırdan küçük olmayan, makul bir tutar yazın; kur sıfır olamaz.",
        "Write a sensible amount, not less than zero; a rate must be more.",
    ),
    "settings.error.days": ("0 ile 365 arasında bir sayı yazın.", "Write a number from 0 to 365."),
    "settings.error.networks": (
        (
            "En çok 100 adres ya da ağ yazın: 192.0.2.7 veya 192.0.2.0/24. Ağın adresi, "
            "uzunluğunun ötesinde bit taşımamalı."
        ),
        (
            "Write at most 100 addresses or networks: 192.0.2.7 or 192.0.2.0/24. A network's "
            "address must have no bits beyond its length."
        ),
    ),
}
