"""Merchants of a sandbox that come and go with the tests that need them."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from vezne.core.merchant import Merchant


class NameTaken(Exception):
    """There is a merchant of this name."""


class UnusableUrl(ValueError):
    """A webhook URL that cannot be one. The text says why."""


class ResetContested(Exception):
    """Somebody else has given the merchant's keys to another one at the same time."""


class NewMerchant(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant with the keys that it calls with: by door, by what the door calls each."""

    merchant: Merchant
    keys: Mapping[str, Mapping[str, str]]

    def __repr__(self) -> str:
        return f"NewMerchant({self.merchant.id}, keys=***)"


class SandboxMerchants(Protocol):
    """Who makes them."""

    async def add(self, name: str, webhook_urls: Mapping[str, str]) -> NewMerchant:
        """A new merchant. Raises NameTaken, UnusableUrl."""

    async def begin_anew(
        self, merchant: Merchant, webhook_urls: Mapping[str, str] | None
    ) -> Merchant:
        """A new merchant under the keys and terms of one, which nobody can call as from then on.

        The new one has neither cards nor payments, and the real time. The old one is told of
        nothing any more. `webhook_urls` take the place of those in the terms, if they are given.
        Raises UnusableUrl, ResetContested.
        """
