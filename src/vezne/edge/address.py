"""Where something listens. Settings hold it, so it is loaded with every command."""

from typing import NamedTuple


class Address(NamedTuple):
    """Where to listen. Port 0 takes any free port."""

    host: str
    port: int
