"""Texts of signing in and of links that were handed out: Turkish, English."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "sign_in.title": ("Giriş yap", "Sign in"),
    "sign_in.email": ("E-posta", "E-mail"),
    "sign_in.password": ("Parola", "Password"),
    "sign_in.do": ("Giriş yap", "Sign in"),
    "sign_in.sandbox": (
        (
            "Deneme ortamında e-posta ve parola sandbox.json dosyasında ve sunucunun açılış "
            "satırında yazar."
        ),
        (
            "In the sandbox, e-mail and password are in sandbox.json and in the line that the "
            "server prints when it starts."
        ),
    ),
    "sign_in.code_title": ("Doğrulama kodu", "Verification code"),
    "sign_in.code": ("Kod", "Code"),
    "sign_in.code_hint": (
        "Doğrulama uygulamanızdaki altı haneli kod ya da bir kurtarma kodu.",
        "The six digits that your authenticator app shows, or a recovery code.",
    ),
    "sign_in.wrong": (
        "E-posta ya da parola yanlış.",
        "The e-mail address or the password is wrong.",
    ),
    "sign_in.wrong_code": (
        "Kod yanlış, süresi dolmuş ya da daha önce kullanılmış.",
        "The code is wrong, too old, or was used before.",
    ),
    "sign_in.locked": (
        "Çok fazla hatalı deneme oldu. 30 dakika sonra tekrar deneyin.",
        "There were too many wrong tries. Try again in 30 minutes.",
    ),
    "sign_in.busy": (
        "Sunucu şu an çok meşgul. Birazdan tekrar deneyin.",
        "The server is very busy. Try again in a moment.",
    ),
    "sign_in.too_fast": (
        "Ağınızdan bir dakika içinde çok fazla deneme yapıldı. Bir dakika sonra tekrar deneyin.",
        "There were too many tries from your network within a minute. Try again in a minute.",
    ),
    "sign_in.no_team": (
        "Hiçbir üye iş yerinin ekibinde değilsiniz. Bir sahipten davet isteyin.",
        "You are in no merchant's team. Ask an owner for an invitation.",
    ),
    "sign_in.too_late": (
        "Kodu girmek için süre doldu. Yeniden giriş yapın.",
        "It took too long to give the code. Sign in again.",
    ),
    "sign_in.signed_out": ("Çıkış yaptınız.", "You have signed out."),
    "join.title": ("{merchant} ekibine katıl", "Join the team of {merchant}"),
    "join.as": (
        "{email} adresi {role} rolüyle davet edildi.",
        "{email} is invited with the role {role}.",
    ),
    "join.choose": (
        "Bu panele girerken kullanacağınız parolayı seçin.",
        "Choose the password that you will sign in with.",
    ),
    "join.known": (
        "Bu adresin zaten bir hesabı var. Katılmak için o hesapla giriş yapın.",
        "This address has an account already. Sign in with it to join.",
    ),
    "join.other": (
        "Şu an {email} olarak giriş yapmış durumdasınız; davet başka bir adrese ait.",
        "You are signed in as {email}; the invitation is for another address.",
    ),
    "join.do": ("Katıl", "Join"),
    "join.sign_in": ("Giriş yap ve katıl", "Sign in and join"),
    "join.done": ("Ekibe katıldınız.", "You have joined the team."),
    "join.member_already": ("Zaten bu ekiptesiniz.", "You are in this team already."),
    "join.gone_title": ("Bu bağlantı geçerli değil", "This link does not work"),
    "join.gone": (
        "Bağlantı kullanılmış, geri alınmış ya da süresi dolmuş. Gönderenden yenisini isteyin.",
        "The link was used, withdrawn, or is too old. Ask for a new one from whoever sent it.",
    ),
    "reset.title": ("Yeni parola", "A new password"),
    "reset.for": (
        (
            "{email} için yeni bir parola seçin. İki aşamalı doğrulama kapatılır ve tüm oturumlar "
            "sonlanır."
        ),
        (
            "Choose a new password for {email}. Two-step verification is turned off and every "
            "session ends."
        ),
    ),
    "reset.done": (
        "Parolanız değişti. Şimdi giriş yapabilirsiniz.",
        "Your password has changed. You can sign in now.",
    ),
}
