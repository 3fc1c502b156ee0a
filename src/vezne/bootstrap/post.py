"""Where a serving process stands: by itself, or as one of the workers of a server."""

import sys
from collections.abc import Callable, Sequence

import msgspec

from vezne.bootstrap.hangup import Hangup, expect_hangups
from vezne.bootstrap.metrics_page import METRICS_PATH
from vezne.edge.server import Stage, Urls
from vezne.settings import Settings
from vezne.vault.master_key import MasterKey

# Told once, when all listeners accept connections.
Announce = Callable[[Sequence[Urls]], None]
# What makes a line to print of where the panel is.
Tell = Callable[[str], str]


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """How a process serves.

    A worker's server has the locks of the data directory and, where only that one can ask for it,
    the master key. `number` tells it from the other workers. `is_first` says that no other process
    of the server has run since its start. `hangup` is there where SIGHUP is answered.
    """

    stage: Stage
    announce: Announce
    is_worker: bool = False
    number: int = 0
    is_first: bool = True
    master_key: MasterKey | None = None
    hangup: Hangup | None = None


def lone_post(settings: Settings, tell: Tell | None = None) -> Post:
    """That of a process which is the whole server, and which SIGHUP ends no more."""
    return Post(
        stage=Stage(drain_s=settings.drain_s),
        announce=lambda urls: say_ready(settings, urls, tell),
        hangup=expect_hangups(),
    )


def say_ready(settings: Settings, urls: Sequence[Urls], tell: Tell | None) -> None:
    """Print where the server is. `tell` makes a line of the base URL that the panel is at."""
    # The doors come first, then the panel and the figures as far as they listen by themselves.
    panel_url = next(filter(None, urls[0 if settings.panel.is_with_doors else 1]), None)
    line = "" if tell is None or panel_url is None else tell(panel_url)
    if settings.metrics.address is not None:
        line += f"metrics {urls[-1].http}{METRICS_PATH}\n"
    sys.stdout.write(" ".join(filter(None, ("ready", *urls[0]))) + f"\n{line}")
    sys.stdout.flush()
