"""The master key of a server or a command: where the settings say it is."""

from functools import partial
from typing import Final

from vezne.bootstrap.engines import open_engine
from vezne.bootstrap.start import run
from vezne.core.ports import Entropy
from vezne.engines.migrate import load_migrations, migrate
from vezne.machine import SystemEntropy
from vezne.settings import Settings
from vezne.terminal import ask_secret
from vezne.vault.key_records import KeyRecords
from vezne.vault.keyring import MasterSource
from vezne.vault.master_key import MasterKey, UnusableMasterKey
from vezne.vault.masters.opening import file_of, new_master_key, open_master_key
from vezne.vault.masters.shares import ShareSource

_DEFAULT_FILE: Final = "master.key"


def master_key_uri(settings: Settings) -> str:
    """Where the master key is: in a file beside the data unless something else is said."""
    return settings.master_key or f"file:{settings.data / _DEFAULT_FILE}"


async def open_configured_master_key(settings: Settings, entropy: Entropy) -> MasterKey:
    """The master key that the settings name. Its shares are asked for at the terminal.

    Raises UnusableMasterKey.
    """
    shares = ShareSource(files=settings.master_key_shares, ask=ask_secret)
    return await open_master_key(master_key_uri(settings), entropy, shares)


def master_source(settings: Settings, entropy: Entropy) -> MasterSource:
    """Where the master key comes from, and how a replaced one is picked up while a server runs.

    The shares of custodians cannot be asked for again.
    """
    provider = master_key_uri(settings).partition(":")[0]
    if provider == "shares":
        return MasterSource(provider)
    return MasterSource(provider, partial(open_configured_master_key, settings, entropy))


async def open_serving_master_key(settings: Settings) -> MasterKey:
    """The master key for a server: one of its own mode (PCI DSS v4.0.1 3.6.1.1).

    The first start of a sandbox makes its key file. Raises UnusableMasterKey, and EngineFailure
    when the vault's database had to be asked whether this is the first.
    """
    entropy = SystemEntropy()
    uri, is_sandbox = master_key_uri(settings), settings.mode == "sandbox"
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if is_sandbox and await _is_first_start(settings, uri):
        await new_master_key(uri, entropy, is_sandbox=True)
    key_file = file_of(uri)
    if not is_sandbox and key_file is not None and not key_file.exists():
        raise UnusableMasterKey(
            f"there is no master key in {key_file}: make one with `vezne keys create {uri}`, or "
            "start with --sandbox"
        )
    master_key = await open_configured_master_key(settings, entropy)
    if is_sandbox and not master_key.is_sandbox:
        raise UnusableMasterKey(
            "the master key is not marked as a sandbox's, and may be a live one; if a sandbox of "
            f"an earlier version made it, write sandbox: before the key in {uri}"
        )
    if master_key.is_sandbox and not is_sandbox:
        raise UnusableMasterKey("the master key is a sandbox's; live mode needs one of its own")
    return master_key


def run_create_master_key(uri: str, *, is_sandbox: bool) -> tuple[str, str]:
    """Make a master key; returns its id and check value, which may be empty.

    Raises CannotStart.
    """
    return run(_create_master_key(uri, is_sandbox=is_sandbox))


async def _create_master_key(uri: str, *, is_sandbox: bool) -> tuple[str, str]:
    entropy = SystemEntropy()
    await new_master_key(uri, entropy, is_sandbox=is_sandbox)
    master_key = await open_master_key(uri, entropy)
    return master_key.key_id, master_key.kcv


async def _is_first_start(settings: Settings, uri: str) -> bool:
    """Whether a key file may be made: there is none, and no vault that a lost one would open."""
    key_file = file_of(uri)
    if key_file is None or key_file.exists():
        return False
    if settings.vault_url is None:
        return not (settings.data / "vault.db").exists()
    engine = await open_engine(settings, "vault")
    try:
        await migrate(engine, load_migrations("vezne.vault"))
        return not await KeyRecords(engine).list_masters()
    finally:
        await engine.close()
