"""The sketch of tokens forgets none."""

from hypothesis import given
from hypothesis import strategies as st

from vezne.core.sketch import TokenSketch

TOKENS = st.lists(st.binary(min_size=20, max_size=20), max_size=60)


@given(TOKENS, TOKENS)
def test_what_was_added_is_known(added, others):
    """No token that was added passes for unknown, in however small a sketch."""
    sketch = TokenSketch(bits=64)
    for token in added:
        sketch.add(token)
    assert all(token in sketch for token in added)


def test_hardly_anything_else_is():
    """Of ten thousand others hardly one passes for known beside ten thousand known ones."""
    sketch = TokenSketch(bits=1 << 20)
    tokens = [
        bytes(6)
        + bytes((number * 7919 % 251 + place) % 256 for place in range(6))
        + (number * 2654435761 % (1 << 64)).to_bytes(8, "big")
        for number in range(20_000)
    ]
    for token in tokens[:10_000]:
        sketch.add(token)
    assert sum(token in sketch for token in tokens[10_000:]) < 100
