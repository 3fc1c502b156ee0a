"""A running Vezne of two processes: the vault with the listeners, and the gateway behind it."""

import re
from pathlib import Path

from fakes.server import Server

_READY = re.compile(r"^ready unix:()()\S+$")


class SplitServer(Server):
    """`vezne vault` and `vezne serve --vault` on one data directory.

    What a server has is the vault's: addresses, `pid`, `output`. The gateway has its own.
    """

    command = "vault"

    def __init__(self, data: Path, *arguments: str) -> None:
        super().__init__(data, *arguments)
        self.gateway = Gateway(data, *arguments)

    def start(self) -> "SplitServer":
        """Start both and wait until they are ready."""
        self.start_vault()
        self.gateway.environment = self.environment
        self.gateway.start()
        return self

    def stop(self) -> int:
        """Ask both to end, the gateway first; returns the first exit status that is not 0."""
        return self.gateway.stop() or self.stop_vault()

    def kill(self) -> int:
        """End both as a power failure would."""
        self.gateway.kill()
        return self.kill_vault()

    def start_vault(self) -> None:
        """Start the vault alone, where it was before."""
        super().start()

    def stop_vault(self) -> int:
        """Ask the vault alone to end; returns its exit status."""
        return super().stop()

    def kill_vault(self) -> int:
        """End the vault alone as a crash would."""
        return super().kill()


class Gateway(Server):
    """The gateway alone. It is ready when the vault hands requests to it."""

    ready_line = _READY

    def __init__(self, data: Path, *arguments: str) -> None:
        super().__init__(data, *arguments)
        self.places = ("--vault", f"unix:{data / 'vault.sock'}")
