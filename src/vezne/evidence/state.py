"""The state that controls are judged by: settings, keys, and the newest end of the audit trail."""

from typing import Protocol

import msgspec

from vezne.core.retention import Retention
from vezne.settings import Settings


class KeyState(Protocol):
    """A key as an assessor asks about it; `provider` says where a master key is."""

    @property
    def id(self) -> str:
        """`purpose:merchant:version`, or `master:` and its own id."""

    @property
    def state(self) -> str:
        """`active`, `decrypt_only` or `destroyed`."""

    @property
    def is_overdue(self) -> bool:
        """Whether its cryptoperiod is over."""

    @property
    def provider(self) -> str:
        """Empty unless it is a master key."""

    @property
    def is_sandbox(self) -> bool:
        """Whether it is a sandbox's master key."""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What is in force. `checkpoint` is the newest line of the trail that is signed, 0 for none."""

    version: str
    written: str
    settings: Settings
    retention: Retention
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
