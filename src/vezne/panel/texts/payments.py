"""Texts of the list of payments and its export: Turkish, English."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "payments.caption": ("Ödemeler, en yenisi en üstte", "Payments, newest first"),
    "payments.column.time": ("Zaman", "Time"),
    "payments.column.number": ("Ödeme no", "Payment no."),
    "payments.column.amount": ("Tutar", "Amount"),
    "payments.column.card": ("Kart", "Card"),
    "payments.search": ("Ödeme ara", "Find a payment"),
    "payments.search.hint": (
        (
            "Ödeme ya da kalem numarası, conversationId, basketId, kartın ilk 6–8 hanesi ya "
            "da son 4 hanesi."
        ),
        (
            "Payment or line number, conversationId, basketId, the card's first 6 to 8 "
            "digits or last four."
        ),
    ),
    "payments.search.do": ("Ara", "Search"),
    "payments.filters": ("Filtreler", "Filters"),
    "payments.asked": ("Uygulanan filtreler", "Filters in use"),
    "payments.field.standing": ("Durum", "State"),
    "payments.field.since": ("Başlangıç günü", "From day"),
    "payments.field.until": ("Bitiş günü", "To day"),
    "payments.field.least": ("En az tutar", "Amount from"),
    "payments.field.most": ("En çok tutar", "Amount to"),
    "payments.field.bin": ("Kartın ilk 6–8 hanesi (BIN)", "Card's first 6–8 digits (BIN)"),
    "payments.field.last4": ("Kartın son 4 hanesi", "Card's last four digits"),
    "payments.field.door": ("Kapı", "Door"),
    "payments.field.conversation": ("conversationId", "conversationId"),
    "payments.field.basket": ("basketId", "basketId"),
    "payments.any": ("Hepsi", "All"),
    "payments.error.card": (
        "Bu, tam bir kart numarasına benziyor; saklanmadı. İlk 6–8 haneyi ve son 4 haneyi yazın.",
        (
            "This looks like a whole card number; it was not kept. Type the first 6 to 8 "
            "digits and the last four."
        ),
    ),
    "payments.error.search": ("En çok 255 karakter yazın.", "Type at most 255 characters."),
    "payments.error.since": ("Geçerli bir gün seçin.", "Choose a day that exists."),
    "payments.error.until": ("Geçerli bir gün seçin.", "Choose a day that exists."),
    "payments.error.days": (
        "Bitiş günü başlangıç gününden önce olamaz.",
        "The last day cannot be before the first one.",
    ),
    "payments.error.least": (
        "1.234,50 gibi, sıfırdan büyük bir tutar yazın.",
        "Type an amount above zero, such as 1,234.50.",
    ),
    "payments.error.most": (
        "1.234,50 gibi, sıfırdan büyük bir tutar yazın.",
        "Type an amount above zero, such as 1,234.50.",
    ),
    "payments.error.amounts": (
        "En çok tutar en az tutardan küçük olamaz.",
        "The highest amount cannot be below the lowest one.",
    ),
    "payments.error.bin": ("6, 7 ya da 8 rakam yazın.", "Type 6, 7 or 8 digits."),
    "payments.error.last4": ("4 rakam yazın.", "Type 4 digits."),
    "payments.error.door": ("Böyle bir kapı yok.", "There is no such door."),
    "payments.error.conversation": ("En çok 255 karakter yazın.", "Type at most 255 characters."),
    "payments.error.basket": ("En çok 255 karakter yazın.", "Type at most 255 characters."),
    "payments.nothing": ("Aramanıza uyan ödeme yok.", "No payment fits your search."),
    "payments.cut": (
        (
            "{at} tarihine kadarki ödemelere bakıldı; daha eskiler için aramayı sürdürün ya "
            "da gün aralığı seçin."
        ),
        (
            "Payments back to {at} have been looked through. Look further for older ones, "
            "or choose the days."
        ),
    ),
    "payments.look_further": ("Daha eskilere bak", "Look further back"),
    "payments.pages": ("Sayfalar", "Pages"),
    "payments.unknown": (
        "Güncellemeden kalan eski ödemeler aramaya ekleniyor: {at} ve öncesi henüz eksik olabilir.",
        (
            "Older payments are being added to the search after an upgrade: {at} and before "
            "may still be incomplete."
        ),
    ),
    "payments.export": ("CSV olarak indir", "Export as CSV"),
    "payments.export.title": ("Ödemeleri dışa aktar", "Export payments"),
    "payments.export.what": (
        (
            "Aşağıdaki ödemeler tek bir CSV dosyası olarak iner. Kimin dışa aktardığı "
            "denetim izine yazılır."
        ),
        "The payments below are downloaded as one CSV file. The audit trail notes who exported.",
    ),
    "payments.export.scope": ("Kapsam", "Which payments"),
    "payments.export.all": ("Bütün ödemeler.", "All payments."),
    "payments.export.columns": ("Sütunlar", "Columns"),
    "payments.export.format": (
        (
            "UTF-8, virgülle ayrılmış; saatler İstanbul saatiyle ISO 8601, tutarlar "
            "ödemenin para biriminde ve noktalı ondalıkla."
        ),
        (
            "UTF-8, separated by commas; times are Istanbul's in ISO 8601, amounts are "
            "decimals in the payment's currency."
        ),
    ),
    "payments.export.begin": ("Dışa aktarmayı başlat", "Begin the export"),
    "payments.export.over": (
        "Bu dışa aktarmanın süresi doldu. Yeniden başlatın.",
        "This export is over. Begin it again.",
    ),
    "payments.export.file": ("CSV dosyası", "CSV file"),
    "payments.export.going": (
        "Şu ana kadar {rows} ödeme, {day} tarihine kadar.",
        "Payments so far: {rows}, back to {day}.",
    ),
    "payments.export.done": ("Dosya hazır: {rows} ödeme.", "The file is ready. Payments: {rows}."),
    "payments.export.stopped": (
        "Durduruldu: {rows} ödeme alındı.",
        "Stopped. Payments so far: {rows}.",
    ),
    "payments.export.failed": (
        "Bağlantı koptu: {rows} ödeme alındı. Kaldığı yerden sürdürebilirsiniz.",
        "The connection failed. Payments so far: {rows}. You can go on from there.",
    ),
    "payments.export.stop": ("Durdur", "Stop"),
    "payments.export.again": ("Sürdür", "Go on"),
    "payments.export.save": ("Dosyayı kaydet", "Save the file"),
    "payments.export.by_hand": ("Parça parça indirin", "Download part by part"),
    "payments.export.part": (
        "Bu parçadaki ödeme sayısı: {rows} ({newest} – {oldest}).",
        "Payments in this part: {rows} ({newest} to {oldest}).",
    ),
    "payments.export.take": ("Bu parçayı indir", "Download this part"),
    "payments.export.next": ("Sonraki parça", "Next part"),
    "payments.export.last": ("Son parça bu.", "This is the last part."),
    "payments.export.back": ("Ödemelere dön", "Back to the payments"),
}
