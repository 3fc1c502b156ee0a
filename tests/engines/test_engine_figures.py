"""What an engine counts of itself."""

from vezne.engines.engine import Conflict, EngineFailure
from vezne.engines.figures import EngineFigures


def test_a_batch_counts_by_how_it_ended():
    """A mistake of the caller's is neither a conflict nor a failure of the database."""
    waiting = [1, 2, 3]
    figures = EngineFigures(waiting, 4)
    figures.end_group([None, Conflict("x"), EngineFailure("x"), ValueError("x")])
    figures.end_group([None])
    assert figures.group_sizes == [0, 1, 0, 0, 1]
    assert (figures.conflicts, figures.failures, figures.waiting) == (1, 1, 3)
