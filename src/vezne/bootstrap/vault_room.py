"""The vault with everything it opens: its database, its keys, its trail, its line to the bank."""

import resource
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import msgspec

from vezne.bootstrap.engines import open_engine
from vezne.bootstrap.guarding import is_guarded
from vezne.bootstrap.master import master_source, open_configured_master_key
from vezne.bootstrap.metrics import Watch, watch_engine, watch_vault
from vezne.bootstrap.own_doors import OwnDoors
from vezne.bootstrap.sharing import tag_key
from vezne.built_in_bank import BankTransport, open_bank
from vezne.core.fault import FaultBoard
from vezne.core.ports import CardLine
from vezne.engines.engine import Engine
from vezne.machine import SystemClock, SystemEntropy
from vezne.settings import Settings
from vezne.vault.audit.anchors import Anchors
from vezne.vault.audit.checkpoints import CheckpointKey
from vezne.vault.audit.trail import Trail
from vezne.vault.master_key import MasterKey
from vezne.vault.service import VaultService, open_vault

# Where the audit trail is, below the data directory.
TRAIL_FOLDER: Final = "audit"


class VaultRoom(msgspec.Struct, frozen=True):
    """What is open where the vault is: in the only process, or in the vault's own.

    `line` is the way to the bank; `audit` is the trail itself; `own_doors` are the doors, for what
    asks from inside; `engine` is the database of the vault. `behind` are the waits, in seconds, at
    the databases of this process; `watch` has what the process tells of itself.
    """

    service: VaultService
    line: CardLine
    audit: Trail
    engine: Engine
    own_doors: OwnDoors = msgspec.field(default_factory=OwnDoors)
    behind: list[Callable[[], float]] = msgspec.field(default_factory=list)
    watch: Watch = msgspec.field(default_factory=Watch)


@asynccontextmanager
async def open_vault_room(
    settings: Settings, faults: FaultBoard | None, master_key: MasterKey | None = None
) -> AsyncIterator[VaultRoom]:
    """Open the vault's database with its keys, and connect the bank that `faults` trouble.

    The master key is the one that the settings name, unless a server has opened it. Raises what
    a person can mend (`vezne.bootstrap.start.run`).
    """
    forbid_core_files()
    clock, entropy = SystemClock(), SystemEntropy()
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if master_key is None:
        master_key = await open_configured_master_key(settings, entropy)
    async with AsyncExitStack() as stack:
        sealed = await open_engine(settings, "vault")
        stack.push_async_callback(sealed.close)
        audit = Trail(settings.data / TRAIL_FOLDER, clock, entropy)
        stack.push_async_callback(audit.close)
        vault = await open_vault(
            sealed,
            master_key,
            clock,
            entropy,
            audit,
            source=master_source(settings, entropy),
            cryptoperiod_days=settings.vault.cryptoperiod_days,
        )
        if is_guarded(settings):
            vault.intake.tag_numbers(await tag_key(settings, vault.keyring, entropy))
        await audit.attest(CheckpointKey(await vault.keyring.audit_key()), Anchors(sealed))
        bank = open_bank(settings, vault.bank_key, clock, faults)
        stack.callback(bank.close)
        line = vault.line(BankTransport(bank), timeout_s=None)
        room = VaultRoom(vault, line, audit, sealed, behind=[sealed.behind_s])
        watch_engine(room.watch, "vault", sealed.figures)
        watch_vault(room.watch, vault, audit)
        yield room


def forbid_core_files() -> None:
    """Keep this process's memory, with its keys and numbers, off the disk when it crashes.

    (PCI DSS v4.0.1 3.3.1, 3.5.1)
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
