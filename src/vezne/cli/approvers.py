"""`vezne approvers`: those without whose word no cards leave."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.carrying import Proof
from vezne.cli.options import Config, Data, Database, VaultDatabase, settings_from
from vezne.commands.approvers import run_add_approver, run_list_approvers, run_remove_approver
from vezne.terminal import ask_secret, is_terminal

approvers = typer.Typer(
    help="Those without whose word no cards leave: two of them for each export.",
    no_args_is_help=True,
)

_out = Console()

Vouchers = Annotated[
    list[str] | None,
    typer.Option(
        "--voucher",
        help="An approver who vouches for the change, once there are two; give two of them.",
    ),
]


@approvers.command(
    "add",
    epilog="Examples:\n\n"
    "`vezne approvers add Ayşe` asks for a passphrase\n\n"
    "`vezne approvers add Deniz --voucher Ayşe --voucher Mehmet` asks for theirs as well",
)
def add_approver(
    name: str,
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    voucher: Vouchers = None,
) -> None:
    """Take somebody into the circle of approvers, who chooses a passphrase.

    From a pipe, a line is read for each passphrase: those of the vouchers, then the new one.
    """
    settings = settings_from(config, data, database, vault_database)
    vouchers = [ask_proof(each) for each in voucher or ()]
    run_add_approver(settings, _ask_new(name), vouchers)
    _out.print(f"{name} is an approver", highlight=False, markup=False)


@approvers.command(
    "remove", epilog="Example:\n\n`vezne approvers remove Deniz --voucher Ayşe --voucher Mehmet`"
)
def remove_approver(
    name: str,
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    voucher: Vouchers = None,
) -> None:
    """Let an approver go. What they approved and is not written yet counts no more."""
    settings = settings_from(config, data, database, vault_database)
    run_remove_approver(settings, name, [ask_proof(each) for each in voucher or ()])
    _out.print(f"{name} is no approver any more", highlight=False, markup=False)


@approvers.command("list")
def list_approvers(
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List the approvers, with the public keys that their approvals are signed with."""
    rows = run_list_approvers(settings_from(config, data, database, vault_database))
    if as_json:
        _out.print_json(msgspec.json.encode(rows).decode())
        return
    table = Table("name", Column("public key", overflow="fold"), "added", "locked until")
    for row in rows:
        table.add_row(escape(row.name), row.public_key, row.added, row.locked_until or "")
    _out.print(table)


def ask_proof(name: str) -> Proof:
    """An approver's name, and the passphrase that is typed for it. Raises CannotStart."""
    return Proof(name, _ask(f"passphrase of {name}: "))


def _ask_new(name: str) -> Proof:
    passphrase = _ask(f"new passphrase of {name}: ")
    if is_terminal() and _ask("once more: ") != passphrase:
        raise CannotStart("the two passphrases differ")
    return Proof(name, passphrase)


def _ask(question: str) -> str:
    try:
        return ask_secret(question)
    except EOFError:
        raise CannotStart("a passphrase is missing: one line of input for each") from None
