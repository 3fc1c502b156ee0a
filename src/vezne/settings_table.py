"""Every setting: its key, its default, what it is, and what it may be.

The records that hold the values are in `vezne.settings`; a test keeps both and the documentation in
step.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from vezne.edge.server import Address

PREFIX: Final = "VEZNE_"
_PORT_MAX: Final = 65_535
_ORIGIN: Final = re.compile(
    r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]{1,5}))?"
)
_WORDS_OF_BOOL: Final = {"true": True, "yes": True, "on": True, "1": True} | {
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}
# A year; a code that lives longer is no code that changes.
_HOURS_MAX: Final = 24 * 366


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table of settings. `parse` raises ValueError with what would be right."""

    key: str
    default: str
    about: str
    parse: Callable[[object], object]

    @property
    def variable(self) -> str:
        """The environment variable of this setting."""
        return PREFIX + self.key.replace(".", "__").upper()


def _boolean(value: object) -> bool:
    known = value if isinstance(value, bool) else _WORDS_OF_BOOL.get(str(value).lower())
    if known is None:
        raise ValueError("must be true or false")
    return known


def _whole_number(value: object) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit()) or isinstance(value, bool):
        raise ValueError("must be a whole number, 0 or more")
    return int(text)


def _hours(value: object) -> int:
    hours = _whole_number(value)
    if not 1 <= hours <= _HOURS_MAX:
        raise ValueError(f"must be 1 to {_HOURS_MAX} hours")
    return hours


def _one_worker(value: object) -> int:
    if str(value) != "1":
        raise ValueError("must be 1: this version runs in one process")
    return 1


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text")
    return value


def _path(value: object) -> Path:
    return value if isinstance(value, Path) else Path(_text(value)).expanduser()


def _address(value: object) -> Address | None:
    text = _text(value)
    if text == "off":
        return None
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > _PORT_MAX:
        raise ValueError("must be HOST:PORT or off, such as 127.0.0.1:8080 or [::1]:8080")
    return Address(host, int(port))


def _names(value: object) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("must be a list of host names or addresses")
    return tuple(name.strip() for name in names if name.strip())


def _origin(value: object) -> str:
    found = _ORIGIN.fullmatch(_text(value))
    if found is None or int(found["port"] or 0) > _PORT_MAX:
        raise ValueError("must be http:// or https://, a host and no path")
    return found[0]


def _database(value: object) -> str:
    # The message does not repeat the value: it may hold a password.
    text = _text(value)
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("must be a URL that begins with postgresql://")
    return text


def _pairs(value: object) -> dict[str, str]:
    pairs = dict(_split_pairs(value)) if isinstance(value, str) else value
    if not isinstance(pairs, dict) or not all(isinstance(item, str) for item in pairs.values()):
        raise ValueError("must be names with a reading each, such as name=reading,name=reading")
    return pairs


def _split_pairs(text: str) -> Iterator[tuple[str, str]]:
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, is_pair, reading = pair.partition("=")
        if not is_pair:
            raise ValueError("must be name=reading pairs, divided by commas")
        yield name.strip(), reading.strip()


def _one_of(*choices: str) -> Callable[[object], object]:
    def choose(value: object) -> object:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value

    return choose


TABLE: Final = (
    Setting(
        key="mode",
        default="`live`",
        about="`sandbox` or `live`. Sandbox has a demo merchant, test cards and the built-in bank. "
        "Live needs an acquirer and does not start without one.",
        parse=_one_of("sandbox", "live"),
    ),
    Setting(
        key="data",
        default="`vezne-data`",
        about="Directory of databases, keys and certificates.",
        parse=_path,
    ),
    Setting(
        key="listen",
        default="`127.0.0.1:8080`",
        about="HOST:PORT for http, or `off`. Port 0 takes a free one.",
        parse=_address,
    ),
    Setting(
        key="tls_listen",
        default="`127.0.0.1:8443`",
        about="HOST:PORT for https, or `off`. Port 0 takes a free one.",
        parse=_address,
    ),
    Setting(
        key="tls_names",
        default="none",
        about="More names or addresses for the development certificate, beside localhost; in a "
        "variable divided by commas.",
        parse=_names,
    ),
    Setting(
        key="public_url",
        default="as the request was addressed",
        about="Where browsers reach this server, such as `https://pay.example.com`, if that is not "
        "where the merchant's server calls it. The pages of 3-D Secure are there.",
        parse=_origin,
    ),
    Setting(
        key="database",
        default="SQLite files in the data directory",
        about="A `postgresql://` URL. Never printed.",
        parse=_database,
    ),
    Setting(
        key="workers",
        default="1",
        about="Server processes. This version runs one.",
        parse=_one_worker,
    ),
    Setting(
        key="master_key_file",
        default="`master.key` in the data directory",
        about="File with the key that wraps all others.",
        parse=_path,
    ),
    Setting(
        key="log_level",
        default="`info`",
        about="`debug`, `info`, `warning` or `error`.",
        parse=_one_of("debug", "info", "warning", "error"),
    ),
    Setting(
        key="log_format",
        default="`auto`",
        about="`json`, `console`, or `auto`: console on a terminal, JSON elsewhere.",
        parse=_one_of("auto", "json", "console"),
    ),
    Setting(
        key="sandbox.refuse_unknown_cards",
        default="`false`",
        about="Whether the built-in bank refuses numbers that are no test card.",
        parse=_boolean,
    ),
    Setting(
        key="bank.seed",
        default="1",
        about="What the built-in bank draws its references and approval codes from; the same "
        "seed, the same answers.",
        parse=_whole_number,
    ),
    Setting(
        key="iyzico.profile",
        default="`classic`",
        about="`classic` follows the published pages, `current` today's official clients.",
        parse=_one_of("classic", "current"),
    ),
    Setting(
        key="iyzico.switches",
        default="none",
        about="Single readings that differ from the profile: a table of names, in a variable "
        "`name=reading,name=reading`.",
        parse=_pairs,
    ),
    Setting(
        key="paywall.profile",
        default="`classic`",
        about="`classic` follows the published page, `current` today's official client.",
        parse=_one_of("classic", "current"),
    ),
    Setting(
        key="paywall.switches",
        default="none",
        about="As `iyzico.switches`.",
        parse=_pairs,
    ),
    Setting(
        key="paywall.unique_code_hours",
        default="24",
        about="How long a stored card has the same `UniqueCode`.",
        parse=_hours,
    ),
    Setting(
        key="paywall.unique_code_overlap_hours",
        default="24",
        about="How long a `UniqueCode` is good after the card got its next one.",
        parse=_hours,
    ),
    Setting(
        key="paynet.profile",
        default="`classic`",
        about="`classic` follows the published page, `current` today's clients.",
        parse=_one_of("classic", "current"),
    ),
    Setting(
        key="paynet.switches",
        default="none",
        about="As `iyzico.switches`.",
        parse=_pairs,
    ),
)
BY_KEY: Final = {setting.key: setting for setting in TABLE}
BY_VARIABLE: Final = {setting.variable: setting for setting in TABLE}


def to_markdown() -> str:
    """The table of settings as it stands in the documentation."""
    rows = ["| key | variable | default | what it is |", "|---|---|---|---|"]
    rows += [
        f"| `{each.key}` | `{each.variable}` | {each.default} | {each.about} |" for each in TABLE
    ]
    return "\n".join(rows)
