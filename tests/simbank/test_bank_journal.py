"""The bank's journal: what outlives the process, whatever it was doing."""

import asyncio
import errno
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.bank import bank_host
from fakes.bank_messages import PAN, about, after, sale, say
from simbank.journal import SURE_S, DamagedJournal, Journal
from simbank.memory import Memory
from simbank.records import Record, to_line
from vezne.wire.simhost import Operation, ResponseCode


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bank.journal"


def record(trace: int, **changes: object) -> Record:
    fields: dict[str, object] = {
        "merchant_id": 3,
        "trace": trace,
        "operation": Operation.SALE,
        "amount_e8": 1,
        "currency": "TRY",
        "code": "51",
    }
    return Record(**(fields | changes))


def traces(memory: Memory) -> list[int]:
    with memory:
        return [item.trace for item in memory.records()]


async def test_memory_outlives_the_process(path: Path) -> None:
    """A new host knows the payments, declines, follow-ups and reversals of the one before."""
    first = bank_host(journal=path)
    paid = await say(first, sale(7))
    refunded = await say(first, after(paid, Operation.REFUND, 8))
    declined = await say(first, sale(9, pan="4111111111111129"))
    await say(first, about(Operation.REVERSAL, 10))
    second = bank_host(journal=path)
    assert second.operations() == first.operations()
    assert await say(second, sale(7)) == paid
    assert await say(second, after(paid, Operation.REFUND, 8)) == refunded
    assert await say(second, sale(9, pan="4111111111111129")) == declined
    assert (await say(second, sale(10))).code == ResponseCode.REVERSED
    assert (await say(second, after(paid, Operation.REFUND, 11))).code == (
        ResponseCode.INVALID_AMOUNT
    )
    first.close()
    second.close()


async def test_processes_share_it(path: Path) -> None:
    """What one host did the other one knows, and neither does it again."""
    hosts = [bank_host(journal=path), bank_host(journal=path)]
    paid = [await say(hosts[trace % 2], sale(trace)) for trace in range(1, 9)]
    for trace, first in enumerate(paid, start=1):
        assert await say(hosts[(trace + 1) % 2], sale(trace)) == first
    assert hosts[0].operations() == hosts[1].operations()
    assert len(hosts[0].operations()) == 8
    await say(hosts[0], about(Operation.REVERSAL, 9))
    assert (await say(hosts[1], sale(9))).code == ResponseCode.REVERSED


def test_no_card_data_in_it(path: Path) -> None:
    """BIN and last four are all that is written of a card, in a file that only we may read."""
    asyncio.run(say(bank_host(journal=path), sale(7)))
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") == 1
    assert PAN not in text
    assert "987" not in text
    assert '"55287900","0008"' in text
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("left", [1, 10, 40])
def test_a_line_cut_off_by_a_crash(path: Path, left: int) -> None:
    """Half a line is cut away: its operation never was answered. The next one is whole."""
    memory = Memory(Journal(path))
    for trace in (1, 2):
        with memory:
            memory.keep(record(trace))
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[0][:left])
    again = Memory(Journal(path))
    assert traces(again) == [1, 2]
    assert path.read_bytes() == whole
    with again:
        again.keep(record(3))
    assert traces(Memory(Journal(path))) == traces(again) == traces(memory) == [1, 2, 3]


@pytest.mark.parametrize("line", [b"[3,", b"[]", b'[3,1,"sale",1,"\xff","51"]', b" "])
def test_a_damaged_journal(path: Path, line: bytes) -> None:
    """A bank that cannot read what it did does not start, and says which file it is."""
    path.write_bytes(line + b"\n")
    with pytest.raises(DamagedJournal, match=r"bank\.journal"):
        Memory(Journal(path))


def test_a_full_file_is_put_aside(path: Path) -> None:
    """The two files hold what the two generations hold, and other processes follow."""
    memory, other = (Memory(Journal(path), generation_max=3) for _ in range(2))
    for trace in range(1, 12):
        with memory:
            memory.keep(record(trace))
        if trace in {2, 8}:
            assert traces(other) == traces(memory)
    assert traces(memory) == [7, 8, 9, 10, 11]
    assert traces(other) == traces(Memory(Journal(path), generation_max=3)) == traces(memory)
    assert sorted(file.name for file in path.parent.iterdir()) == [
        "bank.journal",
        "bank.journal.1",
    ]
    assert path.with_name("bank.journal.1").stat().st_mode & 0o777 == 0o600
    with other:
        other.keep(record(12))
    assert traces(memory) == [7, 8, 9, 10, 11, 12]


