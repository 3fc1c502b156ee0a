"""The trail read backwards: a merchant's own lines, newest first, page by page."""

from pathlib import Path

import pytest

from builders import SAMPLE_TIME_MS
from fakes.randomness import SeededEntropy
from fakes.trails import KEY, MemoryAnchors
from fakes.world import FixedClock
from vezne.core.audit import AuditAction, AuditEvent, Origin, begin_origin
from vezne.core.trail import TrailLine, TrailPage, TrailPlace, TrailQuery, TrailUnreadable
from vezne.vault.audit.newest import LINE_BYTES_MAX, TrailFiles
from vezne.vault.audit.segments import list_segments, segment_name
from vezne.vault.audit.trail import Trail

MINUTE_MS = 60_000


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """Lines of the merchants 7 and 77 in turn, a minute apart, over several files."""
    folder = tmp_path / "audit"
    clock = FixedClock(SAMPLE_TIME_MS)
    trail = Trail(folder, clock, SeededEntropy(1), segment_bytes=2_000)
    await trail.attest(KEY, MemoryAnchors())  # type: ignore[arg-type]
    for number in range(30):
        origin = Origin(address="192.0.2.1", door="iyzico", path="/cardstorage/card")
        origin.caller = f"key-{number % 4}"
        begin_origin(origin)
        trail.record(
            AuditEvent(
                action=AuditAction.CARD_STORED if number % 3 else AuditAction.REQUEST_REFUSED,
                is_success=number % 3 != 0,
                merchant_id=77 if number % 2 else 7,
                subject=f'{number:02d} "merchant":7,',
            )
        )
        await trail.settled()
        clock.advance(ms=MINUTE_MS)
    await trail.close()
    assert len(list(folder.glob("*.jsonl"))) > 3
    return folder


def numbers(page: TrailPage) -> list[int]:
    """Which lines are on a page, by the number in their subject."""
    return [int(line.subject[:2]) for line in page.lines]


async def all_pages(files: TrailFiles, query: dict[str, object]) -> list[TrailPage]:
    pages: list[TrailPage] = []
    before: TrailPlace | None = None
    while not pages or before is not None:
        pages.append(await files.read(TrailQuery(**query, before=before)))  # type: ignore[arg-type]
        before = pages[-1].next
    return pages


async def test_a_merchant_has_its_own_lines_newest_first(folder: Path) -> None:
    """A text that looks like another merchant's mark is a text."""
    page = await TrailFiles(folder).read(TrailQuery(merchant_id=7))
    assert numbers(page) == list(range(28, -1, -2))
    assert page.next is None
    assert page.looked_back_to_ms is None
    assert page.lines[0] == TrailLine(
        number=page.lines[0].number,
        at_ms=SAMPLE_TIME_MS + 28 * MINUTE_MS,
        action="card.stored",
        is_success=True,
        door="iyzico",
        address="192.0.2.1",
        caller="key-0",
        path="/cardstorage/card",
        subject='28 "merchant":7,',
        reason="",
        count=0,
    )


@pytest.mark.parametrize("block_bytes", [100, 333, 256 * 1024])
async def test_pages_follow_each_other_without_a_gap(folder: Path, block_bytes: int) -> None:
    """Whatever is read at a time, lines that a block cuts through are whole."""
    files = TrailFiles(folder, block_bytes=block_bytes)
    pages = await all_pages(files, {"merchant_id": 77, "limit": 4})
    assert [number for page in pages for number in numbers(page)] == list(range(29, 0, -2))


async def test_there_is_an_end_to_what_is_looked_through_at_a_time(folder: Path) -> None:
    """The page says how far it got, and the next one goes on from there."""
    files = TrailFiles(folder, looked_at_max=1_000)
    pages = await all_pages(files, {"merchant_id": 7, "caller": "key-0"})
    assert len(pages) > 3
    times_ms = [page.looked_back_to_ms for page in pages[:-1] if page.looked_back_to_ms is not None]
    assert len(times_ms) == len(pages) - 1
    assert times_ms == sorted(times_ms, reverse=True)
    assert [number for page in pages for number in numbers(page)] == list(range(28, -1, -4))


