"""The readable memory of another process, and what can be found in it."""

import base64
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from vezne.core.card import is_luhn_valid

_REGION = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (r\S+) \S+ \S+ \S+ *(.*)")
# Of the kernel's own making, and not to be read.
_NOT_MEMORY = {"[vvar]", "[vsyscall]", "[vvar_vclock]"}
PAGE = 4096
_BIN = "55287900"
_LENGTH = 16
_SHUFFLE = random.Random(20261122)  # noqa: S311 - which numbers, does not matter


def _groups(pan: str) -> list[str]:
    return [pan[at : at + 4] for at in range(0, len(pan), 4)]


# As text, grouped, in UTF-16 and UTF-32, in hexadecimal and BCD, and as an integer.
FORMS: tuple[Callable[[str], bytes], ...] = (
    lambda pan: pan.encode(),
    lambda pan: " ".join(_groups(pan)).encode(),
    lambda pan: "-".join(_groups(pan)).encode(),
    lambda pan: pan.encode("utf-16-le"),
    lambda pan: pan.encode("utf-32-le"),
    lambda pan: pan.encode().hex().encode(),
    bytes.fromhex,
    lambda pan: int(pan).to_bytes(8, "little"),
    lambda pan: int(pan).to_bytes(8, "big"),
    # As CPython holds integers: thirty bits in four bytes, the lowest first.
    lambda pan: b"".join(
        (int(pan) >> shift & 0x3FFFFFFF).to_bytes(4, "little") for shift in (0, 30)
    ),
    lambda pan: base64.b64encode(pan.encode()),
)


class UnreadableMemory(Exception):
    """This user may not read the process's memory."""


class Dump:
    """What a core dump of a process would hold."""

    def __init__(self, regions: list[bytes], own: list[bytes] | None = None) -> None:
        self._regions = regions
        self._own = own or []

    @classmethod
    def of(cls, pid: int) -> "Dump":
        """Read every region of a process that can be read. Raises UnreadableMemory."""
        regions: list[bytes] = []
        own: list[bytes] = []
        try:
            maps = Path(f"/proc/{pid}/maps").read_text()
            with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
                for start, end, rights, name in _REGION.findall(maps):
                    if name in _NOT_MEMORY:
                        continue
                    first = int(start, 16)
                    regions.append(_read(memory, first, int(end, 16) - first))
                    if "w" in rights and not name.startswith("/"):
                        own.append(regions[-1])
        except PermissionError as error:
            raise UnreadableMemory(str(error)) from error
        return cls(regions, own)

    @property
    def content(self) -> bytes:
        """All regions, one after the other."""
        return b"\0".join(self._regions)

    @property
    def own(self) -> bytes:
        """What the process wrote itself, without the files that are mapped into it.

        Regions are whole pages, so what is aligned in memory is aligned here.
        """
        return b"".join(self._own)

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(map(len, self._regions))

    def find(self, text: str) -> int:
        """How often a text stands there."""
        return sum(region.count(text.encode()) for region in self._regions)

    def pans_in(self, pans: Sequence[str]) -> list[str]:
        """Which of the numbers, which must begin alike, stand there in some form."""
        found: set[str] = set()
        for form in FORMS:
            written = {form(pan): pan for pan in pans}
            (length,) = set(map(len, written))
            anchor, offset = _anchor(list(written), length)
            pattern = re.compile(re.escape(anchor))
            for region in self._regions:
                for match in pattern.finditer(region):
                    start = match.start() - offset
                    pan = written.get(region[max(start, 0) : start + length])
                    if pan is not None:
                        found.add(pan)
        return sorted(found)


def _anchor(written: list[bytes], length: int) -> tuple[bytes, int]:
    """What all have in common, at their beginning or at their end, and where it is in them."""
    head = _beginning(written)
    tail = _beginning([each[::-1] for each in written])[::-1]
    return (head, 0) if len(head) >= len(tail) else (tail, length - len(tail))


def _beginning(written: list[bytes]) -> bytes:
    """The longest beginning of all."""
    first, last = min(written), max(written)
    alike = (at for at in range(len(first)) if first[at] != last[at])
    return first[: next(alike, len(first))]


def random_pans(count: int) -> list[str]:
    """Different valid numbers of one issuer whose cards the built-in bank approves."""
    pans: set[str] = set()
    while len(pans) < count:
        body = _BIN + "".join(_SHUFFLE.choices("0123456789", k=_LENGTH - len(_BIN) - 1))
        pans.add(next(body + digit for digit in "0123456789" if is_luhn_valid(body + digit)))
    return sorted(pans)


def _read(memory, start: int, length: int) -> bytes:
    """A region, with nothing for the pages that the kernel does not give out.

    A read may be cut short, and one that meets such a page is.
    """
    parts = []
    place, end = start, start + length
    while place < end:
        memory.seek(place)
        try:
            part = memory.read(end - place)
        except (OSError, ValueError):
            part = b""
        parts.append(part)
        place = place + len(part) if part else (place // PAGE + 1) * PAGE
    return b"".join(parts)
