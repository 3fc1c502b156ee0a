"""`vezne evidence`: what the program does for an assessment, written down."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from vezne.cli.options import Config, Data, Database, VaultDatabase
from vezne.commands.evidence import run_evidence
from vezne.evidence.report import to_markdown
from vezne.settings import load_settings

assessing = typer.Typer()

_out = Console()


@assessing.command(
    epilog="Examples:\n\n"
    "`vezne evidence --out evidence.md`\n\n"
    "`vezne evidence --junit results.xml --json | jq .findings`",
)
def evidence(
    *,
    config: Config = None,
    data: Data = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="As in `vezne serve`.")] = False,
    junit: Annotated[
        Path | None,
        typer.Option(help="Results of a test run: `make test ARGS=--junitxml=results.xml`."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write. [default: the screen]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Write, for each requirement of PCI DSS that software can meet, what is done about it.

    Control, setting in force, the test that proves it and, with `--junit`, what became of that.
    """
    settings = load_settings(
        config,
        {
            "mode": "sandbox" if sandbox else None,
            "data": data,
            "database": database,
            "vault_database": vault_database,
        },
    )
    report = run_evidence(settings, junit)
    if as_json:
        text = msgspec.json.format(msgspec.json.encode(report)).decode() + "\n"
    else:
        text = to_markdown(report)
    if out is None:
        _out.print(text, markup=False, highlight=False, soft_wrap=True, end="")
    else:
        out.write_text(text, encoding="utf-8")
