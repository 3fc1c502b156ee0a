"""What the doctors of all doors share: finding out whose a key is that a door does not believe.

Nobody learns of another merchant's keys. What is known of a key is told to the members of the
merchant that has it; a key that nobody has is compared with those of the demo merchant alone.
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from vezne.core.diagnosis import Cause, Certainty, Finding
from vezne.core.merchant import HeldKey
from vezne.core.ports import KeyRegister

# How many keys of a merchant are looked at, the newest first.
KEYS_MAX: Final = 12
_KEY_LENGTH_MAX: Final = 512
# Two keys of one merchant are further apart than that.
_SLIPS_MAX: Final = 3
_SHOWN_MAX: Final = 80
_HINT_LENGTH: Final = 8

# What the credentials of each door are kept under, and what the panel calls it.
DOORS: Final[Mapping[str, str]] = {
    "iyzico": "iyzico",
    "paywall.public": "paywall.public",
    "paywall.private": "paywall.private",
    "paynet": "paynet.publishable",
}


class Suspect(msgspec.Struct, frozen=True):
    """Whose a key is that was not believed, and what is wrong with it."""

    merchant_id: int
    finding: Finding


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out about a signature.

    `theirs` is the text that was signed, where that is another than ours, and `sent` the masked
    body as it came, where the vault was asked for it.
    """

    findings: tuple[Finding, ...]
    theirs: str | None = None
    sent: str | None = None


def proven(cause: Cause, about: str = "") -> Finding:
    """A finding that was seen to be so."""
    return Finding(cause=cause, certainty=Certainty.PROVEN, about=_cut(about))


def likely(cause: Cause, about: str = "") -> Finding:
    """A finding that something hints at."""
    return Finding(cause=cause, certainty=Certainty.LIKELY, about=_cut(about))


def possible(cause: Cause, about: str = "") -> Finding:
    """A finding that nothing speaks against."""
    return Finding(cause=cause, certainty=Certainty.POSSIBLE, about=_cut(about))


async def held_key(register: KeyRegister, door: str, key: str) -> HeldKey | None:
    """The pair behind a public key of a door, revoked or not."""
    # No database has to store what cannot be printed.
    if not key or not key.isprintable() or len(key) > _KEY_LENGTH_MAX:
        return None
    return await register.find_key(door, key)


async def owner_of(register: KeyRegister, door: str, claimed: str) -> int:
    """The merchant that has a key of a door, working or not; 0 if nobody has it."""
    for kind in DOORS:
        held = await held_key(register, kind, claimed) if kind.partition(".")[0] == door else None
        if held is not None:
            return held.credential.merchant.id
    return 0


async def suspect_of(register: KeyRegister, door: str, key: str) -> Suspect:
    """What is wrong with a public key that is none of the door's."""
    for other, name in DOORS.items():
        found = None if other == door else await held_key(register, other, key)
        if found is not None:
            return Suspect(found.credential.merchant.id, proven(Cause.KEY_OF_OTHER_DOOR, name))
    demo = await register.list_demo_keys(KEYS_MAX)
    for finding in _compared(demo, door, key):
        return Suspect(0, finding)
    return Suspect(0, proven(Cause.KEY_UNKNOWN, hinted(key)))


def hinted(key: str) -> str:
    """The beginning of a key that nobody has: it may be somebody's secret with a slip in it."""
    return key if len(key) <= _HINT_LENGTH else f"{key[:_HINT_LENGTH]}…"


def _compared(known: Sequence[HeldKey], door: str, key: str) -> Iterator[Finding]:
    """What a key has to do with keys that are known."""
    text = key.encode("utf-8", "replace")
    for held in known:
        credential = held.credential
        if credential.door in DOORS and hmac.compare_digest(credential.secret, text):
            yield proven(Cause.KEY_IS_SECRET, DOORS[credential.door])
    for held in known:
        credential = held.credential
        if credential.door == door and _is_near(key, credential.key):
            yield likely(Cause.KEY_NEARLY, credential.key)


def _is_near(key: str, known: str) -> bool:
    """Whether one is the other but for a few slips, its case or what stands around it."""
    bare, wanted = key.strip().strip("\"'").lower(), known.lower()
    if bare == wanted or (len(bare) >= len(wanted) // 2 and bare in wanted) or wanted in bare:
        return True
    return abs(len(bare) - len(wanted)) <= _SLIPS_MAX and _slips(bare, wanted) <= _SLIPS_MAX


def _slips(one: str, other: str) -> int:
    """How many letters have to be put in, left out or replaced (Levenshtein)."""
    row = list(range(len(other) + 1))
    for above, letter in enumerate(one):
        diagonal, row[0] = above, above + 1
        for place, wanted in enumerate(other):
            step = min(diagonal + (letter != wanted), row[place] + 1, row[place + 1] + 1)
            diagonal, row[place + 1] = row[place + 1], step
    return row[-1]


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 1] + "…"
