"""Every key of a few merchants, as the doctors of the doors look them up."""

import msgspec

from builders import merchant
from vezne.core.merchant import Credential, HeldKey, Merchant


class Register:
    """Implements `vezne.core.ports.KeyRegister`, and `Merchants` beside it."""

    def __init__(self) -> None:
        self.demo = merchant(id=1, name="Demo", is_demo=True)
        self.shop = merchant(id=7)
        self.stranger = merchant(id=9, name="Başka")
        self.keys: list[HeldKey] = []

    def add(
        self, owner: Merchant, door: str, key: str, secret: str, *, is_revoked: bool = False
    ) -> None:
        credential = Credential(merchant=owner, door=door, key=key, secret=secret.encode())
        self.keys.insert(0, HeldKey(credential=credential, is_revoked=is_revoked))

    def revoke(self, key: str) -> None:
        self.keys = [
            msgspec.structs.replace(held, is_revoked=True) if held.credential.key == key else held
            for held in self.keys
        ]

    async def find_key(self, door: str, key: str) -> HeldKey | None:
        for held in self.keys:
            if (held.credential.door, held.credential.key) == (door, key):
                return held
        return None

    async def list_keys(self, merchant_id: int, limit: int) -> list[HeldKey]:
        return [held for held in self.keys if held.credential.merchant.id == merchant_id][:limit]

    async def list_demo_keys(self, limit: int) -> list[HeldKey]:
        return [held for held in self.keys if held.credential.merchant.is_demo][:limit]

    async def find_credential(self, door: str, key: str) -> Credential | None:
        held = await self.find_key(door, key)
        return None if held is None or held.is_revoked else held.credential

    async def find_merchant(self, merchant_id: int) -> Merchant | None:
        return next(
            held.credential.merchant
            for held in self.keys
            if held.credential.merchant.id == merchant_id
        )
