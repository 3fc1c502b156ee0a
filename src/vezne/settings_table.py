"""Every setting: its key, its default, what it is, and what it may be.

The records that hold the values are in `vezne.settings`; a test keeps both and the documentation in
step.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from vezne.edge.client_address import FORWARDED
from vezne.settings_values import (
    address_from,
    address_or_auto_from,
    boolean_from,
    cryptoperiod_from,
    database_from,
    days_from,
    days_or_never_from,
    drain_from,
    hours_from,
    idle_minutes_from,
    master_key_from,
    names_from,
    networks_from,
    one_of,
    origin_from,
    pairs_from,
    path_from,
    paths_from,
    rows_from,
    socket_from,
    whole_number_from,
    workers_from,
)

PREFIX: Final = "VEZNE_"


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


TABLE: Final = (
    Setting(
        key="mode",
        default="`live`",
        about="`sandbox` or `live`. Sandbox has a demo merchant, test cards and the built-in bank. "
        "Live needs an acquirer and does not start without one.",
        parse=one_of("sandbox", "live"),
    ),
    Setting(
        key="data",
        default="`vezne-data`",
        about="Directory of databases, keys and certificates.",
        parse=path_from,
    ),
    Setting(
        key="listen",
        default="`127.0.0.1:8080`",
        about="HOST:PORT for http, or `off`. Port 0 takes a free one.",
        parse=address_from,
    ),
    Setting(
        key="tls_listen",
        default="`127.0.0.1:8443`",
        about="HOST:PORT for https, or `off`. Port 0 takes a free one.",
        parse=address_from,
    ),
    Setting(
        key="tls_names",
        default="none",
        about="More names or addresses for the development certificate, beside localhost; in a "
        "variable divided by commas.",
        parse=names_from,
    ),
    Setting(
        key="public_url",
        default="as the request was addressed",
        about="Where browsers reach this server, such as `https://pay.example.com`, if that is not "
        "where the merchant's server calls it. The pages of 3-D Secure are there.",
        parse=origin_from,
    ),
    Setting(
        key="trusted_proxies",
        default="none",
        about="Addresses or networks of the proxies in front, such as `10.0.0.0/8`; in a variable "
        "divided by commas. Only they may say, in `proxy_header`, where a request comes from.",
        parse=networks_from,
    ),
    Setting(
        key="proxy_header",
        default="`x-forwarded-for`",
        about="The header that these proxies add a client's address to: `x-forwarded-for` or "
        "`forwarded`. Name the one that they keep: the other is anybody's.",
        parse=one_of("x-forwarded-for", FORWARDED),
    ),
    Setting(
        key="database",
        default="SQLite files in the data directory",
        about="A `postgresql://` URL. Never printed.",
        parse=database_from,
    ),
    Setting(
        key="vault_database",
        default="that of `database`",
        about="A `postgresql://` URL of the vault's own database, with a role of its own. Never "
        "printed.",
        parse=database_from,
    ),
    Setting(
        key="workers",
        default="1",
        about="Server processes that share the listeners, the data directory and the database; see "
        "[scaling](scaling.md).",
        parse=workers_from,
    ),
    Setting(
        key="drain_s",
        default="0",
        about="For how many seconds a server that was told to stop still takes new requests, while "
        "`/ready` says that it leaves: as long as the load balancer in front takes to look twice.",
        parse=drain_from,
    ),
    Setting(
        key="master_key",
        default="`file:` and `master.key` in the data directory",
        about="URI of the key that wraps all others: `file:…`, `shares:…`, `pkcs11:…` or "
        "`awskms:…`; see [keys](keys.md).",
        parse=master_key_from,
    ),
    Setting(
        key="master_key_shares",
        default="asked for at the start",
        about="Files with the shares of a `shares:` master key, one each, for starts that nobody "
        "attends; in a variable divided by commas.",
        parse=paths_from,
    ),
    Setting(
        key="vault_socket",
        default="none: the vault is in the server's own process",
        about="Unix socket of the vault's own process, such as `unix:/run/vezne/vault.sock`: where "
        "`vezne vault` listens (`vault.sock` in its data directory unless this is set) and where "
        "`vezne serve` and the commands find it.",
        parse=socket_from,
    ),
    Setting(
        key="log_level",
        default="`info`",
        about="`debug`, `info`, `warning` or `error`.",
        parse=one_of("debug", "info", "warning", "error"),
    ),
    Setting(
        key="log_format",
        default="`auto`",
        about="`json`, `console`, or `auto`: console on a terminal, JSON elsewhere.",
        parse=one_of("auto", "json", "console"),
    ),
    Setting(
        key="sandbox.refuse_unknown_cards",
        default="`false`",
        about="Whether the built-in bank refuses numbers that are no test card.",
        parse=boolean_from,
    ),
    Setting(
        key="sandbox.request_log",
        default="`on`",
        about="Whether API calls are kept for the panel to show, without card numbers and secrets: "
        "`on` or `off`. In live mode they never are.",
        parse=one_of("on", "off"),
    ),
    Setting(
        key="sandbox.request_log_rows",
        default="100000",
        about="How many calls are kept, the newest; one takes 5 to 10 KB on disk.",
        parse=rows_from,
    ),
    Setting(
        key="bank.seed",
        default="1",
        about="What the built-in bank draws its references and approval codes from; the same "
        "seed, the same answers.",
        parse=whole_number_from,
    ),
    Setting(
        key="iyzico.profile",
        default="`classic`",
        about="`classic` follows the published pages, `current` today's official clients.",
        parse=one_of("classic", "current"),
    ),
    Setting(
        key="iyzico.switches",
        default="none",
        about="Single readings that differ from the profile: a table of names, in a variable "
        "`name=reading,name=reading`.",
        parse=pairs_from,
    ),
    Setting(
        key="paywall.profile",
        default="`classic`",
        about="`classic` follows the published page, `current` today's official client.",
        parse=one_of("classic", "current"),
    ),
    Setting(
        key="paywall.switches",
        default="none",
        about="As `iyzico.switches`.",
        parse=pairs_from,
    ),
    Setting(
        key="paywall.unique_code_hours",
        default="24",
        about="How long a stored card has the same `UniqueCode`.",
        parse=hours_from,
    ),
    Setting(
        key="paywall.unique_code_overlap_hours",
        default="24",
        about="How long a `UniqueCode` is good after the card got its next one.",
        parse=hours_from,
    ),
    Setting(
        key="paynet.profile",
        default="`classic`",
        about="`classic` follows the published page, `current` today's clients.",
        parse=one_of("classic", "current"),
    ),
    Setting(
        key="paynet.switches",
        default="none",
        about="As `iyzico.switches`.",
        parse=pairs_from,
    ),
    Setting(
        key="vault.cryptoperiod_days",
        default="365",
        about="How long a key that protects cards may seal from the day it is made; after that "
        "`vezne keys list` and every start ask for its [rotation](rotation.md).",
        parse=cryptoperiod_from,
    ),
    Setting(
        key="guard.mode",
        default="`auto`",
        about="Whether a guard turns away who asks too often or guesses: `on`, `off`, or `auto`: "
        "on in live mode.",
        parse=one_of("auto", "on", "off"),
    ),
    Setting(
        key="guard.address_per_minute",
        default="6000",
        about="Requests from one address in a minute; 0 is no limit, as in all of these.",
        parse=whole_number_from,
    ),
    Setting(
        key="guard.key_per_minute",
        default="6000",
        about="Requests of one API key in a minute.",
        parse=whole_number_from,
    ),
    Setting(
        key="guard.card_per_hour",
        default="20",
        about="Attempts on one card number in an hour, whoever makes them.",
        parse=whole_number_from,
    ),
    Setting(
        key="guard.card_declines_per_day",
        default="10",
        about="How often a bank may decline one card number in a day before it is not asked again.",
        parse=whole_number_from,
    ),
    Setting(
        key="guard.declined_cards",
        default="20",
        about="Different declined cards, less the approved ones, before an address or a key may "
        "bring no new card for a while.",
        parse=whole_number_from,
    ),
    Setting(
        key="guard.failed_logins",
        default="10",
        about="Wrong signatures or keys before an address is locked out of a key; twice as many "
        "lock it out of all it has not proven.",
        parse=whole_number_from,
    ),
    Setting(
        key="guard.lockout_minutes_max",
        default="30",
        about="How long a lock-out is at most. The first is one minute, each next one twice as "
        "long. With 0 nobody is locked out.",
        parse=whole_number_from,
    ),
    Setting(
        key="retention.expired_cards_days",
        default="`auto`",
        about="For how many days a stored card is kept after its last month, before it is deleted "
        "for good; `off` for ever. `auto` is 90 in live mode and `off` in the sandbox.",
        parse=days_or_never_from,
    ),
    Setting(
        key="retention.sessions_days",
        default="2",
        about="For how many days sessions and their answers are kept after their end.",
        parse=days_from,
    ),
    Setting(
        key="retention.notices_days",
        default="90",
        about="For how many days notices are kept that were delivered or given up.",
        parse=days_from,
    ),
    Setting(
        key="panel.listen",
        default="`auto`",
        about="HOST:PORT where the panel listens by itself for http, `off`, or `auto`: beside the "
        "doors, unless `panel.tls_listen` is set.",
        parse=address_or_auto_from,
    ),
    Setting(
        key="panel.tls_listen",
        default="`off`",
        about="HOST:PORT where the panel listens by itself for https, or `off`.",
        parse=address_from,
    ),
    Setting(
        key="panel.idle_minutes",
        default="`auto`",
        about="After how many minutes without a sign of life a member has to sign in again. `auto` "
        "is 15 in live mode, which allows no more, and 480 in the sandbox.",
        parse=idle_minutes_from,
    ),
    Setting(
        key="peers.listen",
        default="`auto`",
        about="HOST:PORT where the other servers of the same database reach this one, over TLS "
        "that only they speak; `off`; or `auto`: any port of 127.0.0.1, if there are several "
        "workers or the database is PostgreSQL. Servers on several machines need an address of the "
        "network here.",
        parse=address_or_auto_from,
    ),
    Setting(
        key="metrics.listen",
        default="`auto`",
        about="HOST:PORT where `/metrics` answers by itself, `off`, or `auto`: beside the doors in "
        "the sandbox, nowhere in live mode.",
        parse=address_or_auto_from,
    ),
    Setting(
        key="load.lag_ms_max",
        default="500",
        about="How far the server may fall behind before it refuses new requests for a moment, in "
        "milliseconds of waiting for its turn; 0 never refuses.",
        parse=whole_number_from,
    ),
    Setting(
        key="tracing.exporter",
        default="`off`",
        about="`otlp` sends OpenTelemetry traces where the `OTEL_EXPORTER_OTLP_*` variables say; "
        "needs `pip install vezne[tracing]`.",
        parse=one_of("off", "otlp"),
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
