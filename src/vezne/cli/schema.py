"""`vezne migrate`: the databases' schemas."""

import typer
from rich.console import Console

from vezne.bootstrap.house import run_migrate
from vezne.cli.options import Config, Data, Database, VaultDatabase, settings_from

schema = typer.Typer()

_out = Console()


@schema.command()
def migrate(
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
) -> None:
    """Bring the databases to this version's schema. Forward only; safe to repeat."""
    for line in run_migrate(settings_from(config, data, database, vault_database)):
        _out.print(line, highlight=False)
