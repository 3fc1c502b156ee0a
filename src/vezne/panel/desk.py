"""What the panel works with: the house's ports, and what bootstrap lends it of the other rooms."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from vezne.core.call_log import CallLog, CallTally
from vezne.core.card_register import CardRegister
from vezne.core.day_figures import Figure, Figures
from vezne.core.fault import FaultBoard
from vezne.core.member import SignedIn
from vezne.core.merchant import BlockageRelease
from vezne.core.notice_archive import NoticeArchive
from vezne.core.ports import Audit, MerchantClocks, Ports
from vezne.core.search import PaymentSearch
from vezne.core.trail import TrailReader
from vezne.core.webhook import Outbox
from vezne.panel.card_names import CardNames
from vezne.panel.members import MembersDesk
from vezne.panel.recent import Recent
from vezne.panel.registry import HouseRules, Keys, Register
from vezne.panel.releases import Releases
from vezne.panel.shop.supplies import Shop


class Sessions(Protocol):
    """Who is signed in."""

    async def find(self, token: str, *, is_at_work: bool = True) -> SignedIn | None:
        """Who the bearer of a session's token is; None when it is unknown or over.

        A page that refreshes itself is no sign that anybody is at work.
        """


class PanelDesk(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a page may use. `ports` have the real time: `Visit.ports` the merchant's.

    `counted` and `releases` keep what the first page counts. `blockage_releases` says by door when
    money is released that is withheld of a capture.
    """

    ports: Ports
    audit: Audit
    sessions: Sessions
    members: MembersDesk
    # Where browsers reach the server, if that is not where they say they called it.
    public_url: str | None
    is_sandbox: bool
    outbox: Outbox
    figures: Figures
    search: PaymentSearch
    counted: Recent[list[Figure]]
    releases: Recent[Releases]
    blockage_releases: Mapping[str, BlockageRelease]
    cards: CardRegister
    card_names: CardNames
    notices: NoticeArchive
    keys: Keys
    register: Register
    rules: HouseRules
    trail: TrailReader
    clocks: MerchantClocks
    faults: FaultBoard | None
    shop: Shop | None
    # The log of calls, in a sandbox; and who keeps it, unless it is switched off.
    calls: CallLog | None
    call_tally: CallTally | None
