"""`vezne keys`: the keys of the vault, and the ceremony that makes the master key."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from vezne.bootstrap.ceremony import CeremonyPlan
from vezne.bootstrap.master import run_create_master_key
from vezne.cli.rotation import destroy, list_keys, rotate
from vezne.commands.ceremony import run_ceremony

keys = typer.Typer(help="The vault's keys.", no_args_is_help=True)
keys.add_typer(rotate, name="rotate")
keys.command("list")(list_keys)
keys.command()(destroy)

_out = Console()

Sandbox = Annotated[bool, typer.Option("--sandbox", help="The key is for a sandbox only.")]


@keys.command(
    epilog="Examples:\n\n"
    "`vezne keys create file:/etc/vezne/master.key`\n\n"
    "`vezne keys create 'pkcs11:token=vault;object=vezne-2027"
    "?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/vezne/pin'`",
)
def create(
    uri: Annotated[str, typer.Argument(help="file:PATH or pkcs11:….")], *, sandbox: Sandbox = False
) -> None:
    """Make a master key in a file, or one that never leaves a device.

    It comes into use with the setting `master_key`. The key of a sandbox is marked: live mode
    refuses it, as a sandbox does any other.
    """
    key_id, kcv = run_create_master_key(uri, is_sandbox=sandbox)
    _out.print(f"master key {key_id}, check value {kcv or 'not told'}", highlight=False)


@keys.command(
    epilog="Examples:\n\n"
    "`vezne keys ceremony --custodians 5 --threshold 3 --out ceremony.json`\n\n"
    "`vezne keys ceremony --reshare ceremony.json --custodians 4 --threshold 2 --out new.json` "
    "for new custodians of the same key",
)
def ceremony(
    *,
    custodians: Annotated[int, typer.Option(help="How many people get a share.")],
    threshold: Annotated[int, typer.Option(help="How many of them make the key.")],
    out: Annotated[Path, typer.Option(help="Where the public record goes.")],
    sandbox: Sandbox = False,
    reshare: Annotated[
        Path | None, typer.Option(help="The record of an earlier ceremony, to divide its key anew.")
    ] = None,
) -> None:
    """Make a master key that nobody has: custodians each write down a share of it.

    The key is neither shown nor stored. The record that is written holds no secret; a server with
    `master_key = "shares:RECORD"` asks for the shares when it starts.
    """
    plan = CeremonyPlan(
        custodians=custodians, threshold=threshold, is_sandbox=sandbox, reshared=reshare
    )
    run_ceremony(plan, out)
