"""Every error of this door that does not come from a bank, in Turkish and English.

Codes up to 8514 are iyzico's; texts are those of its answers where one is published. What iyzico
refuses without a published code has a code of our own: 91… for a missing field, 92… for a value
that cannot be, 93… for a rule. `{0}` and `{1}` stand for values.
"""

from typing import Final

import msgspec


class Error(msgspec.Struct, frozen=True):
    """One row: code on the wire, both texts, and the group that only bank errors have."""

    code: str
    turkish: str
    english: str
    group: str | None = None


# Fields that an answer has; or its members as text, if they were written straight.
Payload = msgspec.Struct | str


class Failure(Exception):
    """An answer that is an error. `echoed` replaces what the endpoint echoes by itself."""

    def __init__(self, error: Error, *values: object, echoed: Payload | None = None) -> None:
        super().__init__(error.code)
        self.error = error
        self.values = values
        self.echoed = echoed


def is_decline(error: Error) -> bool:
    """Whether a bank, or its fraud check, has said no."""
    return error.group is not None or error is FRAUD_REFUSED


def _missing(code: str, field: str) -> Error:
    return Error(code, f"{field} gönderilmesi zorunludur", f"{field} is mandatory")


SYSTEM: Final = Error("1", "Sistem hatası", "System error occurred")
EMAIL_MISSING: Final = Error("3", "email gönderilmesi zorunludur", "Email is mandatory")
EMAIL_TOO_LONG: Final = Error(
    "4", "email en fazla {1} karakter olmalıdır", "Email must be at most {1} characters"
)
EMAIL_MALFORMED: Final = Error(
    "5", "email hatalı formatta gönderilmiştir", "Email was sent in an incorrect format"
)
BODY_MISSING: Final = Error(
    "6", "İstek nesnesi gönderilmesi zorunludur", "Request object is mandatory"
)
DATE_MALFORMED: Final = Error(
    "7", "{0} için tarih formatı hatalıdır", "Date format is incorrect for {0}"
)
IDENTITY_MISSING: Final = Error(
    "8", "identityNumber gönderilmesi zorunludur", "Identity number is mandatory"
)
IDENTITY_TOO_LONG: Final = Error(
    "9",
    "identityNumber en fazla {1} karakter olmalıdır",
    "Identity number must be at most {1} characters",
)
IDENTITY_TOO_SHORT: Final = Error(
    "10",
    "identityNumber en az {1} karakter olmalıdır",
    "Identity number must be at least {1} characters",
)
INVALID_REQUEST: Final = Error("11", "Geçersiz istek", "Invalid request")
CARD_NUMBER_ASTRAY: Final = Error(
    "11",
    "Geçersiz istek: kart numarası cardNumber dışında bir alanda da gönderilmiştir",
    "Invalid request: the card number was sent in a field other than cardNumber as well",
)
HOST_INVALID: Final = Error(
    "11",
    "Geçersiz istek: Host başlığı bir sunucu adresi değildir",
    "Invalid request: the Host header is no address of a server",
)
CARD_NUMBER_INVALID: Final = Error("12", "Kart numarası geçersizdir", "Invalid card number")
MONTH_INVALID: Final = Error("13", "Son kullanma ayı geçersizdir", "Invalid expiration month")
YEAR_INVALID: Final = Error("14", "Son kullanma yılı geçersizdir", "Invalid expiration year")
CVC_INVALID: Final = Error("15", "Cvc geçersizdir", "Invalid CVC")
HOLDER_MISSING: Final = Error(
    "16", "cardHolderName gönderilmesi zorunludur", "Cardholder name is mandatory"
)
CARD_EXPIRED: Final = Error(
    "17", "Kartın son kullanma tarihi geçersizdir", "Your card's expiration date is invalid"
)
HOLDER_TOO_LONG: Final = Error(
    "19",
    "cardHolderName en fazla {1} karakter olmalıdır",
    "Cardholder name must be at most {1} characters",
)
CONVERSATION_TOO_LONG: Final = Error(
    "20",
    "conversationId en fazla {1} karakter olmalıdır",
    "ConversationId must be at most {1} characters",
)
ALIAS_TOO_LONG: Final = Error(
    "21", "cardAlias en fazla {1} karakter olmalıdır", "Card alias must be at most {1} characters"
)
IP_TOO_LONG: Final = Error(
    "22", "ip en fazla {1} karakter olmalıdır", "IP must be at most {1} characters"
)
CALLBACK_URL_MISSING: Final = Error(
    "23", "Callback url gönderilmesi zorunludur", "Callback URL is mandatory"
)
BAD_SIGNATURE: Final = Error("1000", "Geçersiz imza", "Invalid signature")
UNKNOWN_KEY: Final = Error("1001", "Api bilgileri bulunamadı", "API credentials not found")
SUB_MERCHANTS_NOT_ENABLED: Final = Error(
    "2000",
    "Bu servis sadece pazaryeri müşterilerine açıktır",
    "This service is open to marketplace merchants only",
)
SUB_MERCHANT_NOT_FOUND: Final = Error("2001", "Alt üye işyeri bulunamadı", "Sub-merchant not found")
SUB_MERCHANT_KEY_MISSING: Final = _missing("2003", "subMerchantKey")
IBAN_MISSING: Final = Error("2005", "iban gönderilmesi zorunludur", "IBAN is mandatory")
IBAN_INVALID: Final = Error("2030", "iban geçersizdir", "IBAN is invalid")
USER_KEY_MISSING: Final = _missing("3001", "cardUserKey")
CARD_MISSING: Final = Error("3003", "card bilgisi gönderilmesi zorunludur", "card is mandatory")
USER_KEY_NOT_FOUND: Final = Error("3005", "cardUserKey bulunamadı", "cardUserKey not found")
CARD_TOKEN_NOT_FOUND: Final = Error("3006", "cardToken bulunamadı", "cardToken not found")
LINE_ID_MISSING: Final = _missing("5001", "paymentTransactionId")
PAYMENT_ID_MISSING: Final = _missing("5002", "paymentId")
PRICE_MISSING: Final = _missing("5004", "price")
PRICE_NOT_POSITIVE: Final = Error(
    "5005", "price 0'dan büyük olmalıdır", "price must be greater than 0"
)
BIN_MISSING: Final = _missing("5006", "binNumber")
BIN_LENGTH: Final = Error(
    "5007", "binNumber 6 karakter olmalıdır", "binNumber must be 6 characters"
)
BIN_NOT_NUMERIC: Final = Error("5007", "binNumber sayısal olmalıdır", "binNumber must be numeric")
PRICE_ABOVE_LIMIT: Final = Error(
    "5008",
    "Tutar işlem başına üst sınırın üzerindedir",
    "The amount is above the limit for one transaction",
)
PAYMENT_CARD_MISSING: Final = Error(
    "5013", "PaymentCard gönderilmesi zorunludur", "paymentCard is mandatory"
)
REGISTRATION_ADDRESS_MISSING: Final = Error(
    "5026",
    "buyerRegistrationAddress gönderilmesi zorunludur",
    "Buyer registration address is mandatory",
)
LINES_DO_NOT_SUM: Final = Error(
    "5062",
    "Gönderilen tutar tüm kırılımların toplam tutarına eşit olmalıdır",
    "The amount must equal the total of all basket lines",
)
BIN_NOT_FOUND: Final = Error("5066", "Bin bulunamadı", "BIN not found")
SUB_MERCHANT_KEY_ON_EVERY_LINE: Final = Error(
    "5077",
    "Marketplace üye iş yeri için ürün ödemesinde bütün sepet kırılımlarında subMerchantKey"
    " gönderilmelidir",
    "A marketplace must send subMerchantKey with every basket line of a product payment",
)
SUB_MERCHANTS_NOT_FOUND: Final = Error(
    "5078",
    "SubMerchantKeylere ait alt üye işyerleri sistemde bulunamadı",
    "The sub-merchants of the keys were not found",
)
SUB_MERCHANT_NOT_OF_PRODUCT: Final = Error(
    "5079",
    "Marketplace üye işyeri için sadece ürün ödemesi yapılırken subMerchantKey veya"
    " subMerchantPrice gönderilmelidir",
    "A marketplace may send subMerchantKey or subMerchantPrice with product payments only",
)
UNSUITABLE_FOR_POST_AUTH: Final = Error(
    "5082",
    "Bu ödeme işleminin durumu POST_AUTH işlemi için uygun değildir",
    "The state of this payment is not suitable for POST_AUTH",
)
CANCEL_NOT_FOUND: Final = Error(
    "5086",
    "Üye işyerine ait ödeme kaydı bulunamadı",
    "The merchant has no such payment record",
)
PAYMENT_NOT_FOUND: Final = Error(
    "5087",
    "Üye işyerine ait ödeme kaydı bulunamadı",
    "The merchant has no such payment record",
)
LINE_NOT_FOUND: Final = Error(
    "5092", "Ödeme kırılım kaydı bulunamadı", "The payment has no such line"
)
AMOUNT_EXCEEDS_REMAINDER: Final = Error(
    "5093",
    "İade tutarı iade edilebilecek tutardan büyük olamaz",
    "The amount exceeds what is left to refund",
)
USER_KEY_NEEDED: Final = Error(
    "5111",
    "cardToken ile birlikte cardUserKey gönderilmesi zorunludur",
    "cardUserKey must accompany cardToken",
)
UNSUITABLE_FOR_THREEDS: Final = Error(
    "5115",
    "Bu ödemenin durumu 3dsecure için geçerli değil",
    "The state of this payment is not valid for 3dsecure",
)
LOCAL_CARD_FOREIGN_CURRENCY: Final = Error(
    "5184",
    "Yerli kartlar ile döviz ödemesi yapılamaz",
    "Local cards cannot pay in a foreign currency",
)
AMOUNT_REFUND_OF_MARKETPLACE: Final = Error(
    "5266",
    "Tutar bazlı iadeyi sadece standart işyeri kullanabilir.",
    "Only standard merchants can refund by amount.",
)
FRAUD_REFUSED: Final = Error(
    "6001", "Ödeme fraud kontrolünden geçemedi", "The payment was refused by the fraud check"
)
OPERATION_IN_FLIGHT: Final = Error(
    "8514",
    "Bu işlem önceden başlatıldı ve devam etmektedir",
    "This operation was started before and is in progress",
)

