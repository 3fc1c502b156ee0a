"""From the URI of a master key to the key.

The libraries of devices and clouds are extras, imported only when a URI asks for them.
"""

import importlib.util
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeAlias

from vezne.core.ports import Entropy
from vezne.vault.master_key import MasterKey, UnusableMasterKey
from vezne.vault.masters.key_file import create_master_key, load_master_key
from vezne.vault.masters.pkcs11_uri import pkcs11_key_from_uri
from vezne.vault.masters.shares import ShareSource, load_shares

_Opener: TypeAlias = Callable[[str, Entropy, ShareSource], Awaitable[MasterKey]]

# Nobody is there to type a share.
NO_SHARES: Final = ShareSource()


async def open_master_key(uri: str, entropy: Entropy, shares: ShareSource = NO_SHARES) -> MasterKey:
    """The master key that a URI names.

    `file:PATH`, `shares:RECORD` with the record of a ceremony, whose shares come from `shares`,
    `pkcs11:token=…;object=…?module-path=…&pin-source=file:…` (RFC 7512), or
    `awskms:KEY?region=…&endpoint=…`. Raises UnusableMasterKey.
    """
    scheme, _, rest = uri.partition(":")
    opener = OPENERS.get(scheme)
    if opener is None or not rest:
        raise UnusableMasterKey(_no_key(scheme))
    return await opener(rest, entropy, shares)


async def new_master_key(uri: str, entropy: Entropy, *, is_sandbox: bool) -> None:
    """Make the key that a URI names, in a file or a device.

    Raises UnusableMasterKey, also when there is something under that name.
    """
    scheme, _, rest = uri.partition(":")
    if scheme == "file" and rest:
        create_master_key(path_from(rest), entropy, is_sandbox=is_sandbox)
    elif scheme == "pkcs11":
        require("pkcs11", extra="pkcs11")
        from vezne.vault.masters.hsm import create_in_device  # noqa: PLC0415 - an extra

        await create_in_device(pkcs11_key_from_uri(rest), is_sandbox=is_sandbox)
    elif scheme == "shares":
        raise UnusableMasterKey("custodians make their key with: vezne keys ceremony")
    elif scheme == "awskms":
        raise UnusableMasterKey("a key of AWS KMS is made with the tools of AWS")
    else:
        raise UnusableMasterKey(_no_key(scheme))


def file_of(uri: str) -> Path | None:
    """The file of a `file:` URI; None for other keys, of which no program makes one by itself."""
    scheme, _, rest = uri.partition(":")
    return path_from(rest) if scheme == "file" and rest else None


def path_from(rest: str) -> Path:
    """The path in a `file:` or `shares:` URI: as it stands, `~` for the home directory."""
    return Path(rest).expanduser()


def require(library: str, *, extra: str) -> None:
    """Raises UnusableMasterKey unless the library of an extra is installed."""
    if importlib.util.find_spec(library) is None:
        raise UnusableMasterKey(f"this master key needs the extra: pip install 'vezne[{extra}]'")


async def _open_file(rest: str, entropy: Entropy, _shares: ShareSource) -> MasterKey:
    return load_master_key(path_from(rest), entropy)


async def _open_shares(rest: str, entropy: Entropy, shares: ShareSource) -> MasterKey:
    return load_shares(path_from(rest), shares, entropy)


async def _open_device(rest: str, entropy: Entropy, _shares: ShareSource) -> MasterKey:
    require("pkcs11", extra="pkcs11")
    from vezne.vault.masters.hsm import open_device  # noqa: PLC0415 - an extra

    return await open_device(pkcs11_key_from_uri(rest), entropy)


async def _open_kms(rest: str, _entropy: Entropy, _shares: ShareSource) -> MasterKey:
    require("boto3", extra="aws")
    from vezne.vault.masters.kms import kms_key_from_uri, open_kms  # noqa: PLC0415 - an extra

    return await open_kms(kms_key_from_uri(rest))


OPENERS: Final[dict[str, _Opener]] = {
    "file": _open_file,
    "shares": _open_shares,
    "pkcs11": _open_device,
    "awskms": _open_kms,
}


def _no_key(scheme: str) -> str:
    return f"a master key is {', '.join(f'{known}:…' for known in OPENERS)}, and not {scheme}:"
