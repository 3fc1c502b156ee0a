"""Where a card number could have ended up."""

import contextlib
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

# Databases are full of empty places, and no spelling of a number has so many zeros in it.
_EMPTY_BYTES = 32
_EMPTY = re.compile(rb"\0{%d,}" % _EMPTY_BYTES)


def leaks(pans: Iterable[str], places: dict[str, bytes]) -> Iterator[str]:
    """Each place that holds a number: as text, grouped, in UTF-16, or as a binary integer."""
    dense = {name: without_empty_places(content) for name, content in places.items()}
    for pan in set(pans):
        forms = {
            *texts_of([pan]),
            pan.encode("utf-16-le"),
            int(pan).to_bytes(8, "big").lstrip(b"\0"),
            int(pan).to_bytes(8, "little").rstrip(b"\0"),
        }
        for name, content in dense.items():
            if any(form in content for form in forms):
                yield f"{name} holds {pan[:6]}…{pan[-4:]}"


def without_empty_places(content: bytes) -> bytes:
    """The same, quicker to search: of a long run of zeros a few are left."""
    return _EMPTY.sub(bytes(_EMPTY_BYTES), content)


def texts_of(pans: Iterable[str]) -> set[bytes]:
    """Numbers as text, plain and grouped."""
    return {
        text.encode()
        for pan in pans
        for text in (pan, " ".join(pan[at : at + 4] for at in range(0, len(pan), 4)))
    }


def find_texts(texts: Iterable[bytes], *places: Path) -> list[str]:
    """The files at and below some places that hold any of the texts, however large they are."""
    found = subprocess.run(
        ["grep", "-rlaF", "-f", "-", *places],
        input=b"\n".join(texts) + b"\n",
        capture_output=True,
        check=False,
        env={"LC_ALL": "C"},
    )
    # A running server removes files meanwhile.
    lines = found.stderr.splitlines()
    assert [line for line in lines if not line.endswith(b"No such file or directory")] == []
    return found.stdout.decode().splitlines()


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    found = {}
    for path in folder.rglob("*"):
        # A running server removes files meanwhile.
        with contextlib.suppress(FileNotFoundError):
            if path.is_file():
                found[str(path.relative_to(folder))] = path.read_bytes()
    return found