PAID_PRICE_MISSING: Final = _missing("91001", "paidPrice")
BUYER_MISSING: Final = _missing("91002", "Buyer")
BUYER_ID_MISSING: Final = _missing("91003", "buyerId")
BUYER_NAME_MISSING: Final = _missing("91004", "buyerName")
BUYER_SURNAME_MISSING: Final = _missing("91005", "buyerSurname")
BUYER_CITY_MISSING: Final = _missing("91006", "buyerCity")
BUYER_COUNTRY_MISSING: Final = _missing("91007", "buyerCountry")
BUYER_IP_MISSING: Final = _missing("91008", "buyerIp")
BILLING_MISSING: Final = _missing("91011", "BillingAddress")
BILLING_CONTACT_MISSING: Final = _missing("91012", "billingAddressContactName")
BILLING_CITY_MISSING: Final = _missing("91013", "billingAddressCity")
BILLING_COUNTRY_MISSING: Final = _missing("91014", "billingAddressCountry")
BILLING_ADDRESS_MISSING: Final = _missing("91015", "billingAddressAddress")
SHIPPING_MISSING: Final = _missing("91021", "ShippingAddress")
SHIPPING_CONTACT_MISSING: Final = _missing("91022", "shippingAddressContactName")
SHIPPING_CITY_MISSING: Final = _missing("91023", "shippingAddressCity")
SHIPPING_COUNTRY_MISSING: Final = _missing("91024", "shippingAddressCountry")
SHIPPING_ADDRESS_MISSING: Final = _missing("91025", "shippingAddressAddress")
BASKET_MISSING: Final = _missing("91031", "BasketItems")
ITEM_ID_MISSING: Final = _missing("91032", "basketItemId")
ITEM_TYPE_MISSING: Final = _missing("91033", "basketItemItemType")
ITEM_NAME_MISSING: Final = _missing("91034", "basketItemName")
ITEM_CATEGORY_MISSING: Final = _missing("91035", "basketItemCategory1")
ITEM_PRICE_MISSING: Final = _missing("91036", "basketItemPrice")
ALIAS_MISSING: Final = _missing("91041", "cardAlias")
CARD_TOKEN_MISSING: Final = _missing("91042", "cardToken")
BASKET_ID_MISSING: Final = _missing("91043", "basketId")
CURRENCY_MISSING: Final = _missing("91044", "currency")
SUB_MERCHANT_TYPE_MISSING: Final = _missing("91051", "subMerchantType")
SUB_MERCHANT_EXTERNAL_ID_MISSING: Final = _missing("91052", "subMerchantExternalId")
SUB_MERCHANT_ADDRESS_MISSING: Final = _missing("91053", "address")
CONTACT_NAME_MISSING: Final = _missing("91054", "contactName")
CONTACT_SURNAME_MISSING: Final = _missing("91055", "contactSurname")
LEGAL_TITLE_MISSING: Final = _missing("91056", "legalCompanyTitle")
TAX_OFFICE_MISSING: Final = _missing("91057", "taxOffice")
TAX_NUMBER_MISSING: Final = _missing("91058", "taxNumber")
SUB_MERCHANT_PRICE_MISSING: Final = _missing("91059", "subMerchantPrice")
DATE_MISSING: Final = _missing("91061", "date")
TRANSACTION_DATE_MISSING: Final = _missing("91062", "transactionDate")

