"""`vezne retention`: deletes what is past its time."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from vezne.cli.options import Config, Data, Database, VaultAt, VaultDatabase
from vezne.commands.retention import run_sweep
from vezne.core.retention import Swept
from vezne.settings import load_settings

retention = typer.Typer(
    help="How long what is kept, and its deletion when that is over.", no_args_is_help=True
)

_out = Console(soft_wrap=True, highlight=False, markup=False)
_err = Console(stderr=True)


@retention.command(
    epilog="Examples:\n\n"
    "`vezne retention run --dry-run` says what there is to delete\n\n"
    "`VEZNE_RETENTION__EXPIRED_CARDS_DAYS=0 vezne retention run` beside a running server",
)
def run(
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    vault: VaultAt = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what there is, and delete nothing.")
    ] = False,
    many: Annotated[
        bool,
        typer.Option(
            "--many",
            help="Delete numbers that no card names even where there are over a thousand. Make "
            "sure first that the books are this vault's.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Delete what is past its time: expired cards, sessions, idempotency keys, told notices.

    A running server does the same by itself. What is deleted is gone from the books and from the
    vault; backups that were made before still hold it.
    """
    settings = load_settings(
        config,
        {
            "data": data,
            "database": database,
            "vault_database": vault_database,
            "vault_socket": vault,
        },
    )
    columns = (SpinnerColumn(), TextColumn("{task.completed} cards looked at"), TimeElapsedColumn())
    with Progress(*columns, console=_err, transient=True, disable=not _err.is_terminal) as progress:
        task = progress.add_task("cards", total=None)
        swept = run_sweep(
            settings,
            is_rehearsal=dry_run,
            spares_many=not many,
            on_progress=lambda count: progress.update(task, advance=count),
        )
    if as_json:
        _out.print(msgspec.json.encode(swept).decode())
        return
    for each in swept:
        _print(each, "would be deleted" if dry_run else "deleted")
    if not dry_run and any(each.count for each in swept):
        _out.print("Backups that were made before now still hold what was deleted.")


def _print(swept: Swept, what: str) -> None:
    of_whom = f" of merchant {swept.merchant_id}" if swept.merchant_id else ""
    _out.print(f"{swept.count} {swept.data}{of_whom} {what}")
    if swept.left:
        _out.print(
            f"{swept.left} {swept.data}{of_whom} left: more than crashes leave. If the books are "
            "this vault's, run again with --many"
        )
