"""The pages for browsers, each loaded at its first visit.

They are what takes longest to load, and most processes show them to nobody.
"""

from collections.abc import Callable, Sequence
from functools import partial

from vezne.bootstrap.house import House
from vezne.bootstrap.vault_room import VaultRoom
from vezne.edge.late_site import late_site
from vezne.edge.messages import Door
from vezne.edge.sites import Site
from vezne.machine import SystemClock
from vezne.settings import Settings

# ruff: noqa: PLC0415 - loading late is what this module is for


def threeds_pages(house: House, doors: Sequence[Door]) -> Site:
    """Our part of 3-D Secure, where browsers bring the bank's word."""

    def load() -> Callable[[], Site]:
        from vezne.edge.threeds import threeds_site

        return partial(threeds_site, house.ports, house.merchants, doors, faults=house.faults)

    return late_site(load)


def panel_pages(house: House) -> Site:
    """The panel."""

    def load() -> Callable[[], Site]:
        from vezne.bootstrap.panel import panel_desk
        from vezne.edge.asgi import site_from
        from vezne.panel.app import panel_app

        return lambda: site_from(panel_app(panel_desk(house)))

    return late_site(load)


def bank_pages(settings: Settings, room: VaultRoom) -> Site:
    """The pages of the built-in bank."""

    def load() -> Callable[[], Site]:
        from simbank.acs.pages import acs_app
        from vezne.edge.asgi import site_from

        return lambda: site_from(
            acs_app(
                return_key=room.service.bank_key,
                seed=str(settings.bank.seed),
                now_ms=SystemClock().now_ms,
            )
        )

    return late_site(load)