TOO_LONG: Final = Error(
    "92001", "{0} en fazla {1} karakter olmalıdır", "{0} must be at most {1} characters"
)
VALUE_UNKNOWN: Final = Error(
    "92002", "{0} için geçersiz değer gönderilmiştir", "{0} has a value that is not allowed"
)
NOT_POSITIVE: Final = Error("92003", "{0} 0'dan büyük olmalıdır", "{0} must be greater than 0")
TOO_MANY: Final = Error(
    "92004", "{0} en fazla {1} adet olabilir", "{0} may hold at most {1} entries"
)
CARD_NUMBER_IN_TEXT: Final = Error(
    "92005", "{0} alanında kart numarası gönderilemez", "{0} must not hold a card number"
)

CALLBACK_URL_INVALID: Final = Error(
    "92006",
    "callbackUrl http veya https ile başlayan tam bir adres olmalıdır",
    "callbackUrl must be an absolute http or https URL",
)

VOID_TOO_LATE: Final = Error(
    "93001",
    "İptal yalnızca ödemenin alındığı gün yapılabilir, iade işlemini kullanınız",
    "A payment can be cancelled only on its own day, refund it instead",
)
REFUND_TOO_LATE: Final = Error(
    "93002", "İade süresi dolmuştur", "It is too late to refund this payment"
)
CURRENCY_NOT_ENABLED: Final = Error(
    "93003",
    "Üye işyeri bu para birimi ile ödeme alamaz",
    "The merchant cannot take payments in this currency",
)
CURRENCY_MISMATCH: Final = Error(
    "93004",
    "Gönderilen para birimi ödemenin para birimi değildir",
    "The currency is not that of the payment",
)
PAYMENT_DIFFERS: Final = Error(
    "93005",
    "paidPrice, basketId veya currency ödeme başlatılırken gönderilenden farklıdır",
    "paidPrice, basketId or currency differs from what the payment was initialized with",
)
HELD_CARD_LOST: Final = Error(
    "93006",
    "Kart bilgileri artık bellekte değildir (süre doldu veya sunucu yeniden başladı),"
    " ödemeyi yeniden başlatınız",
    "The card is no longer held (its time is over or the server was restarted),"
    " start the payment again",
)
NOT_AUTHENTICATED: Final = Error(
    "93007",
    "Kart sahibi 3dsecure ile doğrulanamadı",
    "The cardholder was not authenticated by 3dsecure",
)
AUTHENTICATION_EXPIRED: Final = Error(
    "93008", "3dsecure doğrulamasının süresi doldu", "The time for the 3dsecure step is over"
)

