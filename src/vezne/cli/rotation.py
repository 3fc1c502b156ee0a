"""`vezne keys list`, `rotate` and `destroy`: the life of the vault's keys."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from vezne.bootstrap.rotating import Rotated
from vezne.cli.options import Config, Data, Database, VaultDatabase, settings_from
from vezne.commands.rotation import (
    run_destroy_master,
    run_list_keys,
    run_rotate,
    run_rotate_master,
)

rotate = typer.Typer(
    help="Replace keys while servers run. What was cut off is gone on with by the same command.",
    no_args_is_help=True,
)

_out = Console()
_err = Console(stderr=True)

OneMerchant = Annotated[str | None, typer.Option("--merchant", help="Id or name. [default: all]")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


def list_keys(
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    every: Annotated[bool, typer.Option("--all", help="Destroyed keys as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the vault's keys: state, check value, and when each is due for rotation."""
    rows = run_list_keys(settings_from(config, data, database, vault_database), is_all=every)
    if as_json:
        _out.print_json(msgspec.json.encode(rows).decode())
        return
    table = Table()
    table.add_column("key", no_wrap=True, overflow="fold")
    for column in ("kept in", "state", "check value", "created", "to be rotated by"):
        table.add_column(column)
    for row in rows:
        ends = f"[bold red]{row.ends}: overdue[/]" if row.is_overdue else row.ends
        where = f"{row.provider}{', sandbox' if row.is_sandbox else ''}"
        table.add_row(escape(row.id), where, row.state, row.check_value, row.created, ends)
    _out.print(table)


@rotate.command(
    epilog="Examples:\n\n`vezne keys rotate data`\n\n"
    "`vezne keys rotate data --merchant Kitapçı --json | jq '.[].cards'`",
)
def data(
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    merchant: OneMerchant = None,
    as_json: AsJson = False,
) -> None:
    """Seal every stored card anew with a new key, then destroy the old one."""
    settings = settings_from(config, data, database, vault_database)
    with _progress("cards") as on_progress:
        rotated = run_rotate(settings, "data", merchant, on_progress)
    _show(rotated, as_json=as_json)


@rotate.command(
    epilog="Examples:\n\n`vezne keys rotate fingerprint`\n\n"
    "`vezne keys rotate fingerprint --merchant 1`",
)
def fingerprint(
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    merchant: OneMerchant = None,
    as_json: AsJson = False,
) -> None:
    """Make every fingerprint anew with a new key, then destroy the old one.

    Blocklists stay right at every moment.
    """
    settings = settings_from(config, data, database, vault_database)
    with _progress("cards") as on_progress:
        rotated = run_rotate(settings, "fingerprint", merchant, on_progress)
    _show(rotated, as_json=as_json)


@rotate.command(
    epilog="Examples:\n\n`vezne keys rotate master` puts a new key into the file of the old one\n\n"
    "`vezne keys rotate master --to shares:/etc/vezne/ceremony.json`",
)
def master(
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    to: Annotated[
        str | None, typer.Option(help="URI of the new master key. [default: the file it is in]")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Wrap all keys by a new master key.

    In the file of the old one, running servers pick it up by themselves and the old one is gone at
    the end. With `--to`, and where other machines may use the database, both open the vault until
    the old one is destroyed.
    """
    settings = settings_from(config, data, database, vault_database)
    with _progress("keys") as on_progress:
        done = run_rotate_master(settings, to, on_progress)
    if as_json:
        _out.print_json(msgspec.json.encode(done).decode())
        return
    _say(f"{done.keys} keys are wrapped by the master key {done.new_id}")
    if to is not None:
        _say(
            f'now set master_key = "{to}", restart every server, and then run: '
            f"vezne keys destroy {done.old_id}"
        )
    elif done.is_old_kept:
        _say(
            "now copy the master key file to every machine that serves this vault, and then run: "
            f"vezne keys destroy {done.old_id}"
        )


def destroy(
    master_key: Annotated[str, typer.Argument(help="Its id, as `vezne keys list` shows it.")],
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
) -> None:
    """Erase all that a master key has wrapped, when another one is in use everywhere."""
    key_id = master_key.removeprefix("master:")
    run_destroy_master(settings_from(config, data, database, vault_database), key_id)
    _say(f"nothing is wrapped by the master key {key_id} any more")


def _show(rotated: list[Rotated], *, as_json: bool) -> None:
    """Report; the exit status is 1 when an old key had to be kept."""
    if as_json:
        _out.print_json(msgspec.json.encode(rotated).decode())
    else:
        for each in rotated:
            gone = f"destroyed {', '.join(each.destroyed)}" if each.destroyed else "nothing to do"
            _say(f"{each.key_id}: {each.cards} cards, {each.blocked} blocked numbers; {gone}")
            if each.broken:
                _say(f"{each.key_id}: {each.broken} rows were altered and do not open")
            if each.numberless:
                _say(
                    f"{each.key_id}: {each.numberless} blocked numbers are known by their old "
                    "fingerprints only; block them again, and rotate once more"
                )
    if not all(each.is_complete for each in rotated):
        raise typer.Exit(1)


class _Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        """Nothing until something was done."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=_err, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda total, count: progress.update(task, total=total, advance=count)


def _say(text: str) -> None:
    _out.print(text, markup=False, highlight=False, soft_wrap=True)
