"""Those without whose word no card leaves: two of them, for each export.

An approver has a passphrase and nothing else. A signing key follows from it (Argon2id, RFC 9106),
the vault stores the public half, and an approval is a signature: whoever can write to the database
cannot approve anything, and the recipient of an export sees who did.
"""

import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from vezne.core.audit import AuditAction, AuditEvent
from vezne.core.card import holds_card_number
from vezne.core.ports import Audit, Clock, Entropy, SecretBox
from vezne.engines.engine import Conflict
from vezne.vault.portability.errors import InvalidApprover, NotProven
from vezne.vault.portability.manifest import public_text
from vezne.vault.portability.records import ApproverRow, PortabilityRecords

# How many must agree, to an export and to another circle of approvers.
QUORUM: Final = 2
# PCI DSS v4.0.1 8.3.6.
PASSPHRASE_LENGTH_MIN: Final = 12
# PCI DSS v4.0.1 8.3.4: ten attempts, thirty minutes.
ATTEMPTS_MAX: Final = 10
LOCKED_MS: Final = 30 * 60 * 1000
_NAME_LENGTH_MAX: Final = 64
_SALT_BYTES: Final = 16
_SEED_BYTES: Final = 32
# The second recommended option of RFC 9106, 4: 64 MiB, three passes, four lanes.
MEMORY_KIB: Final = 64 * 1024
_PASSES: Final = 3
_LANES: Final = 4


class Proof(NamedTuple):
    """A name and the passphrase that is to prove it."""

    name: str
    passphrase: str

    def __repr__(self) -> str:
        return f"Proof({self.name!r}, passphrase=***)"


class Approver(NamedTuple):
    """What may be shown of an approver. `public_key` is hexadecimal."""

    name: str
    public_key: str
    created_ms: int
    locked_until_ms: int


