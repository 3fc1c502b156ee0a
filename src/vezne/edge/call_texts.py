"""What the log of calls shows of requests and answers: texts in which no card number stands."""

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import unquote_plus

import msgspec

from vezne.core.body import MaskedBody
from vezne.core.call_log import CallText, TextForm
from vezne.core.masked_body import CODE_ENDING, MASKED_CODE
from vezne.edge.logs import mask_digits
from vezne.edge.messages import Answer, BrowserForm, Door, Response
from vezne.edge.refusals import show_claim

# More of a body is not kept.
TEXT_BYTES_MAX: Final = 64 * 1024
REFERENCE_LENGTH_MAX: Final = 200

_SHOWN_HEADERS: Final = (
    "accept",
    "accept-language",
    "apiclientprivate",
    "apiclientpublic",
    "content-length",
    "content-type",
    "host",
    "idempotency-key",
    "locale",
    "merchantuniquecode",
    "origin",
    "relationalid1",
    "user-agent",
    "x-iyzi-client-version",
    "x-iyzi-rnd",
)
_SHOWN_ANSWER_HEADERS: Final = frozenset(
    {b"allow", b"content-type", b"idempotency-replayed", b"location", b"retry-after"}
)
_VALUE_LENGTH_MAX: Final = 500
_SCHEME: Final = re.compile(r"[A-Za-z0-9]{1,20}(?= )")
_OF_NUMBERS: Final = b"0123456789 -"
# Digits with what people, and JSON in their strings, put between them.
_BETWEEN: Final = r"(?:[ \t\u00a0/-]|\\[tnr/])"
_DIGITS: Final = re.compile(rf"[0-9](?:{_BETWEEN}{{0,2}}[0-9]){{12,}}")
_SEPARATORS: Final = re.compile(_BETWEEN)
# Where such digits may be: quick to find, and rare.
_CANDIDATE: Final = re.compile(r"[0-9][0-9 \t\u00a0/\\tnr-]{12,}")
# In more digits a number could stand anywhere, and to look for it takes time.
_LOOKED_AT_MAX: Final = 100
_MASK: Final = "[masked]"
# A security code among the parameters of an address.
_CODE_PARAMETER: Final = re.compile(rf"([?&;][^=&;]*{CODE_ENDING}=)[^&;]*")
# A time in milliseconds. No card number of thirteen digits begins with a one.
_TIME: Final = re.compile(r"1[0-9]{12}")


def without_numbers(text: str) -> str:
    """A text with everything masked that could be a card number, and as any database takes it."""
    if not text.isascii() or "\0" in text:
        text = text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    return _CANDIDATE.sub(_mask_candidate, text)


def shown_target(target: str) -> str:
    """A request target without card numbers and security codes, though they are encoded."""
    masked = _without_codes(without_numbers(target))
    plain = unquote_plus(masked)
    safe = _without_codes(without_numbers(plain))
    return masked if safe == plain else safe


def _without_codes(target: str) -> str:
    return _CODE_PARAMETER.sub(rf"\1{MASKED_CODE}", target)


def _mask_candidate(match: re.Match[str]) -> str:
    return _DIGITS.sub(_mask, match[0])


def _mask(match: re.Match[str]) -> str:
    if _TIME.fullmatch(match[0]):
        return match[0]
    if len(match[0]) > _LOOKED_AT_MAX:
        return _MASK
    digits = _SEPARATORS.sub("", match[0])
    masked = mask_digits(digits)
    return match[0] if masked == digits else masked


def shown_headers(headers: Mapping[str, str], caller: str) -> tuple[tuple[str, str], ...]:
    """The headers that say nothing secret; of credentials the scheme and the caller's name."""
    shown = [
        (name, without_numbers(headers[name])[:_VALUE_LENGTH_MAX])
        for name in _SHOWN_HEADERS
        if name in headers
    ]
    scheme = _SCHEME.match(headers.get("authorization", ""))
    if scheme is not None:
        name = without_numbers(show_claim(caller))
        shown.append(("authorization", f"{scheme[0]} {name}".rstrip()))
    return tuple(shown)


def shown_answer_headers(door: Door, answer: Answer) -> tuple[tuple[str, str], ...]:
    """The headers of an answer that say something of it."""
    if not isinstance(answer, Response):
        return ()
    headers = answer.headers if answer.bare else door.headers + answer.headers
    return tuple(
        (name.decode("latin-1"), without_numbers(value.decode("latin-1")))
        for name, value in headers
        if name.lower() in _SHOWN_ANSWER_HEADERS
    )


def shown_body(body: MaskedBody | None, why: str) -> CallText:
    """A request's body; where there is none that could be masked, why it was refused."""
    if body is None:
        return CallText(text=why, form=TextForm.LEFT_OUT)
    return _shown(body.text, TextForm.AS_SENT if body.is_as_sent else TextForm.REBUILT)


def shown_answer(answer: Answer) -> CallText:
    """An answer's body; of a page for browsers, what it does."""
    if isinstance(answer, Response):
        return _shown(answer.body, TextForm.AS_SENT)
    if isinstance(answer, BrowserForm):
        page = {"action": answer.action, "fields": dict(answer.fields)}
        return _shown(msgspec.json.encode(page), TextForm.REBUILT)
    return _shown(msgspec.json.encode({"message": answer.message}), TextForm.REBUILT)


def _shown(raw: bytes, form: TextForm) -> CallText:
    # Cut where no number is: nothing finds half of one.
    is_cut = len(raw) > TEXT_BYTES_MAX
    kept = raw[:TEXT_BYTES_MAX].rstrip(_OF_NUMBERS) if is_cut else raw
    text = without_numbers(kept.decode(errors="replace"))
    return CallText(text=text, form=form, length=len(raw), is_cut=is_cut)


def reference_pattern(door: Door) -> re.Pattern[str] | None:
    """What finds a caller's own name for a request: in its body, its query or a header."""
    if not door.references:
        return None
    names = "|".join(map(re.escape, door.references))
    flags = re.IGNORECASE if door.ignores_case else re.NOFLAG
    return re.compile(rf'"(?:{names})"\s*:\s*(?:"([^"\\]*)"|([0-9]+))|&(?:{names})=([^&]*)', flags)


def find_reference(
    pattern: re.Pattern[str] | None, body: CallText, target: str, headers: Sequence[tuple[str, str]]
) -> str:
    """A caller's own name for what a request is about; empty where it gives none."""
    if pattern is None:
        return ""
    query = target.partition("?")[2] + "".join(f"&{name}={value}" for name, value in headers)
    found = pattern.search(body.text) or pattern.search(f"&{query}")
    if found is None:
        return ""
    return next(filter(None, found.groups()), "")[:REFERENCE_LENGTH_MAX]
