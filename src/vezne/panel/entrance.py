"""The way in: e-mail address, password, code; and nobody may try for ever."""

import enum
import unicodedata
from typing import Final

import msgspec

from vezne.core.audit import AuditAction, AuditEvent, current_origin, prove_caller
from vezne.core.changes import Conflict
from vezne.core.member import ChangeMember, MemberBooks, MemberRecord, TryLimit
from vezne.core.ports import Audit, Clock, SecretBox
from vezne.edge.client_address import neighbourhood
from vezne.edge.logs import mask_digits
from vezne.edge.refusals import show_claim
from vezne.panel import second_factor
from vezne.panel.pace import Pace
from vezne.panel.passwords import Busy, Passwords

# PCI DSS v4.0.1 8.3.4.
TRIES_MAX: Final = 10
LOCKED_MS: Final = 30 * 60_000
# Many members may share an address.
ADDRESS_TRIES_MAX: Final = 50
# From the first try on; those after it count together.
TOGETHER_MS: Final = 30 * 60_000
# RFC 5321 4.5.3.1.3, less the brackets.
EMAIL_LENGTH_MAX: Final = 254


class NoEntry(enum.Enum):
    """Why somebody is not let in. Whether the e-mail address is known is not said."""

    WRONG = "wrong"
    LOCKED = "locked"
    BUSY = "busy"
    # From one address, in a minute. It was not looked at, and does not count.
    TOO_FAST = "too_fast"
    # There is no second factor, or none any more.
    GONE = "gone"


class _Doubt(msgspec.Struct, frozen=True):
    """A try that is counted: under which names, from where, and since when."""

    limits: tuple[TryLimit, ...]
    neighbourhood: str
    begun_ms: int


