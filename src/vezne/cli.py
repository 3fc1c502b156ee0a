"""The `vezne` command."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vezne import __version__, bootstrap, commands
from vezne.merchant_terms import Terms
from vezne.settings import InvalidSettings, Settings, load_settings

app = typer.Typer(
    help="A self-hosted card vault and payment gateway that speaks Turkish PSP protocols.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
merchants = typer.Typer(help="Who may call, and on what terms.", no_args_is_help=True)
payments = typer.Typer(help="Decide on payments that wait for a person.", no_args_is_help=True)
app.add_typer(merchants, name="merchants")
app.add_typer(payments, name="payments")

_out = Console()
_err = Console(stderr=True)

Config = Annotated[
    Path | None, typer.Option("--config", help="Settings file; ./vezne.toml when there is one.")
]
Data = Annotated[str | None, typer.Option("--data", help="Data directory. [default: ./vezne-data]")]
Database = Annotated[
    str | None,
    typer.Option(
        "--database", help="postgresql://… instead of SQLite files in the data directory."
    ),
]

Profile = Annotated[str | None, typer.Option(help="classic or current. [default: classic]")]


def main() -> None:
    """Run the command; what a person can mend is one line on stderr and exit status 1 or 2."""
    try:
        app()
    except InvalidSettings as error:
        _err.print(f"vezne: {error}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
    except bootstrap.CannotStart as error:
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
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="A demo merchant, test cards, the built-in bank.")
    ] = False,
    data: Data = None,
    listen: Annotated[
        str | None, typer.Option(help="HOST:PORT for http, or off. [default: 127.0.0.1:8080]")
    ] = None,
    tls_listen: Annotated[
        str | None, typer.Option(help="HOST:PORT for https, or off. [default: 127.0.0.1:8443]")
    ] = None,
    database: Database = None,
    workers: Annotated[int | None, typer.Option(help="Server processes. [default: 1]")] = None,
    iyzico_profile: Profile = None,
    paywall_profile: Profile = None,
    paynet_profile: Profile = None,
) -> None:
    """Run the gateway; prints `ready http://… https://…` when it accepts connections."""
    settings = load_settings(
        config,
        {
            "mode": "sandbox" if sandbox else None,
            "data": data,
            "listen": listen,
            "tls_listen": tls_listen,
            "database": database,
            "workers": workers,
            "iyzico.profile": iyzico_profile,
            "paywall.profile": paywall_profile,
            "paynet.profile": paynet_profile,
        },
    )
    bootstrap.run_server(settings)


@app.command()
def migrate(*, config: Config = None, data: Data = None, database: Database = None) -> None:
    """Bring the databases to this version's schema. Forward only; safe to repeat."""
    for line in bootstrap.run_migrate(_settings(config, data, database)):
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
    rows = commands.switch_rows(load_settings(config, {}), door)
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


@merchants.command(
    "add",
    epilog="Examples:\n\n"
    "`vezne merchants add Kitapçı` makes keys\n\n"
    "`vezne merchants add Kitapçı --iyzico-api-key K --iyzico-secret-key S` takes yours",
)
def add_merchant(
    name: str,
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    iyzico_api_key: Annotated[str | None, typer.Option(help="Made up when left out.")] = None,
    iyzico_secret_key: Annotated[str | None, typer.Option(help="Made up when left out.")] = None,
    paywall_public_key: Annotated[str | None, typer.Option(help="Made up when left out.")] = None,
    paywall_public_client: Annotated[
        str | None, typer.Option(help="Made up when left out.")
    ] = None,
    paywall_private_key: Annotated[str | None, typer.Option(help="Made up when left out.")] = None,
    paywall_private_client: Annotated[
        str | None, typer.Option(help="Made up when left out.")
    ] = None,
    paynet_publishable_key: Annotated[
        str | None, typer.Option(help="Made up when left out.")
    ] = None,
    paynet_secret_key: Annotated[str | None, typer.Option(help="Made up when left out.")] = None,
) -> None:
    """Add a merchant and print its keys. The secrets are shown this once."""
    given = {
        "iyzico": {"api_key": iyzico_api_key, "secret_key": iyzico_secret_key},
        "paywall": {
            "public_key": paywall_public_key,
            "public_client": paywall_public_client,
            "private_key": paywall_private_key,
            "private_client": paywall_private_client,
        },
        "paynet": {"publishable_key": paynet_publishable_key, "secret_key": paynet_secret_key},
    }
    added = commands.run_add_merchant(_settings(config, data, database), name, given)
    _out.print_json(added)


