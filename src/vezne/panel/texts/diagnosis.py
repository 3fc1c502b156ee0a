"""Texts about requests whose caller was not believed: Turkish, English.

Every cause has a sentence that names it, and under `.do` one that says what to do.
"""

from collections.abc import Mapping
from typing import Final

from vezne.panel.texts import diagnosis_secrets, diagnosis_signed

_PAGE: Final[Mapping[str, tuple[str, str]]] = {
    "diagnosis.title": ("Bu çağrı neden reddedildi?", "Why was this call refused?"),
    "diagnosis.certainty.proven": ("Kesin", "Certain"),
    "diagnosis.certainty.likely": ("Büyük olasılıkla", "Likely"),
    "diagnosis.certainty.possible": ("Olası", "Possible"),
    "diagnosis.signed": ("Bizim imzaladığımız metin", "The text that we signed"),
    "diagnosis.signed.hint": (
        (
            "Parçalar bu sırayla, aralarında hiçbir şey olmadan birleştirilir. Kart numarası, "
            "güvenlik kodu ve gizli anahtar burada gizlenmiştir."
        ),
        (
            "The pieces are joined in this order with nothing between them. Card number, security "
            "code and secret key are masked here."
        ),
    ),
    "diagnosis.rebuilt": (
        "Gövdenin değerleri yeniden yazılmıştır; boşlukları gönderilenden farklı olabilir.",
        "The values of the body are written anew; its spaces may be others than those sent.",
    ),
    "diagnosis.formula.IYZWSv2": (
        "İmza = HMAC-SHA256(gizli anahtar, metin), küçük harfli onaltılık",
        "Signature = HMAC-SHA256(secret key, text), in lower-case hexadecimal",
    ),
    "diagnosis.formula.IYZWS": (
        "İmza = SHA-1(metin), base64",
        "Signature = SHA-1(text), in base64",
    ),
    "diagnosis.part.key": ("API anahtarı", "API key"),
    "diagnosis.part.random_key": ("Rastgele anahtar", "Random key"),
    "diagnosis.part.secret": ("Gizli anahtar", "Secret key"),
    "diagnosis.part.path": ("Yol", "Path"),
    "diagnosis.part.body": ("Gövde", "Body"),
    "diagnosis.part.fields": ("Alanlar", "Fields"),
    "diagnosis.nothing": ("(boş)", "(empty)"),
    "diagnosis.difference": ("İlk fark", "The first difference"),
    "diagnosis.difference.in": ("Farkın yeri", "Where it is"),
    "diagnosis.difference.place": (
        "{part}, {place}. karakterden sonra",
        "{part}, after character {place}",
    ),
    "diagnosis.difference.border": (
        "{part} ile {next} arasındaki sınır",
        "Where {part} ends and {next} begins",
    ),
    "diagnosis.ours": ("Bizim imzaladığımız", "What we signed"),
    "diagnosis.theirs": ("Sizin imzaladığınız", "What you signed"),
    "diagnosis.end": ("(metnin sonu)", "(end of the text)"),
}

