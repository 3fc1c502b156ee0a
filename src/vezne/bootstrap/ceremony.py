"""A ceremony for a master key: its record and its custodians' shares."""

import resource
from pathlib import Path

import msgspec

from vezne.bootstrap.cannot_start import CannotStart
from vezne.machine import SystemClock, SystemEntropy
from vezne.terminal import ask_secret
from vezne.vault.ceremony import Ceremony, Plan, divide, new_ceremony, to_record
from vezne.vault.files import PUBLIC, replace_file
from vezne.vault.master_key import UnusableMasterKey
from vezne.vault.masters.shares import ShareSource, gather
from vezne.vault.share_text import InvalidShare, Share, share_from_text, to_text


class CeremonyPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How many custodians there will be, and how many of them are needed for a start.

    `is_sandbox` is for a new key. `reshared` is the record of an earlier ceremony, whose key gets
    new custodians, or None.
    """

    custodians: int
    threshold: int
    is_sandbox: bool
    reshared: Path | None


class HeldCeremony(msgspec.Struct, frozen=True, kw_only=True):
    """What a ceremony made. `shares` are texts in the order of the custodians' numbers."""

    id: str
    key_id: str
    kcv: str
    record: bytes
    shares: tuple[str, ...]

    def __repr__(self) -> str:
        return f"HeldCeremony({self.id})"


def hold_ceremony(plan: CeremonyPlan) -> HeldCeremony:
    """Make a key, or take an earlier one's shares at the terminal, and divide it.

    The key exists in this process's memory for the moment that takes; a crash leaves no copy of
    the memory behind. Raises CannotStart.
    """
    entropy = SystemEntropy()
    try:
        parts = Plan(
            custodians=plan.custodians,
            threshold=plan.threshold,
            is_sandbox=plan.is_sandbox,
            now_ms=SystemClock().now_ms(),
        )
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if plan.reshared is None:
            ceremony, shares = new_ceremony(parts, entropy)
        else:
            ceremony, shares = _divide_again(plan.reshared, parts, entropy)
    except (UnusableMasterKey, ValueError) as error:
        raise CannotStart(str(error)) from None
    return HeldCeremony(
        id=ceremony.ceremony,
        key_id=ceremony.key_id,
        kcv=ceremony.kcv,
        record=to_record(ceremony),
        shares=tuple(to_text(share) for share in shares),
    )


def difference(shown: str, typed: str) -> str:
    """Why what a custodian typed is not the share that was shown; empty when it is."""
    try:
        is_same = share_from_text(typed) == share_from_text(shown)
    except InvalidShare as error:
        return str(error)
    return "" if is_same else "this is another share"


def write_record(path: Path, held: HeldCeremony) -> None:
    """Keep the public record of a ceremony. Raises OSError."""
    replace_file(path, held.record, PUBLIC)


def _divide_again(
    record: Path, parts: Plan, entropy: SystemEntropy
) -> tuple[Ceremony, list[Share]]:
    gathering = gather(record, ShareSource(ask=ask_secret))
    if gathering.ceremony.sandbox is not parts.is_sandbox:
        raise UnusableMasterKey(f"{record} is a sandbox's, which --sandbox says, or the other way")
    key = gathering.key()
    try:
        return divide(key, parts, entropy)
    finally:
        key[:] = bytes(len(key))
