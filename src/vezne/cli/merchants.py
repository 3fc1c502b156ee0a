"""`vezne merchants`: who may call, and on what terms."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from vezne.cli.options import Config, Data, Database, VaultAt, VaultDatabase, settings_from
from vezne.commands.merchants import (
    run_add_merchant,
    run_list_merchants,
    run_revoke_key,
    run_set_merchant,
    run_show_merchant,
)
from vezne.merchant_terms import Terms

merchants = typer.Typer(help="Who may call, and on what terms.", no_args_is_help=True)

_out = Console()


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
    vault_database: VaultDatabase = None,
    vault: VaultAt = None,
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
    added = run_add_merchant(
        settings_from(config, data, database, vault_database, vault), name, given
    )
    _out.print_json(added)


@merchants.command("list")
def list_merchants(
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    vault: VaultAt = None,
) -> None:
    """List the merchants."""
    table = Table("id", "name", "added", "doors")
    for row in run_list_merchants(settings_from(config, data, database, vault_database, vault)):
        table.add_row(*row)
    _out.print(table)


@merchants.command("show")
def show_merchant(
    merchant: Annotated[str, typer.Argument(help="Id or name.")],
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    vault: VaultAt = None,
) -> None:
    """Show a merchant's settings and public keys, as JSON. Secrets are not shown."""
    _out.print_json(
        run_show_merchant(settings_from(config, data, database, vault_database, vault), merchant)
    )


@merchants.command(
    "set",
    epilog="Examples:\n\n"
    "`vezne merchants set Kitapçı --commission-rate 3.49 --blockage-rate 0`\n\n"
    "`vezne merchants set Kitapçı --installment Paraf:3=5.25 --exchange-rate USD=41.5`\n\n"
    "`vezne merchants set Kitapçı --webhook-url iyzico=https://shop.example/webhooks/iyzico`",
)
def set_merchant(
    merchant: Annotated[str, typer.Argument(help="Id or name.")],
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    vault: VaultAt = None,
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
    webhook_url: Annotated[
        list[str] | None,
        typer.Option(help="DOOR=URL, an empty URL for none; repeat for more doors."),
    ] = None,
    marketplace: Annotated[
        str | None, typer.Option(help="Sells for others: never, sometimes or always.")
    ] = None,
    iban: Annotated[str | None, typer.Option(help="Where payouts go.")] = None,
) -> None:
    """Change a merchant's plan, exchange rates, instalment tables, webhook URLs and the like.

    Payments taken from then on are priced by it; a running server notices within seconds.
    """
    terms = Terms(
        commission_rate=commission_rate,
        fee=fee,
        blockage_rate=blockage_rate,
        blockage_days=blockage_days,
        exchange_rates=tuple(exchange_rate or ()),
        installments=tuple(installment or ()),
        webhook_urls=tuple(webhook_url or ()),
        marketplace=marketplace,
        iban=iban,
    )
    settings = settings_from(config, data, database, vault_database, vault)
    _out.print_json(run_set_merchant(settings, merchant, terms))


@merchants.command("revoke", epilog="Example:\n\n`vezne merchants revoke iyzico sandbox-…`")
def revoke_key(
    door: Annotated[str, typer.Argument(help="As `vezne merchants show` names it.")],
    key: Annotated[str, typer.Argument(help="The public key of the pair.")],
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    vault: VaultAt = None,
) -> None:
    """Make a merchant's key stop working; a running server notices within seconds."""
    run_revoke_key(settings_from(config, data, database, vault_database, vault), door, key)
    _out.print(f"{door}: {key} is revoked", highlight=False, markup=False)
