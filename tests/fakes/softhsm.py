"""A token of SoftHSM2, where it is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

PIN = "1234"
_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


class SoftHsm:
    """A fresh token under a folder. `environment` is for processes that use it.

    `labels` is for a test to note which keys it has made.
    """

    def __init__(self, folder: Path) -> None:
        tokens = folder / "tokens"
        tokens.mkdir()
        config = folder / "softhsm2.conf"
        config.write_text(f"directories.tokendir = {tokens}\nlog.level = ERROR\n")
        self.environment = {"SOFTHSM2_CONF": str(config)}
        self.labels: set[str] = set()
        self.module = find_module()
        self.pin_file = folder / "pin"
        self.pin_file.write_text(PIN)
        self.pin_file.chmod(0o600)
        tool = ["softhsm2-util", "--init-token", "--free", "--label", "vault"]
        subprocess.run(
            [*tool, "--pin", PIN, "--so-pin", "5678"],
            env=self.environment,
            check=True,
            capture_output=True,
        )

    def uri(self, label: str) -> str:
        """The URI of a key as the setting has it."""
        return (
            f"pkcs11:token=vault;object={label}"
            f"?module-path={self.module}&pin-source=file:{self.pin_file}"
        )


def find_module() -> str:
    """The library of SoftHSM2. Skips where it is not installed."""
    found = [path for path in _MODULES if Path(path).exists()]
    if not found or shutil.which("softhsm2-util") is None:
        pytest.skip("keys in a device need SoftHSM2 (softhsm2-util and its library)")
    return found[0]
