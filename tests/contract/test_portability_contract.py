"""Cards leave a vault and come into another one, on every engine."""

from pathlib import Path

from builders import SAMPLE_TIME_MS, merchant
from fakes.audit import MemoryAudit
from fakes.card_desk import (
    AYSE,
    MEHMET,
    card_numbers,
    listed_cards,
    open_card_desk,
    write_export,
    write_identity,
)
from fakes.randomness import SeededEntropy
from fakes.world import FixedClock
from vezne.engines.engine import Engine
from vezne.vault.master_key import LocalMasterKey
from vezne.vault.service import open_vault

TARGET = 11


async def test_cards_go_out_and_come_in(engine: Engine, tmp_path: Path) -> None:
    """Asked for, approved, cut off and resumed on both sides, and each card arrives once."""
    clock, entropy, audit = FixedClock(SAMPLE_TIME_MS), SeededEntropy(), MemoryAudit()
    vault = await open_vault(
        engine, LocalMasterKey(entropy.take(32), entropy), clock, entropy, audit
    )
    desk = await open_card_desk(engine, vault, clock, entropy, audit)
    await desk.approvers()
    numbers = card_numbers(30)
    listed = listed_cards(numbers, 7, SAMPLE_TIME_MS)
    await desk.put(listed, numbers)

    recipient = write_identity(tmp_path / "key.txt")
    exports, folder = desk.desk.exports, tmp_path / "cards"
    asked = await exports.request(merchant(), recipient, folder, requester="ops", part_cards=8)
    for proof in (AYSE, MEHMET):
        await exports.approve(asked.name, proof)
    async with exports.open(asked.name) as export:
        for first in (0, 8):
            await export.write_part(listed[first : first + 8])
    (folder / "part-00002.jsonl.age").unlink()
    manifest = await write_export(desk, listed, asked.name)
    assert (manifest.cards, len(manifest.parts)) == (30, 4)
    assert [each.written_ms for each in await exports.list_exports()] == [SAMPLE_TIME_MS]

    for is_last in (False, True):
        async with desk.desk.imports.open(
            folder, tmp_path / "key.txt", TARGET, desk.desk.public_key, tmp_path / "map.csv"
        ) as incoming:
            stored = [await incoming.store_part(number) for number in range(4)]
            for number, each in enumerate(stored):
                incoming.note_part(number, each)
            if is_last:
                await incoming.finish()
    assert len(await desk.records.list_cards(TARGET, after=b"", limit=100)) == 30
    for number, imported in zip(numbers, [each for part in stored for each in part], strict=True):
        assert (await desk.number(TARGET, imported.card.token))[0] == number
    async with desk.desk.imports.open(
        folder, tmp_path / "key.txt", TARGET, None, tmp_path / "map.csv"
    ) as again:
        assert again.is_done
    assert [each.name for each in await desk.desk.approvers.list_approvers()] == ["Ayşe", "Mehmet"]
