"""What can be chosen from outside: one frozen record, read from a file, the environment, options.

A command-line option wins over a `VEZNE_` variable, that over `vezne.toml`, that over the default.
Whatever is not known here refuses to start: a misspelt setting must not be a silent default.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from vezne.edge.logs import LogFormat, LogLevel
from vezne.edge.server import Address

FILE_NAME: Final = "vezne.toml"
_PREFIX: Final = "VEZNE_"
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

Mode = Literal["sandbox", "live"]
Profile = Literal["classic", "current"]


class InvalidSettings(Exception):
    """A setting is unknown, out of range, or does not fit another. The text names it."""


class SandboxSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sandbox mode only."""

    refuse_unknown_cards: bool = False


class BankSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The built-in bank."""

    seed: int = 1


class IyzicoSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The iyzico door. `switches` maps a switch to a reading; the dialect checks both."""

    profile: Profile = "classic"
    switches: dict[str, str] = {}


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be chosen. None for a listener means off, for `database` SQLite files."""

    mode: Mode = "live"
    data: Path = Path("vezne-data")
    listen: Address | None = Address("127.0.0.1", 8080)
    tls_listen: Address | None = Address("127.0.0.1", 8443)
    tls_names: tuple[str, ...] = ()
    public_url: str | None = None
    database: str | None = None
    workers: int = 1
    master_key_file: Path | None = None
    log_level: LogLevel = "info"
    log_format: LogFormat = "auto"
    sandbox: SandboxSettings = SandboxSettings()
    bank: BankSettings = BankSettings()
    iyzico: IyzicoSettings = IyzicoSettings()

    def __repr__(self) -> str:
        return f"Settings({self.mode}, data={str(self.data)!r})"


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table of settings. `parse` raises ValueError with what would be right."""

    key: str
    default: str
    about: str
    parse: Callable[[object], object]

    @property
    def variable(self) -> str:
        """The environment variable of this setting."""
        return _PREFIX + self.key.replace(".", "__").upper()


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
)
_BY_KEY: Final = {setting.key: setting for setting in TABLE}
_BY_VARIABLE: Final = {setting.variable: setting for setting in TABLE}


def load_settings(
    config: Path | None,
    options: Mapping[str, object],
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """The settings in force.

    `config` is the file, or None for `vezne.toml` in the working directory if there is one.
    `options` holds command-line values by dotted key, None where nothing was given;
    `environment` is the process's own unless given. Raises InvalidSettings.
    """
    given = os.environ if environment is None else environment
    values: dict[str, object] = {}
    for source in (_read_file(config), _read_environment(given), _read_options(options)):
        values.update(source)
    return msgspec.convert(_nest(values), Settings, dec_hook=lambda _, value: value)


def check_servable(settings: Settings) -> None:
    """Whether a server may start with these settings. Raises InvalidSettings."""
    if settings.mode == "live":
        raise InvalidSettings(
            "mode live needs an acquirer to be configured, and this version has only the built-in "
            "bank, which takes no real money; start with --sandbox"
        )
    if settings.listen is None and settings.tls_listen is None:
        raise InvalidSettings("listen and tls_listen are both off: there is nothing to serve on")


def to_markdown() -> str:
    """The table of settings as it stands in the documentation."""
    rows = ["| key | variable | default | what it is |", "|---|---|---|---|"]
    rows += [
        f"| `{each.key}` | `{each.variable}` | {each.default} | {each.about} |" for each in TABLE
    ]
    return "\n".join(rows)


def _read_file(config: Path | None) -> Iterator[tuple[str, object]]:
    path = Path(FILE_NAME) if config is None else config
    if config is None and not path.exists():
        return
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidSettings(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise InvalidSettings(f"{path}: not TOML: {error}") from error
    for key, value in _flatten(tree, ""):
        setting = _BY_KEY.get(key)
        if setting is None:
            raise InvalidSettings(f"{path}: unknown setting {key!r}{_nearest(key, _BY_KEY)}")
        yield key, _parse(setting, value, f"{path}: {key}")


def _flatten(tree: Mapping[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    for name, value in tree.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and key not in _BY_KEY:
            if not any(known.startswith(f"{key}.") for known in _BY_KEY):
                yield key, value
            yield from _flatten(value, f"{key}.")
        else:
            yield key, value


def _read_environment(environment: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    """An empty variable is one that is not set."""
    for name, value in environment.items():
        if not name.startswith(_PREFIX) or not value:
            continue
        setting = _BY_VARIABLE.get(name)
        if setting is None:
            raise InvalidSettings(f"unknown variable {name}{_nearest(name, _BY_VARIABLE)}")
        yield setting.key, _parse(setting, value, name)


def _read_options(options: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for key, value in options.items():
        if value is not None:
            yield key, _parse(_BY_KEY[key], value, f"--{key.replace('.', '-').replace('_', '-')}")


def _parse(setting: Setting, value: object, origin: str) -> object:
    try:
        return setting.parse(value)
    except ValueError as error:
        raise InvalidSettings(f"{origin} {error}") from error


def _nearest(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
    return f"; the nearest is {found[0]}" if found else ""


def _nest(values: Mapping[str, object]) -> dict[str, object]:
    """Dotted keys as a tree, which is at most one level deep."""
    tree: dict[str, object] = {}
    sections: dict[str, dict[str, object]] = {}
    for key, value in values.items():
        section, _, name = key.rpartition(".")
        if section:
            sections.setdefault(section, {})[name] = value
        else:
            tree[name] = value
    return tree | sections