class Entrance:
    """Checks passwords and codes.

    Tries are counted before anything is checked, for the e-mail address and for where they come
    from, so that many at once are no more than one after the other. Those of somebody who has to
    wait count for nobody and make nobody wait longer.
    """

    def __init__(
        self,
        members: MemberBooks,
        passwords: Passwords,
        secrets: SecretBox,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._members = members
        self._passwords = passwords
        self._secrets = secrets
        self._audit = audit
        self._clock = clock
        self._pace = Pace()

    async def check_password(self, email: str, password: str) -> MemberRecord | NoEntry:
        """The member of an e-mail address, if that is the password. Raises AuditFailure.

        It takes as long for an address that nobody has.
        """
        email = fold_email(email)
        doubt = await self._begin(email)
        if isinstance(doubt, NoEntry):
            return doubt
        record = await self._members.find_member_named(email)
        try:
            stored = "" if record is None else record.password_hash
            is_right = await self._passwords.verify(password, stored)
        except Busy:
            await self._take_back(doubt)
            return NoEntry.BUSY
        if record is None or not is_right:
            return await self._fail(doubt, email, record, "password")
        await self._take_back(doubt)
        return await self._rehashed(record, password)

    async def check_code(self, member_id: int, typed: str) -> MemberRecord | NoEntry:
        """A member, if that is the code of now, or a recovery code: it is used then.

        Raises AuditFailure.
        """
        record = await self._members.find_member(member_id)
        if record is None or not record.sealed_factor:
            return NoEntry.GONE
        doubt = await self._begin(record.email)
        if isinstance(doubt, NoEntry):
            return doubt
        changed = await self._use_code(record, typed)
        if changed is None:
            return await self._fail(doubt, record.email, record, "code")
        try:
            await self._members.apply([ChangeMember(changed)])
        except Conflict:
            # Somebody else has used the same code at the same time.
            return await self._fail(doubt, record.email, record, "code")
        await self._take_back(doubt)
        return changed

    async def welcome(self, record: MemberRecord, merchant_id: int) -> None:
        """Write that a member is in, and forget what was tried before. Raises AuditFailure."""
        prove_caller(merchant_id, record.email)
        self._audit.record(AuditEvent(action=AuditAction.LOGIN_SUCCEEDED, merchant_id=merchant_id))
        await self._members.forget_tries(tries_of(record.email))

    async def _use_code(self, record: MemberRecord, typed: str) -> MemberRecord | None:
        """The member after a code was used; None: it is none."""
        secret = await self._secrets.open(record.sealed_factor, factor_context(record.id))
        now_ms = self._clock.now_ms()
        step = second_factor.matching_step(secret, typed, now_ms, record.factor_step)
        if step is not None:
            return msgspec.structs.replace(record, version=record.version + 1, factor_step=step)
        digest = second_factor.recovery_digest(typed)
        if digest not in record.recovery:
            return None
        left = tuple(each for each in record.recovery if each != digest)
        return msgspec.structs.replace(record, version=record.version + 1, recovery=left)

    async def _begin(self, email: str) -> _Doubt | NoEntry:
        """Count a try, unless somebody has to wait."""
        now_ms, here = self._clock.now_ms(), neighbourhood(current_origin().address)
        if not self._pace.take(here, now_ms):
            return NoEntry.TOO_FAST
        limits = (
            TryLimit(tries_of(email), TRIES_MAX),
            TryLimit(f"address {here}", ADDRESS_TRIES_MAX),
        )
        since_ms = now_ms - TOGETHER_MS
        if not await self._members.begin_try(limits, now_ms=now_ms, since_ms=since_ms):
            return NoEntry.LOCKED
        return _Doubt(limits, here, now_ms)

    async def _take_back(self, doubt: _Doubt) -> None:
        self._pace.give_back(doubt.neighbourhood)
        names = [limit.name for limit in doubt.limits]
        await self._members.take_back_try(names, doubt.begun_ms)

    async def _fail(
        self, doubt: _Doubt, email: str, record: MemberRecord | None, why: str
    ) -> NoEntry:
        """Write down that a try failed, and lock who has had enough of them."""
        # Asked for nobody's as well, so that it takes as long.
        memberships = await self._members.list_memberships(0 if record is None else record.id)
        merchant_id = memberships[0].merchant_id if memberships else 0
        subject = show_claim(email)
        event = AuditEvent(
            action=AuditAction.LOGIN_FAILED,
            is_success=False,
            merchant_id=merchant_id,
            subject=subject,
            reason=why,
        )
        self._audit.record(event)
        now_ms = self._clock.now_ms()
        for limit in doubt.limits:
            if await self._members.lock(limit, now_ms + LOCKED_MS):
                reason = f"{limit.name.partition(' ')[0]}, for {LOCKED_MS // 60_000} minutes"
                locked = msgspec.structs.replace(
                    event, action=AuditAction.LOCKED_OUT, reason=reason
                )
                self._audit.record(locked)
        await self._members.drop_tries(now_ms - TOGETHER_MS)
        return NoEntry.WRONG

    async def _rehashed(self, record: MemberRecord, password: str) -> MemberRecord:
        """The member, with a hash as they are made today."""
        if not self._passwords.is_outdated(record.password_hash):
            return record
        try:
            changed = msgspec.structs.replace(
                record,
                version=record.version + 1,
                password_hash=await self._passwords.hash(password),
            )
            await self._members.apply([ChangeMember(changed)])
        except (Busy, Conflict):
            return record
        return changed


def fold_email(email: str) -> str:
    """An e-mail address as members are told apart by it; empty for a text that is too long.

    In lower case, and no further: `straße` and `strasse` may be two people.
    """
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", email.strip()).lower())
    return text if len(text) <= EMAIL_LENGTH_MAX else ""


def factor_context(member_id: int) -> bytes:
    """What the secret of a second factor is sealed to, so that it opens for no other member."""
    return b"member\0" + str(member_id).encode()


def tries_of(email: str) -> str:
    """The name under which tries are counted. Somebody may type a card number there."""
    return f"member {mask_digits(email)}"
