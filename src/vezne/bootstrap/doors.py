"""Every protocol's door, over the house's ports."""

from typing import Final

from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.doctors import attended
from vezne.bootstrap.house import House
from vezne.bootstrap.sandbox_merchants import MadeMerchants
from vezne.core.fault import FaultBoard
from vezne.core.ports import NameBox, Ports
from vezne.dialects.iyzico.routes import door as iyzico_door
from vezne.dialects.iyzico.switches import switches_for as iyzico_switches
from vezne.dialects.paynet.routes import door as paynet_door
from vezne.dialects.paynet.switches import switches_for as paynet_switches
from vezne.dialects.paywall.routes import door as paywall_door
from vezne.dialects.paywall.switches import switches_for as paywall_switches
from vezne.dialects.paywall.unique_code import Rotation
from vezne.dialects.sandbox.routes import door as sandbox_door
from vezne.edge.messages import Door
from vezne.settings import Settings
from vezne.storage.merchants import SqlMerchants

HOUR_MS: Final = 3_600_000


def open_doors(house: House) -> list[Door]:
    """Every protocol's door. The first answers for paths that are nobody's. Raises CannotStart."""
    return build_doors(
        house.settings, house.ports, house.merchants, house.vault.names, house.faults
    )


def unique_code_rotation(settings: Settings) -> Rotation:
    """How long PayWall's names of cards are good."""
    return Rotation(
        period_ms=settings.paywall.unique_code_hours * HOUR_MS,
        overlap_ms=settings.paywall.unique_code_overlap_hours * HOUR_MS,
    )


def build_doors(
    settings: Settings,
    ports: Ports,
    merchants: SqlMerchants,
    names: NameBox,
    faults: FaultBoard | None,
) -> list[Door]:
    """As `open_doors`, over parts of a house."""
    public_url = settings.public_url
    rotation = unique_code_rotation(settings)
    try:
        iyzico = iyzico_switches(settings.iyzico.profile, settings.iyzico.switches)
        paywall = paywall_switches(settings.paywall.profile, settings.paywall.switches)
        paynet = paynet_switches(settings.paynet.profile, settings.paynet.switches)
    except ValueError as error:
        raise CannotStart(f"switches: {error}") from error
    doors = [
        iyzico_door(ports, merchants, names, iyzico, public_url, faults=faults),
        paywall_door(ports, merchants, names, paywall, rotation, public_url, faults=faults),
        paynet_door(ports, merchants, names, paynet, public_url, faults=faults),
    ]
    if faults is not None:
        doors = attended(doors, merchants, names, refuses_repeats=iyzico.replay_minutes > 0)
        made = MadeMerchants(merchants, names)
        doors.append(sandbox_door(ports, merchants, merchants, faults, made))
    return doors
