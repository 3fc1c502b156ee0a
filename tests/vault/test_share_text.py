"""Shares as people write and type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vezne.vault.share_text import InvalidShare, Share, share_from_text, to_text

SHARE = Share(bytes.fromhex("c4504f31"), 3, bytes(range(7, 39)))

shares = st.builds(
    Share,
    st.binary(min_size=4, max_size=4),
    st.integers(0, 255),
    st.binary(min_size=32, max_size=32),
)


@given(shares)
def test_a_share_is_read_as_it_was_written(share):
    """Whatever is in it."""
    assert share_from_text(to_text(share)) == share


def test_how_a_share_looks():
    """Four lines of four groups of four, in letters that cannot be taken for digits."""
    lines = to_text(SHARE).splitlines()
    assert [[len(group) for group in line.split(" ")] for line in lines] == [[4] * 4] * 4
    assert not set("ILOU") & set(to_text(SHARE))


@pytest.mark.parametrize(
    "typed",
    [
        str.lower,
        lambda text: text.replace(" ", "-").replace("\n", " "),
        lambda text: text.replace(" ", "").replace("\n", ""),
        lambda text: f"\t{text}\r\n",
        lambda text: text.replace("0", "O").replace("1", "l"),
        lambda text: text.replace("0", "o").replace("1", "i"),
    ],
)
def test_how_it_may_be_typed(typed):
    """Case, spaces, dashes and letters that look like digits make no difference."""
    assert share_from_text(typed(to_text(SHARE))) == SHARE


@given(shares, st.integers(0, 63), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_one_wrong_character_is_noticed(share, at, letter):
    """Or else a custodian's slip would show only when the key does not open."""
    text = to_text(share).replace(" ", "").replace("\n", "")
    typed = text[:at] + letter + text[at + 1 :]
    if typed != text:
        with pytest.raises(InvalidShare, match="is wrong"):
            share_from_text(typed)


@given(shares, st.integers(0, 62))
def test_two_exchanged_characters_are_noticed(share, at):
    """The other common slip."""
    text = to_text(share).replace(" ", "").replace("\n", "")
    typed = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if typed != text:
        with pytest.raises(InvalidShare, match="exchanged"):
            share_from_text(typed)


@given(st.text(max_size=70))
def test_other_texts_are_refused(text):
    """Whatever somebody types: it is a share or it is refused, and never repeated."""
    with pytest.raises(InvalidShare) as refused:
        share_from_text(text)
    assert len(text) < 16 or text not in str(refused.value)


def test_letters_that_are_none():
    """The length is right and a character is not."""
    with pytest.raises(InvalidShare, match="never U"):
        share_from_text("U" * 64)


def test_a_share_does_not_show_itself():
    """Not in a log line, and not in a trace."""
    assert repr(SHARE) == "Share(c4504f31, 3)"
    assert SHARE.value.hex() not in f"{SHARE}"
