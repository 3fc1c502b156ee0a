"""`vezne switches`: where the sources of a protocol disagree, and what is in force."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vezne.bootstrap.switches import switch_rows
from vezne.cli.options import Config
from vezne.settings import load_settings

readings = typer.Typer()

_out = Console()


@readings.command(
    epilog="Examples:\n\n"
    "`vezne switches` shows all\n\n"
    "`vezne switches paywall --json | jq`\n\n"
    "`VEZNE_IYZICO__SWITCHES=decimals=scale8 vezne switches iyzico`",
)
def switches(
    door: Annotated[str | None, typer.Argument(help="iyzico, paywall or paynet.")] = None,
    *,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show where the sources of each protocol disagree, the readings, and which is in force."""
    rows = switch_rows(load_settings(config, {}), door)
    if as_json:
        _out.print_json(msgspec.json.encode(rows).decode())
        return
    table = Table("switch", "in force", "readings and who says so", show_lines=True)
    for row in rows:
        readings = "\n".join(f"{each.name}: {each.source}" for each in row.readings)
        profiles = f"classic {row.classic}, current {row.current}"
        table.add_row(
            escape(f"{row.door}.{row.name}"),
            escape(row.in_force),
            escape(f"{row.about}\n({profiles})\n{readings}"),
        )
    _out.print(table)
