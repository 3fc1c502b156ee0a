"""Builds with one deliberate weakness each: the kit must find every card of them."""

import os
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).parents[2] / "src"


class Weakness(NamedTuple):
    """Texts of a source file, and what a weak build has in their places."""

    name: str
    file: str
    changes: tuple[tuple[str, str], ...]


WEAKNESSES = (
    Weakness(
        "unkeyed_fingerprint",
        "vezne/vault/fingerprint.py",
        (
            (
                "return known.of(pan.reveal())",
                'return __import__("hashlib").sha256(pan.reveal()).digest()',
            ),
        ),
    ),
    Weakness(
        "constant_fingerprint_key",
        "vezne/vault/fingerprint.py",
        (
            (
                "return known.of(pan.reveal())",
                'return KeyedHash(b"vezne fingerprint").of(pan.reveal())',
            ),
        ),
    ),
    Weakness(
        "unwrapped_keys",
        "vezne/vault/master_key.py",
        (
            ("return self._key.seal(key, place)", "return bytes(12) + key + bytes(16)"),
            ("return self._key.open(wrapped, place)", "return bytearray(wrapped[12:-16])"),
        ),
    ),
    Weakness(
        "one_nonce",
        "vezne/vault/seal.py",
        (("nonce = self._entropy.take(NONCE_BYTES)", "nonce = bytes(NONCE_BYTES)"),),
    ),
    Weakness(
        "twelve_digits_shown",
        "vezne/vault/pan.py",
        (
            (
                "self.bin = digits[: 8 if len(digits) >= _LONG_PAN else 6].decode()",
                "self.bin = digits[: len(digits) - 4].decode()",
            ),
        ),
    ),
    Weakness(
        "body_logged",
        "vezne/edge/app.py",
        (
            (
                "        gate.under_way += 1\n",
                "        gate.under_way += 1\n        print(incoming.body, flush=True)\n",
            ),
        ),
    ),
)


def plant(weakness: Weakness, folder: Path) -> dict[str, str]:
    """A copy of the source with a weakness; returns the environment that runs it."""
    copy = folder / "src"
    # With what is compiled already: every module but one is as it was.
    shutil.copytree(SOURCE, copy)
    path = copy / weakness.file
    text = path.read_text(encoding="utf-8")
    for right, weak in weakness.changes:
        assert right in text, f"{weakness.name}: the source has changed"
        text = text.replace(right, weak)
    path.write_text(text, encoding="utf-8")
    others = [name for name in sys.path if Path(name).resolve() != SOURCE]
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(copy), *others])}
