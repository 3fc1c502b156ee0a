"""What the bank remembers: its latest operations, by merchant and trace number.

Bounded: operations are kept in two generations, and when the younger one is full the older one is
forgotten. So the bank remembers the last `GENERATION_MAX` operations at least and twice as many at
most. With a journal the memory outlives the process and is shared by all that have the same file.
"""

from collections.abc import Iterator
from typing import Final

from simbank.journal import Journal
from simbank.records import Record, Standing, from_line, standing_of, to_line
from vezne.wire.simhost import Operation

# An unanswered operation must be remembered until somebody asks about it, some minutes later; two
# such generations take some 45 MB.
GENERATION_MAX: Final = 50_000

Name = tuple[int, int]
_PAYMENTS: Final = frozenset({Operation.AUTHORIZATION, Operation.SALE})
_FOLLOWED_UP: Final = _PAYMENTS | {Operation.CAPTURE}


class _Generation:
    """Operations by merchant and trace, and the names under which they are looked up.

    Kept as lines: hardly any is ever asked for again, and a line is one object instead of ten.
    """

    def __init__(self) -> None:
        self.lines: dict[Name, bytes] = {}
        self.approvals: dict[str, int] = {}
        self.follow_ups: dict[Name, list[int]] = {}

    def keep(self, record: Record, line: bytes) -> None:
        """Remember an operation, in place of what was known of it."""
        name = (record.merchant_id, record.trace)
        is_new = name not in self.lines
        self.lines[name] = line
        if record.reference:
            approval = _approval(record.merchant_id, record.reference, record.auth_code)
            self.approvals[approval] = record.trace
        if is_new and record.payment_trace and record.operation not in _PAYMENTS:
            paid = (record.merchant_id, record.payment_trace)
            self.follow_ups.setdefault(paid, []).append(record.trace)


class Memory:
    """The bank's operations. Everything is read and written within `with memory`.

    There one has the memory to oneself, with what other processes wrote in it. Nothing may be
    awaited meanwhile. Entering raises OSError and DamagedJournal when the journal cannot be read.
    """

    def __init__(self, journal: Journal | None, generation_max: int = GENERATION_MAX) -> None:
        self._journal = journal
        self._generation_max = generation_max
        self._younger = _Generation()
        self._older = _Generation()
        with self:
            pass

    def __enter__(self) -> None:
        if self._journal is not None and self._journal.lock():
            self._read_on(self._journal)

    def __exit__(self, *_: object) -> None:
        if self._journal is not None:
            self._journal.unlock()

    def keep(self, record: Record) -> None:
        """Write an operation down and remember it. Raises OSError, and then it is not kept."""
        if len(self._younger.lines) >= self._generation_max:
            if self._journal is not None:
                self._journal.rotate()
            self._grow_older()
        line = to_line(record)
        if self._journal is not None:
            self._journal.append(line)
        self._younger.keep(record, line)

    def find(self, merchant_id: int, trace: int) -> Record | None:
        """An operation by its trace number."""
        name = (merchant_id, trace)
        line = self._younger.lines.get(name) or self._older.lines.get(name)
        return None if line is None else from_line(line)

    def find_approval(self, merchant_id: int, reference: str, auth_code: str) -> Record | None:
        """The operation whose approval has these names."""
        name = _approval(merchant_id, reference, auth_code)
        trace = self._younger.approvals.get(name) or self._older.approvals.get(name)
        return None if trace is None else self.find(merchant_id, trace)

    def standing(self, merchant_id: int, payment_trace: int) -> Standing | None:
        """What an approved authorization or sale comes to; None when there is none."""
        payment = self.find(merchant_id, payment_trace)
        if payment is None or payment.operation not in _PAYMENTS or not payment.reference:
            return None
        return standing_of(payment, self._follow_ups(merchant_id, payment_trace))

    def is_followed_up(self, record: Record) -> bool:
        """Whether undoing a payment or a capture would leave approvals without what they undo."""
        if record.operation not in _FOLLOWED_UP:
            return False
        follow_ups = self._follow_ups(record.merchant_id, record.payment_trace)
        return any(other.is_approved and other.trace != record.trace for other in follow_ups)

    def records(self) -> Iterator[Record]:
        """Every operation once, as it now stands; the older ones come first."""
        younger = self._younger.lines
        for name, line in self._older.lines.items():
            if name not in younger:
                yield from_line(line)
        for line in younger.values():
            yield from_line(line)

    def close(self) -> None:
        """Close the journal. The memory may be used again and opens it then."""
        if self._journal is not None:
            self._journal.close()

    def _follow_ups(self, merchant_id: int, payment_trace: int) -> Iterator[Record]:
        name = (merchant_id, payment_trace)
        traces = {*self._older.follow_ups.get(name, ()), *self._younger.follow_ups.get(name, ())}
        for trace in traces:
            record = self.find(merchant_id, trace)
            if record is not None:
                yield record

    def _grow_older(self) -> None:
        self._older = self._younger
        self._younger = _Generation()

    def _read_on(self, journal: Journal) -> None:
        try:
            if journal.is_other_file:
                self._younger = _Generation()
                for record in journal.read_rotated():
                    self._younger.keep(record, to_line(record))
                self._grow_older()
            for record in journal.read_on():
                self._younger.keep(record, to_line(record))
        except BaseException:
            journal.unlock()
            raise


def _approval(merchant_id: int, reference: str, auth_code: str) -> str:
    """The name of an approval. A slash is in no reference and in no code."""
    return f"{merchant_id}/{reference}/{auth_code}"
