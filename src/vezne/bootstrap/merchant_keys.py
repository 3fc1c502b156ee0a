"""Merchants' API keys: further pairs, and pairs that stop working."""

import asyncio

from vezne.api_keys import new_pair
from vezne.bootstrap.house import House
from vezne.core.merchant import MerchantSettings
from vezne.core.ports import NameBox
from vezne.dialects.paynet.auth import PUBLISHABLE_DOOR, SECRET_DOOR, secret_name
from vezne.engines.engine import Conflict
from vezne.panel.registry import KeyPair, KeysChanged, NewKeyPair, SettingsChanged
from vezne.storage.merchants import NewCredential


def credentials_of(names: NameBox, door: str, key: str, secret: str) -> list[NewCredential]:
    """What is stored of a pair.

    Paynet's callers show the secret key alone, so it leads to the publishable one as well.
    """
    credentials = [NewCredential(door=door, key=key, secret=secret.encode())]
    if door == PUBLISHABLE_DOOR:
        name = secret_name(names, secret)
        credentials.append(NewCredential(door=SECRET_DOOR, key=name, secret=key.encode()))
    return credentials


async def revoke_key(house: House, door: str, key: str) -> bool:
    """Make a pair of keys stop working; False when the door has none that works.

    Paynet's callers show the secret key alone, so it goes with the publishable one.
    """
    credential = await house.merchants.find_credential(door, key)
    if credential is not None and door == PUBLISHABLE_DOOR:
        name = secret_name(house.vault.names, credential.secret.decode())
        await house.merchants.revoke_credential(SECRET_DOOR, name)
    return await house.merchants.revoke_credential(door, key)


class MerchantKeys:
    """Implements `vezne.panel.registry.Keys`."""

    def __init__(self, house: House) -> None:
        self._house = house
        # A form that is sent twice adds one pair, not two.
        self._adding = asyncio.Lock()

    async def list_keys(self, merchant_id: int) -> list[KeyPair]:
        """A merchant's pairs, without the name of Paynet's secret keys, which tells nobody more."""
        return [
            KeyPair(
                door=record.door,
                key=record.key,
                created_ms=record.created_ms,
                revoked_ms=record.revoked_ms,
                used_ms=self._house.watch.key_uses.last_ms(merchant_id, record.key),
            )
            for record in await self._house.merchants.list_credentials(merchant_id)
            if record.door != SECRET_DOOR
        ]

    def draw(self, door: str) -> NewKeyPair:
        """A pair in the style of a door."""
        key, secret = new_pair(door)
        return NewKeyPair(door=door, key=key, secret=secret)

    async def add(self, merchant_id: int, pair: NewKeyPair, *, known: int) -> None:
        """Make a pair a merchant's. Raises KeysChanged."""
        credentials = credentials_of(self._house.vault.names, pair.door, pair.key, pair.secret)
        async with self._adding:
            if len(await self.list_keys(merchant_id)) != known:
                raise KeysChanged
            await self._house.merchants.add_credentials(merchant_id, credentials)

    async def revoke(self, merchant_id: int, door: str, key: str) -> bool:
        """Make a pair of this merchant stop working; False when there is none."""
        pairs = await self.list_keys(merchant_id)
        if not any(pair.door == door and pair.key == key for pair in pairs):
            return False
        return await revoke_key(self._house, door, key)


class MerchantRegister:
    """Implements `vezne.panel.registry.Register`."""

    def __init__(self, house: House) -> None:
        self._merchants = house.merchants
        self.find_merchant = house.merchants.find_merchant

    async def change_settings(
        self, merchant_id: int, settings: MerchantSettings, *, instead_of: MerchantSettings
    ) -> None:
        """Replace a merchant's settings. Raises SettingsChanged."""
        try:
            await self._merchants.change_settings(merchant_id, settings, instead_of=instead_of)
        except Conflict:
            raise SettingsChanged from None
