"""Seals that are broken: with a key found somewhere, or because two share a nonce."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator

from attack.loot import KnownCard, Loot
from vezne.vault.seal import KEY_BYTES, NONCE_BYTES

# The number in a row of the vault, if it opens with a key.
OpenRow = Callable[[bytes, KnownCard], str | None]

# Random bytes hold few zeros, and hardly one value twice.
_ZEROS_MAX = 2
_DIFFERENT_MIN = 24
_MEMORY_STEP = 8
_RUN = re.compile(rb"[^\0]{12,}")
_CARD_PLAIN = re.compile(rb"[\x0c-\x13]\d{12,19}")


def open_with(keys: Iterable[bytes], loot: Loot, open_row: OpenRow) -> set[str]:
    """The numbers behind every seal that one of these keys opens."""
    found: set[str] = set()
    firsts: dict[tuple[int, object], KnownCard] = {}
    groups: dict[tuple[int, object], list[KnownCard]] = defaultdict(list)
    for card in loot.cards:
        group = (card.merchant_id, card.row["key_version"])
        firsts.setdefault(group, card)
        groups[group].append(card)
    for key in keys:
        for group, first in firsts.items():
            if open_row(key, first) is not None:
                found.update(filter(None, (open_row(key, card) for card in groups[group])))
    return found


def key_candidates(loot: Loot) -> set[bytes]:
    """Every window of a key's length in what may hold keys, raw and decoded."""
    found: set[bytes] = set()
    for key in loot.possible_keys():
        found.update(_windows(key, 1))
    return found


def memory_keys(dump: bytes) -> Iterator[bytes]:
    """What looks like a key in a process's memory, where objects are aligned."""
    seen: set[bytes] = set()
    for run in _RUN.finditer(dump):
        start = max(run.start() - KEY_BYTES, 0) // _MEMORY_STEP * _MEMORY_STEP
        for at in range(start, run.end() - KEY_BYTES // 2, _MEMORY_STEP):
            window = dump[at : at + KEY_BYTES]
            if len(window) == KEY_BYTES and _is_key_like(window) and window not in seen:
                seen.add(window)
                yield window


def _windows(content: bytes, step: int) -> Iterator[bytes]:
    for at in range(0, len(content) - KEY_BYTES + 1, step):
        window = content[at : at + KEY_BYTES]
        if _is_key_like(window):
            yield window


def _is_key_like(window: bytes) -> bool:
    return (
        window.count(0) <= _ZEROS_MAX
        and not window.isascii()
        and len(set(window)) >= _DIFFERENT_MIN
    )


def with_shared_nonces(loot: Loot, own_pan: str) -> set[str]:
    """Two seals under one key and nonce have one keystream; the thief's own card gives it away."""
    found: set[str] = set()
    known = loot.cards
    nonces = Counter((card.merchant_id, card.row["sealed"][:NONCE_BYTES]) for card in known)
    shared = [
        card for card in known if nonces[card.merchant_id, card.row["sealed"][:NONCE_BYTES]] > 1
    ]
    plain = bytes((len(own_pan),)) + own_pan.encode()
    for own in shared:
        if not own_pan.startswith(own.bin) or not own_pan.endswith(own.last4):
            continue
        stream = _mixed(plain, own.row["sealed"][NONCE_BYTES:])
        for other in shared:
            text = _mixed(stream, other.row["sealed"][NONCE_BYTES:])
            match = _CARD_PLAIN.match(text)
            if match is not None:
                found.add(match[0][1 : 1 + match[0][0]].decode())
    return {number for number in found if len(number) > 12}


def _mixed(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=False))
