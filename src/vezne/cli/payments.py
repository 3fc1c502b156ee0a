"""`vezne payments`: those that a person looks at."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vezne.cli.options import Config, Data, Database, VaultAt, VaultDatabase, settings_from
from vezne.commands.payments import run_charge_back, run_list_uncertain, run_review

payments = typer.Typer(
    help="Look at payments that wait for a person or a bank.", no_args_is_help=True
)

_out = Console()


@payments.command("accept")
def accept_payment(
    number: Annotated[int, typer.Argument(help="The payment's id.")],
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    vault: VaultAt = None,
) -> None:
    """Accept a payment that is under review (fraudStatus 0 becomes 1)."""
    verdict = run_review(
        settings_from(config, data, database, vault_database, vault), number, accept=True
    )
    _out.print(verdict, highlight=False)


@payments.command("reject")
def reject_payment(
    number: Annotated[int, typer.Argument(help="The payment's id.")],
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    vault: VaultAt = None,
) -> None:
    """Reject a payment that is under review and give the money back (fraudStatus becomes -1)."""
    verdict = run_review(
        settings_from(config, data, database, vault_database, vault), number, accept=False
    )
    _out.print(verdict, highlight=False)


@payments.command(
    "uncertain",
    epilog="Examples:\n\n`vezne payments uncertain`\n\n`vezne payments uncertain --json | jq`",
)
def list_uncertain(
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    vault: VaultAt = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show the payments of which the bank's answer is missing, and when it is asked next.

    A running server asks by itself and records the truth; nothing has to be done by hand.
    """
    rows = run_list_uncertain(settings_from(config, data, database, vault_database, vault))
    if as_json:
        _out.print_json(msgspec.json.encode(rows).decode())
        return
    if not rows:
        _out.print("every payment has its answer")
        return
    table = Table("merchant", "payment", "reference", "asked for", "at", "inquiries", "next")
    for row in rows:
        table.add_row(
            escape(row.merchant),
            f"{row.door} {row.payment}",
            escape(row.reference or ""),
            f"{row.operation} {row.amount}",
            row.asked,
            str(row.inquiries),
            row.next_inquiry,
        )
    _out.print(table)


@payments.command(
    "chargeback",
    epilog="Example:\n\n`vezne payments chargeback 10851936 --amount 0.5 --reference CB-1`",
)
def charge_back(
    number: Annotated[int, typer.Argument(help="The payment's id.")],
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    vault: VaultAt = None,
    amount: Annotated[
        str | None, typer.Option(help="In the payment's currency. [default: all that is left]")
    ] = None,
    reference: Annotated[str, typer.Option(help="The bank's name for it.")] = "",
) -> None:
    """Record that the cardholder's bank has taken money of a payment back.

    The merchant bears it, and its sub-merchants their parts, as with a refund; what was paid out
    already is set off against the next payout. No bank is asked.
    """
    settings = settings_from(config, data, database, vault_database, vault)
    said = run_charge_back(settings, number, amount, reference)
    _out.print(said, highlight=False, markup=False)
