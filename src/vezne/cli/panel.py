"""`vezne panel`: who may sign in to the panel."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vezne.cli.options import Config, Data, Database, VaultAt, VaultDatabase, settings_from
from vezne.commands.panel import run_invite, run_list_members, run_reset
from vezne.core.member import Role

panel = typer.Typer(help="Who may sign in to the panel.", no_args_is_help=True)

_out = Console()


@panel.command(
    "invite",
    epilog="Examples:\n\n"
    "`vezne panel invite ayse@example.com --merchant Kitapçı --role owner`\n\n"
    "`vezne panel invite mehmet@example.com --merchant 2 --role developer`",
)
def invite(
    email: str,
    *,
    merchant: Annotated[str, typer.Option(help="Id or name.")],
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.VIEWER,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    vault: VaultAt = None,
) -> None:
    """Print a link that makes somebody a member of a merchant's team.

    It works once within 72 hours. Nothing is sent: hand it over yourself.
    """
    settings = settings_from(config, data, database, vault_database, vault)
    _print(run_invite(settings, email, merchant, role))


@panel.command("reset", epilog="Example:\n\n`vezne panel reset ayse@example.com`")
def reset(
    email: str,
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    vault: VaultAt = None,
) -> None:
    """Print a link by which a member who lost password or telephone gets a new password.

    It works once within an hour. When it is used, the second factor is taken away, every session
    ends, and nobody is locked out any more.
    """
    _print(run_reset(settings_from(config, data, database, vault_database, vault), email))


@panel.command("members")
def list_members(
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    vault: VaultAt = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List the members, with their merchants and roles."""
    rows = run_list_members(settings_from(config, data, database, vault_database, vault))
    if as_json:
        _out.print_json(msgspec.json.encode(rows).decode())
        return
    table = Table("e-mail", "merchant", "role", "second factor", "joined")
    for row in rows:
        factor = "yes" if row.has_second_factor else "no"
        table.add_row(escape(row.email), escape(row.merchant), row.role, factor, row.joined)
    _out.print(table)


def _print(link: str) -> None:
    _out.print(link, highlight=False, markup=False, soft_wrap=True)
