"""Doctors at the doors: how often they may look, and what of it may be kept."""

import re
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from vezne.core.audit import current_origin
from vezne.core.diagnosis import (
    Cause,
    Certainty,
    Diagnosis,
    Difference,
    Finding,
    Part,
    Segment,
)
from vezne.edge.call_texts import shown_name, shown_target, without_numbers
from vezne.edge.messages import Diagnose, Request

# Trying out takes up to some milliseconds, and whoever sends nonsense must not stop the rest:
# so many requests a second of each merchant's, and of all together who name nobody's key.
A_SECOND_MAX: Final = 20
STRANGERS_MAX: Final = 10
_CUT_NUMBER: Final = re.compile(
    r"^[0-9](?:[\W_]{0,3}[0-9]){6,}(?![0-9])|(?<![0-9])[0-9](?:[\W_]{0,3}[0-9]){6,}$"
)

# What stands for a caller, or a call, in a signature.
_NAMES: Final = frozenset({Part.KEY, Part.RANDOM_KEY})

OwnerOf = Callable[[str, str], Awaitable[int]]


class Practice:
    """Lets the doctors of all doors look at so many requests a second, and no more.

    `now_s` is a clock that never goes back, in seconds. `owner_of` says which merchant has a key
    of a door, 0 if nobody has it.
    """

    def __init__(
        self, now_s: Callable[[], float], owner_of: OwnerOf, a_second_max: int = A_SECOND_MAX
    ) -> None:
        self._now_s = now_s
        self._owner_of = owner_of
        self._a_second_max = a_second_max
        self._second = -1
        self._looks: Counter[int] = Counter()

    def attend(self, door: str, diagnose: Diagnose) -> Diagnose:
        """A doctor who has only so much time, and shows no number that may be a card's."""

        async def look(request: Request) -> Diagnosis | None:
            owner_id = await self._owner_of(door, current_origin().claimed)
            if not self._has_time(owner_id):
                finding = Finding(cause=Cause.NOT_LOOKED_AT, certainty=Certainty.PROVEN)
                return Diagnosis(scheme=door, merchant_id=owner_id, findings=(finding,))
            found = await diagnose(request)
            return None if found is None else _masked(found)

        return look

    def _has_time(self, owner_id: int) -> bool:
        second = int(self._now_s())
        if second != self._second:
            self._second = second
            self._looks.clear()
        self._looks[owner_id] += 1
        limit = self._a_second_max if owner_id else min(self._a_second_max, STRANGERS_MAX)
        return self._looks[owner_id] <= limit


def _masked(found: Diagnosis) -> Diagnosis:
    """A caller may put a card number, a key or a signature where none belongs."""
    is_known = bool(found.merchant_id)
    signed = tuple(_masked_segment(segment, is_known=is_known) for segment in found.signed)
    findings = tuple(
        Finding(cause=item.cause, certainty=item.certainty, about=shown_target(item.about))
        for item in found.findings
    )
    difference = found.difference
    if difference is not None:
        place = difference.segment
        # In a text that is masked, places are other ones; and names are shown in part only.
        is_there = signed[place] == found.signed[place] and signed[place].part not in _NAMES
        difference = _masked_difference(difference) if is_there else None
    return msgspec.structs.replace(found, signed=signed, findings=findings, difference=difference)


def _masked_segment(segment: Segment, *, is_known: bool) -> Segment:
    part, text = segment.part, segment.text
    if part in _NAMES:
        return Segment(part, shown_name(text, is_known=is_known and part is Part.KEY))
    return Segment(part, shown_target(text) if part is Part.PATH else without_numbers(text))


def _masked_difference(difference: Difference) -> Difference:
    """The texts are cut out of longer ones, and so may a number be that they begin or end with."""
    ours, theirs = (
        _CUT_NUMBER.sub("…", without_numbers(text)) for text in (difference.ours, difference.theirs)
    )
    return msgspec.structs.replace(difference, ours=ours, theirs=theirs)