@merchants.command("list")
def list_merchants(*, config: Config = None, data: Data = None, database: Database = None) -> None:
    """List the merchants."""
    table = Table("id", "name", "added", "doors")
    for row in commands.run_list_merchants(_settings(config, data, database)):
        table.add_row(*row)
    _out.print(table)


@merchants.command("show")
def show_merchant(
    merchant: Annotated[str, typer.Argument(help="Id or name.")],
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
) -> None:
    """Show a merchant's settings and public keys, as JSON. Secrets are not shown."""
    _out.print_json(commands.run_show_merchant(_settings(config, data, database), merchant))


@merchants.command(
    "set",
    epilog="Examples:\n\n"
    "`vezne merchants set Kitapçı --commission-rate 3.49 --blockage-rate 0`\n\n"
    "`vezne merchants set Kitapçı --installment Paraf:3=5.25 --exchange-rate USD=41.5`",
)
def set_merchant(
    merchant: Annotated[str, typer.Argument(help="Id or name.")],
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    commission_rate: Annotated[str | None, typer.Option(help="Of what is paid, in %.")] = None,
    fee: Annotated[str | None, typer.Option(help="A payment, in lira.")] = None,
    blockage_rate: Annotated[str | None, typer.Option(help="Of what is paid, in %.")] = None,
    blockage_days: Annotated[int | None, typer.Option(help="Until it is released.")] = None,
    exchange_rate: Annotated[
        list[str] | None, typer.Option(help="CURRENCY=LIRA; repeat for more.")
    ] = None,
    installment: Annotated[
        list[str] | None, typer.Option(help="PROGRAMME:COUNT=SURCHARGE in %; repeat for more.")
    ] = None,
) -> None:
    """Change a merchant's commission plan, exchange rates or instalment tables.

    Payments taken from then on are priced by it; a running server notices within seconds.
    """
    terms = Terms(
        commission_rate=commission_rate,
        fee=fee,
        blockage_rate=blockage_rate,
        blockage_days=blockage_days,
        exchange_rates=tuple(exchange_rate or ()),
        installments=tuple(installment or ()),
    )
    settings = _settings(config, data, database)
    _out.print_json(commands.run_set_merchant(settings, merchant, terms))


@merchants.command("revoke", epilog="Example:\n\n`vezne merchants revoke iyzico sandbox-…`")
def revoke_key(
    door: Annotated[str, typer.Argument(help="As `vezne merchants show` names it.")],
    key: Annotated[str, typer.Argument(help="The public key of the pair.")],
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
) -> None:
    """Make a merchant's key stop working; a running server notices within seconds."""
    commands.run_revoke_key(_settings(config, data, database), door, key)
    _out.print(f"{door}: {key} is revoked", highlight=False, markup=False)


@payments.command("accept")
def accept_payment(
    number: Annotated[int, typer.Argument(help="The payment's id.")],
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
) -> None:
    """Accept a payment that is under review (fraudStatus 0 becomes 1)."""
    verdict = commands.run_review(_settings(config, data, database), number, accept=True)
    _out.print(verdict, highlight=False)


@payments.command("reject")
def reject_payment(
    number: Annotated[int, typer.Argument(help="The payment's id.")],
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
) -> None:
    """Reject a payment that is under review and give the money back (fraudStatus becomes -1)."""
    verdict = commands.run_review(_settings(config, data, database), number, accept=False)
    _out.print(verdict, highlight=False)


def _settings(config: Path | None, data: str | None, database: str | None) -> Settings:
    return load_settings(config, {"data": data, "database": database})
