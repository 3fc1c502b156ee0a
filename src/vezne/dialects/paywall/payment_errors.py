"""The payment API's own errors, in Turkish and English.

Numbers and Turkish texts are those of the payment service's list in the documentation. The numbers
are not those of `errors`: the same one means something else there.
"""

from typing import Final

from vezne.dialects.paywall.errors import Error

PAYMENT_NOT_FOUND: Final = Error(-1, "Ödeme bulunamadı", "Payment not found")
REQUEST_NOT_PROCESSED: Final = Error(-1, "İstek işlenemedi", "The request was not processed")
UNSUCCESSFUL: Final = Error(1, "Başarısız", "Unsuccessful")
UNEXPECTED_PARAMETERS: Final = Error(
    2, "Beklenmeyen parametreler: {0}", "Unexpected parameters: {0}"
)
BODY_INVALID: Final = Error(
    2,
    "Beklenmeyen parametreler: istek bir JSON nesnesi olmalıdır",
    "Unexpected parameters: send a JSON object",
)
MERCHANT_CODE_TAKEN: Final = Error(
    4, "MerchantUniqueCode zaten mevcut", "MerchantUniqueCode already exists"
)
ALREADY_CONCLUDED: Final = Error(7, "Ödeme zaten sonuçlanmış", "The payment is already concluded")
CURRENCY_INVALID: Final = Error(8, "Beklenmedik para birimi", "Unexpected currency")
INSTALLMENT_INVALID: Final = Error(9, "Beklenmedik taksit", "Unexpected instalment")
MERCHANT_CODE_INVALID: Final = Error(
    10, "Beklenmedik MerchantUniqueCode", "Unexpected MerchantUniqueCode"
)
SUCCESS_URL_INVALID: Final = Error(
    11, "Beklenmedik MerchantSuccessBackUrl", "Unexpected MerchantSuccessBackUrl"
)
FAIL_URL_INVALID: Final = Error(
    12, "Beklenmedik MerchantFailBackUrl", "Unexpected MerchantFailBackUrl"
)
HOLDER_INVALID: Final = Error(13, "Beklenmedik kart sahibi", "Unexpected card owner")
CARD_NUMBER_INVALID: Final = Error(14, "Beklenmedik kart numarası", "Unexpected card number")
CARD_NUMBER_ASTRAY: Final = Error(
    14,
    "Beklenmedik kart numarası: kart numarası başka bir alanda da gönderilmiştir",
    "Unexpected card number: it was sent in another field as well",
)
MONTH_INVALID: Final = Error(
    15, "Beklenmedik kart son kullanma tarihi (Ay)", "Unexpected card expiry (month)"
)
YEAR_INVALID: Final = Error(
    16, "Beklenmedik kart son kullanma tarihi (Yıl)", "Unexpected card expiry (year)"
)
DETAIL_INVALID: Final = Error(17, "Beklenmedik ödeme detayı", "Unexpected payment detail")
CARD_INVALID: Final = Error(18, "Beklenmedik kart detayı", "Unexpected card detail")
CARD_EXPIRED: Final = Error(19, "Kart'ın son kullanma tarihi dolmuş", "The card has expired")
UNIQUE_CODE_INVALID: Final = Error(
    21, "Saklı kart kimlik (UniqueCode) geçersiz", "The stored card's UniqueCode is invalid"
)
UNIQUE_CODE_EXPIRED: Final = Error(
    21,
    "Saklı kart kimliğinin (UniqueCode) süresi dolmuş; kodlar düzenli olarak değişir, kartları "
    "yeniden listeleyin",
    "The stored card's UniqueCode has expired; codes change at intervals, list the cards again",
)
STORED_CARD_NOT_FOUND: Final = Error(22, "Saklı kart bulunamadı", "Stored card not found")
STORED_CARD_BLOCKED: Final = Error(23, "Saklı kart kullanım dışı", "Stored card out of use")
PRODUCTS_EMPTY: Final = Error(25, "Ürün listesi boş olamaz", "The product list cannot be empty")
PRODUCTS_DO_NOT_SUM: Final = Error(
    26,
    "Ürünlerin toplam tutarı, işlem tutarına eşit olmalıdır",
    "The products' total must equal the amount",
)
MEMBER_INVALID: Final = Error(
    28,
    "Ürün listesi geçersiz MemberId içeriyor",
    "The product list contains an invalid MemberId",
)
MARKETPLACE_UNEXPECTED: Final = Error(
    29, "Pazaryeri - Beklenmedik istek", "Marketplace: unexpected request"
)
AMOUNT_NOT_POSITIVE: Final = Error(
    45, "Tutar 0'dan büyük olmalı", "The amount must be greater than 0"
)
CLIENT_IP_INVALID: Final = Error(46, "Beklenmedik ClientIp verisi", "Unexpected ClientIp")
AMOUNT_EXCEEDS: Final = Error(
    65,
    "İşlem tutarı, ödeme tutarından fazla olamaz.",
    "The operation's amount cannot exceed the payment's.",
)
REGION_NOT_FOUND: Final = Error(67, "Belirtilen bölge bulunamadı.", "Region not found.")
NO_DATA: Final = Error(73, "İstenen veri bulunamadı.", "The requested data was not found.")
TEMP_CARD_TOKEN_INVALID: Final = Error(
    74,
    "Geçici kart token’ı geçersiz veya süresi dolmuş.",
    "The temporary card token is invalid or has expired.",
)
TEMP_CARD_NOT_FOUND: Final = Error(
    75,
    "Geçici kart bulunamadı.",
    "The temporary card was not found; it is kept in memory and does not outlive a restart.",
)
PAYMENT_FAILED: Final = Error(
    78,
    "Ödeme işlemi sırasında bir hata oluştu.",
    "An error occurred during the payment.",
)
CARD_TYPE_UNSUPPORTED: Final = Error(
    79, "Beklenmeyen veya desteklenmeyen kart türü.", "Unexpected or unsupported card type."
)
LIFE_INVALID: Final = Error(
    80,
    "Geçersiz veya beklenmeyen son kullanma süresi değeri.",
    "Invalid or unexpected expiry time.",
)
PROVIDER_KEY_MISSING: Final = Error(
    81, "Sağlayıcı anahtarı (ProviderKey) doldurulmalıdır.", "ProviderKey must be given."
)
POS_ID_MISSING: Final = Error(82, "POS kimliği (PosId) doldurulmalıdır.", "PosId must be given.")
NO_TEMP_CARDS: Final = Error(
    83, "Geçici kart desteği bulunmuyor.", "Temporary cards are not supported."
)
TOO_MANY_TEMP_CARDS: Final = Error(
    83,
    "Geçici kart desteği bulunmuyor: bir token ile en fazla {0} kart gönderilebilir.",
    "Temporary cards are not supported: at most {0} can be brought with one token.",
)
TRACKING_CODE_INVALID: Final = Error(
    84, "Beklenmeyen izleme kodu alındı.", "Unexpected tracking code."
)
ROUTE_GROUP_MISSING: Final = Error(
    85, "RouteGroup anahtarı doldurulmalıdır.", "RouteGroupKey must be given."
)
PAY_ROUTE_INVALID: Final = Error(86, "Geçersiz PayRoute türü.", "Invalid PayRouteType.")
PARTNER_NOT_FOUND: Final = Error(87, "İş ortağı bulunamadı.", "Partner not found.")
PROVIDER_UNREACHABLE: Final = Error(
    88,
    "Sağlayıcı ile beklenmeyen bir iletişim hatası oluştu.",
    "An unexpected error occurred in talking to the provider.",
)
# With these the bank, or its fraud check, has said no, or nothing.
DECLINES: Final = frozenset({UNSUCCESSFUL, PAYMENT_FAILED, PROVIDER_UNREACHABLE})
# From the general codes of the official client: the payment service's list has none for these.
UNSUITABLE: Final = Error(
    92,
    "Ödeme İşlem İçin Uygun Değil",
    "The payment is not suitable for the operation",
)
HAS_REFUND: Final = Error(93, "Ödeme Başarılı İade Edildi", "The payment has a successful refund")
HAS_CANCEL: Final = Error(
    94, "Ödeme Başarılı İptal Edildi", "The payment has a successful cancellation"
)
