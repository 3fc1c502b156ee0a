"""`vezne serve` and `vezne vault`: the servers."""

from typing import Annotated

import typer

from vezne.cli.options import Config, Data, Database, VaultAt, VaultDatabase
from vezne.settings import load_settings

serving = typer.Typer()

Sandbox = Annotated[
    bool, typer.Option("--sandbox", help="A demo merchant, test cards, the built-in bank.")
]
Listen = Annotated[
    str | None, typer.Option(help="HOST:PORT for http, or off. [default: 127.0.0.1:8080]")
]
TlsListen = Annotated[
    str | None, typer.Option(help="HOST:PORT for https, or off. [default: 127.0.0.1:8443]")
]
Profile = Annotated[str | None, typer.Option(help="classic or current. [default: classic]")]


@serving.command(
    epilog="Examples:\n\n"
    "`vezne serve --sandbox` on ports 8080 and 8443\n\n"
    "`vezne serve --sandbox --listen 127.0.0.1:0 --tls-listen off` on any free port, no TLS\n\n"
    "`vezne serve --sandbox --iyzico-profile current` answers as today's official clients expect"
    "\n\n`vezne serve --sandbox --workers 4` in four processes on the same ports",
)
def serve(
    *,
    config: Config = None,
    sandbox: Sandbox = False,
    data: Data = None,
    listen: Listen = None,
    tls_listen: TlsListen = None,
    vault: VaultAt = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    workers: Annotated[
        int | None, typer.Option(help="Server processes on the same ports. [default: 1]")
    ] = None,
    iyzico_profile: Profile = None,
    paywall_profile: Profile = None,
    paynet_profile: Profile = None,
) -> None:
    """Run the gateway; prints `ready http://… https://…` when it accepts connections.

    With `--vault` the card vault is another process (`vezne vault`), which has the listeners.
    SIGTERM and SIGINT finish what is in flight and end it, a second one does not wait. SIGHUP
    replaces several workers one after the other without a failed request; one process reads its
    certificates anew.
    """
    settings = load_settings(
        config,
        {
            "mode": "sandbox" if sandbox else None,
            "data": data,
            "listen": listen,
            "tls_listen": tls_listen,
            "vault_socket": vault,
            "database": database,
            "vault_database": vault_database,
            "workers": workers,
            "iyzico.profile": iyzico_profile,
            "paywall.profile": paywall_profile,
            "paynet.profile": paynet_profile,
        },
    )
    # Only one of the two is needed, and each takes as long to import as everything else here.
    if settings.vault_socket is None:
        from vezne.bootstrap.server import run_server  # noqa: PLC0415 - see above

        run_server(settings)
    else:
        from vezne.bootstrap.gateway import run_gateway  # noqa: PLC0415 - see above

        run_gateway(settings)


@serving.command(
    epilog="Examples:\n\n"
    "`vezne vault --sandbox` and beside it `vezne serve --sandbox --vault "
    "unix:vezne-data/vault.sock`\n\n"
    "`vezne vault --listen off --tls-listen 0.0.0.0:443 --socket /run/vezne/vault.sock`",
)
def vault(
    *,
    config: Config = None,
    sandbox: Sandbox = False,
    data: Data = None,
    listen: Listen = None,
    tls_listen: TlsListen = None,
    socket: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="For the gateway. [default: vault.sock beside the data]"),
    ] = None,
    database: Database = None,
    vault_database: VaultDatabase = None,
    iyzico_profile: Profile = None,
    paywall_profile: Profile = None,
    paynet_profile: Profile = None,
) -> None:
    """Run the vault in a process of its own; `vezne serve --vault` runs the gateway behind it.

    Prints `ready http://… https://…` when it accepts connections. No card number ever leaves this
    process but to the bank.
    """
    settings = load_settings(
        config,
        {
            "mode": "sandbox" if sandbox else None,
            "data": data,
            "listen": listen,
            "tls_listen": tls_listen,
            "vault_socket": socket,
            "database": database,
            "vault_database": vault_database,
            "iyzico.profile": iyzico_profile,
            "paywall.profile": paywall_profile,
            "paynet.profile": paynet_profile,
        },
    )
    # As for `serve`.
    from vezne.bootstrap.vault_process import run_vault  # noqa: PLC0415

    run_vault(settings)