class Approvers:
    """The circle of those who approve exports."""

    def __init__(
        self,
        records: PortabilityRecords,
        secrets: SecretBox,
        clock: Clock,
        entropy: Entropy,
        audit: Audit,
        *,
        memory_kib: int = MEMORY_KIB,
    ) -> None:
        self._records = records
        self._secrets = secrets
        self._clock = clock
        self._entropy = entropy
        self._audit = audit
        self._memory_kib = memory_kib

    async def list_approvers(self) -> list[Approver]:
        """All approvers, by name. Raises InvalidApprover when one was tampered with."""
        return [
            Approver(row.name, (await self._opened(row))[1], row.created_ms, row.locked_until_ms)
            for row in await self._records.list_approvers()
        ]

    async def add(self, approver: Proof, vouchers: Sequence[Proof]) -> None:
        """Take somebody into the circle. While it has two or more, two of them must vouch.

        Raises InvalidApprover, NotProven.
        """
        name, passphrase = approver
        _check(name, passphrase)
        rows = await self._records.list_approvers()
        # First of all, so that nobody can try passphrases by pretending to choose one.
        await self._check_vouched(rows, vouchers)
        for row in rows:
            if await self._derive(row, passphrase) is not None:
                raise InvalidApprover("a passphrase is known to one person only; choose another")
        salt = self._entropy.take(_SALT_BYTES)
        public_key = public_text(self._key_of(passphrase, salt))
        sealed = await self._secrets.seal(salt + bytes.fromhex(public_key), _context(name))
        try:
            await self._records.add_approver(name, sealed, self._clock.now_ms())
        except Conflict:
            raise InvalidApprover(f"{name!r} is an approver already") from None

    async def remove(self, name: str, vouchers: Sequence[Proof]) -> None:
        """Let somebody go, whose approvals no longer count. Two must vouch, as for `add`.

        Raises InvalidApprover, NotProven.
        """
        rows = await self._records.list_approvers()
        _find(rows, name)
        await self._check_vouched(rows, vouchers)
        await self._records.remove_approver(name)

    async def prove(self, proof: Proof) -> Ed25519PrivateKey:
        """The signing key of whoever knows an approver's passphrase.

        Raises InvalidApprover when there is no such approver, NotProven. Failures are counted and
        audited; after ten in a row nobody is believed for half an hour.
        """
        row = _find(await self._records.list_approvers(), proof.name)
        now_ms = self._clock.now_ms()
        if row.locked_until_ms > now_ms:
            self._record(AuditAction.LOGIN_FAILED, proof.name, "locked out")
            await self._audit.settled()
            raise NotProven(f"{proof.name!r} is locked out after too many wrong passphrases")
        # Counted before it is tried: attempts at the same time are attempts all the same.
        failures = row.failures + 1
        is_last = failures >= ATTEMPTS_MAX
        locked_until_ms = now_ms + LOCKED_MS if is_last else 0
        await self._count(row, 0 if is_last else failures, locked_until_ms)
        key = await self._derive(row, proof.passphrase)
        if key is None:
            self._record(AuditAction.LOGIN_FAILED, proof.name, "wrong passphrase")
            if is_last:
                self._record(AuditAction.LOCKED_OUT, proof.name, f"{ATTEMPTS_MAX} in a row")
            await self._audit.settled()
            raise NotProven(f"that is not the passphrase of {proof.name!r}")
        counted = row._replace(failures=0 if is_last else failures)
        await self._count(counted, 0, 0)
        return key

    async def _count(self, row: ApproverRow, failures: int, locked_until_ms: int) -> None:
        try:
            await self._records.count_failures(row, failures, locked_until_ms)
        except Conflict:
            raise NotProven(f"{row.name!r} is being asked elsewhere; try again") from None

    async def _check_vouched(self, rows: Sequence[ApproverRow], vouchers: Sequence[Proof]) -> None:
        if len(rows) < QUORUM:
            return
        if len({voucher.name for voucher in vouchers}) < QUORUM:
            raise NotProven(f"{QUORUM} approvers must vouch for a change among the approvers")
        for voucher in vouchers:
            await self.prove(voucher)

    async def _derive(self, row: ApproverRow, passphrase: str) -> Ed25519PrivateKey | None:
        """The key that a passphrase gives, if it is the approver's."""
        salt, public_key = await self._opened(row)
        key = self._key_of(passphrase, salt)
        return key if public_text(key) == public_key else None

    async def _opened(self, row: ApproverRow) -> tuple[bytes, str]:
        """Salt and public key of an approver. Raises InvalidApprover."""
        try:
            opened = await self._secrets.open(row.sealed, _context(row.name))
        except ValueError:
            raise InvalidApprover(
                f"the record of the approver {row.name!r} was altered: remove it from the table"
            ) from None
        return opened[:_SALT_BYTES], opened[_SALT_BYTES:].hex()

    def _key_of(self, passphrase: str, salt: bytes) -> Ed25519PrivateKey:
        derivation = Argon2id(
            salt=salt,
            length=_SEED_BYTES,
            iterations=_PASSES,
            lanes=_LANES,
            memory_cost=self._memory_kib,
        )
        # The same letters may be typed as different code points.
        typed = unicodedata.normalize("NFC", passphrase).encode()
        return Ed25519PrivateKey.from_private_bytes(derivation.derive(typed))

    def _record(self, action: AuditAction, name: str, reason: str) -> None:
        self._audit.record(
            AuditEvent(action=action, is_success=False, subject=f"approver {name}", reason=reason)
        )


def _check(name: str, passphrase: str) -> None:
    is_plain = name.isprintable() and name == name.strip()
    if not is_plain or not 1 <= len(name) <= _NAME_LENGTH_MAX or holds_card_number(name):
        raise InvalidApprover(f"a name has 1 to {_NAME_LENGTH_MAX} printable characters")
    is_mixed = any(map(str.isalpha, passphrase)) and any(map(str.isdigit, passphrase))
    if len(passphrase) < PASSPHRASE_LENGTH_MIN or not is_mixed:
        raise InvalidApprover(
            f"a passphrase has {PASSPHRASE_LENGTH_MIN} characters or more, "
            "letters and digits among them"
        )


def _find(rows: Sequence[ApproverRow], name: str) -> ApproverRow:
    for row in rows:
        if row.name == name:
            return row
    raise InvalidApprover(f"there is no approver {name!r}; `vezne approvers list` shows them")


def _context(name: str) -> bytes:
    return b"vezne approver\0" + name.encode()
