"""What a setting may be. Every parser raises ValueError with what would be right."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from vezne.edge.address import Address
from vezne.edge.client_address import parse_network

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
_MASTER_KEY_SCHEMES: Final = ("file:", "shares:", "pkcs11:", "awskms:")
# What fits into an address of unix(7), with its end.
_SOCKET_PATH_BYTES_MAX: Final = 107
# A year; a code that lives longer is no code that changes.
_CRYPTOPERIOD_DAYS_MAX: Final = 5 * 366
_HOURS_MAX: Final = 24 * 366
_DAYS_MAX: Final = 3660
# A search of the log reads no more of it than it must; its disk is another matter.
_ROWS_MAX: Final = 1_000_000
# A session lives no longer.
_IDLE_MINUTES_MAX: Final = 12 * 60
# More than any machine has use for.
_WORKERS_MAX: Final = 64
# No load balancer takes longer to look.
_DRAIN_S_MAX: Final = 600


def boolean_from(value: object) -> bool:
    """True or false, or a word for it."""
    known = value if isinstance(value, bool) else _WORDS_OF_BOOL.get(str(value).lower())
    if known is None:
        raise ValueError("must be true or false")
    return known


def whole_number_from(value: object) -> int:
    """A whole number, 0 or more."""
    text = str(value)
    if not (text.isascii() and text.isdigit()) or isinstance(value, bool):
        raise ValueError("must be a whole number, 0 or more")
    return int(text)


def rows_from(value: object) -> int:
    """A number of rows that a log may have."""
    rows = whole_number_from(value)
    if not 1 <= rows <= _ROWS_MAX:
        raise ValueError(f"must be 1 to {_ROWS_MAX}")
    return rows


def hours_from(value: object) -> int:
    """A number of hours, up to a year's."""
    hours = whole_number_from(value)
    if not 1 <= hours <= _HOURS_MAX:
        raise ValueError(f"must be 1 to {_HOURS_MAX} hours")
    return hours


def cryptoperiod_from(value: object) -> int:
    """Days for which a key may seal: at most those of five years (NIST SP 800-57 part 1 5.3.6)."""
    days = whole_number_from(value)
    if not 1 <= days <= _CRYPTOPERIOD_DAYS_MAX:
        raise ValueError(f"must be 1 to {_CRYPTOPERIOD_DAYS_MAX} days")
    return days


def days_from(value: object) -> int:
    """A number of days, up to ten years'."""
    days = whole_number_from(value)
    if not 1 <= days <= _DAYS_MAX:
        raise ValueError(f"must be 1 to {_DAYS_MAX} days")
    return days


def days_or_never_from(value: object) -> object:
    """A number of days; `off` for ever; `auto` as the mode has it."""
    if value == "auto":
        return value
    return None if value in ("off", False) else days_from(value)


def idle_minutes_from(value: object) -> object:
    """A number of minutes, up to half a day's; `auto` as the mode has it."""
    if value == "auto":
        return value
    minutes = whole_number_from(value)
    if not 1 <= minutes <= _IDLE_MINUTES_MAX:
        raise ValueError(f"must be 1 to {_IDLE_MINUTES_MAX} minutes, or auto")
    return minutes


def workers_from(value: object) -> int:
    """How many processes serve."""
    number = whole_number_from(value)
    if not 1 <= number <= _WORKERS_MAX:
        raise ValueError(f"must be 1 to {_WORKERS_MAX}")
    return number


def drain_from(value: object) -> int:
    """For how many seconds a server that was told to stop still takes new requests."""
    seconds = whole_number_from(value)
    if seconds > _DRAIN_S_MAX:
        raise ValueError(f"must be 0 to {_DRAIN_S_MAX} seconds")
    return seconds


def text_from(value: object) -> str:
    """A text that says something."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text")
    return value


def path_from(value: object) -> Path:
    """The path of a file or a directory."""
    return value if isinstance(value, Path) else Path(text_from(value)).expanduser()


def socket_from(value: object) -> Path:
    """The path of a Unix socket, which may be written `unix:PATH`."""
    path = value if isinstance(value, Path) else path_from(str(value).removeprefix("unix:"))
    if len(str(path.absolute()).encode()) > _SOCKET_PATH_BYTES_MAX:
        raise ValueError(f"must be a path of at most {_SOCKET_PATH_BYTES_MAX} bytes")
    return path.absolute()


def paths_from(value: object) -> tuple[Path, ...]:
    """Paths of files."""
    return tuple(path_from(name) for name in names_from(value, "paths of files"))


def master_key_from(value: object) -> str:
    """The URI of a master key."""
    # The message does not repeat the value: somebody may have put the key itself there.
    text = text_from(value)
    if not text.startswith(_MASTER_KEY_SCHEMES):
        raise ValueError(f"must begin with {', '.join(_MASTER_KEY_SCHEMES)}")
    return text


def address_from(value: object) -> Address | None:
    """Where to listen; None for nowhere."""
    text = text_from(value)
    if text == "off":
        return None
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > _PORT_MAX:
        raise ValueError("must be HOST:PORT or off, such as 127.0.0.1:8080 or [::1]:8080")
    return Address(host, int(port))


def address_or_auto_from(value: object) -> object:
    """Where to listen; None for nowhere, `auto` for where others do."""
    return value if value == "auto" else address_from(value)


def names_from(value: object, what: str = "host names or addresses") -> tuple[str, ...]:
    """A list of names, or a text of them with commas between."""
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"must be a list of {what}")
    return tuple(name.strip() for name in names if name.strip())


def networks_from(value: object) -> tuple[str, ...]:
    """Networks, an address being one of its own."""
    names = names_from(value, "addresses or networks")
    try:
        return tuple(str(parse_network(name)) for name in names)
    except ValueError:
        raise ValueError("must be addresses, or networks such as 10.0.0.0/8") from None


def origin_from(value: object) -> str:
    """Scheme and host of an address on the web."""
    found = _ORIGIN.fullmatch(text_from(value))
    if found is None or int(found["port"] or 0) > _PORT_MAX:
        raise ValueError("must be http:// or https://, a host and no path")
    return found[0]


def database_from(value: object) -> str:
    """The URL of a database."""
    # The message does not repeat the value: it may hold a password.
    text = text_from(value)
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("must be a URL that begins with postgresql://")
    return text


def pairs_from(value: object) -> dict[str, str]:
    """Names with a reading each, or a text of them with commas between."""
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


def one_of(*choices: str) -> Callable[[object], object]:
    """A parser that takes one of these words."""

    def choose(value: object) -> object:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value

    return choose
