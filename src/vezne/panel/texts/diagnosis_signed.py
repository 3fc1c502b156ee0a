"""What is said of texts that were signed instead of the right one: Turkish, English."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "diagnosis.path_query_changed": (
        "İmzalanan sorgu dizesi gönderilenden farklı.",
        "The query that was signed is not the one that was sent.",
    ),
    "diagnosis.path_query_changed.do": (
        (
            "Ya yalnızca yolu ya da yolu ve sorguyu tam gönderildiği gibi imzalayın: aynı sıra, "
            "aynı kodlama."
        ),
        "Sign the path alone, or with the query exactly as sent: same order, same encoding.",
    ),
    "diagnosis.path_slash": (
        "Yolun başında veya sonunda bir eğik çizgi farkı var.",
        "A slash at the start or the end of the path makes the difference.",
    ),
    "diagnosis.path_slash.do": (
        "Çağırdığınız yolu harfi harfine imzalayın.",
        "Sign the path letter by letter as you call it.",
    ),
    "diagnosis.path_decoded": (
        "Yol çözülmüş hâliyle imzalanmış.",
        "The path was signed decoded.",
    ),
    "diagnosis.path_decoded.do": (
        "Yolu URL'de gönderildiği gibi, % işaretleriyle imzalayın.",
        "Sign it as it stands in the URL, with its % signs.",
    ),
    "diagnosis.path_with_host": (
        "Yolla birlikte sunucu adı da imzalanmış.",
        "The host was signed along with the path.",
    ),
    "diagnosis.path_with_host.do": (
        "Yalnızca / ile başlayan yolu imzalayın.",
        "Sign the path alone, which begins with /.",
    ),
    "diagnosis.path_other": ("Başka bir yol imzalanmış.", "Another path was signed."),
    "diagnosis.path_other.do": (
        "İmzaya verdiğiniz yol ile çağırdığınız yol aynı değişkenden gelmelidir.",
        "The path that you sign and the one that you call should come from one variable.",
    ),
    "diagnosis.path_missing": ("Yol imzalanmamış.", "The path was not signed."),
    "diagnosis.path_missing.do": (
        "Metin rastgele anahtar, yol ve gövdeden oluşur.",
        "The text is made of the random key, the path and the body.",
    ),
    "diagnosis.body_compact": (
        "İmzalanan gövdede boşluk yok, gönderilende var.",
        "The body that was signed has no spaces between its values; the one that was sent has.",
    ),
    "diagnosis.body_compact.do": (
        (
            "Gövdeyi bir kez metne çevirin; imzaladığınız baytları gönderin, HTTP kitaplığının "
            "yeniden yazmasına izin vermeyin."
        ),
        (
            "Turn the body into text once and send the bytes that you signed; do not let the HTTP "
            "library write it anew."
        ),
    ),
    "diagnosis.body_spaced": (
        "İmzalanan gövdede değerler arasında boşluk var, gönderilende yok.",
        "The body that was signed has spaces between its values; the one that was sent has not.",
    ),
    "diagnosis.body_spaced.do": (
        "Gövdeyi bir kez metne çevirin ve imzaladığınız baytları gönderin.",
        "Turn the body into text once and send the bytes that you signed.",
    ),
    "diagnosis.body_indented": (
        "İmzalanan gövde girintili yazılmış.",
        "The body that was signed is indented.",
    ),
    "diagnosis.body_indented.do": (
        "Gövdeyi bir kez metne çevirin ve imzaladığınız baytları gönderin.",
        "Turn the body into text once and send the bytes that you signed.",
    ),
    "diagnosis.body_sorted": (
        "İmzalanan gövdede alanlar alfabetik sırada.",
        "In the body that was signed the fields are in alphabetical order.",
    ),
    "diagnosis.body_sorted.do": (
        "Alanları gönderdiğiniz sırayla imzalayın.",
        "Sign the fields in the order in which you send them.",
    ),
    "diagnosis.body_slashes_escaped": (
        "Eğik çizgiler bir yanda \\/ olarak, öbüründe / olarak yazılmış.",
        "Slashes are written as \\/ on one side and as / on the other.",
    ),
    "diagnosis.body_slashes_escaped.do": (
        "PHP'de json_encode sonucunu saklayın; hem imzaya hem gövdeye aynı metni verin.",
        (
            "In PHP keep what json_encode returns, and give the same text to the signature and "
            "the body."
        ),
    ),
    "diagnosis.body_unicode_escaped": (
        "İmzalanan gövdede Türkçe karakterler \\u ile, gönderilende başka türlü yazılmış.",
        (
            "Letters beyond ASCII are written with \\u in the body that was signed, and otherwise "
            "in the one that was sent."
        ),
    ),
    "diagnosis.body_unicode_escaped.do": (
        "Metne çevirmeyi tek yerde yapın; ensure_ascii gibi seçenekler iki yerde farklı olmasın.",
        "Write it in one place only, so that options such as ensure_ascii cannot differ.",
    ),
    "diagnosis.body_unicode_plain": (
        "İmzalanan gövdede Türkçe karakterler olduğu gibi, gönderilende \\u ile yazılmış.",
        (
            "Letters beyond ASCII are plain in the body that was signed, and written with \\u in "
            "the one that was sent."
        ),
    ),
    "diagnosis.body_unicode_plain.do": (
        "Metne çevirmeyi tek yerde yapın; ensure_ascii gibi seçenekler iki yerde farklı olmasın.",
        "Write it in one place only, so that options such as ensure_ascii cannot differ.",
    ),
    "diagnosis.body_html_escaped": (
        "<, >, & ve = işaretleri yalnızca bir yanda \\u ile yazılmış.",
        "The signs <, >, & and = are written with \\u on one side only.",
    ),
    "diagnosis.body_html_escaped.do": (
        "Gson'da disableHtmlEscaping, Go'da SetEscapeHTML(false) kullanın.",
        "Use disableHtmlEscaping in Gson, SetEscapeHTML(false) in Go.",
    ),
    "diagnosis.body_newline": (
        "Gövdenin başında veya sonunda bir satır sonu farkı var.",
        "A line end or space before or after the body makes the difference.",
    ),
    "diagnosis.body_newline.do": (
        "Dosyadan okuyorsanız ya da curl kullanıyorsanız --data-binary ile aynı baytları gönderin.",
        "If it comes from a file, send its very bytes, with curl by --data-binary.",
    ),
    "diagnosis.body_bom": (
        "Gövdenin başındaki UTF-8 işareti (BOM) yalnızca bir yanda var.",
        "A byte order mark stands before the body on one side only.",
    ),
    "diagnosis.body_bom.do": (
        "Gövdeyi BOM olmadan UTF-8 yazın.",
        "Write the body in UTF-8 without one.",
    ),
    "diagnosis.body_line_ends": (
        "Satır sonları bir yanda \\r\\n, öbüründe \\n.",
        "Lines end in \\r\\n on one side and in \\n on the other.",
    ),
    "diagnosis.body_line_ends.do": (
        "curl'ün --data seçeneği satır sonlarını siler; --data-binary kullanın.",
        "The option --data of curl takes line ends out; use --data-binary.",
    ),
    "diagnosis.body_numbers_short": (
        "İmzalanan gövdede sayıların sondaki sıfırları yok.",
        "The numbers in the body that was signed have no trailing zeros.",
    ),
    "diagnosis.body_numbers_short.do": (
        "Tutarları metin olarak taşıyın; bir kez metne çevirip aynı metni gönderin.",
        "Carry amounts as texts; write them once and send the same text.",
    ),
    "diagnosis.body_numbers_long": (
        "İmzalanan gövdede tam sayılar .0 ile yazılmış.",
        "Whole numbers have a .0 in the body that was signed.",
    ),
    "diagnosis.body_numbers_long.do": (
        "Tutarları metin olarak taşıyın; bir kez metne çevirip aynı metni gönderin.",
        "Carry amounts as texts; write them once and send the same text.",
    ),
    "diagnosis.body_numbers_quoted": (
        "İmzalanan gövdede sayılar tırnak içinde.",
        "Numbers are in quotes in the body that was signed.",
    ),
    "diagnosis.body_numbers_quoted.do": (
        "İmzaladığınız gövde ile gönderdiğiniz gövde aynı metin olmalıdır.",
        "The body that you sign and the one that you send must be one text.",
    ),
    "diagnosis.body_nulls_dropped": (
        "İmzalanan gövdede null alanlar yok, gönderilende var.",
        "Null fields are left out of the body that was signed, and sent.",
    ),
    "diagnosis.body_nulls_dropped.do": (
        "Null alanları ya iki yerde de yazın ya da hiçbirinde.",
        "Write null fields in both places or in none.",
    ),
    "diagnosis.body_empty_dropped": (
        "İmzalanan gövdede boş alanlar yok, gönderilende var.",
        "Empty fields are left out of the body that was signed, and sent.",
    ),
    "diagnosis.body_empty_dropped.do": (
        "Boş alanları ya iki yerde de yazın ya da hiçbirinde.",
        "Write empty fields in both places or in none.",
    ),
    "diagnosis.body_unsigned": ("Gövde imzalanmamış.", "The body was not signed."),
    "diagnosis.body_unsigned.do": (
        "Metnin sonuna gönderdiğiniz gövdeyi olduğu gibi ekleyin.",
        "Put the body as you send it at the end of the text.",
    ),
    "diagnosis.body_empty_object": (
        "Gövde yerine boş bir nesne imzalanmış.",
        "An empty object was signed in place of the body.",
    ),
    "diagnosis.body_empty_object.do": (
        "İmza, istek doldurulmadan önce hesaplanıyor olabilir.",
        "The signature may be made before the request is filled in.",
    ),
    "diagnosis.fields_in_body_order": (
        "Alanlar gövdedeki sırayla imzalanmış.",
        "The fields were signed in the order of the body.",
    ),
    "diagnosis.fields_in_body_order.do": (
        "IYZWS her uç için sabit bir alan sırası ister; mümkünse IYZWSv2 yöntemine geçin.",
        "IYZWS has a fixed order for every endpoint; move on to IYZWSv2 if you can.",
    ),
    "diagnosis.fields_numbers_as_sent": (
        "Tutarlar gönderildiği gibi imzalanmış.",
        "Amounts were signed as they were sent.",
    ),
    "diagnosis.fields_numbers_as_sent.do": (
        (
            "IYZWS metninde tutarların en az bir ondalığı olur, sondaki sıfırlar atılır: 1 → 1.0, "
            "1.20 → 1.2."
        ),
        (
            "In the text of IYZWS an amount has one decimal at least and no further trailing "
            "zeros: 1 → 1.0, 1.20 → 1.2."
        ),
    ),
    "diagnosis.fields_nulls_kept": (
        "Null alanlar “null” olarak imzalanmış.",
        "Null fields were signed as “null”.",
    ),
    "diagnosis.fields_nulls_kept.do": (
        "Null alanları metne yazmayın.",
        "Leave null fields out of the text.",
    ),
    "diagnosis.fields_empty_dropped": (
        "Boş alanlar imzalanan metinde yok.",
        "Empty fields are left out of the text that was signed.",
    ),
    "diagnosis.fields_empty_dropped.do": (
        "Boş alanları gövdeye de yazmayın.",
        "Leave empty fields out of the body as well.",
    ),
    "diagnosis.fields_locale_missing": (
        "locale alanı imzalanmamış.",
        "The field locale was not signed.",
    ),
    "diagnosis.fields_locale_missing.do": (
        "Gövdede locale varsa metin de onunla başlar.",
        "When the body has locale, the text begins with it.",
    ),
    "diagnosis.fields_conversation_missing": (
        "conversationId alanı imzalanmamış.",
        "The field conversationId was not signed.",
    ),
    "diagnosis.fields_conversation_missing.do": (
        "Gövdede conversationId varsa metinde locale alanından sonra gelir.",
        "When the body has conversationId, it follows locale in the text.",
    ),
    "diagnosis.signed_otherwise": (
        "Gizli anahtar doğruysa başka bir metin imzalanmış.",
        "If the secret is right, another text was signed.",
    ),
    "diagnosis.signed_otherwise.do": (
        "Aşağıdaki metni, imzaladığınız metinle karakter karakter karşılaştırın.",
        "Compare the text below with the one that you sign, character by character.",
    ),
    "diagnosis.signature_wrapped": (
        "İmzanın önünde veya ardında başka bir şey var.",
        "Something stands before or after the signature.",
    ),
    "diagnosis.signature_wrapped.do": (
        "Yalnızca 64 onaltılık basamağı gönderin: önünde sha256= veya sonunda satır sonu olmasın.",
        "Send the 64 hexadecimal digits only: no sha256= before them and no line end behind.",
    ),
    "diagnosis.not_looked_at": (
        "Bu çağrı incelenmedi: bir saniyede çok fazla reddedilen çağrı geldi.",
        "This call was not looked at: too many refused calls came within a second.",
    ),
    "diagnosis.not_looked_at.do": (
        "Aynı çağrıyı tek başına yeniden deneyin.",
        "Try the same call again by itself.",
    ),
    "diagnosis.too_long": (
        "Gövde incelenemeyecek kadar uzun.",
        "The body is too long to be looked into.",
    ),
    "diagnosis.too_long.do": (
        "Aynı çağrıyı daha kısa bir gövdeyle yeniden deneyin.",
        "Try the same call again with a shorter body.",
    ),
}
