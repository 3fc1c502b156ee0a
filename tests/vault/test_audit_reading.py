"""The trail as people read it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fakes.trails import MemoryAnchors, open_trail, write_trail
from vezne.core.audit import AuditAction, AuditEvent, Origin, begin_origin
from vezne.vault.audit.lines import time_at
from vezne.vault.audit.reading import Wanted, read_entries


async def test_what_is_wanted(tmp_path):
    """By time, action, merchant, caller and outcome, and by several at once."""
    folder = tmp_path / "audit"
    trail = open_trail(folder)
    origin = Origin(door="iyzico")
    begin_origin(origin)
    trail.record(AuditEvent(action=AuditAction.LOGIN_FAILED, is_success=False))
    origin.caller, origin.merchant_id = "key", 7
    trail.record(AuditEvent(action=AuditAction.CARD_STORED))
    trail.record(AuditEvent(action=AuditAction.CARD_DELETED, merchant_id=8))
    await trail.close()
    with (folder / "000001.jsonl").open("ab") as file:
        file.write(b"nonsense\n")
    opened, *_ = read_entries(folder, Wanted())
    now, second = opened.at, timedelta(seconds=1)
    for wanted, numbers in (
        (Wanted(), [1, 2, 3, 4]),
        (Wanted(since=now), [1, 2, 3, 4]),
        (Wanted(since=now + second), []),
        (Wanted(until=now), []),
        (Wanted(until=now + second), [1, 2, 3, 4]),
        (Wanted(actions=("card.*",)), [3, 4]),
        (Wanted(actions=("login.failed", "card.stored")), [2, 3]),
        (Wanted(merchant=7), [3]),
        (Wanted(caller="key"), [3, 4]),
        (Wanted(caller="key", merchant=8), [4]),
        (Wanted(is_failure=True), [2]),
    ):
        assert [entry.n for entry in read_entries(folder, wanted)] == numbers


async def test_files_that_end_before_are_not_read(tmp_path):
    """What is of last year costs nothing; a file that cannot be read hides nothing."""
    folder = tmp_path / "audit"
    await write_trail(folder, MemoryAnchors(), count=20, segment_bytes=1500)
    every = list(read_entries(folder, Wanted()))
    first, second, *_ = sorted(folder.glob("*.jsonl"))
    later = every[0].at + timedelta(seconds=1)
    assert list(read_entries(folder, Wanted(since=later))) == []
    second.write_bytes(b"nonsense\n" + second.read_bytes())
    assert list(read_entries(folder, Wanted(since=every[0].at))) == every
    first.unlink()
    left = list(read_entries(folder, Wanted()))
    assert left == every[len(every) - len(left) :]


@given(st.integers(0, 8_589_934_592_000))
def test_a_lines_time_is_exact(now_ms):
    """Whatever the float in between, no line is off by a microsecond until the year 2242."""
    assert time_at(now_ms) == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=now_ms)
