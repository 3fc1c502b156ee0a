"""The `vezne` command: a table of all commands, of which only what was typed is loaded.

A server is started often and needs none of the others, and together they take as long to load as
it does.
"""

import gc
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Final

import typer

from vezne import __version__
from vezne.bootstrap.cannot_start import CannotStart
from vezne.commands.operator import begin_operator
from vezne.settings import InvalidSettings

# The modules beside this one, and what in them holds the commands.
_COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "serve": ("serving", "serving"),
    "vault": ("serving", "serving"),
    "migrate": ("schema", "schema"),
    "copy": ("copy", "copying"),
    "scan": ("scan", "scanning"),
    "evidence": ("evidence", "assessing"),
    "switches": ("readings", "readings"),
}
_GROUPS: Final[Mapping[str, tuple[str, str]]] = {
    "merchants": ("merchants", "merchants"),
    "payments": ("payments", "payments"),
    "cards": ("cards", "cards"),
    "keys": ("keys", "keys"),
    "approvers": ("approvers", "approvers"),
    "audit": ("audit", "audit"),
    "ledger": ("ledger", "ledger"),
    "retention": ("retention", "retention"),
    "webhooks": ("webhooks", "webhooks"),
    "panel": ("panel", "panel"),
    "clock": ("sandbox", "clock"),
    "faults": ("sandbox", "faults"),
}


def main() -> None:
    """Run the command; what a person can mend is one line on stderr and exit status 1 or 2."""
    # What is made while modules are loaded stays; an eighth of the time went into looking at it.
    gc.set_threshold(20_000, 50, 100)
    begin_operator(sys.argv[1:], os.environ)
    try:
        command_line(sys.argv[1:])()
    except InvalidSettings as error:
        sys.stderr.write(f"vezne: {error}\n")
        sys.exit(2)
    except CannotStart as error:
        sys.stderr.write(f"vezne: {error}\n")
        sys.exit(1)


def command_line(arguments: Sequence[str]) -> typer.Typer:
    """The commands that these arguments need: the one they name, or else all.

    All are needed by whoever asks for help, by a shell that completes, and for a misspelt one.
    """
    app = typer.Typer(
        help="A self-hosted card vault and payment gateway that speaks Turkish PSP protocols.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
    )
    # A callback keeps the name of a command that is the only one.
    app.callback()(lambda: None)
    app.command()(version)
    word = arguments[0] if arguments else ""
    is_known = word in {*_COMMANDS, *_GROUPS, version.__name__}
    for module, name in dict.fromkeys(
        place for command, place in _COMMANDS.items() if command == word or not is_known
    ):
        app.add_typer(_loaded(module, name))
    for group, (module, name) in _GROUPS.items():
        if group == word or not is_known:
            app.add_typer(_loaded(module, name), name=group)
    return app


def version() -> None:
    """Print the version."""
    sys.stdout.write(f"{__version__}\n")


def _loaded(module: str, name: str) -> typer.Typer:
    found = getattr(import_module(f"vezne.cli.{module}"), name)
    if not isinstance(found, typer.Typer):
        raise TypeError(f"vezne.cli.{module}.{name} holds no commands")
    return found
