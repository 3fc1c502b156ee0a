"""What tells a card number apart from the other long numbers of which logs are full.

One number in ten passes the check digit. So a number must also have a length that its brand issues
(ISO/IEC 7812-1 and the brands' published ranges), stand by itself, and, where it is one of many in
the same place, the others must be card numbers too: that last question is for `tally`.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final, NamedTuple

from vezne.core.card import PAN_LENGTH_MAX, is_luhn_valid

LENGTH_MIN: Final = 13


class Candidate(NamedTuple):
    """Digits that could be a card number, where they stand, and how they are grouped."""

    start: int
    end: int
    digits: bytes
    shape: str


# First four digits from, to, and the lengths in use.
_RANGES: Final = (
    (2200, 2204, (16, 17, 18, 19)),  # Mir
    (2221, 2720, (16,)),  # Mastercard
    (3000, 3059, (14,)),  # Diners Club
    (3095, 3095, (14,)),
    (3400, 3499, (15,)),  # American Express
    (3528, 3589, (16,)),  # JCB
    (3600, 3699, (14,)),  # Diners Club
    (3700, 3799, (15,)),  # American Express
    (3800, 3999, (14,)),  # Diners Club
    (4000, 4999, (16, 19)),  # Visa
    (5018, 5020, (16, 19)),  # Maestro
    (5038, 5038, (16, 19)),
    (5100, 5599, (16,)),  # Mastercard
    (5893, 5893, (16, 19)),  # Maestro
    (6011, 6011, (16,)),  # Discover
    (6200, 6299, (16, 17, 18, 19)),  # UnionPay
    (6304, 6304, (16, 19)),  # Maestro
    (6440, 6599, (16,)),  # Discover, Troy
    (6700, 6799, (16, 19)),  # Maestro
    (9792, 9792, (16,)),  # Troy
)
_STARTS: Final = [low for low, _, _ in _RANGES]

# Digits as `0`, what may stand between them as `-`, all else as a line break: then a run of digits
# is a plain text to find.
_CLASSES: Final = bytes(
    ord("0") if byte in b"0123456789" else ord("-") if byte in b" ._/+\t-" else ord("\n")
    for byte in range(256)
)
_RUN: Final = b"0" * LENGTH_MIN
_DIGITS: Final = re.compile(rb"[0-9]+")
# What a number in groups has somewhere: groups of four or more, pairs, single digits.
_GROUP_MARKS: Final = (b"0000-0000", b"00-00-00-00-00-00", b"0-0-0-0-0-0-0-0-0-0-0-0-0")
_GROUPS_REACH: Final = 64
# Marks that stand between columns rather than within a number, and gaps of two marks: there the
# groups have to be those of a number, and nothing else in the row.
_GAPS: Final = b" ,|:\t"
_LIST_CLASSES: Final = bytes(
    ord("0") if byte in b"0123456789" else ord("-") if byte in _GAPS else ord("\n")
    for byte in range(256)
)
_LIST_MARKS: Final = b",|:"
_LIST_GROUPS: Final = ((4, 4, 4, 4), (4, 6, 5))
_LIST_ROWS: Final = tuple(
    (mark.join(b"0" * length for length in groups), groups, mark)
    for groups in _LIST_GROUPS
    for mark in (b"-", b"--")
)
_COLON_BEFORE: Final = re.compile(rb"(?:^|[^0-9A-Za-z])[0-9A-Fa-f]{0,4}:\Z")
_COLON_AFTER: Final = re.compile(rb":[0-9A-Fa-f:]")
_WORD_BEFORE: Final = re.compile(rb"[A-Za-z0-9]+\Z")
# Within a longer run: by the length of the first group.
_GROUPED: Final = {
    4: ((4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 4, 7)),
    6: ((6, 10), (6, 13)),
    8: ((8, 8),),
}
_GROUPS_MAX: Final = 10
_GROUP_LENGTH_MIN: Final = 2
_REACH: Final = 24
# No payment card begins with another (ISO/IEC 7812-1, 4.2: 0, 1, 7 and 8 are of other industries).
_FIRST_DIGITS: Final = b"234569"
# What may stand before a number without a blank between: `pan4111…`, `%B4111…` of a magnetic track.
_CARD_NOUNS: Final = (b"pan", b"card", b"kart", b"cc", b"no", b"nr", b"num", b"number", b"numara")
_HEX_LETTERS: Final = frozenset(b"abcdefABCDEFxX")
# A few letters right behind a number, which a hash would not have at its end only. Ids in
# hexadecimal have lengths that four divides.
_LETTERS_AFTER: Final = re.compile(rb"[A-Za-z]{1,3}(?![0-9A-Za-z])")
_ID_LENGTH_UNIT: Final = 4


def has_card_shape(digits: bytes) -> bool:
    """Whether a brand issues numbers that begin so and are so long."""
    prefix = int(digits[:4])
    at = bisect_right(_STARTS, prefix) - 1
    return at >= 0 and prefix <= _RANGES[at][1] and len(digits) in _RANGES[at][2]


def is_card_number(digits: bytes) -> bool:
    """Whether it has the shape and the check digit of a card number."""
    return has_card_shape(digits) and is_luhn_valid(digits.decode())


def candidates(text: bytes) -> Iterator[Candidate]:
    """The digits in a text that stand there as a card number would, first digits considered."""
    classes = text.translate(_CLASSES)
    at = classes.find(_RUN)
    while at >= 0:
        run = _DIGITS.match(text, at)
        end = at + LENGTH_MIN if run is None else run.end()
        is_fit = end - at <= PAN_LENGTH_MAX and text[at] in _FIRST_DIGITS
        if is_fit and not _is_fraction(text, at) and _stands_alone(text, at, end):
            yield Candidate(at, end, text[at:end], str(end - at))
        at = classes.find(_RUN, end)
    done: set[int] = set()
    for mark in _GROUP_MARKS:
        at = classes.find(mark)
        while at >= 0:
            start, end = _run_around(classes, at, len(mark))
            if start not in done and end - start > LENGTH_MIN:
                done.add(start)
                yield from _in_groups(text, start, end)
            at = classes.find(mark, max(end, at + 1))
    yield from _in_lists(text)


def _in_lists(text: bytes) -> Iterator[Candidate]:
    """Numbers whose groups stand like the columns of a table, which has no other columns."""
    classes = text.translate(_LIST_CLASSES)
    for row, groups, mark in _LIST_ROWS:
        at = classes.find(row)
        while at >= 0:
            end = at + len(row)
            # Single blanks are looked at elsewhere.
            is_gap = len(mark) > 1 or text[at + groups[0]] in _LIST_MARKS
            if is_gap and text[at] in _FIRST_DIGITS and _is_row(text, at, groups, mark):
                digits = text[at:end].translate(None, _GAPS)
                yield Candidate(at, end, digits, "|".join(map(str, groups)))
            at = classes.find(row, at + 1)


def _is_row(text: bytes, start: int, groups: tuple[int, ...], mark: bytes) -> bool:
    """Whether what stands between groups is the same everywhere, and nowhere around them."""
    gaps, at = set(), start
    for length in groups[:-1]:
        at += length
        gaps.add(text[at : at + len(mark)])
        at += len(mark)
    end, gap = at + groups[-1], next(iter(gaps))
    if len(gaps) > 1:
        return False
    before, after = start - len(gap), end + len(gap)
    if text[max(0, start - 1) : start].isdigit() or text[end : end + 1].isdigit():
        return False
    if gap == b":" and _is_in_address(text, start, end):
        return False
    goes_on = text[end:after] == gap and text[after : after + 1].isdigit()
    has_begun = before > 0 and text[before:start] == gap and text[before - 1 : before].isdigit()
    return not goes_on and not has_begun and _stands_alone(text, start, end)


def _is_in_address(text: bytes, start: int, end: int) -> bool:
    """Whether groups between colons are part of an address of IPv6, or of a time."""
    if _COLON_AFTER.match(text, end):
        return True
    return _COLON_BEFORE.search(text[max(0, start - _REACH) : start]) is not None


def _run_around(classes: bytes, at: int, length: int) -> tuple[int, int]:
    """Where a run of groups, one mark between two, begins and ends."""
    start, end = max(0, at - _GROUPS_REACH), min(len(classes), at + length + _GROUPS_REACH)
    for divide in (b"\n", b"--"):
        found = classes.rfind(divide, start, at)
        start = start if found < 0 else found + len(divide)
        found = classes.find(divide, at + length, end)
        end = found if found >= 0 else end
    start = classes.find(b"0", start)
    return start, classes.rfind(b"0", start, end) + 1


def _in_groups(text: bytes, start: int, end: int) -> Iterator[Candidate]:
    if _is_account(text, start):
        return
    groups = [(match.start(), match[0]) for match in _DIGITS.finditer(text, start, end)]
    marks = [text[at + len(digits)] for at, digits in groups[:-1]]
    lengths = [len(digits) for _, digits in groups]
    for first, last in _windows(lengths, marks):
        begin, final = groups[first][0], groups[last][0] + lengths[last]
        digits = b"".join(digits for _, digits in groups[first : last + 1])
        if digits[0] in _FIRST_DIGITS and _stands_alone(text, begin, final):
            shape = "-".join(map(str, lengths[first : last + 1]))
            yield Candidate(begin, final, digits, shape)


def _windows(lengths: list[int], marks: list[int]) -> Iterator[tuple[int, int]]:
    """The first and last groups of what could be one number."""
    if _is_one_number(lengths, marks):
        yield 0, len(lengths) - 1
    for first, length in enumerate(lengths):
        for pattern in _GROUPED.get(length, ()):
            last = first + len(pattern) - 1
            if tuple(lengths[first : last + 1]) != pattern or len(set(marks[first:last])) != 1:
                continue
            if not _goes_on(lengths, marks, first, last) and last - first + 1 < len(lengths):
                yield first, last


def _is_account(text: bytes, start: int) -> bool:
    """Whether a run is the rest of an IBAN (ISO 13616): two letters, two digits, groups."""
    country = text[max(0, start - 2) : start]
    return country.isalpha() and country.isupper() and not text[start + 2 : start + 3].isdigit()


def _is_one_number(lengths: list[int], marks: list[int]) -> bool:
    """Whether all groups together are one number: few groups, or single digits, evenly divided."""
    if len(set(marks)) != 1 or not LENGTH_MIN <= sum(lengths) <= PAN_LENGTH_MAX:
        return False
    if max(lengths) == 1:
        return True
    return len(lengths) <= _GROUPS_MAX and min(lengths) >= _GROUP_LENGTH_MIN


def _is_fraction(text: bytes, start: int) -> bool:
    """Whether digits stand behind a decimal point: `0.4111111111111111`."""
    return start > 1 and text[start - 1] == ord(".") and text[start - 2 : start - 1].isdigit()


def _goes_on(lengths: list[int], marks: list[int], first: int, last: int) -> bool:
    """Whether groups of four go on before or after: a table of numbers, or an account."""
    before = first > 0 and marks[first - 1] == marks[first] and lengths[first - 1] == 4  # noqa: PLR2004 - the usual group
    after = (
        last + 1 < len(lengths) and marks[last] == marks[first] and lengths[last + 1] == 4  # noqa: PLR2004
    )
    return before or after


def _stands_alone(text: bytes, start: int, end: int) -> bool:
    """Whether digits are no part of a word such as a hash, a serial number or an IBAN."""
    if start and text[start - 1 : start].isalpha():
        word = _WORD_BEFORE.search(text, max(0, start - _REACH), start)
        letters = b"" if word is None else word[0].lower()
        is_track = letters == b"b" and text[start - 2 : start - 1] == b"%"
        if not is_track and not (letters.isalpha() and letters.endswith(_CARD_NOUNS)):
            return False
    if end < len(text) and text[end] in _HEX_LETTERS:
        after = _LETTERS_AFTER.match(text, end) if text[start:end].isdigit() else None
        if after is not None and (after.end() - start) % _ID_LENGTH_UNIT:
            return True
        # The second track of a magnetic stripe in hexadecimal: number, D, expiry.
        return text[end : end + 1] in b"Dd" and text[end + 1 : end + 5].isdigit()
    return True
