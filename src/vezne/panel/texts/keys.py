"""Texts of the pages about API keys: Turkish, English."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "keys.about": (
        (
            "Sunucularınız bu anahtarlarla çağrı yapar. Gizli anahtarlar şifreli saklanır ve "
            "yalnızca oluşturuldukları anda bir kez gösterilir."
        ),
        (
            "Your servers call with these keys. Secrets are stored encrypted and are shown once "
            "only, when they are made."
        ),
    ),
    "keys.door": ("Kapı", "Door"),
    "keys.door.iyzico": ("iyzico", "iyzico"),
    "keys.door.paywall.public": ("PayWall, public çift", "PayWall, public pair"),
    "keys.door.paywall.private": ("PayWall, private çift", "PayWall, private pair"),
    "keys.door.paynet": ("Paynet", "Paynet"),
    "keys.for.iyzico": ("Her isteği imzalar.", "Signs every request."),
    "keys.for.control": (
        "Deneme ortamının saat ve arıza çağrıları da bu çifti kullanır.",
        "The sandbox's calls for clock and faults use this pair as well.",
    ),
    "keys.for.paywall.public": (
        "Ödeme servisleri: apiclientpublic ve apikeypublic başlıkları.",
        "Payment services: the headers apiclientpublic and apikeypublic.",
    ),
    "keys.for.paywall.private": (
        (
            "CardWall ile sorgu, iptal ve iade servisleri: apiclientprivate ve apikeyprivate "
            "başlıkları."
        ),
        "CardWall, queries, cancels and refunds: the headers apiclientprivate and apikeyprivate.",
    ),
    "keys.for.paynet": (
        "Açık anahtar tarayıcıda, gizli anahtar yalnızca sunucunuzda kullanılır.",
        "The publishable key is for browsers, the secret key for your server only.",
    ),
    "keys.public.iyzico": ("API anahtarı", "API key"),
    "keys.public.paywall.public": ("API client (public)", "API client (public)"),
    "keys.public.paywall.private": ("API client (private)", "API client (private)"),
    "keys.public.paynet": ("Açık anahtar", "Publishable key"),
    "keys.secret.iyzico": ("Gizli anahtar", "Secret key"),
    "keys.secret.paywall.public": ("API key (public)", "API key (public)"),
    "keys.secret.paywall.private": ("API key (private)", "API key (private)"),
    "keys.secret.paynet": ("Gizli anahtar", "Secret key"),
    "keys.state": ("Durum", "State"),
    "keys.works": ("Çalışıyor", "Works"),
    "keys.revoked": ("İptal edildi", "Revoked"),
    "keys.created": ("Oluşturulma", "Created"),
    "keys.used": ("Son kullanım", "Last used"),
    "keys.not_used": (
        "Sunucu başladığından beri kullanılmadı",
        "Not since the server began",
    ),
    "keys.acts": ("İşlemler", "Actions"),
    "keys.none": (
        "Bu kapı için anahtarınız yok.",
        "You have no key for this door.",
    ),
    "keys.issue": ("Yeni anahtar oluştur", "Make a new key"),
    "keys.revoke": ("İptal et", "Revoke"),
    "keys.rolling": ("Anahtar nasıl yenilenir?", "How to replace a key"),
    "keys.rolling.1": (
        (
            "Yeni anahtar oluşturun. Eskisi çalışmaya devam eder; ancak iyzico ve PayWall public "
            "webhook'ları, yeni çift oluşturulduğu andan itibaren onunla imzalanır. Sunucunuz "
            "geçiş bitene kadar iki anahtarın imzasını da kabul etmelidir."
        ),
        (
            "Make a new key. The old one goes on working, but the webhooks of iyzico and of "
            "PayWall's public pair are signed with the new pair from the moment that it is made. "
            "Until you have moved, your server has to accept signatures of either key."
        ),
    ),
    "keys.rolling.2": (
        "Sunucularınızı yeni anahtara geçirin.",
        "Move your servers to the new key.",
    ),
    "keys.rolling.3": (
        "Eski anahtarı iptal edin.",
        "Revoke the old key.",
    ),
    "keys.issued.title": ("Yeni anahtar", "A new key"),
    "keys.issued.once": (
        "Gizli anahtar bir daha gösterilmez. Şimdi güvenli bir yere kaydedin.",
        "The secret will not be shown again. Keep it in a safe place now.",
    ),
    "keys.issued.webhooks": (
        "Bu kapının webhook'ları bundan sonra bu anahtarla imzalanır.",
        "This door's webhooks are signed with this key from now on.",
    ),
    "keys.issued.others": ("Çalışmaya devam edenler", "Still working"),
    "keys.issued.others_about": (
        "Bu anahtarlar siz iptal edene kadar çalışır.",
        "These keys work until you revoke them.",
    ),
    "keys.issued.kept": ("Kaydettim, anahtarlara dön", "I have kept it: back to the keys"),
    "keys.revoke.title": ("Anahtarı iptal et", "Revoke a key"),
    "keys.revoke.about": (
        (
            "İptal edilen anahtar birkaç saniye içinde çalışmaz olur ve geri getirilemez. Onu "
            "kullanan çağrılar reddedilir."
        ),
        "A revoked key stops working within seconds, for good. Calls that use it are refused.",
    ),
    "keys.revoke.last": (
        "Bu kapının çalışan son anahtarı: iptal ederseniz bu kapıdan çağrı yapılamaz.",
        (
            "This is the last key of this door that works: without it nobody can call through this "
            "door."
        ),
    ),
    "keys.revoke.do": ("Anahtarı iptal et", "Revoke the key"),
    "keys.revoked_note": ("{key} iptal edildi.", "{key} is revoked."),
    "keys.revoked_meanwhile": (
        "Anahtar bu sırada başka bir yerden iptal edildi.",
        "The key was revoked elsewhere meanwhile.",
    ),
    "keys.changed_meanwhile": (
        (
            "Anahtarlar bu arada değişti; yeni anahtar oluşturulmadı. Listeye bakıp gerekirse "
            "tekrar deneyin."
        ),
        (
            "The keys have changed meanwhile, and none was made. Look at the list, and try again "
            "if need be."
        ),
    ),
    "keys.too_many": (
        "Bir kapının aynı anda en fazla {count} çalışan anahtarı olabilir. Önce birini iptal edin.",
        "A door may have {count} working keys at a time. Revoke one first.",
    ),
}
