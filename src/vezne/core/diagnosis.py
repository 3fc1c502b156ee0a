"""Why a caller was not believed: what was found by looking at a refused request again.

A finding is proven when a text that differs from ours in one thing has the signature that came.
No secret of anybody's stands in a diagnosis, and of a body only what its masked form shows.
"""
# ruff: noqa: S105 - names of causes, many of which are about secrets

import enum
from collections.abc import Sequence

import msgspec


class Part(enum.StrEnum):
    """What a piece of a signed text is."""

    KEY = "key"
    RANDOM_KEY = "random_key"
    SECRET = "secret"
    PATH = "path"
    BODY = "body"
    FIELDS = "fields"


class Certainty(enum.StrEnum):
    """How much a finding is worth: seen to be so, hinted at by something, or nothing against it."""

    PROVEN = "proven"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Cause(enum.StrEnum):
    """Everything that a doctor may find. The list is closed; the panel has words for each."""

    # The header.
    HEADER_MISSING = "header_missing"
    HEADER_MISNAMED = "header_misnamed"
    SCHEME_MISSPELT = "scheme_misspelt"
    TOKEN_NOT_ENCODED = "token_not_encoded"
    TOKEN_URL_SAFE = "token_url_safe"
    TOKEN_UNPADDED = "token_unpadded"
    TOKEN_SPACED = "token_spaced"
    TOKEN_BROKEN = "token_broken"
    PART_MISSING = "part_missing"
    COLON_MISSING = "colon_missing"
    RANDOM_KEY_MISSING = "random_key_missing"
    RANDOM_KEY_DIFFERS = "random_key_differs"
    RANDOM_KEY_REPEATED = "random_key_repeated"
    # The key.
    KEY_UNKNOWN = "key_unknown"
    KEY_NEARLY = "key_nearly"
    KEY_REVOKED = "key_revoked"
    KEY_OF_OTHER_DOOR = "key_of_other_door"
    KEY_IS_SECRET = "key_is_secret"
    KEY_ENCODED = "key_encoded"
    KEY_QUOTED = "key_quoted"
    OTHER_PAIR = "other_pair"
    KEYS_SWAPPED = "keys_swapped"
    KEY_TOO_WEAK = "key_too_weak"
    TOKEN_UNKNOWN = "token_unknown"
    TOKEN_OF_OTHER = "token_of_other"
    # The secret.
    SECRET_WRONG = "secret_wrong"
    SECRET_OF_OTHER_KEY = "secret_of_other_key"
    SECRET_IS_KEY = "secret_is_key"
    SECRET_WITH_SPACE = "secret_with_space"
    SECRET_WITHOUT_PREFIX = "secret_without_prefix"
    SECRET_EMPTY = "secret_empty"
    SECRET_ENCODED = "secret_encoded"
    SECRET_CUT = "secret_cut"
    # How the signature is written.
    SIGNATURE_UPPER_CASE = "signature_upper_case"
    SIGNATURE_IN_BASE64 = "signature_in_base64"
    SIGNATURE_URL_SAFE = "signature_url_safe"
    SIGNATURE_IN_HEX = "signature_in_hex"
    SIGNATURE_SHA1 = "signature_sha1"
    SIGNATURE_SHA512 = "signature_sha512"
    SIGNATURE_WRAPPED = "signature_wrapped"
    SIGNATURE_BROKEN = "signature_broken"
    SIGNATURE_KEYLESS = "signature_keyless"
    # What was signed: the path.
    PATH_QUERY_CHANGED = "path_query_changed"
    PATH_SLASH = "path_slash"
    PATH_DECODED = "path_decoded"
    PATH_WITH_HOST = "path_with_host"
    PATH_OTHER = "path_other"
    PATH_MISSING = "path_missing"
    # What was signed: the body.
    BODY_COMPACT = "body_compact"
    BODY_SPACED = "body_spaced"
    BODY_INDENTED = "body_indented"
    BODY_SORTED = "body_sorted"
    BODY_SLASHES_ESCAPED = "body_slashes_escaped"
    BODY_UNICODE_ESCAPED = "body_unicode_escaped"
    BODY_UNICODE_PLAIN = "body_unicode_plain"
    BODY_HTML_ESCAPED = "body_html_escaped"
    BODY_NEWLINE = "body_newline"
    BODY_BOM = "body_bom"
    BODY_LINE_ENDS = "body_line_ends"
    BODY_NUMBERS_SHORT = "body_numbers_short"
    BODY_NUMBERS_LONG = "body_numbers_long"
    BODY_NUMBERS_QUOTED = "body_numbers_quoted"
    BODY_NULLS_DROPPED = "body_nulls_dropped"
    BODY_EMPTY_DROPPED = "body_empty_dropped"
    BODY_UNSIGNED = "body_unsigned"
    BODY_EMPTY_OBJECT = "body_empty_object"
    # What was signed: the fields of the older scheme.
    FIELDS_IN_BODY_ORDER = "fields_in_body_order"
    FIELDS_NUMBERS_AS_SENT = "fields_numbers_as_sent"
    FIELDS_NULLS_KEPT = "fields_nulls_kept"
    FIELDS_EMPTY_DROPPED = "fields_empty_dropped"
    FIELDS_LOCALE_MISSING = "fields_locale_missing"
    FIELDS_CONVERSATION_MISSING = "fields_conversation_missing"
    SIGNED_OTHERWISE = "signed_otherwise"
    TOO_LONG = "too_long"
    NOT_LOOKED_AT = "not_looked_at"


class Segment(msgspec.Struct, frozen=True):
    """A piece of the text that a right signature covers; a secret is three stars."""

    part: Part
    text: str


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Where the text that the caller signed first differs from the one that we did.

    `segment` is the number of the piece of ours in which that is, `at` the place in it. `ours` and
    `theirs` go on from there for a little, `theirs` in what the caller has signed instead.
    """

    segment: int
    at: int
    ours: str
    theirs: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A cause, how sure that is, and what it is about: a header's name, a path, a key's."""

    cause: Cause
    certainty: Certainty
    about: str = ""


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """What a doctor says of a refused request, the surest finding first.

    `merchant_id` is the merchant that the request named a key of, 0 when it named nobody's: only
    that merchant's members may read this, or those of the demo merchant. `signed` is empty for a
    scheme that signs nothing, and where not even a key was found to sign with. `is_exact` says that
    but for what is masked it is that text; else the body's values are written anew.
    """

    scheme: str
    merchant_id: int
    findings: tuple[Finding, ...]
    signed: tuple[Segment, ...] = ()
    difference: Difference | None = None
    is_exact: bool = True


# How much is shown of both texts from their first difference on.
SHOWN_MAX = 48


def first_difference(ours: Sequence[Segment], theirs: str) -> Difference | None:
    """The first place at which the text of the pieces differs from another; None: nowhere."""
    text = "".join(segment.text for segment in ours)
    at = _common_length(text, theirs)
    if at == len(text) == len(theirs):
        return None
    number, start = 0, 0
    # What comes after the end of ours belongs to its last piece.
    while number < len(ours) - 1 and at >= start + len(ours[number].text):
        start += len(ours[number].text)
        number += 1
    return Difference(
        segment=number,
        at=at - start,
        ours=text[at : at + SHOWN_MAX],
        theirs=theirs[at : at + SHOWN_MAX],
    )


def _common_length(one: str, other: str) -> int:
    for at, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return at
    return min(len(one), len(other))
