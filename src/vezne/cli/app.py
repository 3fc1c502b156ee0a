"""The `vezne` command."""

import os
import sys
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vezne import __version__
from vezne.bootstrap.house import run_migrate
from vezne.bootstrap.start import CannotStart
from vezne.bootstrap.switches import switch_rows
from vezne.cli.approvers import approvers
from vezne.cli.audit import audit
from vezne.cli.cards import cards
from vezne.cli.evidence import evidence
from vezne.cli.keys import keys
from vezne.cli.ledger import ledger
from vezne.cli.merchants import merchants
from vezne.cli.options import Config, Data, Database, VaultAt, settings_from
from vezne.cli.panel import panel
from vezne.cli.payments import payments
from vezne.cli.retention import retention
from vezne.cli.sandbox import clock, faults
from vezne.cli.scan import scan
from vezne.cli.webhooks import webhooks
from vezne.commands.operator import begin_operator
from vezne.settings import InvalidSettings, load_settings

app = typer.Typer(
    help="A self-hosted card vault and payment gateway that speaks Turkish PSP protocols.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.add_typer(merchants, name="merchants")
app.add_typer(payments, name="payments")
app.add_typer(clock, name="clock")
app.add_typer(faults, name="faults")
app.add_typer(webhooks, name="webhooks")
app.add_typer(panel, name="panel")
app.add_typer(ledger, name="ledger")
app.add_typer(retention, name="retention")
app.command(
    epilog="Examples:\n\n"
    "`vezne scan /var/log/shop vezne-data`\n\n"
    "`journalctl -u shop | vezne scan -`\n\n"
    "`vezne scan --database postgresql://… --json | jq .findings`",
)(scan)
app.add_typer(keys, name="keys")
app.add_typer(audit, name="audit")
app.add_typer(approvers, name="approvers")
app.command(
    epilog="Examples:\n\n"
    "`vezne evidence --out evidence.md`\n\n"
    "`vezne evidence --junit results.xml --json | jq .findings`",
)(evidence)
app.add_typer(cards, name="cards")

_out = Console()
_err = Console(stderr=True)

Sandbox = Annotated[
    bool, typer.Option("--sandbox", help="A demo merchant, test cards, the built-in bank.")
]
Listen = Annotated[
    str | None, typer.Option(help="HOST:PORT for http, or off. [default: 127.0.0.1:8080]")
]
TlsListen = Annotated[
    str | None, typer.Option(help="HOST:PORT for https, or off. [default: 127.0.0.1:8443]")
]
Profile = Annotated[str | None, typer.Option(help="classic or current. [default: classic]")]


def main() -> None:
    """Run the command; what a person can mend is one line on stderr and exit status 1 or 2."""
    begin_operator(sys.argv[1:], os.environ)
    try:
        app()
    except InvalidSettings as error:
        _err.print(f"vezne: {error}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
    except CannotStart as error:
        _err.print(f"vezne: {error}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


@app.command(
    epilog="Examples:\n\n"
    "`vezne serve --sandbox` on ports 8080 and 8443\n\n"
    "`vezne serve --sandbox --listen 127.0.0.1:0 --tls-listen off` on any free port, no TLS\n\n"
    "`vezne serve --sandbox --iyzico-profile current` answers as today's official clients expect",
)
def serve(
    *,
    config: Config = None,
    sandbox: Sandbox = False,
    data: Data = None,
    listen: Listen = None,
    tls_listen: TlsListen = None,
    vault: VaultAt = None,
    database: Database = None,
    workers: Annotated[int | None, typer.Option(help="Server processes. [default: 1]")] = None,
    iyzico_profile: Profile = None,
    paywall_profile: Profile = None,
    paynet_profile: Profile = None,
) -> None:
    """Run the gateway; prints `ready http://… https://…` when it accepts connections.

    With `--vault` the card vault is another process (`vezne vault`), which has the listeners.
    """
    settings = load_settings(
        config,
        {
            "mode": "sandbox" if sandbox else None,
            "data": data,
            "listen": listen,
            "tls_listen": tls_listen,
            "vault_socket": vault,
            "database": database,
            "workers": workers,
            "iyzico.profile": iyzico_profile,
            "paywall.profile": paywall_profile,
            "paynet.profile": paynet_profile,
        },
    )
    # A server takes as long to import as everything else together; no other command needs one.
    if settings.vault_socket is None:
        from vezne.bootstrap.server import run_server  # noqa: PLC0415 - see above

        run_server(settings)
    else:
        from vezne.bootstrap.gateway import run_gateway  # noqa: PLC0415 - see above

        run_gateway(settings)


@app.command(
    epilog="Examples:\n\n"
    "`vezne vault --sandbox` and beside it `vezne serve --sandbox --vault "
    "unix:vezne-data/vault.sock`\n\n"
    "`vezne vault --listen off --tls-listen 0.0.0.0:443 --socket /run/vezne/vault.sock`",
)
def vault(
    *,
    config: Config = None,
    sandbox: Sandbox = False,
    data: Data = None,
    listen: Listen = None,
    tls_listen: TlsListen = None,
    socket: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="For the gateway. [default: vault.sock beside the data]"),
    ] = None,
    database: Database = None,
    iyzico_profile: Profile = None,
    paywall_profile: Profile = None,
    paynet_profile: Profile = None,
) -> None:
    """Run the vault in a process of its own; `vezne serve --vault` runs the gateway behind it.

    Prints `ready http://… https://…` when it accepts connections. No card number ever leaves this
    process but to the bank.
    """
    settings = load_settings(
        config,
        {
            "mode": "sandbox" if sandbox else None,
            "data": data,
            "listen": listen,
            "tls_listen": tls_listen,
            "vault_socket": socket,
            "database": database,
            "iyzico.profile": iyzico_profile,
            "paywall.profile": paywall_profile,
            "paynet.profile": paynet_profile,
        },
    )
    # As for `serve`.
    from vezne.bootstrap.vault_process import run_vault  # noqa: PLC0415

    run_vault(settings)


@app.command()
def migrate(*, config: Config = None, data: Data = None, database: Database = None) -> None:
    """Bring the databases to this version's schema. Forward only; safe to repeat."""
    for line in run_migrate(settings_from(config, data, database)):
        _out.print(line, highlight=False)


@app.command(
    epilog="Examples:\n\n"
    "`vezne switches` shows all\n\n"
    "`vezne switches paywall --json | jq`\n\n"
    "`VEZNE_IYZICO__SWITCHES=decimals=scale8 vezne switches iyzico`",
)
def switches(
    door: Annotated[str | None, typer.Argument(help="iyzico, paywall or paynet.")] = None,
    *,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show where the sources of each protocol disagree, the readings, and which is in force."""
    rows = switch_rows(load_settings(config, {}), door)
    if as_json:
        _out.print_json(msgspec.json.encode(rows).decode())
        return
    table = Table("switch", "in force", "readings and who says so", show_lines=True)
    for row in rows:
        readings = "\n".join(f"{each.name}: {each.source}" for each in row.readings)
        profiles = f"classic {row.classic}, current {row.current}"
        table.add_row(
            escape(f"{row.door}.{row.name}"),
            escape(row.in_force),
            escape(f"{row.about}\n({profiles})\n{readings}"),
        )
    _out.print(table)


@app.command()
def version() -> None:
    """Print the version."""
    _out.print(__version__, highlight=False)
