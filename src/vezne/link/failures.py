"""What may go wrong on the other side, and how it is raised on this one.

LinkFailure
├── LinkDown       the socket is closed, or nobody answered in time
├── FrameTooLarge  a question or an answer that does not fit
└── RemoteFault    something unforeseen on the other side, which logged it
"""

from typing import Final

import msgspec

from vezne.core.body import MalformedBody
from vezne.core.fault import FaultOnDemand
from vezne.core.ports import AuditFailure, CardGone, HoldingFull, LineFailure


class LinkFailure(Exception):
    """A question could not be answered."""


class LinkDown(LinkFailure):
    """Nobody is there to answer. `is_sent`: whether the other side may have had the question."""

    def __init__(self, why: str, *, is_sent: bool) -> None:
        super().__init__(why)
        self.is_sent = is_sent


class FrameTooLarge(LinkFailure):
    """The question or the answer is larger than the other side would read.

    `is_ours`: it is the question, which was not sent.
    """

    def __init__(self, why: str, *, is_ours: bool = False) -> None:
        super().__init__(why)
        self.is_ours = is_ours


class RemoteFault(LinkFailure):
    """The other side failed in a way that nobody foresaw; its log says how."""


class Failure(msgspec.Struct, frozen=True, array_like=True):
    """An exception on its way. `kind` is one of `_RAISED`, or anything else for a fault."""

    kind: str
    why: str = ""
    is_sent: bool = False


# Whose texts are ours and name no card.
_RAISED: Final[dict[str, type[Exception]]] = {
    kind.__name__: kind
    for kind in (AuditFailure, CardGone, FaultOnDemand, HoldingFull, LineFailure, MalformedBody)
}


def failure_from(error: Exception) -> Failure | None:
    """An exception as it crosses the socket; None for one that is nobody's answer.

    The text of a ValueError stays here: it may quote what it was made from.
    """
    if isinstance(error, LineFailure):
        return Failure(LineFailure.__name__, str(error), error.is_sent)
    if type(error) is ValueError:
        return Failure(ValueError.__name__)
    name = type(error).__name__
    return Failure(name, str(error)) if _RAISED.get(name) is type(error) else None


def exception_from(failure: Failure) -> Exception:
    """Its inverse."""
    if failure.kind == LineFailure.__name__:
        return LineFailure(failure.why, is_sent=failure.is_sent)
    if failure.kind == ValueError.__name__:
        return ValueError("refused on the other side of the link")
    kind = _RAISED.get(failure.kind)
    return RemoteFault(failure.kind) if kind is None else kind(failure.why)
