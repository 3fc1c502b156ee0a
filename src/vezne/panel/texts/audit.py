"""Texts of the page about the audit trail: Turkish, English."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "audit.about": (
        (
            "Üye iş yeriniz için ve sizin tarafınızdan yapılan her şey. Satırlar zincirlenir ve "
            "imzalanır; kimse fark edilmeden değiştiremez. Bu sayfaya bakmak da kaydedilir."
        ),
        (
            "Everything that was done for your merchant and by you. The lines are chained and "
            "signed, so that nobody changes them unnoticed. To look at this page leaves a line as "
            "well."
        ),
    ),
    "audit.signed": ("İmzalı", "Signed"),
    "audit.signed_to": (
        "{number} numaralı satıra kadar imzalandı, son imza:",
        "Signed up to line {number}, last at",
    ),
    "audit.verify": ("Bütün izi doğrulamak için:", "To prove the whole trail:"),
    "audit.unsigned": ("İmzasız", "Not signed"),
    "audit.unsigned_about": (
        "İzin bulunabilen bir imzası yok.",
        "No signature of the trail could be found.",
    ),
    "audit.unreadable": (
        "Denetim izi şu anda okunamıyor.",
        "The audit trail cannot be read at the moment.",
    ),
    "audit.since": ("Başlangıç günü", "From day"),
    "audit.until": ("Bitiş günü", "To day"),
    "audit.action": ("Olay", "What"),
    "audit.every_action": ("Bütün olaylar", "Everything"),
    "audit.group.card.": ("Kartlarla ilgili her şey", "Everything about cards"),
    "audit.group.login.": ("Bütün girişler", "Every sign-in"),
    "audit.group.operator.": ("Bütün yönetim işlemleri", "Everything done by people"),
    "audit.caller": ("Kim", "Who"),
    "audit.caller.hint": ("API anahtarı ya da e-posta.", "An API key or an e-mail address."),
    "audit.failed_only": ("Yalnızca ret ve hatalar", "Refused and failed only"),
    "audit.number": ("Satır", "Line"),
    "audit.at": ("Zaman", "When"),
    "audit.outcome": ("Sonuç", "Outcome"),
    "audit.done": ("Yapıldı", "Done"),
    "audit.failed": ("Reddedildi ya da başarısız", "Refused or failed"),
    "audit.from": ("Nereden", "From"),
    "audit.subject": ("Konu", "Subject"),
    "audit.none": ("Uyan bir satır yok.", "No line fits."),
    "audit.looked_back": (
        "Bir seferde bakılabilen kısım bitti. Bakılan en eski satırın zamanı:",
        "That is as much as is looked through at a time. The oldest line seen is of",
    ),
    "audit.skipped": (
        (
            "İzin dosyalarında satır olamayacak kadar uzun bir bölüm var; atlandı. İzi "
            "`vezne audit verify` ile doğrulayın."
        ),
        (
            "The trail's files hold something that is too long for a line; it was passed over. "
            "Verify the trail with `vezne audit verify`."
        ),
    ),
    "audit.further": ("Daha eskilere bak", "Look further back"),
    "audit.error.day": ("Bir gün yazın: 2026-12-31", "Write a day: 2026-12-31"),
    "audit.error.choice": ("Listeden seçin.", "Choose from the list."),
    "audit.error.caller": (
        "En çok 200 karakter yazın; kart numarası aranamaz.",
        "Write at most 200 characters, and no card number.",
    ),
    "audit.action.card.stored": ("Kart saklandı", "Card stored"),
    "audit.action.card.sent": ("Kart bankaya gönderildi", "Card sent to the bank"),
    "audit.action.card.revealed": ("Kart numarası gösterildi", "Card number revealed"),
    "audit.action.card.deleted": ("Kart silindi", "Card deleted"),
    "audit.action.card.holder_read": ("Kart sahibinin adı okundu", "Cardholder's name read"),
    "audit.action.card.blocked": ("Kart kara listeye alındı", "Card blocked"),
    "audit.action.card.unblocked": ("Kart kara listeden çıkarıldı", "Card unblocked"),
    "audit.action.card.seal_broken": ("Kartın mührü bozuk", "A card's seal is broken"),
    "audit.action.request.refused": ("İstek reddedildi", "Request refused"),
    "audit.action.login.succeeded": ("Giriş yapıldı", "Signed in"),
    "audit.action.login.failed": ("Kimlik doğrulanamadı", "Failed to prove who it is"),
    "audit.action.login.locked_out": ("Kilitlendi", "Locked out"),
    "audit.action.operator.command": ("Yönetim işlemi", "Done by a person"),
    "audit.action.key.created": ("Kasa anahtarı oluşturuldu", "Key of the vault made"),
    "audit.action.key.state_changed": (
        "Kasa anahtarının durumu değişti",
        "Key of the vault changed",
    ),
    "audit.action.key.rewrapped": (
        "Kasa anahtarı yeniden sarıldı",
        "Key of the vault wrapped anew",
    ),
    "audit.action.rotation.started": ("Anahtar değişimi başladı", "Rotation of keys started"),
    "audit.action.rotation.ended": ("Anahtar değişimi bitti", "Rotation of keys ended"),
    "audit.action.export.approved": ("Kart dışa aktarımı onaylandı", "Export of cards approved"),
    "audit.action.export.written": ("Kartlar dışa aktarıldı", "Cards exported"),
    "audit.action.import.read": ("Kartlar içe aktarıldı", "Cards imported"),
}
