"""Imports: whose export it is, whether it was read before, and who works on it."""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from vezne.core.ports import Audit, Clock, Entropy
from vezne.vault.portability.access import CardAccess
from vezne.vault.portability.age import read_identities
from vezne.vault.portability.errors import InvalidManifest
from vezne.vault.portability.folder import locked_folder
from vezne.vault.portability.manifest import read_manifest
from vezne.vault.portability.reading import CardImport
from vezne.vault.portability.records import PortabilityRecords
from vezne.vault.portability.token_map import TokenMap

_SECRET_BYTES: Final = 32
_MARK_BYTES: Final = 4


class Imports:
    """What comes into the vault from others. `own_key` is what this vault signs exports with."""

    def __init__(
        self,
        records: PortabilityRecords,
        access: CardAccess,
        own_key: str,
        clock: Clock,
        entropy: Entropy,
        audit: Audit,
    ) -> None:
        self._records = records
        self._access = access
        self._own_key = own_key
        self._clock = clock
        self._entropy = entropy
        self._audit = audit

    @asynccontextmanager
    async def open(
        self, folder: Path, identity: Path, merchant_id: int, signer: str | None, map_path: Path
    ) -> AsyncIterator[CardImport]:
        """Read an export for a merchant, or go on with what was cut off.

        `identity` is the file with the recipient's private key, `signer` the public key that the
        manifest must be signed with, if that is known. Nobody else works on the folder meanwhile.
        Raises InvalidIdentity, InvalidManifest, UnusableFolder, OSError.
        """
        identities = read_identities(identity)
        with locked_folder(folder):
            read = read_manifest(folder, signer)
            request = read.manifest.request
            if (read.manifest.signer, request.merchant_id) == (self._own_key, merchant_id):
                raise InvalidManifest("these cards come from this merchant, who has them")
            row = await self._records.begin_import(
                merchant_id, read.digest, self._entropy.take(_SECRET_BYTES), self._clock.now_ms()
            )
            mark = hmac.digest(row.secret, b"vezne token map", "sha256")[:_MARK_BYTES].hex()
            yield CardImport(
                read,
                folder,
                identities,
                merchant_id,
                row,
                token_map=TokenMap(map_path, mark),
                records=self._records,
                access=self._access,
                clock=self._clock,
                audit=self._audit,
            )
