"""The trail's files are the vault's; a gateway reads a merchant's lines over the socket."""

from pathlib import Path

import pytest

from fakes.linked import linked, services
from fakes.trails import MemoryAnchors, write_trail
from fakes.vault import MemoryVault
from vezne.core.trail import TrailQuery, TrailUnreadable
from vezne.link.remote import RemoteTrail
from vezne.vault.audit.newest import TrailFiles


class BrokenTrail:
    """Files that cannot be read."""

    async def read(self, query):
        raise TrailUnreadable("input/output error")


async def test_a_gateway_reads_lines_page_by_page(tmp_path: Path) -> None:
    """What comes over is what the files say, and so is the place to go on from."""
    await write_trail(tmp_path / "audit", MemoryAnchors(), count=5)
    files = TrailFiles(tmp_path / "audit")
    async with linked(services(MemoryVault(), trail=files)) as link:
        remote = RemoteTrail(link.uplink)
        query = TrailQuery(merchant_id=7, limit=3)
        first = await remote.read(query)
        assert first == await files.read(query)
        second = await remote.read(TrailQuery(merchant_id=7, before=first.next))
        assert [line.subject for line in [*first.lines, *second.lines]] == [
            "04",
            "03",
            "02",
            "01",
            "00",
        ]


async def test_files_that_cannot_be_read_are_known_as_such() -> None:
    """The gateway hears that it failed, and no more."""
    async with linked(services(MemoryVault(), trail=BrokenTrail())) as link:
        with pytest.raises(TrailUnreadable):
            await RemoteTrail(link.uplink).read(TrailQuery(merchant_id=7))
