"""Texts of the team: Turkish, English."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "team.members": ("Ekip üyeleri", "Members of the team"),
    "team.since": ("Katılma", "Joined"),
    "team.you": ("Siz", "You"),
    "team.role_of": ("{email} için rol", "Role of {email}"),
    "team.remove": ("Çıkar", "Remove"),
    "team.remove_who": ("{email} ekipten çıkarılsın mı?", "Remove {email} from the team?"),
    "team.remove_about": (
        (
            "Bu kişi {merchant} verilerini artık göremez ve bu üye iş yeri için açık oturumları "
            "hemen sonlanır. Yeniden katılması için davet gerekir."
        ),
        (
            "They will no longer see anything of {merchant}, and their sessions for it end at "
            "once. Coming back takes an invitation."
        ),
    ),
    "team.removed": ("{email} ekipten çıkarıldı.", "{email} is no longer in the team."),
    "team.role_changed": (
        "{email} kullanıcısının rolü değişti; yeniden giriş yapması gerekecek.",
        "The role of {email} has changed; they have to sign in again.",
    ),
    "team.last_owner": (
        "Ekipte en az bir sahip kalmalı. Hiçbir şey değişmedi.",
        "A team needs an owner. Nothing was changed.",
    ),
    "team.changed_meanwhile": (
        "Ekip bu sırada değişti. Hiçbir şey yapılmadı; tekrar bakın.",
        "The team has changed meanwhile. Nothing was done; look again.",
    ),
    "team.invitations": ("Bekleyen davetler", "Open invitations"),
    "team.no_invitations": ("Bekleyen davet yok.", "There are no open invitations."),
    "team.invited_by": ("Davet eden", "Invited by"),
    "team.expires": ("Geçerlilik sonu", "Works until"),
    "team.withdraw": ("Geri al", "Withdraw"),
    "team.withdrawn": ("Davet geri alındı.", "The invitation is withdrawn."),
    "team.invite": ("Davet et", "Invite somebody"),
    "team.make_link": ("Davet bağlantısı oluştur", "Make an invitation link"),
    "team.invited": ("Davet hazır", "The invitation is ready"),
    "team.send": (
        (
            "Bu bağlantıyı davet ettiğiniz kişiye kendiniz gönderin. 72 saat içinde bir kez "
            "kullanılabilir ve bir daha gösterilmez."
        ),
        "Send this link to them yourself. It works once within 72 hours, and is not shown again.",
    ),
    "team.invited_already": (
        (
            "{email} için bağlantı zaten oluşturuldu ve bir daha gösterilmez. Elinizde değilse "
            "aşağıdan yeniden davet edin; önceki bağlantı o zaman geçersiz olur."
        ),
        (
            "The link for {email} was made already and is not shown again. If you do not have it, "
            "invite them once more below; the link before then works no more."
        ),
    ),
    "team.no_email": (
        "Bu bir e-posta adresi değil.",
        "That is no e-mail address.",
    ),
    "team.member_already": (
        "Bu kişi zaten ekipte.",
        "They are in the team already.",
    ),
    "team.about_owner": (
        "Her şeyi yapabilir; ekibi ve denetim izini yalnızca sahipler görür.",
        "May do everything; only owners see the team and the audit trail.",
    ),
    "team.about_operator": (
        "Ödemeleri görür, iptal ve iade eder, onaylar, dışa aktarır; kart siler.",
        "Sees payments, cancels, refunds, approves and exports them; deletes cards.",
    ),
    "team.about_developer": (
        (
            "İstekleri, webhook'ları ve deneme ortamını, anahtarlarıyla birlikte yönetir; panelde "
            "para hareket ettiremez. Canlı ortamın anahtarlarını yalnızca sahipler yönetir."
        ),
        (
            "Looks after requests, webhooks and the sandbox with its keys; moves no money in the "
            "panel. The keys of live mode are for owners only."
        ),
    ),
    "team.about_viewer": ("Yalnızca bakar.", "Only looks."),
}
