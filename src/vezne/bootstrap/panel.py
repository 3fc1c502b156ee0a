"""The panel's desk: what bootstrap lends it of the other rooms."""

from collections.abc import Mapping

import msgspec

from vezne.bootstrap.card_names import DoorCardNames
from vezne.bootstrap.doors import unique_code_rotation
from vezne.bootstrap.guarding import is_guarded, limits_of
from vezne.bootstrap.house import House
from vezne.bootstrap.members import open_members
from vezne.bootstrap.merchant_keys import MerchantKeys, MerchantRegister
from vezne.bootstrap.shop import open_shop
from vezne.bootstrap.switches import switch_rows
from vezne.bootstrap.vault_room import TRAIL_FOLDER
from vezne.core.merchant import BlockageRelease
from vezne.core.trail import TrailReader
from vezne.dialects.iyzico.switches import switches_for as iyzico_switches
from vezne.dialects.paynet.purchase import BLOCKAGE_RELEASE as PAYNET_RELEASE
from vezne.dialects.paywall.payment_command import BLOCKAGE_RELEASE as PAYWALL_RELEASE
from vezne.link.remote import RemoteTrail
from vezne.panel.desk import PanelDesk
from vezne.panel.recent import Recent
from vezne.panel.registry import GuardLimit, HouseRules, ProtocolSwitch, ReadingChoice
from vezne.settings import Settings
from vezne.vault.audit.newest import TrailFiles


def panel_desk(house: House) -> PanelDesk:
    """What the panel works with."""
    members = open_members(house)
    return PanelDesk(
        ports=house.ports,
        audit=house.audit,
        sessions=members.sessions,
        members=members,
        public_url=house.settings.public_url,
        is_sandbox=house.settings.mode == "sandbox",
        outbox=house.outbox,
        figures=house.figures,
        search=house.payment_search,
        counted=Recent(),
        releases=Recent(),
        blockage_releases=_blockage_releases(house.settings),
        cards=house.card_register,
        card_names=DoorCardNames(house.vault.names, unique_code_rotation(house.settings)),
        notices=house.notice_archive,
        keys=MerchantKeys(house),
        register=MerchantRegister(house),
        rules=_rules(house.settings),
        trail=_trail(house),
        clocks=house.merchants,
        faults=house.faults,
        shop=open_shop(house),
        calls=house.calls,
        call_tally=house.recorder,
    )


def _blockage_releases(settings: Settings) -> Mapping[str, BlockageRelease]:
    """When each door's captures have withheld money released."""
    iyzico = iyzico_switches(settings.iyzico.profile, settings.iyzico.switches)
    return {
        "iyzico": iyzico.blockage_release,
        "paywall": PAYWALL_RELEASE,
        "paynet": PAYNET_RELEASE,
    }


def _rules(settings: Settings) -> HouseRules:
    """What the settings decide for all merchants."""
    switches = tuple(
        ProtocolSwitch(
            door=row.door,
            name=row.name,
            about=row.about,
            readings=tuple(ReadingChoice(each.name, each.source) for each in row.readings),
            in_force=row.in_force,
        )
        for row in switch_rows(settings, None)
    )
    limits = msgspec.structs.asdict(limits_of(settings))
    return HouseRules(
        switches=switches,
        is_guarded=is_guarded(settings),
        limits=tuple(GuardLimit(name, value) for name, value in limits.items()),
    )


def _trail(house: House) -> TrailReader:
    """The audit trail, whose files are where the vault is."""
    if house.uplink is not None:
        return RemoteTrail(house.uplink)
    return TrailFiles(house.settings.data / TRAIL_FOLDER)
