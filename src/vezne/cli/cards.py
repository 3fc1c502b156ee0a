"""`vezne cards`: a merchant's cards, carried out of the vault and into it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from vezne.bootstrap.carrying import Proof
from vezne.cli.approvers import ask_proof
from vezne.cli.options import Config, Data, Database, VaultDatabase, settings_from
from vezne.commands.cards import (
    ExportRow,
    ImportPlan,
    run_approve_export,
    run_import,
    run_list_exports,
    run_request_export,
    run_show_key,
    run_write_export,
)

cards = typer.Typer(
    help="A merchant's cards, carried out of the vault and into it.", no_args_is_help=True
)
export = typer.Typer(
    help="Take a merchant's cards out, encrypted to somebody's key. Two approvers must agree.",
    no_args_is_help=True,
)
cards.add_typer(export, name="export")

_out = Console()
_err = Console(stderr=True)

Name = Annotated[str, typer.Argument(metavar="EXPORT", help="The beginning of its digest.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@export.command(
    "request",
    epilog="Example:\n\n"
    "`vezne cards export request --merchant Kitapçı --to age1… --folder /mnt/stick/cards`",
)
def request_export(
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    merchant: Annotated[str, typer.Option(help="Id or name.")],
    to: Annotated[str, typer.Option(help="The recipient's public key (age1…).")],
    folder: Annotated[Path, typer.Option(help="Where the parts go; empty or not there yet.")],
    part_cards: Annotated[int, typer.Option(help="Cards of a part, at most 10000.")] = 1_000,
    as_json: AsJson = False,
) -> None:
    """Ask for a merchant's cards. Within 24 hours two approvers agree, and it is written."""
    settings = settings_from(config, data, database, vault_database)
    _show(run_request_export(settings, merchant, to, folder, part_cards), as_json=as_json)


@export.command(
    "approve", epilog="Example:\n\n`vezne cards export approve 5f2c9a01b7de --approver Ayşe`"
)
def approve_export(
    name: Name,
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    approver: Annotated[str, typer.Option(help="Whose word is given.")],
    as_json: AsJson = False,
) -> None:
    """Agree to an export, as one of its two approvers. What is agreed to is shown first.

    From a pipe, a line with the passphrase is read.
    """
    settings = settings_from(config, data, database, vault_database)

    def ask(row: ExportRow) -> Proof:
        if not as_json:
            _show(row, as_json=False)
        return ask_proof(approver)

    row = run_approve_export(settings, name, ask)
    if as_json:
        _show(row, as_json=True)
    else:
        approved = _plain(f"approved by {', '.join(row.approvers)}")
        _out.print(approved, highlight=False, markup=False)


@export.command("list")
def list_exports(
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    as_json: AsJson = False,
) -> None:
    """List all exports, the newest request first."""
    rows = run_list_exports(settings_from(config, data, database, vault_database))
    if as_json:
        _out.print_json(msgspec.json.encode(rows).decode())
        return
    table = Table()
    table.add_column("export", no_wrap=True)
    for title in ("merchant", "asked for", "approved by", "state"):
        table.add_column(title)
    for row in rows:
        table.add_row(
            row.name,
            escape(_plain(row.merchant)),
            escape(_plain(f"{row.requester}, {row.requested}")),
            escape(_plain(", ".join(row.approvers))),
            row.state,
        )
    _out.print(table)


@export.command("run", epilog="Example:\n\n`vezne cards export run 5f2c9a01b7de`")
def write_export(
    name: Name,
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
) -> None:
    """Write an approved export. One that was cut off goes on where it was.

    A server may be running: cards that are stored meanwhile are not in it. Exit status 1 when the
    vault could not open some of the cards, which the manifest names.
    """
    settings = settings_from(config, data, database, vault_database)
    with _progress() as on_progress:
        written = run_write_export(settings, name, on_progress)
    _out.print(
        f"{written.cards} cards in {written.folder}\nsigned by {written.signer}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    if written.left_out:
        for token, why in written.left_out:
            _err.print(f"left out: {token}: {why}", highlight=False, markup=False)
        raise typer.Exit(1)


@cards.command(
    "import",
    epilog="Examples:\n\n"
    "`vezne cards import --merchant Kitapçı --identity key.txt /mnt/stick/cards`\n\n"
    "`vezne cards import --merchant 3 --identity key.txt --signed-by 9c1f… cards`",
)
def import_cards(
    folder: Annotated[Path, typer.Argument(help="The folder of the export.")],
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    merchant: Annotated[str, typer.Option(help="Id or name: who gets the cards.")],
    identity: Annotated[Path, typer.Option(help="File with the private key (AGE-SECRET-KEY-1…).")],
    signed_by: Annotated[
        str | None,
        typer.Option(help="The key that must have signed it, as its sender's `vezne cards key`."),
    ] = None,
    token_map: Annotated[
        Path | None, typer.Option(help="Where old and new tokens go. [default: in the folder]")
    ] = None,
) -> None:
    """Take over an export's cards under a merchant's keys. One that was cut off goes on."""
    plan = ImportPlan(
        merchant=merchant,
        folder=folder,
        identity=identity,
        signer=signed_by,
        token_map=token_map,
    )
    settings = settings_from(config, data, database, vault_database)
    with _progress() as on_progress:
        read = run_import(settings, plan, on_progress)
    said = "were stored before" if read.is_old else f"stored; tokens in {read.token_map}"
    trust = "" if signed_by else ": compare it with `vezne cards key` where they come from"
    _out.print(
        f"{read.cards} cards {said}\nsigned by {read.signer}{trust}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


@cards.command("key")
def show_key(
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    pem: Annotated[bool, typer.Option("--pem", help="As PEM, for openssl.")] = False,
) -> None:
    """Print the public key that this vault's exports are signed with."""
    key, as_pem = run_show_key(settings_from(config, data, database, vault_database))
    _out.print(as_pem.strip() if pem else key, highlight=False, markup=False, soft_wrap=True)


def _show(row: ExportRow, *, as_json: bool) -> None:
    if as_json:
        _out.print_json(msgspec.json.encode(row).decode())
        return
    lines = (
        f"export     {row.name}",
        f"digest     {row.digest}",
        f"merchant   {row.merchant}",
        f"to         {row.recipient}",
        f"folder     {row.folder}",
        f"asked for  by {row.requester}, {row.requested}; good until {row.expires}",
        f"approved   by {', '.join(row.approvers) or 'nobody yet'}",
    )
    for line in lines:
        _out.print(_plain(line), highlight=False, markup=False, soft_wrap=True)


def _plain(text: str) -> str:
    """A line as it is, but for what would steer the terminal: people agree to what they see."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr, and what is to be told how many cards are done of how many."""
    columns = (TextColumn("cards {task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns,
        TimeRemainingColumn(),
        console=_err,
        transient=True,
        disable=not _err.is_terminal,
    ) as progress:
        task = progress.add_task("", total=None)
        yield lambda what, total, done: progress.update(
            task, description=what, total=total, completed=done
        )
