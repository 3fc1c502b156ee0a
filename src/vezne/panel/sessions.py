"""Sessions: who is signed in, for how long, from which browser."""

import base64
import hashlib
from typing import Final, NamedTuple

import msgspec

from vezne.core.audit import current_origin
from vezne.core.member import (
    AddSession,
    DropSessions,
    MemberBooks,
    MemberRecord,
    MemberSession,
    SeeSession,
    SignedIn,
    TakeSession,
)
from vezne.core.ports import Clock, Entropy, Merchants
from vezne.edge.logs import mask_digits

# A working day; then the password is asked for again.
LIFE_MS: Final = 12 * 3_600_000
# For the time between password and code.
CODE_WAIT_MS: Final = 5 * 60_000
# How exact the time is at which a member was last seen.
SEEN_EVERY_MS: Final = 30_000

# 256 bits, so that a digest without salt gives nothing away.
_TOKEN_BYTES: Final = 32
_ID_BYTES: Final = 9
_BROWSER_LENGTH_MAX: Final = 200


class Policy(NamedTuple):
    """After how long without a sign of life a session is over, and whether codes are mandatory.

    PCI DSS v4.0.1 8.2.8 (fifteen minutes), 8.4.2.
    """

    idle_ms: int
    is_factor_mandatory: bool


class PanelSessions:
    """Implements `vezne.panel.desk.Sessions`, and begins and renews what it finds."""

    def __init__(
        self,
        members: MemberBooks,
        merchants: Merchants,
        clock: Clock,
        entropy: Entropy,
        policy: Policy,
    ) -> None:
        self._members = members
        self._merchants = merchants
        self._clock = clock
        self._entropy = entropy
        self.policy = policy

    async def find(self, token: str, *, is_at_work: bool = True) -> SignedIn | None:
        """Who the bearer of a token is; None when it is unknown or over.

        A page that refreshes itself is no sign that anybody is at work.
        """
        session = await self._members.find_session(digest_of(token))
        if session is None or not session.is_open or not self._is_alive(session):
            return None
        who = await self._who(session)
        if who is not None and is_at_work:
            await self._see(session)
        return who

    async def find_waiting(self, token: str) -> MemberSession | None:
        """The session whose password was right, and whose code is still to come."""
        session = await self._members.find_session(digest_of(token))
        if session is None or session.is_open:
            return None
        age_ms = self._clock.now_ms() - session.created_ms
        return session if age_ms <= CODE_WAIT_MS else None

    async def begin(
        self, record: MemberRecord, merchant_id: int, browser: str, *, is_open: bool
    ) -> str:
        """The token of a new session."""
        token, now_ms = new_token(self._entropy), self._clock.now_ms()
        session = MemberSession(
            digest=digest_of(token),
            id=self._entropy.take(_ID_BYTES).hex(),
            member_id=record.id,
            merchant_id=merchant_id,
            csrf=new_token(self._entropy),
            address=current_origin().address,
            browser=mask_digits(browser)[:_BROWSER_LENGTH_MAX],
            created_ms=now_ms,
            seen_ms=now_ms,
            is_open=is_open,
        )
        await self._members.apply([DropSessions(now_ms - LIFE_MS), AddSession(session)])
        return token

    async def renew(self, session: MemberSession, *, merchant_id: int | None = None) -> str:
        """A new token for a session, which is open from then on; the one before works no more.

        Whoever knew the old one, or put it into the browser, has nothing. Raises Conflict when the
        session is over: it stays so, and the member has to sign in anew.
        """
        token = new_token(self._entropy)
        renewed = msgspec.structs.replace(
            session,
            digest=digest_of(token),
            csrf=new_token(self._entropy),
            merchant_id=session.merchant_id if merchant_id is None else merchant_id,
            seen_ms=self._clock.now_ms(),
            is_open=True,
        )
        await self._members.apply([TakeSession(session.digest), AddSession(renewed)])
        return token

    async def list_open(self, member_id: int) -> list[MemberSession]:
        """A member's sessions that are not over, the one that was used last first."""
        return [
            session
            for session in await self._members.list_sessions(member_id)
            if session.is_open and self._is_alive(session)
        ]

    def _is_alive(self, session: MemberSession) -> bool:
        now_ms = self._clock.now_ms()
        is_young = now_ms - session.created_ms <= LIFE_MS
        return is_young and now_ms - session.seen_ms <= self.policy.idle_ms

    async def _who(self, session: MemberSession) -> SignedIn | None:
        merchant = await self._merchants.find_merchant(session.merchant_id)
        record = await self._members.find_member(session.member_id)
        membership = await self._members.find_membership(session.member_id, session.merchant_id)
        if merchant is None or record is None or membership is None:
            return None
        return SignedIn(
            member=record.member,
            merchant=merchant,
            role=membership.role,
            session_id=session.id,
            csrf=session.csrf,
            must_enroll=self.policy.is_factor_mandatory and not record.sealed_factor,
        )

    async def _see(self, session: MemberSession) -> None:
        now_ms = self._clock.now_ms()
        if now_ms - session.seen_ms >= SEEN_EVERY_MS:
            await self._members.apply([SeeSession(session.digest, now_ms)])


def new_token(entropy: Entropy) -> str:
    """A secret that nobody guesses, for cookies and addresses."""
    return base64.urlsafe_b64encode(entropy.take(_TOKEN_BYTES)).decode("ascii").rstrip("=")


def digest_of(token: str) -> bytes:
    """What a token is known by."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
