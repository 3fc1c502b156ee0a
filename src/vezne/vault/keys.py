"""What is known of the vault's keys without opening them (PCI DSS v4.0.1 3.6.1.1, 3.7).

A key has an id of three parts, its purpose, whose it is and its version, such as `card:7:2`.
"""

import enum
from typing import Final, NamedTuple

from vezne.vault.key_check import key_check_value
from vezne.vault.seal import KEY_BYTES

VAULT_ID: Final = 0
DAY_MS: Final = 24 * 3600 * 1000
CRYPTOPERIOD_DAYS: Final = 365


class KeyState(enum.StrEnum):
    """What a key may still do. A destroyed one does nothing: its bytes are erased."""

    ACTIVE = "active"
    DECRYPT_ONLY = "decrypt_only"
    DESTROYED = "destroyed"


class Purpose(enum.StrEnum):
    """What a key is for. The values are bound to the wrapped keys, so they never change."""

    CARD = "card"
    FINGERPRINT = "fingerprint"
    SECRETS = "secret box"
    NAMES = "name box"
    BANK = "bank"
    AUDIT = "audit"
    EXPORT = "export"
    PEERS = "peers"


# What protects cards, and so has a cryptoperiod (3.7.4). The others protect API keys, names and
# proofs; those would have to change wherever they are known outside.
MERCHANT_PURPOSES: Final = (Purpose.CARD, Purpose.FINGERPRINT)


class StoredKey(NamedTuple):
    """A version of a key, as its row tells. `ends_ms` is 0 where there is no cryptoperiod."""

    merchant_id: int
    purpose: str
    version: int
    state: str
    kcv: str
    created_ms: int
    ends_ms: int

    @property
    def id(self) -> str:
        """The name of the key for people, logs and the audit trail."""
        return f"{self.purpose.replace(' ', '-')}:{self.merchant_id}:{self.version}"

    def is_overdue(self, now_ms: int) -> bool:
        """Whether it still seals although its cryptoperiod is over (3.7.4)."""
        return self.state == KeyState.ACTIVE and 0 < self.ends_ms <= now_ms


class StoredMaster(NamedTuple):
    """A master key, as its row tells. `provider` is the kind of place it is kept in."""

    id: str
    provider: str
    kcv: str
    is_sandbox: int
    state: str
    created_ms: int
    ends_ms: int

    def is_overdue(self, now_ms: int) -> bool:
        """Whether it still wraps although its cryptoperiod is over (3.7.4)."""
        return self.state == KeyState.ACTIVE and self.ends_ms <= now_ms


def check_value(key: bytes | bytearray) -> str:
    """The key-check value of a key; of one that is longer than AES takes, of its last 256 bits."""
    return key_check_value(bytes(key[-KEY_BYTES:]))
