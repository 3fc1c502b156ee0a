"""What the log of calls shows of requests and answers: texts in which no card number stands."""

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import unquote_plus

import msgspec

from vezne.core.body import MaskedBody
from vezne.core.call_log import CallText, TextForm
from vezne.core.masked_body import BODY_BYTES_MAX
from vezne.edge.foreign_text import LEFT_OUT, mask_codes, mask_numbers, mask_plain_numbers
from vezne.edge.messages import Answer, BrowserForm, Door, Response
from vezne.edge.refusals import HINT_LENGTH, hinted, show_claim

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
# Whoever mixes them up sends a secret or a signature in them.
_NAMES_IN_HEADERS: Final = frozenset({"apiclientprivate", "apiclientpublic", "x-iyzi-rnd"})
_SHOWN_ANSWER_HEADERS: Final = frozenset(
    {b"allow", b"content-type", b"idempotency-replayed", b"location", b"retry-after"}
)
_VALUE_LENGTH_MAX: Final = 500
_SCHEME: Final = re.compile(r"[A-Za-z0-9]{1,10}(?= )")
_TARGET_LENGTH_MAX: Final = 2_000
# What a number may be cut in, and in addresses whatever form it has.
_OF_NUMBERS: Final = bytes(code for code in range(128) if not chr(code).isalpha())
_OF_ADDRESSES: Final = "0123456789abcdefABCDEF%+-._/"
# What begins like a secret key is shown to its eighth character, too.
_SECRET: Final = re.compile(r"(sck_[A-Za-z0-9]{4})[A-Za-z0-9_-]++")
# In an address: a signature, a token, a key. What stands in the path has slashes around it.
_LONG: Final = re.compile(
    r"(?<==)(?:[A-Za-z0-9+/_-]|%2[bBfF]){27,}+(?:=|%3[dD])*+|[A-Za-z0-9+_-]{27,}+=*+"
)
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def without_numbers(text: str) -> str:
    """A text without what could be a card number or a secret key, and as any database takes it."""
    if not text.isascii() or "\0" in text:
        text = text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    return mask_numbers(_SECRET.sub(r"\1…", text))


def shown_target(target: str) -> str:
    """A request target without numbers, codes and signatures, though they are encoded."""
    looked_at = target[:_TARGET_LENGTH_MAX]
    if len(target) > len(looked_at):
        looked_at = looked_at.rstrip(_OF_ADDRESSES)
    kept = _cut(looked_at)
    # Decoded first: the digits of an escape beside a number's make another number.
    plain = unquote_plus(kept)
    safe = mask_codes(mask_plain_numbers(plain))
    return without_numbers(kept if safe == plain else safe)


def shown_path(path: str) -> str:
    """A path, as an address is shown."""
    return shown_target(path.replace("?", "%3F")).replace("%3F", "?")


def _cut(target: str) -> str:
    """An address in which no long word stands whole that is no name and no UUID."""
    return _LONG.sub(
        lambda match: (
            match[0]
            if _UUID.fullmatch(match[0]) or _is_name(match[0])
            else f"{match[0][:HINT_LENGTH]}…"
        ),
        _SECRET.sub(r"\1…", target),
    )


def _is_name(word: str) -> bool:
    """Whether a long word is one of people's: letters, few of them capitals, and dashes."""
    letters = word.replace("-", "").replace("_", "")
    return letters.isalpha() and 4 * sum(map(str.isupper, letters)) <= len(letters)


def shown_headers(
    headers: Mapping[str, str], caller: str, *, is_known: bool
) -> tuple[tuple[str, str], ...]:
    """The headers that say nothing secret; of credentials the scheme and the caller's name.

    `is_known` says that somebody has that name; of every other one the beginning is shown.
    """
    shown = [
        (name, _shown_header(name, headers[name], caller if is_known else ""))
        for name in _SHOWN_HEADERS
        if name in headers
    ]
    scheme = _SCHEME.match(headers.get("authorization", ""))
    if scheme is not None:
        shown.append(
            ("authorization", f"{scheme[0]} {shown_name(caller, is_known=is_known)}".rstrip())
        )
    return tuple(shown)


def _shown_header(name: str, value: str, known: str) -> str:
    if name in _NAMES_IN_HEADERS:
        return shown_name(value.strip(), is_known=value.strip() == known != "")
    return without_numbers(value)[:_VALUE_LENGTH_MAX]


def shown_name(name: str, *, is_known: bool) -> str:
    """A caller's name; of one that nobody has the beginning."""
    return without_numbers(show_claim(name) if is_known else hinted(name))


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
    if body.left_out_bytes:
        text = f"longer than {BODY_BYTES_MAX} bytes"
        return CallText(text=text, form=TextForm.LEFT_OUT, length=body.left_out_bytes)
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
    is_cut = len(raw) > BODY_BYTES_MAX
    kept = raw[:BODY_BYTES_MAX].rstrip(_OF_NUMBERS) if is_cut else raw
    text = without_numbers(kept.decode(errors="replace"))
    if text == LEFT_OUT:
        form = TextForm.LEFT_OUT
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
