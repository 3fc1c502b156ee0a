"""Which payments somebody wants to see: as typed into the form, and as the page's address has it.

The form is sent in the body, checked, and answered with the address of what it asks for: a whole
card number that somebody pastes into it is in no address, no history and no log.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

import msgspec

from vezne.core.calendar import ISTANBUL
from vezne.core.money import plain_text
from vezne.core.search import BIN_LENGTHS, LAST4_LENGTH, PaymentQuery, Place
from vezne.core.standing import Standing
from vezne.panel.card_numbers import is_card_number
from vezne.panel.formats import number
from vezne.panel.typed_amount import MistypedAmount, amount_from_text
from vezne.panel.visit import IllFormed

DOORS: Final = ("iyzico", "paywall", "paynet")
# As long as the doors take them, and more.
NAME_LENGTH_MAX: Final = 255
# The name of the text about a whole card number.
CARD_ERROR: Final = "payments.error.card"
# The form has a box to tick for each standing; the address names them in one parameter.
TICK_PREFIX: Final = "standing-"
# In an address amounts are written as in English, without marks for thousands.
_ADDRESS_LANGUAGE: Final = "en"
_YEARS: Final = range(2000, 9999)

_FIELDS: Final = (
    "since",
    "until",
    "least",
    "most",
    "bin",
    "last4",
    "door",
    "conversation",
    "basket",
)
_SEPARATORS: Final = re.compile(r"[\s.\-]")
_PLACE: Final = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})", re.ASCII)


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for. `typed` holds the fields' texts, `errors` names of texts by field."""

    query: PaymentQuery
    typed: Mapping[str, str]
    errors: Mapping[str, str]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return self.query == PaymentQuery() and not self.errors

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the address that asks for the same."""
        values = dict(self.typed)
        for name, amount_e8 in (("least", self.query.least_e8), ("most", self.query.most_e8)):
            if amount_e8 is not None:
                values[name] = plain_text(amount_e8)
        values["standing"] = ",".join(self.query.standings)
        return {name: value for name, value in values.items() if value}

    def address(self, path: str, **more: str) -> str:
        """The address of a page about what is looked for; `more` parameters with a value."""
        values = self.parameters | {name: value for name, value in more.items() if value}
        return f"{path}?{urlencode(values)}" if values else path

    def shown(self, language: str) -> Mapping[str, str]:
        """The fields' texts as people of a language write them."""
        amounts = {"least": self.query.least_e8, "most": self.query.most_e8}
        written = {
            name: number(amount_e8, language)
            for name, amount_e8 in amounts.items()
            if amount_e8 is not None
        }
        return {**self.typed, **written}


def filter_from_form(form: Mapping[str, str], language: str) -> Filter:
    """What the fields of the form ask for."""
    standings = tuple(item for item in Standing if TICK_PREFIX + item in form)
    return _read(form, standings, language)


def filter_from_address(parameters: Mapping[str, str]) -> Filter:
    """What an address asks for. Raises IllFormed for a standing that there is not."""
    names = [name for name in parameters.get("standing", "").split(",") if name]
    try:
        standings = {Standing(name) for name in names}
    except ValueError:
        raise IllFormed from None
    return _read(parameters, tuple(filter(standings.__contains__, Standing)), _ADDRESS_LANGUAGE)


def place_from_text(text: str) -> Place | None:
    """Where a list goes on, as an address has it; None for nothing. Raises IllFormed."""
    if not text:
        return None
    match = _PLACE.fullmatch(text)
    if match is None:
        raise IllFormed
    return Place(int(match[1]), int(match[2]))


def text_of_place(place: Place | None) -> str:
    """Its inverse."""
    return "" if place is None else f"{place.created_ms}.{place.number}"


def _read(fields: Mapping[str, str], standings: tuple[Standing, ...], language: str) -> Filter:
    typed = {name: fields.get(name, "").strip() for name in _FIELDS}
    errors = {name: CARD_ERROR for name, text in typed.items() if is_card_number(text)}
    for name in errors:
        # It is shown to nobody again.
        typed[name] = ""
    values: dict[str, object] = {"standings": standings}
    for name, (field, read) in _READERS.items():
        if not typed[name]:
            continue
        try:
            values[field] = read(typed[name], language)
        except ValueError:
            errors[name] = f"payments.error.{name}"
    query = msgspec.structs.replace(PaymentQuery(), **values)
    errors.update(_contradictions(query))
    return Filter(query=query, typed=typed, errors=errors)


def _contradictions(query: PaymentQuery) -> dict[str, str]:
    found = {}
    if query.since_ms >= query.until_ms:
        found["until"] = "payments.error.days"
    if query.least_e8 is not None and query.most_e8 is not None and query.least_e8 > query.most_e8:
        found["most"] = "payments.error.amounts"
    return found


def _day_start_ms(text: str, _language: str) -> int:
    """Midnight in Istanbul at the beginning of a day. Raises ValueError."""
    day = date.fromisoformat(text)
    if day.isoformat() != text or day.year not in _YEARS:
        raise ValueError("no day")
    return _midnight_ms(day)


def _day_end_ms(text: str, language: str) -> int:
    _day_start_ms(text, language)
    return _midnight_ms(date.fromisoformat(text) + timedelta(days=1))


def _midnight_ms(day: date) -> int:
    return int(datetime.combine(day, time.min, ISTANBUL).timestamp()) * 1000


def _amount(text: str, language: str) -> int:
    try:
        return amount_from_text(text, language)
    except MistypedAmount as error:
        raise ValueError("no amount") from error


def _bin(text: str, _language: str) -> str:
    bare = _SEPARATORS.sub("", text)
    return _digits(bare, len(bare) in BIN_LENGTHS)


def _last4(text: str, _language: str) -> str:
    return _digits(text, len(text) == LAST4_LENGTH)


def _digits(text: str, is_long_enough: bool) -> str:  # noqa: FBT001 - read together
    if not (is_long_enough and text.isascii() and text.isdigit()):
        raise ValueError("no such digits")
    return text


def _door(text: str, _language: str) -> str:
    if text not in DOORS:
        raise ValueError("no door")
    return text


def _name(text: str, _language: str) -> str:
    if len(text) > NAME_LENGTH_MAX:
        raise ValueError("too long")
    return text


_READERS: Final[Mapping[str, tuple[str, Callable[[str, str], object]]]] = {
    "since": ("since_ms", _day_start_ms),
    "until": ("until_ms", _day_end_ms),
    "least": ("least_e8", _amount),
    "most": ("most_e8", _amount),
    "bin": ("bin", _bin),
    "last4": ("last4", _last4),
    "door": ("door", _door),
    "conversation": ("conversation_id", _name),
    "basket": ("basket_id", _name),
}
