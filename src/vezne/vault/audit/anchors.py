"""What the vault's database remembers of the trail, so that cutting the files is not enough.

The newest anchor moves along with the checkpoints. One that the trail no longer reaches, or does
not fit, stays as it is for good, and a new one begins.
"""

from typing import Final, NamedTuple, cast

from vezne.engines.engine import ANY_ROWS, Engine, Write

_SELECT: Final = "SELECT stream, serial, number, hash FROM audit_anchors ORDER BY stream, serial"
_INSERT: Final = """
INSERT INTO audit_anchors (stream, serial, number, hash) VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""
# Several processes write to a trail, and one that is late must not move the anchor back.
_UPDATE: Final = """
UPDATE audit_anchors SET number = ?, hash = ? WHERE stream = ? AND serial = ? AND number < ?
"""


class Anchor(NamedTuple):
    """That line `number` of a trail had this hash. A trail's anchors count up by `serial`."""

    stream: str
    serial: int
    number: int
    hash: str


class Anchors:
    """Reads and writes over the vault's engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def is_shared(self) -> bool:
        """Whether other machines' trails may be anchored here as well."""
        return self._engine.name == "postgres"

    async def list_all(self) -> list[Anchor]:
        """The anchors of every trail that was ever written over this database."""
        rows = await self._engine.fetch(_SELECT)
        return [Anchor(*cast("tuple[str, int, int, str]", row)) for row in rows]

    async def drop(self, anchor: Anchor) -> None:
        """Put an anchor down, or move the one of this serial forward to it, durably."""
        stream, serial, number, own_hash = anchor
        await self._engine.apply(
            [
                Write(_INSERT, anchor, ANY_ROWS),
                Write(_UPDATE, (number, own_hash, stream, serial, number), ANY_ROWS),
            ]
        )
