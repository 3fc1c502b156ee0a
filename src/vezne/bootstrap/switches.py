"""How each protocol is read."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from vezne.bootstrap.cannot_start import CannotStart
from vezne.dialects.iyzico import switches as iyzico_switches
from vezne.dialects.paynet import switches as paynet_switches
from vezne.dialects.paywall import switches as paywall_switches
from vezne.dialects.switching import Reading, Switch, chosen_readings
from vezne.settings import Settings

_SWITCHES: Final[Mapping[str, Sequence[Switch]]] = {
    "iyzico": iyzico_switches.SWITCHES,
    "paywall": paywall_switches.SWITCHES,
    "paynet": paynet_switches.SWITCHES,
}


class SwitchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A switch as people read it: each reading with its source, and the one in force."""

    door: str
    name: str
    about: str
    readings: list[Reading]
    classic: str
    current: str
    in_force: str


def switch_rows(settings: Settings, door: str | None) -> list[SwitchRow]:
    """The switches of a door, or of all. Raises CannotStart for a door that there is not."""
    if door is not None and door not in _SWITCHES:
        raise CannotStart(f"there is no door {door!r}; there are: {', '.join(_SWITCHES)}")
    rows = []
    for name in [door] if door else _SWITCHES:
        chosen = getattr(settings, name)
        try:
            readings = chosen_readings(name, _SWITCHES[name], chosen.profile, chosen.switches)
        except ValueError as error:
            raise CannotStart(f"{name}.switches: {error}") from error
        rows += [
            SwitchRow(
                door=name,
                name=switch.name,
                about=switch.about,
                readings=list(switch.readings),
                classic=switch.classic.name,
                current=switch.current.name,
                in_force=readings[switch.name].name,
            )
            for switch in _SWITCHES[name]
        ]
    return rows
