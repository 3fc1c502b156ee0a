"""What stands around every answer: status, locale, time and the caller's own reference."""

from collections.abc import Mapping
from json.encoder import encode_basestring as quoted
from typing import Final, Literal

import msgspec

from vezne.core.body import SealedBody
from vezne.dialects.iyzico.errors import Error, Failure, Payload
from vezne.dialects.iyzico.shapes import Basic, text_of

_LOCALES: Final = frozenset({"tr", "en"})
_ENGLISH: Final = "en"
_DEFAULT_LOCALE: Final = "tr"
_encoder: Final = msgspec.json.Encoder()


class Context(msgspec.Struct, frozen=True):
    """What a request says about its answer."""

    locale: str = _DEFAULT_LOCALE
    conversation_id: str | None = None


class Success(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """What stands before the fields of a success, for the description of the door."""

    status: Literal["success"]
    locale: str
    system_time: int
    conversation_id: str | None = None


class Failed(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """What an error says, before the fields that it repeats."""

    status: Literal["failure"]
    error_code: str
    error_message: str
    error_group: str | None = None
    locale: str
    system_time: int
    conversation_id: str | None = None


class _HttpError(msgspec.Struct, frozen=True, kw_only=True):
    timestamp: int
    status: int
    error: str
    path: str


def context_of(body: SealedBody) -> Context:
    """The locale and reference of a body, even of one that is not acceptable otherwise.

    A locale is given back as sent when it is one, else the answer is in Turkish and says so. The
    reference is left out when the card number stands somewhere it should not.
    """
    record, card = body.record, body.card
    if isinstance(record, Basic):
        locale, reference = record.locale, record.conversation_id or None
    elif isinstance(body.payload, dict):
        locale = text_of(body.payload.get("locale"))
        reference = text_of(body.payload.get("conversationId"))
    else:
        return Context()
    if card is not None and card.leaked:
        reference = None
    return Context(_locale_of(locale), reference)


def context_from(parameters: Mapping[str, str]) -> Context:
    """The locale and reference of a query, taken as those of a body."""
    return Context(_locale_of(parameters.get("locale")), parameters.get("conversationId"))


def _locale_of(text: str | None) -> str:
    return text if text and text.lower() in _LOCALES else _DEFAULT_LOCALE


def success(context: Context, now_ms: int, payload: Payload | None = None) -> bytes:
    """The body of a successful answer: the envelope, then the fields of the payload."""
    # Written straight, as `Success` would be: a locale is letters only.
    reference = context.conversation_id
    named = "" if reference is None else f',"conversationId":{quoted(reference)}'
    return _joined(
        f'{{"status":"success","locale":"{context.locale}","systemTime":{now_ms}{named}', payload
    )


def failure(
    context: Context,
    now_ms: int,
    problem: Failure,
    echoed: Payload | None = None,
) -> bytes:
    """The body of an error in the caller's language, then the fields that are echoed."""
    error = problem.error
    head = _encoder.encode(
        Failed(
            status="failure",
            error_code=error.code,
            error_message=message(error, context.locale, *problem.values),
            error_group=error.group,
            locale=context.locale,
            system_time=now_ms,
            conversation_id=context.conversation_id,
        )
    )
    return _joined(head[:-1].decode(), echoed)


def message(error: Error, locale: str, *values: object) -> str:
    """The text of an error in the language of a locale."""
    text = error.english if locale.lower() == _ENGLISH else error.turkish
    return text.format(*values) if values else text


def http_error(now_ms: int, status: int, error: str, path: str) -> bytes:
    """The body of an answer that no endpoint gave, as the live service's framework writes it."""
    return _encoder.encode(_HttpError(timestamp=now_ms, status=status, error=error, path=path))


def _joined(head: str, payload: Payload | None) -> bytes:
    """One JSON object with the fields of both, in order; the first is not closed yet."""
    if isinstance(payload, msgspec.Struct):
        payload = _encoder.encode(payload)[1:-1].decode()
    return (f"{head},{payload}}}" if payload else f"{head}}}").encode()
