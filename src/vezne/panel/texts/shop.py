"""Texts of the test shop: Turkish, English."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "shop.about": (
        (
            "Sunucunuzun yapacağı çağrıları burada bu mağaza yapar: gerçek imza, gerçek yanıt, "
            "gerçek ödeme kaydı. Ürünleri ve bir deneme kartını seçip ödeyin."
        ),
        (
            "This shop makes the calls that your server will make: signed as they must be, "
            "answered as they will be, and with a payment in the books. Choose goods and a test"
            " card, and pay."
        ),
    ),
    "shop.goods": ("Sepet", "Basket"),
    "shop.good.coffee": ("Filtre kahve", "Filter coffee"),
    "shop.good.notebook": ("Çizgili defter", "Ruled notebook"),
    "shop.good.bag": ("Bez çanta", "Cotton bag"),
    "shop.quantity": ("Adet", "Quantity"),
    "shop.total": ("Toplam", "Total"),
    "shop.door": ("Kapı", "Door"),
    "shop.door.iyzico": ("iyzico", "iyzico"),
    "shop.door.paywall": ("PayWall", "PayWall"),
    "shop.door.paynet": ("Paynet", "Paynet"),
    "shop.way": ("Ödeme yolu", "Way of paying"),
    "shop.way.direct": ("3-D Secure olmadan", "Without 3-D Secure"),
    "shop.way.secure": ("3-D Secure ile", "With 3-D Secure"),
    "shop.card": ("Kart", "Card"),
    "shop.which_card": ("Hangi kartla?", "Which card?"),
    "shop.card_hint": (
        "Yalnızca deneme kartları: yanında bankanın ne yapacağı yazar. 3-D Secure kodu 123456.",
        "Test cards only, each with what the bank does. The 3-D Secure code is 123456.",
    ),
    "shop.new": ("Yeni kart", "New card"),
    "shop.stored": ("Saklı kartlar", "Stored cards"),
    "shop.stored_one": ("saklı kart", "a stored card"),
    "shop.save": (
        "Ödeme başarılı olursa bu kartı sakla",
        "Store this card if the payment succeeds",
    ),
    "shop.pay": ("Öde", "Pay"),
    "shop.card.credit": ("Kredi kartı, ödeme başarılı", "Credit card, the payment succeeds"),
    "shop.card.debit": ("Banka kartı, ödeme başarılı", "Debit card, the payment succeeds"),
    "shop.card.troy": ("Troy, ödeme başarılı", "Troy, the payment succeeds"),
    "shop.card.amex": ("American Express, ödeme başarılı", "American Express, it succeeds"),
    "shop.card.foreign": ("Yabancı kart, ödeme başarılı", "Foreign card, the payment succeeds"),
    "shop.card.insufficient_funds": ("Limit yetersiz", "Insufficient funds"),
    "shop.card.do_not_honour": ("İşlem onaylanmadı", "Do not honour"),
    "shop.card.expired_card": ("Süresi dolmuş kart", "Expired card"),
    "shop.card.stolen_card": ("Çalıntı kart", "Stolen card"),
    "shop.card.invalid_cvv": ("Güvenlik kodu hatalı", "Wrong security code"),
    "shop.card.review": (
        "Onaylanır, risk incelemesinde bekler",
        "Approved, waits for a fraud review",
    ),
    "shop.card.rejected": (
        "Risk filtresi reddeder",
        "Rejected by the fraud filter",
    ),
    "shop.card.slow": ("Banka geç yanıt verir, ödeme başarılı", "Slow bank, it succeeds"),
    "shop.card.silent": (
        "Banka yanıt vermez, ödeme önce belirsiz kalır (10 saniye sürer)",
        "The bank does not answer, at first nobody knows (takes 10 seconds)",
    ),
    "shop.card.frictionless": (
        "3-D Secure'da kod sorulmaz",
        "In 3-D Secure no code is asked for",
    ),
    "shop.card.not_authenticated": (
        "3-D Secure'da banka reddeder",
        "In 3-D Secure the bank says no",
    ),
    "shop.card.wrong_code": (
        "3-D Secure'da doğru kod da yetmez",
        "In 3-D Secure even the right code fails",
    ),
    "shop.card.time_out": (
        "3-D Secure'da süre 3 saniyede dolar",
        "In 3-D Secure time runs out after 3 seconds",
    ),
    "shop.card.begin_refused": (
        "Banka 3-D Secure'u başlatmaz",
        "The bank does not begin 3-D Secure",
    ),
    "shop.error.empty": ("Sepete en az bir ürün koyun.", "Put at least one thing in."),
    "shop.error.quantity": ("0 ile 9 arasında bir sayı yazın.", "Type a number from 0 to 9."),
    "shop.error.choose": ("Birini seçin.", "Choose one."),
    "shop.error.card": (
        "Listeden bir kart seçin. Bu kart listede yok ya da silinmiş.",
        "Choose a card of the list. This one is not there, or was deleted.",
    ),
    "shop.order": ("Sipariş", "Order"),
    "shop.again": ("Yeni sipariş", "New order"),
    "shop.outcome": ("Sonuç", "Outcome"),
    "shop.at_bank": (
        "Müşterinin bankaya gitmesi bekleniyor. Bankanın sayfasındaki kod 123456.",
        "The customer has to go to the bank. The code on the bank's page is 123456.",
    ),
    "shop.working": ("İşleniyor", "Under way"),
    "shop.no_payment": ("Ödeme oluşmadı", "No payment was made"),
    "shop.to_bank": ("Bankanın sayfasına git", "Go to the bank's page"),
    "shop.payment": ("Ödemeyi aç", "Open the payment"),
    "shop.requests": ("İstek kayıtları", "Log of requests"),
    "shop.calls": ("Yapılan çağrılar", "Calls that were made"),
    "shop.calls_hint": (
        (
            "Gövdeler gönderildiği gibidir; yalnızca kart numarası, güvenlik kodu ve gizli "
            "anahtarlar gizlendi."
        ),
        "Bodies are as they were sent, but for card numbers, security codes and secret keys.",
    ),
    "shop.docs": ("Bütün çağrıların tanımı (OpenAPI)", "Description of all calls (OpenAPI)"),
    "shop.call.pay": ("Ödeme al", "Take the payment"),
    "shop.call.begin": ("3-D Secure'u başlat", "Begin 3-D Secure"),
    "shop.call.complete": ("Dönüşten sonra ödemeyi tamamla", "Complete it after the return"),
    "shop.call.query": ("Ödemenin sonucunu sor", "Ask how the payment went"),
    "shop.call.list": ("Müşterinin saklı kartlarını listele", "List the customer's stored cards"),
    "shop.call.save": ("Kartı sakla", "Store the card"),
    "shop.sent": ("Gönderilen", "Sent"),
    "shop.answered": ("Yanıt", "Answer"),
    "shop.sample": ("Aynı çağrının kodu", "The same call as code"),
    "shop.sample_hint": (
        (
            "Gizli anahtarları ortam değişkenlerine koyun: sandbox.json dosyasında ve "
            "Anahtarlar sayfasında. Sipariş numarasını her seferinde değiştirin."
        ),
        (
            "Put the secret keys into variables of the environment: they are in sandbox.json "
            "and on the page Keys. Use another order number each time."
        ),
    ),
    "shop.brought": ("Tarayıcının bankadan getirdiği form", "The form that the browser brought"),
    "shop.brought_hint": (
        "Mağaza imzayı ya da oturumu doğruladıktan sonra devam etti.",
        "The shop went on once it had checked the signature or the session.",
    ),
    "shop.cards": ("Saklı kartlar", "Stored cards"),
    "shop.cards_about": (
        (
            "Mağazanın tek müşterisi {customer}. Hangi kapıdan saklanmış olursa olsun, kartı "
            "her kapı kendi adıyla listeler."
        ),
        (
            "The shop's only customer is {customer}. Whichever door a card was stored through, "
            "every door lists it under a name of its own."
        ),
    ),
    "shop.no_cards": (
        "Saklı kart yok. Öderken “bu kartı sakla” kutusunu işaretleyin.",
        "No card is stored yet. Tick “store this card” when you pay.",
    ),
    "shop.alias": ("Takma ad", "Alias"),
    "shop.names": ("Bu kapıdaki adı", "Its name at this door"),
    "shop.problem.no_key": (
        "Bu kapı için çalışan bir anahtarınız yok. Anahtarlar sayfasından oluşturun.",
        "You have no key for this door that works. Make one on the page Keys.",
    ),
    "shop.problem.no_answer": (
        "Kapıdan yanıt gelmedi. Ödemenin durumu birazdan belli olur.",
        "The door did not answer. How the payment stands will be known in a while.",
    ),
    "shop.problem.not_listed": (
        "Bu kapı seçilen saklı kartı listelemedi.",
        "This door did not list the stored card that was chosen.",
    ),
}