async def test_filters_leave_out_what_does_not_fit(folder: Path) -> None:
    """Time, action, caller and outcome, each alone."""
    files = TrailFiles(folder)

    async def found(**filters: object) -> list[int]:
        return numbers(await files.read(TrailQuery(merchant_id=7, **filters)))  # type: ignore[arg-type]

    assert await found(since_ms=SAMPLE_TIME_MS + 24 * MINUTE_MS) == [28, 26, 24]
    assert await found(until_ms=SAMPLE_TIME_MS + 4 * MINUTE_MS) == [2, 0]
    assert await found(action="request.") == [24, 18, 12, 6, 0]
    assert await found(action="card.stored", caller="key-2") == [26, 22, 14, 10, 2]
    assert await found(is_failure=True) == [24, 18, 12, 6, 0]
    assert await found(before=TrailPlace(1, 0)) == []
    assert await found(before=TrailPlace(99, 10**9)) == list(range(28, -1, -2))


async def test_the_newest_signature_is_told(folder: Path) -> None:
    """By the checkpoint that lies beside the lines; none where that is missing or broken."""
    page = await TrailFiles(folder).read(TrailQuery(merchant_id=7))
    assert page.signed_number > page.lines[0].number
    assert page.signed_ms is not None
    for text in (b"nothing", None):
        checkpoint = folder / "checkpoint.json"
        if text is None:
            checkpoint.unlink()
        else:
            checkpoint.write_bytes(text)
        page = await TrailFiles(folder).read(TrailQuery(merchant_id=7))
        assert (page.signed_number, page.signed_ms) == (0, None)


async def test_lines_that_cannot_be_read_are_passed_over(folder: Path) -> None:
    """To find them is for a verification. So is a trail that is not there."""
    number, path = list_segments(folder)[-1]
    path.write_bytes(path.read_bytes() + b'{"merchant":7,\n{"n": half of a li')
    files = TrailFiles(folder, looked_at_max=10, block_bytes=20)
    page = await files.read(TrailQuery(merchant_id=7))
    assert (page.lines, page.looked_back_to_ms) == ([], None)
    assert page.next is not None
    assert page.next.segment == number
    assert numbers(await TrailFiles(folder).read(TrailQuery(merchant_id=7, limit=1))) == [28]
    assert (await TrailFiles(folder / "none").read(TrailQuery(merchant_id=7))).lines == []


async def test_files_that_nobody_may_read_are_told_of(folder: Path) -> None:
    """A folder where a file should be stands for whatever goes wrong with one."""
    number, _ = list_segments(folder)[-1]
    (folder / segment_name(number + 1)).mkdir()
    with pytest.raises(TrailUnreadable):
        await TrailFiles(folder).read(TrailQuery(merchant_id=7))


@pytest.mark.parametrize("looked_at_max", [1, 32 * 1024 * 1024])
async def test_what_is_too_long_for_a_line_is_skipped_and_said_so(
    folder: Path, looked_at_max: int
) -> None:
    """A broken disk leaves megabytes without an end of line: little of it is kept or read again."""
    _, path = list_segments(folder)[-1]
    last = path.read_bytes().splitlines(keepends=True)[-1]
    zeros = b"\0" * (3 * LINE_BYTES_MAX + 7)
    path.write_bytes(path.read_bytes() + zeros + b"\n" + last + zeros)
    files = TrailFiles(folder, looked_at_max=looked_at_max, block_bytes=LINE_BYTES_MAX // 2)
    pages = await all_pages(files, {"merchant_id": 7})
    assert [number for page in pages for number in numbers(page)] == list(range(28, -1, -2))
    assert any(page.has_skipped for page in pages)
    assert not pages[-1].has_skipped or looked_at_max > 1
    assert len(pages) < 30


async def test_a_long_tail_is_read_in_steps(folder: Path) -> None:
    """It counts as looked at, so that no page reads more than there may be."""
    _, path = list_segments(folder)[-1]
    with path.open("ab") as file:
        file.truncate(path.stat().st_size + 40 * LINE_BYTES_MAX)
    files = TrailFiles(folder, looked_at_max=8 * LINE_BYTES_MAX, block_bytes=LINE_BYTES_MAX)
    page = await files.read(TrailQuery(merchant_id=7))
    assert (page.lines, page.has_skipped) == ([], True)
    assert page.next is not None
    pages = await all_pages(files, {"merchant_id": 7})
    assert 4 < len(pages) < 8
    assert numbers(pages[-1])[-1] == 0