_HEADERS: Final[Mapping[str, tuple[str, str]]] = {
    "diagnosis.header_missing": ("Başlık gönderilmemiş.", "A header is missing."),
    "diagnosis.header_missing.do": (
        "Bu başlığı her çağrıya ekleyin. Aradaki bir vekil sunucu onu siliyor da olabilir.",
        "Send this header with every call. A proxy in between may also be taking it out.",
    ),
    "diagnosis.header_misnamed": (
        "Başlığın adı yanlış yazılmış.",
        "A header has the wrong name.",
    ),
    "diagnosis.header_misnamed.do": (
        "Aynı değeri belgelerdeki başlık adıyla gönderin.",
        "Send the same value under the name that the documentation gives it.",
    ),
    "diagnosis.scheme_misspelt": (
        "Authorization başlığının ilk sözcüğü yanlış.",
        "The first word of the Authorization header is wrong.",
    ),
    "diagnosis.scheme_misspelt.do": (
        (
            "Büyük-küçük harfe dikkat ederek tam olarak IYZWSv2, IYZWS veya Paynet için Basic "
            "yazın; ardından tek bir boşluk gelir."
        ),
        "Write exactly IYZWSv2, IYZWS or, for Paynet, Basic, in this case, and one space after it.",
    ),
    "diagnosis.token_not_encoded": (
        "Belirteç base64 ile kodlanmamış.",
        "The token is not encoded in base64.",
    ),
    "diagnosis.token_not_encoded.do": (
        (
            "“apiKey:…&randomKey:…&signature:…” metnini base64 ile kodlayıp IYZWSv2 sözcüğünden "
            "sonra yazın."
        ),
        "Encode the text “apiKey:…&randomKey:…&signature:…” in base64 after the word IYZWSv2.",
    ),
    "diagnosis.token_url_safe": (
        "Belirteç URL'ler için olan base64 alfabesiyle yazılmış.",
        "The token is in the base64 alphabet for URLs.",
    ),
    "diagnosis.token_url_safe.do": (
        "- ve _ yerine + ve / kullanan standart base64 ile kodlayın.",
        "Encode it in standard base64, which has + and / instead of - and _.",
    ),
    "diagnosis.token_unpadded": (
        "Belirtecin sonundaki = işaretleri eksik.",
        "The = signs at the end of the token are missing.",
    ),
    "diagnosis.token_unpadded.do": (
        "Base64 dolgusunu silmeden gönderin.",
        "Send base64 with its padding.",
    ),
    "diagnosis.token_spaced": (
        "Belirtecin içinde veya önünde boşluk var.",
        "There are spaces in the token or before it.",
    ),
    "diagnosis.token_spaced.do": (
        "Base64 kodlayıcınız satırları bölüyor olabilir; tek satır hâlinde, boşluksuz gönderin.",
        "Your base64 encoder may break lines; send one line without spaces.",
    ),
    "diagnosis.token_broken": ("Belirteç okunamıyor.", "The token cannot be read."),
    "diagnosis.token_broken.do": (
        (
            "Belirteç “apiKey:…&randomKey:…&signature:…” metninin base64 hâli olmalıdır; her "
            "parça bir kez geçer."
        ),
        "It must be base64 of “apiKey:…&randomKey:…&signature:…”, with every part once.",
    ),
    "diagnosis.part_missing": (
        "Belirtecin bir parçası eksik veya adı farklı yazılmış.",
        "A part of the token is missing, or its name is spelled differently.",
    ),
    "diagnosis.part_missing.do": (
        (
            "Üç parçanın adı da tam olarak apiKey, randomKey ve signature olmalı, adın ardından "
            "iki nokta gelmelidir."
        ),
        "The three names are exactly apiKey, randomKey and signature, each with a colon after it.",
    ),
    "diagnosis.colon_missing": (
        "IYZWS başlığında iki nokta yok.",
        "The IYZWS header has no colon.",
    ),
    "diagnosis.colon_missing.do": (
        "Başlık “IYZWS anahtar:imza” biçimindedir.",
        "The header has the form “IYZWS key:signature”.",
    ),
    "diagnosis.random_key_missing": (
        "Rastgele anahtarın başlığı gönderilmemiş.",
        "The header with the random key is missing.",
    ),
    "diagnosis.random_key_missing.do": (
        "İmzada kullandığınız rastgele anahtarı x-iyzi-rnd başlığında da gönderin.",
        "Send the random key that you signed with in the header x-iyzi-rnd as well.",
    ),
    "diagnosis.random_key_differs": (
        "İmzalanan rastgele anahtar belirteçtekinden farklı.",
        "The random key that was signed is not the one in the token.",
    ),
    "diagnosis.random_key_differs.do": (
        (
            "Rastgele anahtarı her çağrıda bir kez üretin; imzada, belirteçte ve x-iyzi-rnd "
            "başlığında aynı değeri kullanın."
        ),
        "Make one random key a call and use it in the signature, the token and x-iyzi-rnd alike.",
    ),
    "diagnosis.random_key_repeated": (
        "Bu rastgele anahtar kısa süre önce kullanılmış.",
        "This random key was used a short while ago.",
    ),
    "diagnosis.random_key_repeated.do": (
        (
            "İmza doğru, ancak replay_minutes anahtarı açık. Her çağrıda yeni bir rastgele "
            "anahtar üretin; saate dayalı üretiyorsanız saatin çözünürlüğünü artırın."
        ),
        (
            "The signature is right, but the switch replay_minutes is on. Make a new random key "
            "for every call; if it is made of the time, of a finer one."
        ),
    ),
}

