"""What the pages about members work with."""

import msgspec

from vezne.core.member import MemberBooks
from vezne.core.ports import Audit, Clock, Entropy, Merchants, SecretBox
from vezne.panel.accounts import Accounts
from vezne.panel.entrance import Entrance
from vezne.panel.links import Links
from vezne.panel.passwords import Passwords
from vezne.panel.sessions import PanelSessions, Policy


class MembersDesk(msgspec.Struct, frozen=True, kw_only=True):
    """Members, teams and sessions."""

    books: MemberBooks
    merchants: Merchants
    entrance: Entrance
    sessions: PanelSessions
    accounts: Accounts
    links: Links
    passwords: Passwords


class Lent(msgspec.Struct, frozen=True, kw_only=True):
    """What the members' desk needs of the house."""

    books: MemberBooks
    merchants: Merchants
    secrets: SecretBox
    audit: Audit
    clock: Clock
    entropy: Entropy


def members_desk(lent: Lent, policy: Policy, passwords: Passwords) -> MembersDesk:
    """The members' desk over what is lent."""
    accounts = Accounts(lent.books, lent.secrets, passwords, lent.clock, lent.entropy)
    return MembersDesk(
        books=lent.books,
        merchants=lent.merchants,
        entrance=Entrance(lent.books, passwords, lent.secrets, lent.audit, lent.clock),
        sessions=PanelSessions(lent.books, lent.merchants, lent.clock, lent.entropy, policy),
        accounts=accounts,
        links=Links(lent.books, accounts, lent.clock, lent.entropy),
        passwords=passwords,
    )
