"""Ports for servers that have to be told theirs."""

import os
import socket
from itertools import count
from pathlib import Path
from typing import Final

_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
# Browsers refuse some ports that others have used, all of which are below.
_FIRST: Final = 12_000

_turns = count(1)


def free_port() -> int:
    """A port that is free, and that nobody is given who takes any.

    Those that the system hands out are above: one of them would soon be somebody else's.
    """
    end = int(_RANGE.read_text().split()[0]) if _RANGE.exists() else 32_768
    # Processes begin far from each other, and each goes its own way.
    places = end - _FIRST
    for turn in _turns:
        port = _FIRST + (os.getpid() * 37 + turn) % places
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("no port is free")
