"""Texts of the sandbox's controls: Turkish, English."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "sandbox.clock": ("Saat", "The clock"),
    "sandbox.clock.about": (
        (
            "Üye iş yerinizin saatini ileri alın: bloke çözülür, valör gelir, hak edişler ödenir, "
            "kartların süresi dolar. Başka üye iş yerlerinin saati değişmez."
        ),
        (
            "Move your merchant's clock ahead: withheld money is released, value dates and payouts "
            "come, cards expire. Other merchants' clocks stay as they are."
        ),
    ),
    "sandbox.clock.now": ("Sizin saatiniz", "Your time"),
    "sandbox.clock.real": ("Gerçek saat", "The real time"),
    "sandbox.clock.ahead": ("Fark", "Ahead by"),
    "sandbox.clock.not_ahead": ("Yok: gerçek saattesiniz", "Nothing: you have the real time"),
    "sandbox.clock.under_a_minute": ("bir dakikadan az", "less than a minute"),
    "sandbox.clock.by": ("Ne kadar ileri", "How far ahead"),
    "sandbox.clock.unit": ("Birim", "Unit"),
    "sandbox.clock.advance": ("İleri al", "Move ahead"),
    "sandbox.clock.moment": ("Tarih ve saat (İstanbul)", "Date and time (Istanbul)"),
    "sandbox.clock.set": ("Bu saate ayarla", "Make it this time"),
    "sandbox.clock.reset": ("Gerçek saate dön", "Back to the real time"),
    "sandbox.clock.reset_about": (
        "Olanlar olduğu gibi kalır.",
        "What has happened stays as it is.",
    ),
    "sandbox.clock.moved": (
        "Saat ileri alındı; vadesi gelen {count} ödeme işlendi.",
        "The clock was moved ahead; {count} payments that were due were looked at.",
    ),
    "sandbox.clock.moved_on": (
        "Saat ileri alındı; vadesi gelen {count} ödeme işlendi, kalanlar arka planda işleniyor.",
        (
            "The clock was moved ahead; {count} payments that were due were looked at, the rest "
            "follows in the background."
        ),
    ),
    "sandbox.clock.is_reset": ("Gerçek saate dönüldü.", "It is the real time again."),
    "sandbox.clock.contested": (
        "Saat bu arada zaten değişti; bir daha değiştirilmedi.",
        "The clock has been moved meanwhile, and was not moved again.",
    ),
    "sandbox.unit.minutes": ("dakika", "minutes"),
    "sandbox.unit.hours": ("saat", "hours"),
    "sandbox.unit.days": ("gün", "days"),
    "sandbox.faults": ("Arızalar", "Faults"),
    "sandbox.faults.about": (
        (
            "Bilerek bir şeyleri bozun: banka susar, geç yanıt verir, reddeder; webhook kaybolur. "
            "Yalnızca sizin çağrılarınızı etkiler."
        ),
        (
            "Have things go wrong on purpose: the bank is silent, late, or says no; a webhook is "
            "lost. Your own calls only are affected."
        ),
    ),
    "sandbox.faults.none": ("Tanımlı arıza yok.", "There are no faults."),
    "sandbox.faults.add": ("Arıza ekle", "Add a fault"),
    "sandbox.faults.remove": ("Kaldır", "Remove"),
    "sandbox.faults.clear": ("Tümünü kaldır", "Remove all"),
    "sandbox.fault.added": ("Arıza eklendi.", "The fault is there now."),
    "sandbox.fault.there_already": (
        "Bu arıza az önce eklendi; ikinci kez eklenmedi.",
        "This fault was added just now, and was not added twice.",
    ),
    "sandbox.fault.removed": ("Arıza kaldırıldı.", "The fault is gone."),
    "sandbox.fault.gone": (
        "Bu arıza artık yok.",
        "That fault is not there any more.",
    ),
    "sandbox.fault.cleared": ("{count} arıza kaldırıldı.", "{count} faults are gone."),
    "sandbox.fault.too_many": (
        "Aynı anda en fazla {count} arıza tanımlanabilir.",
        "There may be {count} faults at a time.",
    ),
    "sandbox.for": ("Hangi çağrılar", "For which calls"),
    "sandbox.left": ("Kalan", "Left"),
    "sandbox.acts": ("İşlemler", "Actions"),
    "sandbox.always": ("sürekli", "always"),
    "sandbox.every_call": ("Her çağrı", "Every call"),
    "sandbox.kind.latency": ("Banka geç yanıt verir", "The bank answers late"),
    "sandbox.kind.silence_before": (
        "Banka yanıt vermez, işlem olmaz",
        "No answer, and nothing happened",
    ),
    "sandbox.kind.silence_after": (
        "Banka yanıt vermez, ama işlem olur",
        "No answer, though it happened",
    ),
    "sandbox.kind.late": (
        "Yanıt, beklemekten vazgeçildikten sonra gelir",
        "An answer when nobody waits any more",
    ),
    "sandbox.kind.duplicate": (
        "Banka mesajı iki kez işler",
        "The bank handles the message twice",
    ),
    "sandbox.kind.garbage": ("Banka anlamsız baytlar gönderir", "The bank sends garbage"),
    "sandbox.kind.decline": (
        "Banka seçilen kodla reddeder",
        "The bank declines with a code",
    ),
    "sandbox.kind.answer_500_after_commit": (
        "İşlem kaydedilir, çağrı 500 alır",
        "All is done, and the caller gets a 500",
    ),
    "sandbox.kind.webhook_lost": (
        "Webhook gönderilmiş sayılır, gönderilmez",
        "A webhook counts as sent and is not",
    ),
    "sandbox.kind.webhook_doubled": ("Webhook iki kez gönderilir", "A webhook is sent twice"),
    "sandbox.call.begin": ("3-D Secure başlangıcı", "3-D Secure start"),
    "sandbox.call.authorize": ("Provizyon", "Authorization"),
    "sandbox.call.capture": ("Finansallaştırma", "Capture"),
    "sandbox.call.void": ("İptal", "Cancel"),
    "sandbox.call.refund": ("İade", "Refund"),
    "sandbox.call.inquire": ("Sorgu", "Inquiry"),
    "sandbox.call.reverse": ("Geri alma", "Reversal"),
    "sandbox.field.kind": ("Ne olsun", "What goes wrong"),
    "sandbox.field.operation": ("Banka çağrısı", "The bank's call"),
    "sandbox.field.bin": ("Kartın ilk haneleri", "The card's first digits"),
    "sandbox.field.last4": ("Kartın son dört hanesi", "The card's last four"),
    "sandbox.field.amount": ("Tutar", "Amount"),
    "sandbox.field.currency": ("Para birimi", "Currency"),
    "sandbox.field.path": ("İstek adresi", "Path of the request"),
    "sandbox.field.times": ("Kaç kez", "How often"),
    "sandbox.field.delay_ms": ("Gecikme (ms)", "Delay (ms)"),
    "sandbox.field.code": ("Ret kodu", "Response code"),
    "sandbox.hint.bin": ("En çok 8 hane; yalnızca banka.", "At most 8; the bank's only."),
    "sandbox.hint.last4": ("Yalnızca banka.", "The bank's only."),
    "sandbox.hint.amount": ("Yalnızca banka.", "The bank's only."),
    "sandbox.hint.currency": ("TRY gibi; yalnızca banka.", "Such as TRY; the bank's only."),
    "sandbox.hint.path": (
        "/payment/auth gibi; yalnızca 500 arızası.",
        "Such as /payment/auth; for the 500 only.",
    ),
    "sandbox.hint.times": (
        "Sayı, ya da kaldırılana kadar: always",
        "A number, or until removed: always",
    ),
    "sandbox.hint.delay_ms": (
        "Yalnızca gecikme arızaları.",
        "For late answers only.",
    ),
    "sandbox.hint.code": ("51 gibi; yalnızca ret.", "Such as 51; for declines only."),
    "sandbox.error.choice": ("Listeden seçin.", "Choose from the list."),
    "sandbox.error.count": ("1 ile 999999 arasında bir sayı yazın.", "Write 1 to 999999."),
    "sandbox.error.too_far": (
        "Saat en fazla on yıl ileri alınabilir.",
        "The clock may be ten years ahead at most.",
    ),
    "sandbox.error.moment": ("Bir tarih ve saat yazın.", "Write a date and time."),
    "sandbox.error.goes_back": (
        "Saat geri alınamaz; gerçek saate dönebilirsiniz.",
        "The clock does not go back, but to the real time.",
    ),
    "sandbox.error.bin": ("En çok 8 rakam yazın.", "Write at most 8 digits."),
    "sandbox.error.last4": ("Dört rakam yazın.", "Write four digits."),
    "sandbox.error.amount": (
        "Sıfırdan büyük bir tutar yazın: 12,50",
        "Write an amount greater than zero: 12.50",
    ),
    "sandbox.error.currency": ("Üç büyük harf yazın: TRY", "Write three capitals: TRY"),
    "sandbox.error.path": (
        "/ ile başlayan, boşluksuz bir adres yazın.",
        "Write a path that begins with / and has no space.",
    ),
    "sandbox.error.times": (
        "1 ile 1000000 arasında bir sayı ya da always yazın.",
        "Write 1 to 1000000, or always.",
    ),
    "sandbox.error.delay_ms": (
        "0 ile 600000 arasında bir sayı yazın.",
        "Write 0 to 600000.",
    ),
    "sandbox.error.code": (
        "00 dışında iki rakam ya da büyük harf yazın.",
        "Write two digits or capitals, but not 00.",
    ),
    "sandbox.error.operation": (
        "Bu arıza bu çağrıda olamaz.",
        "This fault cannot happen at this call.",
    ),
    "sandbox.error.unfit": (
        "Bu arıza bu alanla seçilmez; boş bırakın.",
        "This fault has no such field: leave it empty.",
    ),
}
