"""The vault's keys as commands see them: listed, replaced, destroyed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.engines import open_engine
from vezne.bootstrap.house import House, open_house, own_room
from vezne.bootstrap.master import master_key_uri, open_configured_master_key
from vezne.machine import SystemEntropy
from vezne.settings import Settings
from vezne.terminal import ask_secret
from vezne.vault.key_records import KeyRecords
from vezne.vault.keys import Purpose, StoredKey, StoredMaster
from vezne.vault.masters.opening import file_of, new_master_key, open_master_key
from vezne.vault.masters.replacing import begin_replacement
from vezne.vault.masters.shares import ShareSource
from vezne.vault.rewrapping import Rewrapped, Rewrapping
from vezne.vault.rotation import Progress, Rotated, Rotation

__all__ = ["KeyHouse", "Progress", "Rewrapped", "Rotated", "open_key_house"]

# What a person calls the keys.
_PURPOSES = {"data": Purpose.CARD, "fingerprint": Purpose.FINGERPRINT}


class KeyHouse(msgspec.Struct, frozen=True):
    """The house, and what changes its keys."""

    house: House
    records: KeyRecords
    rotation: Rotation
    rewrapping: Rewrapping

    async def list_keys(self) -> tuple[list[StoredMaster], list[StoredKey]]:
        """All master keys and all others, the destroyed ones as well."""
        return await self.records.list_masters(), await self.records.list_keys()

    async def rotate(self, kind: str, merchant_id: int, on_progress: Progress) -> list[Rotated]:
        """Replace the `data` or `fingerprint` key of a merchant, or of all (0).

        Raises what `vezne.vault.rotation.Rotation.rotate` does.
        """
        return await self.rotation.rotate(_PURPOSES[kind], merchant_id, on_progress)

    async def replace_master_file(self, on_progress: Progress) -> Rewrapped:
        """Put a new master key where the old one is, in its file; running servers pick it up.

        Where the vault's database is a server, others may serve it too, from files of their own;
        so the old key's wraps stay. What was cut off is gone on with. Raises CannotStart when the
        key is not in a file, and what `vezne.vault.rewrapping.Rewrapping` raises.
        """
        entropy = SystemEntropy()
        settings = self.house.settings
        path = file_of(master_key_uri(settings))
        if path is None:
            raise CannotStart(
                "the master key is not in a file, so it cannot be replaced there: "
                "say where the new one is, with --to"
            )
        old = await open_configured_master_key(settings, entropy)
        replacement = begin_replacement(path, old.key_id, entropy, is_sandbox=old.is_sandbox)
        new = await open_master_key(f"file:{replacement.draft}", entropy)
        done = await self.rewrapping.change(new, "file", on_progress, replacement.put)
        is_old_kept = settings.vault_url is not None
        if not is_old_kept:
            await self.rewrapping.destroy(replacement.old_id)
        replacement.end()
        return msgspec.structs.replace(done, old_id=replacement.old_id, is_old_kept=is_old_kept)

    async def change_master(self, uri: str, on_progress: Progress) -> Rewrapped:
        """Wrap all keys by the master key of a URI as well, and make that the active one.

        A file that does not exist is made. Raises CannotStart, and what
        `vezne.vault.rewrapping.Rewrapping` raises.
        """
        entropy = SystemEntropy()
        settings = self.house.settings
        if uri == master_key_uri(settings):
            raise CannotStart(f"{uri} is the master key that the settings name already")
        path = file_of(uri)
        if path is not None and not path.exists():
            old = await open_configured_master_key(settings, entropy)
            await new_master_key(uri, entropy, is_sandbox=old.is_sandbox)
        new = await open_master_key(uri, entropy, ShareSource(ask=ask_secret))
        return await self.rewrapping.change(new, uri.partition(":")[0], on_progress)


@asynccontextmanager
async def open_key_house(settings: Settings) -> AsyncIterator[KeyHouse]:
    """Open the house, and the vault's database once more for what only these commands do.

    Keys are changed in the vault itself, also where it has a process of its own.
    """
    beside = msgspec.structs.replace(settings, vault_socket=None)
    async with open_house(beside) as house:
        vault = own_room(house).service
        engine = await open_engine(beside, "vault")
        clock, audit = house.ports.clock, house.audit
        days = settings.vault.cryptoperiod_days
        try:
            yield KeyHouse(
                house,
                KeyRecords(engine),
                Rotation(engine, vault.keyring, clock, audit),
                Rewrapping(engine, vault.keyring, clock, audit, cryptoperiod_days=days),
            )
        finally:
            await engine.close()
