"""The options that most commands have."""

from pathlib import Path
from typing import Annotated

import typer

from vezne.settings import Settings, load_settings

Config = Annotated[
    Path | None, typer.Option("--config", help="Settings file; ./vezne.toml when there is one.")
]
Data = Annotated[str | None, typer.Option("--data", help="Data directory. [default: ./vezne-data]")]
VaultAt = Annotated[
    str | None,
    typer.Option(
        "--vault",
        metavar="unix:PATH",
        help="Socket of the vault's own process. [default: the vault is opened here]",
    ),
]
Database = Annotated[
    str | None,
    typer.Option(
        "--database", help="postgresql://… instead of SQLite files in the data directory."
    ),
]
VaultDatabase = Annotated[
    str | None,
    typer.Option(
        "--vault-database",
        help="postgresql://… of the vault's own, with a role of its own. [default: that of "
        "--database]",
    ),
]


def settings_from(
    config: Path | None,
    data: str | None,
    database: str | None,
    vault_database: str | None = None,
    vault: str | None = None,
) -> Settings:
    """The settings in force for a command with these options. Raises InvalidSettings."""
    return load_settings(
        config,
        {
            "data": data,
            "database": database,
            "vault_database": vault_database,
            "vault_socket": vault,
        },
    )
