"""The way in: e-mail address, password, code; and nobody may try for ever."""

import enum
import unicodedata
from typing import Final

import msgspec

from vezne.core.audit import AuditAction, AuditEvent, current_origin, prove_caller
from vezne.core.changes import Conflict
from vezne.core.member import ChangeMember, MemberBooks, MemberRecord, MemberSession
from vezne.core.ports import Audit, Clock, SecretBox
from vezne.edge.client_address import neighbourhood
from vezne.edge.logs import mask_digits
from vezne.edge.refusals import show_claim
from vezne.panel import second_factor
from vezne.panel.passwords import Busy, Passwords

# PCI DSS v4.0.1 8.3.4.
TRIES_MAX: Final = 10
LOCKED_MS: Final = 30 * 60_000
# Tries count together while no two of them are so far apart.
TOGETHER_MS: Final = 30 * 60_000
# RFC 5321 4.5.3.1.3, less the brackets.
EMAIL_LENGTH_MAX: Final = 254


class NoEntry(enum.Enum):
    """Why somebody is not let in. Whether the e-mail address is known is not said."""

    WRONG = "wrong"
    LOCKED = "locked"
    BUSY = "busy"


class _Doubt(msgspec.Struct, frozen=True):
    """Somebody who tries: the names under which it is counted, and how often it was so far."""

    names: tuple[str, ...]
    counts: tuple[int, ...]


class Entrance:
    """Checks passwords and codes.

    Tries are counted before anything is checked, for the e-mail address and for where they come
    from, so that many at once are no more than one after the other.
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

    async def check_password(self, email: str, password: str) -> MemberRecord | NoEntry:
        """The member of an e-mail address, if that is the password. Raises AuditFailure.

        It takes as long for an address that nobody has.
        """
        email = fold_email(email)
        doubt = await self._begin(email)
        if doubt is None:
            return NoEntry.LOCKED
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

    async def check_code(self, session: MemberSession, typed: str) -> MemberRecord | NoEntry:
        """The member of a session, if that is the code of now, or a recovery code.

        Raises AuditFailure.
        """
        record = await self._members.find_member(session.member_id)
        if record is None:
            return NoEntry.WRONG
        doubt = await self._begin(record.email)
        if doubt is None:
            return NoEntry.LOCKED
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

    async def _begin(self, email: str) -> _Doubt | None:
        """Count a try; None when nobody may."""
        names = (tries_of(email), f"address {neighbourhood(current_origin().address)}")
        now_ms = self._clock.now_ms()
        for name in names:
            if (await self._members.find_tries(name)).locked_until_ms > now_ms:
                return None
        counts: list[int] = []
        for name in names:
            tries = await self._members.count_try(
                name, now_ms=now_ms, since_ms=now_ms - TOGETHER_MS
            )
            counts.append(tries.count)
        return None if max(counts) > TRIES_MAX else _Doubt(names, tuple(counts))

    async def _take_back(self, doubt: _Doubt) -> None:
        for name in doubt.names:
            await self._members.take_back_try(name)

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
        for name, count in zip(doubt.names, doubt.counts, strict=True):
            if count >= TRIES_MAX:
                await self._members.lock(name, now_ms + LOCKED_MS)
                reason = f"{name.partition(' ')[0]}, for {LOCKED_MS // 60_000} minutes"
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
    """An e-mail address as members are told apart by it; empty for a text that is too long."""
    text = unicodedata.normalize("NFC", email.strip())
    return text.casefold() if len(text) <= EMAIL_LENGTH_MAX else ""


def factor_context(member_id: int) -> bytes:
    """What the secret of a second factor is sealed to, so that it opens for no other member."""
    return b"member\0" + str(member_id).encode()


def tries_of(email: str) -> str:
    """The name under which tries are counted. Somebody may type a card number there."""
    return f"member {mask_digits(email)}"
