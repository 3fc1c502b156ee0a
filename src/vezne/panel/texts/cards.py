"""Texts of the pages about stored cards: Turkish, English."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "cards.title": ("Saklı kartlar", "Stored cards"),
    "cards.lead": (
        "Kart numaraları kasadadır: burada yalnızca ilk altı ve son dört hane görünür.",
        "Card numbers are in the vault: only the first six and the last four digits show here.",
    ),
    "cards.search": ("Müşteri ya da kart ara", "Find a customer or a card"),
    "cards.search.hint": (
        (
            "E-posta, müşteri kodunuz (externalId, RelationalId, user_unique_id) ya da bir kapının "
            "verdiği ad: cardUserKey, cardToken, UniqueCode, card_owner_id, card_hash."
        ),
        (
            "E-mail address, your own name for the customer (externalId, RelationalId, "
            "user_unique_id) or what a door calls them: cardUserKey, cardToken, UniqueCode, "
            "card_owner_id, card_hash."
        ),
    ),
    "cards.search.do": ("Ara", "Find"),
    "cards.search.number": (
        "Kart numarasıyla aranamaz; numarayı hiçbir sayfaya yazmayın.",
        "Cards cannot be found by their number; do not type one into any page.",
    ),
    "cards.search.long": ("Bu kadar uzun bir ad yok.", "No name is as long as that."),
    "cards.search.none": ("Aramanıza uyan bir şey yok.", "Nothing fits your search."),
    "cards.search.cut": (
        "Buraya kadar bulunanlar bunlar; daha eski kayıtlara henüz bakılmadı.",
        "This is what was found so far; older records were not looked at yet.",
    ),
    "cards.search.further": ("Aramaya devam et", "Look further"),
    "cards.list": ("Müşteriler ve kartları", "Customers and their cards"),
    "cards.owner": ("Müşteri", "Customer"),
    "cards.owner.unnamed": ("Adsız müşteri", "Customer without a name"),
    "cards.owner.email": ("E-posta", "E-mail"),
    "cards.owner.external": ("Müşteri kodunuz", "Your name for them"),
    "cards.owner.since": ("Kayıt zamanı", "Since"),
    "cards.owner.names": ("Kapılarda müşterinin adı", "What each door calls the customer"),
    "cards.owner.cards": ("Kartları", "Their cards"),
    "cards.owner.empty": ("Bu müşterinin saklı kartı yok.", "This customer has no stored card."),
    "cards.count": ("Kart sayısı", "Cards"),
    "cards.newest": ("Son kartlar", "Newest cards"),
    "cards.more": ("ve {count} kart daha", "and {count} more"),
    "cards.card": ("Kart", "Card"),
    "cards.alias": ("Takma ad", "Alias"),
    "cards.expiry": ("Son kullanma", "Expiry"),
    "cards.expired": ("Süresi dolmuş", "Expired"),
    "cards.insurance": ("Sigorta kartı", "Insurance card"),
    "cards.insurance.hint": (
        "Yalnızca ilk ve son haneleri bilinir; ödeme alınamaz.",
        "Only its ends are known; nothing can be paid with it.",
    ),
    "cards.blocked": ("Engelli", "Blocked"),
    "cards.blocked.hint": (
        "Bu kart numarası kara listenizde; ödemeler reddedilir.",
        "This number is on your blocklist; payments are refused.",
    ),
    "cards.status": ("Durum", "Status"),
    "cards.usable": ("Kullanılabilir", "Usable"),
    "cards.issuer": ("Banka", "Issuer"),
    "cards.brand": ("Kart ağı", "Brand"),
    "cards.kind": ("Kart türü", "Type"),
    "cards.kind.credit": ("Kredi kartı", "Credit"),
    "cards.kind.debit": ("Banka kartı", "Debit"),
    "cards.kind.prepaid": ("Ön ödemeli kart", "Prepaid"),
    "cards.family": ("Kart programı", "Programme"),
    "cards.stored": ("Saklandığı zaman", "Stored"),
    "cards.facts": ("Bilgiler", "Facts"),
    "cards.metadata": ("Notlarınız (metadata)", "What you noted (metadata)"),
    "cards.names": ("Kapılarda kartın adı", "What each door calls the card"),
    "cards.names.hint": (
        "Aynı kart üç kapıdan da çekilebilir; her kapı ona kendi adıyla seslenir.",
        "The same card can be charged through every door; each has a name of its own for it.",
    ),
    "cards.names.door": ("Kapı", "Door"),
    "cards.names.field": ("Alan", "Field"),
    "cards.names.value": ("Değer", "Value"),
    "cards.names.until": ("{time} anına kadar geçerli", "good until {time}"),
    "cards.payments": ("Bu kartla yapılan ödemeler", "Payments with this card"),
    "cards.delete": ("Kartı sil", "Delete card"),
    "cards.delete.title": ("Kart silinsin mi?", "Delete this card?"),
    "cards.delete.what": (
        (
            "Kart bütün kapılardan kalkar ve numarası kasadan silinir. Bu işlem geri alınamaz: "
            "kartı yeniden saklamak için müşterinin numarayı tekrar girmesi gerekir."
        ),
        (
            "The card goes from every door, and its number from the vault. This cannot be undone: "
            "to store it again the customer has to type the number again."
        ),
    ),
    "cards.delete.past": (
        "Kartla yapılmış ödemeler kalır; iptal ve iade edilebilirler.",
        "Payments made with it stay, and can be cancelled and refunded.",
    ),
    "cards.delete.done": ("{mask} silindi.", "{mask} was deleted."),
    "cards.delete.gone": ("Bu kart zaten silinmiş.", "The card was deleted already."),
}
