"""`vezne audit`: the trail of what was done, shown and proven."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.trail import Verdict
from vezne.cli.options import Config, Data, Database, VaultDatabase, settings_from
from vezne.commands.audit import (
    Wanted,
    run_checkpoint,
    run_public_key,
    run_show,
    run_verify,
    run_verify_copy,
)

audit = typer.Typer(
    help="The trail of what was done: who, what, when, from where.", no_args_is_help=True
)

_out = Console()
_err = Console(stderr=True)
_SPAN: Final = re.compile(r"(\d{1,6})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
Copied = Annotated[
    list[Path] | None,
    typer.Option("--checkpoint", help="A checkpoint that was copied elsewhere; may be repeated."),
]


@audit.command(
    epilog="Examples:\n\n"
    "`vezne audit verify` exits with status 1 when something is wrong\n\n"
    "`vezne audit verify --checkpoint /mnt/elsewhere/checkpoint.json`\n\n"
    "`vezne audit verify copy/audit --public-key 5af0… ` where there is neither vault nor key",
)
def verify(
    folder: Annotated[
        Path | None, typer.Argument(help="A copy of a trail. [default: the one of --data]")
    ] = None,
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    checkpoint: Copied = None,
    public_key: Annotated[
        str | None, typer.Option("--public-key", help="For a copy: what `audit key` printed.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove that no line was changed, removed, added or moved, or say which one was."""
    columns = (TextColumn("trail"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_err, transient=True) as progress:
        task = progress.add_task("trail", total=None)

        def advance(total: int, count: int) -> None:
            progress.update(task, total=total, advance=count)

        copied = checkpoint or []
        if folder is not None:
            verdict = run_verify_copy(folder, public_key, copied, advance)
        else:
            verdict = run_verify(
                settings_from(config, data, database, vault_database), copied, advance
            )
    if as_json:
        _out.print_json(msgspec.json.encode(verdict).decode())
    else:
        _print(verdict, is_signed=folder is None or public_key is not None)
    if verdict.flaw_count:
        raise typer.Exit(1)


@audit.command(
    epilog="Examples:\n\n"
    "`vezne audit show --since 1h`\n\n"
    "`vezne audit show --action 'card.*' --merchant 7 --since 2026-11-01`\n\n"
    "`vezne audit show --failed --json | jq -r .address | sort | uniq -c`",
)
def show(
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    since: Annotated[
        str | None, typer.Option(help="A time (UTC, 2026-11-22T10:00), or a span: 90s, 1h, 7d.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Likewise.")] = None,
    action: Annotated[
        list[str] | None, typer.Option("--action", help="Such as login.failed, or 'card.*'.")
    ] = None,
    merchant: Annotated[int | None, typer.Option(help="The merchant's id.")] = None,
    caller: Annotated[str | None, typer.Option(help="An API key, or an operator.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="What was refused or failed.")] = False,
    limit: Annotated[int, typer.Option(help="At most so many lines, the newest.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="For programs, a line each.")] = False,
) -> None:
    """Show lines of the trail. That is noted in it as well."""
    wanted = Wanted(
        since=_time_of(since),
        until=_time_of(until),
        actions=action or (),
        merchant=merchant,
        caller=caller,
        is_failure=failed,
    )
    entries = run_show(settings_from(config, data, database, vault_database), wanted, limit)
    if as_json:
        for entry in entries:
            typer.echo(msgspec.json.encode(entry))
        return
    table = Table("n", "at (UTC)", "what", "who", "from", "merchant", "subject", "reason")
    for entry in entries:
        ended = "" if entry.outcome == "success" else " [red]✗[/]"
        times = f" × {entry.count}" if entry.count else ""
        table.add_row(
            str(entry.n),
            f"{entry.at:%Y-%m-%d %H:%M:%S}",
            escape(entry.action) + ended + times,
            escape(entry.caller),
            escape(" ".join(filter(None, (entry.address, entry.door, entry.path)))),
            str(entry.merchant or ""),
            escape(entry.subject),
            escape(entry.reason),
        )
    _out.print(table)


@audit.command(epilog="Examples:\n\n`vezne audit checkpoint | ssh elsewhere 'cat > vezne.json'`")
def checkpoint(
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
) -> None:
    """Print a signed checkpoint of the trail as it stands now, to be kept elsewhere."""
    typer.echo(run_checkpoint(settings_from(config, data, database, vault_database)).text)


@audit.command(epilog="Examples:\n\n`vezne audit key > audit.pub`")
def key(
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
) -> None:
    """Print the public key that checkpoints are checked with: 32 bytes in hexadecimal."""
    typer.echo(run_public_key(settings_from(config, data, database, vault_database)).text)


def _print(verdict: Verdict, *, is_signed: bool) -> None:
    if verdict.flaws:
        table = Table("file", "line", "what is wrong")
        for flaw in verdict.flaws:
            table.add_row(escape(flaw.file), str(flaw.line or ""), escape(flaw.what))
        _out.print(table)
    found = verdict.flaw_count
    result = f"{found} flaws" if found else "whole"
    if not is_signed:
        signed = "no signature was checked: give --public-key"
    elif verdict.signed < verdict.newest:
        signed = f"signed up to line {verdict.signed}: nobody vouches for the rest yet"
    else:
        signed = "signed to the end"
    _out.print(
        f"trail {verdict.stream}, {verdict.lines} lines in {verdict.segments} files: "
        f"{result}, {signed}",
        highlight=False,
    )


def _time_of(text: str | None) -> datetime | None:
    """A time, or a span before now. Raises CannotStart."""
    if text is None:
        return None
    span = _SPAN.fullmatch(text)
    if span is not None:
        return datetime.now(UTC) - timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise CannotStart(f"{text!r} is neither a time nor a span such as 90s, 1h, 7d") from None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
