"""A master key file that is replaced in place.

The next key is written beside the file first, under a name that says which key it follows. That
file stays until all is done, so whoever was cut off finds it and goes on.
"""

import re
from pathlib import Path
from typing import Final, NamedTuple

from vezne.core.ports import Entropy
from vezne.vault.files import PRIVATE, read_private_file, replace_file, sync_folder
from vezne.vault.masters.key_file import create_master_key

_FOLLOWS: Final = re.compile(r"\.after-([0-9a-f]+)")


class Replacement(NamedTuple):
    """A master key file, the file with the key that comes into it, and the id of the key before."""

    path: Path
    draft: Path
    old_id: str

    def put(self) -> None:
        """Put the next key where the old one is, in one step."""
        replace_file(self.path, read_private_file(self.draft), PRIVATE)

    def end(self) -> None:
        """Nothing is left to go on with."""
        self.draft.unlink()
        sync_folder(self.draft.parent)


def begin_replacement(
    path: Path, old_id: str, entropy: Entropy, *, is_sandbox: bool
) -> Replacement:
    """Make the next key, or find the one of a replacement that was cut off.

    Raises OSError.
    """
    for draft in sorted(path.parent.glob(f"{path.name}.after-*")):
        found = _FOLLOWS.fullmatch(draft.name.removeprefix(path.name))
        if found is not None:
            return Replacement(path, draft, found[1])
    draft = path.with_name(f"{path.name}.after-{old_id}")
    create_master_key(draft, entropy, is_sandbox=is_sandbox)
    return Replacement(path, draft, old_id)
