"""Rules for single fields. Each raises a Failure that names the field."""

import re
from collections.abc import Collection
from datetime import datetime
from operator import attrgetter
from typing import Final

import msgspec

from vezne.core.card import PAN_LENGTH_MIN, holds_pan
from vezne.core.money import UNIT
from vezne.dialects.iyzico import errors
from vezne.dialects.iyzico.errors import Error, Failure
from vezne.dialects.iyzico.shapes import Amount

ID_LENGTH_MAX: Final = 255
NAME_LENGTH_MAX: Final = 255
PROSE_LENGTH_MAX: Final = 1000
HOLDER_LENGTH_MAX: Final = 100
ALIAS_LENGTH_MAX: Final = 100
SHORT_LENGTH_MAX: Final = 50
IDENTITY_LENGTH_MIN: Final = 5
IDENTITY_LENGTH_MAX: Final = 50
# The longest address that mail can be sent to (RFC 5321, 4.5.3.1, with erratum 1690).
EMAIL_LENGTH_MAX: Final = 254
# The most that one transaction may take, from the documentation's error 5008.
PRICE_LIMIT_E8: Final = 100_000 * UNIT

# Addresses of the plain kind that most are: every one of them passes email-validator, which takes
# longer than the rest of a payment's checks together. The length keeps within its other limits.
_PLAIN_EMAIL: Final = re.compile(
    r"[A-Za-z0-9_+-]++(?:\.[A-Za-z0-9_+-]++)*+@"
    r"(?:[A-Za-z0-9]++(?:-[A-Za-z0-9]++)*+\.)++(?:com|net|org|tr)"
)
_PLAIN_EMAIL_LENGTH_MAX: Final = 64
# What stands between the digits of `yyyy-MM-dd HH:mm:ss`.
_DATE_SIGNS: Final = "-- ::"
_DATE_LENGTH: Final = 19


class TextRule(msgspec.Struct, frozen=True):
    """What a text field must be.

    `missing` makes it mandatory. A prose field is one that people fill in, so it could hold a card
    number by mistake; ids are not searched, as one in ten long ids would pass for a card number.
    """

    attribute: str
    name: str
    length_max: int = ID_LENGTH_MAX
    missing: Error | None = None
    is_prose: bool = False
    too_long: Error = errors.TOO_LONG


class TextRules:
    """Rules for several text fields of a record, checked in their order."""

    def __init__(self, *rules: TextRule) -> None:
        self.rules = rules
        self._values = attrgetter(*(rule.attribute for rule in rules))

    def check(self, record: msgspec.Struct) -> None:
        """Check a record."""
        for value, rule in zip(self._values(record), self.rules, strict=True):
            # Most texts are too short to hold a card number or to break any rule's limit.
            if not value or len(value) > PAN_LENGTH_MIN or "\0" in value:
                check_text(value, rule)

    def without_missing(self) -> "TextRules":
        """The same rules for a record whose fields may all be missing."""
        return TextRules(*(msgspec.structs.replace(rule, missing=None) for rule in self.rules))


def check_text(value: str | None, rule: TextRule) -> None:
    """Check one text."""
    if not value:
        if rule.missing is not None:
            raise Failure(rule.missing)
        return
    if len(value) > rule.length_max:
        raise Failure(rule.too_long, rule.name, rule.length_max)
    if "\0" in value:
        raise Failure(errors.INVALID_REQUEST)
    if rule.is_prose and len(value) > PAN_LENGTH_MIN and holds_pan(value):
        raise Failure(errors.CARD_NUMBER_IN_TEXT, rule.name)


_CONVERSATION: Final = TextRule(
    "conversation_id", "conversationId", too_long=errors.CONVERSATION_TOO_LONG
)
_IP: Final = TextRule("ip", "ip", SHORT_LENGTH_MAX, too_long=errors.IP_TOO_LONG)
_EMAIL: Final = TextRule(
    "email", "email", EMAIL_LENGTH_MAX, errors.EMAIL_MISSING, too_long=errors.EMAIL_TOO_LONG
)


def check_conversation_id(value: str | None) -> None:
    """Check the caller's own reference."""
    check_text(value, _CONVERSATION)


def check_ip(value: str | None, missing: Error | None = None) -> None:
    """Check an address of the network. Its form is the caller's business."""
    if not value and missing is not None:
        raise Failure(missing)
    check_text(value, _IP)


def check_email(value: str | None) -> None:
    """Check a mandatory e-mail address; nobody asks whether it receives mail."""
    check_text(value, _EMAIL)
    if value and not is_email(value):
        raise Failure(errors.EMAIL_MALFORMED)


def is_email(text: str) -> bool:
    """Whether a text is an e-mail address."""
    if len(text) <= _PLAIN_EMAIL_LENGTH_MAX and _PLAIN_EMAIL.fullmatch(text):
        return True
    import email_validator  # noqa: PLC0415 - slow to load, and seldom needed after the above

    try:
        email_validator.validate_email(text, check_deliverability=False)
    except email_validator.EmailNotValidError:
        return False
    return True


def check_date(value: str | None, name: str) -> None:
    """Check an optional `yyyy-MM-dd HH:mm:ss`."""
    if value and not is_date(value):
        raise Failure(errors.DATE_MALFORMED, name)


def is_date(text: str) -> bool:
    """Whether a text is a `yyyy-MM-dd HH:mm:ss` that is in the calendar."""
    if len(text) != _DATE_LENGTH or text[4::3] != _DATE_SIGNS:
        return False
    try:
        # Among these signs nothing but digits makes a date, or the name of a zone.
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False


def check_member(value: object, allowed: Collection[object], name: str) -> None:
    """Check that an optional value is one of a list."""
    if value not in allowed and value is not None and value != "":
        raise Failure(errors.VALUE_UNKNOWN, name)


def checked_price(value: Amount | None) -> Amount:
    """The mandatory `price` of a request."""
    if value is None:
        raise Failure(errors.PRICE_MISSING)
    if value.e8 <= 0:
        raise Failure(errors.PRICE_NOT_POSITIVE)
    return within_limit(value)


def checked_amount(value: Amount | None, name: str, missing: Error) -> Amount:
    """Another mandatory amount."""
    if value is None:
        raise Failure(missing)
    if value.e8 <= 0:
        raise Failure(errors.NOT_POSITIVE, name)
    return within_limit(value)


def within_limit(value: Amount) -> Amount:
    """An amount that one transaction may take."""
    if value.e8 >= PRICE_LIMIT_E8:
        raise Failure(errors.PRICE_ABOVE_LIMIT)
    return value