_KEYS: Final[Mapping[str, tuple[str, str]]] = {
    "diagnosis.key_unknown": ("Bu anahtar tanınmıyor.", "Nobody has this key."),
    "diagnosis.key_unknown.do": (
        (
            "Anahtarlar sayfasındaki veya sandbox.json dosyasındaki anahtarla karşılaştırın. Veri "
            "klasörünü yenilediyseniz anahtarlar değişmiştir."
        ),
        (
            "Compare it with the page Keys or with sandbox.json. If the data directory is a new "
            "one, so are the keys."
        ),
    ),
    "diagnosis.key_nearly": (
        "Anahtar, bilinen bir anahtara çok benziyor.",
        "The key is nearly one that is known.",
    ),
    "diagnosis.key_nearly.do": (
        (
            "Kopyalarken eksik veya fazla karakter, tırnak ya da boşluk kalmadığına bakın; "
            "büyük-küçük harf önemlidir."
        ),
        "See whether a character, a quote or a space was lost or added in copying; case matters.",
    ),
    "diagnosis.key_revoked": ("Bu anahtar iptal edilmiş.", "This key was revoked."),
    "diagnosis.key_revoked.do": (
        "Anahtarlar sayfasından yeni bir anahtar üretin ve uygulamanızda değiştirin.",
        "Make a new one on the page Keys and put it into your application.",
    ),
    "diagnosis.key_of_other_door": (
        "Bu anahtar başka bir kapının anahtarı.",
        "This is a key of another door.",
    ),
    "diagnosis.key_of_other_door.do": (
        "Her protokolün kendi anahtar çifti vardır; Anahtarlar sayfasından bu kapınınkini alın.",
        "Every protocol has pairs of its own; take this door's from the page Keys.",
    ),
    "diagnosis.key_is_secret": (
        "Anahtar yerine gizli anahtar gönderilmiş.",
        "The secret was sent in place of the key.",
    ),
    "diagnosis.key_is_secret.do": (
        "İkisinin yerini değiştirin. Gizli anahtar açıkta dolaştı; yenilemeyi düşünün.",
        "Change the two around. The secret has travelled in the open; consider rolling it.",
    ),
    "diagnosis.key_encoded": (
        "Anahtar, beklenmeyen bir biçimde kodlanmış.",
        "The key is encoded in an unexpected way.",
    ),
    "diagnosis.key_encoded.do": (
        "Gizli anahtarı Basic sözcüğünden sonra olduğu gibi yazın.",
        "Write the secret key as it is after the word Basic.",
    ),
    "diagnosis.key_quoted": (
        "Anahtarın çevresinde tırnak veya ayraç var.",
        "There are quotes or brackets around the key.",
    ),
    "diagnosis.key_quoted.do": (
        "Ortam değişkeninden veya yapılandırmadan okurken tırnakları temizleyin.",
        "Take them off where it is read from the environment or a configuration.",
    ),
    "diagnosis.other_pair": (
        "Bu servis için diğer anahtar çifti gönderilmiş.",
        "The other pair of keys was sent for this service.",
    ),
    "diagnosis.other_pair.do": (
        "PayWall'da ödeme servisleri public, kart ve private servisleri private çifti ister.",
        (
            "PayWall's payment services want the public pair, its cards and private services the "
            "private one."
        ),
    ),
    "diagnosis.keys_swapped": (
        "İstemci adı ile anahtarın yeri karışmış.",
        "Client and key are in each other's place.",
    ),
    "diagnosis.keys_swapped.do": (
        "apiclient… başlığına istemci adını, apikey… başlığına anahtarı yazın.",
        "The client goes into the header apiclient…, the key into apikey….",
    ),
    "diagnosis.key_too_weak": (
        "Bu servis gizli anahtar ister, yayınlanabilir anahtar gönderilmiş.",
        "This service wants the secret key, and the publishable one was sent.",
    ),
    "diagnosis.key_too_weak.do": (
        "Sunucudan yapılan çağrılarda sck_ ile başlayan anahtarı kullanın; tarayıcıya vermeyin.",
        "Use the key that begins with sck_ from your server, and never give it to a browser.",
    ),
    "diagnosis.token_unknown": (
        "Geçici belirteç bilinmiyor veya süresi dolmuş.",
        "The temporary token is unknown or over.",
    ),
    "diagnosis.token_unknown.do": (
        "Her ödeme için sunucunuzdan yeni bir geçici belirteç alın.",
        "Fetch a new temporary token from your server for every payment.",
    ),
    "diagnosis.token_of_other": (
        "Gövdedeki token ile başlıktaki anahtar aynı üye iş yerinin değil.",
        "The token in the body and the key in the header are not one merchant's.",
    ),
    "diagnosis.token_of_other.do": (
        "token alanına, başlıktaki anahtarın çiftindeki yayınlanabilir anahtarı yazın.",
        "Put the publishable key of the header's pair into the field token.",
    ),
}

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    **_PAGE,
    **_HEADERS,
    **_KEYS,
    **diagnosis_secrets.TEXTS,
    **diagnosis_signed.TEXTS,
}
