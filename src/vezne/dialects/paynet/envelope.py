"""What stands around every answer, and how it is written: JSON, or XML for who accepts only that.

A success has the fields of its endpoint, then `object_name`, `code` and `message`. Answers of
PaynetJ repeat the first of them as `obeject_name`, as two samples of the documentation spell it
while their tables do not. Errors have `type`, `message`, the HTTP status as `code`, and the code of
the documentation as `result_code`.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from vezne.dialects.paynet import errors, xml
from vezne.dialects.paynet.errors import Error
from vezne.edge.messages import Outcome, Request, Response

JSON_TYPE: Final = (b"content-type", b"application/json; charset=utf-8")
XML_TYPE: Final = (b"content-type", b"application/xml; charset=utf-8")
_ERROR_ROOT: Final = "error"
_MEDIA_TYPES: Final = {
    "application/json": False,
    "text/json": False,
    "*/*": False,
    "application/*": False,
    "application/xml": True,
    "text/xml": True,
}
_encoder: Final = msgspec.json.Encoder(decimal_format="number")


class Context(msgspec.Struct, frozen=True):
    """What a request says about its answer."""

    language: str = "tr"
    is_xml: bool = False


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What an endpoint answers. Without `result` it is the success of its endpoint.

    `message` replaces the text of the result.
    """

    fields: msgspec.Struct | None = None
    result: Error | None = None
    message: str | None = None


def context_of(request: Request) -> Context:
    """The language and format that a request accepts: Turkish and JSON unless it says otherwise."""
    return context_from(request.headers)


def context_from(headers: Mapping[str, str]) -> Context:
    """The same, where there are but the headers of a request."""
    accepted = headers.get("accept-language", "")
    return Context(
        language="en" if accepted.strip().lower().startswith("en") else "tr",
        is_xml=_prefers_xml(headers.get("accept", "")),
    )


def _prefers_xml(accept: str) -> bool:
    """Whether the first media type known here is XML. Weights are not looked at."""
    for part in accept.lower().split(","):
        is_xml = _MEDIA_TYPES.get(part.partition(";")[0].strip())
        if is_xml is not None:
            return is_xml
    return False


def success(
    context: Context, answer: Answer, default: Error, object_name: str | None, *, is_paynetj: bool
) -> Response:
    """The response with an endpoint's fields and the envelope after them."""
    result = answer.result or default
    fields = {} if answer.fields is None else _fields_of(answer.fields)
    fields["object_name"] = object_name
    if is_paynetj:
        fields["obeject_name"] = object_name
    fields["code"] = result.code
    fields["message"] = answer.message or errors.message(result, context.language)
    is_declined = result in errors.DECLINES
    said = _Said(Outcome.DECLINED, str(result.code)) if is_declined else _Said()
    return _written(context, 200, object_name or xml.ROOT, fields, said)


def failure(
    context: Context, error: Error, *values: object, outcome: Outcome = Outcome.REFUSED
) -> Response:
    """The response with an error in the caller's language."""
    fields: dict[str, object] = {
        "type": error.type,
        "message": errors.message(error, context.language, *values),
        "code": int(error.status),
        "result_code": error.code,
    }
    said = _Said(Outcome.DECLINED if error in errors.DECLINES else outcome, str(error.code))
    return _written(context, error.status, _ERROR_ROOT, fields, said)


def _fields_of(record: msgspec.Struct) -> dict[str, object]:
    """The fields of a record by their names on the wire, amounts as decimals."""
    fields: dict[str, object] = msgspec.to_builtins(record, builtin_types=(Decimal,))
    return fields


class _Said(NamedTuple):
    """What a response says beyond its text."""

    outcome: Outcome = Outcome.SERVED
    reason: str = ""


def _written(
    context: Context, status: int, root: str, fields: dict[str, object], said: _Said
) -> Response:
    body = xml.document(root, fields) if context.is_xml else _encoder.encode(fields)
    headers = (XML_TYPE if context.is_xml else JSON_TYPE,)
    return Response(status, body, headers, outcome=said.outcome, reason=said.reason)
