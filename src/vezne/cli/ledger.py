"""`vezne ledger`: the proof that the books are right, and what stands in them."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from vezne.cli.options import Config, Data, Database, VaultAt, VaultDatabase, settings_from
from vezne.commands.ledger import CheckedLedger, run_check_ledger, run_list_balances

ledger = typer.Typer(help="The double-entry ledger behind all payments.", no_args_is_help=True)

_out = Console()
_err = Console(stderr=True)

OneMerchant = Annotated[str | None, typer.Option("--merchant", help="Id or name. [default: all]")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@ledger.command(
    epilog="Examples:\n\n"
    "`vezne ledger check` exits with status 1 when something is wrong\n\n"
    "`vezne ledger check --merchant Kitapçı --json | jq .differences`\n\n"
    "`vezne ledger check --database postgresql://…` while servers are running",
)
def check(
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    vault: VaultAt = None,
    merchant: OneMerchant = None,
    as_json: AsJson = False,
) -> None:
    """Prove that every entry balances, and that bookings, states, payouts and balances agree.

    The ledger is read as it stands at the beginning; servers may go on working. When something is
    wrong, up to a hundred differences of each merchant are listed.
    """
    settings = settings_from(config, data, database, vault_database, vault)
    columns = (TextColumn("payments"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_err, transient=True) as progress:
        task = progress.add_task("payments", total=None)
        checked = run_check_ledger(
            settings,
            merchant,
            lambda total, count: progress.update(task, total=total, advance=count),
        )
    if as_json:
        _out.print_json(msgspec.json.encode(checked).decode())
    else:
        _print(checked)
    if checked.differences:
        raise typer.Exit(1)


@ledger.command(
    epilog="Examples:\n\n`vezne ledger balances --merchant Demo`\n\n"
    "`vezne ledger balances --json | jq`",
)
def balances(
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    vault: VaultAt = None,
    merchant: OneMerchant = None,
    as_json: AsJson = False,
) -> None:
    """Show what stands on every account. What we owe somebody is negative."""
    rows = run_list_balances(settings_from(config, data, database, vault_database, vault), merchant)
    if as_json:
        _out.print_json(msgspec.json.encode(rows).decode())
        return
    table = Table("merchant", "sub-merchant", "currency", "account")
    table.add_column("amount", justify="right")
    for row in rows:
        table.add_row(
            escape(row.merchant), escape(row.party), row.currency, row.account, row.amount
        )
    _out.print(table)


def _print(checked: CheckedLedger) -> None:
    if checked.differences:
        table = Table("merchant", "subject", "what is wrong", "where", "found", "expected")
        for difference in checked.differences:
            table.add_row(
                str(difference.merchant_id),
                "" if difference.subject is None else str(difference.subject),
                difference.flaw,
                *map(escape, (difference.where, difference.found, difference.expected)),
            )
        _out.print(table)
    found = len(checked.differences)
    verdict = f"{found} differences" if found else "all is right"
    _out.print(
        f"{checked.payments} payments of {checked.merchants} merchants: {verdict}",
        highlight=False,
    )