# What is said of an Idempotency-Key.
ONCE_KEY_MALFORMED: Final = Error(
    "93101",
    "Idempotency-Key 1 ile 255 arasında, boşluksuz ASCII karakterden oluşmalıdır",
    "Idempotency-Key must have 1 to 255 ASCII characters and no space",
)
ONCE_KEY_REUSED: Final = Error(
    "93102",
    "Idempotency-Key başka bir istek için kullanılmıştır, bu istek işlenmedi",
    "The Idempotency-Key was used for another request, this one was not executed",
)
ONCE_KEY_IN_FLIGHT: Final = Error(
    "93103",
    "Aynı Idempotency-Key ile gönderilen istek devam etmektedir, daha sonra tekrar deneyiniz",
    "The request with this Idempotency-Key is in progress, try again later",
)
ONCE_OUTCOME_UNKNOWN: Final = Error(
    "93104",
    "Bu Idempotency-Key ile başlatılan işlem yarıda kaldı ve gerçekleşmiş olabilir,"
    " conversationId ile sorgulayınız",
    "The operation begun under this Idempotency-Key was cut off and may have happened,"
    " look it up by its conversationId",
)

SUB_MERCHANT_EXISTS: Final = Error(
    "93201",
    "Bu subMerchantExternalId ile kayıtlı bir alt üye işyeri vardır",
    "There is a sub-merchant of this subMerchantExternalId already",
)
UNSUITABLE_FOR_APPROVAL: Final = Error(
    "93202",
    "Bu ödeme kırılımının durumu onay işlemi için uygun değildir",
    "The state of this payment line is not suitable for approval",
)
SUB_MERCHANT_NOT_PAYABLE: Final = Error(
    "93203",
    "Onaydan önce alt üye işyerinin iban ve identityNumber bilgileri tamamlanmalıdır",
    "Before an approval the sub-merchant needs an iban and an identityNumber",
)
UNSUITABLE_FOR_ITEM_UPDATE: Final = Error(
    "93204",
    "Bu ödeme kırılımının durumu güncelleme için uygun değildir",
    "The state of this payment line is not suitable for an update",
)
SUB_MERCHANT_PRICE_TOO_HIGH: Final = Error(
    "93205",
    "subMerchantPrice kırılımın ödenen tutarından büyük olamaz",
    "subMerchantPrice must not exceed what was paid for the line",
)
BALANCE_TOO_LOW: Final = Error(
    "93206", "Bakiye bu tutar için yetersizdir", "The balance is too low for this amount"
)
# Nothing is published for callers that ask too often.
TOO_MANY_REQUESTS: Final = Error(
    "93301",
    "Çok fazla istek gönderildi, lütfen daha sonra tekrar deneyiniz",
    "Too many requests, please try again later",
)
# Nor for a server that does not keep up.
SERVER_BUSY: Final = Error(
    "93303",
    "Sistem şu anda çok yoğun, işlem yapılmadı, lütfen birkaç saniye sonra tekrar deneyiniz",
    "The system is very busy, nothing was done, please try again in a few seconds",
)
# Nor for a merchant that names the addresses of its servers.
ADDRESS_NOT_ALLOWED: Final = Error(
    "93302",
    "Bu IP adresinden çağrı yapılmasına izin verilmemiştir",
    "Calls from this IP address are not allowed",
)
