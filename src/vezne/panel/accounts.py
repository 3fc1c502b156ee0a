"""Members' own affairs: passwords and second factors."""

from collections.abc import Sequence
from typing import Final

import msgspec

from vezne.core.member import ChangeMember, EndSessions, MemberBooks, MemberRecord
from vezne.core.ports import Clock, Entropy, SecretBox
from vezne.panel import second_factor
from vezne.panel.entrance import factor_context
from vezne.panel.passwords import REMEMBERED, Passwords, fault_of

_USED_BEFORE: Final = "password.used_before"


class Accounts:
    """Changes what belongs to a member. Whoever calls has checked that it is the member."""

    def __init__(
        self,
        members: MemberBooks,
        secrets: SecretBox,
        passwords: Passwords,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._members = members
        self._secrets = secrets
        self._passwords = passwords
        self._clock = clock
        self._entropy = entropy

    async def fault_of(
        self, password: str, email: str, merchant_names: Sequence[str], record: MemberRecord | None
    ) -> str:
        """The name of the text that says what is wrong with a new password; empty: nothing.

        Raises Busy.
        """
        fault = fault_of(password, [email, *merchant_names])
        if fault or record is None:
            return fault
        # PCI DSS v4.0.1 8.3.7.
        used = await self._passwords.was_used(password, [record.password_hash, *record.old_hashes])
        return _USED_BEFORE if used else ""

    async def change_password(
        self, record: MemberRecord, password: str, *, session_id: str
    ) -> MemberRecord:
        """Give a member a new password. All sessions but one are over.

        Raises Busy and Conflict.
        """
        changed = await self.with_password(record, password)
        end = EndSessions(record.id, but=session_id)
        await self._members.apply([ChangeMember(changed), end])
        return changed

    async def with_password(self, record: MemberRecord, password: str) -> MemberRecord:
        """The member's next version, with another password. Raises Busy."""
        olds = (record.password_hash, *record.old_hashes)
        return msgspec.structs.replace(
            record,
            version=record.version + 1,
            password_hash=await self._passwords.hash(password),
            old_hashes=tuple(filter(None, olds))[:REMEMBERED],
        )

    async def begin_factor(self, record: MemberRecord) -> None:
        """Make the secret of a second factor, which counts once its first code is given.

        Raises Conflict.
        """
        secret = second_factor.new_secret(self._entropy)
        sealed = await self._secrets.seal(secret, factor_context(record.id))
        changed = msgspec.structs.replace(record, version=record.version + 1, pending_factor=sealed)
        await self._members.apply([ChangeMember(changed)])

    async def pending_secret(self, record: MemberRecord) -> bytes | None:
        """The secret that is being set up."""
        if not record.pending_factor:
            return None
        return await self._secrets.open(record.pending_factor, factor_context(record.id))

    async def is_first_code(self, record: MemberRecord, typed: str) -> bool:
        """Whether a code shows that the secret which is being set up has arrived in an app."""
        return await self._first_step(record, typed) is not None

    async def confirm_factor(
        self, record: MemberRecord, typed: str, *, session_id: str
    ) -> tuple[str, ...] | None:
        """Put the second factor into force, by its first code; all sessions but one are over.

        Returns the recovery codes, which nobody sees again; None: that is not the code. Raises
        Conflict.
        """
        step = await self._first_step(record, typed)
        if step is None:
            return None
        codes = second_factor.new_recovery_codes(self._entropy)
        changed = msgspec.structs.replace(
            record,
            version=record.version + 1,
            sealed_factor=record.pending_factor,
            pending_factor=b"",
            factor_step=step,
            recovery=tuple(map(second_factor.recovery_digest, codes)),
        )
        end = EndSessions(record.id, but=session_id)
        await self._members.apply([ChangeMember(changed), end])
        return codes

    async def renew_recovery(self, record: MemberRecord) -> tuple[str, ...]:
        """New recovery codes in place of the old ones. Raises Conflict."""
        codes = second_factor.new_recovery_codes(self._entropy)
        digests = tuple(map(second_factor.recovery_digest, codes))
        changed = msgspec.structs.replace(record, version=record.version + 1, recovery=digests)
        await self._members.apply([ChangeMember(changed)])
        return codes

    async def drop_factor(self, record: MemberRecord) -> None:
        """Take the second factor away. Raises Conflict."""
        changed = without_factor(msgspec.structs.replace(record, version=record.version + 1))
        await self._members.apply([ChangeMember(changed)])

    async def _first_step(self, record: MemberRecord, typed: str) -> int | None:
        secret = await self.pending_secret(record)
        if secret is None:
            return None
        return second_factor.matching_step(secret, typed, self._clock.now_ms(), 0)


def without_factor(record: MemberRecord) -> MemberRecord:
    """The member without a second factor. Codes that were used stay used."""
    return msgspec.structs.replace(record, sealed_factor=b"", pending_factor=b"", recovery=())
