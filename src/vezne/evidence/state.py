"""The state that controls are judged by: settings, keys, and the newest end of the audit trail."""

import msgspec

from vezne.settings import Settings


class KeyState(msgspec.Struct, frozen=True, kw_only=True):
    """A key as an assessor asks about it. `ends` is the day by which it is to be rotated."""

    id: str
    state: str
    check_value: str
    created: str
    ends: str
    is_overdue: bool
    provider: str = ""
    is_sandbox: bool = False


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What is in force. `checkpoint` is the newest line of the trail that is signed, 0 for none."""

    version: str
    written: str
    settings: Settings
    is_guarded: bool
    keys: tuple[KeyState, ...]
    checkpoint: int

    @property
    def master(self) -> str:
        """The active master key: its id, where it is, and whether it is a sandbox's."""
        return "; ".join(
            f"{key.id} in {key.provider}{', of a sandbox' if key.is_sandbox else ''}"
            for key in self.keys
            if key.provider and key.state == "active"
        )

    def count(self, purpose: str, *states: str) -> int:
        """How many keys of a purpose are in one of these states."""
        return sum(key.id.startswith(f"{purpose}:") and key.state in states for key in self.keys)

    @property
    def overdue(self) -> list[str]:
        """The keys whose cryptoperiod is over."""
        return [key.id for key in self.keys if key.is_overdue]