class Seconds:
    """A clock that stands still unless it is told the time."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_removed_journal(path: Path) -> None:
    """Whoever removes the file has the bank forget, a moment later at most."""
    clock = Seconds()
    memory = Memory(Journal(path, clock))
    with memory:
        memory.keep(record(1))
    path.unlink()
    clock.now_s += SURE_S / 2
    assert traces(memory) == [1]
    clock.now_s += SURE_S / 2
    assert traces(memory) == []
    with memory:
        memory.keep(record(2))
    assert traces(Memory(Journal(path))) == [2]


def test_a_journal_put_aside_is_noticed_at_once(path: Path) -> None:
    """Nothing is written to the file that another process put aside, even at the same moment."""
    clock = Seconds()
    memory, other = (Memory(Journal(path, clock), generation_max=2) for _ in range(2))
    for trace in (1, 2):
        with memory:
            memory.keep(record(trace))
    assert traces(other) == traces(memory) == [1, 2]
    with memory:
        memory.keep(record(3))
    with other:
        assert other.find(3, 3) == record(3)
        other.keep(record(4))
    assert traces(other) == traces(memory) == [1, 2, 3, 4]
    aside = path.with_name("bank.journal.1").read_bytes()
    assert aside == to_line(record(1)) + b"\n" + to_line(record(2)) + b"\n\n"


def test_putting_aside_again(path: Path) -> None:
    """Where a process died before the file had its new name, the next one puts it aside."""
    memory, other = (Memory(Journal(path), generation_max=2) for _ in range(2))
    for trace in (1, 2):
        with memory:
            memory.keep(record(trace))
    with path.open("ab") as file:
        file.write(b"\n")
    assert traces(other) == traces(memory) == [1, 2]
    with memory:
        memory.keep(record(3))
    assert traces(other) == traces(memory) == traces(Memory(Journal(path))) == [1, 2, 3]


def test_it_can_be_closed(path: Path) -> None:
    """A closed memory opens its journal again when it is needed."""
    memory = Memory(Journal(path))
    with memory:
        memory.keep(record(1))
    memory.close()
    memory.close()
    assert traces(memory) == [1]


def test_nothing_is_written_without_the_lock(path: Path) -> None:
    """A journal that nobody opened takes nothing."""
    journal = Journal(path)
    journal.unlock()
    with pytest.raises(ValueError, match="not locked"):
        journal.append(to_line(record(1)))


KILLED = """
import asyncio, sys
from pathlib import Path
from fakes.bank import bank_host
from fakes.bank_messages import sale, say

async def main():
    host = bank_host(journal=Path(sys.argv[1]))
    for trace in range(1, 100_000):
        await say(host, sale(trace))
        print(trace, flush=True)

asyncio.run(main())
"""


def test_a_kill_loses_no_answer(path: Path) -> None:
    """Whatever was answered before a kill is remembered after it."""
    places = os.pathsep.join(sys.path)
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": places},
    )
    assert process.stdout is not None
    answered = [int(process.stdout.readline()) for _ in range(50)]
    process.send_signal(signal.SIGKILL)
    answered += [int(line) for line in process.stdout.read().split()]
    process.wait()
    process.stdout.close()
    known = {item.trace for item in bank_host(journal=path).operations()}
    assert known >= set(answered)


def test_a_full_disk(path: Path) -> None:
    """What cannot be written whole did not happen, and the next operation is none the worse."""
    memory = Memory(Journal(path))
    with memory:
        memory.keep(record(1))
    size = path.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        for room in (0, 10):
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, hard))
            with memory, pytest.raises(OSError) as caught:  # noqa: PT011 - either kind
                memory.keep(record(2))
            assert caught.value.errno in {errno.EFBIG, None}
            assert path.stat().st_size == size
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert traces(memory) == [1]
    with memory:
        memory.keep(record(3))
    assert traces(Memory(Journal(path))) == [1, 3]
