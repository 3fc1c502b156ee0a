"""The doors as the shop meets them: test cards, the merchant's keys, and calls over a line."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from vezne.core.merchant import Credential


class ShopCard(msgspec.Struct, frozen=True, kw_only=True):
    """A test card of the built-in bank. `name` says what the bank does with it.

    The number is nobody's: docs/test-cards.md lists it for everyone.
    """

    name: str
    number: str
    code: str

    @property
    def bin(self) -> str:
        """The first six digits."""
        return self.number[:6]

    @property
    def last4(self) -> str:
        """The last four digits."""
        return self.number[-4:]

    @property
    def mask(self) -> str:
        """The printable form."""
        return f"{self.bin}******{self.last4}"


class DoorCall(msgspec.Struct, frozen=True, kw_only=True):
    """A request to a door, as a merchant's server sends it. Header names are lower case.

    `address` is that of the person at the panel.
    """

    method: str
    scheme: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    address: str


class DoorAnswer(msgspec.Struct, frozen=True):
    """What the door answered."""

    status: int
    body: bytes


class NoAnswer(Exception):
    """No answer came: the process that the doors are in is away, or took too long."""


class DoorLine(Protocol):
    """The way to the doors."""

    async def send(self, call: DoorCall) -> DoorAnswer:
        """The door's answer. Raises NoAnswer."""


class DoorKeys(Protocol):
    """The merchants' API keys."""

    async def find_newest_credential(self, merchant_id: int, door: str) -> Credential | None:
        """The newest pair of a merchant for a door that still works; None: there is none."""
