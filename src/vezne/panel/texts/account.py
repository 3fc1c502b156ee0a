"""Texts of a member's own account: Turkish, English."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "account.you": ("Bilgileriniz", "About you"),
    "account.role": ("Rol", "Role"),
    "account.merchant": ("Çalıştığınız üye iş yeri", "Merchant that you work for"),
    "account.change_merchant": ("Bu üye iş yerine geç", "Switch"),
    "account.password": ("Parola", "Password"),
    "account.current": ("Şimdiki parola", "Current password"),
    "account.new": ("Yeni parola", "New password"),
    "account.again": ("Yeni parola, bir kez daha", "New password once more"),
    "account.change_password": ("Parolayı değiştir", "Change the password"),
    "account.password_changed": (
        "Parolanız değişti. Diğer oturumlarınız sonlandırıldı.",
        "Your password has changed. Your other sessions have ended.",
    ),
    "account.wrong_password": ("Parola yanlış.", "The password is wrong."),
    "account.changed_meanwhile": (
        "Hesabınız bu sırada başka bir yerden değiştirildi. Tekrar deneyin.",
        "Your account was changed elsewhere meanwhile. Try again.",
    ),
    "account.session_is_over": (
        "Oturumunuz bu sırada sonlandırıldı. Yeniden giriş yapın.",
        "Your session was ended meanwhile. Sign in again.",
    ),
    "account.sessions": ("Oturumlar", "Sessions"),
    "account.browser": ("Tarayıcı", "Browser"),
    "account.address": ("Adres", "Address"),
    "account.since": ("Giriş", "Signed in"),
    "account.seen": ("Son işlem", "Last seen"),
    "account.this": ("Bu oturum", "This session"),
    "account.end": ("Sonlandır", "End"),
    "account.end_others": ("Diğer tüm oturumları sonlandır", "End all other sessions"),
    "account.session_ended": ("Oturum sonlandırıldı.", "The session has ended."),
    "account.sessions_ended": (
        "Diğer tüm oturumlar sonlandırıldı.",
        "All other sessions have ended.",
    ),
    "password.rules": (
        (
            "En az 12 karakter; harf ve rakam. E-posta adresiniz ya da kolay tahmin edilen "
            "kelimeler olmasın."
        ),
        (
            "At least 12 characters, with letters and digits. Not your e-mail address, and no "
            "words that are easily guessed."
        ),
    ),
    "password.too_short": (
        "Parola en az 12 karakter olmalı.",
        "The password must have 12 characters or more.",
    ),
    "password.too_long": (
        "Parola en fazla 128 karakter olabilir.",
        "The password must have 128 characters or fewer.",
    ),
    "password.one_kind": (
        "Parolada hem harf hem rakam olmalı.",
        "The password must have letters and digits.",
    ),
    "password.pattern": (
        "Parola çok az sayıda farklı karakterden oluşuyor.",
        "The password has too few different characters.",
    ),
    "password.guessable": (
        (
            "Parola kolay tahmin edilebilir: e-posta adresinizi, üye iş yerinin adını ya da "
            "herkesin kullandığı kelimeleri içeriyor."
        ),
        (
            "The password is easily guessed: it is made of your e-mail address, the merchant's "
            "name or words that everybody uses."
        ),
    ),
    "password.used_before": (
        "Bu parolayı daha önce kullandınız. Son dört paroladan farklı olmalı.",
        "You have used this password before. It must differ from the last four.",
    ),
    "password.differs": ("İki parola aynı değil.", "The two passwords differ."),
    "factor.title": ("İki aşamalı doğrulama", "Two-step verification"),
    "factor.on": ("Açık", "On"),
    "factor.off": ("Kapalı", "Off"),
    "factor.manage": ("Yönet", "Manage"),
    "factor.must": (
        "Devam etmek için iki aşamalı doğrulamayı kurmanız gerekiyor.",
        "Set up two-step verification to go on.",
    ),
    "factor.begin_title": ("Kurun", "Set it up"),
    "factor.replace_title": ("Başka bir telefona taşıyın", "Move to another telephone"),
    "factor.about": (
        (
            "Giriş yaparken parolanızın yanında, telefonunuzdaki doğrulama uygulamasının "
            "gösterdiği kod da istenir."
        ),
        (
            "Signing in then takes your password and a code that an authenticator app on your "
            "telephone shows."
        ),
    ),
    "factor.begin": ("Kuruluma başla", "Begin"),
    "factor.scan_title": ("Uygulamanıza ekleyin", "Add it to your app"),
    "factor.scan": (
        "Doğrulama uygulamanızla bu kare kodu okutun, sonra gösterdiği altı haneli kodu yazın.",
        "Scan this picture with your authenticator app, then type the six digits that it shows.",
    ),
    "factor.code_hint": (
        "Uygulamanızın şimdi gösterdiği, daha önce kullanılmamış kod ya da bir kurtarma kodu.",
        "The code that your app shows now, if you have not used it yet, or a recovery code.",
    ),
    "factor.picture": (
        "Doğrulama uygulaması için kare kod; aynı anahtar altta yazıyla da var",
        "QR code for the authenticator app; the same key is below as text",
    ),
    "factor.typed": ("Okutamıyorsanız bu anahtarı yazın:", "If you cannot scan it, type this key:"),
    "factor.code": ("Altı haneli kod", "Six-digit code"),
    "factor.confirm": ("Doğrula ve aç", "Verify and turn on"),
    "factor.in_force": (
        "İki aşamalı doğrulama açık.",
        "Two-step verification is on.",
    ),
    "factor.recovery_title": ("Kurtarma kodları", "Recovery codes"),
    "factor.recovery": (
        (
            "Telefonunuzu kaybederseniz bu kodlardan biriyle girersiniz; her biri bir kez "
            "geçerlidir. Şimdi güvenli bir yere kaydedin: bir daha gösterilmezler."
        ),
        (
            "If you lose your telephone, one of these lets you in; each works once. Keep them in a "
            "safe place now: they are not shown again."
        ),
    ),
    "factor.codes_left": ("Kalan kurtarma kodu: {left}", "Recovery codes left: {left}"),
    "factor.renew_codes": ("Yeni kurtarma kodları oluştur", "Make new recovery codes"),
    "factor.go_on": ("Kaydettim, devam et", "I have kept them, go on"),
    "factor.drop_title": ("Kapatın", "Turn it off"),
    "factor.drop_about": (
        "Giriş için yalnızca parola yeterli olur.",
        "The password alone is enough to sign in then.",
    ),
    "factor.drop": ("İki aşamalı doğrulamayı kapat", "Turn off two-step verification"),
    "factor.dropped": ("İki aşamalı doğrulama kapatıldı.", "Two-step verification is off."),
}
