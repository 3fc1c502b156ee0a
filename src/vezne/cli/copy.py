"""`vezne copy`: moves an installation from SQLite files to PostgreSQL."""

import time
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from vezne.cli.options import Config, Data
from vezne.commands.copy import ComparedTable, Copied, run_compare, run_copy
from vezne.settings import Settings, load_settings

_out = Console(soft_wrap=True, highlight=False, markup=False)
_err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)

copying = typer.Typer()

# Where nobody looks at a terminal, a line so often is enough.
_LINE_EVERY_S: Final = 5.0

To = Annotated[
    str | None,
    typer.Option("--to", help="postgresql://… of an empty database. [default: setting database]"),
]
VaultTo = Annotated[
    str | None,
    typer.Option(
        "--vault-to", help="postgresql://… for the vault, if it is to have one of its own."
    ),
]


@copying.command(
    epilog="Examples:\n\n"
    "`vezne copy --to postgresql://vezne@db.example/vezne`\n\n"
    "`vezne copy --to postgresql://books@db1/books --vault-to postgresql://vault@db2/vault`\n\n"
    "`VEZNE_DATABASE=postgresql://vezne:secret@db/vezne vezne copy`, so that nobody sees the "
    "password in the list of processes\n\n"
    "`vezne copy --to postgresql://… --verify-only --json | jq .tables`",
)
def copy(
    *,
    to: To = None,
    vault_to: VaultTo = None,
    data: Data = None,
    config: Config = None,
    verify_only: Annotated[
        bool, typer.Option("--verify-only", help="Compare both sides, and change nothing.")
    ] = False,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="Delete what an unfinished copy has left there.")
    ] = False,
    no_seal: Annotated[
        bool, typer.Option("--no-seal", help="Let servers use the SQLite files afterwards, too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Copy books, vault and calls from SQLite files to PostgreSQL, and prove them to be the same.

    No server may run on the data directory. Cards stay sealed, and the master key is not needed.
    A copy that was cut off is gone on with by the same command; until it has ended, neither side
    can be used. Exits with status 1 when something differs.
    """
    settings = load_settings(config, {"data": data, "database": to, "vault_database": vault_to})
    watcher = _Bars() if _err.is_terminal else _Lines()
    with watcher:
        if verify_only:
            copied = run_compare(settings, watcher)
        else:
            copied = run_copy(settings, watcher, is_afresh=afresh, is_sealing=not no_seal)
    if as_json:
        _out.print(msgspec.json.encode(copied).decode())
    else:
        _print(copied.differing)
        _out.print(_verdict(copied))
        if copied.differing and not verify_only:
            _out.print("What is there cannot be used: --afresh deletes it and copies all again.")
        elif not verify_only:
            _out.print(_next_steps(settings, is_sealed=not no_seal))
    if copied.differing:
        raise typer.Exit(1)


class _Bars:
    """A bar for each piece of work. Implements `vezne.commands.copy.Watcher`."""

    def __init__(self) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=_err)
        self._task = TaskID(0)

    def __enter__(self) -> None:
        self._progress.start()

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, work: str, total: int, done: int) -> None:
        self._task = self._progress.add_task(work, total=total, completed=done)

    def advance(self, count: int) -> None:
        self._progress.advance(self._task, count)

    def say(self, line: str) -> None:
        self._progress.print(line)


class _Lines:
    """A line now and then. Implements `vezne.commands.copy.Watcher`."""

    def __init__(self) -> None:
        self._work = ""
        self._total = self._done = 0
        self._said_s = 0.0

    def __enter__(self) -> None:
        """Nothing to begin."""

    def __exit__(self, *_: object) -> None:
        """Nothing to end."""

    def begin(self, work: str, total: int, done: int) -> None:
        self._work, self._total, self._done = work, total, done
        self._tell()

    def advance(self, count: int) -> None:
        self._done += count
        if self._done == self._total or time.monotonic() - self._said_s >= _LINE_EVERY_S:
            self._tell()

    def say(self, line: str) -> None:
        _err.print(line)

    def _tell(self) -> None:
        self._said_s = time.monotonic()
        _err.print(f"{self._work}: {self._done} of {self._total}")


def _print(differing: list[ComparedTable]) -> None:
    for table in differing:
        for row in table.differences:
            _out.print(f"{table.database}.{row.table}: {row.key}: {_FLAWS[row.flaw]}")


_FLAWS: Final = {
    "missing": "missing in PostgreSQL",
    "too many": "only in PostgreSQL",
    "differs": "not the same",
}


def _verdict(copied: Copied) -> str:
    if copied.differing:
        names = ", ".join(f"{each.database}.{each.table}" for each in copied.differing)
        return f"{copied.rows} rows: not the same at {copied.to}: {names}"
    proof = f"and the ledger is right: sha256 {copied.digest}"
    return f"{copied.rows} rows are the same at {copied.to}, {proof}"


def _next_steps(settings: Settings, *, is_sealed: bool) -> str:
    with_vault = "" if settings.vault_database is None else " --vault-database postgresql://…"
    if is_sealed:
        files = (
            f"The SQLite files are as they were, and {settings.data / 'moved.json'} keeps programs "
            "from opening them.\nRemove them when there is a backup of the new database."
        )
    else:
        files = "What is written to the SQLite files from now on is not copied."
    return (
        f"Next: vezne serve --database postgresql://…{with_vault} --data {settings.data}\n"
        "Keep that directory: the master key, certificates and the audit trail stay there.\n"
        f"{files}"
    )
