"""What the panel is lent of the merchants' register: keys, terms, and the house's rules."""

from typing import Final, Protocol

import msgspec

from vezne.core.merchant import Merchant, MerchantSettings

# The pairs of keys that a merchant calls with.
KEY_DOORS: Final = ("iyzico", "paywall.public", "paywall.private", "paynet")
# How many pairs of a door may work at a time: enough to replace one at each of many servers.
WORKING_KEYS_MAX: Final = 20


class KeyPair(msgspec.Struct, frozen=True, kw_only=True):
    """What may be shown of a pair of keys: its public name and its times, which are real ones.

    `used_ms` is when it was last used, None if it was not since the server began.
    """

    door: str
    key: str
    created_ms: int
    revoked_ms: int | None
    used_ms: int | None


class NewKeyPair(msgspec.Struct, frozen=True, kw_only=True):
    """A pair that is about to be a merchant's. Its secret is shown once."""

    door: str
    key: str
    secret: str

    def __repr__(self) -> str:
        return f"NewKeyPair({self.door}, {self.key!r}, secret=***)"


class KeysChanged(Exception):
    """The merchant's keys are others than whoever asks has seen."""


class Keys(Protocol):
    """Merchants' API keys."""

    async def list_keys(self, merchant_id: int) -> list[KeyPair]:
        """A merchant's pairs, revoked ones included, by door and time."""

    def draw(self, door: str) -> NewKeyPair:
        """A pair in the style of one of `KEY_DOORS`, which is nobody's yet."""

    async def add(self, merchant_id: int, pair: NewKeyPair, *, known: int) -> None:
        """Make a pair a merchant's. Raises KeysChanged unless the merchant has `known` pairs."""

    async def revoke(self, merchant_id: int, door: str, key: str) -> bool:
        """Make a pair stop working; False when the merchant has no such one that works."""


class SettingsChanged(Exception):
    """The settings are others than whoever asks has seen."""


class Register(Protocol):
    """Merchants and what is agreed with them."""

    async def find_merchant(self, merchant_id: int) -> Merchant | None:
        """A merchant by number, as it stands now."""

    async def change_settings(
        self, merchant_id: int, settings: MerchantSettings, *, instead_of: MerchantSettings
    ) -> None:
        """Replace a merchant's settings. Raises SettingsChanged unless they are `instead_of`."""


class ReadingChoice(msgspec.Struct, frozen=True):
    """One way to read a protocol's sources, and who says so."""

    name: str
    source: str


class ProtocolSwitch(msgspec.Struct, frozen=True, kw_only=True):
    """A question on which a protocol's sources disagree, and the reading in force."""

    door: str
    name: str
    about: str
    readings: tuple[ReadingChoice, ...]
    in_force: str


class GuardLimit(msgspec.Struct, frozen=True):
    """A limit of the guard, by the name of its setting; 0 is none."""

    name: str
    value: int


class HouseRules(msgspec.Struct, frozen=True, kw_only=True):
    """What the house has decided for all merchants. Limits count only where a guard stands."""

    switches: tuple[ProtocolSwitch, ...]
    is_guarded: bool
    limits: tuple[GuardLimit, ...]
