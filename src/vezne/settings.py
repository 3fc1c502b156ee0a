"""What can be chosen from outside: one frozen record, read from a file, the environment, options.

A command-line option wins over a `VEZNE_` variable, that over `vezne.toml`, that over the default.
Whatever is not known here refuses to start: a misspelt setting must not be a silent default.
"""

import difflib
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from vezne.edge.address import Address
from vezne.edge.logs import LogFormat, LogLevel
from vezne.settings_table import BY_KEY, BY_VARIABLE, PREFIX, Setting

FILE_NAME: Final = "vezne.toml"
# In the sandbox, a working day.
_IDLE_MINUTES: Final = {"live": 15, "sandbox": 480}

Mode = Literal["sandbox", "live"]
Profile = Literal["classic", "current"]
GuardMode = Literal["auto", "on", "off"]


class InvalidSettings(Exception):
    """A setting is unknown, out of range, or does not fit another. The text names it."""


class SandboxSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sandbox mode only."""

    refuse_unknown_cards: bool = False
    request_log: Literal["on", "off"] = "on"
    request_log_rows: int = 100_000


class BankSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The built-in bank."""

    seed: int = 1


class IyzicoSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The iyzico door. `switches` maps a switch to a reading; the dialect checks both."""

    profile: Profile = "classic"
    switches: dict[str, str] = {}


class PaywallSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The PayWall door: its readings, and how long a stored card's code lives."""

    profile: Profile = "classic"
    switches: dict[str, str] = {}
    unique_code_hours: int = 24
    unique_code_overlap_hours: int = 24


class PaynetSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The Paynet door."""

    profile: Profile = "classic"
    switches: dict[str, str] = {}


class VaultSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The vault's keys."""

    cryptoperiod_days: int = 365


class GuardSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The guard at the doors. A limit of 0 is none."""

    mode: GuardMode = "auto"
    address_per_minute: int = 6000
    key_per_minute: int = 6000
    card_per_hour: int = 20
    card_declines_per_day: int = 10
    declined_cards: int = 20
    failed_logins: int = 10
    lockout_minutes_max: int = 30


class RetentionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how many days what is kept after its end. None: for ever."""

    expired_cards_days: int | Literal["auto"] | None = "auto"
    sessions_days: int = 2
    notices_days: int = 90


class PanelSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The panel. `auto` is beside the doors, unless it has a TLS listener of its own."""

    listen: Address | Literal["auto"] | None = "auto"
    tls_listen: Address | None = None
    idle_minutes: int | Literal["auto"] = "auto"

    @property
    def is_with_doors(self) -> bool:
        """Whether it answers where the doors do."""
        return self.listen == "auto" and self.tls_listen is None

    @property
    def address(self) -> Address | None:
        """Where it listens by itself, without TLS."""
        return self.listen if isinstance(self.listen, Address) else None


class PeersSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The other servers of the same database."""

    listen: Address | Literal["auto"] | None = "auto"


class MetricsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a monitoring system reads. `auto` is beside the doors in the sandbox."""

    listen: Address | Literal["auto"] | None = "auto"

    @property
    def address(self) -> Address | None:
        """Where it listens by itself."""
        return self.listen if isinstance(self.listen, Address) else None

    def is_with_doors(self, mode: Mode) -> bool:
        """Whether it answers where the doors do."""
        return self.listen == "auto" and mode == "sandbox"


class LoadSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When new requests are refused because there are too many. 0 is never."""

    lag_ms_max: int = 500


class TracingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where traces of requests go."""

    exporter: Literal["off", "otlp"] = "off"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be chosen. None for a listener means off, for `database` SQLite files."""

    mode: Mode = "live"
    data: Path = Path("vezne-data")
    listen: Address | None = Address("127.0.0.1", 8080)
    tls_listen: Address | None = Address("127.0.0.1", 8443)
    tls_names: tuple[str, ...] = ()
    public_url: str | None = None
    trusted_proxies: tuple[str, ...] = ()
    proxy_header: str = "x-forwarded-for"
    database: str | None = None
    vault_database: str | None = None
    workers: int = 1
    drain_s: int = 0
    master_key: str | None = None
    master_key_shares: tuple[Path, ...] = ()
    vault_socket: Path | None = None
    log_level: LogLevel = "info"
    log_format: LogFormat = "auto"
    sandbox: SandboxSettings = SandboxSettings()
    bank: BankSettings = BankSettings()
    iyzico: IyzicoSettings = IyzicoSettings()
    paywall: PaywallSettings = PaywallSettings()
    paynet: PaynetSettings = PaynetSettings()
    vault: VaultSettings = VaultSettings()
    guard: GuardSettings = GuardSettings()
    retention: RetentionSettings = RetentionSettings()
    panel: PanelSettings = PanelSettings()
    peers: PeersSettings = PeersSettings()
    metrics: MetricsSettings = MetricsSettings()
    load: LoadSettings = LoadSettings()
    tracing: TracingSettings = TracingSettings()

    @property
    def vault_url(self) -> str | None:
        """Where the vault's database is; None for an SQLite file."""
        return self.vault_database or self.database

    @property
    def idle_minutes(self) -> int:
        """After how long without a sign of life a member signs in again (PCI DSS v4.0.1 8.2.8)."""
        minutes = self.panel.idle_minutes
        return _IDLE_MINUTES[self.mode] if minutes == "auto" else minutes

    def __repr__(self) -> str:
        return f"Settings({self.mode}, data={str(self.data)!r})"


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
    settings = msgspec.convert(_nest(values), Settings, dec_hook=lambda _, value: value)
    if settings.mode == "live" and settings.idle_minutes > _IDLE_MINUTES["live"]:
        raise InvalidSettings(
            f"panel.idle_minutes is {settings.idle_minutes}: in live mode it may be at most "
            f"{_IDLE_MINUTES['live']} (PCI DSS v4.0.1 8.2.8)"
        )
    return settings


def check_servable(settings: Settings) -> None:
    """Whether a server may start with these settings. Raises InvalidSettings."""
    if settings.mode == "live":
        raise InvalidSettings(
            "mode live needs an acquirer to be configured, and this version has only the built-in "
            "bank, which takes no real money; start with --sandbox"
        )
    if settings.listen is None and settings.tls_listen is None:
        raise InvalidSettings("listen and tls_listen are both off: there is nothing to serve on")
    if settings.workers > 1 and settings.vault_socket is not None:
        raise InvalidSettings(
            "workers and vault_socket: the vault's own process serves one gateway"
        )


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
        setting = BY_KEY.get(key)
        if setting is None:
            raise InvalidSettings(f"{path}: unknown setting {key!r}{_nearest(key, BY_KEY)}")
        yield key, _parse(setting, value, f"{path}: {key}")


def _flatten(tree: Mapping[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    for name, value in tree.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and key not in BY_KEY:
            if not any(known.startswith(f"{key}.") for known in BY_KEY):
                yield key, value
            yield from _flatten(value, f"{key}.")
        else:
            yield key, value


def _read_environment(environment: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    """An empty variable is one that is not set."""
    for name, value in environment.items():
        if not name.startswith(PREFIX) or not value:
            continue
        setting = BY_VARIABLE.get(name)
        if setting is None:
            raise InvalidSettings(f"unknown variable {name}{_nearest(name, BY_VARIABLE)}")
        yield setting.key, _parse(setting, value, name)


def _read_options(options: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for key, value in options.items():
        if value is not None:
            yield key, _parse(BY_KEY[key], value, f"--{key.replace('.', '-').replace('_', '-')}")


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
