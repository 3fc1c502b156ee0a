"""Whether a guard stands at the doors, and the guard."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

from vezne.bootstrap.sharing import repeated
from vezne.core.ports import Audit
from vezne.edge.client_address import ClientAddresses, parse_network
from vezne.edge.guard import Guard
from vezne.edge.guard_visit import GuardLimits, GuardMemory
from vezne.edge.messages import Door
from vezne.edge.metrics import GuardFigures
from vezne.peers.guards import TELL_S, SharedGuard
from vezne.peers.peers import Peers
from vezne.settings import Settings


@contextmanager
def guard_doors(
    doors: Sequence[Door],
    settings: Settings,
    audit: Audit,
    figures: GuardFigures | None = None,
    *,
    peers: Peers | None = None,
) -> Iterator[Sequence[Door]]:
    """The doors, with a guard in front of them if the settings want one.

    For where their handlers run. Where the vault is, it must tag numbers (`is_guarded`). At the end
    the guard tells the trail what it has not told yet. With other servers it counts together.
    """
    if not is_guarded(settings):
        yield doors
        return
    memory = GuardMemory(limits_of(settings), is_shared=peers is not None)
    guard = Guard(memory, audit, time.monotonic, figures=figures)
    telling = (
        nullcontext() if peers is None else repeated((SharedGuard(peers, memory).tell, TELL_S))
    )
    try:
        with telling:
            yield [guard.protect(door) for door in doors]
    finally:
        guard.tell_of_rest()


def is_guarded(settings: Settings) -> bool:
    """Whether a guard is wanted: `auto` means in live mode."""
    mode = settings.guard.mode
    return mode == "on" or (mode == "auto" and settings.mode == "live")


def limits_of(settings: Settings) -> GuardLimits:
    """What is too much, by the settings."""
    chosen = settings.guard
    return GuardLimits(
        address_per_minute=chosen.address_per_minute,
        key_per_minute=chosen.key_per_minute,
        card_per_hour=chosen.card_per_hour,
        card_declines_per_day=chosen.card_declines_per_day,
        declined_cards=chosen.declined_cards,
        failed_logins=chosen.failed_logins,
        lockout_minutes_max=chosen.lockout_minutes_max,
    )


def client_addresses(settings: Settings) -> ClientAddresses:
    """Who the clients behind the proxies are that are trusted."""
    networks = [parse_network(text) for text in settings.trusted_proxies]
    return ClientAddresses(networks, settings.proxy_header)
