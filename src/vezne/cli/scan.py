"""`vezne scan`: looks for card numbers and security codes where none belongs."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from vezne.commands.scan import run_scan
from vezne.scanner.finding import Finding, Report

scanning = typer.Typer()

_out = Console(soft_wrap=True, highlight=False, markup=False)
_err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)

_FOUND = 1
_UNREAD = 2


@scanning.command(
    epilog="Examples:\n\n"
    "`vezne scan /var/log/shop vezne-data`\n\n"
    "`journalctl -u shop | vezne scan -`\n\n"
    "`vezne scan --database postgresql://… --json | jq .findings`",
)
def scan(
    paths: Annotated[
        list[str] | None, typer.Argument(help="Files and folders; - is standard input.")
    ] = None,
    *,
    database: Annotated[
        str | None, typer.Option(help="postgresql://… whose tables to look through as well.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Count numbers among ids as found, too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Look for card numbers and CVVs in logs, databases and archives, however they are written.

    Shows where each is, and of a number no more than its mask. Exits with status 1 when something
    is found, and with 2 when nothing is, but something could not be read.
    """
    if not paths and database is None:
        raise typer.BadParameter("say what to look through: paths, - or --database")
    columns = (
        TextColumn("reading"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=_err, transient=True, disable=not _err.is_terminal) as progress:
        task = progress.add_task("reading", total=None)
        report = run_scan(
            paths or [],
            database,
            lambda total: progress.update(task, total=total or None),
            lambda count: progress.update(task, advance=count),
        )
    if as_json:
        _out.print(msgspec.json.encode(report).decode())
    else:
        _print(report, strict=strict)
    if report.found or (strict and report.suspects):
        raise typer.Exit(_FOUND)
    if report.unread:
        raise typer.Exit(_UNREAD)


def _print(report: Report, *, strict: bool) -> None:
    for finding in report.findings:
        _out.print(_line(finding))
    if strict:
        for finding in report.suspects:
            _out.print(f"{_line(finding)}, among numbers that are none")
    for reason in report.unread:
        _err.print(f"not read: {reason}")
    left_out = report.found - len(report.findings)
    if left_out:
        _out.print(f"and {left_out} more")
    verdict = f"{report.found} found" if report.found else "nothing found"
    if report.suspects and not strict:
        verdict += f"; {len(report.suspects)} among ids could be some (--strict shows them)"
    _out.print(f"{report.read_bytes / 1e6:.1f} MB read: {verdict}")


def _line(finding: Finding) -> str:
    return f"{finding.place}: {finding.kind} {finding.mask} ({finding.form})"
