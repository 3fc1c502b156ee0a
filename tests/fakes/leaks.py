"""Where a card number could have ended up."""

from collections.abc import Iterable, Iterator
from pathlib import Path


def leaks(pans: Iterable[str], places: dict[str, bytes]) -> Iterator[str]:
    """Each place that holds a number: as text, grouped, in UTF-16, or as a binary integer."""
    for pan in set(pans):
        forms = {
            pan.encode(),
            " ".join(pan[at : at + 4] for at in range(0, len(pan), 4)).encode(),
            pan.encode("utf-16-le"),
            int(pan).to_bytes(8, "big").lstrip(b"\0"),
            int(pan).to_bytes(8, "little").rstrip(b"\0"),
        }
        for name, content in places.items():
            if any(form in content for form in forms):
                yield f"{name} holds {pan[:6]}…{pan[-4:]}"


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
