"""What is said of secrets and signatures that are not right: Turkish, English."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "diagnosis.secret_wrong": (
        "Gizli anahtar bu anahtarınki değil.",
        "The secret is not this key's.",
    ),
    "diagnosis.secret_wrong.do": (
        "Anahtarı ve gizli anahtarı aynı yerden, aynı anda yeniden kopyalayın.",
        "Copy the key and its secret again, both from the same place.",
    ),
    "diagnosis.secret_of_other_key": (
        "Başka bir anahtarınızın gizli anahtarı kullanılmış.",
        "The secret of another of your keys was used.",
    ),
    "diagnosis.secret_of_other_key.do": (
        "Anahtarı yenilediyseniz gizli anahtarı da değiştirin; ikisi birlikte yenilenir.",
        "If you rolled the key, change the secret as well: they are a pair.",
    ),
    "diagnosis.secret_is_key": (
        "Gizli anahtar yerine API anahtarı kullanılmış.",
        "The API key was used as the secret.",
    ),
    "diagnosis.secret_is_key.do": (
        "Yapılandırmanızda iki alana aynı değer yazılmış olabilir.",
        "Your configuration may have the same value in both places.",
    ),
    "diagnosis.secret_with_space": (
        "Gizli anahtarın başında veya sonunda boşluk, satır sonu ya da tırnak var.",
        "The secret has a space, a line end or a quote around it.",
    ),
    "diagnosis.secret_with_space.do": (
        "Dosyadan veya ortam değişkeninden okurken değeri kırpın (trim).",
        "Trim it where it is read from a file or the environment.",
    ),
    "diagnosis.secret_without_prefix": (
        "Gizli anahtarın ön eki atılmış.",
        "The prefix of the secret was left out.",
    ),
    "diagnosis.secret_without_prefix.do": (
        "Ön ek gizli anahtarın parçasıdır; tamamını kullanın.",
        "The prefix is a part of the secret; use all of it.",
    ),
    "diagnosis.secret_empty": (
        "Boş bir gizli anahtarla imzalanmış.",
        "It was signed with an empty secret.",
    ),
    "diagnosis.secret_empty.do": (
        "Yapılandırma okunmamış olabilir; değişkenin adını denetleyin.",
        "The configuration may not have been read; look at the variable's name.",
    ),
    "diagnosis.secret_encoded": (
        "Anahtar bir kez daha base64 ile kodlanmış.",
        "The key was encoded in base64 once more.",
    ),
    "diagnosis.secret_encoded.do": (
        "Anahtarı size verildiği gibi gönderin.",
        "Send it as it was given to you.",
    ),
    "diagnosis.secret_cut": ("Anahtarın bir bölümü eksik.", "A part of the key is missing."),
    "diagnosis.secret_cut.do": (
        "Tamamını kopyalayın; sondaki = işaretleri de anahtara dahildir.",
        "Copy all of it; = signs at its end belong to it.",
    ),
    "diagnosis.signature_upper_case": (
        "İmza büyük harfle yazılmış.",
        "The signature is in upper case.",
    ),
    "diagnosis.signature_upper_case.do": (
        "Onaltılık basamakları küçük harfe çevirin.",
        "Write its hexadecimal digits in lower case.",
    ),
    "diagnosis.signature_in_base64": (
        "İmza onaltılık değil, base64 olarak yazılmış.",
        "The signature is in base64, not in hexadecimal.",
    ),
    "diagnosis.signature_in_base64.do": (
        "Özetin 32 baytını 64 küçük harfli onaltılık basamakla yazın.",
        "Write the 32 bytes of the digest as 64 hexadecimal digits in lower case.",
    ),
    "diagnosis.signature_url_safe": (
        "İmza başka bir base64 alfabesiyle veya dolgusuz yazılmış.",
        "The signature is in another alphabet of base64, or without padding.",
    ),
    "diagnosis.signature_url_safe.do": (
        "IYZWSv2 onaltılık, IYZWS dolgulu standart base64 ister.",
        "IYZWSv2 wants hexadecimal, IYZWS standard base64 with its padding.",
    ),
    "diagnosis.signature_in_hex": (
        "İmza base64 değil, onaltılık yazılmış.",
        "The signature is in hexadecimal, not in base64.",
    ),
    "diagnosis.signature_in_hex.do": (
        "IYZWS yönteminde özetin 20 baytını base64 ile yazın.",
        "In the scheme IYZWS the 20 bytes of the digest are written in base64.",
    ),
    "diagnosis.signature_sha1": (
        "SHA-256 yerine SHA-1 kullanılmış.",
        "SHA-1 was used instead of SHA-256.",
    ),
    "diagnosis.signature_sha1.do": (
        "IYZWSv2 HMAC-SHA256 kullanır; SHA-1 eski IYZWS yöntemindedir.",
        "IYZWSv2 uses HMAC-SHA256; SHA-1 belongs to the older scheme IYZWS.",
    ),
    "diagnosis.signature_sha512": (
        "SHA-256 yerine SHA-512 kullanılmış.",
        "SHA-512 was used instead of SHA-256.",
    ),
    "diagnosis.signature_sha512.do": ("HMAC-SHA256 kullanın.", "Use HMAC-SHA256."),
    "diagnosis.signature_broken": (
        "İmzanın uzunluğu hiçbir özete uymuyor.",
        "The signature is as long as no digest is.",
    ),
    "diagnosis.signature_broken.do": (
        "İmza kesilmiş veya bir kez daha kodlanmış olabilir.",
        "It may have been cut off, or encoded once more.",
    ),
    "diagnosis.signature_keyless": (
        "HMAC yerine anahtarsız SHA-256 kullanılmış.",
        "SHA-256 without a key was used instead of HMAC.",
    ),
    "diagnosis.signature_keyless.do": (
        "Gizli anahtarı HMAC anahtarı olarak verin.",
        "Give the secret to HMAC as its key.",
    ),
}
