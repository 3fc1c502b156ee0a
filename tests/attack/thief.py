"""Everything a thief tries, one way after the other."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from attack.breaking import key_candidates, open_with, with_shared_nonces
from attack.guessing import guess, merely_known
from attack.loot import KnownCard, Loot, files_of
from attack.reading import read_off
from attack.town import BINS
from fakes.randomness import SeededEntropy
from vezne.vault.seal import CardPlace, SealBroken, SealingKey, open_card

SOURCE = Path(__file__).parents[2] / "src"


def steal(data: Path, output: list[str], source: Path = SOURCE) -> Loot:
    """The files as they stand, a backup, the logs and the source; not the master key."""
    places = files_of(data, "data/")
    for name in ("books.db", "vault.db"):
        backup = data.parent / f"backup-{name}"
        _back_up(data / name, backup)
        places[f"backup/{name}"] = backup.read_bytes()
        backup.unlink()
    places["logs"] = "".join(output).encode()
    return Loot(places | files_of(source, "source/"))


def rob(loot: Loot, own_pan: str) -> dict[str, set[str]]:
    """The numbers recovered, by the way that found them. `own_pan` is the thief's own card."""
    ways: dict[str, Callable[[], set[str]]] = {
        "reading": lambda: read_off(_not_source(loot), BINS),
        "shown": lambda: merely_known(loot.cards),
        "guessing": lambda: guess(loot, own_pan),
        "keys": lambda: open_with(key_candidates(loot), loot, open_row),
        "nonces": lambda: with_shared_nonces(loot, own_pan),
    }
    return {name: way() for name, way in ways.items()}


def open_row(key: bytes, card: KnownCard) -> str | None:
    """The number in a row of the vault, if it opens with a key."""
    row = card.row
    place = CardPlace(card.merchant_id, card.token, row["fingerprint"], row["fingerprint_version"])
    sealing_key = SealingKey(key, row["key_version"], SeededEntropy())
    try:
        opened = open_card(sealing_key, place, row["sealed"])
    except SealBroken:
        return None
    return opened.pan.reveal().decode()


def _not_source(loot: Loot) -> dict[str, bytes]:
    """The documented test cards stand in the source, and are no secret."""
    return {name: text for name, text in loot.places.items() if not name.startswith("source/")}


def _back_up(path: Path, copy: Path) -> None:
    source, target = sqlite3.connect(path), sqlite3.connect(copy)
    source.backup(target)
    source.close()
    target.close()
