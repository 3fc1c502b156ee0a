"""A master key from its custodians' shares, typed at every start or read from files.

Files make starts possible that nobody attends; then each should be readable by another way than
the others, or whoever reads them all has the key.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import msgspec

from vezne.core.ports import Entropy
from vezne.vault.ceremony import Gathering, ceremony_from_record
from vezne.vault.master_key import LocalMasterKey, UnusableMasterKey
from vezne.vault.masters.key_file import read_secret
from vezne.vault.seal import KEY_BYTES
from vezne.vault.share_text import InvalidShare

Ask: TypeAlias = Callable[[str], str]


class ShareSource(msgspec.Struct, frozen=True, kw_only=True):
    """Where shares come from: files, one share each, or else a person.

    `ask` shows a question and returns the line that was typed, or raises EOFError. None: nobody is
    there to be asked.
    """

    files: tuple[Path, ...] = ()
    ask: Ask | None = None


def load_shares(path: Path, source: ShareSource, entropy: Entropy) -> LocalMasterKey:
    """The master key of the ceremony whose record is in a file. Raises UnusableMasterKey."""
    gathering = gather(path, source)
    key = gathering.key()
    try:
        return LocalMasterKey(bytes(key), entropy, is_sandbox=gathering.ceremony.sandbox)
    finally:
        key[:] = bytes(KEY_BYTES)


def gather(path: Path, source: ShareSource) -> Gathering:
    """As many shares as a ceremony's record wants. Raises UnusableMasterKey."""
    try:
        record = path.read_bytes()
    except OSError as error:
        raise UnusableMasterKey(f"the ceremony's record {path}: {error.strerror}") from None
    gathering = Gathering(ceremony_from_record(record))
    if source.files:
        _read_all(gathering, source.files)
    elif source.ask is not None:
        _ask_for_all(gathering, source.ask)
    else:
        raise UnusableMasterKey("the master key's shares cannot be asked for here")
    return gathering


def _read_all(gathering: Gathering, files: tuple[Path, ...]) -> None:
    for path in files[: gathering.ceremony.threshold]:
        try:
            gathering.add(read_secret(path, "the share").decode("ascii", "replace"))
        except InvalidShare as error:
            raise UnusableMasterKey(f"{path}: {error}") from None
    if not gathering.is_complete:
        raise UnusableMasterKey(_too_few(gathering))


def _ask_for_all(gathering: Gathering, ask: Ask) -> None:
    complaint = ""
    while not gathering.is_complete:
        wanted = f"Share {gathering.count + 1} of {gathering.ceremony.threshold}: "
        try:
            gathering.add(ask(complaint + wanted))
        except InvalidShare as error:
            complaint = f"{error}; again.\n"
        except EOFError:
            raise UnusableMasterKey(_too_few(gathering)) from None
        else:
            complaint = ""


def _too_few(gathering: Gathering) -> str:
    threshold = gathering.ceremony.threshold
    return f"the master key needs {threshold} shares, and {gathering.count} were given"
