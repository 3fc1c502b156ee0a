"""Texts of the acts on a payment: Turkish, English."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "payment.act.capture": ("Provizyonu kapat", "Capture"),
    "payment.act.cancel": ("İptal et", "Cancel payment"),
    "payment.act.refund": ("İade et", "Refund"),
    "payment.act.accept": ("Kabul et", "Accept"),
    "payment.act.reject": ("Reddet", "Reject"),
    "payment.act.approve": ("Onayla", "Approve"),
    "payment.act.disapprove": ("Onayı geri al", "Withdraw approval"),
    "payment.act.continue": ("Devam", "Continue"),
    "payment.ask.capture": (
        (
            "{payment} numaralı ön provizyondan {amount} çekilecek. Bu geri alınamaz; ancak iade "
            "edilebilir. Komisyon ve hak ediş çekilen tutara göre yeniden hesaplanır."
        ),
        (
            "{amount} of pre-authorization {payment} will be captured. This cannot be undone, only "
            "refunded. Commission and payouts are computed anew on what is captured."
        ),
    ),
    "payment.ask.more_than_held": (
        "Bu, provizyondaki tutardan fazla: {held} provizyonda, {amount} çekilecek.",
        "This is more than was held: {held} is held, {amount} will be captured.",
    ),
    "payment.ask.cancel": (
        (
            "{payment} numaralı ödeme ({amount}) iptal edilecek. Tutarın tamamı karta döner ve "
            "ekstrede görünmez. Bu geri alınamaz."
        ),
        (
            "Payment {payment} ({amount}) will be cancelled. All of it goes back to the card and "
            "nothing appears on the statement. This cannot be undone."
        ),
    ),
    "payment.ask.refund": (
        (
            "{payment} numaralı ödemeden {amount} karta iade edilecek. Bu geri alınamaz. Komisyon "
            "iade edilmez."
        ),
        (
            "{amount} of payment {payment} will be given back to the card. This cannot be undone. "
            "Commission is not given back."
        ),
    ),
    "payment.ask.accept": (
        "{payment} numaralı ödeme ({amount}) kabul edilecek ve hak edişi oluşacak.",
        "Payment {payment} ({amount}) will be accepted, and its money becomes payable.",
    ),
    "payment.ask.reject": (
        (
            "{payment} numaralı ödeme reddedilecek ve kalan tutar ({left}) karta geri verilecek. "
            "Bu geri alınamaz."
        ),
        (
            "Payment {payment} will be rejected, and what is left of it ({left}) goes back to the "
            "card. This cannot be undone."
        ),
    ),
    "payment.ask.approve": (
        "{line} numaralı kalem onaylanacak: vadesi geldiğinde alt üye iş yerine ödenir.",
        "Line {line} will be approved: its sub-merchant is paid when the money is due.",
    ),
    "payment.ask.disapprove": (
        (
            "{line} numaralı kalemin onayı geri alınacak. Bu arada ödenmiş olan tutar sonraki hak "
            "edişten düşülür."
        ),
        (
            "The approval of line {line} will be withdrawn. What was paid out meanwhile is set off "
            "against the next payout."
        ),
    ),
    "payment.ask.of_line": ("Yalnızca {line} numaralı kalemden.", "Of line {line} only."),
    "payment.ask.spread": (
        "Tutar, kalemlere sepetteki sırayla dağıtılır.",
        "The amount is spread over the lines in basket order.",
    ),
    "payment.amount.label": ("Tutar ({currency})", "Amount ({currency})"),
    "payment.amount.hint": ("En çok {limit}", "{limit} at most"),
    "payment.amount.held": ("Provizyon tutarı {limit}", "{limit} is held"),
    "payment.amount.mistyped": (
        "Sıfırdan büyük bir tutar yazın, örneğin 12,50.",
        "Type an amount greater than zero, such as 12.50.",
    ),
    "payment.amount.decimals": (
        "En çok iki ondalık basamak yazın.",
        "Type no more than two decimals.",
    ),
    "payment.amount.too_large": (
        "Bu tutar hiçbir ödemenin olamayacağı kadar büyük.",
        "This is more than any payment can be.",
    ),
    "payment.amount.too_high": (
        "Bu tutar iade edilebilir tutardan büyük.",
        "This is more than can be refunded.",
    ),
    "payment.amount.of": ("Neyin iadesi", "Refund of"),
    "payment.amount.whole": ("Ödemenin tamamı, kalan {amount}", "The whole payment, {amount} left"),
    "payment.amount.line": ("Kalem {number}, kalan {amount}", "Line {number}, {amount} left"),
    "payment.done.capture": ("Provizyon kapandı.", "Captured."),
    "payment.done.cancel": ("Ödeme iptal edildi.", "The payment was cancelled."),
    "payment.done.refund": ("İade yapıldı.", "Refunded."),
    "payment.done.accept": ("Ödeme kabul edildi.", "The payment was accepted."),
    "payment.done.reject": (
        "Ödeme reddedildi, tutar karta geri verildi.",
        "The payment was rejected, and its money given back.",
    ),
    "payment.done.approve": ("Kalem onaylandı.", "The line was approved."),
    "payment.done.disapprove": ("Kalemin onayı geri alındı.", "The approval was withdrawn."),
    "payment.bank_declined": (
        "Banka reddetti: {reason} (kod {code}). Ödeme olduğu gibi duruyor.",
        "The bank declined: {reason} (code {code}). The payment stands as it was.",
    ),
    "payment.not_undone": (
        "Banka tutarın iadesini reddetti. Ödeme olduğu gibi duruyor.",
        "The bank declined to give the money back. The payment stands as it was.",
    ),
    "payment.silent": (
        (
            "Banka yanıt vermedi: işlem yapılmış da olabilir, yapılmamış da. Sonucu soruyoruz; "
            "tekrar denemeyin."
        ),
        "The bank did not answer: it may have happened or not. We are asking; do not try again.",
    ),
    "payment.changed": (
        "Ödeme bu arada değişti; hiçbir şey yapılmadı. Son durumuna bakıp yeniden karar verin.",
        "The payment has changed meanwhile, and nothing was done. See how it stands, then decide.",
    ),
    "payment.refused": ("Bu şu anda yapılamaz.", "This cannot be done now."),
    "payment.refused.state_unsuitable": (
        "Ödemenin şu anki durumunda bu yapılamaz.",
        "This cannot be done as the payment stands.",
    ),
    "payment.refused.operation_in_flight": (
        "Bu ödemede yanıtı beklenen bir işlem var. O bitmeden başka işlem yapılamaz.",
        "Another operation on this payment is still on its way.",
    ),
    "payment.refused.void_too_late": (
        "İptal süresi geçti; bunun yerine iade edin.",
        "It is too late to cancel; refund it instead.",
    ),
    "payment.refused.refund_too_late": (
        "İade süresi (365 gün) geçti.",
        "It is too late to refund: more than 365 days.",
    ),
    "payment.refused.amount_exceeds_remainder": (
        "Tutar, iade edilebilir tutardan büyük.",
        "The amount is more than what is left to refund.",
    ),
    "payment.refused.currency_not_enabled": (
        "Bu para birimi artık açık değil.",
        "This currency is no longer enabled.",
    ),
    "payment.refused.sub_merchant_not_payable": (
        "Alt üye iş yerinin IBAN'ı ya da kimlik veya vergi numarası eksik; önce tamamlayın.",
        "The sub-merchant lacks an IBAN, or an identity or tax number; complete it first.",
    ),
}
