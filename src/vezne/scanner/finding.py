"""What a scan finds. A number is shown by its mask only, a code not at all."""

import enum
from collections.abc import Callable

import msgspec


class Kind(enum.StrEnum):
    """What was found."""

    NUMBER = "card number"
    CODE = "security code"


class Form(enum.StrEnum):
    """How it was written."""

    PLAIN = "plain"
    ESCAPED = "escaped"
    URL = "url"
    BASE64 = "base64"
    HEX = "hex"
    UTF16 = "utf-16"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One place that holds a number or a code: `file:line`, or `file table.column:row`."""

    place: str
    kind: Kind
    form: Form
    mask: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a scan.

    `findings` are at most as many as a person will read; `found` counts all. `suspects` are
    numbers that pass as card numbers in places where most numbers do not, as one random number in
    ten would. `unread` says what could not be read, and why: a scan that left something out proves
    nothing of it.
    """

    found: int
    findings: list[Finding]
    suspects: list[Finding]
    unread: list[str]
    read_bytes: int


# Where an offset of a text is, for people.
Place = Callable[[int], str]
# Is told how many more bytes were read.
Progress = Callable[[int], None]
