"""Doctors at the doors: how often they may look, and what of it may be kept."""

import re
from collections.abc import Callable
from typing import Final

import msgspec

from vezne.core.diagnosis import Diagnosis, Difference, Finding, Segment
from vezne.edge.logs import mask_digits
from vezne.edge.messages import Diagnose, Request

# Trying out takes up to some milliseconds, and whoever sends nonsense must not stop the rest.
A_SECOND_MAX: Final = 20
_CUT_NUMBER: Final = re.compile(
    r"^[0-9](?:[ -]?[0-9]){6,}(?![0-9])|(?<![0-9])[0-9](?:[ -]?[0-9]){6,}$"
)


class Practice:
    """Lets the doctors of all doors look at so many requests a second, and no more.

    `now_s` is a clock that never goes back, in seconds.
    """

    def __init__(self, now_s: Callable[[], float], a_second_max: int = A_SECOND_MAX) -> None:
        self._now_s = now_s
        self._a_second_max = a_second_max
        self._second = -1
        self._looks = 0

    def attend(self, diagnose: Diagnose) -> Diagnose:
        """A doctor who has only so much time, and shows no number that may be a card's."""

        async def look(request: Request) -> Diagnosis | None:
            second = int(self._now_s())
            if second != self._second:
                self._second, self._looks = second, 0
            self._looks += 1
            if self._looks > self._a_second_max:
                return None
            found = await diagnose(request)
            return None if found is None else _masked(found)

        return look


def _masked(found: Diagnosis) -> Diagnosis:
    """A caller may put a card number where none belongs, such as into a path."""
    difference = found.difference
    signed = tuple(Segment(segment.part, mask_digits(segment.text)) for segment in found.signed)
    if signed != found.signed:
        # The places are other ones now.
        difference = None
    if difference is not None:
        difference = _masked_difference(difference)
    findings = tuple(
        Finding(cause=item.cause, certainty=item.certainty, about=mask_digits(item.about))
        for item in found.findings
    )
    return msgspec.structs.replace(found, signed=signed, findings=findings, difference=difference)


def _masked_difference(difference: Difference) -> Difference:
    """The texts are cut out of longer ones, and so may a number be that they begin or end with."""
    ours, theirs = (
        _CUT_NUMBER.sub("…", mask_digits(text)) for text in (difference.ours, difference.theirs)
    )
    return msgspec.structs.replace(difference, ours=ours, theirs=theirs)
