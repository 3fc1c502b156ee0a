"""`vezne webhooks`: what merchants were told of their payments, and telling them again."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vezne.cli.options import Config, Data, Database, VaultAt, VaultDatabase, settings_from
from vezne.commands.webhooks import States, run_list_webhooks, run_replay_webhooks

webhooks = typer.Typer(
    help="What merchants are told of their payments, and whether they have heard it.",
    no_args_is_help=True,
)

_out = Console()


@webhooks.command(
    "list",
    epilog="Examples:\n\n"
    "`vezne webhooks list --state due` shows what waits for its next try, and why\n\n"
    "`vezne webhooks list --merchant Kitapçı --state given-up --limit 1000`\n\n"
    "`vezne webhooks list --json | jq`",
)
def list_webhooks(
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    vault: VaultAt = None,
    merchant: Annotated[str | None, typer.Option(help="Id or name. [default: all]")] = None,
    state: Annotated[States | None, typer.Option(help="[default: all]")] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=100_000, help="At most so many of each merchant.")
    ] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List what merchants are told, those of the newest payments first."""
    settings = settings_from(config, data, database, vault_database, vault)
    rows = run_list_webhooks(settings, merchant, state, limit)
    if as_json:
        _out.print_json(msgspec.json.encode(rows).decode())
        return
    table = Table("merchant", "payment", "version", "what happened", "at", "state", "tries")
    for row in rows:
        state_text = row.state if row.next_try is None else f"{row.state} {row.next_try}"
        table.add_row(
            escape(row.merchant),
            str(row.payment),
            str(row.version),
            row.what,
            row.at,
            escape(": ".join(filter(None, (state_text, row.problem)))),
            str(row.tries),
        )
    _out.print(table)


@webhooks.command(
    "replay",
    epilog="Examples:\n\n"
    "`vezne webhooks replay 10851936` sends all of the payment's webhooks again, in order\n\n"
    "`vezne webhooks replay 10851936 --version 2` sends one of them",
)
def replay_webhooks(
    payment: Annotated[int, typer.Argument(help="The payment's id.")],
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    vault: VaultAt = None,
    version: Annotated[
        int | None, typer.Option(help="As `vezne webhooks list` shows it. [default: all]")
    ] = None,
) -> None:
    """Send webhooks of a payment again; a running server does so at once."""
    settings = settings_from(config, data, database, vault_database, vault)
    count = run_replay_webhooks(settings, payment, version)
    _out.print(f"payment {payment}: {count} to be sent", highlight=False)
